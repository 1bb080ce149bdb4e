"""Tests of skneuron.kernels.forward against the oracle, on plain arrays."""

from itertools import pairwise

import numba
import numpy as np
import pytest
from helpers import oracle
from helpers.leaves import callable_from_python, serial_only
from helpers.networks import ACTIVATIONS
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skneuron.kernels import forward, product
from skneuron.utils import _threads

activate = callable_from_python(forward.activate)
next_inputs = callable_from_python(forward.next_inputs)
padded_parameters = callable_from_python(forward.padded_parameters)
padded_weights = callable_from_python(forward.padded_weights)
padded_width = callable_from_python(product.padded_width)
weights = callable_from_python(forward.weights)
widest = callable_from_python(forward.widest)

needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: the sums are in BLAS's order"
)
SERIAL = serial_only(forward.layer_activations)
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
def test_threads_do_not_change_a_bit_for_any_number_of_rows(dtype, n_rows):
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
    activate(forward.ACTIVATION_CODES[activation], z)
    assert z.dtype == dtype
    assert_allclose(z, expected, rtol=1e-6 if dtype == np.float32 else 1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations_saturate_at_the_ends_of_the_number_line(dtype):
    ends = np.array([[-np.inf, -1e5, 1e5, np.inf]], dtype)
    for code, expected in [(forward.LOGISTIC, [0, 0, 1, 1]), (forward.TANH, [-1, -1, 1, 1])]:
        z = ends.copy()
        activate(code, z)
        assert z[0].tolist() == expected


@pytest.mark.parametrize("sizes", [[3], [3, 9], [9, 3], [2, 7, 7, 1]])
def test_the_widest_layer(sizes):
    assert widest(np.array(sizes)) == max(sizes)
    assert widest(np.array([100, *sizes, 100])[1:-1]) == max(sizes)


def test_weights_are_views_of_the_flat_vector():
    net, (parameters, sizes, _) = random_network((4, 3), "relu", np.float64)
    for layer in range(3):
        W, b = weights(parameters, sizes, layer)
        assert_array_equal(W, net.coefs[layer])
        assert_array_equal(b, net.intercepts[layer])
        assert np.shares_memory(W, parameters)
        assert np.shares_memory(b, parameters)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("first", "stop"), [(0, 1), (0, 3), (1, 3), (2, 2), (0, 0)])
def test_padded_parameters_are_filled_with_zeros(first, stop, dtype):
    net, (parameters, sizes, _) = random_network((5, 17), "relu", dtype)
    flat = padded_parameters(parameters, sizes, first, stop)
    assert flat.dtype == dtype
    n_numbers = 0
    for layer in range(first, stop):
        W, b = padded_weights(flat, sizes, first, layer)
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
    flat = padded_parameters(parameters, sizes, 0, 1)
    z = next_inputs(X, *padded_weights(flat, sizes, 0, 0))
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


# ---- samples without features

SPARSE = forward.sparse_first_inputs
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@needs_jit
@each_dtype
@pytest.mark.parametrize("hidden", DEPTHS[1:])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_inputs_of_the_first_layer_take_the_place_of_features(activation, hidden, dtype):
    _, (parameters, sizes, code) = random_network(hidden, activation, dtype)
    X = np.random.default_rng(0).normal(size=(300, 6)).astype(dtype)
    n_first = sizes[0] * sizes[1]
    padded = padded_parameters(parameters, sizes, 0, 1)
    inputs = next_inputs(X, *padded_weights(padded, sizes, 0, 0))
    inputs = np.ascontiguousarray(inputs[:, : sizes[1]])
    without_features = parameters[n_first:], np.array([0, *sizes[1:]]), code
    for layer, size in enumerate(hidden):
        full, rest = np.empty((2, 300, size), dtype)
        _threads.run_kernel(SERIAL, X, parameters, sizes, code, layer, full)
        before = inputs.copy()
        for kernel in (SERIAL, forward.layer_activations):
            rest[:] = np.nan
            _threads.run_kernel(kernel, inputs, *without_features, layer, rest)
            assert_array_equal(rest, full)
            assert_array_equal(inputs, before)


