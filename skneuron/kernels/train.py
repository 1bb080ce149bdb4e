"""Training on plain arrays: mini-batches of backpropagation, each followed by an update.

Parameters come as one flat vector of W_0, b_0, W_1, b_1, ... whose rows are padded to whole
vectors (see `Layout`), so that networks of any depth share one compiled kernel. Work is split
by numbers that depend on the shapes alone, and all sums have a fixed order: the result is the
same bits for any number of threads.

A batch takes two parallel steps: forward and backward over chunks of its rows, then gradients
and the update over slices of the parameters. Batches of more than ``Workspace.capacity`` rows
take the steps block by block, and update after the last one.
"""

from typing import NamedTuple

import numpy as np
from numba import prange

from skneuron.kernels._jit import compiled, parallel_twins
from skneuron.kernels._tile import TILE_ROWS
from skneuron.kernels.forward import LOGISTIC, RELU, TANH, activate
from skneuron.kernels.outputs import output_and_loss
from skneuron.kernels.product import aligned_zeros, fetch_rows, padded, product
from skneuron.kernels.updates import update


class Rows(NamedTuple):
    """Samples, one flat array of C-ordered rows, or compressed sparse rows with sorted indices."""

    values: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray  # empty if the rows are dense
    targets: np.ndarray  # (n_samples, n_outputs)
    weights: np.ndarray  # (n_samples,), or empty


class Layout(NamedTuple):
    """Where layer l's parameters are: (fan_in, stride) weights and (stride,) biases at start."""

    sizes: np.ndarray  # units of every layer, input and output included
    strides: np.ndarray  # padded units of every layer but the input
    starts: np.ndarray  # in the flat vector of parameters; the last one is its length
    unit_starts: np.ndarray  # cumulated strides


class State(NamedTuple):
    """What training changes: flat vectors in the same layout, and the number of updates."""

    parameters: np.ndarray
    gradient: np.ndarray
    first: np.ndarray  # velocities of sgd, first moments of adam
    second: np.ndarray  # second moments of adam
    transposed: np.ndarray  # the weights of all layers but the first, as (fan_out, padded fan_in)
    n_updates: np.ndarray  # (1,)


class Workspace(NamedTuple):
    """Room for one block of rows."""

    activations: np.ndarray
    deltas: np.ndarray
    offsets: np.ndarray  # (n_layers, capacity): where each layer's rows start
    columns: np.ndarray  # 0, 1, 2, ...
    zeros: np.ndarray  # (1, n)
    losses: np.ndarray  # (n_parts,): one for every part that the work is split into
    squares: np.ndarray  # (n_parts,)


class Settings(NamedTuple):
    """Hyperparameters, and the functions by their codes."""

    activation: int
    output: int
    optimizer: int
    alpha: float
    learning_rate: float = 0.0
    momentum: float = 0.0
    nesterov: bool = False
    beta_1: float = 0.0
    beta_2: float = 0.0
    epsilon: float = 0.0
    dropout: float = 0.0
    dropout_key: np.uint64 = np.uint64(0)


def make_layout(sizes, dtype):
    """`Layout` for layers of these sizes."""
    sizes = np.array(sizes, dtype=np.int64)
    strides = np.array([padded(size, dtype) for size in sizes[1:]], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum((sizes[:-1] + 1) * strides)])
    return Layout(sizes, strides, starts, np.concatenate([[0], np.cumsum(strides)]))


def make_state(layout, dtype, n_moments):
    """`State` of zeros with room for ``n_moments`` moments."""
    n = int(layout.starts[-1])
    n_transposed = sum(
        int(fan_out * stride)
        for fan_out, stride in zip(layout.sizes[2:], layout.strides[:-1], strict=True)
    )
    lengths = [n, n, n * (n_moments > 0), n * (n_moments > 1), n_transposed]
    return State(*(aligned_zeros(k, dtype) for k in lengths), np.zeros(1, dtype=np.int64))


