"""The forward pass on plain arrays.

A network comes as ``parameters``, one flat vector of W_0, b_0, W_1, b_1, ..., and ``sizes``, the
number of units of every layer from input to output, so that networks of any depth share one
compiled kernel.
"""

import numpy as np
from numba import prange

from skneuron.kernels._jit import compiled, parallel_twins
from skneuron.kernels._tile import ALIGNMENT
from skneuron.kernels.elementary import logistic, tanh
from skneuron.kernels.product import product_skipping_zeros

# Rows per unit of work. It never depends on the number of threads, so neither do the bits; at
# this size a chunk's activations stay in the second-level cache.
CHUNK_ROWS = 256

IDENTITY, LOGISTIC, TANH, RELU = range(4)
ACTIVATION_CODES = {"identity": IDENTITY, "logistic": LOGISTIC, "tanh": TANH, "relu": RELU}


@compiled
def activate(code, z):
    """Apply the activation function to the 2-D array ``z``, in place."""
    zero = z.dtype.type(0)
    for i in range(z.shape[0]):
        if code == RELU:
            for j in range(z.shape[1]):
                # The sum keeps the compiler from storing zeros under a mask, which takes some
                # processors six times as long as storing all.
                value = z[i, j] + zero
                z[i, j] = zero if value < zero else value
        elif code == TANH:
            for j in range(z.shape[1]):
                z[i, j] = tanh(z[i, j], z)
        elif code == LOGISTIC:
            for j in range(z.shape[1]):
                z[i, j] = logistic(z[i, j], z)


@compiled
def weights(parameters, sizes, layer):
    """Views of layer ``layer``'s weights (fan_in, fan_out) and biases (fan_out,)."""
    start = 0
    for below in range(layer):
        start += (sizes[below] + 1) * sizes[below + 1]
    fan_in, fan_out = sizes[layer], sizes[layer + 1]
    middle = start + fan_in * fan_out
    return (
        parameters[start:middle].reshape(fan_in, fan_out),
        parameters[middle : middle + fan_out],
    )


@compiled
def padded_width(n, itemsize):
    """``n`` columns, and as many more as fill the last cache line of a row."""
    lanes = ALIGNMENT // itemsize
    return (n + lanes - 1) // lanes * lanes


@compiled
def first_weights(parameters, sizes, n_features):
    """The first layer's (n_features, width) and (1, width): zeros fill whole cache lines.

    Copies, for `first_inputs`. Of rows without features, nothing is multiplied.
    """
    W, b = weights(parameters, sizes, 0)
    width = padded_width(len(b), parameters.itemsize)
    padded_W = np.zeros((n_features, width), parameters.dtype)
    padded_b = np.zeros((1, width), parameters.dtype)
    if n_features > 0:
        padded_W[:, : len(b)] = W
        padded_b[0, : len(b)] = b
    return padded_W, padded_b


@compiled
def first_inputs(X, W, b):
    """Inputs of the first hidden layer, (rows, width), from `first_weights`."""
    z = np.empty((X.shape[0], W.shape[1]), W.dtype)
    product_skipping_zeros(X, W, b, z)
    return z


@compiled
def _hidden_chunk(X, first, parameters, sizes, code, layer, out):
    z = first_inputs(X, *first)
    activate(code, z)
    below = np.ascontiguousarray(z[:, : sizes[1]])
    for current in range(1, layer + 1):
        W, b = weights(parameters, sizes, current)
        z = np.dot(below, W)
        for i in range(z.shape[0]):
            for j in range(z.shape[1]):
                z[i, j] += b[j]
        activate(code, z)
        below = z
    out[:] = below


@parallel_twins
def hidden_activations(X, parameters, sizes, code, layer, out):
    """Activations of hidden layer ``layer`` for the rows of ``X``, into ``out`` (rows, units)."""
    n_rows = X.shape[0]
    first = first_weights(parameters, sizes, X.shape[1])
    for chunk in prange((n_rows + CHUNK_ROWS - 1) // CHUNK_ROWS):
        rows = slice(chunk * CHUNK_ROWS, min(n_rows, (chunk + 1) * CHUNK_ROWS))
        _hidden_chunk(X[rows], first, parameters, sizes, code, layer, out[rows])
