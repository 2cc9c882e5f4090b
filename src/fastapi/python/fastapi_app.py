"""A FastAPI application beside a BentoService; it calls the runner of the Nest server."""

import numpy as np
from bentonest import get_runner
from fastapi import FastAPI
from pydantic import BaseModel

iris_clf = get_runner("iris_clf_with_feature_names")
app = FastAPI()


class IrisFeatures(BaseModel):
    sepal_len: float
    sepal_width: float
    petal_len: float
    petal_width: float


def to_row(flower: IrisFeatures) -> np.ndarray:
    return np.array(
        [[flower.sepal_len, flower.sepal_width, flower.petal_len, flower.petal_width]], dtype="float32"
    )


@app.get("/metadata")
def metadata():
    tag = iris_clf.model.tag
    return {"name": tag.name, "version": tag.version}


@app.post("/predict_fastapi")
def predict(flower: IrisFeatures):
    return {"prediction": int(iris_clf.predict.run(to_row(flower))[0])}


@app.post("/predict_fastapi_async")
async def predict_async(flower: IrisFeatures):
    results = await iris_clf.predict.async_run(to_row(flower))
    return {"prediction": int(results[0])}
