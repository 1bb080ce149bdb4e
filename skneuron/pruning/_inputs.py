"""``X`` and ``y`` of a pruner, checked as its estimator inside would do."""

from copy import copy
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils import indexable
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from skneuron.inspection._scoring import evaluator_for, needs_no_targets
from skneuron.pruning._settings import check_is_prefit
from skneuron.utils import checked_target, get_feature_names, naming


def checked_X_y(pruner: Any, estimator: Any, X: Any, y: Any) -> tuple[Any, np.ndarray]:
    """What `fit` is given. Nothing is changed: a fit that fails leaves an earlier one as it was.

    Where nothing is trained and scores need no targets, ``y`` may be None. The predictions of the
    network that is to be pruned then take its place: they are what it is compared with.

    Parameters
    ----------
    pruner : RottenNeuronPruner
        Whose parameters say whether ``y`` is needed; named in errors.
    estimator : estimator
        Inside, not fitted, unless it is to be pruned as it is.
    X, y
        As the user gave them.
    """
    is_prefit = isinstance(pruner.cv, str)
    if y is None and not (is_prefit and needs_no_targets(pruner.scoring)):
        raise ValueError(
            f"This {type(pruner).__name__} estimator requires y to be passed, but the target "
            "y is None. Only a fitted network (cv='prefit') that is scored by "
            "scoring='fidelity' or 'agreement' is pruned without."
        )
    if isinstance(estimator, type):
        raise TypeError(f"estimator={estimator!r} is a class: use {estimator.__name__}().")
    X = checked_X(copy(pruner), estimator, X, reset=True)
    if y is None:
        check_is_prefit(estimator)
        evaluate = evaluator_for(estimator, X, None, scoring=pruner.scoring)
        return X, evaluate.scorer_input.y
    y = checked_target(X, y)
    if is_classifier(estimator):
        _check_classes(estimator, y)
    return X, y


def _check_classes(classifier: Any, y: np.ndarray) -> None:
    try:
        check_classification_targets(y)
    except ValueError as error:
        raise ValueError(
            f"y: {error} The estimator is a {type(classifier).__name__}, as it is for "
            "estimator=None: for numbers, use estimator=PrunableMLPRegressor(), for example."
        ) from error


def checked_X(pruner: Any, estimator: Any, X: Any, *, reset: bool = False) -> Any:
    """A data frame, and whatever a Pipeline takes, keeps its form.

    With ``reset``, number and names of the features are set on ``pruner``, else compared.
    """
    with naming("X"):
        return _checked_X(pruner, estimator, X, reset=reset)


def _checked_X(pruner: Any, estimator: Any, X: Any, *, reset: bool) -> Any:
    if not isinstance(estimator, MLPClassifier | MLPRegressor):
        (X,) = indexable(X)
        if reset or hasattr(pruner, "feature_names_in_"):
            return validate_data(pruner, X, reset=reset, skip_check_array=True)
        return X  # The estimator inside checks it.
    if get_feature_names(X) is not None:
        return validate_data(pruner, X, reset=reset, skip_check_array=True)
    dtypes = [np.float64, np.float32]
    return validate_data(pruner, X, reset=reset, accept_sparse="csr", dtype=dtypes)
