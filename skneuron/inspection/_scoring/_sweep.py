"""One pass over the samples that adds up what the removal of every neuron changes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from skneuron.inspection._scoring._blocks import ForwardBlock, Resampling, blocks_of
from skneuron.inspection._scoring._samples import Samples
from skneuron.inspection._scoring._wanted_sums import EVERYTHING, WantedSums
from skneuron.kernels.ablation import (
    LABEL,
    MULTILABEL,
    POISSON_REGRESSION,
    REGRESSION,
    Before,
    Changes,
    ablate_each_neuron,
    score_full_network,
)
from skneuron.surgery import LayerReplacement, Network
from skneuron.utils import run_kernel


@dataclass(frozen=True)
class Baseline:
    """Scores of the whole network, as sums over the samples.

    Attributes
    ----------
    n_samples : int
    weight, squared_weight : float
        Sums over the samples of their weights and of the squares.
    class_weight : ndarray of shape (n_classes,)
        Weight of the samples of every class; of all, for multilabel networks.
    hits : ndarray of shape (n_classes,)
        Weight of the samples of every class that are predicted right.
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
class SweepSums:
    """What a sweep has added up over the samples.

    Attributes
    ----------
    samples : Samples
    baseline : Baseline
        Sums for the whole network.
    changes : Changes
        What every removal adds to these sums or takes from them.
    """

    samples: Samples
    baseline: Baseline
    changes: Changes


def new_changes(samples: Samples, n_removals: int, wanted: WantedSums) -> Changes:
    """`Changes` of zeros, with room for what is wanted and belongs to the task."""
    task, n_classes = samples.task, samples.n_classes
    n_kinds = n_classes if task == LABEL else 1
    n_cells = n_removals if task == LABEL and wanted.confusion else 0
    n_weighted = n_cells if samples.sample_weight is not None else 0
    n_squares = n_removals if task in (REGRESSION, POISSON_REGRESSION) else 0
    n_loss_sums = 4 if wanted.probabilities and task == LABEL else 3
    return Changes(
        n_fixed=np.zeros(n_removals, np.int64),
        n_broken=np.zeros(n_removals, np.int64),
        hits=np.zeros((n_removals, n_kinds)),
        cells=np.zeros((n_cells, n_classes, n_classes), np.int32),
        weighted_cells=np.zeros((n_weighted, n_classes, n_classes)),
        losses=np.zeros((n_removals if wanted.losses else 0, n_loss_sums)),
        squares=np.zeros((n_squares, samples.targets.shape[1])),
    )


def scored_before(samples: Samples, network: Network, block: ForwardBlock) -> Before:
    """Predictions and losses of the samples of a block in the whole network."""
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
    """Adds up a `Baseline`, block by block."""

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
) -> Iterator[tuple[ForwardBlock, tuple]]:
    """`blocks_of` the samples, scored in the whole network; these scores are added to ``sums``.

    Yields
    ------
    block : ForwardBlock
    scored : tuple
        The fields of `Truth` and `Before` of its samples, as kernels take them.
    """
    for block in blocks_of(network, samples.X, replacements, resampling):
        before = scored_before(samples, network, block)
        sums.add(block.rows, before)
        yield block, (*samples.truth_of(block.rows), *before)


def sweep(
    network: Network,
    samples: Samples,
    replacements: Sequence[LayerReplacement],
    layers: np.ndarray,
    indices: np.ndarray,
    wanted: WantedSums = EVERYTHING,
    *,
    resampling: Resampling | None = None,
) -> SweepSums:
    """Remove some neurons in turn, all of them in one pass over the samples.

    Parameters
    ----------
    network : Network
    samples : Samples
    replacements : sequence of LayerReplacement
        Of every hidden layer.
    layers, indices : ndarray of shape (n_neurons,)
        Addresses of the neurons to remove.
    wanted : WantedSums, default=EVERYTHING
        What to add up.
    resampling : Resampling, default=None
        Takes the place of ``replacements``.
    """
    network = samples.network_to_score(network)
    layers, indices = layers.astype(np.int64), indices.astype(np.int64)
    changes = new_changes(samples, len(layers), wanted)
    sums = BaselineSums(samples)
    for block, scored in scored_blocks(network, samples, replacements, sums, resampling):
        if len(layers):
            run_kernel(
                ablate_each_neuron, block.inputs, block.residuals, *block.arguments, layers,
                indices, *scored, *changes,
            )  # fmt: skip
    return SweepSums(samples, sums.result(), changes)
