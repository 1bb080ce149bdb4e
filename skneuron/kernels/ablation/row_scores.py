"""What a change of the outputs means: predictions that become right or wrong, and losses.

Outputs ``z`` are the output units' inputs, before softmax and the like, (outputs, width): as many
columns as there are rows, and some more to fill vectors, whose content does not matter. Tasks
differ in what outputs are compared with: ``codes``, the index of the right class, whose output
should be the largest, or ``targets``, a number for every output. Where ``targets`` have one
column more than there are outputs, they are what another network predicts, and the loss of a row
is how far predictions diverge from it.
"""

from typing import NamedTuple

import numpy as np

from skneuron.kernels._held import hold
from skneuron.kernels._jit import compiled
from skneuron.kernels._parts import Kernel, parts
from skneuron.kernels.ablation.removal import n_rows_of
from skneuron.kernels.elementary import exp, log
from skneuron.kernels.forward import CHUNK_ROWS

# One label a row; any number of labels a row; numbers, which are the outputs, or exp of them.
LABEL, MULTILABEL, REGRESSION, POISSON_REGRESSION = range(4)


class Truth(NamedTuple):
    """What the outputs should be, by task."""

    task: int  # LABEL, MULTILABEL, REGRESSION or POISSON_REGRESSION
    codes: np.ndarray  # (rows or 0,), int32, for LABEL
    # (rows or 0, outputs), float64, for the others; or (rows, outputs + 1) for any task, of a
    # network: the probabilities of the classes, those of the labels minus 1/2, whose sign says
    # which are there, or the predicted numbers; and last, what divergences are measured from
    targets: np.ndarray
    sample_weight: np.ndarray  # (rows or 0,), float64; empty if all rows count the same


class Before(NamedTuple):
    """Every row's prediction and losses in the full network, before a removal."""

    # (rows,), int32: the largest output's index for LABEL, whether all labels are right for
    # MULTILABEL, no meaning for other tasks
    predicted: np.ndarray
    row_losses: np.ndarray  # (rows,), dtype of the network
    row_squares: np.ndarray  # (rows or 0, outputs), float64: squared errors


class Changes(NamedTuple):
    """Sums over rows of what each removal changes; from ``cells`` on, empty if not wanted."""

    n_fixed: np.ndarray  # (removals,), int64: rows that become right
    n_broken: np.ndarray  # (removals,), int64: rows that become wrong
    # (removals, classes or 1), float64: weight of the rows that are right, by class or in total
    hits: np.ndarray
    cells: np.ndarray  # (removals, classes, classes), int32: rows by true and predicted class
    weighted_cells: np.ndarray  # (removals, classes, classes), float64: the same, of weights
    # (removals, 3 or 4), float64, with a row's weight w, the change d of its loss, and the change
    # e of exp(-loss), its right class's probability: w * d, w**2 * d, w**2 * d**2, and w * e
    losses: np.ndarray
    squares: np.ndarray  # (removals, outputs), float64: weight times change of squared errors


class ScoringWorkspace(NamedTuple):
    """Scratch memory, one number a row."""

    best: np.ndarray
    total: np.ndarray
    losses: np.ndarray
    predicted: np.ndarray  # int32
    changed: np.ndarray  # int64


@compiled
def has_predictions(task):
    """Whether outputs are labels, of which a change may make right ones or wrong ones."""
    return task <= MULTILABEL


@compiled
def make_scoring_workspace(like):
    """`ScoringWorkspace` for a chunk of rows."""
    n = np.int64(CHUNK_ROWS)  # numba would compile all of these once more for a literal
    return ScoringWorkspace(
        np.empty(n, like.dtype),
        np.empty(n, like.dtype),
        np.empty(n, like.dtype),
        np.empty(n, np.int32),
        np.empty(n, np.int64),
    )


@compiled
def _winners(z, best, winner):
    """Every column's largest output and its index; of several, the first."""
    last = z.shape[0] - 1
    for i in range(z.shape[1]):
        best[i] = z[0, i]
        winner[i] = 0
    # Two outputs per iteration: of a single one, either the new or the old value would be stored,
    # which compilers do under a mask, and that takes some processors six times as long.
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
    """1 where all labels are right: outputs of those that are there are positive, others not."""
    for i in range(n):
        right[i] = 1
    for c in range(z.shape[0]):
        for i in range(n):
            right[i] *= (z[c, i] > 0) == (targets[rows[i], c] > 0)


@compiled
def _log_losses(z, n, rows, codes, workspace):
    """-log of the probability that softmax gives to the right class; after `_winners`.

    Probabilities are kept between eps and 1 - eps, as scikit-learn does.
    """
    eps = z.dtype.type(np.finfo(z.dtype).eps)
    largest = -np.log(eps)
    width = z.shape[1]
    workspace.total[:width] = 0
    for c in range(z.shape[0]):
        for i in range(width):
            workspace.total[i] += exp(z[c, i] - workspace.best[i], workspace.total)
    for i in range(width):
        workspace.total[i] = log(workspace.total[i], workspace.total)
    for i in range(n):
        # The outputs' difference first: they may be so large that the logarithm drowns in them.
        loss = workspace.total[i] + (workspace.best[i] - z[codes[rows[i]], i])
        loss = eps if loss < eps else loss
        workspace.losses[i] = largest if loss > largest else loss


