"""Tests of skneuron.kernels.ablation.sweep: one forward pass against the oracle's one a neuron."""

import numba
import numpy as np
import pytest
from helpers import oracle, removal_problem, row_scores_problem
from helpers.bits import assert_same_bits
from helpers.leaves import serial_only
from helpers.networks import ACTIVATIONS, deterministic
from helpers.removal_problem import DEPTHS, DTYPES, REPLACEMENTS, needs_jit
from helpers.row_scores_problem import REGRESSIONS, TASKS
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.kernels.ablation.row_scores import (
    LABEL,
    MULTILABEL,
    POISSON_REGRESSION,
    Before,
    Changes,
    score_full_network,
)
from skneuron.kernels.ablation.sweep import N_PARTS, LostRows, ablate_each_neuron
from skneuron.kernels.forward import CHUNK_ROWS
from skneuron.utils import _threads

SUMS = ("losses", "squares")
TOLERANCE = {np.float32: {"rtol": 1e-4, "atol": 1e-3}, np.float64: {"rtol": 1e-9, "atol": 1e-10}}

each_task = pytest.mark.parametrize("task", TASKS)
each_dtype = pytest.mark.parametrize("dtype", DTYPES)
each_depth = pytest.mark.parametrize("hidden", DEPTHS)


class Problem:
    """A network from `removal_problem`, without each neuron; targets from `row_scores_problem`."""

    def __init__(
        self, task=LABEL, hidden=(3, 2), activation="relu", dtype=np.float64, *, n_rows=40,
        n_outputs=3, weighted=True, dyadic=False, replacement="constants", binary=False, seed=0,
    ):  # fmt: skip
        self.task, self.dtype, self.n_rows, self.n_outputs = task, dtype, n_rows, n_outputs
        self.network = removal_problem.Problem(
            hidden, activation, dtype, n_rows=n_rows, n_outputs=n_outputs,
            replacement=replacement, dyadic=dyadic, seed=seed,
        )  # fmt: skip
        if binary:  # scikit-learn's one logit, beside a constant 0
            self.net.coefs[-1][:, 0] = self.net.intercepts[-1][0] = 0
        if task == POISSON_REGRESSION:
            self.net.coefs[-1][:] /= 4  # exp() of the output
        z = oracle.logits(self.net, self.network.X)
        self.outputs = row_scores_problem.Problem(
            task, dtype, n_rows=n_rows, n_outputs=n_outputs, weighted=weighted, z=z, seed=seed
        )

    @property
    def net(self):
        return self.network.net

    def before(self, inputs):
        n_squares = self.n_rows if self.task in REGRESSIONS else 0
        before = Before(
            np.zeros(self.n_rows, np.int32),
            np.full(self.n_rows, np.nan, self.dtype),
            np.full((n_squares, self.n_outputs), np.nan),
        )
        _threads.run_kernel(
            serial_only(score_full_network), inputs, self.n_outputs, *self.outputs.truth, *before
        )
        return before

    def ablated(self, neurons=None, *, kernel=None, prepared=None, changes=None):
        """`Changes` of each neuron."""
        neurons = self.net.neurons if neurons is None else neurons
        layers, indices = np.array(neurons, np.int64).reshape(-1, 2).T.copy()
        inputs, residuals = self.network.prepared() if prepared is None else prepared
        changes = self.outputs.zeros(len(neurons)) if changes is None else changes
        before = self.before(inputs)
        with np.errstate(invalid="ignore"):  # infinitely harmless times outputs of 0
            _threads.run_kernel(
                serial_only(ablate_each_neuron) if kernel is None else kernel, inputs, residuals,
                *self.network.network, layers, indices, *self.lost_rows(len(neurons)),
                *self.outputs.truth, *before, *changes,
            )  # fmt: skip
        return changes

    def lost_rows(self, n_neurons):
        """Of residuals that are all harmless, so that no row is left out."""
        return LostRows(
            np.full(len(self.net.neurons), np.inf, self.dtype),
            np.zeros((n_neurons, self.n_rows), np.uint8),
            np.zeros(n_neurons, np.int64),
        )

    def expected(self, neurons=None):
        """By brute force."""
        found = []
        for neuron in self.net.neurons if neurons is None else neurons:
            self.outputs.new = self.network.expected_without(neuron)
            found.append(self.outputs.expected())
        return Changes(*(np.concatenate(arrays) for arrays in zip(*found, strict=True)))

    def assert_right(self, changes, expected, *, counts=True):
        for name, a, e in zip(Changes._fields, changes, expected, strict=True):
            assert a.shape == e.shape
            if name in SUMS:
                assert_allclose(a, e, **TOLERANCE[self.dtype], err_msg=name)
            elif counts:
                assert_array_equal(a, e, err_msg=name)


