"""Tests of inspection._pruning_path._path where one neuron drowns the others."""

import numpy as np
import pytest
from helpers.drowning import (
    DTYPES,
    FACTORS,
    INDEX,
    drown,
    drowned_case,
    half_right,
    losses_of,
    options_of,
    without,
)
from helpers.networks import make
from numpy.testing import assert_allclose

from skneuron import RottenNeuronPruner, neuron_pruning_path

pytestmark = pytest.mark.usefixtures("compiled")

each_factor = pytest.mark.parametrize("factor", FACTORS)
each_dtype = pytest.mark.parametrize("dtype", DTYPES)


def best_scores(case, removed, replacement):
    """The best score that is left after the removal of one neuron more, and how it is reached."""
    found = {}
    for layer, index in case.net.neurons:
        here = [own for own, _ in removed].count(layer)
        if (layer, index) not in removed and here < case.net.sizes[layer] - 1:
            smaller = without(case, [*removed, (layer, index)], replacement)
            found[layer, index] = smaller.score(case.X, case.y)
    best = max(found.values())
    return best, [neuron for neuron, score in found.items() if score == best]


@pytest.mark.parametrize(
    ("hidden", "layer", "replacement"),
    [((5,), 0, "zero"), ((5,), 0, "mean"), ((3, 2), 0, "zero"), ((2, 3), 1, "zero")],
)
@each_factor
@each_dtype
def test_greedy_choices_are_those_of_brute_force(dtype, factor, hidden, layer, replacement):
    n_removed = sum(hidden) - len(hidden)
    case = drowned_case(
        "multiclass", hidden, layer, factor, dtype, replacement=replacement, n=200,
        n_removed=n_removed,
    )  # fmt: skip
    path = neuron_pruning_path(
        case.mlp, case.X, case.y, threshold=np.inf, **options_of(case, replacement)
    )
    order = list(zip(path.layer.tolist(), path.index.tolist(), strict=True))
    assert len(order) == n_removed
    for at, neuron in enumerate(order):
        best, neurons = best_scores(case, order[:at], replacement)
        assert neuron in neurons
        assert_allclose(path.scores[at + 1], best)


@pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])
@each_factor
@each_dtype
def test_scores_are_those_of_the_networks(dtype, factor, replacement):
    for hidden, layer in [((5,), 0), ((2, 3), 1)]:
        case = drowned_case(
            "multiclass", hidden, layer, factor, dtype, replacement=replacement, n=150,
            n_removed=sum(hidden) - len(hidden),
        )  # fmt: skip
        for strategy in ("greedy", "one_shot", "swap"):
            path = neuron_pruning_path(
                case.mlp, case.X, case.y, threshold=np.inf, strategy=strategy,
                **options_of(case, replacement),
            )  # fmt: skip
            expected = [path.prune_to(int(n)).score(case.X, case.y) for n in path.n_neurons]
            assert_allclose(path.scores, expected)


@each_factor
@each_dtype
def test_regression(dtype, factor):
    case = drowned_case("regression", (5,), 0, factor, dtype)
    path = neuron_pruning_path(case.mlp, case.X, case.y, threshold=np.inf)
    assert (path.layer[0], path.index[0]) == (0, INDEX)
    variance = np.var(case.y)
    for n, score in zip(path.n_neurons, path.scores, strict=True):
        squares, rounding = losses_of(path.prune_to(int(n)), case.X, case.y)
        assert_allclose(
            1 - score, float(squares.mean() / variance),
            rtol=1e-9, atol=float(rounding.mean() / variance),
        )  # fmt: skip


@each_factor
@each_dtype
def test_prefit_pruner_removes_the_neuron_that_drowns_the_others(dtype, factor):
    case = drowned_case("multiclass", (5, 4), 0, factor, dtype)
    pruner = RottenNeuronPruner(case.mlp, cv="prefit", threshold=0.0).fit(case.X, case.y)
    assert not pruner.support_[INDEX]
    smaller = pruner.estimator_
    assert smaller.score(case.X, case.y) >= without(case, [(0, INDEX)]).score(case.X, case.y)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize(("hidden", "layer"), [((5,), 0), ((4, 3), 1)])
def test_outputs_that_overflow(kind, hidden, layer):
    case = make(kind, hidden, "relu", n=150, dtype=np.float32)
    case.X *= 30
    drown(case.mlp, layer, 3e37)
    case.y = half_right(without(case, [(layer, INDEX)]), case, 0)
    path = neuron_pruning_path(case.mlp, case.X, case.y)
    assert (path.layer[0], path.index[0]) == (layer, INDEX)
    for n, score in zip(path.n_neurons, path.scores, strict=True):
        with np.errstate(all="ignore"):
            assert score == pytest.approx(path.prune_to(int(n)).score(case.X, case.y))
