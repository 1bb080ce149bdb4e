"""Layers whose neurons depend on each other, and what their linear replacement predicts."""

import numpy as np
from numpy.testing import assert_allclose

from skneuron.surgery._regularised_inverse import regularised_inverse
from skneuron.surgery._replacement import (
    LayerReplacement,
)

ILL = ["dead", "constant", "duplicate", "opposite", "collinear", "few rows", "one row", "tiny"]


def of_activations(A):
    """The linear replacement of a layer with these activations."""
    mean = A.mean(axis=0)
    return LayerReplacement(mean, regularised_inverse((A - mean).T @ (A - mean) / len(A)))


def mixed(n=200, size=6, seed=0):
    """Activations that correlate, but not perfectly."""
    rng = np.random.default_rng(seed)
    return np.maximum(rng.normal(size=(n, 4)) @ rng.normal(size=(4, size)) + 0.3, 0) + 0.1


def predicted(replacement, A, gone):
    coefs, constants = replacement.predictor(gone)
    return constants if coefs is None else A[:, ~gone] @ coefs + constants


def residual(replacement, A):
    mixing, constants = replacement.residuals()
    return (A if mixing is None else A @ mixing) - constants


def ill_conditioned(kind):
    """Reference activations (or rows) whose coefficients are not determined."""
    A = mixed(200)
    if kind == "dead":
        A[:, 2] = 0
    elif kind == "constant":
        A[:, 2] = 3.7
    elif kind == "duplicate":
        A[:, 2] = A[:, 4]
    elif kind == "opposite":
        A[:, 2] = 1 - 2 * A[:, 4]
    elif kind == "collinear":
        A[:, 2] = A[:, 0] + A[:, 1] / 3 - A[:, 5]
    elif kind == "few rows":
        A = A[:4]
    elif kind == "one row":
        A = A[:1]
    elif kind == "tiny":
        A[:, 2] *= 1e-12
    return A


def with_covariance(A):
    """As `of_activations`, such that neurons may leave."""
    centred = A - A.mean(axis=0)
    covariance = centred.T @ centred / len(A)
    return LayerReplacement(A.mean(axis=0), regularised_inverse(covariance), covariance)


def assert_same_predictions(actual, expected, A, atol):
    for index in range(A.shape[1]):
        gone = np.arange(A.shape[1]) == index
        assert_allclose(predicted(actual, A, gone), predicted(expected, A, gone), atol=atol)
