"""Remove every hidden neuron in turn and add up what happens to the predictions."""

from typing import NamedTuple

import numpy as np
from numba import prange

from skneuron.kernels._jit import compiled, parallel_twins
from skneuron.kernels.ablation.later_layers import (
    FIRST,
    LaterLayers,
    outputs_of_rows,
    transpose_inputs,
)
from skneuron.kernels.ablation.margins import MOST_PICKED_IN_LAST, margins_of_chunks, pick, reaches
from skneuron.kernels.ablation.removal import (
    first_unit,
    n_rows_of,
    view,
    whole_vectors,
    without,
    without_in_all,
)
from skneuron.kernels.ablation.row_scores import (
    Before,
    Changes,
    RowWorkspace,
    Truth,
    make_row_workspace,
    row_scores,
    sums_losses,
)
from skneuron.kernels.forward import CHUNK_ROWS, padded_parameters, weights
from skneuron.kernels.product import padded_width

# Every layer's neurons are dealt out to so many parts, whoever computes them: enough for all cores
# to have the same amount of work.
N_PARTS = 64
# Rows of the last hidden layer's neurons that are worth judging, of as many chunks as it takes.
SCORED_ROWS = 64


class Workspace(NamedTuple):
    """What a thread works in."""

    z: np.ndarray  # flat, room for any layer's units, chunk of rows
    spare: np.ndarray
    out: np.ndarray  # the same for the outputs
    picked: np.ndarray  # (CHUNK_ROWS + 1,), uint64: rows of a chunk that are looked at
    rows: np.ndarray  # the same rows, counted over the block
    values: np.ndarray  # (CHUNK_ROWS + 1,)
    row_workspace: RowWorkspace


@compiled
def make_workspace(like, sizes):
    """`Workspace` for a network with layers of these ``sizes``, in the type of ``like``."""
    z = np.empty(padded_width(sizes[1:].max(), like.itemsize) * CHUNK_ROWS, like.dtype)
    n_rows = CHUNK_ROWS + 1
    return Workspace(
        z,
        np.empty_like(z),
        np.empty_like(z),
        np.empty(n_rows, np.uint64),
        np.empty(n_rows, np.uint64),
        np.empty(n_rows, like.dtype),
        make_row_workspace(z),
    )


@compiled
def _deal(layers, n_layers):
    """Which neurons are in which part, (neurons,) and (layers, parts + 1).

    Those of a layer's part are between two of the numbers. They are next to each other, as their
    residuals are.
    """
    order = np.empty(len(layers) + 1, np.int64)  # one more to write to, in vain, at the end
    starts = np.empty((n_layers, N_PARTS + 1), np.int64)
    n = 0
    for layer in range(n_layers):
        first = n
        for at in range(len(layers)):
            order[n] = at
            n += layers[at] == layer
        for part in range(N_PARTS + 1):
            starts[layer, part] = first + (n - first) * part // N_PARTS
    return order, starts


@compiled
def _sweep_early(
    layer, neurons, inputs, residuals, network, indices, reached, margin, later_layers, truth,
    before, changes,
):  # fmt: skip
    """Some neurons of a layer before the last one."""
    parameters, sizes, code = network
    W, _ = weights(parameters, sizes, layer + 1)
    workspace = make_workspace(inputs, sizes)
    first_of_layer = first_unit(sizes, layer)
    for chunk in range(inputs.shape[0]):
        n = n_rows_of(chunk, len(before.predicted))
        for at in neurons:
            unit = first_of_layer + indices[at]
            m = pick(
                residuals[chunk, unit], reached[unit], margin[chunk], n, 0, workspace.picked,
                workspace.values, 0,
            )  # fmt: skip
            if m == 0:
                continue
            out = view(workspace.out, sizes[-1], whole_vectors(m))
            outputs_of_rows(
                later_layers, chunk, workspace.picked[:m], workspace.values, W[indices[at]], layer,
                sizes, code, workspace.z, workspace.spare, out,
            )  # fmt: skip
            for i in range(m):
                workspace.rows[i] = workspace.picked[i] + chunk * CHUNK_ROWS
            row_scores(truth, before, changes, at, out, m, workspace.rows, workspace.row_workspace)


class Pending(NamedTuple):
    """Rows that have been picked, of several chunks, and not yet been judged, by neuron."""

    n: np.ndarray  # (neurons,)
    rows: np.ndarray  # (neurons, room), uint64, counted over the block
    values: np.ndarray  # the neuron's residual in these rows


