"""Rows on their way through a network, and what least squares leave of them."""

import numpy as np

from skneuron.inspection._criteria._activation_statistics import ActivationSource
from skneuron.surgery import RIDGE
from skneuron.surgery._network import Network


def source_of(case, weight=None, layers=None, X=None):
    X = case.X if X is None else X
    network = Network.from_mlp(case.mlp).for_rows(X)
    weight = np.ones(X.shape[0]) if weight is None else np.asarray(weight, dtype=float)
    return ActivationSource(
        network, X, weight, list(range(len(case.net.sizes))) if layers is None else layers
    )


def random_weight(n, seed=0):
    """Some rows with weight 0, a whole block of 8 among them."""
    weight = np.random.default_rng(seed).random(n) * (np.arange(n) % 5 > 0)
    weight[8:16] = 0
    return weight


def residual_of_least_squares(a, index, weight):
    """Mean squared residual, variance, and what the ridge may add to their ratio."""
    root = np.sqrt(weight / weight.sum())[:, None]
    others = np.delete(a, index, axis=1)
    design = np.column_stack([others, np.ones(len(a))]) * root
    target = a[:, [index]] * root
    solution = np.linalg.lstsq(design, target, rcond=1e-12)[0]
    residual = np.sum((target - design @ solution) ** 2)
    deviations = np.sqrt(np.diag(np.atleast_2d(np.cov(others.T, aweights=weight, ddof=0))))
    variance = np.cov(a[:, index], aweights=weight, ddof=0)
    penalty = RIDGE * (variance + np.sum((solution[:-1, 0] * deviations) ** 2))
    return residual, variance, penalty
