"""Training of the network: before it is pruned, and some epochs afterwards."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_memory

from skneuron.inspection._pruning_path import NetworkShape
from skneuron.surgery import nested, unwrap
from skneuron.utils import (
    Stage,
    class_sample_weight,
    interruptible,
    is_int,
    safe_indexing,
    unnoticed,
)


def _fitted(estimator: Any, X: Any, y: Any, fit_params: dict[str, Any], stage: Stage) -> Any:
    with stage(estimator), interruptible():
        return estimator.fit(X, y, **fit_params)


def trained(
    estimator: Any,
    X_train: Any,
    y_train: Any,
    fit_params: dict[str, Any],
    memory: Any = None,
    stage: Stage = unnoticed,
) -> Any:
    """A fitted clone; with ``memory``, it is loaded if it has been trained on the same before.

    Parameters
    ----------
    estimator : estimator
    X_train, y_train
    fit_params : dict
        What its ``fit`` is given besides, for the samples of ``X_train``.
    memory : None, str or object with the joblib.Memory interface, default=None
        Where trained networks are kept.
    stage : Stage, default=unnoticed
        Around the training, if there is one.
    """
    fit = check_memory(memory).cache(_fitted, ignore=["stage"])
    return fit(clone(estimator), X_train, y_train, fit_params, stage)


def weights_for_fit(estimator: Any, sample_weight: Any) -> dict[str, Any]:
    """``sample_weight`` as a keyword of ``estimator.fit``."""
    if sample_weight is None:
        return {}
    prefix = ""
    while isinstance(estimator, Pipeline):
        name, estimator = estimator.steps[-1]
        prefix += f"{name}__"
    return {f"{prefix}sample_weight": sample_weight}


def part(values: Any, rows: np.ndarray) -> Any:
    """The entries of some samples; None of None."""
    return None if values is None else safe_indexing(values, rows)


def check_can_train_on(estimator: Any, n_epochs: int) -> None:
    """Raise what is wrong with an estimator that is to be trained, then for ``n_epochs`` more.

    Raises
    ------
    TypeError
        If it has no multilayer perceptron at its end, or is a pruner that is not fitted.
    ValueError
        If its solver does not train in epochs, and ``n_epochs`` is not 0.
    """
    try:
        mlp = nested(estimator)[-1]
    except NotFittedError:
        raise TypeError(
            f"estimator={estimator!r} is a pruner that is not fitted: pass the network that it "
            "prunes, or fit it and wrap it in a FrozenEstimator."
        ) from None
    if n_epochs and mlp.solver == "lbfgs":
        raise ValueError(
            f"fine_tune={n_epochs!r} counts epochs, which solver='lbfgs' does not have; use "
            "'adam' or 'sgd', or fine_tune=0."
        )


def sizes_to_train(estimator: Any) -> tuple[int, ...] | None:
    """Sizes of the hidden layers that a clone will have when fitted; None if not known."""
    *outside, mlp = nested(estimator)
    sizes = mlp.hidden_layer_sizes
    sizes = tuple(sizes) if isinstance(sizes, Iterable) else (sizes,)
    # Somebody else's subclass may choose them in its fit.
    is_known = type(mlp).fit.__module__.partition(".")[0] in ("sklearn", "skneuron")
    as_written = is_known and all(isinstance(one, Pipeline) for one in outside)
    return sizes if as_written and all(is_int(size) and size > 0 for size in sizes) else None


def shape_to_train(estimator: Any, X: Any, y: Any) -> NetworkShape | None:
    """What a clone will have when fitted that pruning leaves as it is; None if not known."""
    dtype = getattr(X, "dtype", None)
    if not isinstance(estimator, MLPClassifier | MLPRegressor) or dtype is None or y is None:
        return None
    n_outputs = y.shape[1] if y.ndim == 2 else 1
    if is_classifier(estimator) and y.ndim == 1 and (n_classes := len(np.unique(y))) > 2:
        n_outputs = n_classes
    # The solver "lbfgs" works in float64, and leaves weights so.
    is_single = dtype == np.float32 and estimator.solver != "lbfgs"
    return NetworkShape(X.shape[1], n_outputs, 4 if is_single else 8)


def train_on(estimator: Any, X: Any, y: Any, sample_weight: Any, n_epochs: int) -> None:
    """Train a fitted network for more epochs, in place, from its optimizer's state on."""
    mlp, transformers = unwrap(estimator)
    for transformer in transformers:  # A data frame that comes out keeps its names.
        X = transformer.transform(X)
    before: dict[str, Any] = {}
    class_weight = getattr(mlp, "class_weight", None)
    if "balanced" in (class_weight if isinstance(class_weight, list) else [class_weight]):
        # `partial_fit` refuses it because it may not be given all samples: here it is.
        balance = class_sample_weight(
            class_weight, y, mlp.classes_, sample_weight, incremental=False
        )
        sample_weight = balance if sample_weight is None else balance * sample_weight
        before["class_weight"], mlp.class_weight = class_weight, None
    weights = {} if sample_weight is None else {"sample_weight": sample_weight}
    if mlp.early_stopping:
        # `partial_fit` refuses to begin with it, and measures progress by `best_loss_`, which is
        # None after early stopping.
        before |= {"early_stopping": mlp.early_stopping, "best_loss_": mlp.best_loss_}
        mlp.early_stopping, mlp.best_loss_ = False, np.inf
    try:
        with interruptible():
            for _ in range(n_epochs):
                mlp.partial_fit(X, y, **weights)
    finally:
        vars(mlp).update(before)
