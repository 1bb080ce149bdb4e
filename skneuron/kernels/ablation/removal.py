"""What the removal of a neuron does to the rest of the network.

Taking neuron j of a layer out changes the next layer's input by the rank-1 term -r_j w_j^T, where
w_j are its outgoing weights and r_j, its residual, is its activation minus what takes its place.
So one forward pass serves all neurons, and only the layers behind the neuron are computed again.

Arrays are (units, rows), chunk by chunk of rows: the inner loops run along rows. Networks come
as in `skneuron.kernels.forward`.
"""

import numpy as np
from numba import prange

from skneuron.kernels._jit import compiled, parallel_twins
from skneuron.kernels._tile import multiply_add
from skneuron.kernels.forward import (
    CHUNK_ROWS,
    activate,
    next_inputs,
    padded_parameters,
    padded_weights,
    weights,
)
from skneuron.kernels.product import product, transpose

# Columns that fill whole vectors of any type and processor, unrolled loops included.
WIDTH_STEP = 32


@compiled
def view(flat, n_units, width):
    """The start of a flat array as (units, width)."""
    return flat[: n_units * width].reshape(n_units, width)


@compiled
def whole_vectors(n):
    """``n`` columns, and as many more as fill the last vector."""
    return (n + WIDTH_STEP - 1) // WIDTH_STEP * WIDTH_STEP


@compiled
def n_rows_of(chunk, n_rows):
    """Number of rows in a chunk: CHUNK_ROWS, and the rest in the last one."""
    return min(n_rows - chunk * CHUNK_ROWS, CHUNK_ROWS)


@compiled
def first_unit(sizes, layer):
    """Position of the first neuron of hidden layer ``layer`` among all of them."""
    return sizes[1 : layer + 1].sum()


@compiled
def _next_inputs(a, parameters, sizes, layer, z):
    """``z`` = inputs of layer ``layer`` + 1, from activations ``a`` of layer ``layer``.

    Every number is one chain of sums, whatever stands in the other columns: rows that a removal
    does not touch come out with the same bits.
    """
    W, b = weights(parameters, sizes, layer)
    for k in range(z.shape[0]):
        z[k] = b[k]
    outputs = np.arange(W.shape[1])
    product(W.reshape(-1), outputs, np.arange(W.shape[0]) * W.shape[1], a, z, z)


@compiled
def _forward(X, first, parameters, sizes, code, inputs, activations):
    """Fill ``inputs`` (hidden and output units, rows) and ``activations`` (hidden units, rows)."""
    n_layers = sizes.shape[0] - 1
    if X.shape[1] > 0:
        W, b = padded_weights(first, sizes, 0, 0)
        transpose(next_inputs(X, W, b), inputs[: sizes[1]])
    start = 0
    for layer in range(1, n_layers):
        stop = start + sizes[layer]
        a = activations[start:stop]
        a[:] = inputs[start:stop]
        activate(code, a)
        _next_inputs(a, parameters, sizes, layer, inputs[stop : stop + sizes[layer + 1]])
        start = stop


@compiled
def _full_chunk(X, chunk):
    """The rows of a chunk; behind the last row of all, zeros."""
    start = chunk * CHUNK_ROWS
    if start + CHUNK_ROWS <= X.shape[0]:
        return X[start : start + CHUNK_ROWS]
    rows = np.zeros((CHUNK_ROWS, X.shape[1]), X.dtype)
    rows[: X.shape[0] - start] = X[start:]
    return rows


@compiled
def _mix(sizes, mixing, activations):
    """Replace every layer's activations by their mixtures, ``mixing[:, j]`` for neuron j."""
    unit, at = 0, 0
    for layer in range(sizes.shape[0] - 2):
        n = sizes[layer + 1]
        a = activations[unit : unit + n]
        mixed = np.zeros_like(a)
        product(mixing[at : at + n * n], np.arange(n), np.arange(n) * n, a, mixed, mixed)
        a[:] = mixed
        unit += n
        at += n * n


@compiled
def _prepare_chunk(X, other, first, network, mixing, constants, chunk, z, r):
    """A chunk's part of `prepare`, compiled once for both of its twins."""
    parameters, sizes, code = network
    _forward(_full_chunk(X, chunk), first, parameters, sizes, code, z, r)
    if other.shape[0] > 0:
        replacing, unused = np.empty_like(r), np.empty_like(z)
        _forward(_full_chunk(other, chunk), first, parameters, sizes, code, unused, replacing)
        r -= replacing
    else:
        if mixing.shape[0] > 0:
            _mix(sizes, mixing, r)
        for j in range(len(constants)):
            for i in range(CHUNK_ROWS):
                r[j, i] -= constants[j]


