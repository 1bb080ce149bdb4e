"""What benchmarks compare with does what its papers say."""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(scope="module")
def rivals():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        import rival_pruners

        yield rival_pruners
        del sys.modules["rival_pruners"]


def relu_outputs(layers, X):
    a = X
    for W, b in layers[:-1]:
        a = np.maximum(a @ W + b, 0)
    W, b = layers[-1]
    return a @ W + b


def random_layers(rng, *sizes):
    pairs = pairwise(sizes)
    return [(rng.normal(size=(m, n)), rng.normal(size=n)) for m, n in pairs]


def with_multiples(rng, layers, layer, n_kept):
    """Neurons from ``n_kept`` on become smaller multiples of those before, and which of whom."""
    W, b = (part.copy() for part in layers[layer])
    origin = rng.integers(n_kept, size=len(b) - n_kept)
    factors = rng.uniform(0.01, 0.05, size=len(origin))
    W[:, n_kept:], b[n_kept:] = W[:, origin] * factors, b[origin] * factors
    return [*layers[:layer], (W, b), *layers[layer + 1 :]]


@pytest.fixture
def X(rng):
    return rng.normal(size=(400, 6))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_magnitude_counts_the_bias(rivals):
    W = np.array([[1.0, -3.0, 0.0], [1.0, 0.0, 1.0]])
    b = np.array([0.5, 0.0, -4.0])
    assert_array_equal(rivals.largest(W, b, 2), [1, 2])
    masks = rivals.magnitude_masks([(W, b), (np.eye(3), np.zeros(3))], [1])
    assert_array_equal(masks, [[False, False, True]])


def test_merging_loses_nothing_where_neurons_are_multiples(rivals, rng, X):
    layers = random_layers(rng, 6, 9, 7, 3)
    layers = with_multiples(rng, with_multiples(rng, layers, 0, 5), 1, 4)
    smaller = rivals.neuron_merging(layers, (5, 4))
    assert [W.shape for W, _ in smaller] == [(6, 5), (5, 4), (4, 3)]
    assert_allclose(relu_outputs(smaller, X), relu_outputs(layers, X), rtol=1e-10)


def test_merging_leaves_out_neurons_like_no_other(rivals):
    W = np.array([[3.0, 0.0, 0.5, -0.1], [0.0, 2.0, 0.1, 0.0]])
    b = np.array([0.0, 0.0, 0.2, 0.3])
    shares = rivals.shares_of_merged(W, b, np.array([0, 1]))
    expected = np.zeros((2, 4))
    expected[:, :2] = np.eye(2)
    expected[0, 2] = np.sqrt(0.3) / 3  # cosine 0.5 / sqrt(0.3) = 0.91
    assert_allclose(shares, expected)
    everything = rivals.shares_of_merged(W, b, np.array([0, 1]), threshold=-1.0)
    assert_allclose(everything[1, 3], np.sqrt(0.1) / 2)
    nothing = rivals.shares_of_merged(W, b, np.array([0, 1]), threshold=0.95)
    assert not nothing[:, 2:].any()


def test_merging_survives_neurons_without_weights(rivals):
    shares = rivals.shares_of_merged(np.zeros((2, 3)), np.array([1.0, 0.0, 2.0]), np.array([0, 1]))
    assert_array_equal(shares, [[1, 0, 2], [0, 1, 0]])


def test_merging_ranks_later_layers_by_what_they_were(rivals, rng, X):
    """As the authors do: what is merged before a layer changes neither its norms nor cosines."""
    layers = random_layers(rng, 6, 8, 7, 3)
    W, b = layers[1]
    smaller = rivals.neuron_merging(layers, (4, 3))
    assert_array_equal(smaller[1][1], b[rivals.largest(W, b, 3)])


@pytest.mark.parametrize("name", ["interpolative_decomposition", "least_squares"])
def test_nothing_is_lost_where_neurons_are_combinations(rivals, rng, X, name):
    layers = with_multiples(rng, with_multiples(rng, random_layers(rng, 6, 9, 7, 3), 0, 5), 1, 4)
    if name == "least_squares":
        masks = [np.arange(9) < 5, np.arange(7) < 4]
        smaller = rivals.least_squares(layers, masks, X)
    else:
        smaller = rivals.interpolative_decomposition(layers, (5, 4), X)
    assert [W.shape for W, _ in smaller] == [(6, 5), (5, 4), (4, 3)]
    new = rng.normal(size=(50, 6))
    assert_allclose(relu_outputs(smaller, new), relu_outputs(layers, new), atol=1e-4)


def test_interpolative_decomposition_is_that_of_the_activations(rivals, rng, X):
    """Pivots by the largest residual, one after the other; the others by least squares."""
    (W, b), last = random_layers(rng, 6, 9, 3)
    A = np.maximum(X @ W + b, 0)
    residual, kept = A.copy(), []
    for _ in range(4):
        kept.append(int(np.argmax((residual**2).sum(axis=0))))
        residual = A - A[:, kept] @ np.linalg.lstsq(A[:, kept], A, rcond=None)[0]
    [(W_small, b_small), (W_last, b_last)] = rivals.interpolative_decomposition(
        [(W, b), last], (4,), X
    )
    assert_array_equal(W_small, W[:, kept])
    assert_array_equal(b_small, b[kept])
    assert_allclose(W_last, np.linalg.lstsq(A[:, kept], A, rcond=None)[0] @ last[0])
    assert_array_equal(b_last, last[1])


def test_interpolative_decomposition_of_fewer_independent_neurons_than_stay(rivals, rng, X):
    (W, b), last = random_layers(rng, 6, 9, 3)
    b[2:] = -100  # never active
    smaller = rivals.interpolative_decomposition([(W, b), last], (5,), X)
    assert_allclose(relu_outputs(smaller, X), relu_outputs([(W, b), last], X))


def test_least_squares_are_of_the_pruned_network_and_the_whole_one(rivals, rng, X):
    layers = random_layers(rng, 6, 9, 7, 3)
    masks = [np.arange(9) % 2 == 0, np.arange(7) < 4]
    smaller = rivals.least_squares(layers, masks, X)
    a, dense = X, X
    for layer, kept in enumerate([*masks, np.ones(3, dtype=bool)]):
        W, b = smaller[layer]
        before = dense @ layers[layer][0] + layers[layer][1]
        if layer:
            residual = a @ W + b - before[:, kept]
            assert_allclose(residual.mean(axis=0), 0, atol=1e-6)
            assert_allclose(a.T @ residual / len(X), 0, atol=1e-5)
        else:
            assert_array_equal(W, layers[0][0][:, kept])
        a, dense = np.maximum(a @ W + b, 0), np.maximum(before, 0)


def test_least_squares_survive_dead_neurons(rivals, rng, X):
    layers = random_layers(rng, 6, 9, 3)
    layers[0][1][:4] = -100
    smaller = rivals.least_squares(layers, [np.arange(9) < 6], X)
    assert all(np.isfinite(part).all() for pair in smaller for part in pair)
    dead = rivals.least_squares(layers, [np.arange(9) < 4], X)
    assert_allclose(dead[1][0], 0)
    assert_allclose(dead[1][1], relu_outputs(layers, X).mean(axis=0))
