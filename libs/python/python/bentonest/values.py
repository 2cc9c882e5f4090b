"""Python values as the wire's: tensors, records of tensors, DataFrames, JSON."""

import math
import sys

import numpy as np

from .errors import UnsupportedValueError

#: Beyond it, JSON's numbers lose digits in the API process without a word.
_MAX_INTEGER = 2**53 - 1


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


def pack_all(args):
    """Layouts and tensors of the arguments of a call."""
    tensors = []
    return [_pack(value, tensors) for value in args], tensors


def pack(result):
    """The head and the tensors of a result; a list with an array in it is several results."""
    many = isinstance(result, (list, tuple)) and any(_is_tensors(item) for item in result)
    layouts, tensors = pack_all(result if many else [result])
    head = {"values": layouts}
    if many:
        head["many"] = True
    return head, tensors


def _is_tensors(value):
    return isinstance(value, np.ndarray) or _is_record(value) or _is_pandas(value)


def _is_record(value):
    return (
        isinstance(value, dict)
        and len(value) > 0
        and all(isinstance(item, np.ndarray) for item in value.values())
    )


def _is_pandas(value, name=None):
    """Without importing pandas: whoever made the value has done so."""
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return False
    classes = (pandas.DataFrame, pandas.Series) if name is None else getattr(pandas, name)
    return isinstance(value, classes)


def _pack(value, tensors):
    if _is_pandas(value, "DataFrame"):
        tensors.extend(np.asarray(value.iloc[:, at]) for at in range(value.shape[1]))
        return _group("frame", value.columns)
    if _is_pandas(value, "Series"):
        value = np.asarray(value)
    if isinstance(value, np.ndarray):
        tensors.append(value)
        return ["tensor"]
    if _is_record(value):
        tensors.extend(value.values())
        return _group("record", value)
    return ["json", to_json(value)]


def _group(kind, names):
    names = [str(name) for name in names]
    if len(set(names)) < len(names):
        raise UnsupportedValueError("A result has several columns of one name: %s." % ", ".join(names))
    return [kind] + names


def to_json(value):
    """The value as JSON has it, numpy's scalars as numbers.

    Raises UnsupportedValueError for what JSON cannot hold or would change.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int) and abs(value) <= _MAX_INTEGER:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    raise UnsupportedValueError(
        "Runner methods return arrays, dicts of arrays, DataFrames or JSON; got %s. Convert it before "
        "returning it." % _describe(value)
    )


def _describe(value):
    if isinstance(value, float):
        return "%r in JSON" % value
    if isinstance(value, int):
        return "an integer in JSON that is beyond 2**53"
    if isinstance(value, np.ndarray):
        return "an array inside JSON"
    return "an object of type %s" % type(value).__name__
