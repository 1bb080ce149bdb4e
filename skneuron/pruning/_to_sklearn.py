"""`to_sklearn`: a copy of an estimator that consists of scikit-learn's own classes only."""

from copy import copy
from types import FunctionType
from typing import Any

from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skneuron.neural_network import PrunableMLPClassifier, PrunableMLPRegressor
from skneuron.utils import OPTIMIZER_ATTRIBUTE, copied_to_memory, is_own_attribute, parts_of

_OURS = PrunableMLPClassifier | PrunableMLPRegressor


def to_sklearn(estimator: Any) -> Any:
    """Copy a network or a fitted pruner to scikit-learn's own classes, which predict the same.

    Use it for machines that do not have skneuron, for tools that know scikit-learn's classes
    only, and for files that outlive versions of skneuron. skops loads the copy without trusting
    any further type. In the place of a pruner stands its pruned network.

    Parameters
    ----------
    estimator : estimator
        A network of this package or of scikit-learn, a fitted `RottenNeuronPruner` or
        `RottenNeuronPrunerCV`, a Pipeline that ends in one, a FrozenEstimator around one, or a
        search such as `GridSearchCV`, whose best estimator is taken, or a fitted
        TransformedTargetRegressor. These may be nested.

    Returns
    -------
    plain : estimator
        A network, or what ``estimator`` holds its network in, such as a Pipeline. It
        can be trained further, but `fit` will not prune it, and it has no `transform`.
        Optimizers' states are left out: `partial_fit` goes on from the weights alone. Steps of
        other packages stay what they are.

    Raises
    ------
    TypeError
        If ``estimator`` is no estimator, or scikit-learn has nothing like a part of it: a pruner
        in the middle of a Pipeline, for example, whose activations are another step's features.
    NotFittedError
        If a pruner, a search or a TransformedTargetRegressor in it is not fitted.

    See Also
    --------
    prune_neurons : A smaller network of the same class.
    PrunableMLPClassifier.from_sklearn : The way back, for a network.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import MinMaxScaler
    >>> from skneuron import PrunableMLPClassifier, RottenNeuronPruner, to_sklearn
    >>> X, y = load_digits(return_X_y=True)
    >>> network = PrunableMLPClassifier((30,), early_stopping=True, random_state=0)
    >>> pruner = RottenNeuronPruner(network, estimate_gain=False, random_state=0)
    >>> pipeline = make_pipeline(MinMaxScaler(), pruner).fit(X, y)
    >>> plain = to_sklearn(pipeline)
    >>> [type(step).__name__ for step in plain]
    ['MinMaxScaler', 'MLPClassifier']
    >>> bool((plain.predict(X) == pipeline.predict(X)).all())
    True
    """
    if isinstance(estimator, _OURS):
        return estimator.to_sklearn()
    if hasattr(type(estimator), "_pruned_estimator"):
        return to_sklearn(estimator._pruned_estimator)
    if isinstance(estimator, FrozenEstimator):
        return FrozenEstimator(to_sklearn(estimator.estimator))
    if isinstance(estimator, Pipeline):
        return _plain_pipeline(estimator)
    if isinstance(estimator, TransformedTargetRegressor):
        return _plain_target_transform(estimator)
    if hasattr(estimator, "best_estimator_"):
        return to_sklearn(estimator.best_estimator_)
    if isinstance(estimator, GridSearchCV | RandomizedSearchCV):
        kind = type(estimator).__name__
        raise NotFittedError(f"This {kind} has no best_estimator_: fit it first, with refit=True.")
    if not hasattr(estimator, "get_params"):
        raise TypeError(f"estimator={estimator!r} is no estimator.")
    return _plain_copy(estimator)


def _plain_copy(estimator: Any) -> Any:
    _refuse_ours(estimator, "estimator")
    plain = copy(estimator)
    left_out = {OPTIMIZER_ATTRIBUTE} if isinstance(plain, MLPClassifier | MLPRegressor) else {}
    for name in [name for name in vars(plain) if name in left_out or is_own_attribute(name)]:
        delattr(plain, name)
    return copied_to_memory(plain)


def _plain_target_transform(estimator: Any) -> Any:
    check_is_fitted(estimator)
    plain = copy(estimator)
    # What would be fitted is, like what has been, no longer a pruner.
    plain.regressor = plain.regressor_ = to_sklearn(estimator.regressor_)
    return _plain_copy(plain)


def _plain_pipeline(pipeline: Any) -> Pipeline:
    *before, (last_name, last) = pipeline.steps
    # Predictions do not pass through imbalanced-learn's samplers.
    before = [(name, step) for name, step in before if not hasattr(step, "fit_resample")]
    for name, step in before:
        _refuse_ours(step, f"The step {name!r} of the Pipeline")
    passes_on = last is None or isinstance(last, str)
    return Pipeline(
        [*copied_to_memory(before), (last_name, last if passes_on else to_sklearn(last))],
        transform_input=getattr(pipeline, "transform_input", None),
        # Of joblib's Memory its folder, which a Pipeline makes one of.
        memory=getattr(pipeline.memory, "location", pipeline.memory),
        verbose=pipeline.verbose,
    )


def _refuse_ours(root: Any, name: str) -> None:
    """Raise TypeError if something of this package is anywhere in ``root``."""
    for path, found in parts_of(root):
        named = found if isinstance(found, type | FunctionType) else type(found)
        if named.__module__.partition(".")[0] == "skneuron":
            where = f"has in {path.removeprefix('.')} a" if path else "is a"
            raise TypeError(
                f"{name} {where} {named.__name__}, which has no counterpart there in "
                "scikit-learn. Networks and pruners that predict can be converted: alone, at the "
                "end of a Pipeline, in a FrozenEstimator, or as a search's best estimator."
            )
