"""Weights of classes as weights of samples."""

from typing import Any

import numpy as np
from sklearn.utils import compute_class_weight

MULTILABEL_MESSAGE = (
    "class_weight={!r}: multilabel targets need 'balanced' or a list with one dict for each of "
    "the {} labels, such as [{{0: 1, 1: 5}}, ...]."
)


def _weights_by_class(
    class_weight: Any, labels: np.ndarray, classes: np.ndarray, sample_weight: np.ndarray | None
) -> np.ndarray:
    if isinstance(class_weight, str):
        present = np.unique(labels)
        weights = np.ones(len(classes))
        weights[np.searchsorted(classes, present)] = compute_class_weight(
            class_weight, classes=present, y=labels, sample_weight=sample_weight
        )
        return weights
    known = np.asarray(classes).tolist()
    if unknown := [label for label in class_weight if label not in known]:
        raise ValueError(
            f"class_weight={class_weight!r} names {unknown}, but the classes are {known}."
        )
    return np.array([class_weight.get(label, 1.0) for label in known])


def _class_weights(
    class_weight: Any, labels: np.ndarray, classes: np.ndarray, sample_weight: np.ndarray | None
) -> np.ndarray:
    """One weight for every sample: for multilabel targets, the product over the labels."""
    if labels.ndim == 1:
        by_class = _weights_by_class(class_weight, labels, classes, sample_weight)
        return by_class[np.searchsorted(classes, labels)]
    n_labels = labels.shape[1]
    per_label = [class_weight] * n_labels if isinstance(class_weight, str) else class_weight
    if not isinstance(per_label, list) or len(per_label) != n_labels:
        raise ValueError(MULTILABEL_MESSAGE.format(class_weight, n_labels))
    weights = np.ones(len(labels))
    for column, of_label in zip(labels.T, per_label, strict=True):
        weights *= _class_weights(of_label, column, np.array([0, 1]), sample_weight)
    return weights


def sample_weight_in_effect(
    class_weight: Any,
    labels: np.ndarray,
    classes: np.ndarray,
    sample_weight: np.ndarray | None,
    *,
    incremental: bool,
) -> np.ndarray | None:
    """Sample weights times class weights.

    Parameters
    ----------
    class_weight : dict, list of dict, "balanced" or None
        Classes that a dict does not name have weight 1. "balanced" makes the classes' weighted
        numbers of samples equal. Multilabel targets take a list with one dict for every label,
        and the weights of a sample's labels multiply.
    labels : ndarray of shape (n_samples,) or (n_samples, n_labels)
    classes : ndarray
        All classes, sorted; not used for multilabel targets.
    sample_weight : ndarray of shape (n_samples,), or None
    incremental : bool
        Whether the labels are but a part of the data.

    Returns
    -------
    sample_weight : ndarray of shape (n_samples,), or None
        None if neither kind of weight is given.

    Raises
    ------
    ValueError
        If ``class_weight`` does not fit the labels, or if all weights are 0.
    """
    weights = sample_weight
    if class_weight is not None:
        if incremental and class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' is not possible with partial_fit, which does not see "
                "all of the data: pass a dict of weights."
            )
        weights = _class_weights(class_weight, labels, classes, sample_weight)
        if sample_weight is not None:
            weights = weights * sample_weight
    if weights is not None and not weights.any():
        named = "sample_weight" if class_weight is None else f"class_weight={class_weight!r}"
        raise ValueError(f"{named}: all samples have weight 0, so there is nothing to learn from.")
    return weights
