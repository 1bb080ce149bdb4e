"""Tables as plain HTML, for notebooks: without any other package, in light and dark themes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

# What stands for neurons that do harm, nothing or good; the displays' colours are the same.
SIGN_COLORS = {-1: "#D55E00", 0: "#BBBBBB", 1: "#00508A"}
# Yellow below zero, grey there, dark blue above: it gets darker all the way, so that signs can be
# told without colours as well, which no map does that is white in the middle.
DIVERGING_COLORS = ("#FFE066", "#EDB84A", "#969696", "#3E6FA8", "#0A2A66")
# Rows of a long table that are shown of its beginning, and of its end.
N_SHOWN = 10

_CELL = "padding:2px 10px;text-align:right"


def cell(value: Any) -> str:
    """A number, word or truth value as text that may stand in a page."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return str(value)
    return f"{value:.4g}" if isinstance(value, float | np.floating) else escape(str(value))


def html_row(cells: Iterable[str], tag: str = "td") -> str:
    """A row of cells, which are HTML already."""
    return "<tr>" + "".join(f'<{tag} style="{_CELL}">{c}</{tag}>' for c in cells) + "</tr>"


def html_page(summary: str, heads: Sequence[str], rows: Iterable[str]) -> str:
    """A summary above a table.

    Parameters
    ----------
    summary : str
        A text, in words or as code; it is escaped.
    heads : sequence of str
        Names of the columns; they are escaped.
    rows : iterable of str
        From `html_row`.
    """
    table = html_row(map(escape, heads), "th") + "".join(rows)
    # On a narrow screen the table scrolls, not the page.
    table = f'<div style="overflow-x:auto"><table>{table}</table></div>'
    return f"<div><code>{escape(summary)}</code>{table}</div>"


class HtmlTableMixin:
    """The page that a notebook shows of a table; for classes whose `_columns` names its columns.

    Of a long table, it shows the beginning and the end.
    """

    # Gives columns of the same length, by name.
    _columns: Callable[..., Mapping[str, Any]]

    def _shown_columns(self) -> Mapping[str, Any]:
        """The columns, in the order in which a page shows the rows."""
        return self._columns()

    def _repr_html_(self) -> str:
        columns = {name: np.asarray(values) for name, values in self._shown_columns().items()}
        n_rows = len(next(iter(columns.values())))
        shown, has_gap = shown_rows(n_rows)
        rows = [html_row(cell(values[at]) for values in columns.values()) for at in shown]
        if has_gap:
            gap = html_row(["&hellip;"] * len(columns))
            note = f'<td colspan="{len(columns)}" style="{_CELL}">{n_rows} rows</td>'
            rows = [*rows[:N_SHOWN], gap, *rows[N_SHOWN:], f"<tr>{note}</tr>"]
        return html_page(repr(self), list(columns), rows)


def shown_rows(n_rows: int, n_shown: int = N_SHOWN) -> tuple[list[int], bool]:
    """Positions of the rows that a page shows, and whether it leaves some out."""
    if n_rows <= 2 * n_shown:
        return list(range(n_rows)), False
    return [*range(n_shown), *range(n_rows - n_shown, n_rows)], True
