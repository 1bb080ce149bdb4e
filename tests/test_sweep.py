"""Tests of skneuron.kernels.sweep against the oracle, on plain arrays."""

from itertools import pairwise

import numba
import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import ACTIVATIONS, deterministic
from numpy.testing import assert_allclose, assert_array_equal

from skneuron import _parallel
from skneuron.kernels._jit import Twins
from skneuron.kernels.forward import CHUNK_ROWS
from skneuron.kernels.sweep import count_changes

SERIAL = Twins(count_changes.serial, count_changes.serial)

DEPTHS = [(5,), (4, 3), (3, 1, 4), (2, 3, 2, 3)]


class Problem:
    """Arguments of the kernel, made at random, and the oracle's answer."""

    def __init__(
        self, hidden, activation="relu", *, n_classes=3, n_rows=40, dtype=np.float64,
        dyadic=False, binary=False, seed=0,
    ):  # fmt: skip
        rng = np.random.default_rng(seed)

        def draw(*shape):
            # Quarters: all sums and products are exact, also in float32, and ties are real.
            numbers = rng.integers(-4, 5, shape) / 4 if dyadic else rng.normal(size=shape)
            return numbers.astype(dtype)

        self.sizes = np.array([4, *hidden, n_classes])
        self.net = oracle.Net(
            [draw(*shape) for shape in pairwise(self.sizes)],
            [draw(size) for size in self.sizes[1:]],
            activation,
            "softmax",
        )
        if binary:  # scikit-learn's one logit, beside a constant 0
            self.net.coefs[-1][:, 0] = self.net.intercepts[-1][0] = 0
        self.X, self.constants = draw(n_rows, 4), draw(sum(hidden))
        right = np.argmax(oracle.logits(self.net, self.X), axis=1)
        drawn = rng.integers(n_classes, size=n_rows)
        self.y = np.where(rng.random(n_rows) < 0.6, right, drawn).astype(np.int32)
        self.weight = rng.integers(0, 4, n_rows).astype(np.float64)
        self.swept = np.full(sum(hidden), True)

    def counted(self, twins=SERIAL):
        pairs = zip(self.net.coefs, self.net.intercepts, strict=True)
        parameters = np.concatenate([a.ravel() for pair in pairs for a in pair])
        code = ["identity", "logistic", "tanh", "relu"].index(self.net.activation)
        n_chunks, n_hidden = -(-len(self.X) // CHUNK_ROWS), len(self.constants)
        slots = (
            np.zeros((n_chunks, self.sizes[-1])),
            np.zeros((n_chunks, n_hidden, self.sizes[-1])),
            np.zeros((n_chunks, n_hidden), np.int64),
            np.zeros((n_chunks, n_hidden), np.int64),
        )
        _parallel.run(
            twins, self.X, self.y, self.weight, parameters, self.sizes, code, self.constants,
            self.swept, *slots,
        )  # fmt: skip
        return slots

    def expected(self):
        """What `counted` should be, chunk by chunk."""
        classes = np.arange(self.sizes[-1])
        predicted = [oracle.labels(self.net, self.X, classes)]
        for neuron, constant in zip(self.net.neurons, self.constants, strict=True):
            predicted.append(oracle.labels(self.net, self.X, classes, {neuron: constant}))
        right = [p == self.y for p in predicted]
        starts = range(0, len(self.X), CHUNK_ROWS)
        chunks = [slice(start, start + CHUNK_ROWS) for start in starts]

        def per_class(r, rows):
            return [self.weight[rows][r[rows] & (self.y[rows] == c)].sum() for c in classes]

        hits = np.array([per_class(right[0], rows) for rows in chunks])
        without = np.array([[per_class(r, rows) for r in right[1:]] for rows in chunks])
        fixed = [[np.sum(r[rows] & ~right[0][rows]) for r in right[1:]] for rows in chunks]
        broken = [[np.sum(~r[rows] & right[0][rows]) for r in right[1:]] for rows in chunks]
        return hits, without - hits[:, None, :], np.array(fixed), np.array(broken)


def assert_counts_equal(actual, expected):
    for name, a, e in zip(
        ("hits", "changes", "n_fixed", "n_broken"), actual, expected, strict=True
    ):
        assert_array_equal(a, e, err_msg=name)


@pytest.mark.parametrize("hidden", DEPTHS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_counts_match_the_oracle(activation, hidden):
    problem = Problem(hidden, activation)
    assert_counts_equal(problem.counted(), problem.expected())


@deterministic(max_examples=60)
@given(
    hidden=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    activation=st.sampled_from(["relu", "identity"]),
    dtype=st.sampled_from([np.float32, np.float64]),
    n_classes=st.integers(1, 4),
    binary=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_ties_go_to_the_first_class_in_both_precisions(
    hidden, activation, dtype, n_classes, binary, seed
):
    problem = Problem(
        hidden, activation, dtype=dtype, n_classes=n_classes, binary=binary, dyadic=True, seed=seed
    )
    assert_counts_equal(problem.counted(), problem.expected())


@pytest.mark.parametrize("n_rows", [1, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1, 600])
def test_every_chunk_has_its_own_slot(n_rows):
    problem = Problem((3, 2), n_rows=n_rows)
    assert_counts_equal(problem.counted(), problem.expected())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("hidden", DEPTHS[:3])
def test_twins_have_the_same_bits(hidden, dtype):
    problem = Problem(hidden, "logistic", n_rows=600, dtype=dtype)
    problem.weight = np.random.default_rng(0).random(600)
    assert_counts_equal(problem.counted(count_changes), problem.counted(SERIAL))


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
def test_bits_do_not_depend_on_the_number_of_threads():
    problem = Problem((4,), "tanh", n_rows=600)
    problem.weight = np.random.default_rng(0).random(600)
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = problem.counted(count_changes)
        numba.set_num_threads(2)
        two = problem.counted(count_changes)
    finally:
        numba.set_num_threads(before)
    assert_counts_equal(two, one)


def test_neurons_that_are_not_swept_keep_their_zeros():
    problem = Problem((3, 2), "tanh", n_rows=60)
    problem.swept = np.array([True, False, True, False, True])
    hits, changes, n_fixed, n_broken = problem.expected()
    for slots in (changes, n_fixed, n_broken):
        assert slots[:, ~problem.swept].any()
        slots[:, ~problem.swept] = 0
    assert_counts_equal(problem.counted(), (hits, changes, n_fixed, n_broken))


def test_fractional_weights():
    problem = Problem((3, 2))
    problem.weight = np.random.default_rng(0).random(len(problem.X))
    for actual, expected in zip(problem.counted(), problem.expected(), strict=True):
        assert_allclose(actual, expected, rtol=1e-12, atol=1e-12)


def test_a_single_class_is_always_right():
    problem = Problem((3,), n_classes=1)
    hits, changes, n_fixed, n_broken = problem.counted()
    assert hits.sum() == problem.weight.sum()
    assert not changes.any()
    assert not n_fixed.any()
    assert not n_broken.any()


@pytest.mark.parametrize("hidden", DEPTHS)
def test_a_neuron_replaced_by_its_constant_activation_changes_nothing(hidden):
    problem = Problem(hidden, "tanh")
    problem.net.coefs[0][:, 0] = 0  # the first neuron's activation is tanh(bias)
    problem.constants[0] = np.tanh(problem.net.intercepts[0][0])
    _, changes, n_fixed, n_broken = problem.counted()
    assert not changes[:, 0].any()
    assert n_fixed[:, 0].sum() == n_broken[:, 0].sum() == 0


def test_inputs_are_not_written_to():
    problem = Problem((3, 2))
    inputs = (problem.X, problem.y, problem.weight, problem.constants, problem.swept)
    before = [a.copy() for a in inputs]
    problem.counted()
    for a, copy in zip(inputs, before, strict=True):
        assert_array_equal(a, copy)