@compiled
def _binary_log_losses(z, n, rows, targets, workspace):
    """Sum over the labels of -log of the probability of what is true, kept from 0 and 1."""
    real = z.dtype.type
    eps = real(np.finfo(z.dtype).eps)
    largest = -np.log(eps)
    workspace.losses[:n] = 0
    like = workspace.losses
    for c in range(z.shape[0]):
        for i in range(n):
            against = -z[c, i] if targets[rows[i], c] > 0 else z[c, i]
            loss = log(real(1) + exp(-abs(z[c, i]), like), like)
            loss += against if against > real(0) else real(0)
            loss = eps if loss < eps else loss
            workspace.losses[i] += largest if loss > largest else loss


@compiled
def _squared_errors(z, n, rows, targets, workspace):
    """Mean over the outputs of the squared error."""
    workspace.losses[:n] = 0
    n_outputs = z.shape[0]
    for c in range(n_outputs):
        for i in range(n):
            error = z[c, i] - targets[rows[i], c]
            workspace.losses[i] += error * error / n_outputs


@compiled
def _poisson_deviances(z, n, rows, targets, workspace):
    """Mean over the outputs of the Poisson deviance, which is twice the loss."""
    workspace.losses[:n] = 0
    n_outputs = z.shape[0]
    for c in range(n_outputs):
        for i in range(n):
            y = targets[rows[i], c]
            deviance = np.exp(z[c, i]) - y  # up to the largest number of its type
            if y > 0:
                deviance += y * (np.log(y) - z[c, i])
            workspace.losses[i] += 2 * deviance / n_outputs


@compiled
def _divergences(task, z, n, rows, targets, workspace):
    """How far predictions are from those of a network, its ``targets``; after `_winners`.

    Kullback-Leibler divergences, summed over the labels or the outputs: of the classes, of each
    label, of normal distributions with variance 1, or of Poisson distributions. They are what
    cross-entropies have more than those of the network itself, which are in the last column: for
    it, the result is exactly 0.
    """
    real = z.dtype.type
    n_outputs, width = z.shape
    losses, total = workspace.losses, workspace.total
    for i in range(n):
        losses[i] = 0
    if task == LABEL:
        for i in range(width):
            total[i] = 0
        for c in range(n_outputs):
            for i in range(width):
                total[i] += exp(z[c, i] - workspace.best[i], total)
        for i in range(n):
            losses[i] = log(total[i], total)
    for c in range(n_outputs):
        for i in range(n):
            value, target = z[c, i], targets[rows[i], c]
            if task == LABEL:
                losses[i] += real(target) * (workspace.best[i] - value)
            elif task == MULTILABEL:
                against = real(0.5 - target if value > 0 else 0.5 + target)
                losses[i] += log(real(1) + exp(-abs(value), losses), losses) + against * abs(value)
            elif task == REGRESSION:
                losses[i] += (value - target) * (value - target) / 2
            else:
                divergence = np.exp(value) - target
                if target > 0:
                    divergence += target * (np.log(target) - value)
                losses[i] += divergence
    for i in range(n):
        loss = losses[i] - real(targets[rows[i], n_outputs])
        losses[i] = real(0) if loss < 0 else loss


@compiled
def _compute_predictions(truth, z, n, rows, workspace):
    if truth.task == LABEL:
        _winners(z, workspace.best, workspace.predicted)
    elif truth.task == MULTILABEL:
        _all_right(z, n, rows, truth.targets, workspace.predicted)


@compiled
def _compute_losses(truth, z, n, rows, workspace):
    if truth.targets.shape[1] > z.shape[0]:
        _divergences(truth.task, z, n, rows, truth.targets, workspace)
    elif truth.task == LABEL:
        _log_losses(z, n, rows, truth.codes, workspace)
    elif truth.task == MULTILABEL:
        _binary_log_losses(z, n, rows, truth.targets, workspace)
    elif truth.task == REGRESSION:
        _squared_errors(z, n, rows, truth.targets, workspace)
    else:
        _poisson_deviances(z, n, rows, truth.targets, workspace)


@compiled
def _squared_error(truth, z, row, c):
    """Of the prediction, which is exp(z) for Poisson regression; for scores such as R2."""
    value = float(z)
    if truth.task == POISSON_REGRESSION:
        value = np.exp(value)
    error = value - truth.targets[row, c]
    return error * error


@compiled
def numbers_of_rows(chunk, n):
    """Of the first ``n`` rows of a chunk, counted over the block; uint64."""
    rows = np.empty(n, np.uint64)
    for i in range(n):
        rows[i] = chunk * CHUNK_ROWS + i
    return rows


