"""Bad input for the estimators that train: parameters, and arguments of their methods."""

from copy import deepcopy

import numpy as np
import pytest
from helpers.bad_input import (
    JUNK,
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
    regressor,
    small,
    table,
)

from skneuron import PrunableMLPClassifier, PrunableMLPRegressor

SAMPLES = NO_SAMPLES | TOO_WIDE
KNOWN = {"unknown": OTHER_LABELS["unknown"], "several": OTHER_LABELS["several"]}
NAMES = ["a", "", None, 3, *JUNK]
SHARES = ["a", None, -0.1, 1.0, np.nan, *JUNK]
COUNTS = ["a", None, 0, -1, 1.5, np.nan, *JUNK]
SIZES = ["a", None, 0, -1, 1.5, True, [0], [1.5], ["a"], [None], [[1]], [np.nan], {}, (3, -1)]
PARAMETERS = {
    "random_state": NO_RANDOM_STATES,
    "hidden_layer_sizes": SIZES,
    "activation": NAMES,
    "solver": NAMES,
    "alpha": ["a", None, -1, np.nan, *JUNK],
    "batch_size": ["a", None, 0, -1, 1.5, *JUNK],
    "learning_rate": NAMES,
    "learning_rate_init": ["a", None, 0, -1, np.nan, *JUNK],
    "max_iter": COUNTS,
    "shuffle": ["a", None, 3, *JUNK],
    "tol": ["a", None, -1, np.nan, *JUNK],
    "early_stopping": ["a", None, 3, *JUNK],
    "validation_fraction": SHARES,
    "momentum": ["a", None, -1, 2, np.nan, *JUNK],
    "beta_1": SHARES,
    "n_iter_no_change": ["a", None, 0, -1, *JUNK],
    "dropout": SHARES,
}
CLASS_WEIGHTS = ["a", 3, [], {9: 1}, {0: -1}, {0: "a"}, {0: np.nan}, {0: None}, b"a"]


def fitted_again(make, method, **good):
    """A method of a fitted estimator that may be changed."""
    return lambda: (getattr(deepcopy(make()), method), {"X": X, "y": Y, **good})


def predicting(method):
    return lambda: (getattr(classifier(), method), {"X": X})


def constructed(cls, y):
    return lambda: (lambda **params: small(cls, **params).fit(X, y), {})


FIT = [
    case
    for name, make, targets in [
        ("fit", classifier, NO_LABELS),
        ("partial_fit", classifier, NO_LABELS | KNOWN),
        ("score", classifier, NO_LABELS | {"several": OTHER_LABELS["several"]}),
        ("fit", regressor, NO_NUMBERS),
        ("partial_fit", regressor, NO_NUMBERS | {"several": OTHER_LABELS["several"]}),
        ("score", regressor, NO_NUMBERS | {"several": OTHER_LABELS["several"]}),
    ]
    for case in table(f"{make.__name__}-{name}", fitted_again(make, name), {
        "X": NO_SAMPLES | TOO_FEW | (TOO_WIDE if name != "fit" else {}),
        "y": targets,
        "sample_weight": NO_WEIGHTS,
    })
]  # fmt: skip
VALIDATED = [
    case
    for make, y, targets in [
        (classifier, Y, NO_LABELS | KNOWN),
        (regressor, X[:, 0], NO_NUMBERS | {"several": OTHER_LABELS["several"]}),
    ]
    for case in table(
        f"{make.__name__}-validated",
        fitted_again(make, "fit", y=y, X_val=X, y_val=y, sample_weight_val=np.ones(len(Y))),
        {
            "X_val": NO_SAMPLES | TOO_FEW | TOO_WIDE,
            "y_val": targets | {"None": None},
            "sample_weight_val": NO_WEIGHTS,
        },
    )
]
FIRST = table(
    "first-partial_fit",
    lambda: (small().partial_fit, {"X": X, "y": Y, "classes": [0, 1, 2]}),
    {
        "y": NO_LABELS | {"unknown": KNOWN["unknown"]},
        "classes": {**NO_LABELS, "few": [0, 1]},
    },
)
PREDICT = [
    case
    for method in ("predict", "predict_proba", "predict_log_proba", "hidden_activations")
    for case in table(method, predicting(method), {"X": SAMPLES})
]
OTHER = [
    *table("hidden_activations", predicting("hidden_activations"), {
        "layer": ["a", 2, -3, 0.0, None, True, np.nan, *JUNK],
    }),
    *table("from_sklearn", lambda: (PrunableMLPClassifier.from_sklearn, {"mlp": classifier()}), {
        "mlp": {"None": None, "text": "a", "regressor": regressor(), "class": small},
    }),
    *table("class_weight", constructed(PrunableMLPClassifier, Y), {"class_weight": CLASS_WEIGHTS}),
]  # fmt: skip
CONSTRUCTED = [
    case
    for cls, y in [(PrunableMLPClassifier, Y), (PrunableMLPRegressor, X[:, 0])]
    for case in table(cls.__name__, constructed(cls, y), PARAMETERS)
]


@pytest.mark.parametrize("case", FIT)
def test_fit_and_score(case):
    check(case)


@pytest.mark.parametrize("case", VALIDATED)
def test_validation_samples(case):
    check(case)


@pytest.mark.parametrize("case", FIRST)
def test_first_partial_fit(case):
    check(case)


@pytest.mark.parametrize("case", PREDICT)
def test_predictions(case):
    check(case)


@pytest.mark.parametrize("case", CONSTRUCTED)
def test_parameters(case):
    check(case)


@pytest.mark.parametrize("case", OTHER)
def test_other_methods(case):
    check(case)


GOOD = {
    "fit": fitted_again(classifier, "fit"),
    "validated": fitted_again(classifier, "fit", X_val=X, y_val=Y, sample_weight_val=Y + 1),
    "partial_fit": fitted_again(regressor, "partial_fit"),
    "score": fitted_again(classifier, "score"),
    "predict": predicting("predict"),
    "hidden_activations": predicting("hidden_activations"),
    "parameters": constructed(PrunableMLPClassifier, Y),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_arguments(name):
    check_good(GOOD[name])
