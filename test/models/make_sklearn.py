"""Saves the iris classifier by BentoML 1.1.11 itself, as its users do: sklearn-store/.

pip install "bentoml==1.1.11" "scikit-learn==1.5.2" "setuptools<70" "numpy<2", then
BENTOML_HOME=sklearn-store python make_sklearn.py. Version and time differ on each run.
"""

import bentoml
import numpy as np
from sklearn import svm
from sklearn.datasets import load_iris

features, classes = load_iris(return_X_y=True)
classifier = svm.SVC(gamma="scale").fit(features.astype(np.float32), classes)
model = bentoml.sklearn.save_model(
    "iris_sklearn", classifier, signatures={"predict": {"batchable": True, "batch_dim": 0}}
)
print(model.tag)