def make_workspace(layout, dtype, capacity, n_parts):
    """`Workspace` for blocks of ``capacity`` rows, each worked on in ``n_parts`` parts."""
    n = int(layout.unit_starts[-1]) * capacity
    offsets = np.arange(capacity) * np.concatenate([[0], layout.strides])[:, None]
    widest = max(layout.sizes.max(), layout.strides.max())
    return Workspace(
        aligned_zeros(n, dtype),
        aligned_zeros(n, dtype),
        offsets.astype(np.int64),
        np.arange(widest, dtype=np.int64),
        aligned_zeros(widest, dtype).reshape(1, -1),
        np.zeros(n_parts),
        np.zeros(n_parts),
    )


@compiled
def _weights(flat, layout, layer):
    """Views of one layer's weights (fan_in, stride) and biases (1, stride)."""
    stride = layout.strides[layer]
    start, stop = layout.starts[layer], layout.starts[layer + 1]
    W = flat[start : stop - stride].reshape(layout.sizes[layer], stride)
    return W, flat[stop - stride : stop].reshape(1, stride)


@compiled
def _units(flat, layout, layer, capacity):
    """View (capacity, stride) of what layer ``layer`` > 0 holds in a workspace array."""
    start, stop = layout.unit_starts[layer - 1], layout.unit_starts[layer]
    return flat[start * capacity : stop * capacity].reshape(capacity, stop - start)


@compiled
def _transposed(flat, layout, layer):
    """View (fan_out, padded fan_in) of the transposed weights of layer ``layer`` > 0."""
    start = 0
    for below in range(1, layer):
        start += layout.sizes[below + 1] * layout.strides[below - 1]
    fan_out, stride = layout.sizes[layer + 1], layout.strides[layer - 1]
    return flat[start : start + fan_out * stride].reshape(fan_out, stride)


@compiled
def _share(n, part, n_parts):
    """Bounds of one of several parts of ``n`` rows, in whole tiles."""
    n_tiles = (n + TILE_ROWS - 1) // TILE_ROWS
    start = n_tiles * part // n_parts * TILE_ROWS
    stop = n_tiles * (part + 1) // n_parts * TILE_ROWS
    return min(n, start), min(n, stop)


@compiled
def _uniform(key, counter):
    """A random number in [0, 1) that depends on the key and the counter alone (SplitMix64)."""
    z = key + np.uint64(counter) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)) * (1.0 / (1 << 53))


@compiled
def _drop(a, n_units, settings, counter, n_counts):
    """Set a random part of the activations to 0 and scale the others up, in place."""
    scale = a.dtype.type(1 / (1 - settings.dropout))
    for i in range(a.shape[0]):
        for j in range(n_units):
            kept = _uniform(settings.dropout_key, counter + i * n_counts + j) >= settings.dropout
            a[i, j] = a[i, j] * scale if kept else a.dtype.type(0)


@compiled
def _chain(code, a, delta):
    """Multiply ``delta`` by the activation function's derivative where its value was ``a``."""
    one, zero = a.dtype.type(1), a.dtype.type(0)
    a, delta = a.reshape(-1), delta.reshape(-1)
    if code == RELU:
        for i in range(len(a)):
            delta[i] = zero if a[i] == zero else delta[i]
    elif code == TANH:
        for i in range(len(a)):
            delta[i] *= one - a[i] * a[i]
    elif code == LOGISTIC:
        for i in range(len(a)):
            delta[i] *= a[i] * (one - a[i])


@compiled
def _chain_dropped(a, delta, n_units, settings, counter, n_counts):
    """`_chain` through `_drop`; ``a`` is changed back to what it was before."""
    keep = a.dtype.type(1 - settings.dropout)
    _drop(delta, n_units, settings, counter, n_counts)
    a *= keep  # what was dropped has no delta left to multiply
    _chain(settings.activation, a, delta)


@compiled
def _sparse_product(rows, order, W, bias, out):
    for i in range(len(order)):
        out[i] = bias[0]
        for at in range(rows.indptr[order[i]], rows.indptr[order[i] + 1]):
            value = out.dtype.type(rows.values[at])
            w = W[rows.indices[at]]
            for j in range(out.shape[1]):
                out[i, j] += value * w[j]


