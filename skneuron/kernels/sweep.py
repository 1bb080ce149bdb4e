"""Remove every hidden neuron in turn and add up what happens to the predictions."""

from typing import NamedTuple

import numpy as np
from numba import prange

from skneuron.kernels._jit import compiled, parallel_twins
from skneuron.kernels.forward import CHUNK_ROWS, weights
from skneuron.kernels.judge import (
    Before,
    Changes,
    Scratch,
    Truth,
    judge,
    make_scratch,
    sums_losses,
)
from skneuron.kernels.margins import contested, margins_of_chunks, reaches
from skneuron.kernels.removal import (
    affected,
    first_unit,
    n_rows_of,
    outputs_behind,
    view,
    without,
)

# Neurons are dealt out to so many parts, whoever computes them: enough for all cores to have the
# same amount of work.
N_PARTS = 64


class Room(NamedTuple):
    """What a thread works in."""

    z: np.ndarray  # flat, room for any layer's units, chunk of rows
    spare: np.ndarray
    picked: np.ndarray  # (CHUNK_ROWS,), uint64: rows of the chunk that are looked at
    rows: np.ndarray  # the same rows, counted over the block
    values: np.ndarray  # (CHUNK_ROWS,)
    scratch: Scratch


@compiled
def make_room(like, sizes):
    """`Room` for a network with layers of these ``sizes``, in the type of ``like``."""
    z = np.empty(sizes.max() * CHUNK_ROWS, like.dtype)
    return Room(
        z,
        np.empty_like(z),
        np.empty(CHUNK_ROWS, np.uint64),
        np.empty(CHUNK_ROWS, np.uint64),
        np.empty(CHUNK_ROWS, like.dtype),
        make_scratch(z),
    )


@compiled
def _sweep_part(
    part, inputs, residuals, network, layers, indices, reached, margin, truth, before, changes
):
    """Every `N_PARTS`-th neuron, from number ``part`` on."""
    parameters, sizes, code = network
    loses = sums_losses(changes)
    room = make_room(inputs, sizes)
    for chunk in range(inputs.shape[0]):
        n = n_rows_of(chunk, len(before.predicted))
        for at in range(part, len(layers), N_PARTS):
            layer = layers[at]
            unit = first_unit(sizes, layer) + indices[at]
            is_last = layer == sizes.shape[0] - 3
            residual = residuals[chunk, unit]
            if loses:
                m, width = affected(residual, n, is_last, room.picked, room.values)
            else:
                m, width = contested(
                    residual, reached[unit], margin[chunk], n, is_last, room.picked, room.values
                )
            if m == 0:
                continue
            W, _ = weights(parameters, sizes, layer + 1)
            start = first_unit(sizes, layer + 1)
            z_next = view(room.z, sizes[layer + 2], width)
            z_before = inputs[chunk, start : start + sizes[layer + 2]]
            without(z_before, room.picked, room.values, W[indices[at]], z_next)
            out = outputs_behind(room.z, width, layer, parameters, sizes, code, room.spare)
            for i in range(m):
                room.rows[i] = room.picked[i] + chunk * CHUNK_ROWS
            judge(truth, before, changes, at, out, m, room.rows, room.scratch)


@parallel_twins
def sweep(
    inputs, residuals, parameters, sizes, code, layers, indices,
    task, codes, targets, sample_weight,
    predicted, row_losses, row_squares,
    n_fixed, n_broken, hits, cells, weighted_cells, losses, squares,
):  # fmt: skip
    """Add up what the removal of each of some neurons changes in a block of rows.

    Every neuron's sums are those of one thread, which adds row after row: their bits do not
    depend on the number of threads. Named tuples come one field at a time; see
    `skneuron.kernels.train`.

    Parameters
    ----------
    inputs, residuals
        From `skneuron.kernels.removal.prepare`.
    parameters, sizes, code
        The network; see `skneuron.kernels.forward`.
    layers, indices : (neurons,), int64
        Addresses.
    *truth : Truth
    *before : Before
        From `skneuron.kernels.judge.judge_whole`.
    *changes : Changes
        One entry a neuron, added to.
    """
    truth = Truth(task, codes, targets, sample_weight)
    before = Before(predicted, row_losses, row_squares)
    changes = Changes(n_fixed, n_broken, hits, cells, weighted_cells, losses, squares)
    # Only where predictions are all that is looked at.
    n_margins = 0 if sums_losses(changes) else inputs.shape[0]
    margin = margins_of_chunks(task, inputs[:n_margins], sizes[-1])
    reached = reaches(task, parameters, sizes)
    network = parameters, sizes, code
    for part in prange(N_PARTS):
        _sweep_part(
            part, inputs, residuals, network, layers, indices, reached, margin, truth, before,
            changes,
        )  # fmt: skip
