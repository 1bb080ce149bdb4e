"""Tests of skneuron.kernels.judge against scikit-learn's metrics and row-by-row Python."""

import numba
import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import deterministic
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import xlogy
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    log_loss,
    mean_poisson_deviance,
    mean_squared_error,
)

from skneuron import _parallel
from skneuron.kernels._jit import Twins
from skneuron.kernels.forward import CHUNK_ROWS
from skneuron.kernels.judge import (
    LABEL,
    MULTILABEL,
    POISSON,
    SQUARED,
    Before,
    Changes,
    Truth,
    judge,
    judge_whole,
    make_scratch,
)

SERIAL = Twins(judge_whole.serial, judge_whole.serial)
TASKS = [LABEL, MULTILABEL, SQUARED, POISSON]
REGRESSION = [SQUARED, POISSON]
DTYPES = [np.float32, np.float64]
OUT_ACTIVATIONS = {SQUARED: "identity", POISSON: "exp"}
TOLERANCE = {np.float32: {"rtol": 1e-5, "atol": 1e-5}, np.float64: {"rtol": 1e-12, "atol": 1e-12}}

each_task = pytest.mark.parametrize("task", TASKS)
each_dtype = pytest.mark.parametrize("dtype", DTYPES)


class Problem:
    """Outputs before and after a removal, (rows, outputs), and what they should be."""

    def __init__(
        self, task, dtype=np.float64, *, n_rows=40, n_outputs=3, weighted=True, dyadic=False,
        z=None, seed=0,
    ):  # fmt: skip
        rng = np.random.default_rng(seed)

        def draw():
            shape = (n_rows, n_outputs)
            z = rng.integers(-2, 3, shape) / 4 if dyadic else rng.normal(size=shape)
            return z.astype(dtype)

        self.task, self.dtype, self.rng = task, dtype, rng
        self.n_rows, self.n_outputs = n_rows, n_outputs
        self.z, self.new = draw() if z is None else z, draw()
        codes, targets = np.zeros(0, np.int32), rng.normal(size=(n_rows, n_outputs))
        if task == LABEL:
            codes, targets = rng.integers(n_outputs, size=n_rows), np.zeros((0, n_outputs))
        elif task == MULTILABEL:
            targets = np.where(rng.random(targets.shape) < 0.8, self.z > 0, targets > 0)
        elif task == POISSON:
            targets = rng.poisson(1.0, targets.shape)
        weights = rng.integers(0, 4, n_rows) if weighted else []
        self.truth = Truth(
            task, codes.astype(np.int32), targets.astype(np.float64), np.array(weights, float)
        )

    # ---- the kernels' answers

    def whole(self, *, squares=True, twins=SERIAL, fill=0.0):
        """`Before`, from outputs in chunks whose last one is filled up."""
        n_chunks = -(-self.n_rows // CHUNK_ROWS)
        n_squares = self.n_rows if self.task in REGRESSION and squares else 0
        rows = np.full((n_chunks * CHUNK_ROWS, 2 + self.n_outputs), np.nan, self.dtype)
        rows[:, 2:] = fill
        rows[: self.n_rows, 2:] = self.z  # hidden units come before the outputs
        chunks = rows.reshape(n_chunks, CHUNK_ROWS, -1).transpose(0, 2, 1)
        before = Before(
            np.full(self.n_rows, -1, np.int32),
            np.full(self.n_rows, np.nan, self.dtype),
            np.full((n_squares, self.n_outputs), np.nan),
        )
        inputs = np.ascontiguousarray(chunks)
        _parallel.run(twins, inputs, self.n_outputs, *self.truth, *before)
        if self.task in REGRESSION:
            before.predicted[:] = 0  # whatever it is: there is nothing to predict right
        return before

    def zeros(self, n=1, *, cells=True, losses=True, squares=True):
        """`Changes` with everything that belongs to the task."""
        n_kinds = self.n_outputs if self.task == LABEL else 1
        n_cells = n if self.task == LABEL and cells else 0
        n_squares = n if self.task in REGRESSION and squares else 0
        return Changes(
            n_fixed=np.zeros(n, np.int64),
            n_broken=np.zeros(n, np.int64),
            hits=np.zeros((n, n_kinds)),
            cells=np.zeros((n_cells, self.n_outputs, self.n_outputs), np.int32),
            weighted_cells=np.zeros((n_cells, self.n_outputs, self.n_outputs)),
            losses=np.zeros((n if losses else 0, 3)),
            squares=np.zeros((n_squares, self.n_outputs)),
        )

    def judged(self, rows=None, changes=None, at=0, *, before=None, garbage=0.0, n_garbage=0):
        """`Changes`, if some rows get the new outputs; all by default."""
        rows = np.arange(self.n_rows) if rows is None else np.asarray(rows, int)
        changes = self.zeros() if changes is None else changes
        before = self.whole() if before is None else before
        z = np.full((self.n_outputs, len(rows) + n_garbage), garbage, self.dtype)
        z[:, : len(rows)] = self.new[rows].T
        names = np.full(CHUNK_ROWS, 10**9, np.uint64)  # only as many as there are rows count
        names[: len(rows)] = rows
        judge(self.truth, before, changes, at, z, len(rows), names, make_scratch(z))
        return changes

    # ---- the obvious answers

    def predicted(self, z):
        if self.task == LABEL:
            return [list(row).index(max(row)) for row in z]  # the first of several
        if self.task == MULTILABEL:
            wanted = self.truth.targets > 0
            return [int(list(row > 0) == list(t)) for row, t in zip(z, wanted, strict=True)]
        return [0] * len(z)

    def losses(self, z):
        """Of every row; probabilities are kept from 0 and 1, as in the precision of the kernel."""
        z, y, eps = z.astype(np.float64), self.truth.targets, np.finfo(self.dtype).eps
        if self.task == SQUARED:
            return np.mean((z - y) ** 2, axis=1)
        if self.task == POISSON:
            p = np.exp(z)
            return np.mean(2 * (xlogy(y, y / p) - y + p), axis=1)
        if self.task == LABEL:
            chances = oracle.apply("softmax", z)[np.arange(len(z)), self.truth.codes][:, None]
        else:
            chances = oracle.apply("logistic", np.where(y > 0, z, -z))
        return -np.log(np.clip(chances, eps, 1 - eps)).sum(axis=1)

    def squares(self, z):
        p = oracle.apply(OUT_ACTIVATIONS[self.task], z.astype(np.float64))
        return (p - self.truth.targets) ** 2

    def expected(self, rows=None):
        changes = self.zeros()
        z = self.z.copy()
        rows = np.arange(self.n_rows) if rows is None else rows
        z[rows] = self.new[rows]
        old_and_new = zip(self.predicted(self.z), self.predicted(z), strict=True)
        d = self.losses(z) - self.losses(self.z)
        numbers = self.task in REGRESSION
        d_squares = self.squares(z) - self.squares(self.z) if numbers else None
        for i, (old, new) in enumerate(old_and_new):
            w = ([*self.truth.weights] or [1.0] * self.n_rows)[i]
            right, kind = 1, 0
            if self.task == LABEL:
                right = kind = self.truth.codes[i]
                changes.cells[0, right, old] -= 1
                changes.cells[0, right, new] += 1
                changes.weighted_cells[0, right, old] -= w
                changes.weighted_cells[0, right, new] += w
            if self.task in (LABEL, MULTILABEL):
                changes.n_fixed[0] += new == right and old != right
                changes.n_broken[0] += new != right and old == right
                changes.hits[0, kind] += w * (int(new == right) - int(old == right))
            changes.losses[0] += w * d[i], w**2 * d[i], w**2 * d[i] ** 2
            if numbers:
                changes.squares[0] += w * d_squares[i]
        return changes


def assert_same_changes(actual, expected, dtype=None):
    """Sums of losses to rounding, or exactly if ``dtype`` is None; counts always exactly."""
    for name, a, e in zip(Changes._fields, actual, expected, strict=True):
        if dtype is not None and name in ("losses", "squares"):
            tolerance = {key: 20 * value for key, value in TOLERANCE[dtype].items()}
            assert_allclose(a, e, **tolerance, err_msg=name)
        else:
            assert_array_equal(a, e, err_msg=name)


def assert_same_bits(actual, expected):
    for name, a, e in zip(type(actual)._fields, actual, expected, strict=True):
        assert a.tobytes() == e.tobytes(), name


# ---- judge_whole


@each_dtype
@each_task
@pytest.mark.parametrize("n_outputs", [1, 2, 3, 6])
def test_whole_network(task, dtype, n_outputs):
    problem = Problem(task, dtype, n_outputs=n_outputs)
    before = problem.whole()
    if task in REGRESSION:
        assert_allclose(before.squares, problem.squares(problem.z), **TOLERANCE[dtype])
    assert_array_equal(before.predicted, problem.predicted(problem.z))
    assert_allclose(before.losses, problem.losses(problem.z), **TOLERANCE[dtype])


@each_dtype
def test_log_loss_is_that_of_scikit_learn(dtype):
    problem = Problem(LABEL, dtype, n_rows=100)
    problem.z *= 20  # so that some probabilities are kept from 0 and 1
    losses = problem.whole().losses
    p = oracle.apply("softmax", problem.z.astype(np.float64)).astype(dtype)
    classes = np.arange(3)
    for i, code in enumerate(problem.truth.codes):
        expected = log_loss([code], p[i : i + 1], labels=classes)
        assert_allclose(losses[i], expected, **TOLERANCE[dtype])
    eps = np.finfo(dtype).eps
    assert losses.min() == eps
    assert losses.max() == -np.log(eps)


@each_dtype
def test_scores_of_labels_are_those_of_scikit_learn(dtype):
    problem = Problem(LABEL, dtype)
    before, y, weights = problem.whole(), problem.truth.codes, problem.truth.weights
    new, change = np.argmax(problem.new, axis=1), problem.judged()
    assert_array_equal(before.predicted, np.argmax(problem.z, axis=1))

    def matrices(sample_weight):
        of = {"labels": np.arange(3), "sample_weight": sample_weight}
        old_matrix = confusion_matrix(y, before.predicted, **of)
        return confusion_matrix(y, new, **of) - old_matrix

    assert_array_equal(change.cells[0], matrices(None))
    assert_array_equal(change.weighted_cells[0], matrices(weights))
    assert_array_equal(change.hits[0], np.diag(matrices(weights)))
    gain = accuracy_score(y, new) - accuracy_score(y, before.predicted)
    assert_allclose((change.n_fixed[0] - change.n_broken[0]) / len(y), gain, rtol=1e-12)
    assert change.n_fixed[0] > 0 < change.n_broken[0]


@each_dtype
def test_a_row_of_several_labels_is_right_if_all_are(dtype):
    problem = Problem(MULTILABEL, dtype)
    y, weights = problem.truth.targets.astype(int), problem.truth.weights
    right = problem.whole().predicted
    assert 0 < right.sum() < len(right)
    assert right.mean() == accuracy_score(y, (problem.z > 0).astype(int))
    gain = [
        accuracy_score(y, (z > 0).astype(int), sample_weight=weights, normalize=False)
        for z in (problem.new, problem.z)
    ]
    assert problem.judged().hits.tolist() == [[gain[0] - gain[1]]]


@each_dtype
def test_losses_of_several_labels_are_kept_finite(dtype):
    problem = Problem(MULTILABEL, dtype, n_rows=4, n_outputs=1)
    problem.z[:, 0] = [900, -900, 900, -900]
    problem.truth.targets[:, 0] = [1, 1, 0, 0]
    eps = np.finfo(dtype).eps
    assert problem.whole().losses.tolist() == [eps, -np.log(eps), -np.log(eps), eps]


@each_dtype
def test_losses_of_regressions_are_those_of_scikit_learn(dtype):
    for task, metric in [(SQUARED, mean_squared_error), (POISSON, mean_poisson_deviance)]:
        problem = Problem(task, dtype)
        p = oracle.apply(OUT_ACTIVATIONS[task], problem.z.astype(np.float64))
        before = problem.whole()
        pairs = zip(problem.truth.targets.T, p.T, strict=True)
        expected = np.mean([metric(y, q) for y, q in pairs])
        assert_allclose(before.losses.mean(), expected, **TOLERANCE[dtype])
        by_output = mean_squared_error(problem.truth.targets, p, multioutput="raw_values")
        assert_allclose(before.squares.mean(axis=0), by_output, **TOLERANCE[dtype])


def test_a_deviance_of_zero():
    problem = Problem(POISSON, n_rows=3, n_outputs=1)
    problem.z[:, 0] = np.log([1, 2, 1e-300])
    problem.truth.targets[:, 0] = [1, 2, 0]  # 0 * log(0) counts as 0
    assert_allclose(problem.whole().losses, 0, atol=1e-15)


@pytest.mark.parametrize("n_rows", [1, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1, 600])
@each_task
def test_every_row_is_judged_whatever_its_chunk(task, n_rows):
    problem = Problem(task, n_rows=n_rows)
    before = problem.whole()
    assert_same_bits(problem.whole(twins=judge_whole), before)
    assert_array_equal(before.predicted, problem.predicted(problem.z))
    assert_allclose(before.losses, problem.losses(problem.z), **TOLERANCE[np.float64])
    if task in REGRESSION:
        assert_allclose(before.squares, problem.squares(problem.z), **TOLERANCE[np.float64])


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
@each_task
def test_bits_do_not_depend_on_the_number_of_threads(task):
    problem, results = Problem(task, np.float32, n_rows=700), []
    n_threads = numba.get_num_threads()
    try:
        for n in (1, 2):
            numba.set_num_threads(n)
            results.append(problem.whole(twins=judge_whole))
    finally:
        numba.set_num_threads(n_threads)
    assert_same_bits(*results)


@each_task
@pytest.mark.parametrize("garbage", [np.nan, 1e30, -1e30])
def test_what_fills_the_last_chunk_does_not_matter(task, garbage):
    problem = Problem(task, np.float32, n_rows=37)
    assert_same_bits(problem.whole(fill=garbage), problem.whole())


@pytest.mark.parametrize("task", REGRESSION)
def test_squared_errors_only_if_wanted(task):
    problem = Problem(task)
    with_squares, without = problem.whole(), problem.whole(squares=False)
    assert without.squares.shape == (0, 3)
    assert_array_equal(without.predicted, with_squares.predicted)
    assert_array_equal(without.losses, with_squares.losses)


# ---- judge


@each_dtype
@each_task
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_outputs", [1, 2, 3, 6])
def test_changes(task, dtype, weighted, n_outputs):
    problem = Problem(task, dtype, weighted=weighted, n_outputs=n_outputs)
    assert_same_changes(problem.judged(), problem.expected(), dtype)


@deterministic(max_examples=50)
@given(
    task=st.sampled_from(TASKS),
    dtype=st.sampled_from(DTYPES),
    weighted=st.booleans(),
    n_rows=st.integers(1, 60),
    n_outputs=st.integers(1, 7),
    dyadic=st.booleans(),
    n_garbage=st.integers(0, 40),
    seed=st.integers(0, 10**6),
)
def test_changes_of_some_rows(task, dtype, n_rows, n_garbage, seed, **kind):
    """Only rows that are named change, and columns beyond them have no influence."""
    problem = Problem(task, dtype, n_rows=n_rows, seed=seed, **kind)
    rows = np.flatnonzero(problem.rng.random(n_rows) < 0.5)
    changes = problem.judged(rows, garbage=1e30, n_garbage=n_garbage)
    assert_same_changes(changes, problem.expected(rows), dtype)


@each_dtype
@each_task
def test_bits_do_not_depend_on_the_columns_beyond_the_rows(task, dtype):
    problem = Problem(task, dtype)
    rows = np.arange(0, 40, 3)
    alone = problem.judged(rows)
    for n_garbage in (1, 18, 200):
        for garbage in (np.nan, 1e30, -1e30):
            changes = problem.judged(rows, garbage=garbage, n_garbage=n_garbage)
            assert_same_bits(changes, alone)


@each_dtype
@each_task
def test_bits_do_not_depend_on_the_rows_that_are_judged_together(task, dtype):
    problem, row_by_row = Problem(task, dtype), Problem(task, dtype).zeros()
    before = problem.whole()
    for row in range(problem.n_rows):
        problem.judged([row], row_by_row, before=before)
    assert_same_bits(problem.judged(), row_by_row)


@each_dtype
@each_task
def test_the_same_outputs_change_nothing_at_all(task, dtype):
    """Not even the last bit of a loss."""
    problem = Problem(task, dtype)
    problem.new = problem.z
    for rows in (None, [0], np.arange(3, 36)):
        for name, array in zip(Changes._fields, problem.judged(rows), strict=True):
            assert not array.any(), name


@each_task
def test_no_rows(task):
    problem = Problem(task)
    for array in problem.judged([], n_garbage=32):
        assert not array.any()


@each_task
def test_changes_are_added_to_one_removal(task):
    problem, changes = Problem(task), Problem(task).zeros(3)
    expected = problem.expected()
    for k, array in enumerate(changes):
        array += np.arange(array.size, dtype=array.dtype).reshape(array.shape) + k
    before = [array.copy() for array in changes]
    problem.judged(changes=changes, at=1)
    for name, new, old, added in zip(Changes._fields, changes, before, expected, strict=True):
        if len(new):
            assert_allclose(new[1], old[1] + added[0], rtol=1e-12, err_msg=name)
        assert_array_equal(new[::2], old[::2], err_msg=name)


@each_task
@pytest.mark.parametrize("weighted", [False, True])
def test_what_is_not_wanted_is_skipped(task, weighted):
    problem = Problem(task, weighted=weighted)
    full = problem.judged()
    empty = problem.judged(changes=problem.zeros(cells=False, losses=False, squares=False))
    for name in ("n_fixed", "n_broken", "hits"):
        assert_array_equal(getattr(empty, name), getattr(full, name), err_msg=name)
    for name in ("cells", "weighted_cells", "losses", "squares"):
        assert getattr(empty, name).size == 0
    without_losses = problem.judged(changes=problem.zeros(losses=False))
    assert_same_bits(without_losses, full._replace(losses=np.zeros((0, 3))))


@each_task
def test_weights_of_one_are_no_weights(task):
    problem = Problem(task, weighted=False)
    plain = problem.judged()
    problem.truth = problem.truth._replace(weights=np.ones(problem.n_rows))
    assert_same_bits(problem.judged(), plain)


@each_task
def test_rows_without_weight_count_only_in_numbers_of_rows(task):
    problem = Problem(task)
    problem.truth.weights[:] = 0
    changes = problem.judged()
    for name in ("hits", "weighted_cells", "losses", "squares"):
        assert not getattr(changes, name).any(), name
    assert changes.n_fixed[0] == problem.expected().n_fixed[0]
    assert (changes.n_fixed[0] > 0) == (task in (LABEL, MULTILABEL))


@each_dtype
@pytest.mark.parametrize("weighted", [False, True])
def test_a_single_class_is_always_right(dtype, weighted):
    problem = Problem(LABEL, dtype, n_outputs=1, weighted=weighted)
    before = problem.whole()
    assert not before.predicted.any()
    assert (before.losses == np.finfo(dtype).eps).all()
    for name, array in zip(Changes._fields, problem.judged(), strict=True):
        assert not array.any(), name


@each_dtype
@pytest.mark.parametrize("n_outputs", range(1, 9))
def test_the_first_of_equal_outputs_wins(dtype, n_outputs):
    problem = Problem(LABEL, dtype, n_rows=200, n_outputs=n_outputs, dyadic=True)
    ties = [np.sum(row == row.max()) > 1 for row in problem.z]
    assert any(ties) == (n_outputs > 1)
    assert_array_equal(problem.whole().predicted, np.argmax(problem.z, axis=1))
    assert_same_changes(problem.judged(), problem.expected(), dtype)


@each_dtype
def test_an_output_of_zero_says_that_the_label_is_not_there(dtype):
    problem = Problem(MULTILABEL, dtype, n_rows=200, n_outputs=2, dyadic=True)
    assert (problem.z == 0).any()
    problem.truth.targets[:] = problem.z > 0
    assert problem.whole().predicted.all()
    assert_same_changes(problem.judged(), problem.expected(), dtype)


@each_task
def test_nothing_but_the_changes_is_written_to(task):
    problem = Problem(task)
    before = problem.whole()
    inputs = [problem.new, *problem.truth[1:], *before]
    copies = [array.copy() for array in inputs]
    problem.judged(before=before)
    for array, copy in zip(inputs, copies, strict=True):
        assert_array_equal(array, copy)
