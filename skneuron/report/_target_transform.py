"""A TransformedTargetRegressor: its network, and targets as that predicts them."""

from copy import copy
from typing import Any, NamedTuple

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skneuron.utils import naming


class OwnTargets(NamedTuple):
    """What has a network inside, with targets as this network was trained on.

    Attributes
    ----------
    fitted : object
        The same, with the regressor in place of every TransformedTargetRegressor.
    y : array-like
        Its targets.
    transformed_by : str
        What they went through, as it is written in Python; empty if nothing.
    """

    fitted: Any
    y: Any
    transformed_by: str = ""


def own_targets(fitted: Any, y: Any) -> OwnTargets:
    """Look through Pipelines and what is frozen; what holds no such regressor stays as it is.

    Raises
    ------
    NotFittedError
        If such a regressor is not fitted.
    ValueError
        If its transformer does not take ``y``.
    """
    if isinstance(fitted, FrozenEstimator):
        inner = own_targets(fitted.estimator, y)
        return inner if inner.transformed_by else OwnTargets(fitted, y)
    if isinstance(fitted, Pipeline) and fitted.steps:
        name, last = fitted.steps[-1]
        inner = own_targets(last, y)
        if not inner.transformed_by:
            return OwnTargets(fitted, y)
        result = copy(fitted)
        result.steps = [*fitted.steps[:-1], (name, inner.fitted)]
        return inner._replace(fitted=result)
    if not isinstance(fitted, TransformedTargetRegressor):
        return OwnTargets(fitted, y)
    check_is_fitted(fitted)
    inner = own_targets(fitted.regressor_, _transformed(fitted.transformer_, y))
    steps = [" ".join(f"{fitted.transformer_!r}".split()), inner.transformed_by]
    return inner._replace(transformed_by=", then ".join(filter(None, steps)))


def _transformed(transformer: Any, y: Any) -> Any:
    """As the regressor does it when it is fitted; without targets, there are none."""
    if y is None:
        return None
    with naming("y_test"):
        targets = np.asarray(y)
        columns = targets.reshape(-1, 1) if targets.ndim == 1 else targets
        result = np.asarray(transformer.transform(columns))
    return result.squeeze(axis=1) if result.ndim == 2 and result.shape[1] == 1 else result
