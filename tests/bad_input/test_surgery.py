"""Bad input for surgery: which neurons, and what takes their place."""

from copy import deepcopy

import numpy as np
import pytest
from helpers.bad_input import (
    JUNK,
    NO_ESTIMATORS,
    NO_SAMPLES,
    TOO_WIDE,
    X,
    check,
    check_good,
    classifier,
    pruner,
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
    "nested": [[(0, 1)]],
    "set": {1},
    "dict": {0: 1},
    "a whole layer": [(0, index) for index in range(5)],
    "too few masks": [np.ones(5, bool)],
    "long masks": [np.ones(9, bool), np.ones(9, bool)],
    "short masks": [np.ones(1, bool), np.ones(1, bool)],
    "matrix": np.ones((2, 2)),
}
PLACES = ["a", "", "resample", None, 3, np.array([1, 2]), *JUNK]


def function(name, make=classifier, **more):
    return lambda: (getattr(skneuron, name), {"estimator": make(), **more})


def method():
    return deepcopy(classifier()).prune_neurons, {"neurons": [(0, 1)], "X": X}


def folding():
    return deepcopy(classifier()).prune_neurons, {
        "neurons": [(0, 1)], "X": X, "replacement": "linear",
    }  # fmt: skip


FUNCTION = function("prune_neurons", neurons=[(0, 1)])
OF_PRUNER = function("prune_neurons", pruner, neurons=[(0, 1)])
REDUNDANT = function("remove_redundant_neurons", X=X)
MEAN = function("prune_neurons", neurons=[(0, 1)], replacement="mean", X=X)
NOT_FITTED = {"not fitted": PrunableMLPClassifier()}
CASES = [
    *table("prune_neurons", FUNCTION, {
        "estimator": NO_ESTIMATORS, "neurons": NEURONS, "replacement": ["mean", *PLACES],
    }),
    *table("prune_neurons", MEAN, {"X": REFERENCE | {"None": None}}),
    *table("prune_neurons", FUNCTION, {"estimator": NOT_FITTED}, names={"estimator": "fitted"}),
    *table("of-pruner", OF_PRUNER, {"neurons": NEURONS}),
    *table("in-place", method, {"neurons": NEURONS, "replacement": PLACES}),
    *table("in-place", folding, {"X": REFERENCE | {"None": None}}),
    *table("redundant", REDUNDANT, {"estimator": NO_ESTIMATORS, "X": REFERENCE}),
    *table("redundant", REDUNDANT, {"estimator": NOT_FITTED}, names={"estimator": "fitted"}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_surgery(case):
    check(case)


@pytest.mark.parametrize("prepare", [FUNCTION, OF_PRUNER, REDUNDANT, MEAN, method, folding])
def test_good_arguments(prepare):
    check_good(prepare)
