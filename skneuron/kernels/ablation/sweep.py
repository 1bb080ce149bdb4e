"""Remove every hidden neuron in turn and add up what happens to the predictions.

In the last hidden layer a removal is one multiply-add an output. In earlier layers, the layers
after the neuron's are computed again, for the rows in which the neuron can change something (see
`margins`) and no others.
"""

from typing import NamedTuple

import numpy as np

from skneuron.kernels._held import hold
from skneuron.kernels._jit import compiled
from skneuron.kernels._parts import Kernel, parts
from skneuron.kernels.ablation.later_layers import (
    FIRST_LATER_LAYER,
    LaterLayers,
    outputs_of_rows,
    transpose_inputs,
)
from skneuron.kernels.ablation.lost_digits import (
    find_lost_rows,
    may_lose_digits,
    rounding_of_sums,
    set_aside,
)
from skneuron.kernels.ablation.margins import (
    MAX_SELECTED_IN_LAST,
    margins_of_chunks,
    select_rows,
    sensitivities,
)
from skneuron.kernels.ablation.removal import (
    first_unit,
    inputs_without,
    inputs_without_in_all_rows,
    n_rows_of,
    round_up_to_vectors,
    view,
)
from skneuron.kernels.ablation.row_scores import (
    Before,
    Changes,
    ScoringWorkspace,
    Truth,
    add_changes,
    make_scoring_workspace,
    needs_losses,
)
from skneuron.kernels.forward import CHUNK_ROWS, padded_parameters, weights, widest
from skneuron.kernels.product import fill, padded_width

# Every layer's neurons are split into so many parts, whatever the number of threads that compute
# them: enough for all cores to have the same amount of work.
N_PARTS = 64
# Changes of the last hidden layer's neurons are scored as soon as so many rows of a neuron have
# been selected, from as many chunks as it takes: fewer are not worth a call.
MIN_SCORED_ROWS = 64


class LostRows(NamedTuple):
    """Rows that a removal's sums leave out, for too few digits are left of their outputs."""

    # (hidden units,): residuals whose subtraction leaves outputs of size 1, or for regression of
    # the targets' size, three quarters of their digits
    harmless: np.ndarray
    lost: np.ndarray  # (neurons, rows), uint8: 1 for these rows
    n_lost: np.ndarray  # (neurons,), int64: how many there are


class AblationWorkspace(NamedTuple):
    """Scratch memory of one thread."""

    z: np.ndarray  # flat, large enough for any layer's inputs in a chunk
    scratch: np.ndarray  # as large as ``z``
    out: np.ndarray  # as large as ``z``, for the outputs
    selected: np.ndarray  # (CHUNK_ROWS + 1,), uint64: rows that are computed, counted in the chunk
    rows: np.ndarray  # the same rows, counted over the block
    values: np.ndarray  # (CHUNK_ROWS + 1,): the neuron's residual in these rows
    columns: np.ndarray  # (MIN_SCORED_ROWS + CHUNK_ROWS,), uint64: columns of outputs
    scoring: ScoringWorkspace


@compiled
def make_ablation_workspace(like, sizes):
    """`AblationWorkspace` for a network with layers of these ``sizes``, of ``like``'s type."""
    z = np.empty(padded_width(widest(sizes[1:]), like.itemsize) * CHUNK_ROWS, like.dtype)
    n_rows, n_columns = np.int64(CHUNK_ROWS + 1), np.int64(MIN_SCORED_ROWS + CHUNK_ROWS)
    return AblationWorkspace(
        z,
        np.empty(len(z), like.dtype),
        np.empty(len(z), like.dtype),
        np.empty(n_rows, np.uint64),
        np.empty(n_rows, np.uint64),
        np.empty(n_rows, like.dtype),
        np.empty(n_columns, np.uint64),
        make_scoring_workspace(z),
    )


