"""Serves a scikit-learn model that BentoML saved (``bentoml.sklearn.save_model``), without BentoML.

A pickle is code: loading it runs what it says. It is read from the model store only, in this process
only, and never from a request.
"""

import numpy as np


class SklearnRunnable:
    def __init__(self, file, signatures):
        self.file = file
        self.signatures = signatures

    def setup(self):
        import joblib

        self.model = joblib.load(self.file)
        missing = [name for name in self.signatures if not callable(getattr(self.model, name, None))]
        if missing:
            raise TypeError(
                "The model, a %s, has no method %s, which its signatures name."
                % (type(self.model).__name__, ", ".join(missing))
            )

    def describe_methods(self):
        return [dict(options, name=name) for name, options in self.signatures.items()]

    def metadata(self):
        names = getattr(self.model, "feature_names_in_", None)
        return {
            "features": _integer(getattr(self.model, "n_features_in_", None)),
            "featureNames": None if names is None else [str(name) for name in names],
        }

    def example_calls(self):
        features = self.metadata()["features"]
        if features is None:
            return []
        example = np.zeros((1, features))
        return [{"method": name, "args": [example]} for name in self.signatures]

    def __getattr__(self, name):
        signatures = self.__dict__.get("signatures", {})
        if name not in signatures:
            raise AttributeError(name)
        method = getattr(self.model, name)

        def call(*args):
            return _to_array(method(*[_with_names(arg, self.metadata()) for arg in args]))

        return call


def _integer(value):
    return None if value is None else int(value)


def _with_names(arg, metadata):
    """A model that was fitted on a DataFrame wants one; its columns come in the model's order."""
    names = metadata["featureNames"]
    if isinstance(arg, dict):
        arg = np.column_stack([arg[name] for name in (names or arg)])
    if names is None or not isinstance(arg, np.ndarray):
        return arg
    try:
        import pandas
    except ImportError:
        return arg
    return pandas.DataFrame(arg, columns=names)


def _to_array(result):
    if hasattr(result, "toarray"):
        result = result.toarray()
    return result
