"""`NeuronCriteria`: several criteria at once, and whose they are."""

import copy

import numpy as np
from helpers.networks import make

from skneuron import neuron_criterion

CASE = make("strings", (5, 4), n=90)
NAMES = [f"hidden0_neuron{i}" for i in range(5)] + [f"hidden1_neuron{i}" for i in range(4)]


def criteria():
    return neuron_criterion(CASE.mlp, CASE.X, CASE.y, criterion=["taylor2", "l1_product"])


def test_it_is_a_dict_of_the_criteria_alone():
    found = criteria()
    assert isinstance(found, dict)
    assert found.taylor2 is found["taylor2"]
    assert sorted(dir(found)) == dir(found)
    alone = neuron_criterion(CASE.mlp, CASE.X, CASE.y, criterion="taylor2")
    np.testing.assert_array_equal(found["taylor2"], alone)
    assert copy.deepcopy(found).to_frame().equals(found.to_frame())


def test_criteria():
    found = criteria()
    assert list(found) == ["taylor2", "l1_product"]
    assert found.to_frame()["taylor2"].tolist() == found["taylor2"].tolist()
    last = neuron_criterion(CASE.mlp, criterion=["l1_product"], layers=-1)
    assert last.to_frame()["name"].tolist() == NAMES[5:]
    assert repr(last) == "NeuronCriteria(n_neurons=4, criteria=['l1_product'])"
    # A column of one's own comes out again.
    last["size"] = np.arange(4)
    assert list(last.to_frame()) == ["layer", "index", "name", "l1_product", "size"]


def test_criteria_whose_addresses_have_not_been_saved():
    found = criteria()
    vars(found).clear()
    assert list(found.to_frame()) == ["taylor2", "l1_product"]
    assert "n_neurons=9" in repr(found)
