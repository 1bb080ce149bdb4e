"""Tests of utils._checks."""

import re

import numpy as np
import pytest

from skneuron.utils import checked_int, is_int, is_real


@pytest.mark.parametrize("value", [0, -1, 7, np.int64(3), np.uint8(3)])
def test_integers(value):
    assert is_int(value)
    assert is_real(value)


@pytest.mark.parametrize("value", [0.5, np.float32(3), np.inf, -np.inf])
def test_real_numbers(value):
    assert not is_int(value)
    assert is_real(value)


@pytest.mark.parametrize("value", [True, np.True_, np.nan, "3", None, [3], 3j, np.zeros(2)])
def test_what_is_no_number(value):
    assert not is_int(value)
    assert not is_real(value)


@pytest.mark.parametrize("value", [2, np.int32(2), np.uint8(2)])
def test_ints_are_handed_back_as_pythons(value):
    assert checked_int("name", value, 2) == checked_int("name", value, 0, 2) == 2
    assert type(checked_int("name", value, 2)) is int


@pytest.mark.parametrize("value", [1, -3, 2.0, "2", None, True, np.True_, np.nan, [2]])
def test_others_are_refused_by_name_and_value(value):
    with pytest.raises(
        ValueError, match=re.escape(f"size={value!r} must be an int of at least 2.")
    ):
        checked_int("size", value, 2)
    with pytest.raises(ValueError, match=re.escape(f"size={value!r} must be an int from 2 to 4.")):
        checked_int("size", value, 2, 4)


def test_the_largest_that_is_allowed():
    assert checked_int("size", 4, 2, 4) == 4
    with pytest.raises(ValueError, match="size=5 must be an int from 2 to 4"):
        checked_int("size", 5, 2, 4)
