"""Remove neurons one after the other, in given orders, and score every network on the way.

Such an order is a permutation of the players: the neurons of a cooperative game, as Shapley values
need it. Each permutation is computed from its end, by adding neurons to the network that has none
of them, because adding cancels no digits. The neurons of every layer are sorted by when they come
back, so that those that are present are always the first ones. An input of the next layer is then
one chain of sums over them, and one more term makes it that of the next network: its bits are
those of a forward pass from scratch, whatever was added before. A neuron without effect changes
none of them.
"""

import numpy as np

from skneuron.kernels._held import hold
from skneuron.kernels._jit import compiled
from skneuron.kernels._parts import Kernel, parts
from skneuron.kernels._tile import multiply_add
from skneuron.kernels.ablation.removal import add_contribution, first_unit, n_rows_of
from skneuron.kernels.ablation.row_scores import (
    Before,
    Changes,
    Truth,
    add_changes,
    make_scoring_workspace,
    numbers_of_rows,
)
from skneuron.kernels.forward import CHUNK_ROWS, activate, weights
from skneuron.kernels.product import copy_to, multiples, product


@compiled
def _return_orders(permutation, sizes, is_player, order):
    """Fill ``order`` with the units of every hidden layer, counted in the layer.

    First come those of layers that stay, or players in the order in which they come back.

    Returns
    -------
    layer_of : (hidden units,)
        Every unit's layer.
    """
    n_layers = sizes.shape[0] - 2
    ends = np.zeros(n_layers, np.int64)
    layer_of = np.zeros(len(order), np.int64)
    for layer in range(n_layers):
        start = first_unit(sizes, layer)
        for i in range(sizes[layer + 1]):
            order[start + i] = i
            layer_of[start + i] = layer
        ends[layer] = start
    for unit in permutation[::-1]:
        layer = layer_of[unit]
        order[ends[layer]] = unit - first_unit(sizes, layer)
        ends[layer] += 1
    return layer_of


@compiled
def _reorder(parameters, sizes, first, order, out):
    """Write the weights and biases after hidden layer ``first`` for units in another order."""
    for layer in range(first + 1, sizes.shape[0] - 1):
        W, b = weights(parameters, sizes, layer)
        V, c = weights(out, sizes, layer)
        below = order[first_unit(sizes, layer - 1) : first_unit(sizes, layer)]
        is_output = layer == sizes.shape[0] - 2
        start = first_unit(sizes, layer)
        for k in range(W.shape[1]):
            unit = k if is_output else order[start + k]
            c[k] = b[unit]
            for i in range(W.shape[0]):
                V[i, k] = W[below[i], unit]


@compiled
def _layer_inputs(V, b, n_below, below, n_units, z):
    """``z`` = inputs of the first ``n_units`` units, from the first ``n_below`` of those below.

    ``below`` are activations minus what replaces them, and ``b`` biases that include the latter.
    """
    for k in range(n_units):
        for i in range(z.shape[1]):
            z[k, i] = b[k]
    if n_below > 0 and n_units > 0:
        outputs, steps = multiples(n_units, 1), multiples(n_below, V.shape[1])
        out = z[:n_units]
        product(V.reshape(-1), outputs, steps, below[:n_below], out, out)


@compiled
def _differences(activation, z, n_units, constants, out):
    """``out`` = activations of the first ``n_units`` units, minus their constants."""
    a = out[:n_units]
    copy_to(z[:n_units], a)
    activate(activation, a)
    for k in range(n_units):
        for i in range(CHUNK_ROWS):
            a[k, i] -= constants[k]


@compiled
def _update_later_layers(
    layer, parameters, sizes, activation, n_present, constants, z, differences
):
    """Compute all layers again from hidden layer ``layer`` on, whose units' inputs are known."""
    for above in range(layer, sizes.shape[0] - 2):
        n = n_present[above]
        if n == 0:
            return
        start, stop = first_unit(sizes, above), first_unit(sizes, above + 1)
        _differences(activation, z[start:stop], n, constants[start:stop], differences[start:stop])
        V, b = weights(parameters, sizes, above + 1)
        _layer_inputs(V, b, n, differences[start:stop], n_present[above + 1], z[stop:])


@compiled
def _unit_inputs(V, b, unit, n_below, below, z):
    """``z`` = the inputs of one unit; the same chain of sums as in `_layer_inputs`."""
    for i in range(CHUNK_ROWS):
        z[i] = b[unit]
    for k in range(n_below):
        for i in range(CHUNK_ROWS):
            z[i] = multiply_add(below[k, i], V[k, unit], z[i])


