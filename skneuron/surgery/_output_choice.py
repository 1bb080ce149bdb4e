"""Which refitted outputs to take, or none of them, by cross-validation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from skneuron.surgery._network import row_blocks, rows_per_block
from skneuron.surgery._output_kinds import OutputKind
from skneuron.surgery._output_ridge import Moments, OutputRidge
from skneuron.utils import FloatArray, IntArray

# Over no change, in standard errors. Where labels are right, luck among the penalties would cost
# up to three points of accuracy otherwise (100 to 250 samples of MNIST).
LEAST_GAIN = 1.0
# Scores of equal penalties differ by rounding.
ROUNDING = 1e-12


class Split(NamedTuple):
    """Row numbers: samples to fit outputs to, and others to score them on."""

    fit: IntArray
    held_out: IntArray


class ChosenOutputs(NamedTuple):
    """Weights and intercepts of the output layer; the penalty is infinite if they are the old."""

    coef: FloatArray
    intercept: FloatArray
    penalty: float


@dataclass(frozen=True, eq=False)
class OutputTask:
    """Samples as they reach the output layer.

    Attributes
    ----------
    activations : ndarray of shape (n_samples, n_neurons)
        Of the last hidden layer, float32 or float64.
    targets : ndarray of shape (n_samples, n_outputs), float64
    weights : ndarray of shape (n_samples,), float64
    kind : OutputKind
    """

    activations: FloatArray
    targets: FloatArray
    weights: FloatArray
    kind: OutputKind

    def ridge(self, rows: IntArray, coef: FloatArray) -> OutputRidge:
        """Outputs fitted to some rows and pulled towards ``coef``, for all penalties."""
        moments = Moments.of(self.activations, self.targets, self.weights, rows)
        return OutputRidge.of(moments, coef, one_scale=self.kind.one_scale)

    def solution(self, ridge: OutputRidge, penalty: float) -> tuple[FloatArray, FloatArray]:
        """Fitted weights, and intercepts that make outputs positive for what is likely."""
        coef, intercept = ridge.solution(penalty)
        return coef, intercept - self.kind.edge

    def outputs(self, rows: IntArray, coef: FloatArray, intercept: FloatArray) -> FloatArray:
        """Outputs of some rows, before the activation function, in float64."""
        result = np.empty((len(rows), coef.shape[1]))
        row_bytes = np.dtype(np.float64).itemsize * len(coef)
        for place, block in row_blocks(rows, rows_per_block(row_bytes)):
            result[place] = self.activations[block].astype(np.float64) @ coef + intercept
        return result

    def scores(self, rows: IntArray, *layers: tuple[FloatArray, FloatArray]) -> FloatArray:
        """Scores of some rows by each of some output layers, (n_rows, n_layers)."""
        shares = self.weights / self.weights.sum()
        spreads = shares @ (self.targets - shares @ self.targets) ** 2
        spreads = np.where(spreads > 0, spreads, 1.0)  # what is constant explains nothing
        targets = self.targets[rows]
        columns = [
            self.kind.scores(self.outputs(rows, *layer), targets, spreads) for layer in layers
        ]
        return np.stack(columns, axis=1)


def chosen_outputs(
    task: OutputTask,
    coef: FloatArray,
    intercept: FloatArray,
    splits: Sequence[Split],
    penalties: Sequence[float],
) -> ChosenOutputs:
    """The output layer with the best score on samples that it was not fitted to.

    ``penalties`` go from the largest, which changes least, to the smallest.
    """
    coef, intercept = coef.astype(np.float64), intercept.astype(np.float64)
    ridges = [task.ridge(split.fit, coef) for split in splits]
    sums = np.zeros((len(task.targets), 1 + len(penalties)))
    counts = np.zeros(len(task.targets))
    for ridge, (_, held_out) in zip(ridges, splits, strict=True):
        solutions = [task.solution(ridge, penalty) for penalty in penalties]
        np.add.at(sums, held_out, task.scores(held_out, (coef, intercept), *solutions))
        np.add.at(counts, held_out, 1.0)
    scored = counts > 0
    best = best_candidate(sums[scored] / counts[scored, None], task.weights[scored])
    if best == 0:
        return ChosenOutputs(coef, intercept, np.inf)
    penalty = penalties[best - 1]
    rows = np.concatenate([split.held_out for split in splits])
    outputs = [
        task.outputs(split.held_out, *task.solution(ridge, penalty))
        for ridge, split in zip(ridges, splits, strict=True)
    ]
    slopes = task.kind.slopes(np.concatenate(outputs), task.targets[rows], task.weights[rows])
    coef, intercept = task.solution(task.ridge(np.arange(len(task.targets)), coef), penalty)
    return ChosenOutputs(coef * slopes, intercept * slopes, penalty)


def best_candidate(scores: FloatArray, weights: FloatArray) -> int:
    """The first column with the best mean, or 0 if that is too little better than column 0.

    The standard error is that of the paired difference, with weights as the importance of samples
    (not as numbers of equal samples, which would be more evidence than there is).
    """
    shares = weights / weights.sum()
    means = shares @ scores
    best = int(np.argmax(means >= means.max() - ROUNDING))
    gains = scores[:, best] - scores[:, 0]
    gain = float(shares @ gains)
    n = np.count_nonzero(weights)
    variance: Any = (shares**2) @ (gains - gain) ** 2 * n / max(n - 1, 1)
    return best if gain > LEAST_GAIN * np.sqrt(variance) + ROUNDING else 0
