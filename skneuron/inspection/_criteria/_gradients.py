"""Derivatives of the training loss by hidden activations, and what they predict for removals.

The loss of a sample is scikit-learn's: log-loss; for logistic outputs the sum of their binary
log-losses; half the squared error, averaged over the outputs; half the Poisson deviance, summed
over them. Probabilities are not kept from 0 and 1 here, so that a confident mistake has a slope.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import expit, softmax

from skneuron.inspection._criteria._activation_statistics import ActivationSource
from skneuron.surgery import Network

# The activation function's derivative, from its value.
_SLOPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": np.ones_like,
    "logistic": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a**2,
    "relu": lambda a: (a > 0).astype(a.dtype),
}
_OUTPUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda z: z,
    "logistic": expit,
    "softmax": lambda z: softmax(z, axis=1),
    "exp": np.exp,
}
# Second derivatives of the loss by each input of the output layer, from the output p. That of
# softmax is not diagonal: it is diag(p) - p p^T, whose second term is added in `_curvatures`.
_OUTPUT_CURVATURES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda p: np.full_like(p, 1 / p.shape[1]),
    "logistic": lambda p: p * (1 - p),
    "softmax": lambda p: p,
    "exp": lambda p: p,
}


def _output(network: Network, last_hidden: np.ndarray) -> np.ndarray:
    return _OUTPUTS[network.out_activation](
        last_hidden @ network.coefs[-1] + network.intercepts[-1]
    )


def backward(
    network: Network, hidden: list[np.ndarray], by_input: np.ndarray, first: int
) -> list[np.ndarray]:
    """Derivatives by the activations of hidden layers, from the chain rule.

    Parameters
    ----------
    network : Network
    hidden : list of ndarray of shape (n_rows, n_neurons)
        Activations of all hidden layers.
    by_input : ndarray of shape (n_rows, n_outputs) or (1, n_outputs)
        Derivatives by the output layer's input, before its activation function.
    first : int
        Hidden layer to stop at.

    Returns
    -------
    derivatives : list of ndarray of shape (n_rows, n_neurons) or (1, n_neurons)
        One for each hidden layer from ``first`` on.
    """
    derivatives = []
    for layer in range(len(hidden) - 1, first - 1, -1):
        by_activation = by_input @ network.coefs[layer + 1].T
        derivatives.append(by_activation)
        by_input = by_activation * _SLOPES[network.activation](hidden[layer])
    return derivatives[::-1]


def _gradients(
    network: Network, hidden: list[np.ndarray], targets: np.ndarray, first: int
) -> list[np.ndarray]:
    by_input = (_output(network, hidden[-1]) - targets).astype(network.dtype)
    if network.out_activation == "identity":
        by_input /= targets.shape[1]
    return backward(network, hidden, by_input, first)


def _curvatures(network: Network, hidden: list[np.ndarray], first: int) -> list[np.ndarray]:
    """Diagonals of J^T H J by sample: J = d output layer's input / d activation, H = d² loss."""
    output = _output(network, hidden[-1])
    curvature = _OUTPUT_CURVATURES[network.out_activation](output)
    # The variance of J's rows under the probabilities, computed without cancellation.
    centred = network.out_activation == "softmax"
    centres = backward(network, hidden, output, first) if centred else []
    totals = [np.zeros_like(of_layer) for of_layer in hidden[first:]]
    for at, one_output in enumerate(np.eye(output.shape[1], dtype=network.dtype)):
        jacobians = backward(network, hidden, one_output[None, :], first)
        for layer, (total, jacobian) in enumerate(zip(totals, jacobians, strict=True)):
            deviation = jacobian - centres[layer] if centred else jacobian
            total += curvature[:, at, None] * deviation**2
    return totals


def _mean_over_rows(
    source: ActivationSource, per_row: Callable[[slice, list[np.ndarray]], list[np.ndarray]]
) -> list[np.ndarray]:
    """Weighted means of what ``per_row`` gives for the layers from the first chosen one on."""
    first, totals = source.layers[0], [np.zeros(size) for size in source.sizes()]
    for rows, hidden in source.full_blocks(len(source.network.hidden_layer_sizes)):
        by_layer = per_row(rows, hidden)
        for total, layer in zip(totals, source.layers, strict=True):
            total += source.weight[rows] @ by_layer[layer - first]
    return [total / source.total_weight for total in totals]


def first_order_changes(source: ActivationSource, targets: np.ndarray) -> list[np.ndarray]:
    """Mean of ``-g a``: change of the loss without the neuron, from the slope g alone.

    Parameters
    ----------
    source : ActivationSource
    targets : ndarray of shape (n_samples, n_outputs)
        As `skneuron.utils._targets.output_targets` makes them.

    Returns
    -------
    changes : list of ndarray of shape (n_neurons,)
    """

    def per_row(rows: slice, hidden: list[np.ndarray]) -> list[np.ndarray]:
        first = source.layers[0]
        gradients = _gradients(source.network, hidden, targets[rows], first)
        return [-g * a for g, a in zip(gradients, hidden[first:], strict=True)]

    return _mean_over_rows(source, per_row)


def second_order_changes(source: ActivationSource) -> list[np.ndarray]:
    """Mean of ``h a² / 2``: what the curvature h adds to `first_order_changes`.

    ``h`` is the Gauss-Newton part of the second derivative, which needs no targets. In the
    last hidden layer, and everywhere for piecewise linear activation functions (relu, identity),
    there is no other part. For tanh and logistic in deeper networks, the part that is left out
    is the one with the activation functions' own curvature.

    Returns
    -------
    changes : list of ndarray of shape (n_neurons,)
    """

    def per_row(rows: slice, hidden: list[np.ndarray]) -> list[np.ndarray]:
        first = source.layers[0]
        curvatures = _curvatures(source.network, hidden, first)
        return [h * a**2 / 2 for h, a in zip(curvatures, hidden[first:], strict=True)]

    return _mean_over_rows(source, per_row)
