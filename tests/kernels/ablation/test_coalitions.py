"""Tests of skneuron.kernels.ablation.coalitions against the oracle, on plain arrays."""

from itertools import pairwise

import numba
import numpy as np
import pytest
from helpers import oracle
from helpers.leaves import serial_only
from helpers.networks import ACTIVATIONS, deterministic
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.kernels.ablation.coalitions import ablate_along_permutations
from skneuron.kernels.ablation.removal import forward_with_residuals
from skneuron.kernels.ablation.row_scores import LABEL, Before, Changes, score_full_network
from skneuron.kernels.forward import ACTIVATION_CODES, CHUNK_ROWS
from skneuron.utils import _threads

SERIAL = serial_only(ablate_along_permutations)
DEPTHS = [(5,), (4, 3), (3, 1, 4), (2, 3, 2, 3)]


class Problem:
    """Arguments of the kernel, made at random, and the oracle's answer."""

    def __init__(
        self, hidden, activation="relu", *, n_classes=3, n_rows=40, dtype=np.float64,
        dyadic=False, zero=False, layers=None, n_permutations=3, seed=0,
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
        layers = range(len(hidden)) if layers is None else layers
        self.is_player = np.isin(np.arange(len(hidden)), layers)
        by_unit = np.repeat(self.is_player, hidden)
        self.constants = draw(sum(hidden)) * by_unit * (not zero)
        players = np.flatnonzero(by_unit)
        self.permutations = np.array([rng.permutation(players) for _ in range(n_permutations)])
        self.X = draw(n_rows, 4)
        self.y = rng.integers(n_classes, size=n_rows).astype(np.int32)
        self.weight = rng.integers(1, 4, n_rows).astype(np.float64)

    def changes(self, kernel=SERIAL, *, weighted=True, permutations=None):
        """What the kernel finds."""
        permutations = self.permutations if permutations is None else permutations
        net, n_classes = self.net, int(self.sizes[-1])
        activation = ACTIVATION_CODES[net.activation]
        folded = [b.copy() for b in net.intercepts]
        constants = np.split(self.constants, np.cumsum(self.sizes[1:-1])[:-1])
        for layer, (c, is_player) in enumerate(zip(constants, self.is_player, strict=True)):
            folded[layer + 1] += c @ net.coefs[layer + 1] * is_player

        def flat(biases):
            pairs = zip(net.coefs, biases, strict=True)
            return np.concatenate([a.ravel() for pair in pairs for a in pair])

        dtype, n_rows, n_hidden = self.X.dtype, len(self.X), len(self.constants)
        n_chunks = -(-n_rows // CHUNK_ROWS)
        inputs = np.empty((n_chunks, n_hidden + n_classes, CHUNK_ROWS), dtype)
        residuals = np.empty((n_chunks, n_hidden, CHUNK_ROWS), dtype)
        _threads.run_kernel(
            forward_with_residuals, self.X, flat(net.intercepts), self.sizes,
            activation, self.X[:0, 0], self.constants, inputs, residuals,
        )  # fmt: skip
        truth = LABEL, self.y, np.zeros((0, n_classes)), self.weight[: n_rows * weighted]
        before = Before(
            np.zeros(n_rows, np.int32), np.empty(n_rows, dtype), np.empty((0, n_classes))
        )
        _threads.run_kernel(score_full_network, inputs, n_classes, *truth, *before)
        n = permutations.shape[0] * (permutations.shape[1] + 1)
        changes = Changes(
            np.zeros(n, np.int64),
            np.zeros(n, np.int64),
            np.zeros((n, n_classes)),
            np.zeros((n, n_classes, n_classes), np.int32),
            np.zeros((n * weighted, n_classes, n_classes)),
            np.zeros((n, 3)),
            np.zeros((0, n_classes)),
        )
        _threads.run_kernel(
            kernel, inputs, residuals, flat(folded), self.sizes, activation, self.is_player,
            self.constants, permutations, *truth, *before, *changes,
        )  # fmt: skip
        return changes

    def networks(self):
        """Logits of the full network, and of all those on the way."""
        full = oracle.logits(self.net, self.X)
        on_the_way = []
        for permutation in self.permutations:
            for t in range(len(permutation) + 1):
                gone = {self.net.neurons[u]: self.constants[u] for u in permutation[:t]}
                on_the_way.append(oracle.logits(self.net, self.X, gone))
        return full, on_the_way

    def assert_right(self, changes, *, losses=True):
        full, on_the_way = self.networks()
        rows, classes = np.arange(len(self.X)), np.arange(self.sizes[-1])

        def fare(logits):
            best = np.argmax(logits, axis=1)
            p = np.clip(oracle.apply("softmax", logits)[rows, self.y], 2.3e-16, 1)
            return best, -np.log(p)

        old, old_losses = fare(full)
        for at, logits in enumerate(on_the_way):
            new, new_losses = fare(logits)
            was, now = old == self.y, new == self.y
            assert changes.n_fixed[at] == np.sum(now & ~was)
            assert changes.n_broken[at] == np.sum(was & ~now)
            hits = [self.weight[now & (self.y == c)].sum() for c in classes]
            hits_before = [self.weight[was & (self.y == c)].sum() for c in classes]
            assert_array_equal(changes.hits[at], np.subtract(hits, hits_before))
            cells = np.zeros(changes.cells[at].shape)
            np.add.at(cells, (self.y, new), self.weight)
            np.add.at(cells, (self.y, old), -self.weight)
            assert_array_equal(changes.weighted_cells[at], cells)
            if losses:
                expected = self.weight @ (new_losses - old_losses)
                assert_allclose(changes.losses[at, 0], expected, rtol=1e-9, atol=1e-10)


def assert_same(actual, expected):
    for name, a, e in zip(Changes._fields, actual, expected, strict=True):
        assert_array_equal(a, e, err_msg=name)


@pytest.mark.parametrize("hidden", DEPTHS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_changes_match_the_oracle(activation, hidden):
    problem = Problem(hidden, activation)
    problem.assert_right(problem.changes())


@deterministic(max_examples=40)
@given(
    hidden=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    activation=st.sampled_from(["relu", "identity"]),
    dtype=st.sampled_from([np.float32, np.float64]),
    n_classes=st.integers(2, 4),
    zero=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_ties_go_to_the_first_class_in_both_precisions(
    hidden, activation, dtype, n_classes, zero, seed
):
    problem = Problem(
        hidden, activation, dtype=dtype, n_classes=n_classes, zero=zero, dyadic=True, seed=seed
    )
    problem.assert_right(problem.changes(), losses=dtype is np.float64)


@pytest.mark.parametrize("layers", [[0], [1], [2], [0, 1], [0, 2], [1, 2]])
def test_some_layers_stay(layers):
    problem = Problem((3, 2, 4), "tanh", layers=layers)
    problem.assert_right(problem.changes())


@pytest.mark.parametrize("n_rows", [1, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1])
def test_any_number_of_rows(n_rows):
    problem = Problem((3, 2), n_rows=n_rows, n_permutations=2)
    problem.assert_right(problem.changes())


def test_a_permutation_does_not_depend_on_the_others():
    problem = Problem((3, 2), "tanh")
    together = problem.changes()
    alone = [problem.changes(permutations=problem.permutations[[p]]) for p in range(3)]
    for name, sums in zip(Changes._fields, together, strict=True):
        assert_array_equal(sums, np.concatenate([getattr(one, name) for one in alone]), name)


def test_without_weights():
    problem = Problem((3, 2))
    problem.weight[:] = 1
    weighted, plain = problem.changes(), problem.changes(weighted=False)
    assert len(plain.weighted_cells) == 0
    assert_same(plain._replace(weighted_cells=weighted.weighted_cells), weighted)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_neurons_without_effect_change_no_bit(activation, dtype):
    problem = Problem((4, 3), activation, dtype=dtype, n_permutations=4)
    problem.net.coefs[1][2] = 0
    problem.net.coefs[2][1] = 0  # neuron 5 of all
    changes = problem.changes()
    if numba.config.DISABLE_JIT:
        return  # sums are in BLAS's order
    for p, permutation in enumerate(problem.permutations.tolist()):
        for neuron in (2, 5):
            at = p * (len(permutation) + 1) + permutation.index(neuron)
            for sums in (changes.hits, changes.losses):
                assert_array_equal(sums[at], sums[at + 1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("hidden", DEPTHS[:3])
def test_threads_do_not_change_a_bit(hidden, dtype, compiled):
    problem = Problem(hidden, "logistic", n_rows=600, dtype=dtype, n_permutations=7)
    problem.weight = np.random.default_rng(0).random(600)
    assert_same(problem.changes(ablate_along_permutations), problem.changes(SERIAL))


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
def test_bits_do_not_depend_on_the_number_of_threads(compiled):
    problem = Problem((4, 3), "tanh", n_rows=600, n_permutations=7)
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = problem.changes(ablate_along_permutations)
        numba.set_num_threads(2)
        two = problem.changes(ablate_along_permutations)
    finally:
        numba.set_num_threads(before)
    assert_same(two, one)


def test_inputs_are_not_written_to():
    problem = Problem((3, 2))
    inputs = (problem.X, problem.y, problem.weight, problem.constants, problem.permutations)
    before = [a.copy() for a in inputs]
    problem.changes()
    for a, copy in zip(inputs, before, strict=True):
        assert_array_equal(a, copy)
