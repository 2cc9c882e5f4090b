"""Saves an ONNX model with BentoML: python save_model.py <model.onnx> <name>; BENTOML_HOME is the store."""

import sys

import bentoml
import onnx

path, name = sys.argv[1:]
saved = bentoml.onnx.save_model(
    name,
    onnx.load(path),
    signatures={"run": {"batchable": True, "batch_dim": 0}},
    labels={"team": "flowers", "yes": "no"},
    metadata={"accuracy": 0.97},
)
print(saved.tag)
