"""Makes cases/: one small model per case that onnxRunner has to serve, or to refuse at its load."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = Path(__file__).parent / "cases"
FLOAT, INT64, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING
WEIGHTS = np.array([[1, 10, 100], [2, 20, 200]], np.float32)


def tensor(name, element, shape):
    return helper.make_tensor_value_info(name, element, shape)


def save(name, nodes, inputs, outputs, initializers=(), *, ir_version=9, opset=17):
    graph = helper.make_graph(nodes, name.replace("/", "_"), inputs, outputs, list(initializers))
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=ir_version)
    path = FOLDER / f"{name}.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    print(f"cases/{name}.onnx {path.stat().st_size} bytes")


def several_inputs():
    """Two inputs of different dtypes, three outputs; `failing` cannot be had for ids beyond 2."""
    table = numpy_helper.from_array(np.array([10, 20, 30], np.int64), "table")
    save(
        "several",
        [
            helper.make_node("Cast", ["ids"], ["weights"], to=FLOAT),
            helper.make_node("Unsqueeze", ["weights", "one"], ["column"]),
            helper.make_node("Mul", ["values", "column"], ["product"]),
            helper.make_node("Add", ["ids", "ids"], ["doubled"]),
            helper.make_node("Gather", ["table", "ids"], ["failing"]),
        ],
        [tensor("values", FLOAT, ["n", 2]), tensor("ids", INT64, ["n"])],
        [
            tensor("product", FLOAT, ["n", 2]),
            tensor("doubled", INT64, ["n"]),
            tensor("failing", INT64, ["n"]),
        ],
        [table, numpy_helper.from_array(np.array([1], np.int64), "one")],
    )


def batch_dimensions():
    """Time-major [time, batch, 2], as recurrent networks have it; and its sum over time, [batch, 2]."""
    x = tensor("x", FLOAT, [3, "batch", 2])
    two = numpy_helper.from_array(np.array(2, np.float32), "two")
    doubled = helper.make_node("Mul", ["x", "two"], ["y"])
    save("batch_dim_1", [doubled], [x], [tensor("y", FLOAT, [3, "batch", 2])], [two])
    time = numpy_helper.from_array(np.array([0], np.int64), "time")
    total = helper.make_node("ReduceSum", ["x", "time"], ["total"], keepdims=0)
    save("batch_dims_1_0", [total], [x], [tensor("total", FLOAT, ["batch", 2])], [time])


def no_tensors():
    """What scikit-learn's converter makes without zipmap=False; and a sequence as input."""
    rows = [tensor("x", FLOAT, ["n", 2])]
    label = tensor("label", INT64, ["n"])
    pairs = helper.make_value_info(
        "probabilities",
        helper.make_sequence_type_proto(
            helper.make_map_type_proto(STRING, helper.make_tensor_type_proto(FLOAT, []))
        ),
    )
    zip_map = helper.make_node(
        "ZipMap", ["x"], ["probabilities"], domain="ai.onnx.ml", classlabels_strings=["a", "b"]
    )
    arg_max = helper.make_node("ArgMax", ["x"], ["label"], axis=1, keepdims=0)
    save("zipmap", [arg_max, zip_map], rows, [label, pairs])
    sequence = helper.make_value_info(
        "x", helper.make_sequence_type_proto(helper.make_tensor_type_proto(FLOAT, ["n"]))
    )
    length = helper.make_node("SequenceLength", ["x"], ["length"])
    save("sequence", [length], [sequence], [tensor("length", INT64, [])])


def scalars():
    """A scalar in and out, and dimensions that have no name."""
    total = helper.make_node("Add", ["x", "offset"], ["y"])
    inputs = [tensor("x", FLOAT, [None, None]), tensor("offset", FLOAT, [])]
    save("scalar", [total], inputs, [tensor("y", FLOAT, [None, None])])


def external_weights(location):
    """WEIGHTS as a tensor whose numbers lie in the file `location`."""
    weights = numpy_helper.from_array(WEIGHTS, "W")
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value=location)
    return weights