def assert_nothing(changes, neurons=slice(None)):
    for name, array in zip(Changes._fields, changes, strict=True):
        assert len(array) == 0 or not array[neurons].any(), name


@each_task
@each_depth
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_changes_are_those_of_brute_force(activation, hidden, task):
    problem = Problem(task, hidden, activation, n_rows=200)
    changes = problem.ablated()
    problem.assert_right(changes, problem.expected())
    if task in (LABEL, MULTILABEL):
        assert changes.n_fixed.any()
        assert changes.n_broken.any()


@deterministic(max_examples=60)
@given(
    task=st.sampled_from(TASKS),
    hidden=st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple),
    activation=st.sampled_from(ACTIVATIONS),
    dtype=st.sampled_from(DTYPES),
    n_rows=st.integers(1, 100),
    n_outputs=st.integers(1, 5),
    weighted=st.booleans(),
    replacement=st.sampled_from(REPLACEMENTS),
    seed=st.integers(0, 10**6),
)
def test_changes_in_random_networks(task, hidden, activation, dtype, **kind):
    problem = Problem(task, hidden, activation, dtype, **kind)
    # In single precision, outputs that are almost equal may change places.
    problem.assert_right(problem.ablated(), problem.expected(), counts=dtype == np.float64)


@deterministic(max_examples=60)
@given(
    task=st.sampled_from([LABEL, MULTILABEL]),
    hidden=st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple),
    activation=st.sampled_from(["relu", "identity"]),
    n_outputs=st.integers(1, 4),
    binary=st.booleans(),
    replacement=st.sampled_from(["constants", "other"]),
    seed=st.integers(0, 10**6),
)
def test_ties_are_decided_alike_in_both_precisions(task, hidden, activation, **kind):
    """With halves for weights, outputs are exact, and often equal, or 0."""
    single, double = (Problem(task, hidden, activation, t, dyadic=True, **kind) for t in DTYPES)
    expected = double.expected()
    for problem in (single, double):
        problem.assert_right(problem.ablated(), expected)


def test_there_are_ties():
    """Or the test above would be none."""
    ties, zeros = [], []
    for seed in range(20):
        problem = Problem(hidden=(4, 3), dyadic=True, seed=seed)
        z = np.array([problem.network.expected_without(neuron) for neuron in problem.net.neurons])
        *_, second, first = np.sort(z, axis=2).T
        ties.append(np.mean(first == second))
        zeros.append(np.mean(z == 0))
    assert np.mean(ties) > 0.05
    assert np.mean(zeros) > 0.05


@each_task
@pytest.mark.parametrize("n_rows", [1, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1, 600])
def test_rows_in_several_chunks(n_rows, task):
    problem = Problem(task, n_rows=n_rows)
    problem.network.constants[:] = 0  # relu: not all rows are affected
    changes, expected = problem.ablated(), problem.expected()
    problem.assert_right(changes, expected)


@each_task
@pytest.mark.parametrize("weighted", [False, True])
def test_weights(task, weighted):
    problem = Problem(task, weighted=weighted)
    if weighted:
        problem.outputs.truth.sample_weight[:] = np.random.default_rng(0).random(40)
    changes, expected = problem.ablated(), problem.expected()
    for name, a, e in zip(Changes._fields, changes, expected, strict=True):
        assert_allclose(a, e, rtol=1e-9, atol=1e-10, err_msg=name)
    first, second, _ = changes.losses.T
    assert (first == second).all() != weighted


@each_task
@each_dtype
def test_sums_do_not_depend_on_the_other_neurons(task, dtype):
    problem = Problem(task, (4, 3), "tanh", dtype, n_rows=300)
    neurons, together = problem.net.neurons, problem.ablated()
    for chosen in ([5], [6, 0], [3, 3, 1], range(6, -1, -1)):
        alone = problem.ablated([neurons[i] for i in chosen])
        assert_same_bits(alone, Changes(*(a[list(chosen)] if len(a) else a for a in together)))
    assert_nothing(problem.ablated([]))


