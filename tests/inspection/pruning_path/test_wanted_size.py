"""Tests of inspection._pruning_path._wanted_size: which network on a path is asked for."""

import re

import numpy as np
import pytest
from helpers.networks import make
from helpers.pruning_paths import public_path_of as path_of
from helpers.pruning_paths import sizes_of

from skneuron.inspection._pruning_path._wanted_size import size_of_path


@pytest.fixture(scope="module")
def path():
    return path_of(make("multiclass", (5, 4)), step=2)


def n_parameters(mlp):
    return sum(part.size for part in (*mlp.coefs_, *mlp.intercepts_))


@pytest.mark.parametrize(
    ("n_neurons", "expected"),
    [(9, 9), (2, 2), (np.int64(4), 4), (1.0, 9), (0.5, 4), (0.01, 2), (5 / 9, 5), ([2, 3], None)],
)
def test_numbers_and_shares(path, n_neurons, expected):
    assert size_of_path(path, n_neurons) == expected


def test_the_largest_network_within_a_limit(path):
    networks = [path.prune_to(n) for n in range(9, 1, -1)]  # also those within a step
    for limit in range(n_parameters(networks[-1]), n_parameters(networks[0]) + 5):
        found = path.prune_to(max_parameters=limit)
        best = max(
            (mlp for mlp in networks if n_parameters(mlp) <= limit),
            key=lambda mlp: sum(sizes_of(mlp)),
        )
        assert sizes_of(found) == sizes_of(best)
        assert size_of_path(path, None, max_bytes=8 * limit + 7) == sum(sizes_of(best))
    assert sizes_of(path.prune_to(max_bytes=10**9)) == [5, 4]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "n_neurons=None is not an int, a fraction or a list of ints."),
        ({"n_neurons": 10}, "n_neurons=10 must be an int from 2 to 9, the sizes of the networks"),
        ({"n_neurons": 1.5}, "n_neurons=1.5 is not above 0 and up to 1."),
        (
            {"n_neurons": 3, "max_bytes": 99},
            "n_neurons=3 and max_bytes=99 say where to stop: give one of them.",
        ),
        (
            {"max_parameters": 30, "max_bytes": 99},
            "max_parameters=30 and max_bytes=99 say where to stop: give one of them.",
        ),
        (
            {"max_parameters": 13},
            "max_parameters=13: the smallest network on the path has 14, with 2 hidden neurons.",
        ),
        ({"max_bytes": 111}, "max_bytes=111: the smallest network on the path has 112, with 2"),
        ({"max_bytes": 0.5}, "max_bytes=0.5 must be an int of at least 1"),
    ],
)
def test_errors(path, given, message):
    assert n_parameters(path.prune_to(2)) == 14
    for use in (
        path.prune_to,
        lambda **given: size_of_path(path, given.pop("n_neurons", None), **given),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            use(**given)
