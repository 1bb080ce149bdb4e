"""The mean divergence of a network's outputs from targets, and its gradient."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from skneuron.surgery._activations import ACTIVATIONS, TIMES_DERIVATIVE
from skneuron.surgery._network import Network, first_inputs
from skneuron.surgery._refit._divergences import DIVERGENCES
from skneuron.surgery._refit._stage_samples import StageSamples
from skneuron.utils import FloatArray


def layer_inputs(network: Network, X: Any, *, activate_last: bool = False) -> list[FloatArray]:
    """What every layer gets from a block of samples, and last what comes out.

    Parameters
    ----------
    network : Network
    X : {ndarray, sparse matrix} of shape (n_rows, n_features)
    activate_last : bool, default=False
        Whether the last layer is a hidden one as well. The outputs of others are those before
        softmax and the like.
    """
    activate = ACTIVATIONS[network.activation]
    last = len(network.coefs) - (not activate_last)
    results = [X]
    for layer, (weights, bias) in enumerate(zip(network.coefs, network.intercepts, strict=True)):
        if sparse.issparse(results[-1]):  # weights may be of another type, and are not copied
            z = np.empty((X.shape[0], len(bias)), bias.dtype)
            first_inputs(network, X, z)
        else:
            z = results[-1] @ weights
            z += bias
        if layer < last:
            activate(z)
        results.append(z)
    return results


def _weighted_sum(values: FloatArray, weights: FloatArray | None) -> Any:
    """Over samples."""
    return values.sum(axis=0) if weights is None else weights @ values


def mean_divergence(network: Network, samples: StageSamples) -> float:
    """Of all samples, by weight; 0 where the outputs are the same."""
    divergence, total = DIVERGENCES[network.out_activation], 0.0
    for inputs, targets, least, weights in samples.blocks():
        losses, _ = divergence.losses(layer_inputs(network, inputs)[-1], targets)
        total += float(_weighted_sum(losses - least, weights))
    return total / samples.total_weight


def divergence_and_gradient(
    network: Network, samples: StageSamples
) -> tuple[float, list[FloatArray], list[FloatArray]]:
    """`mean_divergence`, and its derivatives by weights and by biases, in float64.

    Products are in the precision of the network, sums over blocks of samples in float64.
    """
    divergence = DIVERGENCES[network.out_activation]
    times_derivative = TIMES_DERIVATIVE[network.activation]
    by_weights: list[FloatArray] = [np.zeros(c.shape) for c in network.coefs]
    by_biases: list[FloatArray] = [np.zeros(b.shape) for b in network.intercepts]
    total = 0.0
    for inputs, targets, least, weights in samples.blocks():
        *below, z = layer_inputs(network, inputs)
        losses, d = divergence.losses(z, targets)
        total += float(_weighted_sum(losses - least, weights))
        if weights is not None:
            d *= weights[:, np.newaxis].astype(d.dtype)
        for layer in range(len(below) - 1, -1, -1):
            by_weights[layer] += below[layer].T @ d
            by_biases[layer] += d.sum(axis=0)
            if layer:
                d = d @ network.coefs[layer].T
                times_derivative(d, below[layer])
    for part in (*by_weights, *by_biases):
        part /= samples.total_weight
    return total / samples.total_weight, by_weights, by_biases


def root_mean_squares(network: Network, samples: StageSamples) -> list[FloatArray]:
    """Of what every layer gets, input by input."""
    sums = [np.zeros(len(c)) for c in network.coefs]
    for inputs, _, _, weights in samples.blocks():
        for total, below in zip(sums, layer_inputs(network, inputs)[:-1], strict=True):
            total += _weighted_sum(below.astype(np.float64) ** 2, weights)
    return [np.sqrt(total / samples.total_weight) for total in sums]


def as_vector(parts: Sequence[FloatArray]) -> FloatArray:
    """Arrays one after the other, in float64."""
    return np.concatenate([part.ravel() for part in parts]).astype(np.float64)
