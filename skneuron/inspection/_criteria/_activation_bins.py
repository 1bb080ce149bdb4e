"""Activations in bins: how much they tell (entropy), and how much of it about the class."""

from dataclasses import replace

import numpy as np
from scipy.stats import entropy

from skneuron.inspection._criteria._activation_statistics import ActivationSource

N_BINS = 10
# Quantiles come from at most so many samples, which bounds memory.
QUANTILE_ROWS = 10_000


def equal_width_edges(source: ActivationSource, n_bins: int = N_BINS) -> list[np.ndarray]:
    """Inner edges of bins of equal width between each neuron's extremes.

    Returns
    -------
    edges : list of ndarray of shape (n_neurons, n_bins - 1)
        Bin k is ``edges[k - 1] < activation <= edges[k]``; infinite for constant neurons, whose
        activations are all in the first bin.
    """
    low = [np.full(size, np.inf) for size in source.sizes()]
    high = [np.full(size, -np.inf) for size in source.sizes()]
    for _, weight, hidden in source.blocks():
        for at, activations in enumerate(hidden):
            counted = activations[weight > 0]
            np.minimum(low[at], counted.min(axis=0), out=low[at])
            np.maximum(high[at], counted.max(axis=0), out=high[at])
    edges = [
        np.linspace(*ends, n_bins + 1, axis=1)[:, 1:-1] for ends in zip(low, high, strict=True)
    ]
    for at, inner in enumerate(edges):
        largest = np.maximum(np.abs(low[at]), np.abs(high[at]))
        inner[high[at] - low[at] <= source.rounding * largest] = np.inf
    return edges


def equal_frequency_edges(source: ActivationSource, n_bins: int = N_BINS) -> list[np.ndarray]:
    """Inner edges of bins that hold the same weight of samples, as far as ties allow it.

    A value that many samples share, such as the 0 of a rectifier, gets a bin for itself.
    Quantiles are those of all samples if there are at most `QUANTILE_ROWS`, else of that many
    at equal distances.

    Returns
    -------
    edges : list of ndarray of shape (n_neurons, n_bins - 1)
        Bin k is ``edges[k - 1] < activation <= edges[k]``.
    """
    rows = np.flatnonzero(source.weight)
    if len(rows) > QUANTILE_ROWS:
        rows = rows[np.linspace(0, len(rows) - 1, QUANTILE_ROWS).astype(np.intp)]
    part = replace(source, X=source.X[rows], weight=source.weight[rows])
    blocks = [hidden for _, _, hidden in part.blocks()]
    return [
        np.array(
            [_quantile_edges(a, part.weight, n_bins, part.rounding) for a in np.concatenate(of).T]
        )
        for of in zip(*blocks, strict=True)
    ]


def _quantile_edges(
    values: np.ndarray, weight: np.ndarray, n_bins: int, rounding: float
) -> np.ndarray:
    order = np.argsort(values)
    values = values[order]
    cumulated = np.cumsum(weight[order])
    at = np.searchsorted(cumulated, cumulated[-1] * np.arange(1, n_bins) / n_bins)
    # Between a quantile and the next larger value, not on it: the same sample may have another
    # last bit in a block of another size, and must not change its bin for that.
    largest = np.abs(values[[0, -1]]).max()
    above = np.searchsorted(values, values[at] + rounding * largest, side="right")
    return (values[at] + np.append(values, np.inf)[above]) / 2


def bin_weights(
    source: ActivationSource, edges: list[np.ndarray], codes: np.ndarray, n_classes: int
) -> list[np.ndarray]:
    """Weight of the samples of each class in each bin.

    Parameters
    ----------
    source : ActivationSource
    edges : list of ndarray of shape (n_neurons, n_bins - 1)
    codes : ndarray of shape (n_samples,)
        Class of every sample, counted from 0.
    n_classes : int

    Returns
    -------
    weights : list of ndarray of shape (n_neurons, n_bins, n_classes)
    """
    totals = [np.zeros((len(e), e.shape[1] + 1, n_classes)) for e in edges]
    for rows, weight, hidden in source.blocks():
        for total, inner, activations in zip(totals, edges, hidden, strict=True):
            for neuron, column in enumerate(np.ascontiguousarray(activations.T)):
                cell = np.searchsorted(inner[neuron], column) * n_classes + codes[rows]
                weights = np.bincount(cell, weights=weight, minlength=total[neuron].size)
                total[neuron] += weights.reshape(total[neuron].shape)
    return totals


def activation_entropies(source: ActivationSource) -> list[np.ndarray]:
    """Entropy in nats of every neuron's activation, in bins of equal width."""
    one_class = np.zeros(len(source.weight), dtype=np.intp)
    weights = bin_weights(source, equal_width_edges(source), one_class, 1)
    return [entropy(of_layer[:, :, 0], axis=1) for of_layer in weights]


def mutual_informations(
    source: ActivationSource, codes: np.ndarray, n_classes: int
) -> list[np.ndarray]:
    """Mutual information in nats of every neuron's activation and the class.

    Of the frequencies in bins of equal frequency (the "plug-in" estimate), without correction.
    """
    weights = bin_weights(source, equal_frequency_edges(source), codes, n_classes)
    # Rounding must not make independent variables share less than nothing.
    return [np.maximum(0.0, _mutual_information(of_layer)) for of_layer in weights]


def _mutual_information(weights: np.ndarray) -> np.ndarray:
    joint = entropy(weights.reshape(len(weights), -1), axis=1)
    return entropy(weights.sum(axis=2), axis=1) + entropy(weights.sum(axis=1), axis=1) - joint
