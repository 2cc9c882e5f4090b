"""Python values as the wire's: tensors, records of tensors, DataFrames, JSON."""

import sys

import numpy as np

from .errors import UnsupportedValueError


def unpack(layouts, tensors):
    """Arguments of a call: arrays, dicts of arrays, DataFrames (dicts where pandas is missing), JSON."""
    remaining = iter(tensors)
    return [_unpack(layout, remaining) for layout in layouts]


def _unpack(layout, tensors):
    kind = layout[0]
    if kind == "tensor":
        return next(tensors)
    if kind == "json":
        return layout[1] if len(layout) > 1 else None
    columns = {name: next(tensors) for name in layout[1:]}
    return _to_data_frame(columns) if kind == "frame" else columns


def _to_data_frame(columns):
    try:
        import pandas
    except ImportError:
        return columns
    return pandas.DataFrame(columns)


def pack(result):
    """The head and the tensors of a result; a list with an array in it is several results."""
    many = isinstance(result, (list, tuple)) and any(_is_tensors(item) for item in result)
    tensors = []
    layouts = [_pack(value, tensors) for value in (result if many else [result])]
    head = {"values": layouts}
    if many:
        head["many"] = True
    return head, tensors


def _is_tensors(value):
    return isinstance(value, np.ndarray) or _is_record(value) or _pandas_class(value) is not None


def _is_record(value):
    return (
        isinstance(value, dict)
        and len(value) > 0
        and all(isinstance(item, np.ndarray) for item in value.values())
    )


def _pandas_class(value):
    """Without importing pandas: whoever made the value has done so."""
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return None
    return next((each for each in (pandas.DataFrame, pandas.Series) if isinstance(value, each)), None)


def _pack(value, tensors):
    pandas_class = _pandas_class(value)
    if pandas_class is not None and pandas_class.__name__ == "DataFrame":
        tensors.extend(_column(value[name]) for name in value.columns)
        return ["frame"] + [str(name) for name in value.columns]
    if pandas_class is not None:
        value = _column(value)
    if isinstance(value, np.ndarray):
        tensors.append(value)
        return ["tensor"]
    if _is_record(value):
        tensors.extend(value.values())
        return ["record"] + [str(name) for name in value]
    return ["json", _to_json(value)]


def _column(series):
    return np.asarray(series)


def _to_json(value):
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {str(key): _to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_json(item) for item in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise UnsupportedValueError(
        "A result must be an array, a dict of arrays, a DataFrame or JSON, got %s." % type(value).__name__
    )
