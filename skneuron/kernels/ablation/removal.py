"""What the removal of a neuron does to the rest of the network.

The removal of neuron j of a layer changes the next layer's inputs by the rank-1 term -r_j w_j^T,
where w_j are its outgoing weights and r_j, its residual, is its activation minus what takes its
place. So one forward pass serves all neurons, and only what follows the next layer's inputs is
computed again. A unit's input is the number that its activation function is applied to.

Arrays are (units, rows), chunk by chunk of rows: the inner loops run along rows. Networks come
as in `skneuron.kernels.forward`.
"""

import numpy as np

from skneuron.kernels._jit import compiled
from skneuron.kernels._parts import Kernel, parts
from skneuron.kernels._tile import multiply_add
from skneuron.kernels.forward import (
    CHUNK_ROWS,
    activate,
    next_inputs,
    padded_parameters,
    padded_weights,
    weights,
    widest,
)
from skneuron.kernels.product import copy_to, fill, multiples, product, transpose

# This many columns fill whole vectors of any type on any processor, also in loops that compilers
# unroll.
WIDTH_STEP = 32


@compiled
def view(flat, n_units, width):
    """The start of a flat array as (units, width)."""
    return flat[: n_units * width].reshape(n_units, width)


@compiled
def round_up_to_vectors(n):
    """``n`` columns, or as many more as fill the last vector."""
    return (n + WIDTH_STEP - 1) // WIDTH_STEP * WIDTH_STEP


@compiled
def n_rows_of(chunk, n_rows):
    """Number of rows in a chunk: CHUNK_ROWS, or what is left for the last one."""
    return min(n_rows - chunk * CHUNK_ROWS, CHUNK_ROWS)


@compiled
def first_unit(sizes, layer):
    """Position of the first neuron of hidden layer ``layer`` among all of them."""
    result = 0
    for size in sizes[1 : layer + 1]:
        result += size
    return result


@compiled
def _next_inputs(a, parameters, sizes, layer, z):
    """``z`` = the inputs that weights ``layer`` give, from the activations ``a`` below them.

    Every number is one chain of sums, whatever is in the other columns: rows that a removal
    does not touch come out with the same bits.
    """
    W, b = weights(parameters, sizes, layer)
    for k in range(z.shape[0]):
        for i in range(z.shape[1]):
            z[k, i] = b[k]
    outputs, steps = multiples(W.shape[1], 1), multiples(W.shape[0], W.shape[1])
    product(W.reshape(-1), outputs, steps, a, z, z)


@compiled
def _forward(X, first_layer, parameters, sizes, activation, inputs, activations):
    """Fill ``inputs`` (hidden and output units, rows) and ``activations`` (hidden units, rows).

    ``first_layer`` is the first layer's part of `padded_parameters`.
    """
    n_layers = sizes.shape[0] - 1
    if X.shape[1] > 0:
        W, b = padded_weights(first_layer, sizes, np.int64(0), np.int64(0))
        transpose(next_inputs(X, W, b), inputs[: sizes[1]])
    start = 0
    for layer in range(1, n_layers):
        stop = start + sizes[layer]
        a = activations[start:stop]
        copy_to(inputs[start:stop], a)
        activate(activation, a)
        _next_inputs(a, parameters, sizes, layer, inputs[stop : stop + sizes[layer + 1]])
        start = stop


@compiled
def _padded_chunk(X, chunk):
    """The rows of a chunk; after the last row of all, zeros."""
    start = chunk * CHUNK_ROWS
    if start + CHUNK_ROWS <= X.shape[0]:
        return X[start : start + CHUNK_ROWS]
    n = X.shape[0] - start
    rows = np.empty((np.int64(CHUNK_ROWS), X.shape[1]), X.dtype)
    copy_to(X[start:], rows[:n])
    for i in range(n, CHUNK_ROWS):
        fill(rows[i], X.dtype.type(0))
    return rows


