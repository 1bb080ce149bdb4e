"""What training works on: plain arrays in named tuples, their rows padded to whole cache lines."""

from typing import NamedTuple

import numpy as np

from skneuron.kernels._jit import compiled
from skneuron.kernels.product import aligned_zeros, padded


class Rows(NamedTuple):
    """Samples with targets: C-ordered rows in one flat array, or CSR with sorted indices."""

    values: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray  # empty, as ``indices``, if the rows are dense
    targets: np.ndarray  # (n_samples, n_outputs)
    sample_weight: np.ndarray  # (n_samples,), or empty


class Layout(NamedTuple):
    """Where every layer's (fan_in, stride) weights and (stride,) biases are in a flat vector."""

    sizes: np.ndarray  # units of every layer, input and output included
    strides: np.ndarray  # padded numbers of units of every layer but the input
    starts: np.ndarray  # of each layer's weights; then the flat vector's length
    unit_starts: np.ndarray  # cumulative sums of ``strides``, from 0 on


class State(NamedTuple):
    """What training changes: flat vectors, all but the transposed one in the same layout."""

    parameters: np.ndarray
    gradient: np.ndarray
    first: np.ndarray  # velocities of sgd, first moments of adam, or empty
    second: np.ndarray  # second moments of adam, or empty
    transposed_weights: np.ndarray  # (fan_out, padded fan_in) of all layers but the first
    n_updates: np.ndarray  # (1,): how many there have been


class Workspace(NamedTuple):
    """Scratch memory for one block of at most ``capacity`` rows."""

    activations: np.ndarray  # flat; `units` are its views
    deltas: np.ndarray  # derivatives of the loss by what ``activations`` are computed from
    offsets: np.ndarray  # (n_layers, capacity): where each layer's rows start
    columns: np.ndarray  # 0, 1, 2, ...
    zeros: np.ndarray  # (1, widest stride)
    losses: np.ndarray  # (n_parts,): sums over the rows of every part of the work
    squares: np.ndarray  # (n_parts,): sums of squared weights
    sums: np.ndarray  # (n_parts, widest stride)


class Settings(NamedTuple):
    """Hyperparameters, by scikit-learn's names, and functions by their codes."""

    activation: int  # of `forward.ACTIVATION_CODES`
    output: int  # of `losses.OUTPUT_CODES`
    optimizer: int  # of `optimizers.OPTIMIZER_CODES`
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
    """`State` of zeros with ``n_moments`` moments of the gradient: 0, 1 or 2."""
    n = int(layout.starts[-1])
    n_transposed = sum(
        int(fan_out * stride)
        for fan_out, stride in zip(layout.sizes[2:], layout.strides[:-1], strict=True)
    )
    return State(
        parameters=aligned_zeros(n, dtype),
        gradient=aligned_zeros(n, dtype),
        first=aligned_zeros(n * (n_moments > 0), dtype),
        second=aligned_zeros(n * (n_moments > 1), dtype),
        transposed_weights=aligned_zeros(n_transposed, dtype),
        n_updates=np.zeros(1, dtype=np.int64),
    )


def make_workspace(layout, dtype, capacity, n_parts):
    """`Workspace` for blocks of ``capacity`` rows, each worked on in ``n_parts`` parts."""
    n = int(layout.unit_starts[-1]) * capacity
    offsets = np.arange(capacity) * np.concatenate([[0], layout.strides])[:, None]
    return Workspace(
        aligned_zeros(n, dtype),
        aligned_zeros(n, dtype),
        offsets.astype(np.int64),
        np.arange(layout.sizes.max(), dtype=np.int64),
        aligned_zeros(layout.strides.max(), dtype).reshape(1, -1),
        np.zeros(n_parts),
        np.zeros(n_parts),
        aligned_zeros(n_parts * layout.strides.max(), dtype).reshape(n_parts, -1),
    )


@compiled
def weights(flat, layout, layer):
    """Views of one layer's weights (fan_in, stride) and biases (1, stride)."""
    stride = layout.strides[layer]
    start, stop = layout.starts[layer], layout.starts[layer + 1]
    W = flat[start : stop - stride].reshape(layout.sizes[layer], stride)
    return W, flat[stop - stride : stop].reshape(1, stride)


@compiled
def units(flat, layout, layer, capacity):
    """View (capacity, stride) of what layer ``layer`` > 0 holds in a workspace array."""
    start, stop = layout.unit_starts[layer - 1], layout.unit_starts[layer]
    return flat[start * capacity : stop * capacity].reshape(capacity, stop - start)


@compiled
def transposed(flat, layout, layer):
    """View (fan_out, padded fan_in) of the transposed weights of layer ``layer`` > 0."""
    start = 0
    for below in range(1, layer):
        start += layout.sizes[below + 1] * layout.strides[below - 1]
    fan_out, stride = layout.sizes[layer + 1], layout.strides[layer - 1]
    return flat[start : start + fan_out * stride].reshape(fan_out, stride)