@compiled
def _split_into_parts(layers, n_layers):
    """Split every layer's neurons into parts of neighbours, whose residuals are neighbours too.

    Returns
    -------
    order : (neurons + 1,)
        Positions in ``layers``, one layer after the other; the last one has no meaning.
    starts : (layers, parts + 1)
        Part p of layer l is ``order[starts[l, p] : starts[l, p + 1]]``.
    """
    order = np.empty(len(layers) + 1, np.int64)  # the loop writes one entry too many
    starts = np.empty((n_layers, np.int64(N_PARTS + 1)), np.int64)
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
def _ablate_in_earlier_layer(
    layer, neurons, inputs, residuals, network, indices, all_sensitivities, margin, later_layers,
    truth, before, changes, lost_rows,
):  # fmt: skip
    """Remove each of some neurons of a hidden layer before the last one."""
    parameters, sizes, activation = network
    W, _ = weights(parameters, sizes, layer + 1)
    workspace = make_ablation_workspace(inputs, sizes)
    first_of_layer = first_unit(sizes, layer)
    rounding, with_losses = rounding_of_sums(sizes, inputs), needs_losses(changes)
    all_harmless = lost_rows.harmless
    none = np.int64(0)  # numba would compile again what gets a literal
    for chunk in range(inputs.shape[0]):
        n = n_rows_of(chunk, len(before.predicted))
        for at in neurons:
            unit = first_of_layer + indices[at]
            m = select_rows(
                residuals[chunk, unit], all_sensitivities[unit], margin[chunk], n, none,
                workspace.selected, workspace.values, none,
            )  # fmt: skip
            if m == 0:
                continue
            out = view(workspace.out, sizes[-1], round_up_to_vectors(m))
            outputs_of_rows(
                later_layers, chunk, workspace.selected[:m], workspace.values, W[indices[at]],
                layer, sizes, activation, workspace.z, workspace.scratch, out,
            )  # fmt: skip
            for i in range(m):
                workspace.rows[i] = workspace.selected[i] + chunk * CHUNK_ROWS
            harmless = all_harmless[unit]
            if may_lose_digits(truth.task, out, m, workspace.values, harmless):
                n_lost = find_lost_rows(
                    truth.task, out, m, workspace.values, harmless, rounding, with_losses,
                    workspace.columns,
                )  # fmt: skip
                lost_rows.n_lost[at] += n_lost
                m = set_aside(
                    workspace.columns, n_lost, out, m, workspace.rows, lost_rows.lost[at]
                )
            add_changes(truth, before, changes, at, out, m, workspace.rows, workspace.scoring)


class Pending(NamedTuple):
    """Every neuron's rows that have been selected in several chunks but not yet scored."""

    n: np.ndarray  # (neurons,): how many there are
    rows: np.ndarray  # (neurons, most rows), uint64, counted over the block
    values: np.ndarray  # (neurons, most rows): the neuron's residual in these rows


@compiled
def _outputs_in_pending(pending, k, inputs, start, outgoing, workspace):
    """The output units' inputs without a neuron, in its pending rows."""
    n, rows, values = pending.n[k], pending.rows[k], pending.values[k]
    width = round_up_to_vectors(n)
    for i in range(n, width):
        rows[i] = rows[0]
        values[i] = 0
    chunk_size = inputs.shape[1] * CHUNK_ROWS
    for i in range(width):
        workspace.selected[i] = rows[i] // CHUNK_ROWS * chunk_size + rows[i] % CHUNK_ROWS
    z = view(workspace.z, len(outgoing), width)
    inputs_without(
        inputs.reshape(-1)[start * CHUNK_ROWS :], workspace.selected, values, outgoing, z
    )
    return z


@compiled
def _ablate_in_last_layer(
    neurons, inputs, residuals, network, indices, all_sensitivities, margin, truth, before,
    changes, lost_rows,
):  # fmt: skip
    """Remove each of some neurons of the last hidden layer."""
    parameters, sizes, _ = network
    last = sizes.shape[0] - 3
    first_of_layer, start_out = first_unit(sizes, last), first_unit(sizes, last + 1)
    W, _ = weights(parameters, sizes, last + 1)
    workspace = make_ablation_workspace(inputs, sizes)
    shape = len(neurons), np.int64(MIN_SCORED_ROWS + CHUNK_ROWS)
    pending = Pending(
        np.empty(shape[0], np.int64), np.empty(shape, np.uint64), np.empty(shape, inputs.dtype)
    )
    fill(pending.n, np.int64(0))
    rounding, with_losses = rounding_of_sums(sizes, inputs), needs_losses(changes)
    all_harmless = lost_rows.harmless
    n_chunks = inputs.shape[0]
    for chunk in range(n_chunks + 1):  # after the last chunk, what is still pending
        n_rows = max(n_rows_of(chunk, len(before.predicted)), 0)
        first = chunk * CHUNK_ROWS
        for k in range(len(neurons)):
            at = neurons[k]
            unit, outgoing = first_of_layer + indices[at], W[indices[at]]
            n_before, harmless = pending.n[k], all_harmless[unit]
            n = n_before
            if chunk < n_chunks:
                n = select_rows(
                    residuals[chunk, unit], all_sensitivities[unit], margin[chunk], n_rows, first,
                    pending.rows[k], pending.values[k], n_before,
                )  # fmt: skip
            if n - n_before > MAX_SELECTED_IN_LAST * n_rows:
                n, rows, z = (
                    n_rows,
                    workspace.rows,
                    view(workspace.z, sizes[-1], np.int64(CHUNK_ROWS)),
                )
                for i in range(n):
                    rows[i] = first + i
                inputs_without_in_all_rows(
                    inputs[chunk, start_out:], residuals[chunk, unit], outgoing, z
                )
                n_lost = 0
                if may_lose_digits(truth.task, z, n, residuals[chunk, unit], harmless):
                    n_lost = find_lost_rows(
                        truth.task, z, n, residuals[chunk, unit], harmless, rounding, with_losses,
                        workspace.columns,
                    )  # fmt: skip
            else:
                pending.n[k] = n
                if n < MIN_SCORED_ROWS and (chunk < n_chunks or n == 0):
                    continue
                rows = pending.rows[k]
                z = _outputs_in_pending(pending, k, inputs, start_out, outgoing, workspace)
                pending.n[k] = 0
                n_lost = 0
                if may_lose_digits(truth.task, z, n, pending.values[k], harmless):
                    n_lost = find_lost_rows(
                        truth.task, z, n, pending.values[k], harmless, rounding, with_losses,
                        workspace.columns,
                    )  # fmt: skip
            if n_lost > 0:
                lost_rows.n_lost[at] += n_lost
                n = set_aside(workspace.columns, n_lost, z, n, rows, lost_rows.lost[at])
            add_changes(truth, before, changes, at, z, n, rows, workspace.scoring)


