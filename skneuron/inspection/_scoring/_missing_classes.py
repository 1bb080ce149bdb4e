"""Scorers of probabilities on samples that lack some of the network's classes."""

from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np
from sklearn import metrics
from sklearn.base import is_classifier

from skneuron.utils import is_multilabel, scorer_parts

# They divide by the loss of the best constant probabilities, which is 0 for a single class.
# (scikit-learn has d2_brier_score since 1.8.)
RELATIVE_TO_CONSTANTS = frozenset(
    getattr(metrics, name)
    for name in ("d2_log_loss_score", "d2_brier_score")
    if hasattr(metrics, name)
)


def missing_classes(mlp: Any, y: np.ndarray) -> np.ndarray:
    """Classes of a network that no sample has; none for regressors and multilabel networks."""
    if not is_classifier(mlp) or is_multilabel(mlp):
        return np.zeros(0)
    return np.setdiff1d(mlp.classes_, y)


def told_the_classes(scorer: Callable[..., float], classes: np.ndarray) -> Callable[..., float]:
    """The scorer, with the network's classes as ``labels`` of its metric.

    scikit-learn's metrics of probabilities infer the classes from the true labels, and fail or
    take the wrong column if those lack some. The scorer itself is returned if its metric takes
    no ``labels``, has been given some, or looks at predicted labels.

    Parameters
    ----------
    scorer : callable
    classes : ndarray
        All classes of the network.
    """
    parts = scorer_parts(scorer)
    if parts is None:
        return scorer
    metric, sign, parameters, response = parts
    takes = signature(metric).parameters
    if response == "predict" or "labels" not in takes or parameters.get("labels") is not None:
        return scorer
    told = {**parameters, "labels": classes}
    # Without it, a metric takes the larger of the labels that it sees for the positive class. Of
    # strings scikit-learn wants to be told.
    if len(classes) == 2 and classes.dtype.kind not in "OUS" and "pos_label" in takes:
        told.setdefault("pos_label", classes[1])
    return metrics.make_scorer(
        metric, response_method=response, greater_is_better=sign > 0, **told
    )


def check_enough_classes(scorer: Any, y: np.ndarray) -> None:
    """Raise ValueError for scores that are not defined for samples of a single class."""
    parts = scorer_parts(scorer)
    if (
        parts is not None
        and parts[0] in RELATIVE_TO_CONSTANTS
        and len(classes := np.unique(y)) == 1
    ):
        raise ValueError(
            f"scoring={scorer!r} is not defined here: all samples have the class "
            f"{classes.tolist()[0]!r}, and it needs samples of two classes at least."
        )
