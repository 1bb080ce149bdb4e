"""Which neurons of a layer the outputs miss least, if the others take over what they can.

The optimal brain surgeon of Hassibi and Stork (1993), for whole neurons of one layer: outputs are
taken for a quadratic function of what the next layer gets, and that is a linear one of the
activations. No labels are looked at.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg
from scipy.special import expit, softmax

from skneuron.surgery._activations import ACTIVATIONS, TIMES_DERIVATIVE
from skneuron.surgery._network import Network, row_blocks, rows_per_block
from skneuron.surgery._regularised_inverse import is_varying, regularised_inverse
from skneuron.surgery._replacement import MAX_DOWNDATES
from skneuron.utils import BoolArray, FloatArray, IntArray, single_blas_thread

# For the curvature: a mean over so many samples does not change with more of them.
MAX_SAMPLES = 5_000
# It takes a backward pass for every sample and output: with thousands of outputs, fewer samples.
MAX_BACKWARD_ROWS = 200_000
MIN_SAMPLES = 200
# What is kept of the samples, one number a neuron of the first layer.
MAX_KEPT_BYTES = 64 * 2**20


def curvature_rows(network: Network, n_samples: int) -> IntArray:
    """Positions of the samples that `output_curvature` is computed on: evenly spaced."""
    n_outputs, row_bytes = network.coefs[-1].shape[1], network.coefs[0].shape[1] * 8
    n_most = min(MAX_SAMPLES, MAX_BACKWARD_ROWS // n_outputs, MAX_KEPT_BYTES // row_bytes)
    n_rows = min(n_samples, max(n_most, MIN_SAMPLES))
    rows: IntArray = np.arange(n_rows, dtype=np.int64) * n_samples // n_rows
    return rows


def output_curvature(later: Network, activations: FloatArray) -> FloatArray:
    """How much the outputs change with what the next layer gets.

    That is ``G = E[J.T F J]``: half of ``d @ G @ d`` is the divergence, in nats, of the outputs
    from what they were, if the next layer gets d more, for small d. ``J`` are the derivatives of
    the inputs of the output layer's activation function, and ``F`` the Fisher information of what
    the outputs are distributions of: one of several classes (softmax), of two classes each
    (logistic), Poisson (exp), or Gaussian of variance 1 (identity).

    Parameters
    ----------
    later : Network
        The part that turns the activations into outputs; see `Network.later_layers`.
    activations : ndarray of shape (n_samples, n_neurons)
        Of one hidden layer.

    Returns
    -------
    curvature : ndarray of shape (n_next, n_next), float64
    """
    n_outputs, n_next = later.coefs[-1].shape[1], later.coefs[0].shape[1]
    widest = max(n_outputs, *(c.shape[0] for c in later.coefs))
    row_bytes = 8 * widest * (n_outputs if len(later.coefs) > 1 else 1)
    total = np.zeros((n_next, n_next))
    with single_blas_thread():
        for _, block in row_blocks(activations, rows_per_block(2 * row_bytes)):
            total += _summed_curvature(later, block)
    curvature: FloatArray = total / len(activations)
    return curvature


def _summed_curvature(later: Network, activations: FloatArray) -> FloatArray:
    layers = list(zip(later.coefs, later.intercepts, strict=True))
    hidden = []
    for W, b in layers[:-1]:
        activations = activations @ W + b
        ACTIVATIONS[later.activation](activations)
        hidden.append(activations)
    W, b = (parameter.astype(np.float64) for parameter in layers[-1])
    raw = activations @ W + b
    if not hidden:
        return _summed_fisher(raw, later.out_activation)
    # A square root of F, column by column, goes backwards: (samples, outputs, units).
    scale, pulled = _fisher_roots(raw, later.out_activation)
    back = np.broadcast_to(W.T, (len(raw), *W.T.shape))
    if pulled is not None:
        back = back - (pulled @ W.T)[:, None, :]
    back = (back * scale[:, :, None]).astype(later.dtype)
    for at in range(len(hidden) - 1, -1, -1):
        TIMES_DERIVATIVE[later.activation](back, hidden[at][:, None, :])
        if at:
            back = (back.reshape(-1, back.shape[2]) @ later.coefs[at].T).reshape(
                *back.shape[:2], -1
            )
    flat = back.reshape(-1, back.shape[2]).astype(np.float64)
    result: FloatArray = flat.T @ flat
    return result


def _fisher_roots(raw: FloatArray, out_activation: str) -> tuple[FloatArray, FloatArray | None]:
    """``scale`` and ``pulled``: F is the sum over k of ``d_k d_k.T``.

    ``d_k`` is ``scale[k]`` times unit vector k, less ``pulled`` if that is given.
    """
    if out_activation == "softmax":
        p = softmax(raw, axis=1)
        return np.sqrt(p), p
    return np.sqrt(_fisher_diagonal(raw, out_activation)), None


def _fisher_diagonal(raw: FloatArray, out_activation: str) -> FloatArray:
    result: FloatArray = np.exp(raw) if out_activation == "exp" else np.ones_like(raw)
    if out_activation == "logistic":
        result = expit(raw) * expit(-raw)  # 1 - p is 0 where p is large
    return result


def _summed_fisher(raw: FloatArray, out_activation: str) -> FloatArray:
    products = np.zeros((raw.shape[1],) * 2)
    if out_activation == "softmax":
        p = softmax(raw, axis=1)
        products = p.T @ p
        np.fill_diagonal(products, 0)
        # The rows of F add up to 0: no digits are lost where p is almost 1.
        diagonal = products.sum(axis=1)
    else:
        diagonal = _fisher_diagonal(raw, out_activation).sum(axis=0)
    result: FloatArray = np.diag(diagonal) - products
    return result


@dataclass(frozen=True, eq=False)
class Elimination:
    """Neurons of one layer in the order in which they go.

    Attributes
    ----------
    order : ndarray of int
        Positions in the layer.
    costs : ndarray of float64
        What the removal of each costs after those before it: the divergence of the outputs that
        is predicted, in nats.
    """

    order: IntArray
    costs: FloatArray


def removal_costs(
    covariance: FloatArray, outgoing: FloatArray, curvature: FloatArray
) -> FloatArray:
    """What the removal of each neuron of a layer, and it alone, costs; see `eliminated`."""
    return _Layer(covariance, outgoing, curvature).costs()


def eliminated(
    covariance: FloatArray, outgoing: FloatArray, curvature: FloatArray, n_removals: int
) -> Elimination:
    """Remove, again and again, the neuron of a layer that costs least.

    What the next layer gets is kept up by least squares: outgoing weights of the others change
    with every removal, as in replacement "linear", and so do the costs.

    Parameters
    ----------
    covariance : ndarray of shape (n_neurons, n_neurons), float64
        Of the activations.
    outgoing : ndarray of shape (n_neurons, n_next)
        Weights of the next layer.
    curvature : ndarray of shape (n_next, n_next), float64
        From `output_curvature`.
    n_removals : int
        At most ``n_neurons``.
    """
    layer = _Layer(covariance, outgoing, curvature)
    order, costs = np.empty(n_removals, dtype=int), np.empty(n_removals)
    with single_blas_thread():
        for at in range(n_removals):
            order[at], costs[at] = layer.remove_cheapest()
    return Elimination(order, costs)


class _Layer:
    """A layer that is losing neurons.

    The costs are ``w[j] @ G @ w[j] / (2 P[j, j])`` with outgoing weights w, curvature G and
    inverse covariance matrix P. They are kept as ``W = w @ root``, with ``root @ root.T = G / 2``.
    """

    def __init__(self, covariance: FloatArray, outgoing: FloatArray, curvature: FloatArray):
        self._covariance = covariance
        with single_blas_thread():
            values, vectors = linalg.eigh(curvature / 2)
            useful = values > 0  # others are rounding
            root = vectors[:, useful] * np.sqrt(values[useful])
            self._weights = outgoing.astype(np.float64) @ root
        # The next layer's biases take over what is constant.
        self._weights[~is_varying(covariance)] = 0
        self._left = np.arange(len(covariance))
        self._invert()

    def _invert(self) -> None:
        left = self._left
        self._inverse = regularised_inverse(self._covariance[np.ix_(left, left)])
        self._is_left: BoolArray = np.full(len(left), True)
        self._n_downdates = 0

    def costs(self) -> FloatArray:
        """Of all neurons since the last inversion; infinite for those that have gone since."""
        result = np.full(len(self._left), np.inf)
        variances = np.diag(self._inverse)[self._is_left]
        result[self._is_left] = (self._weights[self._is_left] ** 2).sum(axis=1) / variances
        return result

    def remove_cheapest(self) -> tuple[int, float]:
        """The neuron that goes, and its cost."""
        if self._n_downdates == MAX_DOWNDATES:
            self._left, self._weights = self._left[self._is_left], self._weights[self._is_left]
            self._invert()
        costs = self.costs()
        gone = int(np.argmin(costs))
        column = self._inverse[:, gone] / self._inverse[gone, gone]
        self._weights -= np.outer(column, self._weights[gone])
        self._inverse -= np.outer(column, self._inverse[gone])
        self._is_left[gone] = False
        self._n_downdates += 1
        return int(self._left[gone]), float(costs[gone])
