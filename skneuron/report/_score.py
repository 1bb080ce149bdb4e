"""`ScoreWords`: a score in figures that a reader knows: per cent and points, or as it is."""

from dataclasses import dataclass

import numpy as np

from skneuron.inspection import NeuronAblation
from skneuron.inspection._scoring import SHARES

MINUS = "\N{MINUS SIGN}"
ACCURACY, R2 = "accuracy", "R²"
NO_NUMBER = "\N{EN DASH}"
# With so many samples, hundredths of a point are more than noise.
N_FOR_TWO_DIGITS = 2000


def signed(value: float, digits: int) -> str:
    """A number with its sign, but 0 without one."""
    if not np.isfinite(value):
        return NO_NUMBER
    text = f"{abs(value):.{digits}f}"
    if not float(text):
        return text
    return ("+" if value > 0 else MINUS) + text


def plain(value: float, digits: int) -> str:
    """A number with a minus sign that is as wide as a plus."""
    return signed(value, digits).removeprefix("+")


def score_in_words(ablation: NeuronAblation) -> str:
    """By which score it was made; empty if an older version saved it, which did not tell."""
    return str(vars(ablation).get("in_words", {}).get("score", ""))


def signed_score_in_words(ablation: NeuronAblation) -> str:
    """The same, with "minus" where a scorer has turned a loss round."""
    return str(vars(ablation).get("in_words", {}).get("signed", ""))


@dataclass(frozen=True)
class ScoreWords:
    """How the scores of a page are written.

    Attributes
    ----------
    name : str
        As in "test accuracy".
    digits : int
        Of points, behind the point; of scores that are no shares, two more.
    """

    name: str
    digits: int

    @classmethod
    def named(cls, name: str, n_samples: int) -> "ScoreWords":
        """Of any score, as `NeuronAblation` has it in words, on so many test samples."""
        return cls({"r2": R2}.get(name, name), 2 if n_samples >= N_FOR_TWO_DIGITS else 1)

    @classmethod
    def of(cls, is_classifier: bool, n_samples: int) -> "ScoreWords":
        """Of an estimator's own score."""
        return cls.named(ACCURACY if is_classifier else R2, n_samples)

    @property
    def is_share(self) -> bool:
        """Whether the score is a share, as of the samples, which is counted in per cent."""
        return self.name in SHARES

    @property
    def unit(self) -> str:
        """What changes are counted in."""
        return "points" if self.is_share else self.name

    @property
    def scale(self) -> float:
        """What figures on the page are, in units of the score."""
        return 100.0 if self.is_share else 1.0

    @property
    def decimals(self) -> int:
        """Behind the point of what is written."""
        return self.digits if self.is_share else self.digits + 2

    def value(self, score: float) -> str:
        """The score itself, as "97.2 %" or "0.873"."""
        if not np.isfinite(score):
            return NO_NUMBER
        return plain(self.scale * score, self.decimals) + " %" * self.is_share

    def change(self, difference: float) -> str:
        """A change with its sign, as "+0.3" points, or "+0.003"."""
        return signed(self.scale * difference, self.decimals)

    def is_zero(self, difference: float) -> bool:
        """Whether that is what is written of a change."""
        return not round(self.scale * difference, self.decimals)

    def interval(self, low: float, high: float) -> str:
        """As "−0.5 to 1.1"; empty if it is not known."""
        if not (np.isfinite(low) and np.isfinite(high)):
            return ""
        ends = [plain(self.scale * end, self.decimals) for end in (low, high)]
        return " to ".join(ends)

    def falls(self, before: float, after: float) -> bool:
        """Whether a score falls by a unit of the last digit, so that a reader sees it."""
        unit = 10.0**-self.decimals
        # Such as 0.886 - 0.885, which is less than 0.001 in binary digits.
        return bool(self.scale * (before - after) > unit * (1 - 1e-9))

    def amount(self, difference: float) -> str:
        """A change without its sign, as "0.4 points", or "0.004"."""
        size = f"{abs(self.scale * difference):.{self.decimals}f}"
        if not self.is_share:
            return size
        return f"{size} {self.unit[:-1] if float(size) == 1 else self.unit}"
