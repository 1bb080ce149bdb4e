"""What a reader has to know of a table: what to be better than, and what looks like a mistake."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from skneuron.report import trivial_answer
from skneuron.study._table_features import MAX_CATEGORIES, different_texts
from skneuron.utils import FloatArray, NDArray

# Days as people and programs write them, with or without a time; no telephone numbers or codes.
_DAY, _MONTH = r"(0?[1-9]|[12]\d|3[01])", r"(0?[1-9]|1[0-2])"
DATE = re.compile(
    rf"\s*((1[5-9]|20|21)\d\d(?P<a>[-/.]){_MONTH}((?P=a){_DAY})?"
    rf"|{_DAY}(?P<b>[-/.]){_DAY}(?P=b)(\d{{2}}|\d{{4}}))([ T]\d{{1,2}}:.*)?\s*"
)
MOST_DATES = 0.9
# "70.3 kg", "12%", "1,200 m2"; and no date, no range and no address.
WITH_UNIT = re.compile(r"\s*[+-]?\d+(?:[.,]\d+)*\s*([^\W\d_]\S{0,11}|[%‰°€$£]\S{0,11})\s*")
MOST_WITH_UNIT = 0.9
# Of more, they are parts of names, as in "12a".
MOST_UNITS = 5
# The first values say it, and there may be millions.
FIRST_VALUES = 1000
# Numbers of rows have gaps, but not of such a mean length.
WIDEST_IDS = 10
FRACTION = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
# So many times as far from the median as 98 % of the numbers are from each other.
FAR = 10


def to_beat(y_test: NDArray[Any]) -> list[str]:
    """What networks that classify have to be better than, where rows of several classes tell."""
    trivial = trivial_answer(y_test, is_classification=True)
    if trivial is None:
        return []
    return [f"{trivial.name} would be right in {100 * trivial.score:.1f} % of the test rows"]


def dates(frame: Any) -> list[str]:
    """What to do about columns of dates, which are texts to a network."""
    found = [name for name in frame.columns if look_like_dates(frame[name])]
    if not found:
        return []
    looks = "looks like dates: put numbers in its" if len(found) == 1 else (
        "look like dates: put numbers in their"
    )  # fmt: skip
    return [f"{', '.join(found)} {looks} place, such as the month or the age in days"]


def many_texts(frame: Any, texts: Sequence[str]) -> list[str]:
    """Which columns of texts have more of them than features, and what to do if it is prose."""
    notes = []
    for name in texts:
        values = frame[name]
        if values.nunique() <= MAX_CATEGORIES or look_like_dates(values) or unit_in(values):
            continue
        notes.append(
            # One feature is that of the others.
            f"column {name} has {different_texts(values)}: the {MAX_CATEGORIES - 1} most "
            "frequent have a feature each, the others share one (if it is free text, split it "
            "into words: see the page on sparse samples and text)"
        )
    return notes


def numbers_with_units(frame: Any) -> list[str]:
    """Columns of numbers that are texts because of what is written behind them."""
    found = {name: example for name in frame.columns if (example := unit_in(frame[name]))}
    return [
        f"column {name} looks like numbers with a unit ({example!r}): make numbers of it"
        for name, example in found.items()
    ]


def unit_in(values: Any) -> str:
    """The first number with a unit, if a column has nearly nothing else; empty if it has."""
    if values.dtype.kind in "biuf":
        return ""
    texts = values.dropna().astype(str).iloc[:FIRST_VALUES].tolist()
    units = {text: found[1] for text in texts if (found := WITH_UNIT.fullmatch(text))}
    n_found = sum(text in units for text in texts)
    if not units or n_found < MOST_WITH_UNIT * len(texts):
        return ""
    return next(iter(units)).strip() if len(set(units.values())) <= MOST_UNITS else ""


def look_like_dates(values: Any) -> bool:
    """Whether a column is one of texts, and these are dates, but for a few."""
    if values.dtype.kind in "biuf":
        return False
    texts = values.dropna().astype(str).iloc[:FIRST_VALUES].tolist()
    n_dates = sum(DATE.fullmatch(text) is not None for text in texts)
    return bool(texts) and n_dates >= MOST_DATES * len(texts)


def names_of_rows(frame: Any, numbers: Sequence[str]) -> list[str]:
    """Columns that are another whole number in every row: of these, some only name the row."""
    found = [name for name in numbers if frame[name].dtype.kind in "iu" and frame[name].is_unique]
    if not found:
        return []
    has = "has" if len(found) == 1 else "have"
    what = f"{', '.join(found)} {has} a different whole number in every row"
    return [f"{what}: --drop what only names the row"]


def numbers_of_rows(y: FloatArray, target: str) -> list[str]:
    """That what is to be predicted may be nothing but the numbers of rows."""
    whole = y == np.round(y)
    if not whole.all() or len(np.unique(y)) < len(y) or np.ptp(y) > WIDEST_IDS * len(y):
        return []
    return [
        f"{target} is a different whole number in every row: if it is an id, there is nothing to "
        "learn in it"
    ]


def kind_of_names(y: NDArray[Any]) -> str:
    """What a column seems to be of which most values differ: an id, dates, free text, numbers."""
    texts = [str(value) for value in y[:FIRST_VALUES].tolist()]
    if any("." in text for text in texts) and all(map(FRACTION.fullmatch, texts)):
        return "numbers"
    if sum(DATE.fullmatch(text) is not None for text in texts) >= MOST_DATES * len(texts):
        return "dates"
    n_words = np.mean([len(text.split()) for text in texts])
    return "free text" if n_words > 1.5 else "an id"


def far_numbers(y: FloatArray, target: str) -> list[str]:
    """That some numbers to predict are so far from the others that they alone decide R2."""
    # Of few rows, the outer ones are none of these.
    low, high = np.percentile(y, 1, method="higher"), np.percentile(y, 99, method="lower")
    far = np.abs(y - np.median(y)) > FAR * (high - low)
    if not far.any() or high <= low:
        return []
    n = int(far.sum())
    rows = "1 row" if n == 1 else f"{n:,} rows"
    furthest = _number(y[far][np.abs(y[far] - np.median(y)).argmax()])
    return [
        f"{target} {'is' if n == 1 else 'goes to'} {furthest} in {rows}, and 98 % of the others "
        f"are between {_number(low)} and {_number(high)}. Rows so far away decide R² and spoil "
        "the training: mend or remove them."
    ]


def _number(value: Any) -> str:
    """As people write it: 900,000,000 and not 9e+08."""
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e15 else f"{value:.6g}"
