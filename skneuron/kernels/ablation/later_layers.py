"""From a removal to the outputs, for rows that are picked here and there.

Arrays are (rows, units): a row that is picked is read from one place, whatever the rows next to
it. Each number is one chain of sums in the order of the units below, as in `removal.prepare`, so
that rows which a removal does not touch keep their bits.
"""

from typing import NamedTuple

import numpy as np

from skneuron.kernels._jit import compiled
from skneuron.kernels._tile import multiply_add
from skneuron.kernels.forward import activate, padded_weights
from skneuron.kernels.product import product, transpose

# The first layer that is behind a hidden one, and its activations.
FIRST = 2


class LaterLayers(NamedTuple):
    """What is behind the first hidden layer, as rows need it."""

    inputs: np.ndarray  # (chunks, CHUNK_ROWS, units of all hidden layers but the first)
    parameters: np.ndarray  # from `padded_parameters`, of layers from `FIRST` on


@compiled
def transpose_inputs(inputs, sizes, out):
    """Fill in a chunk of `LaterLayers.inputs`, from one of the inputs of `removal.prepare`."""
    start = sizes[1]
    transpose(inputs[start : start + out.shape[1]], out)


@compiled
def _without(z, residual, outgoing, out):
    """A row's inputs of the next layer, once the neuron is gone."""
    for k in range(len(z)):
        out[k] = multiply_add(residual, -outgoing[k], z[k])


@compiled
def outputs_of_rows(
    later_layers, chunk, rows, residual, outgoing, layer, sizes, code, z, spare, out
):
    """The outputs' inputs, in some rows of a chunk, once a neuron is gone.

    Parameters
    ----------
    behind : LaterLayers
    chunk : int
    rows : (n,), uint64
        Counted in the chunk.
    residual : (n or more,)
        The neuron's residual in these rows.
    outgoing : (units of the next layer,)
        The neuron's weights.
    layer : int
        The neuron's, not the last hidden one.
    sizes, code
        Of the network.
    z, spare
        Flat, room for the rows of any layer, written over.
    out : (outputs, n or more)
        Written.
    """
    n, n_units = len(rows), sizes[layer + 2]
    first = sizes[2 : layer + 2].sum()
    a = z[: n * n_units].reshape(n, n_units)
    for i in range(n):
        before = later_layers.inputs[chunk, rows[i], first : first + n_units]
        _without(before, residual[i], outgoing, a[i])
    for above in range(layer + 2, sizes.shape[0] - 1):
        activate(code, a)
        W, b = padded_weights(later_layers.parameters, sizes, FIRST, above)
        below, a = a, spare[: n * W.shape[1]].reshape(n, W.shape[1])
        offsets = np.arange(n) * below.shape[1]
        product(below.reshape(-1), offsets, np.arange(W.shape[0]), W, b, a)
        z, spare = spare, z
    for c in range(out.shape[0]):
        for i in range(n):
            out[c, i] = a[i, c]
