"""All that is taken from scikit-learn's private parts: the only file to mend when they change.

tests/helpers/private_sklearn.py lists it, with the signatures that are relied on, and
tests/utils/test_sklearn.py holds that list against the scikit-learn that is installed, and the
rest of the package against this file.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from html import escape
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np
from sklearn.base import _fit_context as fit_context
from sklearn.metrics import check_scoring
from sklearn.metrics._scorer import _BaseScorer as BaseScorer
from sklearn.metrics._scorer import _Scorer as MetricScorer
from sklearn.neural_network import MLPClassifier
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import HasMethods, Interval, RealNotInt, StrOptions
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in
from sklearn.utils.validation import _check_method_params as params_of_rows
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _get_feature_names as get_feature_names
from sklearn.utils.validation import _is_fitted as is_fitted
from sklearn.utils.validation import _num_samples as num_samples

from skneuron.utils._addresses import documentation_address

__all__ = [
    "OPTIMIZER_ATTRIBUTE",
    "AutoPropagatedCallback",
    "BaseScorer",
    "CallbackSupportMixin",
    "HasMethods",
    "Interval",
    "NotebookPageMixin",
    "RealNotInt",
    "StrOptions",
    "check_feature_names_in",
    "check_sample_weight",
    "complete_progress",
    "copy_parameters",
    "fit_context",
    "fitted_sizes_in_effect",
    "forget_progress",
    "forward_by_layers",
    "get_feature_names",
    "is_own_attribute",
    "label_binarizer",
    "n_epochs_without_improvement",
    "new_callback_context",
    "note_improvement",
    "num_samples",
    "optimizer_fits",
    "optimizer_moments",
    "optimizer_solver",
    "own_callbacks",
    "params_of_rows",
    "random_state_in_use",
    "replace_parameters",
    "restart_improvement_count",
    "restore_best_parameters",
    "safe_indexing",
    "scorer_parts",
    "scorers_by_name",
    "slice_optimizer_state",
    "start_optimizer",
    "validation_score",
    "with_callbacks",
]

Arrays: TypeAlias = list[np.ndarray]

# ---- scorers


def scorers_by_name(estimator: Any, scoring: Any) -> dict[str, Any] | None:
    """The scorers that a list, tuple, set or dict names; None if ``scoring`` is a single one."""
    if not isinstance(scoring, list | tuple | set | dict):
        return None
    return dict(check_scoring(estimator, scoring=scoring)._scorers)


def scorer_parts(scorer: Any) -> tuple[Callable, int, dict[str, Any], Any] | None:
    """Metric, sign, parameters and response method of what `make_scorer` makes, else None.

    None as well for subclasses that score in a way of their own.
    """
    if not isinstance(scorer, MetricScorer):
        return None
    is_standard = (
        type(scorer)._score is MetricScorer._score
        and type(scorer).__call__ is MetricScorer.__call__
    )
    if not is_standard:
        return None
    try:
        return scorer._score_func, scorer._sign, dict(scorer._kwargs), scorer._response_method
    except AttributeError:
        return None


# ---- multilayer perceptrons


def replace_parameters(
    mlp: Any, coefs: Arrays, intercepts: Arrays, *, copy_best: bool = True
) -> None:
    """Make these arrays the fitted parameters of ``mlp``, best-so-far copies included.

    Without ``copy_best``, those are the same arrays: for networks that are not trained on.
    """
    mlp.coefs_ = coefs
    mlp.intercepts_ = intercepts
    if hasattr(mlp, "_best_coefs"):
        # What early stopping would restore: with the old shapes it would undo the surgery.
        mlp._best_coefs = [c.copy() if copy_best else c for c in coefs]
        mlp._best_intercepts = [b.copy() if copy_best else b for b in intercepts]


def copy_parameters(mlp: Any) -> None:
    """Replace the fitted parameters of ``mlp`` by C-ordered copies of themselves."""
    for name, best in (("coefs_", "_best_coefs"), ("intercepts_", "_best_intercepts")):
        if not hasattr(mlp, name):
            continue
        before = getattr(mlp, name)
        setattr(mlp, name, [np.array(a, order="C") for a in before])
        # As in scikit-learn, a warm start after early stopping trains the best arrays on.
        if getattr(mlp, best, None) is before:
            setattr(mlp, best, getattr(mlp, name))


def restore_best_parameters(mlp: Any) -> None:
    """End early stopping: the parameters with the best validation score become the fitted ones."""
    mlp.coefs_ = mlp._best_coefs
    mlp.intercepts_ = mlp._best_intercepts


def random_state_in_use(mlp: Any) -> np.random.RandomState:
    """The random state that initialised the weights in this fit, and goes on from there."""
    return mlp._random_state


def label_binarizer(classifier: Any) -> LabelBinarizer:
    """What turned class labels into the 0/1 matrix that the network is trained on."""
    return classifier._label_binarizer


def trained_classes(classifier: Any) -> tuple[Any, str]:
    """The classes that a classifier was trained on, and what kind of target they were.

    None and "" of one that was put together without training.
    """
    binarizer = getattr(classifier, "_label_binarizer", None)
    return getattr(binarizer, "classes_", None), getattr(binarizer, "y_type_", "")


def note_improvement(mlp: Any, X: Any, y: Any, sample_weight: Any) -> None:
    """Compare the epoch's loss with the best one, or its score on the held-out ``X`` and ``y``."""
    mlp._update_no_improvement_count(mlp.early_stopping, X, y, sample_weight)


