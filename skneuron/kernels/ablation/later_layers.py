"""Outputs without a neuron of an earlier hidden layer, in a few rows that need not be neighbours.

Arrays are (rows, units), so that a selected row is read from one place, whatever the rows next to
it. Each number is one chain of sums in the order of the units below, as in
`removal.forward_with_residuals`, so that rows which a removal does not touch keep their bits.
"""

from typing import NamedTuple

import numpy as np

from skneuron.kernels._jit import compiled
from skneuron.kernels._tile import multiply_add
from skneuron.kernels.ablation.removal import first_unit
from skneuron.kernels.forward import activate, padded_weights
from skneuron.kernels.product import multiples, product, transpose

# The first weights that are multiplied again: those of layer 0 give the first hidden layer's
# inputs, and the rank-1 change is made to what those of layer 1 give.
FIRST_LATER_LAYER = np.int64(2)  # a literal would be another type for numba, compiled again


class LaterLayers(NamedTuple):
    """What follows the first hidden layer, in the order in which selected rows read it."""

    inputs: np.ndarray  # (chunks, CHUNK_ROWS, units of all hidden layers but the first)
    parameters: np.ndarray  # from `padded_parameters`, of layers from `FIRST_LATER_LAYER` on


@compiled
def transpose_inputs(inputs, sizes, out):
    """Fill one chunk of `LaterLayers.inputs`.

    ``inputs`` are the same chunk's from `removal.forward_with_residuals`.
    """
    start = sizes[1]
    transpose(inputs[start : start + out.shape[1]], out)


@compiled
def _inputs_without(z, residual, outgoing, out):
    """One row's inputs of the next layer without the neuron."""
    for k in range(len(z)):
        out[k] = multiply_add(residual, -outgoing[k], z[k])


@compiled
def outputs_of_rows(
    later_layers, chunk, rows, residual, outgoing, layer, sizes, activation, z, scratch, out
):
    """The output units' inputs without a neuron, in some rows of a chunk.

    Parameters
    ----------
    later_layers : LaterLayers
    chunk : int
    rows : (n,), uint64
        Counted in the chunk.
    residual : (n or more,)
        The neuron's residual in these rows.
    outgoing : (units of the next layer,)
        The neuron's weights.
    layer : int
        The neuron's, not the last hidden one.
    sizes, activation
        Of the network.
    z, scratch
        Flat, large enough for ``n`` rows of any layer; written over.
    out : (outputs, n or more)
        Written.
    """
    n, n_units = len(rows), sizes[layer + 2]
    first = first_unit(sizes, layer + 1) - sizes[1]
    a = z[: n * n_units].reshape(n, n_units)
    for i in range(n):
        before = later_layers.inputs[chunk, rows[i], first : first + n_units]
        _inputs_without(before, residual[i], outgoing, a[i])
    for above in range(layer + 2, sizes.shape[0] - 1):
        activate(activation, a)
        W, b = padded_weights(later_layers.parameters, sizes, FIRST_LATER_LAYER, above)
        below, a = a, scratch[: n * W.shape[1]].reshape(n, W.shape[1])
        offsets, steps = multiples(n, below.shape[1]), multiples(W.shape[0], 1)
        product(below.reshape(-1), offsets, steps, W, b, a)
        z, scratch = scratch, z
    for c in range(out.shape[0]):
        for i in range(n):
            out[c, i] = a[i, c]
