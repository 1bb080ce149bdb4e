"""Numbers as text, and columns."""

import pytest

from skneuron.study._cells import SCORE_FORMATS, aligned, fitting


def test_columns_are_aligned():
    lines = list(aligned([["a", "b"], ["long", "1"], ["c", "234"]]))
    assert lines == ["  a        b", "  long     1", "  c      234"]


ROWS = [
    ["on test samples", "removed", "accuracy", "fixed", "broken", "p"],
    ["greedy", "3", "97.00 %", "10", "12", "0.5"],
]


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (None, ROWS[0]),
        (200, ROWS[0]),
        (58, ["on test samples", "removed", "accuracy", "fixed", "p"]),
        (40, ["on test samples", "removed", "accuracy"]),
        (10, ["on test samples", "accuracy"]),  # the main figure stays, whatever the terminal
    ],
)
def test_narrow_terminals_get_narrow_tables(width, columns):
    rows = fitting(ROWS, width)
    assert rows[0] == columns
    assert all(len(row) == len(columns) for row in rows)
    if width is not None and width > 10:
        assert max(map(len, aligned(ROWS, width))) <= width


def test_where_no_column_is_left_to_leave_out_the_first_takes_more_lines():
    rows = [["on test samples", "change"], ["  as many at random", "+1.23"], ["whole", ""]]
    assert list(aligned(rows, 22)) == [
        "  on test", "    samples     change", "    as many at", "      random     +1.23",
        "  whole",
    ]  # fmt: skip
    assert max(map(len, aligned(rows, 26))) <= 26


def test_scores_in_their_own_units():
    accuracy, r2 = SCORE_FORMATS["accuracy"], SCORE_FORMATS["R2"]
    assert (accuracy.whole(0.975), accuracy.change(-0.0125)) == ("97.50 %", "-1.25")
    assert (r2.whole(0.975), r2.change(-0.0125)) == ("0.9750", "-0.0125")
