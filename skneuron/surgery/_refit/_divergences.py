"""How far a network's outputs are from another's, by kind of output.

Outputs ``z``, (n_samples, n_outputs), are what the output units get, before softmax and the like.
Targets are what the other network makes of its own. Divergences are in nats, but for numbers,
where they are half the squared difference: what KL divergence is between normal distributions of
variance 1.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import entr, expit, softmax, xlogy

from skneuron.utils import FloatArray


class Divergence(NamedTuple):
    """One kind of output.

    Attributes
    ----------
    targets : callable
        From outputs of the whole network to targets.
    least : callable
        From targets to the value of ``losses`` where the outputs are the same, (n_samples,).
    losses : callable
        ``(z, targets) -> (losses, derivative)`` of every sample, and by ``z``, which is written
        over.
    """

    targets: Callable[[FloatArray], FloatArray]
    least: Callable[[FloatArray], FloatArray]
    losses: Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]


def _rows(a: FloatArray, b: FloatArray) -> FloatArray:
    """The products of corresponding rows."""
    result: FloatArray = np.einsum("ij,ij->i", a, b, dtype=np.float64)
    return result


def _softmax_losses(z: FloatArray, targets: FloatArray) -> tuple[FloatArray, FloatArray]:
    z -= z.max(axis=1, keepdims=True)
    right = _rows(z, targets)
    np.exp(z, out=z)
    total = z.sum(axis=1, keepdims=True)
    z /= total
    z -= targets
    return np.log(total[:, 0], dtype=np.float64) - right, z


def _logistic_losses(z: FloatArray, targets: FloatArray) -> tuple[FloatArray, FloatArray]:
    losses = np.logaddexp(0, z).sum(axis=1, dtype=np.float64) - _rows(z, targets)
    expit(z, out=z)
    z -= targets
    return losses, z


def _identity_losses(z: FloatArray, targets: FloatArray) -> tuple[FloatArray, FloatArray]:
    z -= targets
    return _rows(z, z) / 2, z


def _exp_losses(z: FloatArray, targets: FloatArray) -> tuple[FloatArray, FloatArray]:
    right = _rows(z, targets)
    np.exp(z, out=z)
    losses = z.sum(axis=1, dtype=np.float64) - right
    z -= targets
    return losses, z


def _bernoulli_entropy(p: FloatArray) -> FloatArray:
    p = p.astype(np.float64)
    result: FloatArray = (entr(p) + entr(1 - p)).sum(axis=1)
    return result


def _least_of_counts(means: FloatArray) -> FloatArray:
    means = means.astype(np.float64)
    result: FloatArray = (means - xlogy(means, means)).sum(axis=1)
    return result


# By ``out_activation``.
DIVERGENCES: dict[str, Divergence] = {
    "softmax": Divergence(
        lambda z: softmax(z, axis=1),
        lambda p: entr(p.astype(np.float64)).sum(axis=1),
        _softmax_losses,
    ),
    "logistic": Divergence(expit, _bernoulli_entropy, _logistic_losses),
    "identity": Divergence(lambda z: z, lambda z: np.zeros(len(z)), _identity_losses),
    "exp": Divergence(
        np.exp,
        _least_of_counts,
        _exp_losses,
    ),
}
