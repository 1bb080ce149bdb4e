"""Probabilities and weights that metrics are given, checked, with errors that name them."""

import reprlib
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array


@contextmanager
def naming(argument: str) -> Iterator[None]:
    """Let errors say which argument they are about."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if argument in str(error):
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{argument}: {error}") from error


def checked_probabilities(y_proba: Any, n_samples: int, name: str = "y_proba") -> NDArray[Any]:
    with naming(name):
        proba: NDArray[Any] = check_array(
            y_proba, ensure_2d=False, dtype=[np.float64, np.float32], input_name=name
        )
    if proba.ndim > 2 or len(proba) != n_samples:
        raise ValueError(f"{name} has shape {proba.shape}, but y_true has {n_samples} labels.")
    if proba.min() < 0 or proba.max() > 1:
        raise ValueError(
            f"{name} has values from {proba.min()} to {proba.max()}; probabilities are between "
            "0 and 1."
        )
    if proba.ndim == 2 and proba.shape[1] > 1:
        sums = proba.sum(axis=1, dtype=np.float64)
        worst = int(np.argmax(np.abs(sums - 1)))
        # As far as float32 and many classes may be off; scikit-learn's log-loss warns then.
        if abs(sums[worst] - 1) > 1e-3:
            raise ValueError(
                f"{name}: probabilities of a sample add up to 1; those of sample {worst} to "
                f"{sums[worst]:.6g}."
            )
    return proba


def checked_weights(sample_weight: Any, n_samples: int) -> NDArray[Any] | None:
    if sample_weight is None:
        return None
    with naming("sample_weight"):
        weights = np.asarray(sample_weight)
        if weights.dtype.kind not in "biuf":
            weights = _as_numbers(weights)
        if weights.shape != (n_samples,):
            raise ValueError(
                f"sample_weight has shape {weights.shape}, but there are {n_samples} samples."
            )
        if not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
            raise ValueError(
                "sample_weight must be finite numbers of at least 0, and not all 0; got "
                f"{reprlib.repr(weights.tolist())}."
            )
    return weights


def _as_numbers(values: NDArray[Any]) -> NDArray[Any]:
    """An array of Python's numbers as one of NumPy's."""
    if values.dtype != object or not all(isinstance(value, Real) for value in values.ravel()):
        raise TypeError(f"numbers are needed; got dtype {values.dtype}.")
    return values.astype(np.float64)
