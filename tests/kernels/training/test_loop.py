"""Tests of skneuron.kernels.training.loop against the oracle, on plain arrays."""

from itertools import pairwise

import numba
import numpy as np
import pytest
from helpers import oracle
from helpers.leaves import callable_from_python
from helpers.networks import ACTIVATIONS, deterministic
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skneuron.kernels._tile import TILE_ROWS
from skneuron.kernels.forward import ACTIVATION_CODES
from skneuron.kernels.training import dropout as dropout_kernels
from skneuron.kernels.training import loop
from skneuron.kernels.training.buffers import Settings, make_layout, make_state, make_workspace
from skneuron.kernels.training.loop import train
from skneuron.kernels.training.losses import OUTPUT_CODES
from skneuron.kernels.training.optimizers import N_MOMENTS, OPTIMIZER_CODES
from skneuron.neural_network._trainer import _rows, parameter_views

drop = callable_from_python(dropout_kernels.drop)
first_at_least = callable_from_python(loop._first_at_least)
part_bounds = callable_from_python(loop._part_bounds)

# Without the compiler NumPy warns of the overflow that dropout's random numbers are made of.

needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT),
    reason="NUMBA_DISABLE_JIT=1: the sums are in BLAS's order, and there are no threads",
)

OUTPUTS = list(OUTPUT_CODES)
# The types of X and of the parameters.
DTYPES = [(np.float64, np.float64), (np.float32, np.float32), (np.float32, np.float64)]
TOLERANCE = {np.float32: {"rtol": 1e-4, "atol": 2e-5}, np.float64: {"rtol": 1e-9, "atol": 1e-11}}

SGD = {"learning_rate": 0.1, "momentum": 0.9}
ADAM = {"learning_rate": 0.02, "beta_1": 0.9, "beta_2": 0.99, "epsilon": 1e-6}
OPTIMIZERS = {
    "sgd": ("sgd", SGD | {"nesterov": False}, oracle.sgd),
    "nesterov": ("sgd", SGD | {"nesterov": True}, oracle.sgd),
    "adam": ("adam", ADAM, oracle.adam),
}


class Problem:
    """A random network with random samples, and what the kernel makes of them."""

    def __init__(
        self, hidden=(9, 4), activation="tanh", output="softmax", *, n=37, n_features=6,
        n_outputs=3, dtypes=DTYPES[0], csr=False, weighted=False, alpha=0.1, seed=0,
    ):  # fmt: skip
        rng = np.random.default_rng(seed)
        x_dtype, self.dtype = dtypes
        self.sizes = [n_features, *hidden, n_outputs]
        self.net = oracle.Net(
            [
                (rng.normal(size=s) / np.sqrt(s[0])).astype(self.dtype)
                for s in pairwise(self.sizes)
            ],
            [rng.normal(size=size).astype(self.dtype) / 2 for size in self.sizes[1:]],
            activation,
            output,
        )
        self.X = (rng.normal(size=(n, n_features)) * (rng.random((n, n_features)) < 0.6)).astype(
            x_dtype
        )
        self.y = {
            "identity": rng.normal(size=(n, n_outputs)),
            "softmax": np.eye(n_outputs)[rng.integers(n_outputs, size=n)],
            "logistic": rng.integers(0, 2, (n, n_outputs)),
            "exp": rng.poisson(1.0, (n, n_outputs)),
        }[output].astype(self.dtype)
        self.weight = rng.uniform(0.1, 2, n).astype(self.dtype) if weighted else None
        self.alpha = alpha
        X = sparse.csr_array(self.X) if csr else self.X
        self.rows = _rows(X, self.y, self.weight, self.dtype)
        self.order = rng.permutation(n)
        self.layout = make_layout(self.sizes, self.dtype)

    def run(
        self, solver="lbfgs", *, kernel=train.serial, batch_size=None, capacity=None, n_parts=1,
        counter=0, order=None, **settings,
    ):  # fmt: skip
        """The loss and the state after training, from the start, on the samples in order."""
        order = self.order if order is None else order
        batch_size = batch_size or len(order)
        state = make_state(self.layout, self.dtype, N_MOMENTS[solver])
        parameters = parameter_views(self.layout, state.parameters)
        for view, p in zip(parameters, self.net.coefs + self.net.intercepts, strict=True):
            view[...] = p
        settings = Settings(
            ACTIVATION_CODES[self.net.activation], OUTPUT_CODES[self.net.out_activation],
            OPTIMIZER_CODES[solver], self.alpha, **settings,
        )  # fmt: skip
        workspace = make_workspace(self.layout, self.dtype, capacity or batch_size, n_parts)
        for left_behind in (workspace.losses, workspace.squares, workspace.sums):
            left_behind[:] = np.nan
        loss = kernel(
            *self.rows, *self.layout, *state, *workspace, *settings,
            _frozen(order), batch_size, counter,
        )  # fmt: skip
        return loss / len(order), state

    def gradient(self, **options):
        loss, state = self.run(**options)
        return loss, [g.copy() for g in parameter_views(self.layout, state.gradient)]

    def expected(self, masks=None, order=None):
        order = self.order if order is None else order
        weight = None if self.weight is None else self.weight[order]
        return oracle.loss_and_gradient(
            self.net, self.X[order], self.y[order], weight, self.alpha, masks
        )

    def assert_gradient(self, result, expected):
        assert_allclose(result[0], expected[0], **TOLERANCE[self.dtype])
        for ours, theirs in zip(result[1], expected[1], strict=True):
            assert ours.dtype == self.dtype
            assert_allclose(ours, theirs, **TOLERANCE[self.dtype])


