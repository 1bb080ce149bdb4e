"""Checks of what users pass, with errors that name the argument."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skneuron.utils._sklearn import check_sample_weight, num_samples

# Kinds of NumPy's types that are numbers.
_NUMBERS = "biuf"
# What numpy.random.RandomState takes.
MAX_SEED = 2**32 - 1


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


def checked_n_jobs(name: str, value: Any) -> int | None:
    """The value as an int or None; ValueError if joblib knows no such number of workers."""
    if value is None:
        return None
    if is_int(value) and value != 0:
        return int(value)
    raise ValueError(f"{name}={value!r} must be None or an int other than 0, such as 2 or -1.")


def checked_flag(name: str, value: Any) -> bool:
    """The value as a bool; ValueError if it is neither True nor False."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise ValueError(f"{name}={value!r} is neither True nor False.")


def checked_text(name: str, value: Any) -> str | None:
    """The value; ValueError if it is neither None nor a text."""
    if value is None or isinstance(value, str):
        return value
    raise ValueError(f"{name}={value!r} is neither None nor a text.")


@contextmanager
def naming(name: str, *others: str) -> Iterator[None]:
    """Let the errors that other libraries raise here say which argument they are about.

    Parameters
    ----------
    name : str
        The argument.
    *others : str
        Arguments that an error may name instead.

    Raises
    ------
    TypeError, ValueError
        As raised inside, the message preceded by the name, unless it has one of them already.
        Classes that NumPy derives from these become these; those of others stay as they are.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        is_plain = type(error).__module__.partition(".")[0] in ("builtins", "numpy")
        if not is_plain or any(_is_word(word, str(error)) for word in (name, *others)):
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{name}: {error}") from error


def _is_word(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def checked_random_state(random_state: Any) -> np.random.RandomState:
    """What `sklearn.utils.check_random_state` makes of it.

    Raises
    ------
    ValueError
        If it is no random state.
    """
    try:
        return check_random_state(random_state)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(
            f"random_state={random_state!r} must be None, an int from 0 to {MAX_SEED} or a "
            "numpy.random.RandomState."
        ) from None


def checked_sample_weight(sample_weight: Any, X: Any, **options: Any) -> np.ndarray:
    """Weights of the samples of ``X``, ones if None; not all of them are zero.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), number or None
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    **options : dict
        For scikit-learn's check: ``dtype`` and ``ensure_non_negative``.

    Raises
    ------
    TypeError
        If they are no numbers.
    ValueError
        If they are not as many as samples, NaN or infinite, or all zero.
    """
    if sample_weight is None:
        return check_sample_weight(None, X, **options)
    with naming("sample_weight"):
        array = np.asarray(sample_weight)
        is_numeric = array.dtype.kind in _NUMBERS or (
            array.dtype == object and all(isinstance(each, Real) for each in array.ravel())
        )
        if not is_numeric:
            kind = type(sample_weight).__name__ if array.ndim == 0 else f"dtype {array.dtype}"
            raise TypeError(f"sample_weight must be numbers, one a sample; got {kind}.")
        if array.size and not array.any():
            raise ValueError("sample_weight is zero for every sample: nothing is left to look at.")
        return check_sample_weight(sample_weight, X, **options)


def check_lengths(X: Any, y: Any) -> None:
    """Raise ValueError unless there is one entry of ``y`` for every sample."""
    with naming("X"):
        n_samples = num_samples(X)
    with naming("y"):
        n_targets = num_samples(y)
    if n_targets != n_samples:
        raise ValueError(f"y has {n_targets} entries, but X has {n_samples} samples.")
