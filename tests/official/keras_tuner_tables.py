"""Prints what KerasTuner does, as the tests of the Tuner expect it: the schedules that its Hyperband follows, one trial
after the other, and the values that it makes of uniform numbers. Needs keras-tuner (written with 1.4.8) and a backend
of Keras.

    python3 keras_tuner_tables.py > ../components/tuner/keras-tuner.json
"""

import json

import keras_tuner
from keras_tuner.oracles import HyperbandOracle

PAIRS = [(1, 3, 1), (2, 2, 1), (3, 2, 1), (4, 3, 1), (5, 4, 1), (8, 2, 1), (9, 3, 1), (10, 3, 1), (10, 3, 2),
         (16, 4, 1), (20, 3, 1), (27, 3, 1), (30, 2, 1), (50, 5, 1), (64, 4, 1), (81, 3, 1), (100, 10, 1), (125, 5, 1)]


def schedule(max_epochs, factor, iterations):
    space = keras_tuner.HyperParameters()
    space.Float("x", 0, 1)
    oracle = HyperbandOracle(
        objective=keras_tuner.Objective("score", "max"),
        max_epochs=max_epochs, factor=factor, hyperband_iterations=iterations, hyperparameters=space, seed=1,
    )
    oracle._display.verbose = 0
    oracle.save = lambda: None
    oracle._save_trial = lambda trial: None
    rounds = []
    while True:
        trial = oracle.create_trial("tuner")
        if trial.status == "STOPPED":
            return rounds
        values = trial.hyperparameters.values
        found = [values["tuner/" + key] for key in ("bracket", "round", "initial_epoch", "epochs")]
        if rounds and rounds[-1][:4] == found:
            rounds[-1][4] += 1
        else:
            rounds.append([*found, 1])
        oracle.update_trial(trial.trial_id, {"score": values["x"]})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)


def values():
    space = keras_tuner.HyperParameters()
    space.Int("int", 16, 64, step=16)
    space.Int("every_int", 3, 9)
    space.Int("ragged_int", 1, 10, step=4)
    space.Int("log_int", 1, 64, sampling="log")
    space.Int("log_step_int", 2, 100, step=2, sampling="log")
    space.Float("float", -1, 3)
    space.Float("step_float", 0.1, 0.5, step=0.1)
    space.Float("log_float", 1e-4, 1e-2, sampling="log")
    space.Float("log_step_float", 0.001, 10, step=10, sampling="log")
    space.Choice("choice", ["relu", "elu", "tanh"])
    space.Boolean("boolean")
    probabilities = [0.0, 0.01, 0.17, 0.25, 0.333, 0.5, 0.62, 0.75, 0.9, 0.999999]
    return [{"class_name": type(entry).__name__,
             "config": {key: value for key, value in entry.get_config().items()
                        if value is not None and key not in ("conditions", "default", "ordered")},
             "values": [[probability, entry.prob_to_value(probability)] for probability in probabilities]}
            for entry in space.space]


def lines(items):
    return ",\n".join("    " + json.dumps(item) for item in items)


schedules = [{"max_epochs": max_epochs, "factor": factor, "hyperband_iterations": iterations,
              "rounds": schedule(max_epochs, factor, iterations)} for max_epochs, factor, iterations in PAIRS]
print(f'{{\n  "schedules": [\n{lines(schedules)}\n  ],\n  "values": [\n{lines(values())}\n  ]\n}}')
