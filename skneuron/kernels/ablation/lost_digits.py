"""Rows in which subtracting a neuron's share has lost the digits that count.

Without a neuron, a unit's input is its input in the full network minus the neuron's share. Where
the share is much larger than what is left, what is left is the share's rounding error.
"""

import numpy as np

from skneuron.kernels._jit import compiled
from skneuron.kernels.ablation.row_scores import LABEL, has_predictions
from skneuron.kernels.forward import widest


@compiled
def rounding_of_sums(sizes, like):
    """Bound for the relative rounding error that adding up any hidden layer leaves behind."""
    return like.dtype.type((widest(sizes[1:-1]) + 2) * np.finfo(like.dtype).eps / 2)


def harmless_share(dtype):
    """Of outputs of size 1: subtracting it leaves them three quarters of their digits."""
    return np.sqrt(np.sqrt(1 / np.finfo(dtype).eps))


_harmless_share = compiled(harmless_share)


@compiled
def _any_share_is_large(one, other, residual, n, factor, least):
    suspect = np.int32(0)
    for i in range(n):
        size = abs(one[i]) + abs(other[i])
        harmless = (abs(residual[i]) <= factor * size + least) & (size < np.inf)
        suspect |= np.int32(not harmless)
    return suspect != 0


@compiled
def may_lose_digits(task, z, n, residual, harmless):
    """Whether any of the first ``n`` rows may be one of those that `find_lost_rows` finds.

    In almost all rows, two of the outputs are enough to see that it is not.
    """
    predicts = has_predictions(task)
    factor = harmless if predicts else z.dtype.type(0)
    least = z.dtype.type(0) if predicts else harmless
    return _any_share_is_large(z[0], z[z.shape[0] - 1], residual, n, factor, least)


@compiled
def _is_lost(task, z, i, share, rounding, with_losses):
    """Whether column ``i`` of the outputs ``z`` may be wrong.

    ``share`` is what was subtracted, as a multiple of what is harmless for outputs of size 1.
    """
    best = z[0, i]
    second, total, nearest = z.dtype.type(-np.inf), abs(best), abs(best)
    for c in range(1, z.shape[0]):
        value = z[c, i]
        total, nearest = total + abs(value), min(nearest, abs(value))
        second = max(second, min(best, value))
        best = max(best, value)
    if not total < np.inf:
        return True
    if share == 0:
        return False
    if not has_predictions(task):
        return share > 1
    harmless = z.dtype.type(_harmless_share(z.dtype))
    if share * harmless * rounding >= (best - second if task == LABEL else nearest):
        return True
    return with_losses and share > max(total / z.shape[0], z.dtype.type(1))


@compiled
def find_lost_rows(task, z, n, residual, harmless, rounding, with_losses, columns):
    """Columns among the first ``n`` of the outputs ``z`` that have to be computed without a share.

    Parameters
    ----------
    task : int
        One of those of `row_scores`.
    z : (outputs, n or more)
    n : int
    residual : (n or more,)
        What was subtracted is this times weights.
    harmless : float
        The residual that leaves outputs of size 1 enough digits; for regression, predictions of
        the targets' size.
    rounding : float
        From `rounding_of_sums`.
    with_losses : bool
        Whether outputs count, or predictions alone.
    columns : uint64
        Written: positions of the columns, in increasing order.

    Returns
    -------
    n_lost : int
    """
    n_lost = 0
    for i in range(n):
        if _is_lost(task, z, i, abs(residual[i]) / harmless, rounding, with_losses):
            columns[n_lost] = i
            n_lost += 1
    return n_lost


@compiled
def set_aside(columns, n_lost, z, n, rows, lost):
    """Take columns out of the first ``n`` of ``z`` and ``rows``, and mark their rows in ``lost``.

    Returns
    -------
    n : int
        How many columns are left.
    """
    for at in range(n_lost - 1, -1, -1):
        column = columns[at]
        lost[rows[column]] = 1
        n -= 1
        rows[column] = rows[n]
        for c in range(z.shape[0]):
            z[c, column] = z[c, n]
    return n
