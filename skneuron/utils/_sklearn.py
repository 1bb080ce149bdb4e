"""Everything private that is taken from scikit-learn: the only file to mend when it moves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sklearn.base import _fit_context as fit_context
from sklearn.metrics import check_scoring
from sklearn.metrics._scorer import _BaseScorer as BaseScorer
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import HasMethods, Interval, RealNotInt, StrOptions
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in
from sklearn.utils.validation import _check_method_params as params_of_rows
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _num_samples as num_samples

__all__ = [
    "AutoPropagatedCallback",
    "BaseScorer",
    "CallbackSupportMixin",
    "HasMethods",
    "Interval",
    "RealNotInt",
    "StrOptions",
    "check_feature_names_in",
    "check_sample_weight",
    "fit_context",
    "fitted_sizes_in_effect",
    "forget_progress",
    "is_own_attribute",
    "make_optimizer",
    "num_samples",
    "optimizer_fits",
    "optimizer_moments",
    "optimizer_solver",
    "params_of_rows",
    "replace_parameters",
    "safe_indexing",
    "scorer_parts",
    "scorers_by_name",
    "slice_optimizer_state",
    "with_callbacks",
]

# The optimizers' attributes that hold one array for every coefficient and intercept array.
_OPTIMIZER_MOMENTS = {"AdamOptimizer": ("ms", "vs"), "SGDOptimizer": ("velocities",)}


def scorers_by_name(estimator: Any, scoring: Any) -> dict[str, Any] | None:
    """The scorers that a list, tuple, set or dict names; None if ``scoring`` is a single one."""
    if not isinstance(scoring, list | tuple | set | dict):
        return None
    return dict(check_scoring(estimator, scoring=scoring)._scorers)


def scorer_parts(scorer: Any) -> tuple[Callable, int, dict[str, Any], Any] | None:
    """Metric, sign, parameters and response method of what `make_scorer` makes, else None."""
    if not isinstance(scorer, BaseScorer):
        return None
    try:
        return scorer._score_func, scorer._sign, dict(scorer._kwargs), scorer._response_method
    except AttributeError:
        return None


def replace_parameters(mlp: Any, coefs: list, intercepts: list) -> None:
    """Make these arrays the fitted parameters of ``mlp``, best-so-far copies included."""
    mlp.coefs_ = coefs
    mlp.intercepts_ = intercepts
    if hasattr(mlp, "_best_coefs"):
        # What early stopping would restore: with the old shapes it would undo the surgery.
        mlp._best_coefs = [c.copy() for c in coefs]
        mlp._best_intercepts = [b.copy() for b in intercepts]


def forget_progress(mlp: Any) -> None:
    """Measure further training against itself, not against the larger network's best."""
    if hasattr(mlp, "_no_improvement_count"):
        mlp._no_improvement_count = 0
        if mlp.early_stopping:
            mlp.best_validation_score_ = -float("inf")
        else:
            mlp.best_loss_ = float("inf")


def slice_optimizer_state(
    mlp: Any, slice_parameters: Callable[[list, list], tuple[list, list]]
) -> None:
    """Cut the optimizer's moments as the parameters were cut, so that `partial_fit` goes on."""
    if not optimizer_fits(mlp):
        vars(mlp).pop("_optimizer", None)
        return
    optimizer, n_layers = mlp._optimizer, mlp.n_layers_ - 1
    for name in optimizer_moments(optimizer):
        moments = getattr(optimizer, name)
        coefs, intercepts = slice_parameters(moments[:n_layers], moments[n_layers:])
        setattr(optimizer, name, coefs + intercepts)


@contextmanager
def fitted_sizes_in_effect(mlp: Any, sizes: tuple[int, ...]) -> Iterator[None]:
    """Let scikit-learn's training see the sizes of a pruned network.

    It lays out its buffers by the constructor parameter ``hidden_layer_sizes``, which keeps
    what the user wrote.
    """
    written = mlp.hidden_layer_sizes
    mlp.hidden_layer_sizes = sizes
    try:
        yield
    finally:
        mlp.hidden_layer_sizes = written


def make_optimizer(mlp: Any) -> AdamOptimizer | SGDOptimizer:
    """scikit-learn's own optimizer object, which keeps the state of training for `partial_fit`."""
    parameters = mlp.coefs_ + mlp.intercepts_
    if mlp.solver == "sgd":
        return SGDOptimizer(
            parameters,
            mlp.learning_rate_init,
            mlp.learning_rate,
            mlp.momentum,
            mlp.nesterovs_momentum,
            mlp.power_t,
        )
    return AdamOptimizer(parameters, mlp.learning_rate_init, mlp.beta_1, mlp.beta_2, mlp.epsilon)


def optimizer_solver(optimizer: Any) -> str:
    """The solver that an optimizer belongs to."""
    return "sgd" if isinstance(optimizer, SGDOptimizer) else "adam"


def optimizer_moments(optimizer: Any) -> list[str]:
    """Names of its attributes that hold one array for every coefficient and intercept array."""
    return list(_OPTIMIZER_MOMENTS.get(type(optimizer).__name__, ()))


def optimizer_fits(mlp: Any) -> bool:
    """Whether ``mlp`` has an optimizer, and for arrays of its present shapes.

    lbfgs trains without an optimizer object, and leaves an older one where it is.
    """
    optimizer = getattr(mlp, "_optimizer", None)
    shapes = [p.shape for p in (*mlp.coefs_, *mlp.intercepts_)]
    return optimizer is not None and all(
        [m.shape for m in getattr(optimizer, name)] == shapes
        for name in optimizer_moments(optimizer)
    )


def is_own_attribute(name: str) -> bool:
    """Whether an attribute is about the object, not about what it has learned."""
    return name in ("_skl_callbacks", "_parent_callback_ctx")


try:
    from sklearn.callback import AutoPropagatedCallback, CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn before 1.9

    class AutoPropagatedCallback:  # type: ignore[no-redef]
        """No callback is one."""

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """No callbacks."""

    def with_callbacks(method: Callable) -> Callable:
        """The method as it is."""
        return method
