"""One split of the samples: a part to train on, and a part to evaluate neurons on."""

import reprlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit, check_cv

from skneuron.utils import is_int, is_real, naming

# The confidence interval of a gain comes from leaving out, in turn, each of so many groups of
# evaluation samples; a group has at least two samples.
N_GROUPS = 20
MIN_EVALUATION_SAMPLES = 2 * N_GROUPS


def splits_of(
    cv: Any,
    X: Any,
    y: np.ndarray,
    split_params: dict[str, Any] | None = None,
    *,
    classifier: bool = False,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Positions of the samples in both parts of every split.

    Parameters
    ----------
    cv : int, splitter, iterable or None
        As for `GridSearchCV`.
    X, y
        All samples.
    split_params : dict, default=None
        What a splitter is given besides.
    classifier : bool, default=False
        Whether a number of folds stands for stratified ones.

    Raises
    ------
    ValueError
        If a split is no pair of parts, or a part has no samples, or samples that do not exist.
    """
    with naming("cv"):
        if isinstance(cv, Iterable) and not isinstance(cv, str) and not hasattr(cv, "split"):
            splits = list(cv)
        else:
            splitter = check_cv(cv, y, classifier=classifier)
            splits = list(splitter.split(X, y, **(split_params or {})))
    result = []
    for split in splits:
        try:
            train, evaluation = split
        except (TypeError, ValueError):
            raise ValueError(
                f"cv={reprlib.repr(cv)} yields {reprlib.repr(split)} where a pair is needed: "
                "samples to train on, and samples to evaluate on."
            ) from None
        result.append((_positions(train, len(y), cv), _positions(evaluation, len(y), cv)))
    return result


def _positions(part: Any, n_samples: int, cv: Any) -> np.ndarray:
    """A part of a split, which may also be a slice or a mask, as an array of ints."""
    with naming("cv"):
        rows = np.arange(n_samples)[part] if isinstance(part, slice) else np.asarray(part)
    if rows.dtype == bool and rows.shape == (n_samples,):
        rows = np.flatnonzero(rows)
    if rows.ndim != 1 or not len(rows):
        raise ValueError(
            f"cv={reprlib.repr(cv)} yields a part of shape {rows.shape}, without samples."
        )
    if rows.dtype.kind not in "iu" or rows.min() < -n_samples or rows.max() >= n_samples:
        raise ValueError(
            f"cv={reprlib.repr(cv)} yields {rows!r}, which are no positions of "
            f"samples out of n_samples={n_samples}."
        )
    return rows


def train_evaluation_split(
    y: np.ndarray,
    cv: Any,
    *,
    stratify: bool,
    random_state: Any = None,
    X: Any = None,
    split_params: dict[str, Any] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the samples to train on, and of those to evaluate on.

    Parameters
    ----------
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
    cv : float, splitter or iterable
        The share of samples to evaluate on, or what yields the one split.
    stratify : bool
        Whether ``y`` holds classes, of which both parts should have the same shares. A float
        ``cv`` then never leaves a class out of the training part.
    random_state : int, RandomState instance or None, default=None
        For a float ``cv``.
    X : array-like of shape (n_samples, n_features), default=None
        What a splitter is shown beside ``y``.
    split_params : dict, default=None
        What a splitter is given beside ``X`` and ``y``.

    Raises
    ------
    ValueError
        If ``cv`` yields no split or several, or a part has no samples, or samples that do not
        exist.
    """
    if is_int(cv) or not is_real(cv):
        splits = splits_of(cv, y if X is None else X, y, split_params)
        if len(splits) != 1:
            raise ValueError(
                f"cv={cv!r} yields {len(splits)} splits where one is needed: the network is "
                "trained once. Use a float, or a splitter with n_splits=1."
            )
        return splits[0]
    # scikit-learn rounds up, so that a slip would leave one sample.
    if float(cv) * len(y) < 1e-3:
        raise ValueError(
            f"cv={cv!r} is next to nothing of n_samples={len(y)}: use the share of samples to "
            "evaluate on, such as 0.25."
        )
    options = {"n_splits": 1, "test_size": float(cv), "random_state": random_state}
    if not stratify or y.ndim != 1:
        with naming("cv"):
            return next(ShuffleSplit(**options).split(y))
    _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    n_evaluation = int(np.ceil(float(cv) * len(y)))
    smaller_part = min(n_evaluation, len(y) - n_evaluation)
    can_stratify = counts.min() > 1 and smaller_part >= len(counts)
    splitter = StratifiedShuffleSplit(**options) if can_stratify else ShuffleSplit(**options)
    with naming("cv"):
        train, evaluation = next(splitter.split(codes, codes))
    # A class that fell into the evaluation part alone would never be learned.
    lost = ~np.isin(codes[evaluation], codes[train])
    train, evaluation = np.append(train, evaluation[lost]), evaluation[~lost]
    if not len(evaluation):
        raise ValueError(
            f"cv={cv!r} leaves no sample to evaluate on out of n_samples={len(y)}: give more "
            "samples of every class, or a larger cv."
        )
    return train, evaluation
