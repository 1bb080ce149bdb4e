"""The network that a path ends with, and what it says of the whole one."""

import numpy as np
import pytest
from helpers import oracle
from helpers.networks import (
    ACTIVATIONS,
    KINDS,
    make,
)
from helpers.pruning_paths import (
    each_replacement,
    each_strategy,
    network_left,
    path_of,
    reference,
    removed_by,
    support_left,
)
from numpy.testing import assert_allclose, assert_array_equal

from skneuron import prune_neurons
from skneuron.surgery._network import with_network
from skneuron.surgery._neurons import flat_addresses, split_by_layer

# ---- what a path says of itself


@each_replacement
@each_strategy
@pytest.mark.parametrize("kind", KINDS)
def test_the_network_that_is_left(kind, strategy, replacement):
    # As many rows as keep R2 away from 0 all the way: relative to a score there, the rounding of
    # the 1 that it is subtracted from is no small one.
    case = make(kind, (4, 3), "tanh", n=36)
    path = path_of(case, strategy, 0.05, replacement=replacement)
    sizes = (4, 3)
    layer, index = flat_addresses(sizes)
    gone = {
        *zip(layer[~support_left(path)].tolist(), index[~support_left(path)].tolist(), strict=True)
    }
    assert gone == set(removed_by(path))
    assert len(gone) == len(path.layer) == len(path.scores) - 1
    assert network_left(path).hidden_layer_sizes == tuple(
        mask.sum() for mask in split_by_layer(support_left(path), sizes)
    )
    left = with_network(case.mlp, network_left(path))
    assert_allclose(left.score(case.X, case.y), path.scores[-1], rtol=1e-12)
    assert_allclose(case.mlp.score(case.X, case.y), path.scores[0], rtol=1e-12)

    # Neuron by neuron it is what surgery makes of the same network.
    alive = [list(range(size)) for size in sizes]
    pruned = case.mlp
    X_ref = reference(case, replacement)
    for at, (layer, index) in enumerate(removed_by(path)):
        address = (layer, alive[layer].index(index))
        pruned = prune_neurons(pruned, [address], replacement=replacement, X=X_ref)
        alive[layer].remove(index)
        assert_allclose(pruned.score(case.X, case.y), path.scores[at + 1], rtol=1e-12)
    for a, b in zip(
        pruned.coefs_ + pruned.intercepts_,
        network_left(path).coefs + network_left(path).intercepts,
        strict=True,
    ):
        if replacement == "zero":
            assert_array_equal(a, b)
        else:  # Means and inverses are brought up to date on a path, not computed again.
            assert_allclose(a, b, rtol=1e-9, atol=1e-11)


@each_strategy
@pytest.mark.parametrize(
    ("hidden", "replacement"),
    [((6, 5), "zero"), ((3, 4, 3), "zero"), ((8,), "zero"), ((8,), "mean")],
)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_network_is_that_of_pruning_with_the_same_masks(
    activation, hidden, replacement, strategy
):
    case = make("multiclass", hidden, activation)
    path = path_of(case, strategy, np.inf, replacement=replacement)
    masks = split_by_layer(support_left(path), hidden)
    at_once = prune_neurons(case.mlp, masks, replacement=replacement, X=case.X_ref)
    for a, b in zip(
        at_once.coefs_ + at_once.intercepts_,
        network_left(path).coefs + network_left(path).intercepts,
        strict=True,
    ):
        assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@each_strategy
def test_the_ablation_is_that_of_the_whole_network(strategy):
    case = make("multiclass", (4, 3))
    path = path_of(case, strategy, 0.05)
    expected = oracle.ablation(case.net, case.X, case.y, case.classes)
    assert path.ablation.scores.tolist() == expected.scores
    assert path.ablation.n_fixed.tolist() == expected.n_fixed
