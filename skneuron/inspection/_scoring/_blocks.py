"""Forward passes in blocks of samples, which bounds memory whatever their number."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from skneuron.inspection._scoring._first_layer_cache import FirstLayerCache
from skneuron.kernels import CHUNK_ROWS
from skneuron.kernels.ablation import forward_with_residuals
from skneuron.surgery import (
    LayerReplacement,
    Network,
    as_block,
    first_inputs,
    layer_replacements,
    row_blocks,
)
from skneuron.utils import run_kernel

# What a block of samples may take, whatever the number of samples and neurons.
BLOCK_BYTES = 48 * 2**20
MAX_BLOCK_ROWS = 32 * CHUNK_ROWS
# What the threads of a kernel may take together for outputs of theirs, of which each has three
# times those of a chunk: with thousands of classes, not every core gets one.
SCRATCH_BYTES = 64 * 2**20
# Sums of squared weights that are less let no input of a hidden layer overflow by themselves.
ORDINARY_SQUARES = {name: 1e-6 * float(np.finfo(name).max) for name in ("float32", "float64")}
# For an output: its part of a prediction and of a loss.
SCORE_OPERATIONS = 20


@dataclass(frozen=True)
class Resampling:
    """Which other sample's activation takes a removed neuron's place in every sample.

    Attributes
    ----------
    X : {ndarray, sparse matrix} of shape (n_other_samples, n_features)
        The samples that activations are taken from.
    rows : ndarray of shape (n_samples,)
        For every sample, the row of ``X`` whose activations it gets.
    """

    X: Any
    rows: np.ndarray


@dataclass(frozen=True)
class ForwardBlock:
    """A block of samples after a forward pass, which kernels remove neurons from.

    Attributes
    ----------
    rows : slice
        Which samples these are.
    inputs : ndarray of shape (n_chunks, n_units, CHUNK_ROWS)
        What every hidden and output unit gets from the layer before it.
    residuals : ndarray of shape (n_chunks, n_hidden, CHUNK_ROWS)
        Activations minus what takes the neurons' places: what a removal takes away. Like
        ``inputs`` from the kernel `forward_with_residuals`.
    replacing : ndarray of shape (n_chunks or 0, n_hidden, CHUNK_ROWS)
        With resampling, the activations that take the neurons' places.
    mixing, constants : ndarray
        Otherwise, what takes the neurons' places, as the kernel got it; no constants with
        resampling.
    arguments : tuple
        The network, as kernels take it.
    """

    rows: slice
    inputs: np.ndarray
    residuals: np.ndarray
    replacing: np.ndarray
    mixing: np.ndarray
    constants: np.ndarray
    arguments: tuple[np.ndarray, np.ndarray, int]

    @property
    def n_rows(self) -> int:
        return self.rows.stop - self.rows.start

    @property
    def max_threads(self) -> int:
        """As many as `SCRATCH_BYTES` are enough for."""
        n_outputs = int(self.arguments[1][-1])
        return max(1, SCRATCH_BYTES // (3 * n_outputs * CHUNK_ROWS * self.inputs.itemsize))

    def n_operations(self, n_removals: int) -> int:
        """About how many it takes to compute these samples' outputs without some neurons."""
        parameters, sizes, _ = self.arguments
        n_later = len(parameters) - int((sizes[0] + 1) * sizes[1])
        return (
            self.n_rows
            * n_removals
            * (n_later // int(sizes[1]) + SCORE_OPERATIONS * int(sizes[-1]))
        )

    @property
    def is_finite(self) -> bool:
        """Whether no input that removals change overflows or is NaN."""
        parameters, sizes, _ = self.arguments
        with np.errstate(over="ignore", invalid="ignore"):
            # Of hidden layers only where weights are enormous: elsewhere outputs tell.
            is_enormous = not parameters @ parameters < ORDINARY_SQUARES[parameters.dtype.name]
            later = self.inputs[:, 0 if is_enormous else -int(sizes[-1]) :]
            if math.isfinite(later.sum()):  # fast, and enough for almost all blocks
                return True
        return bool(np.isfinite(later).all())


def _block_rows(network: Network, n_columns: int, resampled: bool) -> int:
    n_hidden, n_outputs = sum(network.hidden_layer_sizes), network.coefs[-1].shape[1]
    n_later = n_hidden - network.hidden_layer_sizes[0]
    n_numbers = n_columns + 2 * n_hidden + n_later + n_outputs
    row_bytes = (1 + resampled) * n_numbers * network.dtype.itemsize
    n_chunks = BLOCK_BYTES // (row_bytes * CHUNK_ROWS)
    return CHUNK_ROWS * max(1, min(n_chunks, MAX_BLOCK_ROWS // CHUNK_ROWS))


class _Forward:
    """A network's forward passes, with buffers that the next one writes over."""

    def __init__(self, network: Network, X: Any, n_rows: int, mixing: Any, constants: Any):
        self._network, self._X = network, X
        # The weights of the first layer are not copied where the kernel does not need them.
        self._first_inputs_known = sparse.issparse(X) or isinstance(X, FirstLayerCache)
        rest = network.without_features() if self._first_inputs_known else network
        self.arguments = rest.kernel_arguments()
        self._replaced_by = mixing, constants
        n_hidden, n_outputs = len(constants), network.coefs[-1].shape[1]
        n_chunks = -(-n_rows // CHUNK_ROWS)
        self._inputs = np.empty((n_chunks, n_hidden + n_outputs, CHUNK_ROWS), network.dtype)
        self._residuals = np.empty((n_chunks, n_hidden, CHUNK_ROWS), network.dtype)

    def __call__(self, rows: slice, block: Any) -> tuple[np.ndarray, np.ndarray]:
        """``inputs`` and ``residuals`` of `ForwardBlock` for some samples, which are ``block``."""
        n_chunks = -(-block.shape[0] // CHUNK_ROWS)
        inputs, residuals = self._inputs[:n_chunks], self._residuals[:n_chunks]
        n_first = self._network.hidden_layer_sizes[0]
        if isinstance(self._X, FirstLayerCache):
            self._X.copy_to(rows, inputs)
        elif self._first_inputs_known:
            first = np.zeros((n_chunks * CHUNK_ROWS, n_first), inputs.dtype)
            first_inputs(self._network, block, first[: block.shape[0]])
            inputs[:, :n_first] = first.reshape(n_chunks, CHUNK_ROWS, n_first).transpose(0, 2, 1)
        if self._first_inputs_known:
            block = np.empty((block.shape[0], 0), inputs.dtype)
        below = as_block(block, inputs.dtype)
        run_kernel(
            forward_with_residuals, below, *self.arguments, *self._replaced_by, inputs, residuals,
            n_operations=2 * block.shape[0] * len(self.arguments[0]),
        )  # fmt: skip
        return inputs, residuals


def blocks_of(
    network: Network,
    X: Any,
    replacements: Sequence[LayerReplacement],
    resampling: Resampling | None = None,
) -> Iterator[ForwardBlock]:
    """Forward passes of ``X`` through the network, block by block.

    The arrays of a block are overwritten when the next one is computed. If ``X`` is a
    `FirstLayerCache`, the first layer's product is not computed again.
    """
    taken_away = [replacement.residuals() for replacement in replacements]
    mixings = [mixing for mixing, _ in taken_away if mixing is not None]
    mixing = np.concatenate([m.ravel() for m in mixings] or [np.zeros(0)]).astype(network.dtype)
    constants = np.concatenate([c for _, c in taken_away] or [np.zeros(0)]).astype(network.dtype)
    if resampling is not None:
        mixing, constants = mixing[:0], np.zeros_like(constants)
    n_columns = network.hidden_layer_sizes[0] if sparse.issparse(X) else X.shape[1]
    n_rows = min(X.shape[0], _block_rows(network, n_columns, resampling is not None))
    forward = _Forward(network, X, n_rows, mixing, constants)
    other = _Forward(network, resampling.X, n_rows, mixing, constants) if resampling else None
    nothing = np.empty((0, len(constants), CHUNK_ROWS), network.dtype)
    known_inputs = isinstance(X, FirstLayerCache)
    for rows, block in X.blocks(n_rows) if known_inputs else row_blocks(X, n_rows):
        inputs, residuals = forward(rows, block)
        replacing, known = nothing, constants
        if resampling is not None and other is not None:
            _, replacing = other(rows, resampling.X[resampling.rows[rows]])
            residuals -= replacing
            known = constants[:0]
        yield ForwardBlock(rows, inputs, residuals, replacing, mixing, known, forward.arguments)


def first_layer_cache(network: Network, X: Any) -> FirstLayerCache:
    """What the neurons of the first hidden layer get from ``X``, before their activation."""
    network = network.for_rows(X)
    nothing = layer_replacements(network, "zero", None)
    n_first, n_chunks = network.hidden_layer_sizes[0], -(-X.shape[0] // CHUNK_ROWS)
    known = np.empty((n_chunks, n_first, CHUNK_ROWS), network.dtype)
    for block in blocks_of(network, X, nothing):
        first = block.rows.start // CHUNK_ROWS
        known[first : first + len(block.inputs)] = block.inputs[:, :n_first]
    return FirstLayerCache(known, np.arange(n_first), X.shape[0])


def full_outputs(block: ForwardBlock) -> np.ndarray:
    """The inputs of the output units, (samples, outputs), in the whole network; a copy."""
    n_outputs = int(block.arguments[1][-1])
    outputs = block.inputs[:, -n_outputs:].transpose(0, 2, 1).reshape(-1, n_outputs)
    # Of a single chunk this is still a view, which the next block would write over.
    return outputs[: block.n_rows].copy()
