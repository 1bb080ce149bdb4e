"""What a change of the outputs means: predictions that become right or wrong, and losses.

Outputs come as the output units' inputs, (outputs, width): as many columns as there are rows, and
some more to fill vectors, whose content does not matter. Tasks differ in what they are compared
with: ``codes``, the index of the output that should win, or ``targets``, a number for each.
"""

from typing import NamedTuple

import numpy as np
from numba import prange

from skneuron.kernels._jit import compiled, parallel_twins
from skneuron.kernels.ablation.removal import n_rows_of
from skneuron.kernels.elementary import exp, log
from skneuron.kernels.forward import CHUNK_ROWS

# One label a row, any number of labels, numbers, and numbers behind an exponential.
LABEL, MULTILABEL, REGRESSION, POISSON_REGRESSION = range(4)


class Truth(NamedTuple):
    """What the outputs should be, and what is compared."""

    task: int
    codes: np.ndarray  # (rows or 0,), int32
    targets: np.ndarray  # (rows or 0, outputs), float64
    weights: np.ndarray  # (rows or 0,), float64; empty if all rows count the same


class Before(NamedTuple):
    """How the rows fare in the whole network."""

    # (rows,), int32: the winning output, or 1 where all labels are right; only of these tasks
    predicted: np.ndarray
    losses: np.ndarray  # (rows,), dtype of the network
    squares: np.ndarray  # (rows or 0, outputs), float64: squared errors


class Changes(NamedTuple):
    """Sums over rows of what changes, by removal; from ``cells`` on, empty if not wanted."""

    n_fixed: np.ndarray  # (removals,), int64: rows that become right
    n_broken: np.ndarray  # (removals,), int64
    hits: np.ndarray  # (removals, classes or 1), float64: weight of the rows that are right
    cells: np.ndarray  # (removals, classes, classes), int32: rows by true and predicted class
    weighted_cells: np.ndarray  # (removals, classes, classes), float64
    # (removals, 3 or 4), float64: w * d, w**2 * d, w**2 * d**2, and w * e if that is wanted, where
    # d is the change of a row's loss and e that of exp(-loss), the probability of what is true
    losses: np.ndarray
    squares: np.ndarray  # (removals, outputs), float64


class RowWorkspace(NamedTuple):
    """Workspace for one number a row."""

    best: np.ndarray
    total: np.ndarray
    losses: np.ndarray
    predicted: np.ndarray  # int32
    changed: np.ndarray  # int64


@compiled
def make_row_workspace(like):
    """`RowWorkspace` for a chunk of rows."""
    return RowWorkspace(
        np.empty(CHUNK_ROWS, like.dtype),
        np.empty(CHUNK_ROWS, like.dtype),
        np.empty(CHUNK_ROWS, like.dtype),
        np.empty(CHUNK_ROWS, np.int32),
        np.empty(CHUNK_ROWS, np.int64),
    )


@compiled
def _winners(z, best, winner):
    """Every column's largest output and its index; of several, the first."""
    last = z.shape[0] - 1
    for i in range(z.shape[1]):
        best[i] = z[0, i]
        winner[i] = 0
    # Two outputs a turn: if it stored either the new or the old value, the compiler would store
    # under a mask, which takes some processors six times as long.
    for c in range(1, last + 1, 2):
        d = min(c + 1, last)
        for i in range(z.shape[1]):
            larger = z[c, i] > best[i]
            value = z[c, i] if larger else best[i]
            index = np.int32(c) if larger else winner[i]
            larger = z[d, i] > value
            best[i] = z[d, i] if larger else value
            winner[i] = np.int32(d) if larger else index


@compiled
def _all_right(z, n, rows, targets, right):
    """1 where every output is positive exactly if its label is there, else 0."""
    for i in range(n):
        right[i] = 1
    for c in range(z.shape[0]):
        for i in range(n):
            right[i] *= (z[c, i] > 0) == (targets[rows[i], c] > 0)


