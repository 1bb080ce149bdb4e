"""Networks compared by any score, with or without weights of the samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from skneuron.inspection._scoring import (
    Evaluator,
    check_one_scorer,
    errors_of_influences,
    evaluator_for,
    score_name,
    score_of,
)
from skneuron.report._comparison import ALPHA, HeldOut
from skneuron.report._contents import Comparison
from skneuron.report._score import ACCURACY, R2, ScoreWords
from skneuron.surgery import Network, unwrap
from skneuron.utils import FloatArray, lazy_property, scorer_parts

# As many as `PruningComparison` has.
N_GROUPS = 20


@dataclass(frozen=True, eq=False)
class ScoredHeldOut(HeldOut):
    """Samples that networks are judged by, with a score.

    Intervals and p-values are of a jackknife that leaves out each of 20 groups of the samples, as
    those of ``compare`` are.

    Attributes
    ----------
    scoring : str, callable or None
    sample_weight : array-like or None
    """

    scoring: Any = None
    sample_weight: Any = None

    @lazy_property
    def _evaluate(self) -> Evaluator:
        check_one_scorer(self.scoring, is_weighted=self.sample_weight is not None)
        return evaluator_for(
            self.estimator, self.X, self.y, scoring=self.scoring, sample_weight=self.sample_weight
        )

    @property
    def test(self) -> str:
        return "jackknife"

    @lazy_property
    def words(self) -> ScoreWords:
        """The score as ``compare`` calls it."""
        ((name, scorer),) = self._evaluate.scorers.items()
        parts = scorer_parts(scorer)
        is_minus = parts is not None and parts[1] < 0
        words = "minus " * is_minus + score_name(name, scorer)
        return ScoreWords.named({"r2": R2}.get(words, words), len(self))

    @property
    def is_plain(self) -> bool:
        """Whether it is the estimator's own score, for which there are better tests."""
        own = ACCURACY if self.is_classification else R2
        return self.sample_weight is None and self.words.name == own

    @lazy_property
    def whole_score(self) -> float:
        return float(score_of(self._evaluate, self._whole))

    @lazy_property
    def _whole(self) -> Network:
        return Network.from_mlp(self.mlp, finite=False)

    @lazy_property
    def _without_groups(self) -> list[tuple[Evaluator, float, float]]:
        """Without each group: what scores, the share of its weight, the whole one's score."""
        weights = self._evaluate.samples.weights
        # At random: groups with the same share of every class would hide how far classes differ.
        counted = np.random.default_rng(0).permutation(np.flatnonzero(weights))
        found = []
        for group in np.array_split(counted, min(N_GROUPS, len(counted))):
            rest = self._evaluate.on_samples(np.setdiff1d(np.arange(len(weights)), group))
            share = float(weights[group].sum() / weights.sum())
            found.append((rest, share, float(score_of(rest, self._whole))))
        return found

    def judged(self, name: str, what: Any, **more: Any) -> Comparison:
        network = self._network_of(what)
        scores, low, high, p_value = self._differences([network])
        found = super().judged(name, what, **more)
        return Comparison(
            **vars(found)
            | {
                "score": float(scores[0]), "change": float(scores[0] - self.whole_score),
                "low": float(low[0]), "high": float(high[0]), "p_value": float(p_value[0]),
            }
        )  # fmt: skip

    def scores_of(self, networks: Sequence[Network]) -> FloatArray:
        return np.array([score_of(self._evaluate, network) for network in networks])

    def along(self, networks: Sequence[Network]) -> tuple[FloatArray, FloatArray, FloatArray]:
        return self._differences(networks)[:3]

    def _network_of(self, what: Any) -> Network:
        if isinstance(what, Network):
            return what
        return Network.from_mlp(unwrap(what)[0], finite=False)

    def _differences(
        self, networks: Sequence[Network]
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Scores, (low, high) of the differences from the whole network, and p-values."""
        scores = self.scores_of(networks)
        changes = scores - self.whole_score
        try:
            influences = [
                (changes + whole - np.array([score_of(rest, network) for network in networks]))
                * (1 - share)
                for rest, share, whole in self._without_groups
            ]
        except ValueError:  # such as that of ROC AUC, if a group has all of a class
            unknown = np.full(len(networks), np.nan)
            return scores, unknown, unknown, unknown
        errors, freedom = errors_of_influences(np.array(influences))
        reach = stats.t.ppf(1 - ALPHA / 2, freedom) * errors
        with np.errstate(divide="ignore", invalid="ignore"):
            p_values = 2 * stats.t.sf(np.abs(changes) / errors, freedom)
        p_values = np.where(changes == 0, 1.0, p_values)
        return scores, changes - reach, changes + reach, p_values
