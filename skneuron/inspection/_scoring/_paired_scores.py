"""How far scores of smaller networks are from the whole one's, and what other samples would give.

The delete-a-group jackknife of `_jackknife`, for a few networks and with fewer groups: all of them
are scored again on the samples without each group.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import stats

from skneuron.inspection._scoring._evaluator import Evaluator, score_of
from skneuron.inspection._scoring._jackknife import errors_of_influences
from skneuron.surgery import Network
from skneuron.utils import BoolArray, FloatArray, lazy_property

# As many as stand behind `gain_confidence_interval_` of a pruner.
N_GROUPS = 20


class ScoreDifferences(NamedTuple):
    """Scores of several networks, and how they differ from the whole one's.

    Attributes
    ----------
    scores, changes, low, high, p_values : ndarray of shape (n_networks,)
        All but the first two are NaN if the score is undefined without one of the groups.
    """

    scores: FloatArray
    changes: FloatArray
    low: FloatArray
    high: FloatArray
    p_values: FloatArray


@dataclass(frozen=True, eq=False)
class PairedScores:
    """A whole network and others, on the same samples.

    Attributes
    ----------
    evaluate : Evaluator
        For one scorer.
    whole : Network
    """

    evaluate: Evaluator
    whole: Network

    @property
    def counted(self) -> BoolArray:
        """Which samples have a weight."""
        return np.asarray(self.evaluate.samples.weights > 0)

    @lazy_property
    def whole_score(self) -> float:
        return score_of(self.evaluate, self.whole)

    def scores_of(self, networks: Sequence[Network]) -> FloatArray:
        """Of smaller networks."""
        return np.array([score_of(self.evaluate, network) for network in networks])

    @lazy_property
    def _without_groups(self) -> list[tuple[Evaluator, float, float]]:
        """Without each group: what scores, the share of its weight, the whole one's score."""
        weights = self.evaluate.samples.weights
        # At random: groups with the same share of every class would hide how far classes differ.
        counted = np.random.default_rng(0).permutation(np.flatnonzero(weights))
        n_groups = min(N_GROUPS, len(counted))
        found = []
        for group in np.array_split(counted, n_groups) if n_groups > 1 else []:
            rest = self.evaluate.on_samples(np.setdiff1d(np.arange(len(weights)), group))
            share = float(weights[group].sum() / weights.sum())
            found.append((rest, share, score_of(rest, self.whole)))
        return found

    def differences(self, networks: Sequence[Network], level: float = 0.95) -> ScoreDifferences:
        """With (low, high) of intervals at a level, and Student's two-sided p-values."""
        scores = self.scores_of(networks)
        changes = scores - self.whole_score
        with warnings.catch_warnings():
            # About scores without a group. What is to be said of those on all samples has been.
            warnings.simplefilter("ignore")
            try:
                influences = [
                    (changes - (np.array([score_of(rest, one) for one in networks]) - whole))
                    * (1 - share)
                    for rest, share, whole in self._without_groups
                ]
            except ValueError:  # such as that of ROC AUC if the group has all of a class
                unknown = np.full(len(networks), np.nan)
                return ScoreDifferences(scores, changes, unknown, unknown, unknown)
        errors, freedom = errors_of_influences(np.reshape(influences, (-1, len(networks))))
        reach = stats.t.ppf((1 + level) / 2, freedom) * errors
        with np.errstate(divide="ignore", invalid="ignore"):
            p_values = 2 * stats.t.sf(np.abs(changes) / errors, freedom)
        p_values = np.where(changes == 0, 1.0, p_values)
        return ScoreDifferences(scores, changes, changes - reach, changes + reach, p_values)
