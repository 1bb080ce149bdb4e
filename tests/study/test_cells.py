"""Numbers as text, and columns."""

import pytest

from skneuron.study._cells import aligned, p_value_text


@pytest.mark.parametrize(
    ("p", "text"), [(1.0, "1"), (0.2265, "0.23"), (0.001, "0.001"), (0.00099, "< 0.001")]
)
def test_p_values(p, text):
    assert p_value_text(p) == text


def test_columns_are_aligned():
    lines = list(aligned([["a", "b"], ["long", "1"], ["c", "234"]]))
    assert lines == ["  a        b", "  long     1", "  c      234"]
