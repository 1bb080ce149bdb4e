"""Networks of which one neuron drowns the others, and the truth about what is left without it."""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from helpers.networks import REGRESSIONS, make
from scipy.special import expit

from skneuron import prune_neurons

FACTORS = [1e4, 1e6, 1e8, 1e12, 1e20]
DTYPES = [np.float32, np.float64]
# Hidden layers, and the drowning neuron's.
PLACES = [((5,), 0), ((4, 3), 0), ((3, 4), 1), ((3, 4, 3), 0), ((3, 4, 3), 1), ((3, 3, 4), 2)]
INDEX = 1  # of the drowning neuron


def drown(mlp, layer, factor, *, outgoing=False):
    """Scale what goes into a neuron, or what comes out of it."""
    if outgoing:
        mlp.coefs_[layer + 1][INDEX] *= factor
    else:
        mlp.coefs_[layer][:, INDEX] *= factor
        mlp.intercepts_[layer][INDEX] *= factor


# ---- forward passes without rounding -------------------------------------------------------

ACTIVATIONS = {
    "identity": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "logistic": expit,
}


class Outputs(NamedTuple):
    """The output units' inputs, and how far rounding may take them, (samples, outputs)."""

    values: np.ndarray
    rounding: np.ndarray


def eps_of(mlp, X):
    return float(np.finfo(np.result_type(X, mlp.coefs_[0])).eps)


def outputs_of(mlp, X):
    """In longdouble; rounding is that of the network's own type, in any order of summation."""
    eps, activate = eps_of(mlp, X) / 2, ACTIVATIONS[mlp.activation]
    a, error = X.astype(np.longdouble), np.zeros(X.shape, np.longdouble)
    last = len(mlp.coefs_) - 1
    for at, (W, b) in enumerate(zip(mlp.coefs_, mlp.intercepts_, strict=True)):
        W, b = W.astype(np.longdouble), b.astype(np.longdouble)
        # Weights and biases of a pruned network are rounded themselves.
        own = (len(W) + 3) * eps * (np.abs(a) @ np.abs(W) + np.abs(b))
        a, error = a @ W + b, error @ np.abs(W) + own
        if at < last:
            z, a = a, activate(a)
            error = np.maximum(activate(z + error) - a, a - activate(z - error))
            error += 8 * eps * np.abs(a)
    return Outputs(a, error)


def is_settled(mlp, X):
    """Samples whose predictions no rounding changes."""
    values, rounding = outputs_of(mlp, X)
    if values.shape[1] == 1 or mlp.out_activation_ == "logistic":
        return (np.abs(values) > 2 * rounding).all(axis=1)
    best = np.argmax(values, axis=1)[:, None]
    low = np.take_along_axis(values - 2 * rounding, best, 1)
    high = values + 2 * rounding
    np.put_along_axis(high, best, -np.inf, 1)
    return high.max(axis=1) < low[:, 0]


def losses_of(mlp, X, y):
    """Every sample's loss in a network, and how far rounding may take it.

    Log-loss of classifiers, from probabilities that are kept from 0 and 1 as scikit-learn does;
    squared errors of regressors, (samples, outputs).
    """
    z, rounding = outputs_of(mlp, X)
    eps = eps_of(mlp, X)
    # A sweep may take a quarter of the digits that outputs have, or numbers of size 1.
    rounding = rounding + 4 * eps**0.75 * np.maximum(1, np.abs(z).max(axis=1, keepdims=True))
    if not hasattr(mlp, "classes_"):
        if mlp.out_activation_ == "exp":
            z, rounding = np.exp(z), np.exp(z) * np.expm1(rounding)
        error = z - np.reshape(y, z.shape)
        return error**2, 2 * np.abs(error) * rounding + rounding**2
    if np.ndim(y) > 1:
        losses = np.clip(np.logaddexp(0, np.where(y > 0, -z, z)), eps, -np.log(eps))
        return losses.sum(axis=1), rounding.sum(axis=1) + 4 * eps * losses.sum(axis=1)
    if z.shape[1] == 1:
        z = np.hstack([np.zeros_like(z), z])
    best, codes = z.max(axis=1), np.searchsorted(mlp.classes_, y)
    losses = np.log(np.exp(z - best[:, None]).sum(axis=1)) + best - z[np.arange(len(z)), codes]
    losses = np.clip(losses, eps, -np.log(eps))
    return losses, 2 * rounding.max(axis=1) + 4 * eps * losses


# ---- networks ------------------------------------------------------------------------------


def without(case, neurons, replacement="zero"):
    """The network that surgery leaves."""
    return prune_neurons(case.mlp, neurons, replacement=replacement, X=case.X_ref)


def half_right(mlp, case, seed):
    """Targets that a network gets right, or nearly, in most samples."""
    rng = np.random.default_rng(seed)
    right = mlp.predict(case.X)
    if case.y.dtype.kind == "f":
        if mlp.loss == "poisson":
            return right * rng.uniform(0.5, 1.5, right.shape)
        spread = np.abs(right - right.mean(axis=0)).mean() + 1e-12 * np.abs(right).max()
        return right + 0.4 * spread * rng.normal(size=right.shape)
    wrong = rng.random(len(case.y)) < 0.2
    return np.where(wrong.reshape(-1, *[1] * (case.y.ndim - 1)), case.y, right)


def drowned_case(
    kind, hidden, layer, factor, dtype, *, activation="relu", replacement="zero",
    outgoing=False, n=150, seed=0, n_removed=1,
):  # fmt: skip
    """A case in which a neuron drowns the others, and predictions do not hang on rounding.

    Neither those of the whole network nor those of networks without ``n_removed`` neurons or
    fewer, as far as their layers have others. Without the drowning one most are right.
    """
    case = make(kind, hidden, activation, n=n, n_features=4, dtype=dtype, seed=seed)
    case.X_ref = np.random.default_rng(seed + 1).normal(size=(60, 4)).astype(dtype)
    drown(case.mlp, layer, factor, outgoing=outgoing)
    case.y = half_right(without(case, [(layer, INDEX)], replacement), case, seed)
    if kind not in REGRESSIONS:
        settled = is_settled(case.mlp, case.X)
        for neurons in removals(hidden, n_removed):
            settled &= is_settled(without(case, neurons, replacement), case.X)
        case.X, case.y = case.X[settled], case.y[settled]
        assert len(case.X) >= n / 3
    return case


def removals(hidden, n_removed):
    """Sets of so many neurons or fewer, after which every layer has some left."""
    neurons = [(layer, at) for layer, size in enumerate(hidden) for at in range(size)]
    for n in range(1, n_removed + 1):
        for some in combinations(neurons, n):
            if all(
                sum(own == layer for own, _ in some) < size for layer, size in enumerate(hidden)
            ):
                yield list(some)


def options_of(case, replacement):
    return {
        "replacement": replacement,
        "X_ref": None if replacement == "zero" else case.X_ref,
    }
