"""Bad input for the pruners: parameters, and arguments of their methods."""

import numpy as np
import pytest
from helpers.bad_input import (
    JUNK,
    NEGATIVE,
    NO_LABELS,
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
    pruner_of_pipeline,
    small,
    table,
)
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import PrunableMLPClassifier, RottenNeuronPruner, RottenNeuronPrunerCV

NAMES = ["a", "", None, 3, *JUNK]
PARAMETERS = {
    "estimator": ["a", 3, Y, PrunableMLPClassifier, StandardScaler(), RottenNeuronPruner()],
    "threshold": [True, np.True_, np.nan, "inf*mean", "-inf*mean", "nan*mean", "a", "", "*mean",
                  "mean*2", None, *JUNK],
    "replacement": ["resample", *NAMES],
    "strategy": NAMES,
    "criterion": ["a", "", None, 3, [], ["apoz"], b"a"],
    "scoring": ["a", "", 3, [], ["accuracy"], {}, b"a", 1j],
    "n_neurons_to_select": [0, 100, -1, 1.5, 0.0, "a", True, np.nan, [1], [1, 2, 3], [1, "a"], []],
    "max_parameters": ["a", 0, -1, 1.5, True, np.nan, 2, *JUNK],
    "max_bytes": ["a", 0, -1, 1.5, True, np.nan, 2, *JUNK],
    "tol": ["a", -1, np.nan, True, *JUNK],
    "alpha": ["a", 0, 1, -1, np.nan, True, *JUNK],
    "step": ["a", 0, -1, 1.5, None, True, np.nan, *JUNK],
    "min_neurons_per_layer": ["a", 0, -1, 1.5, None, True, np.nan, *JUNK],
    "layers": ["a", 9, -3, 1.5, [], [0, "a"], [9], True, np.nan],
    "fine_tune": ["a", -1, 1.5, None, True, np.nan, *JUNK],
    "cv": [1e-9, True, 5, 1, 0, 0.0, 1.0, -0.1, 2.0, np.nan, 1 - 1e-12, "a", "", b"a", [], [1, 2],
           [([0], [99])], [([], [1])], [([0.5], [1])], KFold(2), 1j, {}],
    "memory": [3, 1.5, [], 1j, True],
    "estimate_gain": ["a", None, 3, *JUNK],
    "random_state": NO_RANDOM_STATES,
    "n_jobs": ["a", 1.5, np.nan, *JUNK],
}  # fmt: skip
CV_PARAMETERS = {
    "pruner": ["a", 3, Y, RottenNeuronPruner, PrunableMLPClassifier()],
    "thresholds": ["mean", 3, None, [], [True], ["inf*mean"], [np.nan], ["auto"], [[0]], [None],
                   ["a"], np.array([[0.0, 1.0]]), {}, b"a"],
    "n_neurons_to_select": ["a", 3, 0.5, [], [True], ["a"], [np.nan], [0], [100], [[1, 2, 3]],
                            [1.5], [[1, "a"]]],
    "rule": NAMES,
    "cv": ["a", 1, 0, -1, 1.5, 100, np.nan, True, b"a", [], [1, 2], [([0], [99])], [([], [1])]],
    "n_jobs": ["a", 1.5, np.nan, *JUNK],
}  # fmt: skip


def made(**params):
    return RottenNeuronPruner(
        **{"estimator": small(), "random_state": 0, "estimate_gain": False} | params
    )


def made_cv(**params):
    return RottenNeuronPrunerCV(**{"pruner": made(), "thresholds": [0.0], "cv": 2} | params)


def fitted(make):
    return lambda: (make().fit, {"X": X, "y": Y})


def refitted():
    """A pruner that has been fitted before."""
    again = made()
    vars(again).update(vars(pruner()))
    return again


def of_pruner(method, **good):
    return lambda: (getattr(pruner(), method), {"X": X, **good})


def constructed(make):
    return lambda: (lambda **params: make(**params).fit(X, Y), {})


def in_pipeline():
    return made(estimator=make_pipeline(StandardScaler(), small()))


