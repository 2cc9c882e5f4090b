"""Makes dtypes/<dtype>.onnx: `x` [n, 2] through Identity to `y`, for every dtype of a tensor."""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

FOLDER = Path(__file__).parent / "dtypes"
DTYPES = {
    "bool": TensorProto.BOOL,
    "int8": TensorProto.INT8,
    "int16": TensorProto.INT16,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "uint8": TensorProto.UINT8,
    "uint16": TensorProto.UINT16,
    "uint32": TensorProto.UINT32,
    "uint64": TensorProto.UINT64,
    "float16": TensorProto.FLOAT16,
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "string": TensorProto.STRING,
    # onnxruntime has it and JavaScript has not: such a model must be refused.
    "bfloat16": TensorProto.BFLOAT16,
}


def identity(element):
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "identity",
        [helper.make_tensor_value_info("x", element, ["n", 2])],
        [helper.make_tensor_value_info("y", element, ["n", 2])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def main():
    FOLDER.mkdir(exist_ok=True)
    for dtype, element in DTYPES.items():
        (FOLDER / f"{dtype}.onnx").write_bytes(identity(element))
    print(f"{len(DTYPES)} models in dtypes/")


if __name__ == "__main__":
    main()
