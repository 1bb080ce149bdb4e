"""The strategy "swap": exchanges, and when they are gains."""

import numpy as np
import pytest
from helpers.networks import (
    KINDS,
    REGRESSIONS,
    SINGLE_LABEL,
    cases,
    deterministic,
    make,
)
from helpers.pruning_paths import (
    Unchanging,
    assert_same_path,
    network_left,
    oracle_path,
    path_of,
    problem_of,
    removed_by,
    spoilt,
    support_left,
)
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.inspection._pruning_path._ranking import Ranked
from skneuron.inspection._pruning_path._stopping_rule import StoppingRule
from skneuron.inspection._pruning_path._strategies import pruning_path
from skneuron.inspection._scoring._evaluator import RemovalScores
from skneuron.surgery._network import Network, with_network


@deterministic(max_examples=25)
@given(
    case=cases([*SINGLE_LABEL, *REGRESSIONS], hidden=(6, 5), n=60),
    threshold=st.sampled_from([0.02, np.inf]),
    replacement=st.sampled_from(["zero", "mean"]),
    layers=st.sampled_from([None, [0]]),
    min_neurons_per_layer=st.integers(1, 2),
    n_neurons=st.integers(5, 9),
)
def test_swaps_match_the_oracle(case, threshold, **options):
    path = path_of(case, "swap", threshold, **options)
    removed, scores = oracle_path(case, "swap", threshold, **options)
    assert_same_path(case, path, removed, scores)


@pytest.mark.parametrize("seed", [24, 29, 50])
def test_no_exchange_is_tested_so_none_is_made(seed):
    # Cases in which exchanging would raise the score.
    swap, greedy = (path_of(spoilt(seed), name, 0.0, alpha=0.3) for name in ("swap", "greedy"))
    assert len(greedy.layer) >= 2
    assert removed_by(swap) == removed_by(greedy)


# ---- swaps


@deterministic(max_examples=12)
@given(
    case=cases([*SINGLE_LABEL, *REGRESSIONS]),
    replacement=st.sampled_from(["zero", "mean", "linear"]),
    n_neurons=st.integers(1, 8),
)
def test_swaps_end_with_as_many_neurons_and_no_lower_score(case, replacement, n_neurons):
    options = {"replacement": replacement, "n_neurons": n_neurons}
    greedy, swapped = (path_of(case, s, np.inf, **options) for s in ("greedy", "swap"))
    assert swapped.n_neurons[-1] == greedy.n_neurons[-1]
    assert swapped.scores[-1] >= greedy.scores[-1] - 1e-12 * abs(greedy.scores[-1])
    assert len(set(removed_by(swapped))) == len(swapped.layer)
    left = with_network(case.mlp, network_left(swapped))
    assert_allclose(left.score(case.X, case.y), swapped.scores[-1], rtol=1e-9, atol=1e-12)


def badly_scaled(seed, kind, dtype):
    """With neurons so much smaller than others of their layer that they count as constant."""
    case = make(kind, (6, 5), "relu", n=60, seed=seed, dtype=dtype)
    for layer in (0, 1):
        scale = 10.0 ** np.random.default_rng(seed).integers(
            -6, 7, case.mlp.coefs_[layer].shape[1]
        )
        case.mlp.coefs_[layer] *= scale.astype(dtype)
        case.mlp.intercepts_[layer] *= scale.astype(dtype)
        case.mlp.coefs_[layer + 1] /= scale[:, np.newaxis].astype(dtype)
    return case


@pytest.mark.filterwarnings("error")
@deterministic(max_examples=40)
@given(
    case=st.builds(
        badly_scaled,
        st.integers(0, 10**6),
        st.sampled_from(KINDS),
        st.sampled_from([np.float32, np.float64]),
    ),
    replacement=st.sampled_from(["mean", "linear"]),
    n_neurons=st.integers(2, 8),
)
def test_rounding_does_not_end_a_swapped_path_below_the_greedy_one(case, replacement, n_neurons):
    options = {"replacement": replacement, "n_neurons": n_neurons}
    greedy, swapped = (path_of(case, s, np.inf, **options) for s in ("greedy", "swap"))
    assert swapped.scores[-1] >= greedy.scores[-1]
    assert swapped.n_neurons[-1] == greedy.n_neurons[-1]