@parallel_twins
def prepare(X, other, parameters, sizes, code, mixing, constants, inputs, residuals):
    """One forward pass: what the next layers get, and the residuals of all hidden neurons.

    Parameters
    ----------
    X : (rows, features or 0), float32 or float64, C order
        Without features, ``inputs`` has the inputs of the first hidden layer already.
    other : (rows or 0, features)
        If not empty, what takes a neuron's place in a row is its activation in this row here.
    parameters, sizes, code
        The network.
    mixing : (sum over hidden layers of units ** 2 or 0,)
        If not empty, one matrix a hidden layer. The residual of neuron j is the sum of all
        activations of its layer times column j, minus ``constants[j]``.
    constants : (hidden units,)
    inputs : (chunks, hidden and output units, CHUNK_ROWS)
        Gets, for every chunk of rows, the inputs of hidden and output units.
    residuals : (chunks, hidden units, CHUNK_ROWS)
    """
    network = parameters, sizes, code
    first = padded_parameters(parameters, sizes, 0, min(X.shape[1], 1))
    for chunk in prange((X.shape[0] + CHUNK_ROWS - 1) // CHUNK_ROWS):
        _prepare_chunk(
            X, other, first, network, mixing, constants, chunk, inputs[chunk], residuals[chunk]
        )


@compiled
def without(z_next, index, residual, outgoing, out):
    """The next layer's inputs, (units, width), in some rows once the neuron is gone.

    ``z_next`` is flat, from the layer's first unit in a chunk on, and ``index`` where rows are in
    there. Units are CHUNK_ROWS apart.
    """
    for k in range(out.shape[0]):
        z = z_next[k * CHUNK_ROWS :]
        for i in range(out.shape[1]):
            out[k, i] = multiply_add(residual[i], -outgoing[k], z[index[i]])


@compiled
def without_in_all(z_next, residual, outgoing, out):
    """As `without`, in all rows of a chunk; ``z_next`` is (units, CHUNK_ROWS)."""
    for k in range(out.shape[0]):
        for i in range(CHUNK_ROWS):
            out[k, i] = multiply_add(residual[i], -outgoing[k], z_next[k, i])


@compiled
def add_term(values, outgoing, z):
    """Add a neuron's term to inputs ``z``, (units, width), of the next layer, in place."""
    for k in range(z.shape[0]):
        for i in range(z.shape[1]):
            z[k, i] = multiply_add(values[i], outgoing[k], z[k, i])


@compiled
def later_outputs(z, width, layer, parameters, sizes, code, spare):
    """From inputs ``z`` of layer ``layer`` + 1 to the outputs' inputs.

    ``z``, flat, and ``spare``, of the same length, are written over; the result is a view into
    one of them.
    """
    for above in range(layer + 2, sizes.shape[0] - 1):
        a = view(z, sizes[above], width)
        activate(code, a)
        _next_inputs(a, parameters, sizes, above, view(spare, sizes[above + 1], width))
        z, spare = spare, z
    return view(z, sizes[-1], width)


@compiled
def _predict(a, index, mixing, sizes, layer, constant):
    """``a[index]`` = what the other neurons of its layer predict, by a column of ``mixing``."""
    at = 0
    for below in range(1, layer + 1):
        at += sizes[below] ** 2
    n = sizes[layer + 1]
    a[index] = constant
    for k in range(n):
        if k != index:
            weight = -mixing[at + k * n + index]
            for i in range(CHUNK_ROWS):
                a[index, i] += weight * a[k, i]


@compiled
def _outputs_without_one(
    inputs, residuals, mixing, constants, first, n_rows, network, layer, index, out
):
    """A neuron's part of `outputs_without`, compiled once for both of its twins."""
    parameters, sizes, code = network
    start = first_unit(sizes, layer)
    stop = start + sizes[layer + 1]
    a_flat = np.empty(sizes.max() * CHUNK_ROWS, inputs.dtype)
    z_flat = np.empty_like(a_flat)
    for chunk in range(inputs.shape[0]):
        a = view(a_flat, sizes[layer + 1], CHUNK_ROWS)
        a[:] = inputs[chunk, start:stop]
        activate(code, a)
        if len(constants) == 0:
            a[index] -= residuals[chunk, start + index]
        elif len(mixing) == 0:
            a[index] = constants[start + index]
        else:
            _predict(a, index, mixing, sizes, layer, constants[start + index])
        z = view(z_flat, sizes[layer + 2], CHUNK_ROWS)
        _next_inputs(a, parameters, sizes, layer + 1, z)
        changed = later_outputs(z_flat, CHUNK_ROWS, layer, parameters, sizes, code, a_flat)
        row = first + chunk * CHUNK_ROWS
        for i in range(n_rows_of(chunk, n_rows)):
            for c in range(changed.shape[0]):
                out[row + i, c] = changed[c, i]


@parallel_twins
def outputs_without(
    inputs, residuals, mixing, constants, first, n_rows, parameters, sizes, code, layers, indices,
    out,
):  # fmt: skip
    """The outputs' inputs without each of some neurons.

    Not by a rank-1 change, whose rounding would make a difference between rows that are alike
    without the neuron, and so to scores that look at ranks.

    Parameters
    ----------
    inputs, residuals
        From `prepare`, of ``n_rows`` rows, the first of which is row ``first`` of ``out``.
    mixing, constants
        As `prepare` got them: a neuron's place is taken by its constant, or by its prediction
        from the other neurons. If ``constants`` is empty, by its activation minus its residual,
        whose rounding can make a difference between rows that are alike.
    parameters, sizes, code
        The network.
    layers, indices : (neurons,), int64
        Addresses.
    out : (neurons, all rows, outputs)
    """
    network = parameters, sizes, code
    for at in prange(layers.shape[0]):
        _outputs_without_one(
            inputs, residuals, mixing, constants, first, n_rows, network, layers[at], indices[at],
            out[at],
        )  # fmt: skip
