"""Where paths stop, and what they make of scores that are no numbers."""

import numpy as np
import pytest
from helpers.networks import (
    REGRESSIONS,
    SINGLE_LABEL,
    cases,
    deterministic,
    make,
)
from helpers.pruning_paths import (
    RANKING,
    STRATEGIES,
    Unchanging,
    each_strategy,
    network_left,
    path_of,
    problem_of,
    removed_by,
    support_left,
)
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.inspection._pruning_path._strategies import pruning_path
from skneuron.inspection._scoring._evaluator import RemovalScores, evaluator_for

# ---- when to stop


@each_strategy
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_minus_infinity_removes_nothing(kind, strategy):
    case = make(kind, (4, 3))
    path = path_of(case, strategy, -np.inf)
    assert len(path.layer) == 0
    assert support_left(path).all()
    assert_allclose(path.scores, [case.mlp.score(case.X, case.y)])


@each_strategy
@pytest.mark.parametrize(
    ("layers", "at_least", "left"),
    [
        (None, 1, (1, 1, 1)),
        (None, 3, (3, 2, 3)),
        (None, 9, (4, 2, 3)),
        ([0, 2], 1, (1, 2, 1)),
        ([1], 1, (4, 1, 3)),
    ],
)
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_infinity_removes_all_that_may_go(kind, layers, at_least, left, strategy):
    case = make(kind, (4, 2, 3), "tanh")
    path = path_of(case, strategy, np.inf, layers=layers, min_neurons_per_layer=at_least)
    assert network_left(path).hidden_layer_sizes == left
    assert len(path.scores) == 9 - sum(left) + 1


@deterministic(max_examples=40)
@given(cases(SINGLE_LABEL), st.sampled_from(["zero", "mean", "linear"]))
def test_greedy_removal_of_rotten_neurons_raises_accuracy_every_time(case, replacement):
    path = path_of(case, "greedy", 0.0, replacement=replacement)
    assert (np.diff(path.scores) > 0).all()


@deterministic(max_examples=25)
@given(cases(REGRESSIONS), st.sampled_from(["zero", "mean", "linear"]))
def test_greedy_removal_of_rotten_neurons_never_lowers_r2(case, replacement):
    path = path_of(case, "greedy", 0.0, replacement=replacement)
    assert (np.diff(path.scores) > -1e-12 * np.abs(path.scores[1:])).all()


@pytest.mark.parametrize("scoring", ["r2", None])
def test_greedy_keeps_neurons_without_effect(scoring):
    case = make("regression" if scoring else "multiclass", (30, 20), "tanh", n=60, seed=1)
    case.mlp.coefs_[1][4] = case.mlp.coefs_[2][7] = 0
    path = path_of(case, "greedy", 0.0, scoring=scoring)
    assert len(path.layer) > 0
    assert support_left(path)[4]
    assert support_left(path)[30 + 7]


def test_the_threshold_rule_is_asked_once_about_the_ablated_neurons():
    case = make("multiclass", (4, 3))
    for strategy in STRATEGIES:
        asked = []

        def rule(importances, asked=asked):
            asked.append(importances)
            return np.median(importances)

        ablated = np.array([True] * 4 + [False] * 3)
        path = pruning_path(problem_of(case, ablated=ablated), strategy, rule)
        assert len(asked) == 1
        assert_array_equal(asked[0], path.ablation.importances[:4], err_msg=strategy)


def test_on_step_is_called_after_every_removal():
    calls = []
    case = make("multiclass", (4, 3))
    path = path_of(case, "greedy", np.inf, on_step=lambda: calls.append(None))
    assert len(calls) == len(path.layer) == 5


def test_only_the_whole_network_is_described_in_full():
    case = make("multiclass", (4, 3))
    evaluate, scores_only_calls = evaluator_for(case.mlp, case.X, case.y), []

    class Noting(Unchanging):
        def __call__(self, network, replacements, ablated, *, scores_only):
            scores_only_calls.append(scores_only)
            return evaluate(network, replacements, ablated, scores_only=scores_only)

    for strategy in RANKING:
        scores_only_calls.clear()
        path = pruning_path(problem_of(case, Noting()), strategy, lambda _: np.inf)
        assert scores_only_calls == [False] + [True] * 5
        assert {"loss_importances", "confusion_matrices"} <= set(path.ablation)


# ---- scores that are no numbers


class Scripted(Unchanging):
    """An evaluator with given importances by bias, the name tag of a neuron."""

    def __init__(self, importances):
        self.importances = importances

    def __call__(self, network, replacements, ablated, *, scores_only):
        tags = np.concatenate(network.intercepts[:-1])
        scores = np.array([1 - self.importances[tag] for tag in tags])
        return RemovalScores(1.0, np.where(ablated, scores, np.nan))


@pytest.mark.parametrize("strategy", RANKING)
@pytest.mark.parametrize("threshold", [0.0, np.inf])
def test_neurons_without_a_score_are_never_chosen(strategy, threshold):
    case = make("multiclass", (5, 2))
    importances = [np.nan, 0.5, -0.5, np.nan, -0.25, np.nan, np.nan]
    for tag, bias in enumerate(np.split(np.arange(7.0), [5])):
        case.mlp.intercepts_[tag][:] = bias
    path = pruning_path(
        problem_of(case, Scripted(dict(enumerate(importances)))), strategy, lambda _: threshold
    )
    expected = [(0, 2), (0, 4), (0, 1)] if threshold else [(0, 2), (0, 4)]
    assert removed_by(path) == expected


@each_strategy
def test_a_score_that_is_no_number_is_an_error(strategy):
    case = make("multiclass", (4, 3))
    with pytest.raises(ValueError, match=r"scoring=<function .*lambda.* returned NaN"):
        path_of(case, strategy, np.inf, scoring=lambda mlp, X, y: np.nan)
