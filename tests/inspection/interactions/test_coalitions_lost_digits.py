"""Tests of inspection._interactions._coalitions where one neuron drowns the others."""

from copy import deepcopy
from itertools import permutations

import numpy as np
import pytest
from helpers.coalitions import game_of
from helpers.drowning import (
    DTYPES,
    FACTORS,
    INDEX,
    drown,
    drowned_case,
    is_settled,
    losses_of,
    without,
)
from helpers.networks import make
from numpy.testing import assert_allclose

from skneuron import neuron_shapley
from skneuron.inspection._interactions import _coalitions
from skneuron.surgery import Network, layer_replacements

pytestmark = pytest.mark.usefixtures("compiled")

PLACES = [((4,), 0), ((3, 3), 0), ((3, 3), 1)]


def coalition(case, gone, replacement):
    """The network with constants in place of neurons, added to biases by hand."""
    mlp, net = deepcopy(case.mlp), Network.from_mlp(case.mlp)
    constants = layer_replacements(net, replacement, None if replacement == "zero" else case.X_ref)
    for layer in range(len(net.hidden_layer_sizes)):
        here = [index for own, index in gone if own == layer]
        W = mlp.coefs_[layer + 1].astype(np.longdouble)
        bias = mlp.intercepts_[layer + 1] + constants[layer].means[here] @ W[here]
        mlp.intercepts_[layer + 1] = bias.astype(mlp.intercepts_[layer + 1].dtype)
        mlp.coefs_[layer + 1][here] = 0
    return mlp


def paths_of(case, scoring, replacement):
    game = game_of(case, scoring, replacement=replacement)
    neurons, rng = case.net.neurons, np.random.default_rng(0)
    orders = np.array([rng.permutation(len(neurons)) for _ in range(4)])
    for order, path in zip(orders, game.paths(orders, 0.0), strict=True):
        for n_gone, score in enumerate(path):
            gone = [neurons[at] for at in order[:n_gone]]
            yield coalition(case, gone, replacement), score


@pytest.mark.parametrize("replacement", ["zero", "mean"])
@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_every_step_is_the_score_of_its_network(kind, dtype, factor, replacement):
    for hidden, layer in PLACES:
        case = drowned_case(kind, hidden, layer, factor, dtype, n=120)
        for mlp, score in paths_of(case, "accuracy", replacement):
            settled = is_settled(mlp, case.X)
            right = mlp.predict(case.X) == case.y
            assert right[settled].sum() <= round(score * len(case.X))
            assert round(score * len(case.X)) <= right[settled].sum() + np.sum(~settled)
        for mlp, score in paths_of(case, "neg_log_loss", replacement):
            loss, rounding = (float(each.mean()) for each in losses_of(mlp, case.X, case.y))
            assert_allclose(-score, loss, rtol=1e-12, atol=rounding)


@pytest.mark.parametrize("replacement", ["zero", "mean"])
@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_step_of_regressors(dtype, factor, replacement):
    for hidden, layer in PLACES:
        case = drowned_case("regression", hidden, layer, factor, dtype, n=120)
        for mlp, score in paths_of(case, "neg_mean_squared_error", replacement):
            loss, rounding = (float(each.mean()) for each in losses_of(mlp, case.X, case.y))
            assert_allclose(-score, loss, rtol=1e-9, atol=rounding)


@pytest.mark.parametrize("replacement", ["zero", "mean"])
@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_shapley_values_of_all_orders(dtype, factor, replacement):
    case = drowned_case("multiclass", (4,), 0, factor, dtype, n=120)
    sets = {}
    for mask in range(16):
        gone = [(0, at) for at in range(4) if mask >> at & 1]
        sets[mask] = coalition(case, gone, replacement)
    settled = np.all([is_settled(mlp, case.X) for mlp in sets.values()], axis=0)
    case.X, case.y = case.X[settled], case.y[settled]
    assert len(case.X) > 60
    score = {mask: mlp.score(case.X, case.y) for mask, mlp in sets.items()}
    expected = np.zeros(4)
    for order in permutations(range(4)):
        mask = 0
        for at in order:
            expected[at] += (score[mask] - score[mask | 1 << at]) / 24
            mask |= 1 << at
    game = game_of(case, "accuracy", replacement=replacement)
    orders = np.array(list(permutations(range(4))))
    found = _coalitions.marginals(game.paths(orders, 0.0), orders, game.empty_score)
    assert_allclose(found.mean(axis=0), expected, atol=1e-12)
    result = neuron_shapley(
        case.mlp, case.X, case.y, replacement=replacement, X_ref=case.X_ref, random_state=0
    )
    assert_allclose(result.shapley_values.sum(), score[0] - score[15], atol=1e-12)


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss"])
@pytest.mark.parametrize(("hidden", "layer"), PLACES)
def test_only_means_that_drown_the_rest_cost_a_network_for_each_step(hidden, layer, scoring):
    for factor, drowns in [(1, False), (1e8, True)]:
        case = drowned_case("multiclass", hidden, layer, factor, np.float32)
        game = game_of(case, scoring, replacement="mean")
        assert isinstance(game, _coalitions.CalledGame) == drowns
        assert isinstance(game_of(case, scoring), _coalitions.SummedGame)


def test_outputs_that_overflow():
    case = make("multiclass", (4,), "relu", n=100, dtype=np.float32)
    case.X *= 30
    drown(case.mlp, 0, 3e37)
    case.y = without(case, [(0, INDEX)]).predict(case.X)
    with pytest.raises(ValueError, match="computes numbers that are infinite or NaN"):
        neuron_shapley(case.mlp, case.X, case.y, random_state=0)
