"""`expected_accuracy_score`: the mean probability of the right class."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import make_scorer
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import type_of_target

from skneuron.metrics._checks import checked_probabilities, checked_weights, naming


def expected_accuracy_score(
    y_true: ArrayLike,
    y_proba: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Mean probability that a classifier gives to the right class.

    It is the accuracy to be expected of predictions that are drawn with these probabilities.

    Use it where labels are wrong at random, to see which network is best by the right ones [1]_.
    Say each label is replaced, with probability ``e``, by one of ``k`` classes drawn uniformly.
    Then a ``score`` by the right labels becomes ``(1 - e) * score + e / k`` on average, so the
    same network wins. (`log_loss` has no such property: it punishes being sure where a wrong label
    denies it.) Accuracy has this property as well. But unlike accuracy, this score changes with
    every probability, and so tells networks apart that classify the same samples right. Rankings
    of neurons by :term:`importance` contain far less noise.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels of the samples.
    y_proba : array-like of shape (n_samples, n_classes) or (n_samples,)
        Probabilities of the classes in sorted order, as ``predict_proba`` gives them. For two
        classes, one dimension with the probability of the second is enough.
    labels : array-like of shape (n_classes,), default=None
        The classes, sorted; None means those in ``y_true``.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples, not negative; None means 1 for each.

    Returns
    -------
    score : float
        Between 0 and 1; 1 is the best score.

    Raises
    ------
    ValueError
        If there are not as many classes as columns, a probability is not between 0 and 1, those
        of a sample do not add up to 1, ``labels`` are not sorted, or a weight is negative, NaN
        or infinite.

    See Also
    --------
    sklearn.metrics.accuracy_score : Of the predicted classes.
    fidelity_score : Needs no true labels at all.

    References
    ----------
    .. [1] Ghosh, Kumar and Sastry, "Robust Loss Functions under Label Noise for Deep Neural
       Networks", AAAI 2017, doi:10.1609/aaai.v31i1.10894, section 3: the mean absolute error of
       probabilities, which is ``2 * (1 - score)``, is robust to symmetric label noise.

    Examples
    --------
    >>> from skneuron.metrics import expected_accuracy_score
    >>> expected_accuracy_score(["cat", "dog"], [[0.9, 0.1], [0.5, 0.5]])
    0.7
    """
    truth = _checked_truth(y_true)
    proba = checked_probabilities(y_proba, len(truth))
    weights = checked_weights(sample_weight, len(truth))
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
    with naming("y_true"):
        values = np.asarray(y_true)
        if values.dtype.kind == "f" and np.isnan(values).any():  # as pandas's NA becomes
            raise ValueError("y_true contains NaN, or lacks labels.")
        truth: NDArray[Any] = column_or_1d(y_true)
        kind = type_of_target(truth)
    if kind not in ("binary", "multiclass"):
        raise ValueError(f"y_true has no labels, but {kind!r} values.")
    return truth


def _checked_classes(truth: NDArray[Any], labels: Any) -> NDArray[Any]:
    if labels is None:
        return np.unique(truth)
    with naming("labels"):
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


#: `expected_accuracy_score` as a scorer. ``scoring="expected_accuracy"`` stands for it in this
#: package. scikit-learn does not know the name: pass it the scorer itself, as in
#: ``cross_val_score(model, X, y, scoring=expected_accuracy_scorer)``.
expected_accuracy_scorer = make_scorer(expected_accuracy_score, response_method="predict_proba")
