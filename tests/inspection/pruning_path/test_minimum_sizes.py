"""Tests of inspection._pruning_path._minimum_sizes: what ``n_neurons_to_select`` says."""

import re

import numpy as np
import pytest
from helpers.networks import deterministic, make
from helpers.pruning_paths import state_of
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skneuron import neuron_pruning_path
from skneuron.inspection._pruning_path._minimum_sizes import (
    count_of_share,
    minimum_sizes,
    smallest_sizes,
)
from skneuron.inspection._pruning_path._stopping_rule import StoppingRule

SIZES = (4, 2, 3)
EVERYWHERE = np.full(9, True)
ONLY_FIRST = np.repeat([True, False, False], SIZES)


@pytest.mark.parametrize(
    ("given", "ablated", "least", "expected"),
    [
        (None, EVERYWHERE, 3, ((3, 3, 3), 0)),
        (3, EVERYWHERE, 1, ((1, 1, 1), 3)),
        (9, EVERYWHERE, 1, ((1, 1, 1), 9)),
        (np.int64(6), EVERYWHERE, 2, ((2, 2, 2), 6)),
        (8, EVERYWHERE, 3, ((3, 3, 3), 8)),  # 3 + 2 + 3: a layer of 2 keeps 2
        (6, ONLY_FIRST, 1, ((1, 1, 1), 6)),
        (1.0, EVERYWHERE, 1, ((1, 1, 1), 9)),
        (0.5, EVERYWHERE, 1, ((1, 1, 1), 4)),
        (0.01, EVERYWHERE, 1, ((1, 1, 1), 3)),
        (0.01, EVERYWHERE, 2, ((2, 2, 2), 6)),
        (0.01, ONLY_FIRST, 1, ((1, 1, 1), 6)),
        ([2, 1, 3], EVERYWHERE, 1, ((2, 1, 3), 6)),
        ((4, 2, 3), EVERYWHERE, 1, ((4, 2, 3), 9)),
        (np.array([1, 1, 1]), EVERYWHERE, 1, ((1, 1, 1), 3)),
        ([1, 2, 3], ONLY_FIRST, 1, ((1, 2, 3), 6)),
        ([0, 0, 0], EVERYWHERE, 0, ((0, 0, 0), 0)),
    ],
)
def test_sizes(given, ablated, least, expected):
    assert minimum_sizes(given, SIZES, ablated, least) == expected


@pytest.mark.parametrize(
    ("given", "ablated", "least", "message"),
    [
        (
            2,
            EVERYWHERE,
            1,
            "must be an int from 3 to 9, the neurons that have to stay and all that",
        ),
        (10, EVERYWHERE, 1, "must be an int from 3 to 9, "),
        (5, EVERYWHERE, 2, "must be an int from 6 to 9, "),
        (5, ONLY_FIRST, 1, "must be an int from 6 to 9, "),
        (-1, EVERYWHERE, 1, "must be an int from 3 to 9, "),
        (0.0, EVERYWHERE, 1, "is neither an int nor a fraction above 0 and up to 1."),
        (1.5, EVERYWHERE, 1, "is neither an int nor a fraction above 0 and up to 1."),
        (-0.5, EVERYWHERE, 1, "is neither an int nor a fraction above 0 and up to 1."),
        ("all", EVERYWHERE, 1, "is not an int, a fraction or a list with one int a layer."),
        ([], EVERYWHERE, 1, "is not an int, a fraction or a list with one int a layer."),
        ([1, 1.0, 1], EVERYWHERE, 1, "is not an int, a fraction or a list with one int a"),
        ([True] * 3, EVERYWHERE, 1, "is not an int, a fraction or a list with one int a layer."),
        (np.nan, EVERYWHERE, 1, "is not an int, a fraction or a list with one int a layer."),
        (True, EVERYWHERE, 1, "is not an int, a fraction or a list with one int a layer."),
        (1j, EVERYWHERE, 1, "is not an int, a fraction or a list with one int a layer."),
        ([1, 1], EVERYWHERE, 1, "has 2 entries, but the network has 3 hidden layers."),
        ([1, 1, 1, 1], EVERYWHERE, 1, "has 4 entries, but the network has 3 hidden layers."),
    ],
)
def test_sizes_that_there_are_not(given, ablated, least, message):
    with pytest.raises(ValueError, match=re.escape(f"n_neurons_to_select={given!r} {message}")):
        minimum_sizes(given, SIZES, ablated, least)