def test_more_neurons_than_parts():
    problem = Problem(LABEL, (N_PARTS + 6, 2), "tanh", n_rows=30)
    some = [1, N_PARTS - 1, N_PARTS, N_PARTS + 5, N_PARTS + 6]
    expected = problem.expected([problem.net.neurons[i] for i in some])
    changes = problem.ablated(kernel=ablate_each_neuron)
    problem.assert_right(Changes(*(a[some] if len(a) else a for a in changes)), expected)


@pytest.mark.usefixtures("compiled")
@each_task
@each_dtype
@pytest.mark.parametrize("activation", ["relu", "logistic"])
def test_threads_do_not_change_a_bit(activation, dtype, task):
    problem = Problem(task, (4, 3), activation, dtype, n_rows=600)
    problem.outputs.truth.sample_weight[:] = np.random.default_rng(0).random(600)
    assert_same_bits(problem.ablated(kernel=ablate_each_neuron), problem.ablated())


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
@pytest.mark.usefixtures("compiled")
@each_task
def test_bits_do_not_depend_on_the_number_of_threads(task):
    problem, results = Problem(task, (4,), "tanh", np.float32, n_rows=600), []
    problem.outputs.truth.sample_weight[:] = np.random.default_rng(0).random(600)
    before = numba.get_num_threads()
    try:
        for n_threads in (1, 2):
            numba.set_num_threads(n_threads)
            results.append(problem.ablated(kernel=ablate_each_neuron))
    finally:
        numba.set_num_threads(before)
    assert_same_bits(*results)


@needs_jit
@each_task
@each_dtype
@each_depth
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_neurons_without_outgoing_weights_change_nothing_at_all(activation, hidden, dtype, task):
    """Not even a last bit, although every row is computed again."""
    problem = Problem(task, hidden, activation, dtype)
    alike = [problem.net.neurons.index((layer, 0)) for layer in range(len(hidden))]
    for W in problem.net.coefs[1:]:
        W[0] = 0
    changes = problem.ablated()
    assert_nothing(changes, alike)
    assert changes.losses.any()


@needs_jit
@each_task
@each_dtype
@each_depth
def test_rows_in_which_relu_is_silent_need_not_be_computed(hidden, dtype, task):
    problem = Problem(task, hidden, dtype=dtype, n_rows=300)
    problem.network.constants[:] = 0
    inputs, residuals = problem.network.prepared()
    assert 0.1 < np.mean(residuals == 0) < 0.9
    # So small that they vanish in every sum, but not zero: no row is left out.
    all_rows = np.where(residuals == 0, dtype(1e-30), residuals)
    selected = problem.ablated(prepared=(inputs, residuals))
    assert_same_bits(selected, problem.ablated(prepared=(inputs, all_rows)))
    assert selected.losses.any()


def test_the_most_and_the_fewest_affected_rows():
    """Neurons that are active in all rows, in one and in none."""
    problem = Problem(hidden=(3,), n_rows=300)
    problem.network.constants[:] = 0
    problem.net.coefs[0][:] = 0
    problem.net.coefs[0][0, 1] = 1
    problem.network.X[:, 0] = -1
    problem.network.X[299, 0] = 3  # in the second chunk
    problem.net.intercepts[0][:] = [1, 0, -1]
    problem.net.coefs[1][:2] *= 3
    problem.outputs.z = oracle.logits(problem.net, problem.network.X)
    changes = problem.ablated()
    problem.assert_right(changes, problem.expected())
    assert changes.losses[:2].any(axis=1).all()
    assert_nothing(changes, [2])


@each_task
@pytest.mark.parametrize("garbage", [np.nan, 1e3])
def test_what_fills_the_last_chunk_does_not_matter(garbage, task):
    problem = Problem(task, (3, 2), "logistic", n_rows=300)
    prepared = problem.network.prepared()
    expected = problem.ablated(prepared=prepared)
    for array in prepared:
        array[-1, :, 300 - CHUNK_ROWS :] = garbage
    assert_same_bits(problem.ablated(prepared=prepared), expected)


