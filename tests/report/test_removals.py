"""Networks that lost all rotten neurons at once, or as many at random."""

import numpy as np
from helpers.networks import make

from skneuron import NeuronAblation
from skneuron.report._removals import N_DRAWS, random_removals, rotten_together
from skneuron.surgery import Network

NETWORK = Network.from_mlp(make("binary", (4, 3), n_features=5).mlp)


def effects(importances, layer=(0, 0, 0, 0, 1, 1, 1), index=(0, 1, 2, 3, 0, 1, 2)):
    return NeuronAblation(
        layer=np.array(layer), index=np.array(index), importances=np.array(importances)
    )


def test_rotten_neurons_go():
    smaller, n = rotten_together(NETWORK, effects([-1.0, 1, 0, -0.1, 1, -1, 0]))
    assert n == 3
    assert smaller.hidden_layer_sizes == (2, 2)
    assert np.array_equal(smaller.intercepts[0], NETWORK.intercepts[0][[1, 2]])


def test_of_a_layer_that_is_all_rotten_the_least_rotten_stays():
    smaller, n = rotten_together(NETWORK, effects([1.0, 1, 1, 1, -3, -1, -2]))
    assert n == 2
    assert np.array_equal(smaller.intercepts[1], NETWORK.intercepts[1][[1]])


def test_layers_that_were_not_ablated_stay():
    smaller, n = rotten_together(NETWORK, effects([-1.0, 1, -1], (1, 1, 1), (0, 1, 2)))
    assert (n, smaller.hidden_layer_sizes) == (2, (4, 1))


def test_nothing_rotten():
    assert rotten_together(NETWORK, effects(np.array([0.0, 1, 1, 1, 1, 1, np.nan]))) is None


def test_random_removals_take_as_many_from_each_layer():
    removed = np.array([True, False, True, False, False, True, False])
    networks = random_removals(NETWORK, removed)
    assert {network.hidden_layer_sizes for network in networks} == {(2, 2)}
    assert len(networks) == N_DRAWS
    again = random_removals(NETWORK, removed)
    for one, other in zip(networks, again, strict=True):
        assert np.array_equal(one.coefs[0], other.coefs[0])
    assert len({network.intercepts[0].tobytes() for network in networks}) > 1