@pytest.mark.parametrize(
    ("given", "ablated", "least", "layer", "lowest"),
    [
        ([0, 1, 1], EVERYWHERE, 1, 0, 1),
        ([2, 3, 1], EVERYWHERE, 1, 1, 1),
        ([2, 1, 2], EVERYWHERE, 2, 1, 2),
        ([2, 2, 2], ONLY_FIRST, 1, 2, 3),
    ],
)
def test_layers_that_cannot_have_a_size_are_named(given, ablated, least, layer, lowest):
    size, count = SIZES[layer], given[layer]
    message = (
        f"k={given!r}: hidden layer {layer} has {size} neurons, of which at least {lowest} have "
        f"to stay; {count} cannot."
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        minimum_sizes(given, SIZES, ablated, least, name="k")


@deterministic(max_examples=60)
@given(
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    share=st.floats(0.001, 1),
    least=st.integers(1, 4),
    seed=st.integers(0, 1000),
)
def test_a_share_is_always_a_size_that_can_be_had(sizes, share, least, seed):
    ablated = np.random.default_rng(seed).random(sum(sizes)) < 0.7
    _, n_neurons = minimum_sizes(share, tuple(sizes), ablated, least)
    assert minimum_sizes(n_neurons, tuple(sizes), ablated, least)[1] == n_neurons
    network = state_of(tuple(sizes))
    fits = StoppingRule(least, n_neurons).select_removable(network, np.flatnonzero(ablated))
    assert sum(sizes) - len(fits) == n_neurons
    assert_array_equal(np.unique(fits), np.sort(fits))


# ---- shares


def test_hundredths_of_a_hundred_are_whole_numbers():
    assert int(0.29 * 100) == 28  # the product rounds
    assert [count_of_share(n / 100, 100) for n in range(1, 101)] == list(range(1, 101))
    assert count_of_share(0.07, 300) == 21
    assert count_of_share(1 / 3, 300) == 100
    assert count_of_share(0.999, 100) == 99
    below = np.nextafter(0.17, 0)
    assert below * 100 == 17  # this product as well
    assert count_of_share(below, 100) == 16
    assert count_of_share(5e-324, 100) == 0


@deterministic(max_examples=200)
@given(share=st.floats(0, 1, exclude_min=True), n_all=st.integers(1, 500))
def test_a_share_is_never_more_than_asked_for(share, n_all):
    assert count_of_share(share, n_all) == max(n for n in range(n_all + 1) if n / n_all <= share)


@deterministic(max_examples=100)
@given(n_all=st.integers(1, 3000), data=st.data())
def test_every_number_is_its_own_share(n_all, data):
    count = data.draw(st.integers(1, n_all))
    assert count_of_share(count / n_all, n_all) == count


def test_the_same_share_is_the_same_number_everywhere():
    case = make("multiclass", (60, 40), n=20)
    path = neuron_pruning_path(case.mlp, case.X, case.y, strategy="one_shot")
    assert path.prune_to(0.29).n_layers_ == 4
    assert sum(b.size for b in path.prune_to(0.29).intercepts_[:-1]) == 29
    assert minimum_sizes(0.29, (60, 40), np.full(100, True), 1) == ((1, 1), 29)
    assert StoppingRule(step=0.29).n_per_step(100) == 29
    assert StoppingRule(step=0.001).n_per_step(100) == 1


def test_smallest_sizes():
    assert smallest_sizes(SIZES, EVERYWHERE, 1).tolist() == [1, 1, 1]
    assert smallest_sizes(SIZES, EVERYWHERE, 3).tolist() == [3, 2, 3]
    assert smallest_sizes(SIZES, ONLY_FIRST, 1).tolist() == [1, 2, 3]
    assert smallest_sizes(SIZES, EVERYWHERE, (2, 1, 9)).tolist() == [2, 1, 3]
