"""`RemovalScores`: a network's scores with and without each neuron, and what else sums tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.inspection._scoring._samples import Samples
from skneuron.inspection._scoring._sweep import SweepSums
from skneuron.kernels.ablation import LABEL, MULTILABEL, REGRESSION
from skneuron.surgery import RIDGE, LayerReplacement

if TYPE_CHECKING:
    from skneuron.inspection._scoring._jackknife import Jackknife

# Changes of a loss of fewer roundings than this are none.
ROUNDINGS = 32


@dataclass(frozen=True)
class RemovalScores:
    """Scores of a network and of what is left of it without each hidden neuron.

    Attributes
    ----------
    baseline_score : float
    scores : ndarray of shape (n_hidden,)
        Without the neuron; NaN for neurons that were not ablated.
    columns : dict of ndarray
        What else there is to say of each ablated neuron, by name.
    facts : dict
        What there is to say of the whole network.
    jackknife : Jackknife or None
        Computes standard errors of the importances when it is called.
    in_words : dict of str
        What the scorer ("score") and the loss ("loss") are called.
    """

    baseline_score: float
    scores: np.ndarray
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    jackknife: Jackknife | None = None
    in_words: dict[str, str] = field(default_factory=dict)

    @property
    def importances(self) -> np.ndarray:
        with np.errstate(invalid="ignore"):  # NaN where both are infinitely bad
            return self.baseline_score - self.scores


@np.errstate(over="ignore", invalid="ignore")  # 0 / 0 for a class without samples
def columns_and_facts(
    sums: SweepSums, replacements: Sequence[LayerReplacement]
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """What a sweep tells besides scores: of every neuron, and of the whole network."""
    precision = ROUNDINGS * sums.baseline.rounding
    if any(replacement.precision is not None for replacement in replacements):
        precision = max(precision, RIDGE)  # not even exact copies are predicted without error
    samples, baseline, changes = sums.samples, sums.baseline, sums.changes
    columns: dict[str, np.ndarray] = {}
    facts: dict[str, Any] = {"n_samples": baseline.n_counted}
    if samples.task in (LABEL, MULTILABEL):
        columns |= {"n_fixed": changes.n_fixed, "n_broken": changes.n_broken}
    if samples.task == LABEL:
        columns["class_importances"] = (0.0 - changes.hits) / baseline.class_weight
    if len(changes.cells):
        if len(changes.weighted_cells):
            facts["confusion_matrix"] = baseline.weighted_cells
            columns["confusion_matrices"] = baseline.weighted_cells + changes.weighted_cells
        else:
            facts["confusion_matrix"] = baseline.cells
            columns["confusion_matrices"] = baseline.cells + changes.cells
    if len(changes.losses):
        facts["baseline_loss"] = baseline.loss
        mean = changes.losses[:, 0] / baseline.weight
        # The variance of a weighted mean, from sums of w**2 * (d - mean)**2; with equal weights
        # that of the mean of the differences d.
        squares = (
            changes.losses[:, 2] - 2 * mean * changes.losses[:, 1]
            + mean**2 * baseline.squared_weight
        )  # fmt: skip
        standard_error = np.sqrt(np.maximum(squares, 0)) / baseline.weight
        std = standard_error * np.sqrt(baseline.n_counted)
        # A neuron that others predict without error changes the last digits only. These would
        # be found significant, for they may all be off in the same direction.
        noise = precision * _loss_scale(samples, baseline.loss, precision)
        negligible = (np.abs(mean) <= noise) & (std <= noise)
        columns["loss_importances"] = np.where(negligible, 0.0, mean)
        columns["loss_std"] = np.where(negligible, 0.0, std)
    return columns, facts


def _loss_scale(samples: Samples, loss: float, precision: float) -> float:
    """How large the numbers are that a loss is made of."""
    if samples.task in (LABEL, MULTILABEL):
        return max(1.0, abs(loss))
    power = 2 if samples.task == REGRESSION else 1
    sizes = (np.abs(samples.output_targets) ** power).mean(axis=1)
    scale = float(np.average(sizes, weights=samples.weights))
    if samples.of_network:
        # From the network itself, errors are rounding errors: their squares are of its square.
        scale *= samples.output_targets.shape[1] * precision ** (power - 1)
    return abs(loss) + scale
