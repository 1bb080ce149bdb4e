"""Samples that are not trained on, and what is noted of them after every epoch."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import validate_data

from skneuron.utils import (
    ArrayLike,
    FloatArray,
    MatrixLike,
    checked_sample_weight,
    checked_target,
    label_binarizer,
    naming,
    note_improvement,
    num_samples,
    output_targets,
    random_state_in_use,
    validation_score,
)


class GivenValidation(NamedTuple):
    """Validation samples as `fit` got them, not yet checked."""

    X: MatrixLike
    y: ArrayLike
    sample_weight: ArrayLike | None


def given_validation(
    X_val: MatrixLike | None,
    y_val: ArrayLike | None,
    sample_weight_val: ArrayLike | None,
    solver: Any,
) -> GivenValidation | None:
    """What `fit` was given; None if that is nothing.

    Raises
    ------
    ValueError
        If one of ``X_val`` and ``y_val`` is missing, or training has no epochs to look after.
    """
    if X_val is None and y_val is None:
        if sample_weight_val is not None:
            raise ValueError("sample_weight_val is for X_val and y_val, which are not given.")
        return None
    if X_val is None or y_val is None:
        missing, given = ("X_val", "y_val") if X_val is None else ("y_val", "X_val")
        raise ValueError(f"{missing}=None, but {given} is given: validation needs both.")
    if isinstance(solver, str) and solver == "lbfgs":
        raise ValueError(
            "X_val is looked at after every epoch, of which solver='lbfgs' has none: use 'adam' "
            "or 'sgd'."
        )
    return GivenValidation(X_val, y_val, sample_weight_val)


class ValidationSet(NamedTuple):
    """Samples, with targets as scores take them and as the network puts them out."""

    X: Any
    y: Any
    targets: np.ndarray
    weight: np.ndarray | None

    def look(self, mlp: Any, penalty: float) -> None:
        """Note on ``mlp``, at the end of an epoch, its score and loss and its dead neurons.

        Parameters
        ----------
        mlp : PrunableMLPClassifier or PrunableMLPRegressor
        penalty : float
            What the L2 penalty adds to the loss.
        """
        outputs, n_dead = mlp._outputs_and_dead(self.X)
        with _known_outputs(mlp, self.X, outputs):
            note_improvement(mlp, self.X, self.y, self.weight)
            if not mlp.early_stopping:
                score = validation_score(mlp, self.X, self.y, self.weight)
                mlp.validation_scores_.append(score)
                if mlp.verbose:
                    print(f"Validation score: {score:f}")
        mlp.validation_loss_curve_.append(self._loss(mlp, outputs) + penalty)
        if n_dead is not None:
            mlp.dead_neurons_.append(n_dead)

    def _loss(self, mlp: Any, outputs: FloatArray) -> float:
        with np.errstate(all="ignore"):
            losses = _LOSSES[mlp.out_activation_](self.targets, outputs)
            if self.weight is None:
                return float(losses.mean())
            return float(np.dot(losses, self.weight) / self.weight.sum())


def checked_validation_set(mlp: Any, given: GivenValidation, dtype: Any) -> ValidationSet:
    """Validation samples as a network that is being trained takes them.

    Raises
    ------
    TypeError, ValueError
        If they do not fit the network or each other; the error names which.
    """
    with naming("X_val"):
        X = validate_data(
            mlp, given.X, accept_sparse=["csr", "csc"], dtype=dtype, reset=False,
            ensure_min_samples=2,
        )  # fmt: skip
    with naming("y_val"):
        n_targets = num_samples(given.y)
        if n_targets != X.shape[0]:
            raise ValueError(f"y_val has {n_targets} entries, but X_val has {X.shape[0]} samples.")
        y = checked_target(X, given.y)
        targets = output_targets(mlp, y)
    weight = None
    if given.sample_weight is not None:
        with naming("sample_weight_val"):
            weight = checked_sample_weight(given.sample_weight, X)
    with naming("y_val"):
        weight = mlp._weights_in_effect(targets, weight, incremental=False)
    return ValidationSet(X, y if is_classifier(mlp) else targets, targets, weight)


def held_out_samples(
    mlp: Any, X: Any, y: np.ndarray, sample_weight: np.ndarray | None
) -> tuple[np.ndarray, ValidationSet]:
    """Split off the samples of early stopping, as scikit-learn does.

    Returns
    -------
    train : ndarray of int
        Indices of the others.
    held_out : ValidationSet
    """
    # scikit-learn does not stratify multilabel targets either.
    stratify = y if is_classifier(mlp) and mlp.n_outputs_ == 1 else None
    train, held_out = train_test_split(
        np.arange(X.shape[0]),
        random_state=random_state_in_use(mlp),
        test_size=mlp.validation_fraction,
        stratify=stratify,
    )
    if len(held_out) < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the size of your "
            "dataset."
        )
    targets = y[held_out]
    labels = label_binarizer(mlp).inverse_transform(targets) if is_classifier(mlp) else targets
    weight = None if sample_weight is None else sample_weight[held_out]
    return train, ValidationSet(X[held_out], labels, targets, weight)


def start_curves(mlp: Any) -> None:
    """Give ``mlp`` the lists that `ValidationSet.look` appends to, as far as it has none."""
    names = ["validation_scores_", "validation_loss_curve_"]
    names += ["dead_neurons_"] if mlp.activation == "relu" else []
    for name in names:
        if getattr(mlp, name, None) is None:
            setattr(mlp, name, [])


@contextmanager
def _known_outputs(mlp: Any, X: Any, outputs: FloatArray) -> Iterator[None]:
    """Spare ``mlp`` a second forward pass over the same samples."""
    mlp._known_outputs = X, outputs
    try:
        yield
    finally:
        del mlp._known_outputs


# ---- losses of samples, as in skneuron/kernels/training/losses.py


def _squared(y: np.ndarray, outputs: FloatArray) -> FloatArray:
    return 0.5 * np.square(outputs.astype(np.float64) - y).mean(axis=1)


def _minus_log(p: FloatArray) -> FloatArray:
    smallest = float(np.finfo(p.dtype).eps)
    return -np.log(np.minimum(np.maximum(p.astype(np.float64), smallest), 1 - smallest))


def _log(y: np.ndarray, outputs: FloatArray) -> FloatArray:
    return _minus_log(outputs[np.arange(len(y)), y.argmax(axis=1)])


def _binary_log(y: np.ndarray, outputs: FloatArray) -> FloatArray:
    return _minus_log(np.where(y, outputs, 1 - outputs)).sum(axis=1)


def _poisson(y: np.ndarray, outputs: FloatArray) -> FloatArray:
    outputs = outputs.astype(np.float64)
    return (outputs - y + np.where(y == 0, 0.0, y * np.log(y / outputs))).sum(axis=1)


# By the activation of the output layer.
_LOSSES = {"identity": _squared, "softmax": _log, "logistic": _binary_log, "exp": _poisson}
