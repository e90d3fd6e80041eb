"""Loads SavedModels with TensorFlow and compares their outputs with expected ones.

Usage: check_saved_model.py CASES.json
CASES.json: [{"model": FOLDER, "input": NAME, "dtype": "uint8"|"float32", "shape": [...], "values": [...], "expected": [...]}]
Prints the largest difference of each case, one a line.
"""

import json
import sys

import numpy as np
import tensorflow as tf

for case in json.load(open(sys.argv[1])):
    loaded = tf.saved_model.load(case["model"])
    signature = loaded.signatures["serving_default"]
    x = np.array(case["values"], dtype=case["dtype"]).reshape(case["shape"])
    (result,) = signature(**{case["input"]: tf.constant(x)}).values()
    expected = np.array(case["expected"], dtype=np.float32).reshape(result.shape)
    print(float(np.max(np.abs(result.numpy() - expected))))