@compiled
def _without_in_pending(pending, k, inputs, start, outgoing, workspace):
    """The outputs in a neuron's pending rows."""
    n, rows, values = pending.n[k], pending.rows[k], pending.values[k]
    width = whole_vectors(n)
    for i in range(n, width):
        rows[i] = rows[0]
        values[i] = 0
    chunk_size = inputs.shape[1] * CHUNK_ROWS
    for i in range(width):
        workspace.picked[i] = rows[i] // CHUNK_ROWS * chunk_size + rows[i] % CHUNK_ROWS
    z = view(workspace.z, len(outgoing), width)
    without(inputs.reshape(-1)[start * CHUNK_ROWS :], workspace.picked, values, outgoing, z)
    return z


@compiled
def _sweep_last(
    neurons, inputs, residuals, network, indices, reached, margin, truth, before, changes
):
    """Some neurons of the last hidden layer."""
    parameters, sizes, _ = network
    last = sizes.shape[0] - 3
    first_of_layer, start_out = first_unit(sizes, last), first_unit(sizes, last + 1)
    W, _ = weights(parameters, sizes, last + 1)
    workspace = make_workspace(inputs, sizes)
    shape = len(neurons), SCORED_ROWS + CHUNK_ROWS
    pending = Pending(
        np.zeros(shape[0], np.int64), np.empty(shape, np.uint64), np.empty(shape, inputs.dtype)
    )
    n_chunks = inputs.shape[0]
    for chunk in range(n_chunks + 1):  # behind the last one, what is pending
        n_rows = max(n_rows_of(chunk, len(before.predicted)), 0)
        first = chunk * CHUNK_ROWS
        for k in range(len(neurons)):
            at = neurons[k]
            unit, outgoing = first_of_layer + indices[at], W[indices[at]]
            n_before = pending.n[k]
            n = n_before
            if chunk < n_chunks:
                n = pick(
                    residuals[chunk, unit], reached[unit], margin[chunk], n_rows, first,
                    pending.rows[k], pending.values[k], n_before,
                )  # fmt: skip
            if n - n_before > MOST_PICKED_IN_LAST * n_rows:
                n, rows, z = n_rows, workspace.rows, view(workspace.z, sizes[-1], CHUNK_ROWS)
                for i in range(n):
                    rows[i] = first + i
                without_in_all(inputs[chunk, start_out:], residuals[chunk, unit], outgoing, z)
            else:
                pending.n[k] = n
                if n < SCORED_ROWS and (chunk < n_chunks or n == 0):
                    continue
                rows = pending.rows[k]
                z = _without_in_pending(pending, k, inputs, start_out, outgoing, workspace)
                pending.n[k] = 0
            row_scores(truth, before, changes, at, z, n, rows, workspace.row_workspace)


@parallel_twins
def sweep_neurons(
    inputs, residuals, parameters, sizes, code, layers, indices,
    task, codes, targets, sample_weight,
    predicted, row_losses, row_squares,
    n_fixed, n_broken, hits, cells, weighted_cells, losses, squares,
):  # fmt: skip
    """Add up what the removal of each of some neurons changes in a block of rows.

    Every neuron's sums are those of one thread, which goes through the rows in an order of its
    own: their bits depend neither on the number of threads nor on the other neurons. Named tuples
    come one field at a time; see `skneuron.kernels.training.loop`.

    Parameters
    ----------
    inputs, residuals
        From `skneuron.kernels.ablation.removal.prepare`.
    parameters, sizes, code
        The network; see `skneuron.kernels.forward`.
    layers, indices : (neurons,), int64
        Addresses.
    *truth : Truth
    *before : Before
        From `skneuron.kernels.ablation.row_scores.full_scores`.
    *changes : Changes
        One entry a neuron, added to.
    """
    truth = Truth(task, codes, targets, sample_weight)
    before = Before(predicted, row_losses, row_squares)
    changes = Changes(n_fixed, n_broken, hits, cells, weighted_cells, losses, squares)
    margin = margins_of_chunks(task, inputs, sizes[-1], sums_losses(changes))
    reached = reaches(task, parameters, sizes)
    network = parameters, sizes, code
    transposed = np.empty((inputs.shape[0], CHUNK_ROWS, sizes[2:-1].sum()), inputs.dtype)
    for chunk in prange(inputs.shape[0]):
        transpose_inputs(inputs[chunk], sizes, transposed[chunk])
    later_layers = LaterLayers(
        transposed, padded_parameters(parameters, sizes, FIRST, len(sizes) - 1)
    )
    n_layers = len(sizes) - 2
    order, starts = _deal(layers, n_layers)
    for part in prange(N_PARTS):
        for layer in range(n_layers):
            neurons = order[starts[layer, part] : starts[layer, part + 1]]
            if len(neurons) > 0 and layer < n_layers - 1:
                _sweep_early(
                    layer, neurons, inputs, residuals, network, indices, reached, margin,
                    later_layers, truth, before, changes,
                )  # fmt: skip
            elif len(neurons) > 0:
                _sweep_last(
                    neurons, inputs, residuals, network, indices, reached, margin, truth, before,
                    changes,
                )  # fmt: skip
