"""Tests of skneuron.kernels.ablation.removal against the oracle, on plain arrays."""

import numba
import numpy as np
import pytest
from helpers import oracle
from helpers.leaves import callable_from_python
from helpers.networks import ACTIVATIONS, deterministic
from helpers.removal_problem import (
    DTYPES,
    REPLACEMENTS,
    TOLERANCE,
    Problem,
    each_depth,
    each_dtype,
    needs_jit,
    needs_threads,
    of_rows,
)
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.kernels.ablation import removal
from skneuron.kernels.forward import CHUNK_ROWS

first_unit = callable_from_python(removal.first_unit)
inputs_without = callable_from_python(removal.inputs_without)
inputs_without_in_all_rows = callable_from_python(removal.inputs_without_in_all_rows)
n_rows_of = callable_from_python(removal.n_rows_of)
round_up_to_vectors = callable_from_python(removal.round_up_to_vectors)
view = callable_from_python(removal.view)

# ---- forward_with_residuals


@each_dtype
@each_depth
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("replacement", REPLACEMENTS)
def test_forward_with_residuals(replacement, activation, hidden, dtype):
    problem = Problem(hidden, activation, dtype, replacement=replacement)
    inputs, residuals = problem.prepared()
    expected = problem.expected_inputs(problem.X)
    assert_allclose(of_rows(inputs, 40), expected, **TOLERANCE[dtype])
    expected = problem.expected_residuals(problem.X, problem.other)
    assert_allclose(of_rows(residuals, 40), expected, **TOLERANCE[dtype])