@compiled
def _sparse_gradient(rows, order, first, last, delta, out):
    """Add rows ``first`` to ``last`` of the transposed samples times ``delta`` to ``out``."""
    for i in range(len(order)):
        start, stop = rows.indptr[order[i]], rows.indptr[order[i] + 1]
        start += np.searchsorted(rows.indices[start:stop], first)
        for at in range(start, stop):
            feature = rows.indices[at]
            if feature >= last:
                break
            value = out.dtype.type(rows.values[at])
            g = out[feature - first]
            for j in range(out.shape[1]):
                g[j] += value * delta[i, j]


@compiled
def _forward_backward(rows, order, layout, state, work, settings, counter, part):
    """One chunk of a block's rows: activations and deltas into ``work``; returns the loss."""
    capacity = work.offsets.shape[1]
    n_layers = len(layout.strides)
    n_counts = layout.unit_starts[-1]
    n_parts = len(work.losses)
    first, last = _share(len(order), part, n_parts)
    if first == last:
        return 0.0
    if len(rows.indptr) == 0:
        _, ahead = _share(len(order), min(part + 1, n_parts - 1), n_parts)
        fetch_rows(rows.values, work.offsets[0, last:ahead], layout.sizes[0])

    for layer in range(n_layers):
        W, b = _weights(state.parameters, layout, layer)
        out = _units(work.activations, layout, layer + 1, capacity)[first:last]
        if layer > 0:
            below = _units(work.activations, layout, layer, capacity).reshape(-1)
            columns = work.columns[: layout.sizes[layer]]
            product(below, work.offsets[layer, first:last], columns, W, b, out)
        elif len(rows.indptr) > 0:
            _sparse_product(rows, order[first:last], W, b, out)
        else:
            columns = work.columns[: layout.sizes[0]]
            product(rows.values, work.offsets[0, first:last], columns, W, b, out)
        if layer < n_layers - 1:
            activate(settings.activation, out)
            if settings.dropout > 0:
                count = counter + first * n_counts + layout.unit_starts[layer]
                _drop(out, layout.sizes[layer + 1], settings, count, n_counts)

    outputs = _units(work.activations, layout, n_layers, capacity)[first:last]
    delta = _units(work.deltas, layout, n_layers, capacity)[first:last]
    loss = output_and_loss(
        settings.output, rows.targets, rows.weights, order[first:last], outputs, delta
    )

    for layer in range(n_layers - 1, 0, -1):
        above = _units(work.deltas, layout, layer + 1, capacity).reshape(-1)
        delta = _units(work.deltas, layout, layer, capacity)[first:last]
        a = _units(work.activations, layout, layer, capacity)[first:last]
        columns = work.columns[: layout.sizes[layer + 1]]
        WT = _transposed(state.transposed, layout, layer)
        zeros = work.zeros[:, : layout.strides[layer - 1]]
        product(above, work.offsets[layer + 1, first:last], columns, WT, zeros, delta)
        if settings.dropout > 0:
            count = counter + first * n_counts + layout.unit_starts[layer - 1]
            _chain_dropped(a.copy(), delta, layout.sizes[layer], settings, count, n_counts)
        else:
            _chain(settings.activation, a, delta)
    return loss


@compiled
def _transpose_rows(W, WT, first, last, fan_out):
    for j in range(fan_out):
        for i in range(first, last):
            WT[j, i] = W[i, j]


@compiled
def _sum_of_squares(W):
    """Sum of squares; one partial sum for every column lets the compiler use vectors."""
    sums = np.zeros(W.shape[1], W.dtype)
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            sums[j] += W[i, j] * W[i, j]
    return sums.sum()


