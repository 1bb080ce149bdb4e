"""Kinds of outputs that least squares can refit: scores of samples, and a scale for log-odds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from skneuron.utils import FloatArray

# What outputs that were fitted to targets of 0 and 1 may be multiplied by: from nearly equal
# probabilities to nearly certain ones.
SLOPES = (0.1, 1000.0)


@dataclass(frozen=True)
class OutputKind:
    """What the outputs of a network mean.

    Attributes
    ----------
    scores : callable
        ``(outputs, targets, spreads) -> ndarray of shape (n_samples,)``, the mean of which is what
        the estimator's `score` is; ``outputs`` are those before the activation function, and
        ``spreads`` the variances of the targets.
    losses : callable or None
        ``(outputs, targets) -> ndarray of shape (n_samples,)``, by which outputs are scaled that
        have been fitted to the targets; None if these need no scale.
    edge : float
        Where fitted outputs are undecided.
    one_scale : bool
        Whether only differences between outputs matter, so that all have the same scale.
    """

    scores: Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
    losses: Callable[[FloatArray, FloatArray], FloatArray] | None
    edge: float = 0.0
    one_scale: bool = False

    def slopes(self, outputs: FloatArray, targets: FloatArray, weights: FloatArray) -> FloatArray:
        """What to multiply each output by, so that probabilities have the lowest mean loss.

        ``outputs`` are of samples that they were not fitted to.
        """
        n_outputs = outputs.shape[1]
        if self.losses is None:
            return np.ones(n_outputs)
        if self.one_scale:
            return np.full(n_outputs, best_slope(self.losses, outputs, targets, weights))
        columns = [np.s_[:, [output]] for output in range(n_outputs)]
        return np.array(
            [best_slope(self.losses, outputs[one], targets[one], weights) for one in columns]
        )


def best_slope(
    losses: Callable[[FloatArray, FloatArray], FloatArray],
    outputs: FloatArray,
    targets: FloatArray,
    weights: FloatArray,
) -> float:
    """The number within `SLOPES` that outputs times it have the lowest mean loss."""

    def mean_loss(log_slope: float) -> float:
        return float(weights @ losses(np.exp(log_slope) * outputs, targets) / weights.sum())

    found = minimize_scalar(mean_loss, bounds=tuple(np.log(SLOPES)), method="bounded")
    return float(np.exp(found.x))


def _right_class(outputs: FloatArray, targets: FloatArray, spreads: FloatArray) -> FloatArray:
    return np.asarray(outputs.argmax(axis=1) == targets.argmax(axis=1), dtype=np.float64)


def _all_labels_right(outputs: FloatArray, targets: FloatArray, spreads: FloatArray) -> FloatArray:
    return np.asarray(((outputs > 0) == (targets > 0.5)).all(axis=1), dtype=np.float64)


def _explained(outputs: FloatArray, targets: FloatArray, spreads: FloatArray) -> FloatArray:
    return np.asarray(1.0 - ((outputs - targets) ** 2 / spreads).mean(axis=1))


def softmax_losses(outputs: FloatArray, targets: FloatArray) -> FloatArray:
    """Log-loss of every sample, whose target is a one-hot row."""
    return np.asarray(logsumexp(outputs, axis=1) - (outputs * targets).sum(axis=1))


def logistic_losses(outputs: FloatArray, targets: FloatArray) -> FloatArray:
    """Log-loss of every sample, whose targets are 0 or 1, summed over the outputs."""
    return np.asarray((np.logaddexp(0.0, outputs) - outputs * targets).sum(axis=1))


# By the activation function of the outputs.
OUTPUT_KINDS = {
    "softmax": OutputKind(_right_class, softmax_losses, one_scale=True),
    "logistic": OutputKind(_all_labels_right, logistic_losses, edge=0.5),
    "identity": OutputKind(_explained, None),
}
