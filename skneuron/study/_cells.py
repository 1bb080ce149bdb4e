"""Cells of the study's tables: numbers as text, and columns below each other."""

import re
from collections.abc import Callable, Iterator
from itertools import compress
from textwrap import wrap
from typing import NamedTuple

# Columns that a narrow terminal does without, the first of these first; of "fixed" without
# "broken", a reader would take the half for the whole.
EXPENDABLE = (
    ("fixed", "broken"),
    ("importance on test",),
    ("p",),
    ("chosen",),
    ("removed",),
    ("parameters",),
    ("not repaired",),
)
# Between columns; and where they do not fit otherwise.
GAP, NARROW_GAP = 3, 1
# What is left of the first column, however narrow the terminal is.
LEAST_WIDTH = 12
# Inside "63.00 %", where no line ends.
BEFORE_SIGN = re.compile(r"(?<=\d) (?=%)")
NO_BREAK = "\N{NO-BREAK SPACE}"


def percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def points(difference: float) -> str:
    return signed(100 * difference, 2)


def signed(difference: float, digits: int) -> str:
    """With its sign; but what is 0 in these digits has none."""
    text = f"{difference:+.{digits}f}"
    return text if float(text) else text[1:]


class ScoreFormat(NamedTuple):
    """How scores of a kind are written.

    Attributes
    ----------
    whole, change : callable
        From a score, and from a difference of two, to text.
    unit : str
        What differences are in, in words.
    """

    whole: Callable[[float], str]
    change: Callable[[float], str]
    unit: str


# By `StudyData.score_name`.
SCORE_FORMATS = {
    "accuracy": ScoreFormat(percent, points, "points of accuracy"),
    "R2": ScoreFormat("{:.4f}".format, lambda difference: signed(difference, 4), "R2"),
}


def fitting(rows: list[list[str]], width: int | None) -> list[list[str]]:
    """The rows without as many `EXPENDABLE` columns as it takes to be no wider than ``width``."""
    for names in EXPENDABLE:
        if width is None or _width_of(rows) <= width:
            break
        stays = [name not in names for name in rows[0]]
        rows = [list(compress(row, stays)) for row in rows]
    return rows


def is_narrowed(rows: list[list[str]], width: int | None) -> bool:
    """Whether columns are left out."""
    return len(fitting(rows, width)[0]) < len(rows[0])


def wrapped(text: str, width: int | None, indent: str = "", behind: str = "  ") -> list[str]:
    """A sentence as lines; those behind the first begin with ``behind``.

    No line ends between a number and its sign, and no path is broken.
    """
    if width is None:
        return [indent + text]
    lines = wrap(
        BEFORE_SIGN.sub(NO_BREAK, text), width, initial_indent=indent, subsequent_indent=behind,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [line.replace(NO_BREAK, " ") for line in lines]


def aligned(rows: list[list[str]], width: int | None = None) -> Iterator[str]:
    """Lines of text, one a row: the first column on the left, the others on the right.

    If they are wider than ``width``, columns move together, and the first one takes more lines.
    """
    rows = fitting(rows, width)
    widths = _widths(rows)
    gap = GAP
    if width is not None and _width_of(rows) > width:
        gap = NARROW_GAP
        left = width - 2 - sum(widths[1:]) - gap * (len(widths) - 1)
        widths[0] = min(widths[0], max(LEAST_WIDTH, left))
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        *lines, last = _broken(first, widths[0])
        yield from ("  " + line for line in lines)
        yield "  " + (" " * gap).join([last.ljust(widths[0]), *cells]).rstrip()


def _broken(cell: str, width: int) -> list[str]:
    """A cell as lines, which are further right after the first."""
    if len(cell) <= width:
        return [cell]
    text = cell.lstrip()
    indent = " " * min(len(cell) - len(text), 2)
    return wrap(text, width, initial_indent=indent, subsequent_indent=indent + "  ")


def _widths(rows: list[list[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def _width_of(rows: list[list[str]]) -> int:
    widths = _widths(rows)
    return 2 + sum(widths) + GAP * (len(widths) - 1)
