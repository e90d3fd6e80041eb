"""Reads Examples artifacts with TensorFlow, as a stranger would, and says what is in them.

    check_tfrecord.py read FOLDER       prints what every split holds, as JSON
    check_tfrecord.py write FILE        writes 50 examples, gzipped, the way Python programs do
    check_tfrecord.py damage FILE       flips a bit of a record; prints what TensorFlow says about it

Checked on the way: every record is byte for byte what Python's deterministic serialisation makes of it.
"""

import gzip
import hashlib
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf  # noqa: E402

BATCH = 64


def feature_spec(feature):
    if feature["kind"] in ("image", "string"):
        return tf.io.FixedLenFeature([], tf.string)
    if feature["kind"] == "float":
        return tf.io.FixedLenFeature([feature["size"]], tf.float32)
    return tf.io.FixedLenFeature([], tf.int64)


def read_split(folder, features, files):
    specs = {name: feature_spec(feature) for name, feature in features.items()}
    dataset = tf.data.TFRecordDataset([os.path.join(folder, file) for file in files], compression_type="GZIP")
    values = {name: [] for name in features}
    for batch in dataset.batch(BATCH):
        for name, column in tf.io.parse_example(batch, specs).items():
            values[name].extend(column.numpy().tolist())
    hashes = []
    for record in dataset.as_numpy_iterator():
        example = tf.train.Example.FromString(record)
        assert example.SerializeToString(deterministic=True) == record, "not as Python serialises it"
        assert set(example.features.feature) == set(features), "other features than declared"
        hashes.append(hashlib.sha256(record).hexdigest())
    for name, column in values.items():
        if column and isinstance(column[0], bytes):
            if features[name]["kind"] == "string":
                values[name] = [value.decode() for value in column]
            else:
                values[name] = hashlib.sha256(b"".join(column)).hexdigest()
    return {"examples": len(hashes), "values": values, "hashes": hashes}


def read(folder):
    with open(os.path.join(folder, "examples.json"), encoding="utf-8") as file:
        info = json.load(file)
    splits = {name: read_split(folder, info["features"], split["files"]) for name, split in info["splits"].items()}
    print(json.dumps(splits))


def write(path):
    def feature(**kinds):
        (kind, values), = kinds.items()
        lists = {"ints": (tf.train.Int64List, "int64_list"), "floats": (tf.train.FloatList, "float_list"), "texts": (tf.train.BytesList, "bytes_list")}
        make, field = lists[kind]
        return tf.train.Feature(**{field: make(value=values)})

    with tf.io.TFRecordWriter(path, tf.io.TFRecordOptions("GZIP")) as writer:
        for i in range(50):
            features = {
                "label": feature(ints=[i % 3]),
                "weight": feature(floats=[i / 2, -i]),
                "name": feature(texts=[f"ü {i}".encode()]),
                "pixels": feature(texts=[bytes([i, 255 - i, 0, 128])]),
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())


def damage(path):
    with gzip.open(path) as file:
        records = bytearray(file.read())
    records[40] ^= 1
    with open(path + ".damaged", "wb") as file:
        file.write(records)
    try:
        list(tf.data.TFRecordDataset(path + ".damaged"))
        print(json.dumps("read"))
    except tf.errors.DataLossError:
        print(json.dumps("DataLossError"))


if __name__ == "__main__":
    {"read": read, "write": write, "damage": damage}[sys.argv[1]](sys.argv[2])