@compiled
def _gradient_update(
    rows, order, layout, state, work, settings, total_weight, is_first, is_last, part
):  # fmt: skip
    """One slice of every layer's gradient and, after the last block, of its parameters.

    Returns the sum of the slice's squared weights before the update.
    """
    capacity = work.offsets.shape[1]
    n_parts = len(work.losses)
    squares = 0.0
    for layer in range(len(layout.strides)):
        first, last = _share(layout.sizes[layer], part, n_parts)
        W, b = _weights(state.parameters, layout, layer)
        G, gb = _weights(state.gradient, layout, layer)
        delta = _units(work.deltas, layout, layer + 1, capacity)[: len(order)]
        if first < last:
            G = G[first:last]
            start = work.zeros[:, : layout.strides[layer]] if is_first else G
            columns = work.columns[first:last]
            if layer > 0:
                below = _units(work.activations, layout, layer, capacity).reshape(-1)
                product(below, columns, work.offsets[layer, : len(order)], delta, start, G)
            elif len(rows.indptr) > 0:
                if is_first:
                    G[:] = 0
                _sparse_gradient(rows, order, first, last, delta, G)
            else:
                product(rows.values, columns, work.offsets[0, : len(order)], delta, start, G)
            if is_last:
                if settings.alpha > 0:
                    squares += _sum_of_squares(W[first:last])
                at = layout.starts[layer]
                stride = layout.strides[layer]
                update(
                    state, at + first * stride, at + last * stride, settings, settings.alpha,
                    total_weight,
                )  # fmt: skip
                if layer > 0:
                    WT = _transposed(state.transposed, layout, layer)
                    _transpose_rows(W, WT, first, last, layout.sizes[layer + 1])

        # The biases: a slice of the columns.
        first, last = _share(layout.strides[layer], part, n_parts)
        if first < last:
            if is_first:
                gb[0, first:last] = 0
            for i in range(len(order)):
                for j in range(first, last):
                    gb[0, j] += delta[i, j]
            if is_last:
                at = layout.starts[layer + 1] - layout.strides[layer]
                update(state, at + first, at + last, settings, 0.0, total_weight)
    return squares


@parallel_twins
def train(rows, order, batch_size, layout, state, work, settings, counter):
    """Go through the samples ``order`` in mini-batches, and update the parameters after each.

    Parameters
    ----------
    rows : Rows
    order : ndarray of shape (n,)
    batch_size : int
    layout : Layout
    state : State
        Changed in place. ``transposed`` need not be up to date.
    work : Workspace
    settings : Settings
        With the optimizer ``NO_UPDATE``, ``state.gradient`` is all that is computed.
    counter : int
        Number of samples that training has seen before; dropout depends on it.

    Returns
    -------
    loss : float
        Sum over the batches of their loss times their number of samples; NaN, without a change
        from there on, if a batch's weights sum to 0.
    """
    capacity = work.offsets.shape[1]
    n_layers = len(layout.strides)
    # Inside prange, numba loses what is assigned to an array that is part of a tuple.
    losses, squares = work.losses, work.squares
    total_loss = 0.0
    for layer in range(1, n_layers):
        W, _ = _weights(state.parameters, layout, layer)
        WT = _transposed(state.transposed, layout, layer)
        _transpose_rows(W, WT, 0, layout.sizes[layer], layout.sizes[layer + 1])
    for start in range(0, len(order), batch_size):
        stop = min(len(order), start + batch_size)
        total_weight = float(stop - start)
        if len(rows.weights) > 0:
            total_weight = 0.0
            for i in range(start, stop):
                total_weight += rows.weights[order[i]]
        if total_weight == 0:
            return np.nan
        state.n_updates[0] += 1
        data_loss = 0.0
        penalty = 0.0
        for block_start in range(start, stop, capacity):
            block = order[block_start : min(stop, block_start + capacity)]
            is_first = block_start == start
            is_last = block_start + capacity >= stop
            count = (counter + block_start) * layout.unit_starts[-1]
            for i in range(len(block)):
                work.offsets[0, i] = block[i] * layout.sizes[0]
            for part in prange(len(losses)):
                losses[part] = _forward_backward(
                    rows, block, layout, state, work, settings, count, part
                )
            for part in prange(len(losses)):
                squares[part] = _gradient_update(
                    rows, block, layout, state, work, settings, total_weight, is_first, is_last,
                    part,
                )  # fmt: skip
            for part in range(len(losses)):
                data_loss += losses[part]
                penalty += squares[part]
        loss = (data_loss + 0.5 * settings.alpha * penalty) / total_weight
        total_loss += loss * (stop - start)
    return total_loss