def validation_score(mlp: Any, X: Any, y: Any, sample_weight: Any) -> float:
    """What early stopping looks at: accuracy, or R2; NaN if an output is none."""
    return mlp._score(X, y, sample_weight=sample_weight)


def forward_by_layers(
    mlp: Any, look: Callable[[int, np.ndarray], None], X: Any, check_input: bool = False
) -> np.ndarray:
    """scikit-learn's forward pass, the same bits, which shows hidden layers' activations.

    ``look(layer, activations)`` must not change them.
    """
    last = len(mlp.coefs_) - 1
    for layer in range(last + 1):
        alone = SimpleNamespace(
            coefs_=mlp.coefs_[layer : layer + 1],
            intercepts_=mlp.intercepts_[layer : layer + 1],
            n_layers_=2,
            activation=mlp.activation,
            out_activation_=mlp.activation if layer < last else mlp.out_activation_,
        )
        X = MLPClassifier._forward_pass_fast(alone, X, check_input=False)
        if layer < last:
            look(layer, X)
    return X


def n_epochs_without_improvement(mlp: Any) -> int:
    """Number of epochs since `note_improvement` has last seen one."""
    return mlp._no_improvement_count


def restart_improvement_count(mlp: Any) -> None:
    """Count the epochs without improvement from 0 again."""
    mlp._no_improvement_count = 0


def complete_progress(mlp: Any) -> None:
    """Let epochs go on from a fit that kept none of them, or with the other kind of stopping.

    scikit-learn sets up only what the first fit needs.
    """
    missing = {"loss_curve_": [], "_no_improvement_count": 0}
    if mlp.early_stopping:
        missing |= {"validation_scores_": [], "best_validation_score_": -float("inf")}
        missing |= {"best_loss_": None}
    else:
        missing |= {"best_loss_": float("inf")}
        missing |= {"validation_scores_": None, "best_validation_score_": None}
    for name, value in missing.items():
        if getattr(mlp, name, None) is None:
            setattr(mlp, name, value)


def forget_progress(mlp: Any) -> None:
    """Measure further training against itself, not against the larger network's best."""
    if hasattr(mlp, "_no_improvement_count"):
        mlp._no_improvement_count = 0
        if mlp.early_stopping:
            mlp.best_validation_score_ = -float("inf")
        else:
            mlp.best_loss_ = float("inf")


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


# ---- optimizers: the objects that keep the state of training for `partial_fit`

# Their attributes that hold one array for every coefficient and intercept array.
_OPTIMIZER_MOMENTS = {"AdamOptimizer": ("ms", "vs"), "SGDOptimizer": ("velocities",)}


# Where scikit-learn's networks keep the moments of their training.
OPTIMIZER_ATTRIBUTE = "_optimizer"


def start_optimizer(mlp: Any, *, go_on: bool) -> AdamOptimizer | SGDOptimizer:
    """Give ``mlp`` an optimizer of its own and return it.

    If ``go_on``, it has the state of the one before, as far as there is one for arrays of these
    shapes.
    """
    if go_on and optimizer_fits(mlp):
        mlp._optimizer = copy(mlp._optimizer)  # its arrays are replaced, never written to
    else:
        mlp._optimizer = _new_optimizer(mlp)
    return mlp._optimizer


def _new_optimizer(mlp: Any) -> AdamOptimizer | SGDOptimizer:
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


def slice_optimizer_state(
    mlp: Any, slice_parameters: Callable[[Arrays, Arrays], tuple[Arrays, Arrays]]
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


# ---- pages for notebooks


class NotebookPageMixin:
    """The page that a notebook shows of an estimator: scikit-learn's, with a headline above it.

    Among the bases it comes before scikit-learn's.
    """

    _doc_link_module = "skneuron"

    @property
    def _doc_link_template(self) -> str:
        """The estimator's page of the API reference; without a site there is no link."""
        site = documentation_address()
        return f"{site}/generated/skneuron.{{estimator_name}}.html" if site else ""

    def _headline(self) -> str:
        """What is to be said first of an estimator that is fitted; empty if nothing is."""
        return ""

    def _html_repr(self) -> str:
        page = super()._html_repr()  # type: ignore[misc]
        headline = self._headline() if is_fitted(self) else ""
        return f"<p><strong>{escape(headline)}</strong></p>{page}" if headline else page


# ---- callbacks


def is_own_attribute(name: str) -> bool:
    """Whether an attribute is about the object, not about what it has learned."""
    return name in ("_skl_callbacks", "_parent_callback_ctx")


def own_callbacks(estimator: Any) -> list[Any]:
    """What `set_callbacks` was given."""
    return getattr(estimator, "_skl_callbacks", [])


def new_callback_context(estimator: Any, n_subtasks: int) -> Any:
    """The context that tells an estimator's callbacks of a fit; None where there are no callbacks.

    scikit-learn has them from 1.9 on, and only for estimators that support them.
    """
    if not hasattr(estimator, "_init_callback_context"):
        return None
    return estimator._init_callback_context(max_subtasks=n_subtasks)


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