@compiled
def _ablate_along_one(
    inputs, residuals, network, is_player, constants, permutations, truth, before, changes, p
):
    """One permutation's part of `ablate_along_permutations`."""
    parameters, sizes, activation = network
    n_rows = len(before.predicted)
    n_layers = sizes.shape[0] - 2
    n_hidden = len(constants)
    n_players = permutations.shape[1]
    first = 0
    while not is_player[first]:
        first += 1
    # Layers up to the first one with players are computed once: no removal changes their inputs.
    first_start, first_stop = first_unit(sizes, first), first_unit(sizes, first + 1)
    order = np.empty(n_hidden, np.int64)
    layer_of = _return_orders(permutations[p], sizes, is_player, order)
    ordered = np.empty_like(parameters)
    _reorder(parameters, sizes, first, order, ordered)
    ordered_constants = np.empty_like(constants)
    for unit in range(n_hidden):
        ordered_constants[unit] = constants[first_unit(sizes, layer_of[unit]) + order[unit]]
    n_present = np.empty(n_layers + 1, np.int64)
    z = np.empty((n_hidden + sizes[-1], CHUNK_ROWS), inputs.dtype)
    differences = np.empty((n_hidden, CHUNK_ROWS), inputs.dtype)
    workspace = make_scoring_workspace(inputs)
    for chunk in range(inputs.shape[0]):
        n = n_rows_of(chunk, n_rows)
        rows = numbers_of_rows(chunk, n)
        for unit in range(first_start, first_stop):
            for i in range(CHUNK_ROWS):
                differences[unit, i] = residuals[chunk, first_start + order[unit], i]
        for layer in range(n_layers):
            n_present[layer] = 0 if is_player[layer] else sizes[layer + 1]
        n_present[n_layers] = sizes[-1]
        for layer in range(first + 1, n_layers + 1):
            V, b = weights(ordered, sizes, layer)
            start = first_unit(sizes, layer)
            below = differences[first_unit(sizes, layer - 1) : start]
            _layer_inputs(V, b, n_present[layer - 1], below, n_present[layer], z[start:])
            if layer < n_layers:
                c = ordered_constants[start:]
                _differences(activation, z[start:], n_present[layer], c, differences[start:])
        entry = (p + 1) * (n_players + 1) - 1
        add_changes(truth, before, changes, entry, z[n_hidden:], n, rows, workspace)
        for player in permutations[p, ::-1]:
            layer = layer_of[player]
            start, stop = first_unit(sizes, layer), first_unit(sizes, layer + 1)
            unit = n_present[layer]
            n_present[layer] += 1
            at = start + unit
            if layer > first:
                V, b = weights(ordered, sizes, layer)
                below = differences[first_unit(sizes, layer - 1) : start]
                _unit_inputs(V, b, unit, n_present[layer - 1], below, z[at])
                one = slice(at, at + 1)
                _differences(activation, z[one], 1, ordered_constants[one], differences[one])
            V, b = weights(ordered, sizes, layer + 1)
            add_contribution(differences[at], V[unit], z[stop : stop + n_present[layer + 1]])
            _update_later_layers(
                layer + 1, ordered, sizes, activation, n_present, ordered_constants, z,
                differences,
            )  # fmt: skip
            entry -= 1
            add_changes(truth, before, changes, entry, z[n_hidden:], n, rows, workspace)


@Kernel
def ablate_along_permutations(
    driver, inputs, residuals, parameters, sizes, activation, is_player, constants, permutations,
    task, codes, targets, sample_weight,
    predicted, row_losses, row_squares,
    n_fixed, n_broken, hits, cells, weighted_cells, losses, squares,
):  # fmt: skip
    """Remove neurons one by one in given orders, and add up what changes at every step.

    Of a block of rows. Every permutation's sums are those of one thread, which adds row after
    row: their bits depend neither on the number of threads nor on the other permutations.

    Parameters
    ----------
    inputs, residuals
        From `skneuron.kernels.ablation.removal.forward_with_residuals`, with these ``constants``.
    parameters, sizes, activation
        The network; see `skneuron.kernels.forward`. Its biases include what the layer below
        gives when all its players are replaced.
    is_player : (hidden layers,), bool
        Layers whose neurons are removed, all of them.
    constants : (hidden units,)
        What takes the neurons' places; 0 in the other layers.
    permutations : (permutations, players), int64
        Players in the order of their removal, counted over all hidden units.
    *truth : Truth
    *before : Before
        From `skneuron.kernels.ablation.row_scores.score_full_network`.
    *changes : Changes
        Added to: entry ``p * (players + 1) + t`` for the network without the first ``t``
        players of permutation ``p``.
    """
    truth = hold(Truth(task, codes, targets, sample_weight))
    before = hold(Before(predicted, row_losses, row_squares))
    changes = hold(Changes(n_fixed, n_broken, hits, cells, weighted_cells, losses, squares))
    network = parameters, sizes, activation
    arguments = (
        inputs, residuals, network, is_player, constants, permutations, truth, before, changes,
    )  # fmt: skip
    parts(driver, _ablate_along_one, arguments, permutations.shape[0])
