"""The FastAPI application of mounts.ts: its own process has the model where ONNX_MODEL names one."""

import os

import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Flower(BaseModel):
    sepal_len: float
    sepal_width: float
    petal_len: float
    petal_width: float


def to_row(flower):
    return np.array(
        [[flower.sepal_len, flower.sepal_width, flower.petal_len, flower.petal_width]], dtype="float32"
    )


@app.post("/sum")
async def sum_of(flower: Flower):
    return {"sum": flower.sepal_len + flower.sepal_width + flower.petal_len + flower.petal_width}


if "ONNX_MODEL" in os.environ:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(os.environ["ONNX_MODEL"], options)
    (model_input,) = session.get_inputs()
    labels = session.get_outputs()[0].name

    # In the event loop, which is the fastest that there is for a model as small as this.
    @app.post("/predict_fastapi_async")
    async def predict_here(flower: Flower):
        (results,) = session.run([labels], {model_input.name: to_row(flower)})
        return {"prediction": int(results[0])}

else:
    from bentonest import get_runner

    iris_clf = get_runner("iris_clf")

    @app.post("/predict_fastapi_async")
    async def predict_by_runner(flower: Flower):
        results = await iris_clf.predict.async_run(to_row(flower))
        return {"prediction": int(results[0])}
