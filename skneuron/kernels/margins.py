"""Rows in which a removal cannot change the prediction, known without computing outputs.

An output moves by no more than the neuron's residual times its reach: the product of the absolute
weights along every path to the outputs, summed, for no activation function is steeper than the
identity. Where the winner is further ahead than that, it stays. Most rows of a trained network are
such rows for most neurons.
"""

import numpy as np

from skneuron.kernels._jit import compiled
from skneuron.kernels.forward import CHUNK_ROWS, weights
from skneuron.kernels.judge import LABEL, MULTILABEL
from skneuron.kernels.removal import fill_vectors, first_unit


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
def reach(task, w, behind):
    """Of a neuron with outgoing weights ``w``, from those of the next layer's neurons.

    ``behind`` is empty if the next layer is that of the outputs.
    """
    if len(behind) == 0:
        return output_reach(task, w)
    total = w.dtype.type(0)
    for k in range(len(w)):
        total += abs(w[k]) * behind[k]
    return total


@compiled
def reaches(task, parameters, sizes):
    """Of all hidden neurons, (hidden units,)."""
    n_layers = sizes.shape[0] - 2
    result = np.empty(first_unit(sizes, n_layers), parameters.dtype)
    for layer in range(n_layers - 1, -1, -1):
        start, stop = first_unit(sizes, layer), first_unit(sizes, layer + 1)
        W, _ = weights(parameters, sizes, layer + 1)
        behind = reaches_behind(result, sizes, layer)
        for j in range(stop - start):
            result[start + j] = reach(task, W[j], behind)
    return result


@compiled
def reaches_behind(all_reaches, sizes, layer):
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
def margins_of_chunks(task, inputs, n_outputs):
    """How far every row's outputs are from another prediction, (chunks, CHUNK_ROWS).

    That is how far the winner is ahead, or the label closest to 0 from 0, minus what rounding
    might make of it. Infinite for tasks without predictions of that kind.

    ``inputs`` come from `removal.prepare`.
    """
    result = np.full((inputs.shape[0], CHUNK_ROWS), np.inf, inputs.dtype)
    if task in (LABEL, MULTILABEL):
        for chunk in range(inputs.shape[0]):
            _margins(task, inputs[chunk, -n_outputs:], result[chunk])
    return result


@compiled
def contested(residual, reach, margin, n_rows, is_last, index, values):
    """As `removal.affected`: rows in which the prediction may change, by their ``margin``."""
    n = 0
    for i in range(n_rows):
        index[n] = i
        values[n] = residual[i]
        stays = abs(residual[i]) * reach < margin[i]
        n += residual[i] != 0 and not stays
    return fill_vectors(residual, n, n_rows, is_last, index, values)
