"""Loads a model with BentoML and runs it on a row of zeros: python load_model.py <tag>"""

import sys

import bentoml
import numpy

session = bentoml.onnx.load_model(sys.argv[1])
(x,) = session.get_inputs()
outputs = session.run(None, {x.name: numpy.zeros((1, x.shape[1]), numpy.float32)})
print(outputs[0].shape)
