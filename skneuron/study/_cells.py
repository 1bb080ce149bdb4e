"""Cells of the study's tables: numbers as text, and columns below each other."""

from collections.abc import Iterator


def percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def points(difference: float) -> str:
    return f"{100 * difference:+.2f}"


def p_value_text(p_value: float) -> str:
    """A p-value to two digits, without pretending to more."""
    return "< 0.001" if p_value < 0.001 else f"{p_value:.2g}"


def aligned(rows: list[list[str]]) -> Iterator[str]:
    """Lines of text, one a row: the first column on the left, the others on the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield "  " + "   ".join([first.ljust(widths[0]), *cells]).rstrip()
