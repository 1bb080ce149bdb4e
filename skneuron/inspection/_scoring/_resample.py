"""Replacement "resample": a neuron keeps its distribution and loses its meaning.

In every sample it gets the activation that it has in another one, drawn without replacement, as
permutation importance does with features. No network does that, so it is for analysis only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skneuron.inspection._scoring._blocks import Resampling
from skneuron.inspection._scoring._removal_scores import RemovalScores

RESAMPLE = "resample"
# Columns of standard deviations: their squares, the variances, are averaged over repeats.
_SPREADS = frozenset({"loss_std"})


def resamplings(X: Any, n_samples: int, n_repeats: int, random_state: Any) -> Iterator[Resampling]:
    """One for each repeat: permutations of the samples in ``X``, as many as are needed."""
    rng = check_random_state(random_state)
    n_permutations = -(-n_samples // X.shape[0])
    for _ in range(n_repeats):
        rows = np.concatenate([rng.permutation(X.shape[0]) for _ in range(n_permutations)])
        yield Resampling(X, rows[:n_samples])


def averaged(repeats: Sequence[RemovalScores], ablated: np.ndarray) -> RemovalScores:
    """The mean over repeats, with the importances in each of them, for the neurons of a mask."""
    first = repeats[0]
    scores = np.array([removal_scores.scores for removal_scores in repeats])
    columns = {}
    for name in first.columns:
        values = np.array(
            [removal_scores.columns[name] for removal_scores in repeats], dtype=float
        )
        spread = name in _SPREADS
        columns[name] = np.sqrt((values**2).mean(axis=0)) if spread else values.mean(axis=0)
    importances = (first.baseline_score - scores)[:, ablated].T
    columns |= {"importances_std": importances.std(axis=1), "repeats": importances}
    # Predictions that become right or wrong are not counts of samples any more.
    test = "loss" if first.facts["default_test"] == "loss" else "score"
    facts = first.facts | {"n_repeats": len(repeats), "default_test": test}
    draws = tuple(each.jackknife.draws[0] for each in repeats if each.jackknife is not None)
    jackknife = None if first.jackknife is None else replace(first.jackknife, draws=draws)
    return RemovalScores(
        first.baseline_score, scores.mean(axis=0), columns, facts, jackknife, first.in_words
    )
