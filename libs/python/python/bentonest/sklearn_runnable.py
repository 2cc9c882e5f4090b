"""Serves a scikit-learn model that BentoML saved (``bentoml.sklearn.save_model``), without BentoML.

A pickle is code: loading it runs what it says. It is read from the model store only, in this process
only, and never from a request.
"""

import hashlib
import json
import os

import numpy as np

from .runnable import Runnable


class SklearnRunnable(Runnable):
    """Its methods are those of the model that the signatures name."""

    def __init__(self, file, signatures, digests=None):
        self.file = file
        self.signatures = signatures
        self.digests = digests or {}

    def setup(self):
        # Before it is loaded: from then on it is code that has run.
        _verify(os.path.dirname(self.file), self.digests)
        try:
            import joblib

            self.model = joblib.load(self.file)
        except ImportError as error:
            raise ImportError(
                "The model needs a package that is not installed (%s). Add it to the runner's requirements: "
                "scikit-learn, in the version that saved the model, and joblib, at least." % error
            ) from error
        missing = [name for name in self.signatures if not callable(getattr(self.model, name, None))]
        if missing:
            raise TypeError(
                "The model, a %s, has no method %s, which its signatures name."
                % (type(self.model).__name__, ", ".join(missing))
            )
        features = getattr(self.model, "n_features_in_", None)
        names = getattr(self.model, "feature_names_in_", None)
        self.features = None if features is None else int(features)
        self.names = None if names is None else [str(name) for name in names]

    def describe_methods(self):
        return [dict(options, name=name) for name, options in self.signatures.items()]

    def metadata(self):
        return {"features": self.features, "featureNames": self.names}

    def example_calls(self):
        if self.features is None:
            return []
        example = np.zeros((1, self.features))
        # Zeros may be no values that the model takes.
        return [{"method": name, "args": [example], "optional": True} for name in self.signatures]

    def __getattr__(self, name):
        if name not in self.__dict__.get("signatures", {}):
            raise AttributeError(name)
        method = getattr(self.model, name)
        return lambda data, *others: _to_dense(method(self._with_names(data), *others))

    def _with_names(self, data):
        """A model that was fitted on a DataFrame wants one; its columns come in the model's order."""
        if isinstance(data, dict):
            data = np.column_stack([data[name] for name in (self.names or data)])
        if self.names is None:
            return data
        try:
            import pandas
        except ImportError:
            return data
        if isinstance(data, pandas.DataFrame):
            return data[self.names]
        return pandas.DataFrame(data, columns=self.names)


def _verify(folder, digests):
    """Compares all files of the model's folder: joblib may load what lies beside the pickle, too."""
    for name, saved in digests.items():
        found = _digest_of(os.path.join(folder, name))
        if found == saved:
            continue
        got = "none that can be read" if found is None else "one with another digest"
        raise ValueError(
            "Expected the file %s as it was saved with the model, got %s. "
            "Copy or import the model again." % (json.dumps(name), got)
        )


def _digest_of(file):
    digest = hashlib.sha256()
    try:
        with open(file, "rb") as source:
            for chunk in iter(lambda: source.read(1 << 20), b""):
                digest.update(chunk)
    except OSError:
        return None
    return "sha256:" + digest.hexdigest()


def _to_dense(result):
    return result.toarray() if hasattr(result, "toarray") else result
