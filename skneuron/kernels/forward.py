"""The forward pass on plain arrays.

A network comes as ``parameters``, one flat vector of W_0, b_0, W_1, b_1, ...; ``sizes``, the
number of units of every layer from input to output; and ``activation``, one of `ACTIVATION_CODES`.
So networks of any depth share one compiled kernel.
"""

import numpy as np

from skneuron.kernels._jit import compiled
from skneuron.kernels._parts import Kernel, parts
from skneuron.kernels._tile import multiply_add
from skneuron.kernels.elementary import logistic, tanh
from skneuron.kernels.product import copy_to, fill, padded_width, product_skipping_zeros

# Rows per unit of work. It never depends on the number of threads, so neither do the bits; at
# this size a chunk's activations stay in the second-level cache.
CHUNK_ROWS = 256

IDENTITY, LOGISTIC, TANH, RELU = range(4)
ACTIVATION_CODES = {"identity": IDENTITY, "logistic": LOGISTIC, "tanh": TANH, "relu": RELU}


@compiled
def activate(activation, z):
    """Apply the activation function to the 2-D array ``z``, in place."""
    zero = z.dtype.type(0)
    for i in range(z.shape[0]):
        row = z[i]
        if activation == RELU:
            for j in range(z.shape[1]):
                # The sum keeps the compiler from storing zeros under a mask, which takes some
                # processors six times as long as storing all.
                value = z[i, j] + zero
                z[i, j] = zero if value < zero else value
        elif activation == TANH:
            for j in range(z.shape[1]):
                row[j] = tanh(row[j], row)
        elif activation == LOGISTIC:
            for j in range(z.shape[1]):
                row[j] = logistic(row[j], row)


@compiled
def widest(sizes):
    """The largest of some layers' sizes."""
    result = sizes[0]
    for size in sizes[1:]:
        result = max(result, size)
    return result


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
def _padded_size(sizes, layer, itemsize):
    """How many numbers a layer's padded weights and biases are."""
    return (sizes[layer] + 1) * padded_width(sizes[layer + 1], itemsize)


@compiled
def padded_parameters(parameters, sizes, first, stop):
    """Copies of the weights and biases of layers ``first`` to ``stop`` - 1, for `product`.

    Zeros fill up every row of weights to whole cache lines. `padded_weights` are its views.
    """
    n = 0
    for layer in range(first, stop):
        n += _padded_size(sizes, layer, parameters.itemsize)
    result = np.empty(n, parameters.dtype)
    fill(result, parameters.dtype.type(0))
    for layer in range(first, stop):
        W, b = weights(parameters, sizes, layer)
        padded_W, padded_b = padded_weights(result, sizes, first, layer)
        copy_to(W, padded_W)
        for k in range(len(b)):
            padded_b[0, k] = b[k]
    return result


@compiled
def padded_weights(parameters, sizes, first, layer):
    """Views of one layer's weights (fan_in, width) and biases (1, width).

    ``parameters`` are from `padded_parameters`, from layer ``first`` on.
    """
    start = 0
    for below in range(first, layer):
        start += _padded_size(sizes, below, parameters.itemsize)
    stop = start + _padded_size(sizes, layer, parameters.itemsize)
    both = parameters[start:stop].reshape(sizes[layer] + 1, -1)
    return both[:-1], both[-1:]


@compiled
def next_inputs(a, W, b):
    """The next layer's inputs, (rows, width), from activations and `padded_weights`.

    They are what its activation function is applied to. Every number is one chain of sums,
    whatever the rows next to it.
    """
    z = np.empty((a.shape[0], W.shape[1]), W.dtype)
    product_skipping_zeros(a, W, b, z)
    return z


@compiled
def _hidden_chunk(X, parameters, sizes, activation, layer, out, chunk):
    first = np.int64(sizes[0] == 0)
    rows = slice(chunk * CHUNK_ROWS, min(X.shape[0], (chunk + 1) * CHUNK_ROWS))
    below = X[rows]
    if first > 0:
        below = below.copy()
        activate(activation, below)
    for current in range(first, layer + 1):
        W, b = padded_weights(parameters, sizes, first, current)
        z = next_inputs(below, W, b)
        activate(activation, z)
        below = np.ascontiguousarray(z[:, : sizes[current + 1]])
    copy_to(below, out[rows])


@Kernel
def layer_activations(driver, X, parameters, sizes, activation, layer, out):
    """Activations of hidden layer ``layer`` for the rows of ``X``, into ``out`` (rows, units).

    If the network has no features (``sizes[0]`` is 0), ``X`` has the inputs of the first hidden
    layer.
    """
    n_rows = X.shape[0]
    first = np.int64(sizes[0] == 0)
    padded = padded_parameters(parameters, sizes, first, layer + 1)
    arguments = X, padded, sizes, activation, layer, out
    parts(driver, _hidden_chunk, arguments, (n_rows + CHUNK_ROWS - 1) // CHUNK_ROWS)


@compiled
def _sparse_chunk(values, indices, indptr, W, b, out, chunk):
    real = out.dtype.type
    for i in range(chunk * CHUNK_ROWS, min(out.shape[0], (chunk + 1) * CHUNK_ROWS)):
        z = out[i]
        for k in range(len(b)):
            z[k] = real(b[k])
        for at in range(indptr[i], indptr[i + 1]):
            value, w = real(values[at]), W[indices[at]]
            for k in range(len(b)):
                z[k] = multiply_add(value, real(w[k]), z[k])


@Kernel
def sparse_first_inputs(driver, values, indices, indptr, W, b, out):
    """The first hidden layer's inputs from rows of a sparse matrix, into ``out`` (rows, units).

    With the bits that the same rows have when they are dense and their indices sorted.

    Parameters
    ----------
    values, indices, indptr
        A CSR matrix's arrays, or its ``indptr`` for some neighbouring rows only.
    W, b : (features, units), (units,)
        The first layer's weights and biases.
    """
    arguments = values, indices, indptr, W, b, out
    parts(driver, _sparse_chunk, arguments, (out.shape[0] + CHUNK_ROWS - 1) // CHUNK_ROWS)
