"""One pass over the rows that adds up what the removal of every neuron changes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skneuron.inspection._scoring._first_layer_cache import FirstLayerCache
from skneuron.inspection._scoring._samples import Samples
from skneuron.kernels import CHUNK_ROWS
from skneuron.kernels.ablation import (
    LABEL,
    MULTILABEL,
    POISSON_REGRESSION,
    REGRESSION,
    Before,
    Changes,
    ablate_each_neuron,
    forward_with_residuals,
    score_full_network,
)
from skneuron.surgery import LayerReplacement, Network, as_block, layer_replacements, row_blocks
from skneuron.utils import run_kernel

# What a block of rows may take, whatever the number of rows and neurons.
BLOCK_BYTES = 48 * 2**20
MAX_BLOCK_ROWS = 32 * CHUNK_ROWS
# More than this, and the confusion matrix without each neuron is not kept.
CONFUSION_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Resampling:
    """Activations that take a neuron's place in a row: those of another row.

    Attributes
    ----------
    X : {ndarray, sparse matrix} of shape (n_rows, n_features)
    rows : ndarray of shape (n_samples,)
        Which row's activations each sample gets.
    """

    X: Any
    rows: np.ndarray


@dataclass(frozen=True)
class Block:
    """A block of rows that has gone through the network once, chunk by chunk.

    Attributes
    ----------
    rows : slice
    inputs, residuals : ndarray
        From `skneuron.kernels.ablation.removal.forward_with_residuals`.
    mixing, constants : ndarray
        What takes neurons' places, as `forward_with_residuals` got it; no constants if that is
        resampled.
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
) -> Iterator[Block]:
    """Take ``X`` through the network, block by block; a block is gone when the next one comes.

    ``X`` may be `FirstLayerCache`: the first layer's product is then not computed again.
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
        yield Block(rows, *buffers, mixing, known, arguments)


def first_layer_cache(network: Network, X: Any) -> FirstLayerCache:
    """Keep what the first hidden layer gets from ``X``."""
    network = network.for_rows(X)
    nothing = layer_replacements(network, "zero", None)
    n_first, n_chunks = network.hidden_layer_sizes[0], -(-X.shape[0] // CHUNK_ROWS)
    known = np.empty((n_chunks, n_first, CHUNK_ROWS), network.dtype)
    for block in blocks_of(network, X, nothing):
        first = block.rows.start // CHUNK_ROWS
        known[first : first + len(block.inputs)] = block.inputs[:, :n_first]
    return FirstLayerCache(known, np.arange(n_first), X.shape[0])


def full_outputs(block: Block) -> np.ndarray:
    """The inputs of the output units, (rows, outputs), in the whole network; a copy."""
    n_outputs = int(block.arguments[1][-1])
    outputs = block.inputs[:, -n_outputs:].transpose(0, 2, 1).reshape(-1, n_outputs)
    # Of a single chunk this is still a view, which the next block would write over.
    return outputs[: block.n_rows].copy()


@dataclass(frozen=True)
class Baseline:
    """How the whole network fares.

    Attributes
    ----------
    n_samples : int
    weight, squared_weight : float
        Sums over the samples of their weights and of the squares.
    class_weight : ndarray of shape (n_classes,)
        Weight of the samples of every class; of all, for multilabel networks.
    hits : ndarray of shape (n_classes,)
        Weight of those that are predicted right.
    loss, probability : float
        Weighted means: of the losses, and of the right class's probability.
    cells, weighted_cells : ndarray of shape (n_classes, n_classes)
        Number and weight of samples by true and predicted class.
    squares : ndarray of shape (n_outputs,)
        Weighted sums of squared errors, for regression.
    rounding : float
        Relative distance of neighbouring numbers in the type that was computed in.
    """

    n_samples: int
    weight: float
    squared_weight: float
    class_weight: np.ndarray
    hits: np.ndarray
    loss: float
    probability: float
    cells: np.ndarray
    weighted_cells: np.ndarray
    squares: np.ndarray
    rounding: float


@dataclass(frozen=True)
class Pass:
    """What one pass has found out: the whole network, and what removals change."""

    samples: Samples
    baseline: Baseline
    changes: Changes


def confusion_fits(samples: Samples, n_removals: int) -> bool:
    """Whether there is room for a confusion matrix without each neuron, and a use."""
    n_bytes = n_removals * samples.n_classes**2 * np.dtype(np.int32).itemsize
    return samples.task == LABEL and n_bytes <= CONFUSION_BYTES


def new_changes(
    samples: Samples,
    n_removals: int,
    *,
    confusion: bool,
    losses: bool,
    probabilities: bool = False,
) -> Changes:
    """`Changes` of zeros, with room for what is wanted and belongs to the task."""
    task, n_classes = samples.task, samples.n_classes
    n_kinds = n_classes if task == LABEL else 1
    n_cells = n_removals if task == LABEL and confusion else 0
    n_weighted = n_cells if samples.sample_weight is not None else 0
    n_squares = n_removals if task in (REGRESSION, POISSON_REGRESSION) else 0
    n_loss_sums = 4 if probabilities and task == LABEL else 3
    return Changes(
        n_fixed=np.zeros(n_removals, np.int64),
        n_broken=np.zeros(n_removals, np.int64),
        hits=np.zeros((n_removals, n_kinds)),
        cells=np.zeros((n_cells, n_classes, n_classes), np.int32),
        weighted_cells=np.zeros((n_weighted, n_classes, n_classes)),
        losses=np.zeros((n_removals if losses else 0, n_loss_sums)),
        squares=np.zeros((n_squares, samples.targets.shape[1])),
    )


def scored_before(samples: Samples, network: Network, block: Block) -> Before:
    """How the rows of a block fare in the whole network."""
    n_outputs = network.coefs[-1].shape[1]
    n_squares = block.n_rows if samples.task in (REGRESSION, POISSON_REGRESSION) else 0
    before = Before(
        predicted=np.zeros(block.n_rows, np.int32),
        row_losses=np.empty(block.n_rows, network.dtype),
        row_squares=np.empty((n_squares, n_outputs)),
    )
    run_kernel(score_full_network, block.inputs, n_outputs, *samples.truth_of(block.rows), *before)
    return before


class BaselineSums:
    """A `Baseline` in the making."""

    def __init__(self, samples: Samples):
        self._samples = samples
        n_kinds = samples.n_classes if samples.task == LABEL else 1
        self._cells = np.zeros((n_kinds, n_kinds))
        self._weighted_cells = np.zeros((n_kinds, n_kinds))
        self._hits = self._loss = self._probability = self._rounding = 0.0
        self._squares = np.zeros(samples.targets.shape[1])

    def add(self, rows: slice, before: Before) -> None:
        samples = self._samples
        weight = samples.weights[rows] if samples.sample_weight is not None else None
        if samples.task == LABEL:
            n = samples.n_classes
            cells = samples.codes[rows].astype(np.int64) * n + before.predicted
            counts = np.bincount(cells, minlength=n * n).reshape(n, n)
            self._cells += counts
            if weight is None:
                self._weighted_cells += counts
            else:
                self._weighted_cells += np.bincount(cells, weight, n * n).reshape(n, n)
        elif samples.task == MULTILABEL:
            right = before.predicted
            self._hits += float(right.sum() if weight is None else right @ weight)
        self._rounding = float(np.finfo(before.row_losses.dtype).eps)
        losses = before.row_losses.astype(np.float64)
        self._loss += float(losses.sum() if weight is None else losses @ weight)
        if samples.task == LABEL:
            right = np.exp(-losses)
            self._probability += float(right.sum() if weight is None else right @ weight)
        if len(before.row_squares):
            squares = (
                before.row_squares if weight is None else before.row_squares * weight[:, None]
            )
            self._squares += squares.sum(axis=0)

    def result(self) -> Baseline:
        samples = self._samples
        if samples.sample_weight is None:
            total = squared = float(samples.n_samples)
        else:
            total, squared = samples.sample_weight.sum(), (samples.sample_weight**2).sum()
        single_label = samples.task == LABEL
        return Baseline(
            n_samples=samples.n_samples,
            weight=float(total),
            squared_weight=float(squared),
            class_weight=self._weighted_cells.sum(axis=1) if single_label else np.array([total]),
            hits=np.diag(self._weighted_cells).copy() if single_label else np.array([self._hits]),
            loss=self._loss / float(total),
            probability=self._probability / float(total),
            cells=self._cells.astype(np.int64),
            weighted_cells=self._weighted_cells,
            squares=self._squares,
            rounding=self._rounding,
        )


def scored_blocks(
    network: Network,
    samples: Samples,
    replacements: Sequence[LayerReplacement],
    sums: BaselineSums,
    resampling: Resampling | None = None,
) -> Iterator[tuple[Block, tuple]]:
    """`blocks_of` the samples, judged in the whole network, which is added to ``sums``.

    Yields
    ------
    block : Block
    judged : tuple
        The fields of `Truth` and `Before` of its rows, as kernels take them.
    """
    for block in blocks_of(network, samples.X, replacements, resampling):
        before = scored_before(samples, network, block)
        sums.add(block.rows, before)
        yield block, (*samples.truth_of(block.rows), *before)


def sweep_pass(
    network: Network,
    samples: Samples,
    replacements: Sequence[LayerReplacement],
    layers: np.ndarray,
    indices: np.ndarray,
    *,
    resampling: Resampling | None = None,
    confusion: bool = True,
    losses: bool = True,
    probabilities: bool = False,
) -> Pass:
    """Remove each neuron of some addresses in turn, in one pass over the rows.

    Parameters
    ----------
    network : Network
    samples : Samples
    replacements : sequence of LayerReplacement
        Of every hidden layer.
    layers, indices : ndarray of shape (n_neurons,)
    resampling : Resampling, default=None
        Takes the place of ``replacements``.
    confusion, losses : bool, default=True
        Whether to add up confusion matrices, for which see `confusion_fits`, and losses.
    probabilities : bool, default=False
        Whether to add up, with the losses, the right class's probabilities.
    """
    network = samples.network_to_score(network)
    layers, indices = layers.astype(np.int64), indices.astype(np.int64)
    changes = new_changes(
        samples, len(layers), confusion=confusion, losses=losses, probabilities=probabilities
    )
    sums = BaselineSums(samples)
    for block, scored in scored_blocks(network, samples, replacements, sums, resampling):
        if len(layers):
            run_kernel(
                ablate_each_neuron, block.inputs, block.residuals, *block.arguments, layers,
                indices, *scored, *changes,
            )  # fmt: skip
    return Pass(samples, sums.result(), changes)
