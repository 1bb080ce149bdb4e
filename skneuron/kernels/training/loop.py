"""Training on plain arrays: mini-batches of backpropagation, each followed by an update.

Parameters come as one flat vector of W_0, b_0, W_1, b_1, ... whose rows are padded to whole cache
lines (see `skneuron.kernels.training.buffers`), so that networks of any depth share one compiled
kernel. Work is split into parts that depend on the shapes alone, and all sums have a fixed
order: the result has the same bits for any number of threads.

A mini-batch takes two parallel steps: forward and backward over parts of its rows, then gradients
and the update over slices of the parameters. Mini-batches of more rows than fit into the workspace
take the steps block by block, and update after the last one.
"""

from skneuron.kernels._held import hold
from skneuron.kernels._jit import compiled
from skneuron.kernels._parts import Kernel, parts
from skneuron.kernels._tile import TILE_ROWS
from skneuron.kernels.forward import LOGISTIC, RELU, TANH, activate
from skneuron.kernels.product import prefetch_rows, product
from skneuron.kernels.training.buffers import (
    Layout,
    Rows,
    Settings,
    State,
    Workspace,
    transposed,
    units,
    weights,
)
from skneuron.kernels.training.dropout import drop
from skneuron.kernels.training.losses import output_and_loss
from skneuron.kernels.training.optimizers import update


@compiled
def _part_bounds(n, part, n_parts):
    """Start and stop of one of ``n_parts`` parts of ``n`` rows, in whole tiles."""
    n_tiles = (n + TILE_ROWS - 1) // TILE_ROWS
    start = n_tiles * part // n_parts * TILE_ROWS
    stop = n_tiles * (part + 1) // n_parts * TILE_ROWS
    return min(n, start), min(n, stop)


@compiled
def _multiply_by_derivative(activation, a, keep, delta):
    """Multiply ``delta`` by the activation function's derivative where its value was ``a * keep``.

    What is multiplied by 1 keeps its bits.
    """
    one, zero = a.dtype.type(1), a.dtype.type(0)
    a, delta = a.reshape(-1), delta.reshape(-1)
    if activation == RELU:
        for i in range(len(a)):
            delta[i] = zero if a[i] == zero else delta[i]
    elif activation == TANH:
        for i in range(len(a)):
            value = a[i] * keep
            delta[i] *= one - value * value
    elif activation == LOGISTIC:
        for i in range(len(a)):
            value = a[i] * keep
            delta[i] *= value * (one - value)


@compiled
def _sparse_product(rows, order, W, bias, out):
    for i in range(len(order)):
        for j in range(out.shape[1]):
            out[i, j] = bias[0, j]
        for at in range(rows.indptr[order[i]], rows.indptr[order[i] + 1]):
            value = out.dtype.type(rows.values[at])
            w = W[rows.indices[at]]
            for j in range(out.shape[1]):
                out[i, j] += value * w[j]


@compiled
def _first_at_least(value, numbers, start, stop):
    """Position of the first of the sorted ``numbers[start:stop]`` that is not less than ``value``.

    ``np.searchsorted`` takes 0.7 seconds to compile.
    """
    while start < stop:
        middle = (start + stop) // 2
        if numbers[middle] < value:
            start = middle + 1
        else:
            stop = middle
    return start


@compiled
def _sparse_gradient(rows, order, first, last, delta, out):
    """Add the gradient of the weights of features ``first`` to ``last`` - 1 to ``out``."""
    for i in range(len(order)):
        start, stop = rows.indptr[order[i]], rows.indptr[order[i] + 1]
        start = _first_at_least(first, rows.indices, start, stop)
        for at in range(start, stop):
            feature = rows.indices[at]
            if feature >= last:
                break
            value = out.dtype.type(rows.values[at])
            g = out[feature - first]
            for j in range(out.shape[1]):
                g[j] += value * delta[i, j]


