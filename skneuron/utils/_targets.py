"""True targets: checked, and in the encoding of a network's outputs."""

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_array, column_or_1d

from skneuron.utils._checks import check_lengths, checked_sample_weight, naming

# Kinds of NumPy's types that are integers.
_INTEGERS = "biu"


def checked_target(X: Any, y: Any) -> np.ndarray:
    """``y`` as an array: labels or numbers of shape (n_samples,), or several columns.

    Labels may come as a sparse matrix if a sample may have several.
    """
    if y is None:
        raise ValueError("y=None: the ablation needs the true targets to score against.")
    with naming("y"):
        y = dense_labels(y)
        check_values(y)
        y = check_array(y, ensure_2d=False, dtype=None, input_name="y")
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    check_lengths(X, y)
    return y


def dense_labels(y: Any) -> Any:
    """``y``, and as an array if it is a sparse matrix of several labels a sample."""
    return y.toarray() if sparse.issparse(y) and _is_indicator(y) else y


def _is_indicator(y: Any) -> bool:
    return type_of_target(y) == "multilabel-indicator"


def check_values(y: Any, name: str = "y") -> None:
    """Raise what is wrong with single targets of any types, in words.

    ``name`` is what the caller calls them.

    Raises
    ------
    TypeError
        If labels of different types have no order, by which classes are numbered.
    ValueError
        If one is missing: None, NaN, or pandas's NA.
    """
    if sparse.issparse(y):
        return
    with naming(name):
        values = np.asarray(y)
        if values.dtype.kind == "f" and hasattr(y, "array") and np.isnan(values).any():
            values = values.astype(object)  # pandas's NA has become NaN
        if values.dtype != object or values.ndim == 0:
            return
        flat = values.ravel()
        for at, value in enumerate(flat):
            if _is_missing(value):
                raise ValueError(
                    f"{name} has {value!r} at position {at}, where a value is needed."
                )
        types = sorted({type(value).__name__ for value in flat})
        if len(types) > 1:
            try:
                np.unique(flat)
            except (TypeError, ValueError):
                raise TypeError(
                    f"{name} mixes values of types {', '.join(types)}, which have no order: use "
                    "labels of one type."
                ) from None


def check_numeric(y: Any) -> None:
    """Raise TypeError if targets of a regressor are texts or times."""
    if sparse.issparse(y):
        return
    with naming("y"):
        dtype = np.asarray(y).dtype
    if dtype.kind not in "biufcO":
        raise TypeError(f"y must be numbers for a regressor; got dtype {dtype}.")


def checked_scoring_input(
    X: Any, y: Any, sample_weight: Any, *, numbers: bool = False
) -> np.ndarray | None:
    """Weights as `score` of an estimator takes them, once they and ``y`` have been checked.

    ``numbers`` says whether targets have to be numbers, as a regressor's.

    Raises
    ------
    TypeError, ValueError
        Naming the argument.
    """
    if y is None:
        raise ValueError("y=None: a score needs the true targets.")
    check_values(y)
    if numbers:
        check_numeric(y)
    if sparse.issparse(y) and not _is_indicator(y):
        raise TypeError("y is a sparse matrix, but not one of several labels a sample.")
    check_lengths(X, y)
    return None if sample_weight is None else checked_sample_weight(sample_weight, X)


def _is_missing(value: Any) -> bool:
    try:
        return value is None or bool(value != value)
    except TypeError:  # pandas's NA is neither equal nor unequal to anything.
        return True
    except ValueError:  # An array is no single value.
        return False


def is_multilabel(mlp: Any) -> bool:
    """Whether a fitted network may give a sample any number of labels."""
    return is_classifier(mlp) and mlp.out_activation_ == "logistic" and mlp.n_outputs_ > 1


def class_codes(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Position of every label in the sorted array ``classes``.

    Raises
    ------
    ValueError
        For labels that the network was not trained on.
    """
    if y.dtype.kind in _INTEGERS and classes.dtype.kind in _INTEGERS:
        if np.result_type(y, classes).kind not in _INTEGERS:
            # Signed and unsigned ones of 64 bits: NumPy would compare them as float64.
            y, classes = y.astype(object), classes.astype(object)
        codes = np.searchsorted(classes, y)
        is_known = classes[np.minimum(codes, len(classes) - 1)] == y
        if is_known.all():
            return codes.astype(np.int32)
    unknown = np.setdiff1d(y, classes)  # sorts, which takes longer, but compares any types
    if len(unknown):
        raise ValueError(
            f"y contains labels never seen in training: {unknown[:5].tolist()}; the network "
            f"knows {classes.tolist()}."
        )
    return np.searchsorted(classes, y).astype(np.int32)


def label_codes(mlp: Any, y: np.ndarray) -> np.ndarray:
    """Position of every sample's label, for a classifier that gives each sample one label.

    Raises
    ------
    ValueError
        If ``y`` has several columns, or labels that the network was not trained on.
    """
    if y.ndim != 1:
        raise ValueError(
            f"y is a multilabel-indicator matrix or has several columns (shape {y.shape}), but "
            "the network gives a sample one label."
        )
    return class_codes(y, mlp.classes_)


def output_targets(mlp: Any, y: np.ndarray) -> np.ndarray:
    """``y``, as `checked_target` returns it, as what a perfect network would put out.

    Returns
    -------
    targets : ndarray of shape (n_samples, n_outputs), float64
        One-hot rows for several classes, one column of 0 and 1 for two, label indicators for
        multilabel networks, the numbers themselves for regressors.

    Raises
    ------
    ValueError
        If ``y`` is not of the kind or the width that the network was trained on.
    """
    if not is_classifier(mlp):
        targets = _numbers(y)
    elif is_multilabel(mlp):
        is_indicator = type_of_target(y) == "multilabel-indicator"
        if not (is_indicator and np.isin(y, [0, 1]).all()):
            raise ValueError(
                "y must be a multilabel-indicator matrix of 0 and 1, because the network gives "
                f"a sample several labels; got an array of shape {y.shape} with values such as "
                f"{np.unique(y)[-3:].tolist()}."
            )
        targets = y.astype(np.float64, order="C")
    else:
        codes = label_codes(mlp, y)
        n_outputs = mlp.n_outputs_
        targets = (codes[:, None] == np.arange(n_outputs) + (n_outputs == 1)).astype(np.float64)
    if targets.shape[1] != mlp.n_outputs_:
        raise ValueError(
            f"y has {targets.shape[1]} column(s), but the network has {mlp.n_outputs_} output(s)."
        )
    return targets


def _numbers(y: np.ndarray) -> np.ndarray:
    """Targets of a regressor, a column for every output."""
    check_numeric(y)
    with naming("y"):
        return y.reshape(len(y), -1).astype(np.float64, order="C")
