"""Makes `mlp`, a 784-1024-1024-10 network whose 7 MB of weights are computed, not stored.

Each weight is sin(1000 * sin(index + seed)) / sqrt(fan-in), which spreads like noise. onnxruntime
folds these nodes into constants when it loads the model, so that it then runs as if with stored
weights, and the file stays small enough for git.
"""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import bento_store

SIZES = [784, 1024, 1024, 10]
MAX_BYTES = 10_000


def weight(name, rows, columns, seed):
    """Nodes that compute the float32 matrix `name` from four small constants."""
    constants = {
        "start": np.array(seed, np.float32),
        "end": np.array(seed + rows * columns, np.float32),
        "step": np.array(1, np.float32),
        "gain": np.array(1000, np.float32),
        "scale": np.array(np.sqrt(2 / rows), np.float32),
        "shape": np.array([rows, columns], np.int64),
    }
    nodes = [
        helper.make_node("Constant", [], [f"{name}_{key}"], value=numpy_helper.from_array(value))
        for key, value in constants.items()
    ]
    steps = [
        ("Range", ["start", "end", "step"], "index"),
        ("Sin", ["index"], "wave"),
        ("Mul", ["wave", "gain"], "phase"),
        ("Sin", ["phase"], "noise"),
        ("Mul", ["noise", "scale"], "flat"),
    ]
    for operator, inputs, output in steps:
        inputs = [f"{name}_{key}" for key in inputs]
        nodes.append(helper.make_node(operator, inputs, [f"{name}_{output}"]))
    nodes.append(helper.make_node("Reshape", [f"{name}_flat", f"{name}_shape"], [name]))
    return nodes


def bias(name, columns):
    shape = helper.make_node(
        "Constant", [], [f"{name}_shape"], value=numpy_helper.from_array(np.array([columns]))
    )
    return [shape, helper.make_node("ConstantOfShape", [f"{name}_shape"], [name])]


def build():
    nodes, previous, last = [], "x", len(SIZES) - 2
    for layer, (rows, columns) in enumerate(zip(SIZES, SIZES[1:])):
        output = "y" if layer == last else f"h{layer}"
        nodes += weight(f"W{layer}", rows, columns, seed=2_000_000 * layer)
        nodes += bias(f"B{layer}", columns)
        nodes.append(helper.make_node("Gemm", [previous, f"W{layer}", f"B{layer}"], [output]))
        previous = output
        if layer != last:
            previous = f"{output}_relu"
            nodes.append(helper.make_node("Relu", [output], [previous]))
    graph = helper.make_graph(
        nodes,
        "mlp",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", SIZES[0]])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", SIZES[-1]])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def check(onnx_bytes):
    session = onnxruntime.InferenceSession(onnx_bytes, providers=["CPUExecutionProvider"])
    rows = np.random.default_rng(0).random((32, SIZES[0]), np.float32)
    (got,) = session.run(["y"], {"x": rows})
    assert got.shape == (32, SIZES[-1]) and np.isfinite(got).all()
    assert np.unique(got, axis=0).shape[0] == 32, "different rows must give different outputs"
    assert len(onnx_bytes) < MAX_BYTES, len(onnx_bytes)


def main():
    onnx_bytes = build()
    check(onnx_bytes)
    bento_store.save("mlp", "tz3vkqd2csxgcyz4", onnx_bytes)


if __name__ == "__main__":
    main()
