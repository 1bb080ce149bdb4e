"""Tests of inspection._pruning_path._network_size: how large a network is."""

import numpy as np
import pytest
from helpers.networks import KINDS, make

from skneuron.inspection._pruning_path._network_size import (
    SIZES,
    NetworkShape,
    hidden_sizes,
    hidden_sizes_along,
)


@pytest.mark.parametrize("hidden", [(4,), (5, 3), (2, 6, 3)])
@pytest.mark.parametrize("kind", KINDS)
def test_sizes_are_those_of_the_arrays(kind, hidden):
    mlp = make(kind, hidden).mlp
    shape, parts = NetworkShape.of(mlp), [*mlp.coefs_, *mlp.intercepts_]
    assert hidden_sizes(mlp) == hidden
    assert shape.n_parameters(hidden) == sum(part.size for part in parts)
    assert shape.n_multiplications(hidden) == sum(c.size for c in mlp.coefs_)
    (n_neurons,), (n_parameters,), (n_bytes,), (n_multiplications,) = shape.sizes(
        np.array([hidden])
    ).values()
    assert n_neurons == sum(hidden)
    assert n_parameters == shape.n_parameters(hidden)
    assert n_bytes == sum(part.nbytes for part in parts)
    assert n_multiplications == shape.n_multiplications(hidden)


def test_several_networks_at_once():
    shape = NetworkShape(7, 2, 4)
    hidden = np.array([[3, 4], [1, 1], [5, 2]])
    found = shape.sizes(hidden)
    assert tuple(found) == SIZES
    assert found["n_parameters"].tolist() == [shape.n_parameters(sizes) for sizes in hidden]
    assert found["bytes"].tolist() == [4 * n for n in found["n_parameters"]]
    assert found["n_neurons"].tolist() == [7, 2, 7]


def test_large_networks_do_not_overflow():
    shape = NetworkShape(100_000, 1_000, 8)
    assert shape.n_multiplications(np.array([100_000], dtype=np.int32)) == 10_100_000_000


def test_sizes_along_a_path():
    layer = np.array([1, 0, 1, 1])
    expected = [[3, 4], [3, 3], [2, 3], [2, 2], [2, 1]]
    assert hidden_sizes_along((3, 4), layer).tolist() == expected
    assert hidden_sizes_along((3, 4), layer[:0]).tolist() == [[3, 4]]


def test_limits_as_parameters():
    shape = NetworkShape(7, 2, 8)
    assert shape.parameters_within(12, None) == 12
    assert shape.parameters_within(None, 96) == shape.parameters_within(None, 103) == 12
    with pytest.raises(TypeError, match="neither max_parameters nor max_bytes"):
        shape.parameters_within(None, None)


def test_errors_say_how_small_it_gets():
    shape, smallest = NetworkShape(7, 2, 8), np.array([1, 1])
    start = "the smallest network, with hidden layers of (1, 1), has "
    assert shape.too_small(smallest, 3, None) == f"max_parameters=3: {start}14 parameters."
    assert shape.too_small(smallest, None, 3) == f"max_bytes=3: {start}112 bytes."
