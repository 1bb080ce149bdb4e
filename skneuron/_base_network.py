"""The network that a pruner operates on: trained on one part of the rows, and trained on."""

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_memory

from skneuron._callbacks import Stage, unnoticed
from skneuron._network import nested, unwrap
from skneuron._sklearn import safe_indexing


def _fitted(estimator: Any, X: Any, y: Any, fit_params: dict[str, Any], stage: Stage) -> Any:
    with stage(estimator):
        return estimator.fit(X, y, **fit_params)


def trained(
    estimator: Any,
    X: Any,
    y: Any,
    fit_params: dict[str, Any],
    memory: Any = None,
    stage: Stage = unnoticed,
) -> Any:
    """A fitted clone; with ``memory``, the one that was trained before on the same.

    Parameters
    ----------
    estimator : estimator
    X, y
        The training part.
    fit_params : dict
        What `fit` is given besides, by the name that ``estimator`` has for it.
    memory : None, str or object with the joblib.Memory interface, default=None
        Where trained networks are kept.
    stage : Stage, default=unnoticed
        Around the training, if there is one.
    """
    fit = check_memory(memory).cache(_fitted, ignore=["stage"])
    return fit(clone(estimator), X, y, fit_params, stage)


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
    """Some rows of what has one entry a row, or is None."""
    return None if values is None else safe_indexing(values, rows)


def check_can_train_on(estimator: Any, n_epochs: int) -> None:
    """Raise ValueError if ``fine_tune`` is asked of a network that has no epochs."""
    mlp = nested(estimator)[-1]
    if n_epochs and mlp.solver == "lbfgs":
        raise ValueError(
            f"fine_tune={n_epochs!r} counts epochs, which solver='lbfgs' does not have; use "
            "'adam' or 'sgd', or fine_tune=0."
        )


def train_on(estimator: Any, X: Any, y: Any, sample_weight: Any, n_epochs: int) -> None:
    """More epochs for a fitted network, in place, from the optimizer's state on."""
    mlp, transformers = unwrap(estimator)
    for transformer in transformers:  # A data frame that comes out keeps its names.
        X = transformer.transform(X)
    weights = {} if sample_weight is None else {"sample_weight": sample_weight}
    before: dict[str, Any] = {}
    if mlp.early_stopping:
        # `partial_fit` has none: it refuses to begin, and measures progress by the loss, of which
        # early stopping keeps no best.
        before = {"early_stopping": mlp.early_stopping, "best_loss_": mlp.best_loss_}
        mlp.early_stopping, mlp.best_loss_ = False, np.inf
    try:
        for _ in range(n_epochs):
            mlp.partial_fit(X, y, **weights)
    finally:
        vars(mlp).update(before)
