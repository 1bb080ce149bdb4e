"""Rows in which a removal cannot change the prediction, known without computing outputs.

An output moves by no more than the neuron's residual times its reach: the product of the absolute
weights along every path to the outputs, summed, for no activation function is steeper than the
identity. Where the winner is further ahead than that, it stays. Most rows of a trained network are
such rows for most neurons.
"""

import numpy as np

from skneuron.kernels._jit import compiled
from skneuron.kernels.ablation.removal import first_unit, whole_vectors
from skneuron.kernels.ablation.row_scores import LABEL, MULTILABEL
from skneuron.kernels.forward import CHUNK_ROWS, weights

# Rows that are looked at together: mostly, nothing changes in any of them.
SPAN = 32
# Shares of a chunk's rows above which all of them are faster than those that are picked. Of the
# last hidden layer's neurons there is so little to compute that picking is worth while for few.
MOST_PICKED, MOST_PICKED_IN_LAST = 3 / 4, 3 / 8


@compiled
def _rounding(like):
    """A share of a number that is far more than its rounding errors."""
    return np.sqrt(np.finfo(like.dtype).eps)


@compiled
def output_reach(task, w):
    """How far outputs with weights ``w`` move: towards each other, or towards 0."""
    low, high = w[0], w[0]
    for c in range(1, len(w)):
        low, high = min(low, w[c]), max(high, w[c])
    span = high - low if task == LABEL else max(abs(low), abs(high))
    return span * (1 + _rounding(w))


@compiled
def reach(task, w, later_reach):
    """Of a neuron with outgoing weights ``w``, from those of the next layer's neurons.

    ``later_reach`` is empty if the next layer is that of the outputs.
    """
    if len(later_reach) == 0:
        return output_reach(task, w)
    total = w.dtype.type(0)
    for k in range(len(w)):
        total += abs(w[k]) * later_reach[k]
    return total


@compiled
def reaches(task, parameters, sizes):
    """Of all hidden neurons, (hidden units,)."""
    n_layers = sizes.shape[0] - 2
    result = np.empty(first_unit(sizes, n_layers), parameters.dtype)
    for layer in range(n_layers - 1, -1, -1):
        start, stop = first_unit(sizes, layer), first_unit(sizes, layer + 1)
        W, _ = weights(parameters, sizes, layer + 1)
        later_reach = later_reaches(result, sizes, layer)
        for j in range(stop - start):
            result[start + j] = reach(task, W[j], later_reach)
    return result


@compiled
def later_reaches(all_reaches, sizes, layer):
    """Of the neurons of the layer behind ``layer``; empty if these are the outputs."""
    start = first_unit(sizes, layer + 1)
    is_last = layer == sizes.shape[0] - 3
    return all_reaches[start : start + (0 if is_last else sizes[layer + 2])]


@compiled
def _margins(task, z, out):
    """Of one chunk; see `margins_of_chunks`."""
    rounding = _rounding(z)
    for i in range(CHUNK_ROWS):
        best = z[0, i]
        second, size, nearest = z.dtype.type(-np.inf), abs(best), abs(best)
        for c in range(1, z.shape[0]):
            value = z[c, i]
            size, nearest = max(size, abs(value)), min(nearest, abs(value))
            second = max(second, min(best, value))
            best = max(best, value)
        out[i] = (best - second if task == LABEL else nearest) - rounding * size


@compiled
def margins_of_chunks(task, inputs, n_outputs, any_change):
    """How far every row's outputs are from another prediction, (chunks, CHUNK_ROWS).

    That is how far the winner is ahead, or the label closest to 0 from 0, minus what rounding
    might make of it. Infinite for tasks without predictions of that kind; minus infinity if
    ``any_change`` of the outputs counts.

    ``inputs`` come from `removal.prepare`.
    """
    nearest = -np.inf if any_change else np.inf
    result = np.full((inputs.shape[0], CHUNK_ROWS), nearest, inputs.dtype)
    if task in (LABEL, MULTILABEL) and not any_change:
        for chunk in range(inputs.shape[0]):
            _margins(task, inputs[chunk, -n_outputs:], result[chunk])
    return result


@compiled
def pick(residual, reach, margin, n_rows, first, rows, values, n):
    """Add rows in which something may change to the first ``n`` of ``rows``.

    A relu neuron that was silent in a row has no effect there.

    Parameters
    ----------
    residual, margin : (CHUNK_ROWS,)
    reach : float
    n_rows : int
        How many rows there are; the rest is only there to fill the chunk.
    first : int
        Number of the chunk's first row.
    rows : uint64
    values
        Of the residual, next to ``rows``.

    Returns
    -------
    n : int
    """
    for start in range(0, n_rows, SPAN):
        r, m = residual[start : start + SPAN], margin[start : start + SPAN]
        moved = np.int32(0)
        for i in range(SPAN):
            moved |= np.int32((r[i] != 0) & (not abs(r[i]) * reach < m[i]))
        if moved == 0:
            continue
        for i in range(min(SPAN, n_rows - start)):
            rows[n] = first + start + i
            values[n] = r[i]
            n += (r[i] != 0) & (not abs(r[i]) * reach < m[i])
    return n


@compiled
def picked_or_all(residual, reach, margin, n_rows, is_last, index, values):
    """As `pick`, in whole vectors; all rows of the chunk if they are many.

    Returns
    -------
    n, width : int
        The number of rows, 0 if nothing changes at all, and that of columns, which get a number.
        CHUNK_ROWS columns are all of the chunk's in order.
    """
    n = pick(residual, reach, margin, n_rows, 0, index, values, 0)
    if n > (MOST_PICKED_IN_LAST if is_last else MOST_PICKED) * n_rows:
        for i in range(CHUNK_ROWS):
            index[i] = i
            values[i] = residual[i]
        return n_rows, CHUNK_ROWS
    width = whole_vectors(n)
    for i in range(n, width):
        index[i] = 0
        values[i] = 0
    return n, width
