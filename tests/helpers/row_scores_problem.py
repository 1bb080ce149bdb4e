"""Outputs before and after a removal, and what they mean by scikit-learn's metrics and Python."""

import numpy as np
import pytest
from helpers import oracle
from helpers.leaves import callable_from_python, serial_only
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import xlogy

from skneuron.kernels.ablation import row_scores
from skneuron.kernels.ablation.row_scores import (
    LABEL,
    MULTILABEL,
    POISSON_REGRESSION,
    REGRESSION,
    Before,
    Changes,
    Truth,
    score_full_network,
)
from skneuron.kernels.forward import CHUNK_ROWS
from skneuron.utils import _threads

add_changes = callable_from_python(row_scores.add_changes)
make_scoring_workspace = callable_from_python(row_scores.make_scoring_workspace)
SERIAL = serial_only(score_full_network)
TASKS = [LABEL, MULTILABEL, REGRESSION, POISSON_REGRESSION]
REGRESSIONS = [REGRESSION, POISSON_REGRESSION]
DTYPES = [np.float32, np.float64]
OUT_ACTIVATIONS = {REGRESSION: "identity", POISSON_REGRESSION: "exp"}
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
        elif task == POISSON_REGRESSION:
            targets = rng.poisson(1.0, targets.shape)
        weights = rng.integers(0, 4, n_rows) if weighted else []
        self.truth = Truth(
            task, codes.astype(np.int32), targets.astype(np.float64), np.array(weights, float)
        )

    # ---- the kernels' answers

    def full(self, *, squares=True, kernel=SERIAL, fill=0.0):
        """`Before`, from outputs in chunks whose last one is filled up."""
        n_chunks = -(-self.n_rows // CHUNK_ROWS)
        n_squares = self.n_rows if self.task in REGRESSIONS and squares else 0
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
        _threads.run_kernel(kernel, inputs, self.n_outputs, *self.truth, *before)
        if self.task in REGRESSIONS:
            before.predicted[:] = 0  # whatever it is: there is nothing to predict right
        return before

    def zeros(self, n=1, *, cells=True, losses=True, squares=True):
        """`Changes` with everything that belongs to the task."""
        n_kinds = self.n_outputs if self.task == LABEL else 1
        n_cells = n if self.task == LABEL and cells else 0
        n_squares = n if self.task in REGRESSIONS and squares else 0
        return Changes(
            n_fixed=np.zeros(n, np.int64),
            n_broken=np.zeros(n, np.int64),
            hits=np.zeros((n, n_kinds)),
            cells=np.zeros((n_cells, self.n_outputs, self.n_outputs), np.int32),
            weighted_cells=np.zeros((n_cells, self.n_outputs, self.n_outputs)),
            losses=np.zeros((n if losses else 0, 3)),
            squares=np.zeros((n_squares, self.n_outputs)),
        )

    def scored(self, rows=None, changes=None, at=0, *, before=None, garbage=0.0, n_garbage=0):
        """`Changes`, if some rows get the new outputs; all by default."""
        rows = np.arange(self.n_rows) if rows is None else np.asarray(rows, int)
        changes = self.zeros() if changes is None else changes
        before = self.full() if before is None else before
        z = np.full((self.n_outputs, len(rows) + n_garbage), garbage, self.dtype)
        z[:, : len(rows)] = self.new[rows].T
        names = np.full(CHUNK_ROWS, 10**9, np.uint64)  # only as many as there are rows count
        names[: len(rows)] = rows
        add_changes(
            self.truth, before, changes, at, z, len(rows), names, make_scoring_workspace(z)
        )
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
        if self.task == REGRESSION:
            return np.mean((z - y) ** 2, axis=1)
        if self.task == POISSON_REGRESSION:
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
        numbers = self.task in REGRESSIONS
        d_squares = self.squares(z) - self.squares(self.z) if numbers else None
        for i, (old, new) in enumerate(old_and_new):
            w = ([*self.truth.sample_weight] or [1.0] * self.n_rows)[i]
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
