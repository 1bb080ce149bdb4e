"""Scores that scikit-learn does not have."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import make_scorer
from sklearn.utils import check_array, check_consistent_length, column_or_1d
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
        The classes; None means those in ``y_true``.
    sample_weight : array-like of shape (n_samples,), default=None

    Returns
    -------
    score : float
        Between 0 and 1, the best.

    Raises
    ------
    ValueError
        If there are not as many classes as columns, or if a probability is not between 0 and 1.

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
    truth = column_or_1d(y_true)
    proba: NDArray[Any] = check_array(y_proba, ensure_2d=False, dtype=[np.float64, np.float32])
    weights = None if sample_weight is None else np.asarray(sample_weight)
    check_consistent_length(truth, proba, weights)
    if proba.min() < 0 or proba.max() > 1:
        raise ValueError(
            f"y_proba has values from {proba.min()} to {proba.max()}; probabilities are between "
            "0 and 1."
        )
    if type_of_target(truth) not in ("binary", "multiclass"):
        raise ValueError(f"y_true has no labels, but {type_of_target(truth)!r} values.")
    if proba.ndim == 1 or proba.shape[1] == 1:
        second = proba.reshape(-1)
        proba = np.column_stack([1 - second, second])
    classes = np.unique(truth if labels is None else column_or_1d(labels))
    if len(classes) != proba.shape[1]:
        raise ValueError(
            f"y_proba has {proba.shape[1]} columns, but there are {len(classes)} classes in "
            f"{'y_true: pass labels' if labels is None else f'labels={labels!r}'}."
        )
    unknown = np.setdiff1d(truth, classes)
    if len(unknown):
        raise ValueError(f"y_true has {unknown[0]!r}, which is not in labels={labels!r}.")
    right = proba[np.arange(len(truth)), np.searchsorted(classes, truth)]
    return float(np.average(right, weights=weights))


# What ``scoring="expected_accuracy"`` stands for in this package. scikit-learn does not know the
# name: pass it the scorer itself.
expected_accuracy_scorer = make_scorer(expected_accuracy_score, response_method="predict_proba")

# The names of scorers that this package knows beside scikit-learn's.
SCORERS = {"expected_accuracy": expected_accuracy_scorer}
