"""Everything private that is taken from scikit-learn: the only file to mend when it moves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sklearn.base import _fit_context as fit_context
from sklearn.metrics._scorer import _BaseScorer as BaseScorer
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

__all__ = [
    "BaseScorer",
    "HasMethods",
    "Interval",
    "ObservedTraining",
    "StrOptions",
    "check_feature_names_in",
    "check_sample_weight",
    "fit_context",
    "fitted_sizes_in_effect",
    "forget_progress",
    "replace_parameters",
    "safe_indexing",
    "slice_optimizer_state",
]

# The optimizers' attributes that hold one array for every coefficient and intercept array.
_OPTIMIZER_MOMENTS = {"AdamOptimizer": ("ms", "vs"), "SGDOptimizer": ("velocities",)}


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
    optimizer = getattr(mlp, "_optimizer", None)
    n_layers = mlp.n_layers_ - 1
    shapes = [p.shape for p in (*mlp.coefs_, *mlp.intercepts_)]
    for name in _OPTIMIZER_MOMENTS.get(type(optimizer).__name__, ()):
        moments = getattr(optimizer, name)
        if [m.shape for m in moments] != shapes:
            # Left from another network, before lbfgs trained this one.
            del mlp._optimizer
            return
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


class ObservedTraining:
    """Mixin: scikit-learn's stochastic training reports the end of every epoch."""

    _on_epoch_end: Callable[[], None] | None = None

    def _update_no_improvement_count(self, *args: Any, **kwargs: Any) -> None:
        super()._update_no_improvement_count(*args, **kwargs)  # type: ignore[misc]
        if self._on_epoch_end is not None:
            self._on_epoch_end()

    @contextmanager
    def epochs_reported_to(self, on_epoch_end: Callable[[], None]) -> Iterator[None]:
        """Call ``on_epoch_end()`` after each epoch trained in this context.

        Parameters
        ----------
        on_epoch_end : callable
            Called without arguments. An exception that it raises ends the training.

        Returns
        -------
        context : context manager
        """
        self._on_epoch_end = on_epoch_end
        try:
            yield
        finally:
            del self._on_epoch_end
