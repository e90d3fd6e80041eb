"""Runs .tflite files with LiteRT's Python package and compares their outputs with expected ones.

Usage: check_tflite.py CASES.json
CASES.json: [{"model": FILE, "inputs": [{"name": NAME, "dtype": ..., "shape": [...], "values": [...]}], "output": NAME,
"examples": N, "expected": [...]}]
Shapes are those of one example. Prints as JSON, for each case: the largest difference when the examples run one by one, the
largest when they run as one batch, the operators, and the runtime that the file asks for.
"""

import json
import sys

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter


def names(members):
    return {value: name for name, value in vars(members).items() if not name.startswith("_")}


OPERATORS = names(schema.BuiltinOperator)


def describe(path):
    with open(path, "rb") as file:
        data = file.read()
    assert schema.Model.ModelBufferHasIdentifier(data, 0), "no file identifier"
    root = schema.Model.GetRootAs(data, 0)
    model = schema.ModelT.InitFromObj(root)
    assert model.version == 3
    assert len(model.buffers[0].data if model.buffers[0].data is not None else []) == 0
    for index in range(1, root.BuffersLength()):
        vector = root.Buffers(index)
        start = vector._tab.Vector(vector._tab.Offset(4))
        assert start % 16 == 0, "a buffer is not aligned"
    (graph,) = model.subgraphs
    codes = [model.operatorCodes[operator.opcodeIndex] for operator in graph.operators]
    for code in codes:
        assert code.deprecatedBuiltinCode == min(code.builtinCode, 127)
    (metadata,) = model.metadata
    assert metadata.name == b"min_runtime_version"
    runtime = bytes(model.buffers[metadata.buffer].data)
    assert len(runtime) == 16
    operators = [f"{OPERATORS[code.builtinCode]} {code.version}" for code in codes]
    return operators, runtime.rstrip(b"\0").decode()


def run(case):
    count = case["examples"]
    inputs = {
        given["name"]: np.array(given["values"], given["dtype"]).reshape([count, *given["shape"]])
        for given in case["inputs"]
    }
    expected = np.array(case["expected"], dtype=np.float32).reshape(count, -1)
    single = Interpreter(model_path=case["model"]).get_signature_runner("serving_default")
    one_by_one = [
        single(**{name: values[row : row + 1] for name, values in inputs.items()})[case["output"]][0]
        for row in range(count)
    ]
    batched = Interpreter(model_path=case["model"])
    tensors = {detail["name"]: detail["index"] for detail in batched.get_input_details()}
    for name, values in inputs.items():
        batched.resize_tensor_input(tensors[name], values.shape)
    batched.allocate_tensors()
    for name, values in inputs.items():
        batched.set_tensor(tensors[name], values)
    batched.invoke()
    at_once = batched.get_tensor(batched.get_output_details()[0]["index"])
    operators, runtime = describe(case["model"])
    return {
        "single": float(np.max(np.abs(np.array(one_by_one) - expected))),
        "batch": float(np.max(np.abs(at_once - expected))),
        "operators": operators,
        "runtime": runtime,
    }


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        print(json.dumps([run(case) for case in json.load(file)]))
