"""What hidden activations are like: weighted sums over samples, block by block."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from skneuron.surgery import (
    Network,
    hidden_activations,
    regularised_inverse,
    row_blocks,
    rows_per_block,
)

# A spread of so many units in the last place is rounding, not information.
ROUNDING = 8


@dataclass(frozen=True, eq=False)
class ActivationSource:
    """A network, weighted samples, and the hidden layers to measure activations of.

    Attributes
    ----------
    network : Network
        In the precision that `Network.for_rows` gives it for these samples.
    X : array or sparse matrix of shape (n_samples, n_features)
        Samples that have passed `rows_for`.
    weight : ndarray of shape (n_samples,), float64
        Non-negative, and not all zero.
    layers : list of int
        The chosen layers, in increasing order. Functions of a source return a list with one
        entry for each.
    """

    network: Network
    X: Any
    weight: np.ndarray
    layers: list[int]

    @property
    def total_weight(self) -> float:
        return float(self.weight.sum())

    @property
    def rounding(self) -> float:
        """Relative differences up to this are no differences."""
        return ROUNDING * float(np.finfo(self.network.dtype).eps)

    def sizes(self) -> list[int]:
        """Numbers of neurons of the chosen layers."""
        return [self.network.hidden_layer_sizes[layer] for layer in self.layers]

    def blocks(self) -> Iterator[tuple[slice, np.ndarray, list[np.ndarray]]]:
        """Blocks of samples, their weights, and their activations in the chosen layers."""
        for rows, hidden in self.full_blocks(self.layers[-1] + 1):
            yield rows, self.weight[rows], [hidden[layer] for layer in self.layers]

    def full_blocks(self, n_layers: int) -> Iterator[tuple[slice, list[np.ndarray]]]:
        """Blocks of samples, and their activations in the first ``n_layers`` hidden layers."""
        # Gradients and means of classes need as much for the outputs.
        n_numbers = sum(self.network.hidden_layer_sizes) + self.network.coefs[-1].shape[1]
        row_bytes = self.network.dtype.itemsize * n_numbers
        for rows, below in row_blocks(self.X, rows_per_block(row_bytes)):
            if not self.weight[rows].any():
                continue
            hidden, rest = [], self.network
            for _ in range(n_layers):
                below = hidden_activations(rest, below, layer=0)
                hidden.append(below)
                rest = rest.later_layers(0)
            yield rows, hidden


@dataclass(frozen=True, eq=False)
class Moments:
    """Weighted moments of the activations of one layer, all of shape (n_neurons,).

    Attributes
    ----------
    variance : ndarray
        Mean squared deviation from the mean.
    mean_magnitude : ndarray
        Mean of the absolute value.
    zero_share : ndarray
        Share of the samples (by weight) with an activation of exactly 0.
    """

    variance: np.ndarray
    mean_magnitude: np.ndarray
    zero_share: np.ndarray


class _CentralMoment:
    """Mean, and mean power of the deviations from it, of samples that come in blocks.

    Blocks are merged as Chan, Golub and LeVeque do (1983, "Algorithms for computing the sample
    variance"), because the plain difference of sums cancels where the mean is large.
    """

    def __init__(self, power: Callable[[np.ndarray, np.ndarray], np.ndarray]):
        self._power = power
        self._weight = 0.0
        self._sum: Any = 0.0
        self.mean: Any = 0.0

    def add(self, weight: np.ndarray, activations: np.ndarray) -> None:
        new = weight.sum()
        mean = weight @ activations / new
        shift, share = mean - self.mean, new / (self._weight + new)
        between = self._power(np.array([self._weight * share]), shift[None, :])
        self._sum = self._sum + self._power(weight, activations - mean) + between
        self.mean = self.mean + share * shift
        self._weight += new

    @property
    def moment(self) -> np.ndarray:
        return self._sum / self._weight


def _squares(weight: np.ndarray, deviations: np.ndarray) -> np.ndarray:
    return weight @ deviations**2


def _products(weight: np.ndarray, deviations: np.ndarray) -> np.ndarray:
    return (weight[:, None] * deviations).T @ deviations


def activation_moments(source: ActivationSource) -> list[Moments]:
    """Moments of the activations."""
    magnitudes = [np.zeros(size) for size in source.sizes()]
    zeros = [np.zeros(size) for size in source.sizes()]
    variances = [_CentralMoment(_squares) for _ in source.layers]
    for _, weight, hidden in source.blocks():
        for at, activations in enumerate(hidden):
            magnitudes[at] += weight @ np.abs(activations)
            zeros[at] += weight @ (activations == 0)
            variances[at].add(weight, activations)
    total = source.total_weight
    return [
        Moments(variance.moment, magnitude / total, zero / total)
        for variance, magnitude, zero in zip(variances, magnitudes, zeros, strict=True)
    ]


def activation_covariances(source: ActivationSource) -> list[tuple[np.ndarray, np.ndarray]]:
    """Mean (n_neurons,) and covariance matrix (n_neurons, n_neurons) of the activations."""
    covariances = [_CentralMoment(_products) for _ in source.layers]
    for _, weight, hidden in source.blocks():
        for covariance, activations in zip(covariances, hidden, strict=True):
            covariance.add(weight, activations)
    return [(covariance.mean, covariance.moment) for covariance in covariances]


def residual_variances(mean: np.ndarray, covariance: np.ndarray, rounding: float) -> np.ndarray:
    """The part of each neuron's variance that a prediction from its layer-mates leaves over.

    Parameters
    ----------
    mean : ndarray of shape (n_neurons,)
    covariance : ndarray of shape (n_neurons, n_neurons)
    rounding : float
        A standard deviation of up to this share of the mean is rounding error.

    Returns
    -------
    variances : ndarray of shape (n_neurons,)
        Mean squared error of the best prediction of the neuron that is linear in the other
        neurons and a constant: ``1 / diag(inverse covariance)``; 0 for constant neurons.
    """
    variance = np.diag(covariance)
    scale = np.sqrt(variance)
    varies = scale > rounding * np.abs(mean)
    result = np.zeros(len(mean))
    if varies.any():
        scale = scale[varies]
        # Not the covariances, among which neurons that vary little would pass for constant ones.
        correlations = covariance[np.ix_(varies, varies)] / np.outer(scale, scale)
        result[varies] = variance[varies] / np.diag(regularised_inverse(correlations))
    return result


def class_means(source: ActivationSource, codes: np.ndarray, n_classes: int) -> list[np.ndarray]:
    """Mean activations in every class, (n_neurons, n_classes); NaN for a class without
    samples.

    ``codes`` has the class of every sample, counted from 0.
    """
    sums = [np.zeros((size, n_classes)) for size in source.sizes()]
    for rows, weight, hidden in source.blocks():
        by_class = np.zeros((len(weight), n_classes))
        by_class[np.arange(len(weight)), codes[rows]] = weight
        for total, activations in zip(sums, hidden, strict=True):
            total += activations.T @ by_class
    weights = np.bincount(codes, weights=source.weight, minlength=n_classes)
    with np.errstate(invalid="ignore"):
        return [total / weights for total in sums]
