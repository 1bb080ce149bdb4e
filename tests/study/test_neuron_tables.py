"""Tables of neurons."""

import numpy as np
from helpers.study import fake_network

from skneuron.study._neuron_tables import (
    extreme_neurons,
    layer_counts,
    layer_rows,
    neuron_rows,
    still_rotten,
)


def test_verdicts_are_counted_by_sign_and_layer():
    network = fake_network([-0.1, 0.0, 0.2, 0.0, -0.3, 0.1], [0, 0, 0, 1, 1, 1], hidden=(3, 3))
    assert layer_counts(network) == [
        {"layer": 0, "rotten": 1, "neutral": 1, "useful": 1},
        {"layer": 1, "rotten": 1, "neutral": 1, "useful": 1},
    ]
    assert layer_rows(network)[2] == ["hidden layer 1", "1", "1", "1"]


def test_extreme_neurons_are_sorted_and_of_the_right_sign():
    network = fake_network([0.1, -0.2, 0.0, 0.3, -0.4, 0.3])
    rotten, useful = extreme_neurons(network, n=3)
    assert rotten.tolist() == [4, 1]
    assert useful.tolist() == [3, 5, 0]


def test_still_rotten_counts_those_that_are_so_on_test_too():
    network = fake_network([-0.1, -0.2, 0.3])
    assert still_rotten(network) == (2, 0)
    network.test_importances = np.array([-0.1, 0.0, -1.0])
    assert still_rotten(network) == (2, 1)


def test_neuron_rows_name_address_counts_and_the_effect_on_test():
    rows = neuron_rows(fake_network([-0.1, 0.25]), np.array([1]), "title")
    assert rows == [
        ["title", "importance", "fixed", "broken", "importance on test"],
        ["hidden0_neuron1", "+25.00", "1", "2", "-25.00"],
    ]