@compiled
def _forward_backward(rows, order, layout, state, workspace, settings, counter, part):
    """One part of a block's rows: activations, deltas and the loss into ``workspace``."""
    capacity = workspace.offsets.shape[1]
    n_layers = len(layout.strides)
    counts_per_row = layout.unit_starts[-1]
    n_parts = len(workspace.losses)
    first, last = _part_bounds(len(order), part, n_parts)
    workspace.losses[part] = 0.0
    if first == last:
        return
    if len(rows.indptr) == 0:
        _, ahead = _part_bounds(len(order), min(part + 1, n_parts - 1), n_parts)
        prefetch_rows(rows.values, workspace.offsets[0, last:ahead], layout.sizes[0])

    for layer in range(n_layers):
        W, b = weights(state.parameters, layout, layer)
        out = units(workspace.activations, layout, layer + 1, capacity)[first:last]
        if layer > 0:
            below = units(workspace.activations, layout, layer, capacity).reshape(-1)
            columns = workspace.columns[: layout.sizes[layer]]
            product(below, workspace.offsets[layer, first:last], columns, W, b, out)
        elif len(rows.indptr) > 0:
            _sparse_product(rows, order[first:last], W, b, out)
        else:
            columns = workspace.columns[: layout.sizes[0]]
            product(rows.values, workspace.offsets[0, first:last], columns, W, b, out)
        if layer < n_layers - 1:
            activate(settings.activation, out)
            if settings.dropout > 0:
                count = counter + first * counts_per_row + layout.unit_starts[layer]
                drop(out, layout.sizes[layer + 1], settings, count, counts_per_row)

    outputs = units(workspace.activations, layout, n_layers, capacity)[first:last]
    delta = units(workspace.deltas, layout, n_layers, capacity)[first:last]
    workspace.losses[part] = output_and_loss(
        settings.output, rows.targets, rows.sample_weight, order[first:last], outputs, delta
    )

    for layer in range(n_layers - 1, 0, -1):
        above = units(workspace.deltas, layout, layer + 1, capacity).reshape(-1)
        delta = units(workspace.deltas, layout, layer, capacity)[first:last]
        a = units(workspace.activations, layout, layer, capacity)[first:last]
        columns = workspace.columns[: layout.sizes[layer + 1]]
        WT = transposed(state.transposed_weights, layout, layer)
        zeros = workspace.zeros[:, : layout.strides[layer - 1]]
        product(above, workspace.offsets[layer + 1, first:last], columns, WT, zeros, delta)
        keep = a.dtype.type(1)
        if settings.dropout > 0:
            count = counter + first * counts_per_row + layout.unit_starts[layer - 1]
            drop(delta, layout.sizes[layer], settings, count, counts_per_row)
            # As before `drop`, but where ``delta`` is 0 now, whatever it is multiplied by.
            keep = a.dtype.type(1 - settings.dropout)
        _multiply_by_derivative(settings.activation, a, keep, delta)


@compiled
def _transpose_rows(W, WT, first, last, fan_out):
    for j in range(fan_out):
        for i in range(first, last):
            WT[j, i] = W[i, j]


@compiled
def _sum_of_squares(W, sums):
    """Sum of squares; one partial sum for every column lets the compiler use vectors."""
    zero = W.dtype.type(0)
    for j in range(W.shape[1]):
        sums[j] = zero
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            sums[j] += W[i, j] * W[i, j]
    total = zero
    for j in range(W.shape[1]):
        total += sums[j]
    return total


@compiled
def _gradient_update(
    rows, order, layout, state, workspace, settings, total_weight, is_first, is_last, part
):  # fmt: skip
    """One slice of every layer: its gradient and, after the last block, its parameters.

    The sum of the slice's squared weights before the update goes into ``workspace``.
    """
    capacity = workspace.offsets.shape[1]
    n_parts = len(workspace.losses)
    squares = 0.0
    for layer in range(len(layout.strides)):
        first, last = _part_bounds(layout.sizes[layer], part, n_parts)
        W, _ = weights(state.parameters, layout, layer)
        G, gb = weights(state.gradient, layout, layer)
        delta = units(workspace.deltas, layout, layer + 1, capacity)[: len(order)]
        if first < last:
            G = G[first:last]
            start = workspace.zeros[:, : layout.strides[layer]] if is_first else G
            columns = workspace.columns[first:last]
            if layer > 0:
                below = units(workspace.activations, layout, layer, capacity).reshape(-1)
                product(below, columns, workspace.offsets[layer, : len(order)], delta, start, G)
            elif len(rows.indptr) > 0:
                if is_first:
                    for i in range(G.shape[0]):
                        for j in range(G.shape[1]):
                            G[i, j] = 0
                _sparse_gradient(rows, order, first, last, delta, G)
            else:
                product(rows.values, columns, workspace.offsets[0, : len(order)], delta, start, G)
            if is_last:
                if settings.alpha > 0:
                    squares += _sum_of_squares(W[first:last], workspace.sums[part])
                at = layout.starts[layer]
                stride = layout.strides[layer]
                update(
                    state, at + first * stride, at + last * stride, settings, settings.alpha,
                    total_weight,
                )  # fmt: skip
                if layer > 0:
                    WT = transposed(state.transposed_weights, layout, layer)
                    _transpose_rows(W, WT, first, last, layout.sizes[layer + 1])

        # A slice of the biases.
        first, last = _part_bounds(layout.strides[layer], part, n_parts)
        if first < last:
            if is_first:
                for j in range(first, last):
                    gb[0, j] = 0
            for i in range(len(order)):
                for j in range(first, last):
                    gb[0, j] += delta[i, j]
            if is_last:
                at = layout.starts[layer + 1] - layout.strides[layer]
                update(state, at + first, at + last, settings, 0.0, total_weight)
    workspace.squares[part] = squares