@compiled
def _mix(sizes, mixing, activations):
    """Replace every layer's activations by their mixtures, ``mixing[:, j]`` for neuron j."""
    unit, at = 0, 0
    for layer in range(sizes.shape[0] - 2):
        n = sizes[layer + 1]
        a = activations[unit : unit + n]
        mixed = np.empty(a.shape, a.dtype)
        for k in range(n):
            fill(mixed[k], a.dtype.type(0))
        product(mixing[at : at + n * n], multiples(n, 1), multiples(n, n), a, mixed, mixed)
        copy_to(mixed, a)
        unit += n
        at += n * n


@compiled
def _forward_chunk(X, first_layer, network, mixing, constants, inputs, residuals, chunk):
    """A chunk's part of `forward_with_residuals`."""
    parameters, sizes, activation = network
    z, r = inputs[chunk], residuals[chunk]
    _forward(_padded_chunk(X, chunk), first_layer, parameters, sizes, activation, z, r)
    if mixing.shape[0] > 0:
        _mix(sizes, mixing, r)
    for j in range(len(constants)):
        for i in range(CHUNK_ROWS):
            r[j, i] -= constants[j]


@Kernel
def forward_with_residuals(
    driver, X, parameters, sizes, activation, mixing, constants, inputs, residuals
):
    """One forward pass: the inputs of all units, and the residuals of all hidden neurons.

    A neuron's residual is its activation minus what takes its place.

    Parameters
    ----------
    X : (rows, features or 0), float32 or float64, C order
        Without features, ``inputs`` has the inputs of the first hidden layer already.
    parameters, sizes, activation
        The network.
    mixing : (sum over hidden layers of units ** 2 or 0,)
        If not empty, one matrix a hidden layer, flat, with ones on the diagonal: the residual
        of neuron j is ``activations @ mixing[:, j] - constants[j]``, so that its place is taken
        by a linear prediction from the other neurons of its layer.
    constants : (hidden units,)
        Without ``mixing``, what takes the neurons' places.
    inputs : (chunks, hidden and output units, CHUNK_ROWS)
        Written. Zeros that fill up the last chunk are computed like any rows.
    residuals : (chunks, hidden units, CHUNK_ROWS)
        Written.
    """
    network = parameters, sizes, activation
    first_layer = padded_parameters(parameters, sizes, np.int64(0), np.int64(X.shape[1] > 0))
    arguments = X, first_layer, network, mixing, constants, inputs, residuals
    parts(driver, _forward_chunk, arguments, (X.shape[0] + CHUNK_ROWS - 1) // CHUNK_ROWS)


@compiled
def inputs_without(z_next, index, residual, outgoing, out):
    """``out`` = the next layer's inputs without a neuron, (units, width), in some rows.

    ``z_next`` is flat, from the layer's first unit in a chunk on, and ``index`` says where in it
    the first unit's inputs in these rows are. Units are CHUNK_ROWS apart.
    """
    for k in range(out.shape[0]):
        z = z_next[k * CHUNK_ROWS :]
        for i in range(out.shape[1]):
            out[k, i] = multiply_add(residual[i], -outgoing[k], z[index[i]])


@compiled
def inputs_without_in_all_rows(z_next, residual, outgoing, out):
    """As `inputs_without`, for all rows of a chunk; ``z_next`` is (units, CHUNK_ROWS)."""
    for k in range(out.shape[0]):
        for i in range(CHUNK_ROWS):
            out[k, i] = multiply_add(residual[i], -outgoing[k], z_next[k, i])


@compiled
def add_contribution(values, outgoing, z):
    """Add what a neuron gives to the next layer's inputs ``z``, (units, width), in place."""
    for k in range(z.shape[0]):
        for i in range(z.shape[1]):
            z[k, i] = multiply_add(values[i], outgoing[k], z[k, i])


@compiled
def later_outputs(z, width, layer, parameters, sizes, activation, scratch):
    """From the inputs ``z`` of the layer after hidden layer ``layer`` to those of the outputs.

    ``z``, flat, and ``scratch``, of the same length, are written over; the result is a view into
    one of them.
    """
    for above in range(layer + 2, sizes.shape[0] - 1):
        a = view(z, sizes[above], width)
        activate(activation, a)
        _next_inputs(a, parameters, sizes, above, view(scratch, sizes[above + 1], width))
        z, scratch = scratch, z
    return view(z, sizes[-1], width)


@compiled
def _predict_from_others(a, index, mixing, sizes, layer, constant):
    """``a[index]`` = the linear prediction from the other neurons of its layer; see ``mixing``."""
    at = 0
    for below in range(1, layer + 1):
        at += sizes[below] * sizes[below]
    n = sizes[layer + 1]
    for i in range(CHUNK_ROWS):
        a[index, i] = constant
    for k in range(n):
        if k != index:
            weight = -mixing[at + k * n + index]
            for i in range(CHUNK_ROWS):
                a[index, i] += weight * a[k, i]


@compiled
def _outputs_without_one(
    inputs, replacing, mixing, constants, first_row, n_rows, network, layers, indices, all_out, at
):
    """A neuron's part of `outputs_without_each_neuron`."""
    parameters, sizes, activation = network
    layer, index, out = layers[at], indices[at], all_out[at]
    start = first_unit(sizes, layer)
    stop = start + sizes[layer + 1]
    a_flat = np.empty(widest(sizes) * CHUNK_ROWS, inputs.dtype)
    z_flat = np.empty(len(a_flat), inputs.dtype)
    for chunk in range(inputs.shape[0]):
        a = view(a_flat, sizes[layer + 1], CHUNK_ROWS)
        copy_to(inputs[chunk, start:stop], a)
        activate(activation, a)
        if len(constants) == 0:
            for i in range(CHUNK_ROWS):
                a[index, i] = replacing[chunk, start + index, i]
        elif len(mixing) == 0:
            for i in range(CHUNK_ROWS):
                a[index, i] = constants[start + index]
        else:
            _predict_from_others(a, index, mixing, sizes, layer, constants[start + index])
        z = view(z_flat, sizes[layer + 2], CHUNK_ROWS)
        _next_inputs(a, parameters, sizes, layer + 1, z)
        changed = later_outputs(z_flat, CHUNK_ROWS, layer, parameters, sizes, activation, a_flat)
        row = first_row + chunk * CHUNK_ROWS
        for i in range(n_rows_of(chunk, n_rows)):
            for c in range(changed.shape[0]):
                out[row + i, c] = changed[c, i]


@Kernel
def outputs_without_each_neuron(
    driver, inputs, replacing, mixing, constants, first_row, n_rows, parameters, sizes, activation,
    layers, indices, out,
):  # fmt: skip
    """The output units' inputs without each of some neurons.

    Computed from the changed layer on, not by a rank-1 change: its rounding would make a
    difference between rows that are alike without the neuron, and so to scores that compare ranks.

    Parameters
    ----------
    inputs
        From `forward_with_residuals`, of ``n_rows`` rows.
    replacing : (chunks, hidden units, CHUNK_ROWS), or (0, hidden units, CHUNK_ROWS)
        If ``constants`` is empty, what takes the neurons' places in every row.
    mixing, constants
        As `forward_with_residuals` got them: a neuron's place is taken by its constant, or by its
        prediction from the other neurons.
    first_row, n_rows : int
        Which rows of ``out`` these are: ``n_rows`` from ``first_row`` on.
    parameters, sizes, activation
        The network.
    layers, indices : (neurons,), int64
        The neurons' hidden layers and their positions there.
    out : (neurons, all rows, outputs)
        Written.
    """
    network = parameters, sizes, activation
    arguments = (
        inputs, replacing, mixing, constants, first_row, n_rows, network, layers, indices, out,
    )  # fmt: skip
    parts(driver, _outputs_without_one, arguments, layers.shape[0])
