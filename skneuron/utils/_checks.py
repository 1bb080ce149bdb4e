"""Checks of single numbers that users pass."""

from numbers import Integral, Real
from typing import Any

import numpy as np


def is_int(value: Any) -> bool:
    """Whether it is an int, Python's or NumPy's; booleans are none."""
    return isinstance(value, Integral) and not isinstance(value, bool | np.bool_)


def is_real(value: Any) -> bool:
    """Whether it is a number, and not NaN; booleans are none."""
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_) and value == value


def checked_int(
    name: str, value: Any, low: int, high: int | None = None, *, why: str | None = None
) -> int:
    """The value as an int.

    Parameters
    ----------
    name : str
        What the caller calls it.
    value : object
    low, high : int
        The smallest and the largest that is allowed; None means any.
    why : str, default=None
        What the range is, for the error.

    Raises
    ------
    ValueError
        If it is no int, or out of range.
    """
    if is_int(value) and low <= value and (high is None or value <= high):
        return int(value)
    wanted = f"of at least {low}" if high is None else f"from {low} to {high}"
    reason = "" if why is None else f", {why}"
    raise ValueError(f"{name}={value!r} must be an int {wanted}{reason}.")
