"""One pass over the samples that adds up what the removal of every neuron changes."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from skneuron.inspection._scoring._blocks import ForwardBlock, Resampling, blocks_of
from skneuron.inspection._scoring._lost_digits import (
    add_lost_rows,
    drowned,
    harmless_residuals,
    no_lost_rows,
    scored,
)
from skneuron.inspection._scoring._samples import Samples
from skneuron.inspection._scoring._wanted_sums import EVERYTHING, WantedSums
from skneuron.kernels.ablation import (
    LABEL,
    MULTILABEL,
    POISSON_REGRESSION,
    REGRESSION,
    Before,
    Changes,
    Truth,
    ablate_each_neuron,
)
from skneuron.surgery import LayerReplacement, Network
from skneuron.utils import run_kernel


@dataclass(frozen=True)
class Baseline:
    """Scores of the whole network, as sums over the samples.

    Attributes
    ----------
    n_samples, n_counted : int
        All samples, and those whose weight is not 0: others are no evidence.
    weight, squared_weight : float
        Sums over the samples of their weights and of the squares.
    class_weight : ndarray of shape (n_classes,)
        Weight of the samples of every class; of all, for multilabel networks.
    hits : ndarray of shape (n_classes,)
        Weight of the samples of every class that are predicted right.
    loss, probability : float
        Weighted means: of the losses, and of the right class's probability.
    cells, weighted_cells : ndarray of shape (n_classes, n_classes), or (0, 0)
        Number and weight of samples by true and predicted class, if wanted.
    squares : ndarray of shape (n_outputs,)
        Weighted sums of squared errors, for regression.
    rounding : float
        Relative distance of neighbouring numbers in the type that was computed in.
    is_finite : bool
        Whether what every unit gets and gives is a finite number, in every sample.
    """

    n_samples: int
    n_counted: int
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
    is_finite: bool


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

    @property
    def is_finite(self) -> bool:
        """Whether the whole network computes with finite numbers only, and so do scores."""
        baseline = self.baseline
        sums_are_finite = math.isfinite(baseline.loss) and np.isfinite(baseline.squares).all()
        return baseline.is_finite and bool(sums_are_finite)

    @property
    def tells_all(self) -> bool:
        """Whether these sums need not be replaced, not even those of some removals."""
        return self.is_finite and not self.drowned().any()

    def check_finite(self) -> None:
        """Raise ValueError if it does not, or scores overflow."""
        baseline = self.baseline
        # Squared errors are added up in float64, other than the losses made of them.
        of_squares = self.samples.task == REGRESSION and np.isfinite(baseline.squares).all()
        if not (self.is_finite or (baseline.is_finite and of_squares)):
            raise ValueError(
                "estimator computes numbers that are infinite or NaN for some samples. Scale the "
                "samples and the weights (coefs_, intercepts_) down, or use neuron_ablation, "
                "which removes every neuron of such a network one by one."
            )

    def drowned(self) -> np.ndarray:
        """Which removals these sums do not tell.

        They leave less of squared errors or deviances than the sums resolve, or make numbers
        overflow.
        """
        changes, baseline = self.changes, self.baseline
        found = np.full(len(changes.n_fixed), False)
        if len(changes.losses):
            found |= ~np.isfinite(changes.losses[:, 0])
        if self.samples.task not in (REGRESSION, POISSON_REGRESSION):
            return found
        found |= drowned(baseline.squares, changes.squares)
        if len(changes.losses):
            total = np.array([baseline.loss * baseline.weight])
            found |= drowned(total, changes.losses[:, :1])
        return found


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
        squares=np.zeros((n_squares, samples.output_targets.shape[1])),
    )


def scored_before(samples: Samples, network: Network, block: ForwardBlock) -> Before:
    """Predictions and losses of the samples of a block in the whole network."""
    n_outputs = network.coefs[-1].shape[1]
    return scored(samples, block.inputs, n_outputs, block.rows, block.n_rows)


class BaselineSums:
    """Adds up a `Baseline`, block by block."""

    def __init__(self, samples: Samples, wanted: WantedSums):
        self._samples = samples
        n_kinds = samples.n_classes if samples.task == LABEL else 1
        n = samples.n_classes if samples.task == LABEL and wanted.confusion else 0
        self._cells, self._weighted_cells = np.zeros((n, n)), np.zeros((n, n))
        self._hits = np.zeros(n_kinds)
        self._loss = self._probability = self._rounding = 0.0
        self._is_finite = True
        self._squares = np.zeros(samples.output_targets.shape[1])

    @np.errstate(over="ignore", invalid="ignore")
    def add(self, rows: slice, before: Before, *, is_finite: bool) -> None:
        samples = self._samples
        self._is_finite = self._is_finite and is_finite
        weight = samples.weights[rows] if samples.sample_weight is not None else None
        if samples.task == LABEL:
            codes, n = samples.codes[rows].astype(np.int64), samples.n_classes
            right = (codes == before.predicted) * (1.0 if weight is None else weight)
            self._hits += np.bincount(codes, right, n)
            if self._cells.size:
                cells = codes * n + before.predicted
                self._cells += np.bincount(cells, minlength=n * n).reshape(n, n)
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
        class_weight = np.array([total])
        if samples.task == LABEL:
            class_weight = np.bincount(
                samples.codes, samples.sample_weight, samples.n_classes
            ).astype(np.float64)
        n_counted = samples.n_samples
        if samples.sample_weight is not None:
            n_counted = int(np.count_nonzero(samples.sample_weight))
        return Baseline(
            n_samples=samples.n_samples,
            n_counted=n_counted,
            weight=float(total),
            squared_weight=float(squared),
            class_weight=class_weight,
            hits=self._hits,
            loss=self._loss / float(total),
            probability=self._probability / float(total),
            cells=self._cells.astype(np.int64),
            weighted_cells=self._weighted_cells,
            squares=self._squares,
            rounding=self._rounding,
            is_finite=self._is_finite,
        )


def scored_blocks(
    network: Network,
    samples: Samples,
    replacements: Sequence[LayerReplacement],
    sums: BaselineSums,
    resampling: Resampling | None = None,
) -> Iterator[tuple[ForwardBlock, Truth, Before]]:
    """`blocks_of` the samples, scored in the whole network; these scores are added to ``sums``.

    Yields
    ------
    block : ForwardBlock
    truth, before
        Of its samples, as kernels take them.
    """
    for block in blocks_of(network, samples.X, replacements, resampling):
        before = scored_before(samples, network, block)
        sums.add(block.rows, before, is_finite=block.is_finite)
        yield block, samples.truth_of(block.rows), before


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
    sums = BaselineSums(samples, wanted)
    harmless = harmless_residuals(network, samples)
    for block, truth, before in scored_blocks(network, samples, replacements, sums, resampling):
        if len(layers):
            lost_rows = no_lost_rows(harmless, len(layers), block.n_rows)
            run_kernel(
                ablate_each_neuron, block.inputs, block.residuals, *block.arguments, layers,
                indices, *lost_rows, *truth, *before, *changes,
                n_operations=block.n_operations(len(layers)), max_threads=block.max_threads,
            )  # fmt: skip
            add_lost_rows(samples, block, layers, indices, lost_rows, before, changes)
    return SweepSums(samples, sums.result(), changes)
