"""The objective and its gradient: against brute force and finite differences, for every kind."""

from dataclasses import replace

import numpy as np
import pytest
from helpers import refits
from helpers.networks import ACTIVATIONS, KINDS
from scipy import sparse

from skneuron.surgery._refit._objective import (
    as_vector,
    divergence_and_gradient,
    layer_inputs,
    mean_divergence,
    root_mean_squares,
)

WEIGHTS = {"all the same": None, "weighted": np.random.default_rng(5).uniform(0, 3, 200)}
weighted = pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("kind", KINDS)
@weighted
def test_the_value_is_that_of_scikit_learns_predictions(kind, activation, weights):
    full, pruned, X = refits.pair(kind, activation=activation)
    whole, smaller = refits.networks(full, pruned)
    expected = refits.mean_divergence(full, pruned, X, weights)
    samples = refits.stage_samples(whole, X, weights)
    assert mean_divergence(smaller, samples) == pytest.approx(expected, rel=1e-9)
    assert divergence_and_gradient(smaller, samples)[0] == pytest.approx(expected, rel=1e-9)


def with_change(network, layer, name, at, step):
    arrays = [array.copy() for array in getattr(network, name)]
    arrays[layer][at] += step
    return replace(network, **{name: tuple(arrays)})


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("kind", KINDS)
@weighted
def test_the_gradient_is_that_of_finite_differences(kind, activation, weights):
    full, pruned, X = refits.pair(kind, (4, 2), activation)
    whole, smaller = refits.networks(full, pruned)
    samples = refits.stage_samples(whole, X, weights)
    _, *gradients = divergence_and_gradient(smaller, samples)
    step = 1e-6
    for name, found in zip(("coefs", "intercepts"), gradients, strict=True):
        for layer, array in enumerate(found):
            for at in np.ndindex(array.shape):
                up, down = (
                    mean_divergence(with_change(smaller, layer, name, at, s), samples)
                    for s in (step, -step)
                )
                expected = (up - down) / (2 * step)
                # A relu that turns within the step makes a small error.
                np.testing.assert_allclose(array[at], expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_float32_is_as_close_as_its_digits(kind):
    full, pruned, X = refits.pair(kind, dtype=np.float32)
    exact = refits.mean_divergence(full, pruned, X.astype(np.float64))
    whole, smaller = refits.networks(full, pruned)
    samples = refits.stage_samples(whole.in_dtype("f4"), X)
    value, by_weights, by_biases = divergence_and_gradient(smaller.in_dtype("f4"), samples)
    assert value == pytest.approx(exact, rel=1e-4, abs=1e-5)
    assert {part.dtype for part in (*by_weights, *by_biases)} == {np.dtype(np.float64)}


def test_sparse_samples_are_the_dense_ones():
    full, pruned, X = refits.pair()
    X[np.abs(X) < 0.5] = 0
    whole, smaller = refits.networks(full, pruned)
    dense, thin = (
        divergence_and_gradient(smaller, refits.stage_samples(whole, rows, n_kept=0))
        for rows in (X, sparse.csr_matrix(X))
    )
    assert dense[0] == pytest.approx(thin[0])
    for a, b in zip((*dense[1], *dense[2]), (*thin[1], *thin[2]), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_layers_get_what_scikit_learn_gives_them(activation):
    full, _, X = refits.pair("regression", (6, 5), activation)
    *_, outputs = layer_inputs(refits.networks(full, full)[0], X)
    np.testing.assert_allclose(outputs[:, 0], full.predict(X))
    first = replace(
        refits.networks(full, full)[0], coefs=(full.coefs_[0],), intercepts=(full.intercepts_[0],)
    )
    raw, activated = (layer_inputs(first, X, activate_last=on)[-1] for on in (False, True))
    functions = {
        "identity": lambda z: z,
        "relu": lambda z: np.maximum(z, 0),
        "tanh": np.tanh,
        "logistic": lambda z: 1 / (1 + np.exp(-z)),
    }
    np.testing.assert_allclose(raw, X @ full.coefs_[0] + full.intercepts_[0])
    np.testing.assert_allclose(activated, functions[activation](raw))


def test_samples_are_not_written_to():
    full, pruned, X = refits.pair(activation="identity")
    before = X.copy()
    whole, smaller = refits.networks(full, pruned)
    samples = refits.stage_samples(whole, X)
    first = divergence_and_gradient(smaller, samples)[0]
    assert divergence_and_gradient(smaller, samples)[0] == first
    np.testing.assert_array_equal(X, before)


@weighted
def test_root_mean_squares(weights):
    full, pruned, X = refits.pair()
    whole, smaller = refits.networks(full, pruned)
    found = root_mean_squares(smaller, refits.stage_samples(whole, X, weights))
    for rms, values in zip(found, layer_inputs(smaller, X)[:-1], strict=True):
        expected = np.sqrt(np.average(values**2, axis=0, weights=weights))
        np.testing.assert_allclose(rms, expected)


def test_vectors_are_in_double_precision():
    parts = [np.arange(6, dtype=np.float32).reshape(2, 3), np.array([9.0], np.float32)]
    vector = as_vector(parts)
    assert vector.dtype == np.float64
    assert vector.tolist() == [0, 1, 2, 3, 4, 5, 9]
