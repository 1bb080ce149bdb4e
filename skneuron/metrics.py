"""Scores that scikit-learn does not have."""

import reprlib
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import make_scorer
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.multiclass import type_of_target

__all__ = ["expected_accuracy_score", "expected_accuracy_scorer"]


def expected_accuracy_score(
    y_true: ArrayLike,
    y_proba: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Mean probability that a classifier gives to the right class.

    It is the accuracy to be expected of predictions that are drawn with these probabilities. Like
    accuracy it can be trusted where labels are wrong at random: if every label is replaced by one
    of the ``k`` classes, drawn uniformly, with probability ``e``, the expected score is
    ``(1 - e) * score + e / k`` of the score by the right labels, so the same network wins.
    (`log_loss` has no such property: it punishes being sure of what a wrong label denies.) Unlike
    accuracy it changes with every probability, and so tells networks apart that classify the same
    samples right: rankings of neurons contain far less noise.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels.
    y_proba : array-like of shape (n_samples, n_classes) or (n_samples,)
        Probabilities of the classes in sorted order, as ``predict_proba`` gives them; of the
        second one alone for two classes.
    labels : array-like of shape (n_classes,), default=None
        The classes, sorted; None means those in ``y_true``.
    sample_weight : array-like of shape (n_samples,), default=None
        Not negative.

    Returns
    -------
    score : float
        Between 0 and 1, the best.

    Raises
    ------
    ValueError
        If there are not as many classes as columns, a probability is not between 0 and 1, those
        of a sample do not add up to 1, ``labels`` are not sorted, or a weight is negative, NaN
        or infinite.

    References
    ----------
    A. Ghosh, H. Kumar and P. S. Sastry, "Robust Loss Functions under Label Noise for Deep Neural
    Networks", AAAI 2017, section 3: the mean absolute error of probabilities, which is
    ``2 * (1 - score)``, is robust to symmetric label noise.

    Examples
    --------
    >>> from skneuron.metrics import expected_accuracy_score
    >>> expected_accuracy_score(["cat", "dog"], [[0.9, 0.1], [0.5, 0.5]])
    0.7
    """
    truth = _checked_truth(y_true)
    proba = _checked_probabilities(y_proba, len(truth))
    weights = _checked_weights(sample_weight, len(truth))
    classes = _checked_classes(truth, labels)
    if proba.ndim == 1 or proba.shape[1] == 1:
        second = proba.reshape(-1)
        proba = np.column_stack([1 - second, second])
    if len(classes) != proba.shape[1]:
        raise ValueError(
            f"y_proba has {proba.shape[1]} columns, but there are {len(classes)} classes in "
            f"{'y_true: pass labels' if labels is None else f'labels={labels!r}'}."
        )
    right = proba[np.arange(len(truth)), np.searchsorted(classes, truth)]
    return float(np.average(right, weights=weights))


def _checked_truth(y_true: Any) -> NDArray[Any]:
    with _naming("y_true"):
        values = np.asarray(y_true)
        if values.dtype.kind == "f" and np.isnan(values).any():  # as pandas's NA becomes
            raise ValueError("y_true contains NaN, or lacks labels.")
        truth: NDArray[Any] = column_or_1d(y_true)
        kind = type_of_target(truth)
    if kind not in ("binary", "multiclass"):
        raise ValueError(f"y_true has no labels, but {kind!r} values.")
    return truth


def _checked_probabilities(y_proba: Any, n_samples: int) -> NDArray[Any]:
    with _naming("y_proba"):
        proba: NDArray[Any] = check_array(
            y_proba, ensure_2d=False, dtype=[np.float64, np.float32], input_name="y_proba"
        )
    if proba.ndim > 2 or len(proba) != n_samples:
        raise ValueError(f"y_proba has shape {proba.shape}, but y_true has {n_samples} labels.")
    if proba.min() < 0 or proba.max() > 1:
        raise ValueError(
            f"y_proba has values from {proba.min()} to {proba.max()}; probabilities are between "
            "0 and 1."
        )
    if proba.ndim == 2 and proba.shape[1] > 1:
        sums = proba.sum(axis=1, dtype=np.float64)
        worst = int(np.argmax(np.abs(sums - 1)))
        # As far as float32 and many classes may be off; scikit-learn's log-loss warns then.
        if abs(sums[worst] - 1) > 1e-3:
            raise ValueError(
                f"y_proba: probabilities of a sample add up to 1; those of sample {worst} to "
                f"{sums[worst]:.6g}."
            )
    return proba


def _checked_weights(sample_weight: Any, n_samples: int) -> NDArray[Any] | None:
    if sample_weight is None:
        return None
    with _naming("sample_weight"):
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


def _checked_classes(truth: NDArray[Any], labels: Any) -> NDArray[Any]:
    if labels is None:
        return np.unique(truth)
    with _naming("labels"):
        given = column_or_1d(labels)
        classes: NDArray[Any] = np.unique(given)
        unknown = np.setdiff1d(truth, classes)
    if not np.array_equal(given, classes):
        raise ValueError(
            f"labels={labels!r} are not sorted, or one is there twice: columns of y_proba stand "
            f"for the classes in sorted order, {classes.tolist()}."
        )
    if len(unknown):
        raise ValueError(f"y_true has {unknown[0]!r}, which is not in labels={labels!r}.")
    return classes


@contextmanager
def _naming(argument: str) -> Iterator[None]:
    """Let errors say which argument they are about."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if argument in str(error):
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{argument}: {error}") from error


# What ``scoring="expected_accuracy"`` stands for in this package. scikit-learn does not know the
# name: pass it the scorer itself.
expected_accuracy_scorer = make_scorer(expected_accuracy_score, response_method="predict_proba")

# The names of scorers that this package knows beside scikit-learn's.
SCORERS = {"expected_accuracy": expected_accuracy_scorer}
