"""Rows in which a removal cannot change the prediction, known without computing outputs.

An output moves by no more than the neuron's residual times its sensitivity: the product of the
absolute weights along every path to the outputs, summed over the paths, for no activation function
is steeper than the identity. If that is less than the row's margin, by which the winning output is
ahead, the prediction stays. For most neurons of a trained network, most rows are such rows.
"""

import numpy as np

from skneuron.kernels._jit import compiled
from skneuron.kernels.ablation.removal import first_unit, round_up_to_vectors
from skneuron.kernels.ablation.row_scores import LABEL, has_predictions
from skneuron.kernels.forward import CHUNK_ROWS, weights
from skneuron.kernels.product import fill

# Rows that are tested together: mostly, nothing changes in any of them.
SPAN = 32
# If a larger share of a chunk's rows than this is selected, it is faster to compute all of them.
# Without a neuron of the last hidden layer there is so little to compute that selecting is only
# worth while for few rows.
MAX_SELECTED, MAX_SELECTED_IN_LAST = 3 / 4, 3 / 8


@compiled
def _rounding(like):
    """A share of a number that is far more than its rounding errors."""
    return np.sqrt(np.finfo(like.dtype).eps)


@compiled
def output_sensitivity(task, w):
    """How far outputs move per unit of a neuron with outgoing weights ``w`` to them.

    Towards each other if the largest output wins, towards 0 if the sign of each one counts.
    """
    low, high = w[0], w[0]
    for c in range(1, len(w)):
        low, high = min(low, w[c]), max(high, w[c])
    span = high - low if task == LABEL else max(abs(low), abs(high))
    return span * (1 + _rounding(w))


@compiled
def sensitivity(task, w, next_sensitivities):
    """Of a neuron with outgoing weights ``w``, from those of the next layer's neurons.

    ``next_sensitivities`` is empty if the next layer is the output layer.
    """
    if len(next_sensitivities) == 0:
        return output_sensitivity(task, w)
    total = w.dtype.type(0)
    for k in range(len(w)):
        total += abs(w[k]) * next_sensitivities[k]
    return total


@compiled
def sensitivities(task, parameters, sizes):
    """Of all hidden neurons, (hidden units,)."""
    n_layers = sizes.shape[0] - 2
    result = np.empty(first_unit(sizes, n_layers), parameters.dtype)
    for layer in range(n_layers - 1, -1, -1):
        start, stop = first_unit(sizes, layer), first_unit(sizes, layer + 1)
        W, _ = weights(parameters, sizes, layer + 1)
        next_sensitivities = sensitivities_of_next_layer(result, sizes, layer)
        for j in range(stop - start):
            result[start + j] = sensitivity(task, W[j], next_sensitivities)
    return result


@compiled
def sensitivities_of_next_layer(all_sensitivities, sizes, layer):
    """Of the neurons of the hidden layer after ``layer``; empty if the output layer is next."""
    start = first_unit(sizes, layer + 1)
    is_last = layer == sizes.shape[0] - 3
    return all_sensitivities[start : start + (0 if is_last else sizes[layer + 2])]


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

    That is by how much the largest output is ahead of the second, or how far the output that is
    closest to 0 is from it, minus a share for rounding. Infinite for regression, which has no
    such predictions; minus infinity if ``any_change`` of the outputs counts.

    ``inputs`` come from `removal.forward_with_residuals`.
    """
    far = -np.inf if any_change else np.inf
    result = np.empty((inputs.shape[0], np.int64(CHUNK_ROWS)), inputs.dtype)
    for chunk in range(inputs.shape[0]):
        if has_predictions(task) and not any_change:
            _margins(task, inputs[chunk, -n_outputs:], result[chunk])
        else:
            fill(result[chunk], inputs.dtype.type(far))
    return result


@compiled
def select_rows(residual, sensitivity, margin, n_rows, first, rows, values, n):
    """Append the rows in which something may change to the first ``n`` of ``rows``.

    Where the residual is 0, as that of a relu neuron that is silent and replaced by 0, nothing
    changes.

    Parameters
    ----------
    residual, margin : (CHUNK_ROWS,)
    sensitivity : float
    n_rows : int
        How many rows there are; those after them only fill the chunk.
    first : int
        Number of the chunk's first row.
    rows : uint64
        Numbers of the selected rows. One more than there can be is written to.
    values
        The residual in ``rows``.

    Returns
    -------
    n : int
    """
    for start in range(0, n_rows, SPAN):
        r, m = residual[start : start + SPAN], margin[start : start + SPAN]
        moved = np.int32(0)
        for i in range(SPAN):
            moved |= np.int32((r[i] != 0) & (not abs(r[i]) * sensitivity < m[i]))
        if moved == 0:
            continue
        for i in range(min(SPAN, n_rows - start)):
            rows[n] = first + start + i
            values[n] = r[i]
            n += (r[i] != 0) & (not abs(r[i]) * sensitivity < m[i])
    return n


@compiled
def select_rows_or_all(residual, sensitivity, margin, n_rows, is_last, index, values):
    """As `select_rows`, in whole vectors; all rows of the chunk if many are selected.

    Returns
    -------
    n : int
        The number of rows, 0 if nothing changes at all.
    width : int
        The number of columns to compute: ``n`` rounded up to whole vectors, the additional ones
        with a residual of 0; or CHUNK_ROWS, which means all of the chunk's rows in order.
    """
    none = np.int64(0)
    n = select_rows(residual, sensitivity, margin, n_rows, none, index, values, none)
    if n > (MAX_SELECTED_IN_LAST if is_last else MAX_SELECTED) * n_rows:
        for i in range(CHUNK_ROWS):
            index[i] = i
            values[i] = residual[i]
        return n_rows, CHUNK_ROWS
    width = round_up_to_vectors(n)
    for i in range(n, width):
        index[i] = 0
        values[i] = 0
    return n, width
