"""Tables for notebooks: what they show, and that nothing in them is read as HTML."""

import numpy as np
import pytest
from helpers.html_tables import Table

from skneuron.plotting import _style
from skneuron.utils._html import (
    N_SHOWN,
    SIGN_COLORS,
    HtmlTableMixin,
    cell,
    html_page,
    html_row,
    shown_rows,
)


class Columns(HtmlTableMixin):
    def __init__(self, **columns):
        self.columns = columns

    def _columns(self):
        return self.columns

    def __repr__(self):
        return "a <table>"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"), (np.int32(12345), "12345"), (0.123456, "0.1235"), (np.float32(2.0), "2"),
        (np.nan, "nan"), (-np.inf, "-inf"), (True, "yes"), (np.False_, "no"),
        ("<i>", "&lt;i&gt;"), (None, "None"),
    ],
)  # fmt: skip
def test_cells(value, text):
    assert cell(value) == text


def test_a_page():
    page = html_page("a & b", ["<x>", "y"], [html_row(["1", "<b>2</b>"])])
    table = Table(page)
    assert table.code == "a & b"
    assert table.rows == [["<x>", "y"], ["1", ""]]
    assert "<b>2</b>" in page


def test_a_short_table_is_shown_whole():
    table = Table(Columns(name=["<a>", "b"], value=[1.5, np.nan])._repr_html_())
    assert table.rows == [["name", "value"], ["<a>", "1.5"], ["b", "nan"]]
    assert table.code == "a <table>"


def test_an_empty_table_has_heads():
    assert Table(Columns(name=[], value=[])._repr_html_()).rows == [["name", "value"]]


def test_of_a_long_table_both_ends_are_shown():
    table = Table(Columns(at=np.arange(800), twice=2 * np.arange(800))._repr_html_())
    *rows, note = table.rows[1:]
    assert note == ["800 rows"]
    assert rows[N_SHOWN] == ["…", "…"]
    shown = [int(row[0]) for row in rows if row[0] != "…"]
    assert shown == [*range(N_SHOWN), *range(800 - N_SHOWN, 800)]


@pytest.mark.parametrize(
    ("n", "expected"),
    [(0, ([], False)), (4, ([0, 1, 2, 3], False)), (5, ([0, 1, 3, 4], True))],
)
def test_shown_rows(n, expected):
    assert shown_rows(n, 2) == expected


def test_another_order_can_be_shown():
    class Backwards(Columns):
        def _shown_columns(self):
            return {name: values[::-1] for name, values in self._columns().items()}

    table = Table(Backwards(at=[1, 2])._repr_html_())
    assert table.rows == [["at"], ["2"], ["1"]]


def test_colors_are_those_of_the_displays():
    assert SIGN_COLORS == {-1: _style.ROTTEN, 0: _style.NEUTRAL, 1: _style.USEFUL}
