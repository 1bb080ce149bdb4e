"""Forward passes in blocks of samples, which bounds memory whatever their number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skneuron.inspection._scoring._first_layer_cache import FirstLayerCache
from skneuron.kernels import CHUNK_ROWS
from skneuron.kernels.ablation import forward_with_residuals
from skneuron.surgery import LayerReplacement, Network, as_block, layer_replacements, row_blocks
from skneuron.utils import run_kernel

# What a block of samples may take, whatever the number of samples and neurons.
BLOCK_BYTES = 48 * 2**20
MAX_BLOCK_ROWS = 32 * CHUNK_ROWS


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
    mixing, constants : ndarray
        What takes the neurons' places, as the kernel got it; no constants with
        resampling.
    arguments : tuple
        The network, as kernels take it.
    """

    rows: slice
    inputs: np.ndarray
    residuals: np.ndarray
    mixing: np.ndarray
    constants: np.ndarray
    arguments: tuple[np.ndarray, np.ndarray, int]

    @property
    def n_rows(self) -> int:
        return self.rows.stop - self.rows.start


def _block_rows(network: Network, n_features: int, resampled: bool) -> int:
    n_hidden, n_outputs = sum(network.hidden_layer_sizes), network.coefs[-1].shape[1]
    n_later = n_hidden - network.hidden_layer_sizes[0]
    n_numbers = (1 + resampled) * n_features + 2 * n_hidden + n_later + n_outputs
    row_bytes = n_numbers * network.dtype.itemsize
    n_chunks = BLOCK_BYTES // (row_bytes * CHUNK_ROWS)
    return CHUNK_ROWS * max(1, min(n_chunks, MAX_BLOCK_ROWS // CHUNK_ROWS))


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
    arguments = network.kernel_arguments()
    residuals = [replacement.residuals() for replacement in replacements]
    mixings = [mixing for mixing, _ in residuals if mixing is not None]
    mixing = np.concatenate([m.ravel() for m in mixings] or [np.zeros(0)]).astype(network.dtype)
    constants = np.concatenate([c for _, c in residuals] or [np.zeros(0)]).astype(network.dtype)
    n_units = len(constants) + network.coefs[-1].shape[1]

    n_block = _block_rows(network, X.shape[1], resampling is not None)
    n_chunks = -(-min(n_block, X.shape[0]) // CHUNK_ROWS)
    inputs = np.empty((n_chunks, n_units, CHUNK_ROWS), network.dtype)
    left = np.empty((n_chunks, len(constants), CHUNK_ROWS), network.dtype)
    known_inputs = isinstance(X, FirstLayerCache)
    for rows, block in (
        X.blocks(n_block) if known_inputs else row_blocks(X, network.dtype, n_block)
    ):
        n_chunks = -(-len(block) // CHUNK_ROWS)
        if known_inputs:
            X.copy_to(rows, inputs[:n_chunks])
        if resampling is None:
            other = np.empty((0, X.shape[1]), network.dtype)
        else:
            other = as_block(resampling.X[resampling.rows[rows]], network.dtype)
        buffers = inputs[:n_chunks], left[:n_chunks]
        run_kernel(forward_with_residuals, block, other, *arguments, mixing, constants, *buffers)
        known = constants if resampling is None else constants[:0]
        yield ForwardBlock(rows, *buffers, mixing, known, arguments)


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