@pytest.mark.parametrize("hidden", DEPTHS)
def test_a_neuron_replaced_by_its_constant_activation_changes_nothing(hidden):
    problem = Problem(hidden=hidden, activation="tanh")
    problem.net.coefs[0][:, 0] = 0  # the first neuron's activation is tanh(bias)
    problem.network.constants[0] = np.tanh(problem.net.intercepts[0][0])
    changes = problem.ablated()
    assert_allclose(changes.losses[0], 0, atol=1e-13)
    assert_nothing(changes._replace(losses=np.zeros((1, 3))), [0])


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_single_class_is_always_right(dtype):
    assert_nothing(Problem(LABEL, (3,), dtype=dtype, n_outputs=1).ablated())


@each_task
def test_blocks_of_rows_add_up(task):
    """As the rows of large data come."""
    problem = Problem(task, (3, 2), "tanh", n_rows=600)
    together, changes = problem.ablated(), problem.outputs.zeros(5)
    X, truth = problem.network.X, problem.outputs.truth
    for rows in (slice(0, 512), slice(512, 600)):
        problem.network.X, problem.n_rows = X[rows], len(X[rows])
        problem.outputs.truth = type(truth)(truth.task, *(array[rows] for array in truth[1:]))
        problem.ablated(changes=changes)
    for name, a, e in zip(Changes._fields, changes, together, strict=True):
        if name in SUMS:
            assert_allclose(a, e, rtol=1e-12, atol=1e-12, err_msg=name)
        else:
            assert_array_equal(a, e, err_msg=name)


@each_task
def test_what_is_not_wanted_is_skipped(task):
    problem = Problem(task)
    full = problem.ablated()
    unwanted = {"cells": False, "losses": False, "squares": False}
    few = problem.ablated(changes=problem.outputs.zeros(5, **unwanted))
    for name in ("n_fixed", "n_broken", "hits"):
        assert_array_equal(getattr(few, name), getattr(full, name), err_msg=name)
    assert not any(getattr(few, name).size for name in ("cells", "weighted_cells", *SUMS))


@pytest.mark.parametrize("n_rows", [1, CHUNK_ROWS, CHUNK_ROWS + 1, 1500])
@pytest.mark.parametrize("scale", [0.02, 0.2, 3])
@pytest.mark.parametrize("hidden", [(4,), (4, 3)])
@pytest.mark.parametrize("task", [LABEL, MULTILABEL])
def test_predictions_alone(task, hidden, scale, n_rows):
    """From few rows of all chunks, which are scored together, to all rows of each."""
    problem = Problem(task, hidden, "tanh", n_rows=n_rows, n_outputs=4)
    for W in problem.net.coefs[1:]:
        W[:2] *= scale
    problem.outputs.z = oracle.logits(problem.net, problem.network.X)
    unwanted = {"losses": False, "squares": False}
    changes = problem.ablated(changes=problem.outputs.zeros(sum(hidden), **unwanted))
    expected = problem.expected()
    for name in ("n_fixed", "n_broken", "hits", "cells", "weighted_cells"):
        assert_array_equal(getattr(changes, name), getattr(expected, name), err_msg=name)


def test_nothing_but_the_changes_is_written_to():
    problem = Problem()
    prepared = problem.network.prepared()
    given = [*prepared, *problem.outputs.truth[1:], problem.network.network[0]]
    copies = [array.copy() for array in given]
    problem.ablated(prepared=prepared)
    for array, copy in zip(given, copies, strict=True):
        assert_array_equal(array, copy)


@deterministic(max_examples=100)
@given(
    task=st.sampled_from([LABEL, MULTILABEL]),
    hidden=st.lists(st.integers(1, 6), min_size=1, max_size=3).map(tuple),
    activation=st.sampled_from(ACTIVATIONS),
    dtype=st.sampled_from(DTYPES),
    replacement=st.sampled_from(REPLACEMENTS),
    dyadic=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_without_losses_all_else_is_the_same(task, **kind):
    """Rows too far from another prediction are left out, to the last bit without a difference."""
    problem = Problem(task, n_rows=300, **kind)
    without_losses = problem.outputs.zeros(len(problem.net.neurons))
    without_losses = without_losses._replace(losses=np.zeros((0, 3)))
    problem.ablated(changes=without_losses)
    expected = problem.ablated()
    for name in ("n_fixed", "n_broken", "hits", "cells", "weighted_cells"):
        assert_array_equal(getattr(without_losses, name), getattr(expected, name), err_msg=name)
