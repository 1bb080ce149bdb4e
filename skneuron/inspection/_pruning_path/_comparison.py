"""`PruningComparison`: a whole network and a pruned one on the same samples, in words."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from skneuron.inspection._pruning_path._network_size import SIZES
from skneuron.inspection._scoring import SHARES
from skneuron.utils import cell, data_frame, html_page, html_row

if TYPE_CHECKING:
    import pandas as pd


class WholeAndPruned(NamedTuple):
    """The same of both networks."""

    whole: Any
    pruned: Any


@dataclass(frozen=True)
class PruningComparison:
    """What pruning has changed, on samples of your own.

    ``compare`` of a fitted `RottenNeuronPruner`, `RottenNeuronPrunerCV` or `NeuronPruningPath`
    makes it. A pair below holds a number of both networks, as ``whole`` and ``pruned``.

    Attributes
    ----------
    scoring : str
        The score in words.
    n_samples : int
        Number of samples that were compared, without those of weight 0.
    score : pair of float
        Scores of both networks.
    confidence_interval : tuple of float
        Interval of `difference`, at 95 %, for networks that predict the same samples: Bonett and
        Price's [1]_ for accuracy and "agreement" without weights. All else is by a jackknife over
        20 groups of the samples, and NaN if the score is undefined without one of them.
    n_changed : int or None
        Samples whose predicted class changes; with several labels, samples of which any label
        changes. None for regressors.
    n_fixed, n_broken : int or None
        Samples that the pruned network has right and the whole one wrong, and the other way
        round; whatever their weight. None for regressors, and without ``y``.
    p_value : float or None
        Mid-p-value of McNemar's test: are as many samples fixed as broken, but for chance?
    n_neurons, n_parameters, bytes, n_multiplications : pair of int
        Hidden neurons; weights and biases; the bytes that they take; multiplications for a
        sample.
    batch_size : int
        Samples of the batch that ``predict`` was timed with: all, up to 1000.
    batch_seconds, sample_seconds : pair of float
        How long ``predict`` takes for that batch, and for a single sample: the median of some
        runs, here and now. Not looked at when comparisons are tested for equality.

    References
    ----------
    .. [1] Bonett and Price, "Adjusted Wald Confidence Interval for a Difference of Binomial
       Proportions Based on Paired Data", Journal of Educational and Behavioral Statistics 37,
       2012.
    """

    scoring: str
    n_samples: int
    score: WholeAndPruned
    confidence_interval: tuple[float, float]
    n_changed: int | None
    n_fixed: int | None
    n_broken: int | None
    p_value: float | None
    n_neurons: WholeAndPruned
    n_parameters: WholeAndPruned
    bytes: WholeAndPruned
    n_multiplications: WholeAndPruned
    batch_size: int
    batch_seconds: WholeAndPruned = field(compare=False)
    sample_seconds: WholeAndPruned = field(compare=False)

    @property
    def difference(self) -> float:
        """Score of the pruned network minus that of the whole one."""
        return self.score.pruned - self.score.whole

    def to_frame(self) -> "pd.DataFrame":
        """A table with two rows: the whole network, and the pruned one.

        Returns
        -------
        frame : pandas.DataFrame
            Columns network ("whole" or "pruned"), score, n_neurons, n_parameters, bytes,
            n_multiplications, batch_seconds and sample_seconds.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        names = ("score", *SIZES, "batch_seconds", "sample_seconds")
        columns = {name: list(getattr(self, name)) for name in names}
        return data_frame({"network": ["whole", "pruned"]} | columns, "PruningComparison")

    def __str__(self) -> str:
        return "; ".join([self._about_scores(), *self._about_samples(), self._about_sizes()]) + "."

    def __repr__(self) -> str:
        return f"PruningComparison({self})"

    def _about_scores(self) -> str:
        whole, pruned = map(self._shown, self.score)
        return (
            f"{self.scoring} on {self.n_samples:,} sample{'s' * (self.n_samples != 1)}: "
            f"whole {whole}, pruned {pruned}: {self._difference()} "
            f"(95 % interval {self._interval()})"
        )

    def _difference(self) -> str:
        if self._is_share:
            return f"{_signed(100 * self.difference, '.1f')} points"
        return _signed(self.difference, ".4g")

    def _interval(self) -> str:
        unit, digits = (100, ".1f") if self._is_share else (1, ".4g")
        low, high = (_signed(unit * end, digits) for end in self.confidence_interval)
        return f"{low} to {high}"

    @property
    def _is_share(self) -> bool:
        return self.scoring in SHARES

    def _shown(self, score: float) -> str:
        return f"{100 * score:.1f} %" if self._is_share else f"{score:.4g}"

    def _about_samples(self) -> list[str]:
        if self.n_fixed is not None:
            return [f"{self.n_fixed:,} fixed, {self.n_broken:,} broken (p = {self.p_value:.2g})"]
        return [] if self.n_changed is None else [f"{self.n_changed:,} predicted otherwise"]

    def _about_sizes(self) -> str:
        neurons, parameters = (
            f"{both.whole:,} -> {both.pruned:,}" for both in (self.n_neurons, self.n_parameters)
        )
        return f"{neurons} neurons, {parameters} parameters"

    def _repr_html_(self) -> str:
        """The same as a table, for notebooks."""
        rows = [(self.scoring, *map(self._shown, self.score), self._difference())]
        rows += [
            (name.removeprefix("n_"), *(f"{n:,}" for n in both), _share(both))
            for name in SIZES
            for both in [getattr(self, name)]
        ]
        rows += [
            (f"predict, {what} (ms)", *(f"{1000 * s:.3g}" for s in both), _share(both))
            for what, both in (
                (f"{self.batch_size:,} samples", self.batch_seconds),
                ("one sample", self.sample_seconds),
            )
        ]
        heads = ["", "whole", "pruned", "change"]
        return html_page(f"{self}", heads, (html_row(map(cell, row)) for row in rows))


def _signed(number: float, digits: str) -> str:
    text = f"{number:+{digits}}"
    return text if any(digit in text for digit in "123456789ni") else text[1:]  # 0, nan or inf


def _share(both: WholeAndPruned) -> str:
    if not both.whole:  # A clock that is too coarse for a prediction.
        return ""
    percent = round(100 * (both.pruned / both.whole - 1))
    return f"{percent:+d} %" if percent else "0 %"