@pytest.mark.parametrize("n_rows", [1, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1, 600])
@pytest.mark.parametrize("replacement", REPLACEMENTS)
def test_zeros_fill_the_last_chunk(replacement, n_rows):
    """They are computed like any rows, and so are finite numbers."""
    problem = Problem((4, 3), "tanh", n_rows=n_rows, replacement=replacement)
    n_filled = -(-n_rows // CHUNK_ROWS) * CHUNK_ROWS
    fill = np.zeros((n_filled - n_rows, 3))
    inputs, residuals = problem.prepared()
    X, other = np.vstack([problem.X, fill]), problem.other
    other = np.vstack([other, fill]) if len(other) else other
    tolerance = TOLERANCE[np.float64]
    assert_allclose(of_rows(inputs, n_filled), problem.expected_inputs(X), **tolerance)
    expected = problem.expected_residuals(X, other)
    assert_allclose(of_rows(residuals, n_filled), expected, **tolerance)


@needs_threads
@pytest.mark.parametrize("replacement", REPLACEMENTS)
def test_bits_do_not_depend_on_threads(replacement):
    problem = Problem((4, 3), "logistic", np.float32, n_rows=700, replacement=replacement)
    expected = problem.prepared()
    n_threads = numba.get_num_threads()
    try:
        for n in (1, 2):
            numba.set_num_threads(n)
            for actual, array in zip(
                problem.prepared(kernel=removal.forward_with_residuals), expected, strict=True
            ):
                assert_array_equal(actual, array)
    finally:
        numba.set_num_threads(n_threads)


@pytest.mark.parametrize("replacement", REPLACEMENTS)
def test_arguments_of_forward_with_residuals_are_not_written_to(replacement):
    problem = Problem(replacement=replacement)
    given = [problem.X, problem.other, problem.constants, *problem.mixing]
    copies = [array.copy() for array in given]
    problem.prepared()
    for array, copy in zip(given, copies, strict=True):
        assert_array_equal(array, copy)


@pytest.mark.parametrize("replacement", REPLACEMENTS)
def test_dead_relu_neurons_have_no_residual_at_all(replacement):
    """Not even rounding: rows that they do not change are left out."""
    problem = Problem((4, 3), dtype=np.float32, replacement=replacement)
    problem.net.intercepts[0][1] = -100
    problem.constants[1] = 0
    if problem.mixing:
        problem.mixing[0][:, 1] = [0, 1, 0, 0]
    _, residuals = problem.prepared()
    assert not residuals[:, 1].any()
    assert residuals.any()


# ---- helpers


def test_view():
    flat = np.arange(20.0)
    z = view(flat, 3, 4)
    assert z.tolist() == np.arange(12).reshape(3, 4).tolist()
    z[0, 0] = 7
    assert flat[0] == 7


@pytest.mark.parametrize(
    ("n_rows", "expected"), [(1, [1]), (256, [256]), (257, [256, 1]), (600, [256, 256, 88])]
)
def test_rows_of_chunks(n_rows, expected):
    n_chunks = -(-n_rows // CHUNK_ROWS)
    assert [n_rows_of(chunk, n_rows) for chunk in range(n_chunks)] == expected


def test_first_units():
    sizes = np.array([9, 4, 3, 5, 2])
    assert [first_unit(sizes, layer) for layer in range(3)] == [0, 4, 7]


# ---- inputs_without, later_outputs


@pytest.mark.parametrize(("n", "width"), [(0, 0), (1, 32), (32, 32), (33, 64), (256, 256)])
def test_round_up_to_vectors(n, width):
    assert round_up_to_vectors(n) == width


class RankOne:
    """Arguments of `inputs_without`."""

    def __init__(self, dtype):
        rng = np.random.default_rng(1)
        self.z_next = rng.normal(size=(5, CHUNK_ROWS)).astype(dtype)
        self.outgoing = rng.normal(size=5).astype(dtype)
        self.residual = rng.normal(size=CHUNK_ROWS).astype(dtype)
        self.residual[::3] = 0

    def in_all(self):
        out = np.full_like(self.z_next, np.nan)
        inputs_without_in_all_rows(self.z_next, self.residual, self.outgoing, out)
        return out

    def in_some(self, rows):
        out = np.full((5, len(rows)), np.nan, self.z_next.dtype)
        index = np.array(rows, np.uint64)
        inputs_without(self.z_next.ravel(), index, self.residual[rows], self.outgoing, out)
        return out


@each_dtype
def test_inputs_without(dtype):
    problem = RankOne(dtype)
    change = np.outer(problem.outgoing.astype(np.float64), problem.residual)
    expected = problem.z_next - change
    assert_allclose(problem.in_all(), expected, **TOLERANCE[dtype])
    rows = [7, 255, 0, 7]
    assert_allclose(problem.in_some(rows), expected[:, rows], **TOLERANCE[dtype])


@each_dtype
def test_selected_rows_have_the_same_bits(dtype):
    problem = RankOne(dtype)
    rows, everywhere = list(range(5, 200, 7)), problem.in_all()
    assert_array_equal(problem.in_some(rows), everywhere[:, rows])
    assert_array_equal(everywhere[:, ::3], problem.z_next[:, ::3])


def test_rows_of_other_chunks():
    """Whose units come later in the same flat array."""
    problem = RankOne(np.float64)
    two = np.concatenate([problem.z_next + 1, problem.z_next])
    out = np.empty((5, 2))
    index = np.array([3, 5 * CHUNK_ROWS + 3], np.uint64)
    inputs_without(two.ravel(), index, np.zeros(2), problem.outgoing, out)
    assert_array_equal(out, np.stack([problem.z_next[:, 3] + 1, problem.z_next[:, 3]], 1))


def later_outputs(problem, layer, width, rows=slice(None)):
    """From the full network's inputs of layer ``layer`` + 1, which only fill their start."""
    inputs, _ = problem.prepared()
    start = sum(problem.net.sizes[: layer + 1])
    z_next = inputs[0, start : start + problem.sizes[layer + 2]][:, rows]
    z = np.full(problem.sizes.max() * CHUNK_ROWS, np.nan, problem.dtype)
    scratch = z.copy()
    z[: z_next.size] = z_next.ravel()
    arguments = z, width, layer, *problem.network, scratch
    out = callable_from_python(removal.later_outputs)(*arguments)
    assert np.shares_memory(out, z) or np.shares_memory(out, scratch)
    return out.copy()


@each_dtype
@each_depth
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_outputs_after_every_layer(activation, hidden, dtype):
    problem = Problem(hidden, activation, dtype, n_rows=CHUNK_ROWS)
    expected = oracle.logits(problem.net, problem.X).T
    for layer in range(len(hidden)):
        for rows in (slice(None), slice(64, 96)):
            n = len(range(CHUNK_ROWS)[rows])
            out = later_outputs(problem, layer, n, rows)
            assert out.shape == (2, n)
            assert_allclose(out, expected[:, rows], **TOLERANCE[dtype])


@needs_jit
@each_dtype
@each_depth
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_unchanged_rows_come_out_with_the_same_bits(activation, hidden, dtype):
    """As `forward_with_residuals` gave them, whichever stand beside them."""
    problem = Problem(hidden, activation, dtype, n_rows=CHUNK_ROWS)
    outputs = problem.prepared()[0][0, -2:]
    order = np.random.default_rng(3).permutation(CHUNK_ROWS)
    for layer in range(len(hidden)):
        for n in (CHUNK_ROWS, 192, 32):
            rows = order[:n]
            assert_array_equal(later_outputs(problem, layer, n, rows), outputs[:, rows])


# ---- outputs_without_each_neuron


@each_dtype
@each_depth
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("replacement", REPLACEMENTS)
def test_outputs_without_every_neuron(replacement, activation, hidden, dtype):
    problem = Problem(hidden, activation, dtype, replacement=replacement)
    outputs = problem.without()
    for neuron, out in zip(problem.net.neurons, outputs, strict=True):
        expected = problem.expected_without(neuron)
        assert_allclose(out, expected, **TOLERANCE[dtype], err_msg=str(neuron))


@each_dtype
@each_depth
@pytest.mark.parametrize("activation", ["relu", "identity"])
@pytest.mark.parametrize("replacement", ["constants", "other"])
def test_outputs_that_need_no_rounding_are_exact(replacement, activation, hidden, dtype):
    problem = Problem(hidden, activation, dtype, replacement=replacement, dyadic=True)
    for neuron, out in zip(problem.net.neurons, problem.without(), strict=True):
        assert_array_equal(out, problem.expected_without(neuron))


@deterministic(max_examples=40)
@given(
    hidden=st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple),
    activation=st.sampled_from(ACTIVATIONS),
    dtype=st.sampled_from(DTYPES),
    n_rows=st.integers(1, 300),
    n_outputs=st.integers(1, 5),
    replacement=st.sampled_from(REPLACEMENTS),
    silent=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_outputs_without_random_neurons(hidden, activation, dtype, silent, seed, **kind):
    problem = Problem(hidden, activation, dtype, seed=seed, **kind)
    if silent:  # relu neurons that are silent in most rows, replaced by zero
        problem.constants[:] = 0
        for b in problem.net.intercepts[:-1]:
            b -= 1
    rng = np.random.default_rng(seed)
    neurons = [problem.net.neurons[i] for i in rng.integers(sum(hidden), size=3)]
    outputs = problem.without(neurons)
    for neuron, out in zip(neurons, outputs, strict=True):
        assert_allclose(out, problem.expected_without(neuron), **TOLERANCE[dtype])


@each_dtype
@pytest.mark.parametrize("n_rows", [CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1, 600])
def test_outputs_of_several_chunks(n_rows, dtype):
    problem = Problem((3, 2), dtype=dtype, n_rows=n_rows)
    problem.constants[:] = 0
    for neuron, out in zip(problem.net.neurons, problem.without(), strict=True):
        assert_allclose(out, problem.expected_without(neuron), **TOLERANCE[dtype])


@pytest.mark.parametrize("replacement", REPLACEMENTS)
def test_blocks_of_rows_go_where_they_belong(replacement):
    problem = Problem((3, 2), "tanh", n_rows=700, replacement=replacement)
    together = problem.without()
    blocks = [slice(0, 512), slice(512, 700)]
    assert_array_equal(problem.without(blocks=blocks), together)
    for block in blocks:
        out = problem.without(blocks=[block])
        assert_array_equal(out[:, block], together[:, block])
        out[:, block] = np.nan
        assert np.isnan(out).all()  # other rows are left alone


@needs_threads
@each_dtype
def test_bits_of_outputs_do_not_depend_on_threads(dtype):
    problem = Problem((4, 3, 2), "logistic", dtype, n_rows=300)
    expected = problem.without()
    n_threads = numba.get_num_threads()
    try:
        for n in (1, 2):
            numba.set_num_threads(n)
            outputs = problem.without(kernel=removal.outputs_without_each_neuron)
            assert_array_equal(outputs, expected)
    finally:
        numba.set_num_threads(n_threads)


def test_outputs_do_not_depend_on_the_other_neurons():
    problem = Problem((3, 2), "relu", np.float32, n_rows=100)
    together = problem.without()
    for at, neuron in enumerate(problem.net.neurons):
        assert_array_equal(problem.without([neuron])[0], together[at])
    assert problem.without([]).shape == (0, 100, 2)


@each_dtype
@each_depth
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("replacement", ["constants", "mixing"])
def test_values_and_residuals_give_the_same_outputs(replacement, activation, hidden, dtype):
    problem = Problem(hidden, activation, dtype, replacement=replacement)
    by_row = problem.without(by_row=True)
    assert_allclose(problem.without(), by_row, **TOLERANCE[dtype])


@needs_jit
@each_dtype
@pytest.mark.parametrize("replacement", REPLACEMENTS)
def test_rows_that_are_alike_without_a_neuron_have_the_same_outputs(replacement, dtype):
    """To the last bit: scores that look at ranks notice the rest of a neuron's effect.

    The first neuron alone sees the first feature, the only one in which the rows differ; with
    ``other`` rows, whose first feature is 0, its residual is what that feature does.
    """
    problem = Problem((3, 4), "relu", dtype, n_rows=100, replacement=replacement)
    problem.net.coefs[0][0, 1:] = 0
    problem.net.coefs[0][:, 0] = [1, 0, 0]
    problem.net.intercepts[0][0] = 0
    problem.X[:, 1:] = [0.5, -0.25]
    if len(problem.other):
        problem.other[:] = [0, 0.5, -0.25]
    (out,) = problem.without([(0, 0)])
    assert_array_equal(out, np.broadcast_to(out[0], out.shape))
    (other_out,) = problem.without([(0, 1)])
    assert (other_out != other_out[0]).any()


@needs_jit
@each_dtype
@each_depth
@pytest.mark.parametrize("by_row", [False, True])
def test_rows_without_an_effect_keep_their_bits(by_row, hidden, dtype):
    """relu neurons that are silent anyway, replaced by 0."""
    problem = Problem(hidden, dtype=dtype, n_rows=200)
    problem.constants[:] = 0
    inputs, residuals = problem.prepared()
    outputs = of_rows(inputs, 200)[:, -2:]
    silent = of_rows(residuals, 200) == 0
    assert 0.1 < silent.mean() < 0.9
    changed = problem.without(by_row=by_row)
    assert (changed != outputs).any()
    for out, rows in zip(changed, silent.T, strict=True):
        assert_array_equal(out[rows], outputs[rows])
