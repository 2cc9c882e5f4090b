"""Trains the two iris classifiers of the tests and writes iris.json, what they must answer."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn import svm
from sklearn.datasets import load_iris

import bento_store

FEATURE_NAMES = ["sepal_len", "sepal_width", "petal_len", "petal_width"]


def train():
    # load_iris gives decimals; the model and its tests see what float32 holds of them.
    features, classes = load_iris(return_X_y=True)
    features = features.astype(np.float32)
    return svm.SVC(gamma="scale").fit(features, classes), features


def convert(classifier, name):
    return convert_sklearn(
        classifier,
        name=name,  # else a random one: the file would differ on each run
        initial_types=[("X", FloatTensorType([None, 4]))],
        options={"zipmap": False},
        target_opset=17,
    )


def check(onnx_bytes, features, expected):
    session = onnxruntime.InferenceSession(onnx_bytes, providers=["CPUExecutionProvider"])
    label = session.get_outputs()[0]
    assert [i.name for i in session.get_inputs()] == ["X"]
    assert (label.type, len(label.shape)) == ("tensor(int64)", 1), (label.type, label.shape)
    (got,) = session.run([label.name], {"X": features})
    assert got.dtype == np.int64 and np.array_equal(got, expected), "onnxruntime != scikit-learn"


def main():
    classifier, features = train()
    expected = classifier.predict(features)

    plain = convert(classifier, "iris_clf")
    named = convert(classifier, "iris_clf_with_feature_names")
    named.metadata_props.add(key="feature_names", value=json.dumps(FEATURE_NAMES))
    for model in (plain, named):
        check(model.SerializeToString(), features, expected)

    bento_store.save("iris_clf", "qojfx7t2csxcqyz4", plain.SerializeToString())
    bento_store.save(
        "iris_clf_with_feature_names",
        "rk4uzmd2csxfeyz4",
        named.SerializeToString(),
        metadata={"feature_names": FEATURE_NAMES},
    )
    # One decimal is what the data set has; a client sends 5.1, and float32 makes the same of it.
    rows = [[round(float(value), 1) for value in row] for row in features]
    assert np.array_equal(np.array(rows, np.float32), features)
    document = {"rows": rows, "labels": expected.tolist()}
    Path(__file__).with_name("iris.json").write_text(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