@compiled
def _log_losses(z, n, rows, codes, s):
    """-log of the probability that softmax gives to the right class; after `_winners`.

    Probabilities are kept between eps and 1 - eps, as scikit-learn does.
    """
    eps = z.dtype.type(np.finfo(z.dtype).eps)
    largest = -np.log(eps)
    width = z.shape[1]
    s.total[:width] = 0
    for c in range(z.shape[0]):
        for i in range(width):
            s.total[i] += exp(z[c, i] - s.best[i], z)
    for i in range(width):
        s.total[i] = s.best[i] + log(s.total[i], z)
    for i in range(n):
        loss = s.total[i] - z[codes[rows[i]], i]
        loss = eps if loss < eps else loss
        s.losses[i] = largest if loss > largest else loss


@compiled
def _binary_log_losses(z, n, rows, targets, s):
    """Sum over the outputs of -log of the probability of what is true, kept from 0 and 1."""
    real = z.dtype.type
    eps = real(np.finfo(z.dtype).eps)
    largest = -np.log(eps)
    s.losses[:n] = 0
    for c in range(z.shape[0]):
        for i in range(n):
            against = -z[c, i] if targets[rows[i], c] > 0 else z[c, i]
            loss = log(real(1) + exp(-abs(z[c, i]), z), z)
            loss += against if against > real(0) else real(0)
            loss = eps if loss < eps else loss
            s.losses[i] += largest if loss > largest else loss


@compiled
def _squared_errors(z, n, rows, targets, s):
    """Mean over the outputs of the squared error."""
    s.losses[:n] = 0
    n_outputs = z.shape[0]
    for c in range(n_outputs):
        for i in range(n):
            error = z[c, i] - targets[rows[i], c]
            s.losses[i] += error * error / n_outputs


@compiled
def _poisson_deviances(z, n, rows, targets, s):
    """Mean over the outputs of the Poisson deviance: the loss is half of it."""
    s.losses[:n] = 0
    n_outputs = z.shape[0]
    for c in range(n_outputs):
        for i in range(n):
            y = targets[rows[i], c]
            deviance = exp(z[c, i], z) - y
            if y > 0:
                deviance += y * (np.log(y) - z[c, i])
            s.losses[i] += 2 * deviance / n_outputs


@compiled
def _predict(truth, z, n, rows, s):
    if truth.task == LABEL:
        _winners(z, s.best, s.predicted)
    elif truth.task == MULTILABEL:
        _all_right(z, n, rows, truth.targets, s.predicted)


@compiled
def _lose(truth, z, n, rows, s):
    if truth.task == LABEL:
        _log_losses(z, n, rows, truth.codes, s)
    elif truth.task == MULTILABEL:
        _binary_log_losses(z, n, rows, truth.targets, s)
    elif truth.task == REGRESSION:
        _squared_errors(z, n, rows, truth.targets, s)
    else:
        _poisson_deviances(z, n, rows, truth.targets, s)


@compiled
def _squared_error(truth, z, row, c):
    """Of the output itself, for scores such as R2."""
    value = float(z)
    if truth.task == POISSON_REGRESSION:
        value = np.exp(value)
    return (value - truth.targets[row, c]) ** 2


@compiled
def _full_scores_of_chunk(truth, z, chunk, before):
    """A chunk's part of `full_scores`, compiled once for both of its twins."""
    n = n_rows_of(chunk, len(before.predicted))
    rows = np.arange(chunk * CHUNK_ROWS, chunk * CHUNK_ROWS + n).astype(np.uint64)
    s = make_row_workspace(z)
    _predict(truth, z, n, rows, s)
    _lose(truth, z, n, rows, s)
    for i in range(n):
        if truth.task in (LABEL, MULTILABEL):
            before.predicted[rows[i]] = s.predicted[i]
        before.losses[rows[i]] = s.losses[i]
        if len(before.squares) > 0:
            for c in range(z.shape[0]):
                before.squares[rows[i], c] = _squared_error(truth, z[c, i], rows[i], c)


