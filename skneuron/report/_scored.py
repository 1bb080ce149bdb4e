"""Networks compared by any score, with or without weights of the samples."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from skneuron.inspection._scoring import PairedScores, evaluator_for, signed_score_name
from skneuron.report._comparison import ALPHA, HeldOut
from skneuron.report._contents import Comparison
from skneuron.report._score import ScoreWords
from skneuron.surgery import Network, unwrap
from skneuron.utils import BoolArray, FloatArray, lazy_property


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
    def _paired(self) -> PairedScores:
        evaluate = evaluator_for(
            self.estimator, self.X, self.y, scoring=self.scoring, sample_weight=self.sample_weight
        )
        return PairedScores(evaluate, Network.from_mlp(self.mlp, finite=False))

    @property
    def test(self) -> str:
        return "jackknife"

    @property
    def counted(self) -> BoolArray:
        """Those that have a weight."""
        return self._paired.counted

    @lazy_property
    def words(self) -> ScoreWords:
        """The score as ``compare`` calls it."""
        ((name, scorer),) = self._paired.evaluate.scorers.items()
        return ScoreWords.named(signed_score_name(name, scorer), len(self))

    def trivial(self, class_names: dict[Any, str]) -> None:
        """Nobody knows, of any score."""

    @property
    def is_plain(self) -> bool:
        """Whether it is the estimator's own score, for which there are better tests."""
        return self.sample_weight is None and self.words == super().words

    @property
    def whole_score(self) -> float:
        return float(self._paired.whole_score)

    def judged(self, name: str, what: Any, **more: Any) -> Comparison:
        found = self._paired.differences([self._network_of(what)], 1 - ALPHA)
        return replace(
            super().judged(name, what, **more),
            score=float(found.scores[0]),
            change=float(found.changes[0]),
            low=float(found.low[0]),
            high=float(found.high[0]),
            p_value=float(found.p_values[0]),
        )

    def scores_of(self, networks: Sequence[Network]) -> FloatArray:
        return self._paired.scores_of(networks)

    def along(self, networks: Sequence[Network]) -> tuple[FloatArray, FloatArray, FloatArray]:
        found = self._paired.differences(networks, 1 - ALPHA)
        return found.scores, found.low, found.high

    def _network_of(self, what: Any) -> Network:
        if isinstance(what, Network):
            return what
        return Network.from_mlp(unwrap(what)[0], finite=False)
