"""Tests of skneuron.kernels.forward against the oracle, on plain arrays."""

from itertools import pairwise

import numba
import numpy as np
import pytest
from helpers import oracle
from helpers.networks import ACTIVATIONS
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.kernels import forward
from skneuron.kernels._jit import Twins
from skneuron.kernels.product import padded_width
from skneuron.utils import _threads

needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: the sums are in BLAS's order"
)
SERIAL = Twins(forward.layer_activations.serial, forward.layer_activations.serial)
DEPTHS = [(5,), (4, 3), (3, 1, 4), (2, 3, 2, 3)]
TOLERANCE = {np.float32: {"rtol": 1e-5, "atol": 1e-6}, np.float64: {"rtol": 1e-12, "atol": 1e-13}}


def random_network(hidden, activation, dtype, n_features=6, n_outputs=2):
    """An oracle network, and the same as a kernel's ``parameters, sizes, activation``."""
    rng = np.random.default_rng(len(hidden))
    sizes = np.array([n_features, *hidden, n_outputs])
    coefs = [rng.normal(size=shape).astype(dtype) for shape in pairwise(sizes)]
    intercepts = [rng.normal(size=size).astype(dtype) for size in sizes[1:]]
    flat = [a.ravel() for pair in zip(coefs, intercepts, strict=True) for a in pair]
    code = ["identity", "logistic", "tanh", "relu"].index(activation)
    net = oracle.Net(coefs, intercepts, activation, "softmax")
    return net, (np.concatenate(flat), sizes, code)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("hidden", DEPTHS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_hidden_activations_match_the_oracle(activation, hidden, dtype):
    net, arguments = random_network(hidden, activation, dtype)
    X = np.random.default_rng(0).normal(size=(30, 6)).astype(dtype)
    for layer, size in enumerate(hidden):
        out = np.full((30, size), np.nan, dtype)
        _threads.run_kernel(SERIAL, X, *arguments, layer, out)
        assert_allclose(out, oracle.hidden(net, X, layer), **TOLERANCE[dtype])


@pytest.mark.parametrize(
    "n_rows", [1, forward.CHUNK_ROWS - 1, forward.CHUNK_ROWS, forward.CHUNK_ROWS + 1, 600]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_twins_have_the_same_bits_for_any_number_of_rows(dtype, n_rows):
    net, arguments = random_network((3, 5), "tanh", dtype)
    X = np.random.default_rng(1).normal(size=(n_rows, 6)).astype(dtype)
    serial, threaded = np.full((2, n_rows, 5), np.nan, dtype)
    _threads.run_kernel(SERIAL, X, *arguments, 1, serial)
    _threads.run_kernel(forward.layer_activations, X, *arguments, 1, threaded)
    assert_allclose(serial, oracle.hidden(net, X, 1), **TOLERANCE[dtype])
    assert_array_equal(threaded, serial)


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
def test_bits_do_not_depend_on_the_number_of_threads():
    _, arguments = random_network((4, 4), "logistic", np.float32)
    X = np.random.default_rng(2).normal(size=(700, 6)).astype(np.float32)
    results = []
    before = numba.get_num_threads()
    try:
        for n_threads in (1, 2):
            numba.set_num_threads(n_threads)
            results.append(np.empty((700, 4), np.float32))
            _threads.run_kernel(forward.layer_activations, X, *arguments, 1, results[-1])
    finally:
        numba.set_num_threads(before)
    assert_array_equal(*results)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activate_works_in_place_and_keeps_nan(activation, dtype):
    # Large, but not so large that exp() overflows without the compiler.
    z = np.array([[-80, -1e-3, -0.0, 0.0, 0.5, 80, np.nan]], dtype)
    expected = oracle.apply(activation, z.astype(np.float64))
    expected[0, -1] = np.nan
    forward.activate(forward.ACTIVATION_CODES[activation], z)
    assert z.dtype == dtype
    assert_allclose(z, expected, rtol=1e-6 if dtype == np.float32 else 1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations_saturate_at_the_ends_of_the_number_line(dtype):
    ends = np.array([[-np.inf, -1e5, 1e5, np.inf]], dtype)
    for code, expected in [(forward.LOGISTIC, [0, 0, 1, 1]), (forward.TANH, [-1, -1, 1, 1])]:
        z = ends.copy()
        forward.activate(code, z)
        assert z[0].tolist() == expected


def test_weights_are_views_of_the_flat_vector():
    net, (parameters, sizes, _) = random_network((4, 3), "relu", np.float64)
    for layer in range(3):
        W, b = forward.weights(parameters, sizes, layer)
        assert_array_equal(W, net.coefs[layer])
        assert_array_equal(b, net.intercepts[layer])
        assert np.shares_memory(W, parameters)
        assert np.shares_memory(b, parameters)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("first", "stop"), [(0, 1), (0, 3), (1, 3), (2, 2), (0, 0)])
def test_padded_parameters_are_filled_with_zeros(first, stop, dtype):
    net, (parameters, sizes, _) = random_network((5, 17), "relu", dtype)
    flat = forward.padded_parameters(parameters, sizes, first, stop)
    assert flat.dtype == dtype
    n_numbers = 0
    for layer in range(first, stop):
        W, b = forward.padded_weights(flat, sizes, first, layer)
        n = sizes[layer + 1]
        width = padded_width(n, flat.itemsize)
        assert (W.shape, b.shape) == ((sizes[layer], width), (1, width))
        assert_array_equal(W[:, :n], net.coefs[layer])
        assert_array_equal(b[0, :n], net.intercepts[layer])
        assert not W[:, n:].any()
        assert not b[:, n:].any()
        n_numbers += W.size + b.size
    assert n_numbers == len(flat)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_rows", [1, 7, 8, 9, 30])
def test_next_inputs(n_rows, dtype):
    net, (parameters, sizes, _) = random_network((5,), "relu", dtype)
    X = np.random.default_rng(0).normal(size=(n_rows, 6)).astype(dtype)
    X[:, [0, 4]] = 0  # these steps are skipped
    flat = forward.padded_parameters(parameters, sizes, 0, 1)
    z = forward.next_inputs(X, *forward.padded_weights(flat, sizes, 0, 0))
    assert_allclose(z[:, :5], X @ net.coefs[0] + net.intercepts[0], **TOLERANCE[dtype])


@needs_jit
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("hidden", DEPTHS[1:])
def test_layers_one_after_the_other_have_the_same_bits(hidden, dtype):
    """As reference rows take them: through the first layer once, and then through the rest."""
    _, (parameters, sizes, code) = random_network(hidden, "tanh", dtype)
    X = np.random.default_rng(0).normal(size=(300, 6)).astype(dtype)
    last, n_first = len(hidden) - 1, sizes[0] * sizes[1] + sizes[1]
    full, first = np.empty((300, hidden[-1]), dtype), np.empty((300, hidden[0]), dtype)
    _threads.run_kernel(SERIAL, X, parameters, sizes, code, last, full)
    _threads.run_kernel(SERIAL, X, parameters, sizes, code, 0, first)
    rest = np.empty_like(full)
    _threads.run_kernel(SERIAL, first, parameters[n_first:], sizes[1:], code, last - 1, rest)
    assert_array_equal(rest, full)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_features_that_are_zero_everywhere(dtype):
    net, arguments = random_network((5, 4), "tanh", dtype)
    out = np.full((40, 4), np.nan, dtype)
    _threads.run_kernel(SERIAL, np.zeros((40, 6), dtype), *arguments, 1, out)
    assert_allclose(out, oracle.hidden(net, np.zeros((40, 6)), 1), **TOLERANCE[dtype])