@parallel_twins
def full_scores(
    inputs, n_outputs, task, codes, targets, sample_weight, predicted, losses, squares
):
    """How every row fares in the whole network.

    Parameters
    ----------
    inputs : (chunks, hidden and output units, CHUNK_ROWS)
        From `skneuron.kernels.ablation.removal.prepare`.
    *truth : Truth
    *before : Before
        Written.
    """
    truth = Truth(task, codes, targets, sample_weight)
    before = Before(predicted, losses, squares)
    for chunk in prange(inputs.shape[0]):
        _full_scores_of_chunk(truth, inputs[chunk, -n_outputs:], chunk, before)


@compiled
def _count_changed(truth, before, changes, at, n, rows, s):
    n_changed = 0
    for i in range(n):
        s.changed[n_changed] = i
        n_changed += s.predicted[i] != before.predicted[rows[i]]
    for i in s.changed[:n_changed]:
        row = rows[i]
        new, old = s.predicted[i], before.predicted[row]
        weight = truth.weights[row] if len(truth.weights) > 0 else 1.0
        right = truth.codes[row] if truth.task == LABEL else 1
        kind = right if truth.task == LABEL else 0
        if new == right:
            changes.n_fixed[at] += 1
            changes.hits[at, kind] += weight
        elif old == right:
            changes.n_broken[at] += 1
            changes.hits[at, kind] -= weight
        if len(changes.cells) > 0:
            changes.cells[at, right, old] -= 1
            changes.cells[at, right, new] += 1
        if len(changes.weighted_cells) > 0:
            changes.weighted_cells[at, right, old] -= weight
            changes.weighted_cells[at, right, new] += weight


@compiled
def _sum_probabilities(truth, before, changes, at, n, rows, losses):
    """Changes of exp(-loss); overwrites the losses."""
    for i in range(n):
        old = before.losses[rows[i]]
        losses[i] = exp(-losses[i], losses) - exp(-old, losses)
    total = 0.0
    for i in range(n):
        weight = truth.weights[rows[i]] if len(truth.weights) > 0 else 1.0
        total += weight * losses[i]
    changes.losses[at, 3] += total


@compiled
def _sum_losses(truth, before, changes, at, n, rows, losses):
    total = 0.0
    total_2 = 0.0
    square = 0.0
    for i in range(n):
        d = float(losses[i]) - float(before.losses[rows[i]])
        if len(truth.weights) > 0:
            weight = truth.weights[rows[i]]
            total += weight * d
            d *= weight
            total_2 += weight * d
        else:
            total += d
        square += d * d
    if changes.losses.shape[1] > 3:
        _sum_probabilities(truth, before, changes, at, n, rows, losses)
    changes.losses[at, 0] += total
    changes.losses[at, 1] += total_2 if len(truth.weights) > 0 else total
    changes.losses[at, 2] += square


@compiled
def sums_losses(changes):
    """Whether more than predictions is looked at."""
    return len(changes.losses) + len(changes.squares) > 0


@compiled
def row_scores(truth, before, changes, at, z, n, rows, s):
    """Add to ``changes[at]`` what new outputs ``z`` mean for ``n`` rows of a block.

    Rows that are not named have not changed.
    """
    _predict(truth, z, n, rows, s)
    if truth.task == LABEL or truth.task == MULTILABEL:
        _count_changed(truth, before, changes, at, n, rows, s)
    if len(changes.losses) > 0:
        _lose(truth, z, n, rows, s)
        _sum_losses(truth, before, changes, at, n, rows, s.losses)
    if len(changes.squares) > 0:
        for i in range(n):
            weight = truth.weights[rows[i]] if len(truth.weights) > 0 else 1.0
            for c in range(z.shape[0]):
                new = _squared_error(truth, z[c, i], rows[i], c)
                changes.squares[at, c] += weight * (new - before.squares[rows[i], c])
