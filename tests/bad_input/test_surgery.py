"""Bad input for surgery: which neurons, and what takes their place."""

from copy import deepcopy

import numpy as np
import pytest
from helpers.bad_input import (
    JUNK,
    NEGATIVE,
    NO_ESTIMATORS,
    NO_LABELS,
    NO_NUMBERS,
    NO_RANDOM_STATES,
    NO_SAMPLES,
    NO_WEIGHTS,
    OTHER_LABELS,
    TOO_FEW,
    TOO_WIDE,
    X,
    Y,
    check,
    check_good,
    classifier,
    pruner,
    regressor,
    table,
)

import skneuron
from skneuron import PrunableMLPClassifier

REFERENCE = {k: v for k, v in NO_SAMPLES.items() if k != "None"} | TOO_WIDE
NEURONS = {
    "text": "a",
    "number": 3,
    "None": None,
    "fraction": 1.5,
    "object": object(),
    "no such index": [(0, 99)],
    "no such layer": [(2, 0)],
    "negative": [(0, -1)],
    "half a pair": [(0,)],
    "fractions": [(0, 1.5)],
    "NaN": [(0, np.nan)],
    "None inside": [(0, None)],
    "bools": [(True, 1)],
    "texts": ["ab"],
    "other name": ["neuron1"],
    "no such name": ["hidden0_neuron99"],
    "name of no layer": ["hidden9_neuron0"],
    "no such number": {99},
    "one pair or two numbers": (0, 1),
    "nested": [[(0, 1)]],
    "dict": {0: 1},
    "a whole layer": [(0, index) for index in range(5)],
    "too few masks": [np.ones(5, bool)],
    "long masks": [np.ones(9, bool), np.ones(9, bool)],
    "short masks": [np.ones(1, bool), np.ones(1, bool)],
    "short mask": np.ones(2, bool),
    "matrix": np.ones((2, 2)),
}
PLACES = ["a", "", "resample", None, 3, np.array([1, 2]), *JUNK]


def function(name, make=classifier, **more):
    return lambda: (getattr(skneuron, name), {"estimator": make(), **more})


def method():
    return deepcopy(classifier()).prune_neurons, {"neurons": [(0, 1)], "X_ref": X}


def folding():
    return deepcopy(classifier()).prune_neurons, {
        "neurons": [(0, 1)], "X_ref": X, "replacement": "linear",
    }  # fmt: skip


def repair():
    full = classifier()
    pruned = skneuron.prune_neurons(full, [(0, 1)])
    return skneuron.refit_pruned, {"pruned": pruned, "full": full, "X": X}


NO_MIXED = [None, "1", -0.5, np.nan, np.inf, True, [1.0], object()]
NO_ITERATIONS = [0, -1, 1.5, "3", np.nan, True, [3], object()]
NO_GROUPS = {
    "few": [1, 2], "one": np.zeros(60), "matrix": np.zeros((60, 2)), "text": "a",
    "number": 3, "ragged": [[1], [1, 2]],
}  # fmt: skip
FUNCTION = function("prune_neurons", neurons=[(0, 1)])
OF_PRUNER = function("prune_neurons", pruner, neurons=[(0, 1)])
REDUNDANT = function("remove_redundant_neurons", X_ref=X)
MEAN = function("prune_neurons", neurons=[(0, 1)], replacement="mean", X_ref=X)
ALIAS = function("prune_neurons", neurons=[(0, 1)], replacement="mean", X=X)
REFIT = function("refit_outputs", X=X, y=Y)
REFIT_NUMBERS = function("refit_outputs", regressor, X=X, y=X[:, 0])
NO_PENALTIES = [0.5, -1, [0.0], [-1.0], [np.nan], [np.inf], ["1"], [True], [None], "a", *JUNK]
NO_FOLDS = [0, 1, 61, -2, 1.5, "a", [], [1, 2], [(np.arange(60),)], [([], [1])], *JUNK[1:]]
PRUNED = function("prune_neurons", neurons=[(0, 1)], X_ref=X, refit="behind")
NO_REFITS = ["all", "", True, 1, ["span"], np.array(["span"]), *JUNK]
NOT_FITTED = {"not fitted": PrunableMLPClassifier()}
CASES = [
    *table("prune_neurons", FUNCTION, {
        "estimator": NO_ESTIMATORS, "neurons": NEURONS, "replacement": ["mean", *PLACES],
    }),
    *table("prune_neurons", MEAN, {"X_ref": REFERENCE | {"None": None}}),
    *table("prune_neurons", ALIAS, {"X": REFERENCE}),
    *table("prune_neurons", MEAN, {"X": {"both": X}}, names={"X": "X_ref and X"}),
    *table("prune_neurons", FUNCTION, {"estimator": NOT_FITTED}, names={"estimator": "fitted"}),
    *table("refit-after", PRUNED, {"refit": NO_REFITS, "X_refit": REFERENCE}),
    *table("repair", repair, {
        "pruned": NO_ESTIMATORS, "full": NO_ESTIMATORS, "X": NO_SAMPLES | TOO_WIDE | TOO_FEW,
        "layers": [None, *NO_REFITS], "mixed": NO_MIXED, "max_iter": NO_ITERATIONS,
        "sample_weight": NO_WEIGHTS | NEGATIVE, "groups": NO_GROUPS,
        "random_state": NO_RANDOM_STATES,
    }),
    *table("of-pruner", OF_PRUNER, {"neurons": NEURONS}),
    *table("in-place", method, {"neurons": NEURONS, "replacement": PLACES}),
    *table("in-place", folding, {"X_ref": REFERENCE | {"None": None}}),
    *table("in-place", folding, {"X": {"both": X}}, names={"X": "X_ref and X"}),
    *table("redundant", REDUNDANT, {"estimator": NO_ESTIMATORS, "X_ref": REFERENCE}),
    *table("redundant", REDUNDANT, {"X": {"both": X}}, names={"X": "X_ref and X"}),
    *table("refit", REFIT, {
        "estimator": NO_ESTIMATORS, "X": NO_SAMPLES | TOO_WIDE, "y": NO_LABELS | OTHER_LABELS,
        "sample_weight": NO_WEIGHTS | NEGATIVE, "penalties": NO_PENALTIES, "cv": NO_FOLDS,
        "random_state": NO_RANDOM_STATES,
    }),
    *table("refit", REFIT, {"X": TOO_FEW}, names={"X": "y"}),
    *table("refit", REFIT, {"estimator": NOT_FITTED}, names={"estimator": "fitted"}),
    *table("refit-numbers", REFIT_NUMBERS, {"y": NO_NUMBERS}),
    *table("redundant", REDUNDANT, {"estimator": NOT_FITTED}, names={"estimator": "fitted"}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_surgery(case):
    check(case)


@pytest.mark.parametrize(
    "prepare",
    [FUNCTION, OF_PRUNER, REDUNDANT, MEAN, method, folding, REFIT, REFIT_NUMBERS],
)
def test_good_arguments(prepare):
    check_good(prepare)