@compiled
def _score_chunk(truth, inputs, n_outputs, before, chunk):
    """A chunk's part of `score_full_network`."""
    z = inputs[chunk, -n_outputs:]
    n = n_rows_of(chunk, len(before.predicted))
    rows = numbers_of_rows(chunk, n)
    workspace = make_scoring_workspace(before.row_losses)
    _compute_predictions(truth, z, n, rows, workspace)
    _compute_losses(truth, z, n, rows, workspace)
    for i in range(n):
        if has_predictions(truth.task):
            before.predicted[rows[i]] = workspace.predicted[i]
        before.row_losses[rows[i]] = workspace.losses[i]
        if len(before.row_squares) > 0:
            for c in range(z.shape[0]):
                before.row_squares[rows[i], c] = _squared_error(truth, z[c, i], rows[i], c)


@Kernel
def score_full_network(
    driver, inputs, n_outputs,
    task, codes, targets, sample_weight,
    predicted, row_losses, row_squares,
):  # fmt: skip
    """Find every row's prediction and losses in the full network.

    Parameters
    ----------
    inputs : (chunks, hidden and output units, CHUNK_ROWS)
        From `skneuron.kernels.ablation.removal.forward_with_residuals`.
    *truth : Truth
    *before : Before
        Written.
    """
    truth = hold(Truth(task, codes, targets, sample_weight))
    before = hold(Before(predicted, row_losses, row_squares))
    parts(driver, _score_chunk, (truth, inputs, n_outputs, before), inputs.shape[0])


@compiled
def _count_changed_predictions(truth, before, changes, entry, n, rows, workspace):
    n_changed = 0
    for i in range(n):
        workspace.changed[n_changed] = i
        n_changed += workspace.predicted[i] != before.predicted[rows[i]]
    for i in workspace.changed[:n_changed]:
        row = rows[i]
        new, old = workspace.predicted[i], before.predicted[row]
        weight = truth.sample_weight[row] if len(truth.sample_weight) > 0 else 1.0
        right = truth.codes[row] if truth.task == LABEL else 1
        column = right if changes.hits.shape[1] > 1 else 0
        if new == right:
            changes.n_fixed[entry] += 1
            changes.hits[entry, column] += weight
        elif old == right:
            changes.n_broken[entry] += 1
            changes.hits[entry, column] -= weight
        if len(changes.cells) > 0:
            changes.cells[entry, right, old] -= 1
            changes.cells[entry, right, new] += 1
        if len(changes.weighted_cells) > 0:
            changes.weighted_cells[entry, right, old] -= weight
            changes.weighted_cells[entry, right, new] += weight


@compiled
def _sum_probabilities(truth, before, changes, entry, n, rows, losses):
    """Add up changes of exp(-loss); overwrites the losses."""
    for i in range(n):
        old = before.row_losses[rows[i]]
        losses[i] = exp(-losses[i], losses) - exp(-old, losses)
    total = 0.0
    for i in range(n):
        weight = truth.sample_weight[rows[i]] if len(truth.sample_weight) > 0 else 1.0
        total += weight * losses[i]
    changes.losses[entry, 3] += total


@compiled
def _sum_losses(truth, before, changes, entry, n, rows, losses):
    total = 0.0
    total_2 = 0.0
    square = 0.0
    for i in range(n):
        d = float(losses[i]) - float(before.row_losses[rows[i]])
        if len(truth.sample_weight) > 0:
            weight = truth.sample_weight[rows[i]]
            total += weight * d
            d *= weight
            total_2 += weight * d
        else:
            total += d
        square += d * d
    if changes.losses.shape[1] > 3:
        _sum_probabilities(truth, before, changes, entry, n, rows, losses)
    changes.losses[entry, 0] += total
    changes.losses[entry, 1] += total_2 if len(truth.sample_weight) > 0 else total
    changes.losses[entry, 2] += square


@compiled
def needs_losses(changes):
    """Whether losses or squared errors are wanted, which change in rows whose prediction stays."""
    return len(changes.losses) + len(changes.squares) > 0


@compiled
def add_changes(truth, before, changes, entry, z, n, rows, workspace):
    """Add what the outputs ``z`` of a changed network change to entry ``entry`` of ``changes``.

    The first ``n`` columns of ``z`` belong to the first ``n`` of ``rows``, counted over the block;
    the outputs of its other rows are those of the full network.
    """
    _compute_predictions(truth, z, n, rows, workspace)
    if has_predictions(truth.task):
        _count_changed_predictions(truth, before, changes, entry, n, rows, workspace)
    if len(changes.losses) > 0:
        _compute_losses(truth, z, n, rows, workspace)
        _sum_losses(truth, before, changes, entry, n, rows, workspace.losses)
    if len(changes.squares) > 0:
        for i in range(n):
            weight = truth.sample_weight[rows[i]] if len(truth.sample_weight) > 0 else 1.0
            for c in range(z.shape[0]):
                new = _squared_error(truth, z[c, i], rows[i], c)
                changes.squares[entry, c] += weight * (new - before.row_squares[rows[i], c])