class Rising(Unchanging):
    """An evaluator by which every network scores the same, but four times a bit more."""

    def __init__(self, rise):
        self.scores = [1 + n * rise for n in (4, 3, 2, 1)]

    def __call__(self, network, replacements, ablated, *, scores_only):
        score = self.scores.pop() if len(self.scores) > 1 else self.scores[0]
        return RemovalScores(score, np.where(ablated, score, np.nan))


@pytest.mark.parametrize(
    ("dtype", "rise", "is_gain"),
    [
        (np.float64, 1e-14, False),
        (np.float64, 1e-9, True),
        (np.float32, 1e-8, False),
        (np.float32, 1e-5, True),
    ],
)
def test_rounding_is_no_gain(dtype, rise, is_gain):
    case = make("multiclass", (5,), dtype=dtype)
    assert Network.from_mlp(case.mlp).dtype == dtype
    stopping_rule = StoppingRule(n_neurons=3)
    greedy, swapped = (
        pruning_path(
            problem_of(case, Rising(rise)), strategy, lambda _: np.inf, stopping_rule=stopping_rule
        )
        for strategy in ("greedy", "swap")
    )
    # The greedy path takes three looks; the fourth is the first exchange.
    assert removed_by(greedy) == [(0, 0), (0, 1)]
    assert removed_by(swapped) == ([(0, 1), (0, 0)] if is_gain else [(0, 0), (0, 1)])
    assert (swapped.scores[-1] > greedy.scores[-1]) == is_gain


def test_any_number_is_a_gain_over_minus_infinity():
    class Unacceptable(Unchanging):
        """Networks without the neuron with bias 4 are."""

        def __call__(self, network, replacements, ablated, *, scores_only):
            biases = network.intercepts[0]
            left = [np.delete(biases, at) for at in range(len(biases))]
            scores = np.array([1.0 if 4 in those else -np.inf for those in left])
            return RemovalScores(
                1.0 if 4 in biases else -np.inf, np.where(ablated, scores, np.nan)
            )

    case = make("multiclass", (5,))
    case.mlp.intercepts_[0][:] = [4, 3, 2, 1, 0]

    def first_first(state, ablated, alpha):
        return Ranked(
            state.alive.astype(float), state.removal_scores(ablated), ablated[state.alive]
        )

    path = pruning_path(
        problem_of(case, Unacceptable()), "swap", lambda _: np.inf,
        stopping_rule=StoppingRule(n_neurons=3), rank=first_first,
    )  # fmt: skip
    assert path.scores[-1] == 1
    assert support_left(path)[0]


def test_a_swap_undoes_a_step_that_greed_regrets():
    # Found by trying seeds: where the best two neurons to go do not contain the best one.
    case = make("multiclass", (6, 5), n=60, seed=2)
    greedy, swapped = (path_of(case, s, np.inf, n_neurons=7) for s in ("greedy", "swap"))
    assert swapped.scores[-1] > greedy.scores[-1]
    assert set(removed_by(swapped)) != set(removed_by(greedy))
    # From one score to the next is what each was worth when the path got to it.
    assert_allclose(swapped.importances, -np.diff(swapped.scores))
    assert swapped.n_neurons.tolist() == [11, 10, 9, 8, 7]
    assert_array_equal(swapped.full_importances, greedy.full_importances)


def test_without_rounds_nothing_is_swapped():
    case = make("multiclass", (6, 5), n=60, seed=2)
    path = pruning_path(
        problem_of(case), "swap", lambda _: np.inf, stopping_rule=StoppingRule(n_neurons=7),
        max_rounds=0,
    )  # fmt: skip
    greedy = path_of(case, "greedy", np.inf, n_neurons=7)
    assert removed_by(path) == removed_by(greedy)