def external_data():
    """Products with WEIGHTS from files beside the model, or outside; `square` needs 25 numbers."""
    x, y = tensor("x", FLOAT, ["n", 2]), tensor("y", FLOAT, ["n", 3])
    product = helper.make_node("MatMul", ["x", "W"], ["y"])
    locations = {
        "inside": "weights.bin",
        "folder": "data/weights.bin",
        "parent": "../weights.bin",
        "detour": "data/../../weights.bin",
        "absolute": "/etc/hostname",
        "link": "link.bin",
    }
    for name, location in locations.items():
        save(f"external/{name}", [product], [x], [y], [external_weights(location)])

    square = tensor("square", FLOAT, [5, 5])
    sides = numpy_helper.from_array(np.array([5, 5]), "sides")
    reshape = helper.make_node("Reshape", ["x", "sides"], ["square"])
    for name, location in {"two_outputs": "weights.bin", "parent_two_outputs": "../weights.bin"}.items():
        nodes, weights = [reshape, product], [external_weights(location), sides]
        save(f"external/{name}", nodes, [x], [square, y], weights)

    outside = external_weights("../weights.bin")
    constant = helper.make_node("Constant", [], ["W"], value=outside)
    save("external/constant", [constant, product], [x], [y])
    branch = helper.make_graph([product], "branch", [], [y], [outside])
    choice = helper.make_node("If", ["yes"], ["y"], then_branch=branch, else_branch=branch)
    save("external/branch", [choice], [x], [y], [numpy_helper.from_array(np.array(True), "yes")])
    (FOLDER / "external/weights.bin").write_bytes(WEIGHTS.tobytes())


def subgraph():
    """`chosen` needs `offset` by a branch of If only; `other` needs what nothing else does."""
    y = tensor("chosen", FLOAT, ["n"])
    inner = tensor("inner", FLOAT, ["n"])
    add = helper.make_graph([helper.make_node("Add", ["x", "offset"], ["inner"])], "add", [], [inner])
    sub = helper.make_graph([helper.make_node("Sub", ["x", "offset"], ["inner"])], "sub", [], [inner])
    save(
        "subgraph",
        [
            helper.make_node("Mul", ["scale", "scale"], ["offset"]),
            helper.make_node("ReduceSum", ["x"], ["total"], keepdims=0),
            helper.make_node("Greater", ["total", "zero"], ["positive"]),
            helper.make_node("If", ["positive"], ["chosen"], then_branch=add, else_branch=sub),
            helper.make_node("Mul", ["x", "unused"], ["other"]),
        ],
        [tensor("x", FLOAT, ["n"])],
        [y, tensor("other", FLOAT, ["n"])],
        [
            numpy_helper.from_array(np.array(3, np.float32), "scale"),
            numpy_helper.from_array(np.array(0, np.float32), "zero"),
            numpy_helper.from_array(np.array(5, np.float32), "unused"),
        ],
    )


def old_weights():
    """Weights as they were before IR version 4: inputs that have a value."""
    names = {"two": 2, "three": 3}
    save(
        "old_weights",
        [
            helper.make_node("Mul", ["x", "two"], ["doubled"]),
            helper.make_node("Mul", ["x", "three"], ["tripled"]),
        ],
        [tensor("x", FLOAT, ["n"]), *(tensor(name, FLOAT, [1]) for name in names)],
        [tensor("doubled", FLOAT, ["n"]), tensor("tripled", FLOAT, ["n"])],
        [numpy_helper.from_array(np.array([v], np.float32), name) for name, v in names.items()],
        ir_version=3,
        opset=8,
    )


def main():
    several_inputs()
    batch_dimensions()
    no_tensors()
    scalars()
    subgraph()
    old_weights()
    external_data()
    for path in FOLDER.glob("*.onnx"):
        onnx.checker.check_model(path, full_check=True)
    onnx.checker.check_model(FOLDER / "external/two_outputs.onnx")


if __name__ == "__main__":
    main()
