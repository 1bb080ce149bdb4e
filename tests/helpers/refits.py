"""Refits the slow and obvious way, and pairs of networks to refit."""

import numpy as np
from helpers.networks import make
from sklearn.base import is_classifier

from skneuron import prune_neurons
from skneuron.surgery import Network
from skneuron.surgery._refit._divergences import DIVERGENCES
from skneuron.surgery._refit._mixed_samples import MixedSamples
from skneuron.surgery._refit._objective import layer_inputs
from skneuron.surgery._refit._stage_samples import StageSamples


def divergences(full, pruned, X):
    """Of every sample, from what scikit-learn predicts."""
    if is_classifier(full):
        p, q = full.predict_proba(X), pruned.predict_proba(X)
        if full.out_activation_ == "logistic" and p.shape[1] > 2:  # any number of labels
            p, q = (np.stack([each, 1 - each], axis=2).reshape(len(X), -1) for each in (p, q))
        terms = np.where(p > 0, p * np.log(np.where(p > 0, p, 1) / q), 0)
        return terms.sum(axis=1)
    p, q = (each.predict(X).reshape(len(X), -1) for each in (full, pruned))
    if full.out_activation_ == "exp":
        return (q - p + p * np.log(p / q)).sum(axis=1)
    return ((p - q) ** 2).sum(axis=1) / 2


def mean_divergence(full, pruned, X, sample_weight=None):
    """The mean of `divergences`."""
    return float(np.average(divergences(full, pruned, X), weights=sample_weight))


def pair(kind="multiclass", hidden=(6, 5), activation="relu", *, n=200, gone=None, **options):
    """A network, what is left of it, and samples."""
    case = make(kind, hidden, activation, n=n, **options)
    if gone is None:
        gone = [(layer, index) for layer, size in enumerate(hidden) for index in range(size // 2)]
    return case.mlp, prune_neurons(case.mlp, gone), case.X


def stage_samples(full, X, weights=None, *, inputs_of=lambda rows: rows, n_kept=10**9):
    """All features, or what is made of them, with the outputs of a whole network."""
    dtype = full.for_rows(X).dtype
    divergence = DIVERGENCES[full.out_activation]
    samples = MixedSamples(X, dtype, np.arange(X.shape[0]), weights)
    return StageSamples(
        [samples],
        inputs_of,
        lambda rows: divergence.targets(layer_inputs(full, rows)[-1]),
        divergence.least,
        n_kept=n_kept,
    )


def networks(full, pruned):
    """Both as `Network`."""
    return Network.from_mlp(full), Network.from_mlp(pruned)
