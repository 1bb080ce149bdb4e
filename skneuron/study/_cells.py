"""Cells of the study's tables: numbers as text, and columns below each other."""

from collections.abc import Callable, Iterator
from textwrap import wrap
from typing import NamedTuple

# Columns that a narrow terminal does without, the first of these first.
EXPENDABLE = ("broken", "fixed", "importance on test", "p", "chosen", "removed", "parameters")
# Between columns; and where they do not fit otherwise.
GAP, NARROW_GAP = 3, 1
# What is left of the first column, however narrow the terminal is.
LEAST_WIDTH = 12


def percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def points(difference: float) -> str:
    return f"{100 * difference:+.2f}"


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
    "R2": ScoreFormat("{:.4f}".format, "{:+.4f}".format, "R2"),
}


def fitting(rows: list[list[str]], width: int | None) -> list[list[str]]:
    """The rows without as many `EXPENDABLE` columns as it takes to be no wider than ``width``."""
    for name in EXPENDABLE:
        if width is None or _width_of(rows) <= width:
            break
        if name in rows[0]:
            at = rows[0].index(name)
            rows = [row[:at] + row[at + 1 :] for row in rows]
    return rows


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
