"""Numbers as text, and columns."""

import pytest

from skneuron.report import counted
from skneuron.study._cells import SCORE_FORMATS, aligned, fitting, is_narrowed, wrapped


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
        (58, ["on test samples", "removed", "accuracy", "p"]),
        (40, ["on test samples", "removed", "accuracy"]),
        (10, ["on test samples", "accuracy"]),  # the main figure stays, whatever the terminal
    ],
)
def test_narrow_terminals_get_narrow_tables(width, columns):
    rows = fitting(ROWS, width)
    assert rows[0] == columns
    assert all(len(row) == len(columns) for row in rows)
    assert is_narrowed(ROWS, width) == (columns != ROWS[0])
    if width is not None and width > 10:
        assert max(map(len, aligned(ROWS, width))) <= width


def test_where_no_column_is_left_to_leave_out_the_first_takes_more_lines():
    rows = [["on test samples", "change"], ["  as many at random", "+1.23"], ["whole", ""]]
    assert list(aligned(rows, 22)) == [
        "  on test", "    samples     change", "    as many at", "      random     +1.23",
        "  whole",
    ]  # fmt: skip
    assert max(map(len, aligned(rows, 26))) <= 26


@pytest.mark.parametrize("width", range(16, 40))
def test_no_line_ends_between_a_number_and_its_sign(width):
    lines = wrapped("test accuracy 62.70 % -> 63.00 %, by 40 % of it", width, "  ")
    assert len(lines) > 1
    assert max(map(len, lines)) <= width
    assert not any(line.lstrip().startswith("%") for line in lines)
    assert " ".join(map(str.strip, lines)) == "test accuracy 62.70 % -> 63.00 %, by 40 % of it"
    assert "\N{NO-BREAK SPACE}" not in "".join(lines)


def test_one_is_no_plural():
    assert [counted(n, "epoch") for n in (0, 1, 1200)] == ["0 epochs", "1 epoch", "1,200 epochs"]


def test_no_path_is_broken():
    lines = wrapped("wrote a.csv to /a/very-long/path-with-hyphens", 20)
    assert lines == ["wrote a.csv to", "  /a/very-long/path-with-hyphens"]
    assert wrapped("as long as it is", None, " ") == [" as long as it is"]


def test_scores_in_their_own_units():
    accuracy, r2 = SCORE_FORMATS["accuracy"], SCORE_FORMATS["R2"]
    assert (accuracy.whole(0.975), accuracy.change(-0.0125)) == ("97.50 %", "-1.25")
    assert (r2.whole(0.975), r2.change(-0.0125)) == ("0.9750", "-0.0125")


@pytest.mark.parametrize("least", [1, -1])
def test_what_is_0_in_the_digits_that_are_printed_has_no_sign(least):
    """ "-0.0000 R2" was a loss."""
    assert SCORE_FORMATS["accuracy"].change(least * 4e-5) == "0.00"
    assert SCORE_FORMATS["R2"].change(least * 4e-5) == "0.0000"
    assert SCORE_FORMATS["R2"].change(least * 6e-5) == f"{least * 1e-4:+.4f}"
