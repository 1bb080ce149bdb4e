"""Remove every hidden neuron in turn and count what happens to the predictions.

Taking neuron j of a layer out changes the next layer's input by the rank-1 term
-(a_j - c_j) w_j^T, where a_j is its activation, c_j the constant that takes its place and w_j its
outgoing weights. So one forward pass serves all neurons, and only the layers behind the neuron
are computed again. Arrays are (units, rows): the inner loops run along rows.
"""

import numpy as np
from numba import prange

from skneuron.kernels._jit import compiled, parallel_twins
from skneuron.kernels.forward import CHUNK_ROWS, activate, add_to_rows, weights


@compiled
def _forward(X, parameters, sizes, code, inputs, activations):
    """Fill ``inputs`` (hidden and output units, rows) and ``activations`` (hidden units, rows)."""
    n_layers = sizes.shape[0] - 1
    W, b = weights(parameters, sizes, 0)
    z = inputs[: sizes[1]]
    np.dot(W.T, X.T, z)
    add_to_rows(z, b)
    start = 0
    for layer in range(1, n_layers):
        stop = start + sizes[layer]
        a = activations[start:stop]
        a[:] = inputs[start:stop]
        activate(code, a)
        W, b = weights(parameters, sizes, layer)
        z = inputs[stop : stop + sizes[layer + 1]]
        np.dot(W.T, a, z)
        add_to_rows(z, b)
        start = stop


@compiled
def _winners(logits, best, winner):
    """Index of every column's largest logit; of several, the first."""
    n_rows = logits.shape[1]
    for i in range(n_rows):
        best[i] = logits[0, i]
        winner[i] = 0
    for c in range(1, logits.shape[0]):
        for i in range(n_rows):
            larger = logits[c, i] > best[i]
            best[i] = logits[c, i] if larger else best[i]
            winner[i] = c if larger else winner[i]


@compiled
def _logits_without(residual, outgoing, z_next, parameters, sizes, code, layer):
    """Logits when the neuron of ``layer`` with these outgoing weights loses ``residual``."""
    z = np.empty_like(z_next)
    for k in range(z.shape[0]):
        for i in range(z.shape[1]):
            z[k, i] = z_next[k, i] - residual[i] * outgoing[k]
    for above in range(layer + 2, sizes.shape[0] - 1):
        activate(code, z)
        W, b = weights(parameters, sizes, above)
        z = np.dot(W.T, z)
        add_to_rows(z, b)
    return z


@compiled
def _sweep_chunk(
    X, y, weight, parameters, sizes, code, constants, swept, hits, changes, n_fixed, n_broken
):
    n_rows = X.shape[0]
    n_hidden = constants.shape[0]
    inputs = np.empty((n_hidden + sizes[-1], n_rows), X.dtype)
    activations = np.empty((n_hidden, n_rows), X.dtype)
    _forward(X, parameters, sizes, code, inputs, activations)

    best = np.empty(n_rows, X.dtype)
    winner = np.empty(n_rows, np.int32)
    was_right = np.empty(n_rows, np.bool_)
    _winners(inputs[n_hidden:], best, winner)
    for i in range(n_rows):
        was_right[i] = winner[i] == y[i]
        if was_right[i]:
            hits[y[i]] += weight[i]

    residual = np.empty(n_rows, X.dtype)
    start = 0
    for layer in range(sizes.shape[0] - 2):
        stop = start + sizes[layer + 1]
        W, _ = weights(parameters, sizes, layer + 1)
        z_next = inputs[stop : stop + sizes[layer + 2]]
        for unit in range(start, stop):
            if not swept[unit]:
                continue
            for i in range(n_rows):
                residual[i] = activations[unit, i] - constants[unit]
            logits = _logits_without(
                residual, W[unit - start], z_next, parameters, sizes, code, layer
            )
            _winners(logits, best, winner)
            for i in range(n_rows):
                is_right = winner[i] == y[i]
                if is_right != was_right[i]:
                    if is_right:
                        n_fixed[unit] += 1
                        changes[unit, y[i]] += weight[i]
                    else:
                        n_broken[unit] += 1
                        changes[unit, y[i]] -= weight[i]
        start = stop


@parallel_twins
def count_changes(
    X, y, weight, parameters, sizes, code, constants, swept, hits, changes, n_fixed, n_broken
):
    """Count, for every hidden neuron, the rows whose prediction its removal fixes or breaks.

    Parameters
    ----------
    X : (rows, features), float32 or float64, C order
    y : (rows,), int32
        Class of every row: the index of the output that should win.
    weight : (rows,), float64
    parameters, sizes, code
        The network, one logit a class; see `skneuron.kernels.forward`.
    constants : (hidden units,), dtype of X
        What takes each neuron's place.
    swept : (hidden units,), bool
        Neurons to remove in turn.
    hits : (chunks, classes), float64, zeros
        Gets the weight of the rows that the whole network predicts right.
    changes : (chunks, hidden units, classes), float64, zeros
        Gets the change of that weight without the neuron.
    n_fixed, n_broken : (chunks, hidden units), int64, zeros
        Get the number of rows that become right, or wrong, without the neuron.
        Each chunk of CHUNK_ROWS rows has its own slot, whoever computes it, so that sums over
        chunks have the same bits for any number of threads.
    """
    n_rows = X.shape[0]
    for chunk in prange((n_rows + CHUNK_ROWS - 1) // CHUNK_ROWS):
        rows = slice(chunk * CHUNK_ROWS, min(n_rows, (chunk + 1) * CHUNK_ROWS))
        _sweep_chunk(
            X[rows],
            y[rows],
            weight[rows],
            parameters,
            sizes,
            code,
            constants,
            swept,
            hits[chunk],
            changes[chunk],
            n_fixed[chunk],
            n_broken[chunk],
        )
