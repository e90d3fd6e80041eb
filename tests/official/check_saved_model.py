"""Loads SavedModels with TensorFlow and compares their outputs with expected ones.

Usage: check_saved_model.py CASES.json
CASES.json: [{"model": FOLDER, "inputs": [{"name": NAME, "dtype": ..., "shape": [...], "values": [...]}], "examples": N, "expected": [...]}]
Shapes are those of one example.
Prints the largest difference of each case, one a line.
"""

import json
import sys

import numpy as np
import tensorflow as tf

for case in json.load(open(sys.argv[1])):
    loaded = tf.saved_model.load(case["model"])
    signature = loaded.signatures["serving_default"]
    inputs = {
        given["name"]: tf.constant(np.array(given["values"], given["dtype"]).reshape([case["examples"], *given["shape"]]))
        for given in case["inputs"]
    }
    (result,) = signature(**inputs).values()
    expected = np.array(case["expected"], dtype=np.float32).reshape(result.shape)
    print(float(np.max(np.abs(result.numpy() - expected))))
