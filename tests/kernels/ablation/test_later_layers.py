"""Tests of kernels.ablation.later_layers against the oracle: selected rows."""

import numba
import numpy as np
import pytest
from helpers import oracle
from helpers.leaves import callable_from_python
from helpers.networks import ACTIVATIONS, deterministic
from helpers.removal_problem import DTYPES, TOLERANCE, Problem
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.kernels import forward
from skneuron.kernels.ablation import later_layers
from skneuron.kernels.forward import CHUNK_ROWS

outputs_of_rows = callable_from_python(later_layers.outputs_of_rows)
padded_parameters = callable_from_python(forward.padded_parameters)
transpose_inputs = callable_from_python(later_layers.transpose_inputs)
weights = callable_from_python(forward.weights)

DEPTHS = [(4, 3), (3, 1, 4), (2, 3, 2, 3), (5, 17)]
each_dtype = pytest.mark.parametrize("dtype", DTYPES)
each_depth = pytest.mark.parametrize("hidden", DEPTHS)
# BLAS, which stands in for compiled products, sums up in an order that depends on the shapes.
needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: the sums are in BLAS's order"
)


def later_layers_of(problem):
    """`LaterLayers`, and the residuals that belong to it."""
    inputs, residuals = problem.prepared()
    parameters, sizes, _ = problem.network
    transposed = np.full((len(inputs), CHUNK_ROWS, sizes[2:-1].sum()), np.nan, problem.dtype)
    for chunk, out in zip(inputs, transposed, strict=True):
        transpose_inputs(chunk, sizes, out)
    padded = padded_parameters(parameters, sizes, later_layers.FIRST_LATER_LAYER, len(sizes) - 1)
    return later_layers.LaterLayers(transposed, padded), residuals


def outputs(problem, neuron, chunk, rows, workspace=64):
    """(rows, outputs) without a neuron, in some rows of a chunk."""
    layer, index = neuron
    known, residuals = later_layers_of(problem)
    parameters, sizes, activation = problem.network
    W, _ = weights(parameters, sizes, layer + 1)
    rows = np.array(rows, np.uint64)
    unit = problem.net.neurons.index(neuron)
    residual = residuals[chunk, unit][rows.astype(int)]
    z = np.full(workspace * CHUNK_ROWS, np.nan, problem.dtype)
    out = np.full((problem.n_outputs, len(rows) + 5), np.nan, problem.dtype)
    outputs_of_rows(
        known, chunk, rows, residual, W[index], layer, sizes, activation, z, z.copy(), out
    )
    assert np.isnan(out[:, len(rows) :]).all()
    return out[:, : len(rows)].T


def early(problem):
    return [neuron for neuron in problem.net.neurons if neuron[0] < len(problem.net.sizes) - 1]


@each_dtype
@each_depth
def test_inputs_are_transposed(hidden, dtype):
    problem = Problem(hidden, "tanh", dtype, n_rows=300)
    known, _ = later_layers_of(problem)
    expected = problem.expected_inputs(problem.X)[:, hidden[0] : sum(hidden)]
    found = known.inputs.reshape(-1, sum(hidden[1:]))[:300]
    assert_allclose(found, expected, **TOLERANCE[dtype])


def test_no_layers_follow_a_single_hidden_layer():
    known, _ = later_layers_of(Problem((4,)))
    assert known.inputs.size == known.parameters.size == 0


@each_dtype
@each_depth
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_outputs_are_the_oracles(activation, hidden, dtype):
    problem = Problem(hidden, activation, dtype)
    rows = [3, 39, 0, 17]
    for neuron in early(problem):
        expected = problem.expected_without(neuron)[rows]
        assert_allclose(outputs(problem, neuron, 0, rows), expected, **TOLERANCE[dtype])


@deterministic(max_examples=40)
@given(
    hidden=st.lists(st.integers(1, 6), min_size=2, max_size=4).map(tuple),
    activation=st.sampled_from(ACTIVATIONS),
    replacement=st.sampled_from(["constants", "mixing", "other"]),
    n_outputs=st.integers(1, 4),
    seed=st.integers(0, 10**6),
)
def test_random_networks(hidden, activation, replacement, n_outputs, seed):
    problem = Problem(
        hidden, activation, n_rows=20, n_outputs=n_outputs, replacement=replacement, seed=seed
    )
    rng = np.random.default_rng(seed)
    rows = rng.permutation(20)[: rng.integers(1, 20)]
    neuron = early(problem)[rng.integers(len(early(problem)))]
    expected = problem.expected_without(neuron)[rows]
    assert_allclose(outputs(problem, neuron, 0, rows), expected, **TOLERANCE[np.float64])


def test_rows_of_every_chunk():
    problem = Problem((3, 2), n_rows=CHUNK_ROWS + 10)
    expected = problem.expected_without((0, 1))[CHUNK_ROWS:]
    found = outputs(problem, (0, 1), 1, range(10))
    assert_allclose(found, expected, **TOLERANCE[np.float64])


@needs_jit
@each_dtype
@each_depth
def test_bits_do_not_depend_on_the_other_rows(hidden, dtype):
    problem, neuron = Problem(hidden, "logistic", dtype, n_rows=60), (0, 1)
    together = outputs(problem, neuron, 0, range(60))
    for rows in ([5], [59, 0], range(20, 43)):
        assert_array_equal(outputs(problem, neuron, 0, rows), together[list(rows)])


@needs_jit
@each_dtype
@each_depth
def test_a_neuron_without_an_effect_does_not_change_a_bit(hidden, dtype):
    problem = Problem(hidden, "tanh", dtype)
    problem.net.coefs[1][0] = 0
    before = problem.prepared()[0][0, -problem.n_outputs :, :40].T
    assert_array_equal(outputs(problem, (0, 0), 0, range(40)), before)


def test_nothing_but_the_workspace_and_out_is_written_to():
    problem = Problem((4, 3, 2))
    known, _ = later_layers_of(problem)
    copies = [array.copy() for array in known]
    outputs(problem, (0, 2), 0, range(40))
    again, _ = later_layers_of(problem)
    for array, copy in zip(again, copies, strict=True):
        assert_array_equal(array, copy)


def test_wider_than_the_layer_before():
    problem = Problem((2, 40), "relu", n_outputs=20)
    expected = problem.expected_without((0, 0))
    found = outputs(problem, (0, 0), 0, range(40))
    assert_allclose(found, expected, **TOLERANCE[np.float64])
    assert oracle.hidden(problem.net, problem.X, 1).any()