def _frozen(order):
    order = np.array(order, dtype=np.int64)
    order.flags.writeable = False
    return order


def assert_same_bits(first, second):
    assert first[0] == second[0]
    for name, a, b in zip(first[1]._fields, first[1], second[1], strict=True):
        assert_array_equal(a, b, err_msg=name)


@deterministic(max_examples=120)
@given(
    hidden=st.lists(st.integers(1, 20), max_size=3),
    activation=st.sampled_from(ACTIVATIONS),
    output=st.sampled_from(OUTPUTS),
    n=st.integers(1, 40),
    n_features=st.integers(1, 30),
    n_outputs=st.integers(1, 4),
    dtypes=st.sampled_from(DTYPES),
    csr=st.booleans(),
    weighted=st.booleans(),
    alpha=st.sampled_from([0.0, 0.3]),
    capacity=st.integers(1, 45),
    n_parts=st.integers(1, 16),
    seed=st.integers(0, 10**6),
)
def test_gradients_match_the_oracle(
    hidden, activation, output, n, n_features, n_outputs, dtypes, csr, weighted, alpha, capacity,
    n_parts, seed,
):  # fmt: skip
    problem = Problem(
        hidden, activation, output, n=n, n_features=n_features, n_outputs=n_outputs, dtypes=dtypes,
        csr=csr, weighted=weighted, alpha=alpha, seed=seed,
    )  # fmt: skip
    result = problem.gradient(capacity=capacity, n_parts=n_parts)
    problem.assert_gradient(result, problem.expected())