def thin_rows(n_rows, n_features, dtype, index_dtype=np.int32):
    """A CSR matrix, some rows of which are empty."""
    rng = np.random.default_rng(0)
    X = np.where(rng.random((n_rows, n_features)) < 0.2, rng.normal(size=(n_rows, n_features)), 0)
    X[::7] = 0
    X = sparse.csr_matrix(X.astype(dtype))
    X.indices, X.indptr = X.indices.astype(index_dtype), X.indptr.astype(index_dtype)
    return X


def weights_and_biases(n_features, n_units, dtype):
    rng = np.random.default_rng(1)
    return (
        rng.normal(size=(n_features, n_units)).astype(dtype),
        rng.normal(size=n_units).astype(dtype),
    )


def first_inputs_of(kernel, X, W, b, dtype):
    out = np.full((X.shape[0], len(b)), np.nan, dtype)
    _threads.run_kernel(kernel, X.data, X.indices, X.indptr, W, b, out)
    return out


@needs_jit
@pytest.mark.parametrize("n_units", [1, 5, 8, 33])
@pytest.mark.parametrize("index_dtype", [np.int32, np.int64])
@pytest.mark.parametrize("X_dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weights_dtype", [np.float32, np.float64])
def test_sparse_rows_have_the_bits_of_dense_ones(weights_dtype, X_dtype, index_dtype, n_units):
    X = thin_rows(600, 40, X_dtype, index_dtype)
    W, b = weights_and_biases(40, n_units, weights_dtype)
    dtype = np.result_type(X_dtype, weights_dtype)
    sizes = np.array([40, n_units, 1])
    parameters = np.concatenate([W.ravel(), b]).astype(dtype)
    padded = padded_parameters(parameters, sizes, 0, 1)
    expected = next_inputs(X.toarray().astype(dtype), *padded_weights(padded, sizes, 0, 0))[
        :, :n_units
    ]
    for kernel in (serial_only(SPARSE), SPARSE):
        assert_array_equal(first_inputs_of(kernel, X, W, b, dtype), expected)


@each_dtype
def test_sparse_rows_match_the_oracle(dtype):
    X = thin_rows(300, 12, dtype)
    W, b = weights_and_biases(12, 4, dtype)
    net = oracle.Net([W.astype(float), np.eye(4)], [b.astype(float), np.zeros(4)], "identity", "")
    found = first_inputs_of(SPARSE, X, W, b, dtype)
    assert_allclose(found, oracle.hidden(net, X.toarray(), 0), **TOLERANCE[dtype])
    assert_array_equal(found[::7], np.broadcast_to(b, found[::7].shape))  # empty rows


@each_dtype
@pytest.mark.parametrize("n_rows", [0, 1, forward.CHUNK_ROWS, forward.CHUNK_ROWS + 1])
def test_any_number_of_sparse_rows(n_rows, dtype):
    X, (W, b) = thin_rows(n_rows, 5, dtype), weights_and_biases(5, 3, dtype)
    found = first_inputs_of(SPARSE, X, W, b, dtype)
    assert_allclose(found, X.toarray() @ W + b, **TOLERANCE[dtype])


@each_dtype
def test_indices_without_order_and_twice(dtype):
    X, (W, b) = thin_rows(50, 20, dtype), weights_and_biases(20, 5, dtype)
    rng, values, indices, ends = np.random.default_rng(2), [], [], [0]
    for row in range(50):
        here = slice(X.indptr[row], X.indptr[row + 1])
        # Halves of every number, in any order.
        order = rng.permutation(2 * len(X.data[here]))
        values.append(np.repeat(X.data[here] / 2, 2)[order])
        indices.append(np.repeat(X.indices[here], 2)[order])
        ends.append(ends[-1] + len(order))
    halves = np.concatenate(values), np.concatenate(indices), np.array(ends, np.int32)
    assert not sparse.csr_matrix(halves, X.shape).has_sorted_indices
    out = np.full((50, 5), np.nan, dtype)
    _threads.run_kernel(SPARSE, *halves, W, b, out)
    assert_allclose(out, X.toarray() @ W + b, **TOLERANCE[dtype])


@each_dtype
def test_some_rows_of_a_sparse_matrix(dtype):
    X, (W, b) = thin_rows(50, 20, dtype), weights_and_biases(20, 5, dtype)
    out = np.full((13, 5), np.nan, dtype)
    _threads.run_kernel(SPARSE, X.data, X.indices, X.indptr[20:34], W, b, out)
    assert_array_equal(out, first_inputs_of(SPARSE, X, W, b, dtype)[20:33])