@Kernel
def train(
    driver, values, indices, indptr, targets, sample_weight,
    sizes, strides, starts, unit_starts,
    parameters, gradient, first, second, transposed_weights, n_updates,
    activations, deltas, offsets, columns, zeros, losses, squares, sums,
    activation, output, optimizer, alpha, learning_rate, momentum, nesterov, beta_1, beta_2,
    epsilon, dropout, dropout_key,
    order, batch_size, counter,
):  # fmt: skip
    """Go through the samples ``order`` in mini-batches, and update the parameters after each.

    Named tuples come field by field: numba mistakes a long tuple for another one with fields of
    other types, because it overwrites the start of their fingerprints.

    Parameters
    ----------
    driver : (int, int)
        See `skneuron.kernels._parts`; `Kernel` passes it.
    *rows : Rows
    *layout : Layout
    *state : State
        Changed in place. ``transposed_weights`` are filled in from the parameters first.
    *workspace : Workspace
        Written over.
    *settings : Settings
        With the optimizer ``NO_UPDATE``, the gradient is all that is computed.
    order : ndarray of shape (n,)
        Indices of samples.
    batch_size : int
    counter : int
        Number of samples that training has gone through before; dropout depends on it.

    Returns
    -------
    loss : float
        Sum over the batches of their loss times their number of samples. If the weights of a
        batch sum to 0, this and the parameters become NaN.
    """
    rows = hold(Rows(values, indices, indptr, targets, sample_weight))
    layout = hold(Layout(sizes, strides, starts, unit_starts))
    state = hold(State(parameters, gradient, first, second, transposed_weights, n_updates))
    workspace = hold(
        Workspace(activations, deltas, offsets, columns, zeros, losses, squares, sums)
    )
    settings = hold(Settings(
        activation, output, optimizer, alpha, learning_rate, momentum, nesterov, beta_1, beta_2,
        epsilon, dropout, dropout_key,
    ))  # fmt: skip
    capacity = offsets.shape[1]
    n_layers = len(strides)
    total_loss = 0.0
    for layer in range(1, n_layers):
        W, _ = weights(parameters, layout, layer)
        WT = transposed(transposed_weights, layout, layer)
        _transpose_rows(W, WT, 0, sizes[layer], sizes[layer + 1])
    for start in range(0, len(order), batch_size):
        stop = min(len(order), start + batch_size)
        total_weight = float(stop - start)
        if len(sample_weight) > 0:
            total_weight = 0.0
            for i in range(start, stop):
                total_weight += sample_weight[order[i]]
        n_updates[0] += 1
        data_loss = 0.0
        penalty = 0.0
        for block_start in range(start, stop, capacity):
            block = order[block_start : min(stop, block_start + capacity)]
            is_first = block_start == start
            is_last = block_start + capacity >= stop
            count = (counter + block_start) * unit_starts[-1]
            for i in range(len(block)):
                offsets[0, i] = block[i] * sizes[0]
            given = rows, block, layout, state, workspace, settings
            parts(driver, _forward_backward, (*given, count), len(losses))
            parts(driver, _gradient_update, (*given, total_weight, is_first, is_last), len(losses))
            for part in range(len(losses)):
                data_loss += losses[part]
                penalty += squares[part]
        loss = (data_loss + 0.5 * alpha * penalty) / total_weight
        total_loss += loss * (stop - start)
    return total_loss
