"""A Flask application beside a BentoService; it calls the runner of the Nest server."""

import numpy as np
from bentonest import get_runner
from flask import Flask, jsonify, request

iris_clf = get_runner("iris_clf_with_feature_names")
app = Flask(__name__)


@app.route("/metadata", methods=["GET"])
def metadata():
    tag = iris_clf.model.tag
    return jsonify({"name": tag.name, "version": tag.version})


@app.route("/predict_flask", methods=["POST"])
def predict():
    if request.headers.get("Content-Type") != "application/json":
        return "Content-Type not supported!"
    rows = np.array(request.json, dtype="float32")
    return jsonify(iris_clf.predict.run(rows).tolist())