@pytest.mark.parametrize("output", OUTPUTS)
def test_the_oracle_is_scikit_learn(output):
    """One of its steps without momentum, of length 1, is its gradient."""
    problem = Problem((4, 3), "logistic", output)
    options = {
        "hidden_layer_sizes": (4, 3), "activation": "logistic", "solver": "sgd", "shuffle": False,
        "momentum": 0.0, "learning_rate_init": 1.0, "alpha": problem.alpha, "random_state": 0,
    }  # fmt: skip
    if output in ("identity", "exp"):
        options["loss"] = {"identity": "squared_error", "exp": "poisson"}[output]
        mlp = MLPRegressor(**options).partial_fit(problem.X, problem.y)
        before = MLPRegressor(**options | {"learning_rate_init": 1e-300})
        before.partial_fit(problem.X, problem.y)
    else:
        y = problem.y.argmax(axis=1) if output == "softmax" else problem.y
        mlp = MLPClassifier(**options).partial_fit(problem.X, y, classes=[0, 1, 2])
        before = MLPClassifier(**options | {"learning_rate_init": 1e-300})
        before.partial_fit(problem.X, y, classes=[0, 1, 2])
    problem.net = oracle.net_of(before)
    assert problem.net.out_activation == output
    loss, gradients = problem.expected(order=np.arange(37))
    assert_allclose(mlp.loss_, loss, rtol=1e-12)
    was, is_now = (m.coefs_ + m.intercepts_ for m in (before, mlp))
    for old, new, g in zip(was, is_now, gradients, strict=True):
        assert_allclose(old - new, g, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("csr", [False, True])
@pytest.mark.parametrize("dtypes", DTYPES)
@pytest.mark.parametrize("capacity", [1, 8, 10, 36, 37])
def test_blocks_smaller_than_the_batch_change_nothing_but_rounding(capacity, dtypes, csr):
    problem = Problem(weighted=True, dtypes=dtypes, csr=csr)
    at_once = problem.gradient()
    problem.assert_gradient(problem.gradient(capacity=capacity, n_parts=3), at_once)


@pytest.mark.parametrize("csr", [False, True])
@pytest.mark.parametrize("dtypes", DTYPES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_updates_match_the_oracle(name, dtypes, csr):
    """Over two epochs whose last batches are short."""
    solver, options, make_step = OPTIMIZERS[name]
    problem = Problem(weighted=True, dtypes=dtypes, csr=csr)
    order = np.concatenate([problem.order, problem.order[::-1]])[:53]
    batches = [order[start : start + 10] for start in range(0, 53, 10)]
    loss, state = problem.run(solver, order=order, batch_size=10, capacity=7, n_parts=2, **options)
    net, expected_loss = oracle.trained(
        problem.net, problem.X, problem.y, batches, make_step(**options), problem.weight,
        problem.alpha,
    )  # fmt: skip
    tolerance = {"rtol": 1e-3, "atol": 1e-4} if problem.dtype == np.float32 else {"rtol": 1e-8}
    assert_allclose(loss, expected_loss, **tolerance)
    parameters = parameter_views(problem.layout, state.parameters)
    for ours, theirs in zip(parameters, net.coefs + net.intercepts, strict=True):
        assert_allclose(ours, theirs, **tolerance)
    assert state.n_updates.tolist() == [len(batches)]


@needs_jit
@pytest.mark.parametrize("csr", [False, True])
@pytest.mark.parametrize("dtypes", DTYPES)
def test_threads_do_not_change_a_bit(dtypes, csr):
    solver, options, _ = OPTIMIZERS["adam"]
    for weighted, dropout in [(False, 0.0), (True, 0.4)]:
        problem = Problem(
            (40, 30), n=150, n_features=50, dtypes=dtypes, csr=csr, weighted=weighted
        )
        options = options | {
            "batch_size": 70, "capacity": 50, "n_parts": 8, "dropout": dropout,
            "dropout_key": np.uint64(3),
        }  # fmt: skip
        serial = problem.run(solver, **options)
        assert_same_bits(problem.run(solver, kernel=train.parallel, **options), serial)


@needs_jit
@pytest.mark.parametrize("csr", [False, True])
@pytest.mark.parametrize("dtypes", DTYPES)
def test_the_number_of_parts_does_not_change_the_bits_of_parameters(dtypes, csr):
    solver, options, _ = OPTIMIZERS["adam"]
    problem = Problem((25, 18), n=45, n_features=30, dtypes=dtypes, csr=csr, weighted=True)
    options = options | {"batch_size": 40, "dropout": 0.3, "dropout_key": np.uint64(1)}
    loss, one = problem.run(solver, **options)
    for n_parts in (2, 3, 8, 16):
        other_loss, other = problem.run(solver, n_parts=n_parts, **options)
        assert_allclose(other_loss, loss, rtol=1e-6 if problem.dtype == np.float32 else 1e-13)
        for name in ("parameters", "gradient", "first", "second"):
            assert_array_equal(getattr(other, name), getattr(one, name), err_msg=name)


@pytest.mark.parametrize("activation", ["logistic", "relu"])
@pytest.mark.parametrize("dtypes", DTYPES[:2])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_padding_stays_zero(name, dtypes, activation):
    solver, options, _ = OPTIMIZERS[name]
    for dropout in (0.0, 0.5):
        problem = Problem((9, 4), activation, dtypes=dtypes, weighted=True)
        _, state = problem.run(solver, batch_size=10, n_parts=3, dropout=dropout, **options)
        for flat in (state.parameters, state.gradient, state.first, state.second):
            is_padding = np.full(len(flat), 1)
            for view in parameter_views(problem.layout, is_padding) if len(flat) else ():
                view[...] = 0
            assert not flat[is_padding == 1].any()
            assert np.isfinite(flat).all()


def test_samples_of_weight_zero_do_not_count():
    problem = Problem(weighted=True, alpha=0.3)
    problem.weight[problem.order[:20]] = 0
    problem.rows = _rows(problem.X, problem.y, problem.weight, problem.dtype)
    problem.assert_gradient(problem.gradient(), problem.expected(order=problem.order[20:]))


def test_inputs_are_not_written_to():
    problem = Problem(weighted=True, csr=True)
    before = [array.copy() for array in (*problem.rows, *problem.layout)]
    problem.run("sgd", batch_size=10, **SGD)
    for array, copy in zip((*problem.rows, *problem.layout), before, strict=True):
        assert_array_equal(array, copy)


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize(("start", "stop"), [(0, 0), (3, 3), (0, 1), (2, 7), (0, 9), (8, 9)])
def test_the_search_among_sorted_indices_is_numpys(start, stop, dtype):
    numbers = np.array([1, 3, 3, 4, 7, 7, 7, 9, 20], dtype)
    for value in range(22):
        expected = start + np.searchsorted(numbers[start:stop], value)
        assert first_at_least(value, numbers, start, stop) == expected


@pytest.mark.parametrize("n_parts", [1, 2, 3, 16])
@pytest.mark.parametrize("n", [0, 1, TILE_ROWS, TILE_ROWS + 1, 100])
def test_parts_cover_all_rows_in_whole_tiles(n, n_parts):
    bounds = [part_bounds(n, part, n_parts) for part in range(n_parts)]
    assert (bounds[0][0], bounds[-1][1]) == (0, n)
    assert all(stop == start for (_, stop), (start, _) in pairwise(bounds))
    assert all(start % TILE_ROWS == 0 or start == n for start, _ in bounds)


def masks_of(problem, dropout, key, counter, n):
    """What dropout multiplies the hidden layers' activations with: `drop` itself, on ones."""
    counts_per_row = int(problem.layout.unit_starts[-1])
    settings = Settings(0, 0, 0, 0.0, dropout=dropout, dropout_key=key)
    masks = []
    for layer, size in enumerate(problem.net.sizes):
        masks.append(np.ones((n, size)))
        first = counter * counts_per_row + int(problem.layout.unit_starts[layer])
        drop(masks[-1], size, settings, first, counts_per_row)
    return masks


@pytest.mark.parametrize("dtypes", DTYPES)
@pytest.mark.parametrize("hidden", [(), (5,), (9, 4), (4, 3, 5)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_with_dropout_match_the_oracle(activation, hidden, dtypes):
    problem = Problem(hidden, activation, dtypes=dtypes, weighted=True)
    options = {"dropout": 0.4, "dropout_key": np.uint64(5), "counter": 1000}
    masks = masks_of(problem, 0.4, np.uint64(5), 1000, 37)
    assert all(0.2 < np.mean(mask == 0) < 0.6 for mask in masks)
    result = problem.gradient(capacity=15, n_parts=2, **options)
    problem.assert_gradient(result, problem.expected(masks))


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_gradients_are_the_derivatives_of_the_loss(dropout):
    problem = Problem((5, 4), weighted=True)
    options = {"dropout": dropout, "dropout_key": np.uint64(5), "counter": 7}
    _, gradients = problem.gradient(**options)
    parameters = problem.net.coefs + problem.net.intercepts
    for p, g in zip(parameters, gradients, strict=True):
        at, h = tuple(np.array(p.shape) // 2), 1e-5
        losses = []
        for step in (h, -2 * h):
            p[at] += step
            losses.append(problem.gradient(**options)[0])
        p[at] += h
        assert_allclose(g[at], (losses[0] - losses[1]) / (2 * h), rtol=1e-6, atol=1e-9)


def test_dropout_depends_on_key_and_counter_alone():
    problem = Problem()
    options = {"dropout": 0.5, "dropout_key": np.uint64(5), "counter": 100}
    first = problem.run(**options)
    assert_same_bits(problem.run(**options), first)
    for other in ({"dropout_key": np.uint64(6)}, {"counter": 101}):
        assert problem.run(**options | other)[0] != first[0]


def test_units_dropped_from_all_rows_have_no_gradient():
    problem = Problem((12,), "logistic", n=3, alpha=0.0)
    options = {"dropout": 0.7, "dropout_key": np.uint64(2), "counter": 3}
    _, (W, V, b, _) = problem.gradient(**options)
    gone = np.all(masks_of(problem, 0.7, np.uint64(2), 3, 3)[0] == 0, axis=0)
    assert 0 < gone.sum() < 12
    for g in (W, V.T, b):
        assert not g[..., gone].any()
        assert g[..., ~gone].any()


def test_dropout_keeps_the_expected_gradient_of_a_linear_network():
    """The output layer's biases, with the identity everywhere: linear in the masks."""
    problem = Problem((6,), "identity", "identity", n=8, alpha=0.0)
    _, without = problem.gradient()
    counters = range(0, 8 * 400, 8)
    options = {"dropout": 0.5, "dropout_key": np.uint64(9)}
    drawn = np.array([problem.gradient(counter=c, **options)[1][-1] for c in counters])
    error = drawn.std(axis=0) / np.sqrt(len(drawn))
    assert (np.abs(drawn.mean(axis=0) - without[-1]) < 4 * error).all()
