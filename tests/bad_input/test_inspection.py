"""Bad input for the functions of `skneuron.inspection`, and for their results."""

from functools import partial

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
    ablation,
    check,
    check_good,
    classifier,
    path,
    regressor,
    table,
)

import skneuron
from skneuron import PrunableMLPClassifier, RottenNeuronPruner

NOT_FITTED = {"not fitted": PrunableMLPClassifier(), "pruner": RottenNeuronPruner()}
SAMPLES = NO_SAMPLES | TOO_WIDE | TOO_FEW
REFERENCE = {k: v for k, v in NO_SAMPLES.items() if k != "None"} | TOO_WIDE
LABELS = NO_LABELS | OTHER_LABELS
WEIGHTS = NO_WEIGHTS | NEGATIVE
LAYERS = ["a", 9, -3, 1.5, [], [0, "a"], [9], True, np.nan, object()]
SCORERS = ["", "accurate", 3, 1.5, b"a", object()]
SEVERAL = ["", "accurate", 3, [], {}, [3], ["accurate"], {"a": 3}, {3}]
JOBS = [0, 1.5, "a", True, np.nan, *JUNK]
FLAGS = ["a", 0, None, [], np.nan]
POSITIVE = [0, -1, 1.5, "a", None, True, np.nan, *JUNK]

FUNCTIONS = {
    "ablation": skneuron.neuron_ablation,
    "path": skneuron.neuron_pruning_path,
    "shapley": partial(skneuron.neuron_shapley, max_permutations=4),
    "pairs": skneuron.pairwise_ablation,
    "criterion": skneuron.neuron_criterion,
}


def of(name, model=classifier, **more):
    """The function and good arguments."""
    y = X[:, 0] if model is regressor else Y
    return lambda: (FUNCTIONS[name], {"estimator": model(), "X": X, "y": y, **more})


def method(make, name, **good):
    return lambda: (getattr(make(), name), good)


COMMON = [
    case
    for name in FUNCTIONS
    for case in [
        *table(name, of(name), {
            "estimator": NO_ESTIMATORS, "X": SAMPLES, "y": LABELS, "sample_weight": WEIGHTS,
            "layers": LAYERS, **({} if name == "criterion" else {"n_jobs": JOBS}),
        }),
        # Then an error names the class of what is not fitted.
        *table(name, of(name), {"estimator": NOT_FITTED}, names={"estimator": "fitted"}),
    ]
]  # fmt: skip
REGRESSORS = [
    case
    for name in FUNCTIONS
    for case in table(f"{name}-regressor", of(name, regressor), {"y": NO_NUMBERS})
]
STOPPING = {
    "threshold": [True, "inf*mean", "-inf*mean", "nan*mean", "a", "", "*mean", "auto", np.nan,
                  None, *JUNK],
    "n_neurons_to_select": [0, 100, -1, 1.5, 0.0, "a", True, np.nan, [1], [1, 2, 3], [1, "a"],
                            [], [9, 1]],
    "max_parameters": [0, -1, 1.5, "a", True, np.nan, [9], 2, *JUNK],
    "max_bytes": [0, -1, 1.5, "a", True, np.nan, [9], 2, *JUNK],
    "tol": [-1, "a", True, np.nan, *JUNK],
    "alpha": [0, 1, -1, 2.0, "a", True, np.nan, *JUNK],
    "step": [0, -1, 1.5, 0.0, "a", None, True, np.nan, *JUNK],
    "min_neurons_per_layer": POSITIVE,
}  # fmt: skip
OWN = [
    *table("ablation", of("ablation"), {
        "random_state": NO_RANDOM_STATES, "losses": FLAGS, "n_repeats": POSITIVE,
        "scoring": SEVERAL, "replacement": ["a", None, 3, *JUNK, np.array([1, 2])],
    }),
    *table("ablation-resample", of("ablation", replacement="resample"), {
        "random_state": NO_RANDOM_STATES, "X_ref": REFERENCE,
    }),
    *table("path", of("path"), {
        "random_state": NO_RANDOM_STATES, **STOPPING, "scoring": SCORERS,
        "strategy": ["a", None, 3, *JUNK], "criterion": ["a", None, 3, [], ["apoz"], b"a"],
        "replacement": ["a", "resample", None, 3],
    }),
    *table("shapley", of("shapley"), {
        "random_state": NO_RANDOM_STATES, "max_permutations": POSITIVE, "tol": [-1, "a", np.nan],
        "truncation": [-1, "a", True, np.nan], "antithetic": FLAGS, "scoring": SCORERS,
        "replacement": ["a", "linear", "resample", None, 3],
    }),
    *table("pairs", of("pairs"), {
        "scoring": SCORERS, "replacement": ["a", "resample", None, 3, []],
    }),
    *table("criterion", of("criterion"), {
        "random_state": NO_RANDOM_STATES,
        "criterion": ["a", "", None, 3, [], ["a"], [None], {}, b"a", object()],
    }),
    *(case for name in ("ablation", "path", "shapley", "pairs")
      for case in table(f"{name}-mean", of(name, replacement="mean", X_ref=X),
                        {"X_ref": REFERENCE | {"None": None}})),
]  # fmt: skip
RESULTS = [
    *table("verdicts", method(ablation, "verdicts"), {
        "alpha": [0, 1, -0.1, "a", None, True, np.nan, *JUNK],
        "method": ["a", 3, "", *JUNK],
        "test": ["a", "", None, 3, np.array([1, 2]), *JUNK],
    }),
    *table("prune_to", method(path, "prune_to", n_neurons=4), {
        "n_neurons": [0, -1, 100, 1.5, 0.0, "a", "", None, True, np.nan, np.inf, [], [1], [1, "a"],
                      [9, 9], object()],
    }),
    *table("prune_to", method(path, "prune_to", n_neurons=[2, 2]), {"X_ref": REFERENCE}),
    *table("prune_to", method(path, "prune_to", max_bytes=10_000), {
        "max_bytes": [0, -1, 1.5, "a", True, np.nan, 2, *JUNK], "max_parameters": [50],
        "n_neurons": [4],
    }),
    *table("pareto", method(path, "pareto", X=X, y=Y), {
        "X": SAMPLES, "y": LABELS, "scoring": SCORERS, "sample_weight": NO_WEIGHTS,
        "n_jobs": JOBS,
    }),
    *table("n_removed_below", method(path, "n_removed_below", threshold=0.0), {
        "threshold": ["a", "", None, True, np.nan, [0.0], *JUNK],
    }),
    *table("rank_correlation", lambda: (
        skneuron.criterion_rank_correlation, {"scores": {"a": [1, 2]}, "method": "kendall"}
    ), {
        "scores": [None, "a", 3, [], {}, {"a": ["x"]}, {"a": [1], "b": [1, 2]}, {"a": 1},
                   {"a": [[1, 2]]}, {"a": [1j]}],
        "method": ["a", "", None, 3, *JUNK],
    }),
]  # fmt: skip


@pytest.mark.parametrize("case", COMMON)
def test_arguments_that_all_have(case):
    check(case)


@pytest.mark.parametrize("case", REGRESSORS)
def test_targets_of_regressors(case):
    check(case)


@pytest.mark.parametrize("case", OWN)
def test_own_arguments(case):
    check(case)


@pytest.mark.parametrize("case", RESULTS)
def test_results(case):
    check(case)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("model", [classifier, regressor])
def test_good_arguments(name, model):
    check_good(of(name, model))


@pytest.mark.parametrize(
    "case", {case.values[0].prepare: case for case in [*OWN, *RESULTS]}.values()
)
def test_good_arguments_of_others(case):
    check_good(case.prepare)
