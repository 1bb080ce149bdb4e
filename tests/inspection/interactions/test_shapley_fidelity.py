"""Tests of neuron_shapley without labels: fair shares of what keeps a network as it is."""

import itertools

import numpy as np
import pytest
from helpers import oracle
from helpers.drowning import drown
from helpers.networks import KINDS, make
from numpy.testing import assert_allclose

from skneuron import neuron_shapley
from skneuron.inspection._interactions._coalitions import CalledGame, SummedGame, game_for
from skneuron.inspection._scoring import AblationProblem

pytestmark = pytest.mark.usefixtures("compiled")


def brute(case, scoring="fidelity", replacement="zero"):
    """Shapley values over all orders of removal, from the oracle."""
    neurons, classes = case.net.neurons, getattr(case.mlp, "classes_", None)
    whole = oracle.logits(case.net, case.X)

    def score(gone):
        X_ref = case.X_ref if replacement == "mean" else None
        # As neurons are replaced by their means in the whole network.
        replaced = {}
        for one in gone:
            replaced |= oracle.gone(case.net, [one], X_ref)
        if scoring == "fidelity":
            return -np.mean(oracle.divergences(case.net, case.X, classes, replaced))
        left = oracle.logits(case.net, case.X, replaced)
        return np.mean(left.argmax(axis=1) == whole.argmax(axis=1))

    scores = {
        frozenset(gone): score(gone)
        for n in range(len(neurons) + 1)
        for gone in itertools.combinations(neurons, n)
    }
    values = np.zeros(len(neurons))
    orders = list(itertools.permutations(range(len(neurons))))
    for order in orders:
        for at, neuron in enumerate(order):
            before = frozenset(neurons[i] for i in order[:at])
            values[neuron] += scores[before] - scores[before | {neurons[neuron]}]
    return values / len(orders), scores


def shapley(case, max_permutations=2000, **options):
    return neuron_shapley(
        case.mlp, case.X, random_state=0, max_permutations=max_permutations, antithetic=False,
        **options,
    )  # fmt: skip


@pytest.mark.parametrize("replacement", ["zero", "mean"])
@pytest.mark.parametrize("kind", KINDS)
def test_values_are_those_of_all_orders(kind, replacement):
    case = make(kind, (3,), "tanh", n=30)
    values, scores = brute(case, replacement=replacement)
    options = {"replacement": replacement, "X_ref": case.X_ref if replacement == "mean" else None}
    found = shapley(case, scoring="fidelity", **options)
    assert found.baseline_score == 0
    assert_allclose(found.empty_score, scores[frozenset(case.net.neurons)], rtol=1e-9)
    assert_allclose(found.shapley_values.sum(), -found.empty_score, rtol=1e-9)
    assert (np.abs(found.shapley_values - values) <= 6 * found.standard_errors + 1e-12).all()


def test_agreement():
    case = make("multiclass", (3,), "tanh", n=30)
    values, _ = brute(case, "agreement")
    found = shapley(case, scoring="agreement")
    assert found.baseline_score == 1
    assert (np.abs(found.shapley_values - values) <= 6 * found.standard_errors + 1e-12).all()


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_both_ways_of_walking_lead_to_the_same(kind):
    case = make(kind, (3, 2), "tanh", n=30)
    problem = AblationProblem.of(
        case.mlp, case.X, None, scoring="fidelity", replacement="mean", X_ref=case.X_ref
    )
    summed = game_for(problem)
    assert isinstance(summed, SummedGame)
    permutations = np.array([[0, 3, 1, 4, 2], [4, 3, 2, 1, 0]])
    called = CalledGame(summed.board, problem.evaluate)
    paths = called.paths(permutations, 0.0)
    assert_allclose(paths, summed.paths(permutations, 0.0), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_means_that_drown_the_samples(kind):
    """Every network on the way is then scored by itself."""
    case = make(kind, (3, 2), "relu", n=30)
    drown(case.mlp, 0, 1e8)
    problem = AblationProblem.of(
        case.mlp, case.X, None, scoring="fidelity", replacement="mean", X_ref=case.X_ref
    )
    assert isinstance(game_for(problem), CalledGame)
    values, scores = brute(case, replacement="mean")
    found = shapley(case, 100, scoring="fidelity", replacement="mean", X_ref=case.X_ref)
    assert_allclose(found.empty_score, scores[frozenset(case.net.neurons)], rtol=1e-6)
    assert (np.abs(found.shapley_values - values) <= 6 * found.standard_errors + 1e-6).all()


def test_other_scorers_need_targets():
    case = make("regression")
    with pytest.raises(ValueError, match=r"y=None: .*scoring=None\. Pass y"):
        neuron_shapley(case.mlp, case.X)
