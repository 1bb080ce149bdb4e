"""Weights of classes as weights of samples."""

from typing import Any

import numpy as np
from sklearn.utils import compute_class_weight

from skneuron.utils._checks import is_real

MULTILABEL_MESSAGE = (
    "class_weight={!r}: multilabel targets need 'balanced' or a list with one dict for each of "
    "the {} labels, such as [{{0: 1, 1: 5}}, ...]."
)


def _weights_by_class(
    class_weight: Any, labels: np.ndarray, classes: np.ndarray, sample_weight: np.ndarray | None
) -> np.ndarray:
    if isinstance(class_weight, str):
        if sample_weight is not None:
            # Without its weightless samples a class is absent, not infinitely important.
            labels, sample_weight = labels[sample_weight > 0], sample_weight[sample_weight > 0]
        present = np.unique(labels)
        weights = np.ones(len(classes))
        weights[np.searchsorted(classes, present)] = compute_class_weight(
            class_weight, classes=present, y=labels, sample_weight=sample_weight
        )
        return weights
    if not isinstance(class_weight, dict):
        raise ValueError(f"class_weight={class_weight!r}: pass 'balanced' or a dict of weights.")
    known = np.asarray(classes).tolist()
    if unknown := [label for label in class_weight if label not in known]:
        raise ValueError(
            f"class_weight={class_weight!r} names {unknown}, but the classes are {known}."
        )
    for label, weight in class_weight.items():
        if not is_real(weight) or not 0 <= float(weight) < np.inf:
            raise ValueError(
                f"class_weight={class_weight!r}: the weight of {label!r} must be a finite number "
                f"of at least 0; got {weight!r}."
            )
    return np.array([class_weight.get(label, 1.0) for label in known], dtype=np.float64)


def class_sample_weight(
    class_weight: Any,
    labels: np.ndarray,
    classes: np.ndarray,
    sample_weight: np.ndarray | None,
    *,
    incremental: bool,
) -> np.ndarray:
    """The weight of each sample's class.

    Parameters
    ----------
    class_weight : dict, list of dict or "balanced"
        Classes that a dict does not name have weight 1. "balanced" makes the weighted numbers
        of samples of all classes equal. Multilabel targets take a list with one dict for every
        label, and the weights of a sample's labels multiply.
    labels : ndarray of shape (n_samples,) or (n_samples, n_labels)
    classes : ndarray
        All classes, sorted; not used for multilabel targets.
    sample_weight : ndarray of shape (n_samples,), or None
        What samples count in "balanced".
    incremental : bool
        Whether the labels are but a part of the data.

    Returns
    -------
    weights : ndarray of shape (n_samples,)
        Does not include ``sample_weight``.

    Raises
    ------
    ValueError
        If ``class_weight`` does not fit the labels.
    """
    if incremental and isinstance(class_weight, str):
        raise ValueError(
            f"class_weight={class_weight!r} is not possible with partial_fit, which does not see "
            "all of the data: pass a dict of weights."
        )
    if labels.ndim == 1:
        by_class = _weights_by_class(class_weight, labels, classes, sample_weight)
        return by_class[np.searchsorted(classes, labels)]
    n_labels = labels.shape[1]
    per_label = [class_weight] * n_labels if isinstance(class_weight, str) else class_weight
    if not isinstance(per_label, list) or len(per_label) != n_labels:
        raise ValueError(MULTILABEL_MESSAGE.format(class_weight, n_labels))
    weights = np.ones(len(labels))
    for column, of_label in zip(labels.T, per_label, strict=True):
        weights *= class_sample_weight(
            of_label, column, np.array([0, 1]), sample_weight, incremental=incremental
        )
    return weights