@compiled
def _transpose_chunk(inputs, sizes, transposed, chunk):
    transpose_inputs(inputs[chunk], sizes, transposed[chunk])


@compiled
def _ablate_part(
    order, starts, inputs, residuals, network, indices, all_sensitivities, margin, later_layers,
    truth, before, changes, lost_rows, part,
):  # fmt: skip
    """Of every layer, one part of the neurons."""
    n_layers = starts.shape[0]
    for layer in range(n_layers):
        neurons = order[starts[layer, part] : starts[layer, part + 1]]
        if len(neurons) > 0 and layer < n_layers - 1:
            _ablate_in_earlier_layer(
                layer, neurons, inputs, residuals, network, indices, all_sensitivities, margin,
                later_layers, truth, before, changes, lost_rows,
            )  # fmt: skip
        elif len(neurons) > 0:
            _ablate_in_last_layer(
                neurons, inputs, residuals, network, indices, all_sensitivities, margin,
                truth, before, changes, lost_rows,
            )  # fmt: skip


@Kernel
def ablate_each_neuron(
    driver, inputs, residuals, parameters, sizes, activation, layers, indices,
    harmless, lost, n_lost,
    task, codes, targets, sample_weight,
    predicted, row_losses, row_squares,
    n_fixed, n_broken, hits, cells, weighted_cells, losses, squares,
):  # fmt: skip
    """Add up what the removal of each of some neurons changes in a block of rows.

    Every neuron's sums are those of one thread, which goes through the rows in an order that
    depends on this neuron alone: their bits depend neither on the number of threads nor on the
    other neurons. Named tuples come one field at a time; see `skneuron.kernels.training.loop`.

    Parameters
    ----------
    inputs, residuals
        From `skneuron.kernels.ablation.removal.forward_with_residuals`.
    parameters, sizes, activation
        The network; see `skneuron.kernels.forward`.
    layers, indices : (neurons,), int64
        The neurons' hidden layers and their positions there.
    *lost_rows : LostRows
        ``n_lost`` is added to, ``lost`` written.
    *truth : Truth
    *before : Before
        From `skneuron.kernels.ablation.row_scores.score_full_network`.
    *changes : Changes
        Added to; one entry a neuron.
    """
    lost_rows = hold(LostRows(harmless, lost, n_lost))
    truth = hold(Truth(task, codes, targets, sample_weight))
    before = hold(Before(predicted, row_losses, row_squares))
    changes = hold(Changes(n_fixed, n_broken, hits, cells, weighted_cells, losses, squares))
    margin = margins_of_chunks(task, inputs, sizes[-1], needs_losses(changes))
    all_sensitivities = sensitivities(task, parameters, sizes)
    network = parameters, sizes, activation
    n_later = first_unit(sizes, len(sizes) - 2) - sizes[1]
    transposed = np.empty((inputs.shape[0], np.int64(CHUNK_ROWS), n_later), inputs.dtype)
    parts(driver, _transpose_chunk, (inputs, sizes, transposed), inputs.shape[0])
    later_layers = LaterLayers(
        transposed, padded_parameters(parameters, sizes, FIRST_LATER_LAYER, len(sizes) - 1)
    )
    order, starts = _split_into_parts(layers, len(sizes) - 2)
    arguments = (
        order, starts, inputs, residuals, network, indices, all_sensitivities, margin,
        later_layers, truth, before, changes, lost_rows,
    )  # fmt: skip
    parts(driver, _ablate_part, arguments, N_PARTS)