PATH_COMPARE = {"X": X, "y": Y, "n_neurons": 1.0}
FIT = [
    case
    for make in (refitted, made_cv, in_pipeline)
    for case in table(f"{make.__name__}-fit", fitted(make), {
        # Of what reaches a Pipeline, its steps may say what they want.
        **({} if make is in_pipeline else {"X": NO_SAMPLES | TOO_FEW}),
        "y": NO_LABELS,
        "sample_weight": NO_WEIGHTS | NEGATIVE,
        "groups": {"few": [0, 1], "number": 3, "not looked at": np.arange(60)},
        "unknown": {"argument": 3},
    })
    if not (make is made_cv and case.id.endswith("not looked at"))
]  # fmt: skip
METHODS = [
    *table("score", of_pruner("score", y=Y), {
        "X": NO_SAMPLES | TOO_FEW | TOO_WIDE,
        "y": NO_LABELS | {"several": OTHER_LABELS["several"]},
        "sample_weight": NO_WEIGHTS,
    }),
    *table("compare", of_pruner("compare", y=Y), {
        "X": NO_SAMPLES | TOO_FEW | TOO_WIDE,
        "y": NO_LABELS | {"several": OTHER_LABELS["several"]},
        "sample_weight": NO_WEIGHTS | NEGATIVE,
        "scoring": ["a", "", 3, [], ["accuracy"], {}, b"a", 1j],
    }),
    *table("path-compare", lambda: (pruner().pruning_path_.compare, PATH_COMPARE), {
        "X": NO_SAMPLES | TOO_FEW | TOO_WIDE,
        "n_neurons": [None, 0, 100, 1.5, "a", True, [1]],
        "scoring": ["a", ["accuracy"]],
        "max_bytes": [0, "a", 10],
        "refit": ["a", 3],
        "unknown": {"argument": 3},
    }),
    # Only the Pipeline's steps look at its samples.
    *table("score-pipeline", lambda: (pruner_of_pipeline().score, {"X": X, "y": Y}), {
        "X": NO_SAMPLES | TOO_FEW | TOO_WIDE,
        "y": NO_LABELS,
    }),
    *(case for name in ("predict", "predict_proba", "predict_log_proba", "transform")
      for case in table(name, of_pruner(name), {"X": NO_SAMPLES | TOO_WIDE})),
    *table("get_feature_names_out", lambda: (pruner().get_feature_names_out, {}), {
        "input_features": {"text": "a", "number": 3, "few": ["a"], "dict": {}, "object": object()},
    }),
]  # fmt: skip


@pytest.mark.parametrize("case", FIT)
def test_fit(case):
    check(case)


@pytest.mark.parametrize("case", METHODS)
def test_methods(case):
    check(case)


@pytest.mark.parametrize("case", table("pruner", constructed(made), PARAMETERS))
def test_parameters(case):
    check(case)


@pytest.mark.parametrize("case", table("cv", constructed(made_cv), CV_PARAMETERS))
def test_parameters_of_the_search(case):
    check(case)


@pytest.mark.parametrize(
    "prepare",
    [fitted(refitted), fitted(made_cv), fitted(in_pipeline), of_pruner("score", y=Y),
     of_pruner("compare", y=Y), of_pruner("transform")],
)  # fmt: skip
def test_good_arguments(prepare):
    check_good(prepare)


PREFIT = {
    "cross-validation": lambda prefit: cross_val_score(prefit, X, Y, cv=2, error_score="raise"),
    "grid search": lambda prefit: GridSearchCV(
        prefit, {"threshold": [0.0]}, cv=2, error_score="raise"
    ).fit(X, Y),
    "pruner's search": lambda prefit: made_cv(pruner=prefit).fit(X, Y),
}


@pytest.mark.parametrize("name", PREFIT)
def test_prefit_networks_in_cross_validation_need_a_frozen_estimator(name):
    prefit = made(estimator=classifier(), cv="prefit")
    with pytest.raises(ValueError, match=r"cv='prefit'.* FrozenEstimator"):
        PREFIT[name](prefit)
    PREFIT[name](made(estimator=FrozenEstimator(classifier()), cv="prefit"))


@pytest.mark.parametrize("threshold", [0.0, "auto"])
@pytest.mark.parametrize("scoring", ["recall", "average_precision", "balanced_accuracy"])
def test_halves_without_positives_raise_no_warning(scoring, threshold):
    """Which samples they are is drawn by the pruner: nobody could do anything about it."""
    rng = np.random.default_rng(1)
    many = rng.normal(size=(400, 3))
    y = np.zeros(400, int)
    y[rng.choice(400, 3, replace=False)] = 1
    mlp = small(hidden_layer_sizes=(8,), solver="lbfgs", max_iter=500, alpha=10)
    unlucky = RottenNeuronPruner(mlp, threshold=threshold, scoring=scoring, cv=0.4, random_state=0)
    assert unlucky.fit(many, y).gain_ is not None
