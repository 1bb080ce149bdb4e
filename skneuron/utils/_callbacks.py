"""Who is told how training goes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, Protocol

from skneuron.utils._sklearn import AutoPropagatedCallback


def _told(estimator: Any, X: Any, y: Any, sample_weight: Any) -> dict[str, Any]:
    """What every call of a callback is given."""
    metadata = None if sample_weight is None else {"sample_weight": sample_weight}
    return {"estimator": estimator, "X": X, "y": y, "metadata": metadata}


class FitTasks:
    """Tells scikit-learn's callbacks of a fit: it begins, epochs, it ends.

    Where scikit-learn has no callbacks, ``on_epoch_end`` alone is told.

    Parameters
    ----------
    estimator : estimator
    X, y : object
        As the user gave them to ``fit``.
    sample_weight : array-like or None
    max_epochs : int
    on_epoch_end : callable or None
        Called without arguments after each epoch.
    silent : bool
        Whether to tell scikit-learn's callbacks nothing: of `partial_fit`, as elsewhere there.
    """

    def __init__(
        self,
        estimator: Any,
        X: Any,
        y: Any,
        sample_weight: Any,
        *,
        max_epochs: int,
        on_epoch_end: Callable[[], None] | None,
        silent: bool,
    ):
        self._told = _told(estimator, X, y, sample_weight)
        self._on_epoch_end = on_epoch_end
        self._context = None
        if hasattr(estimator, "_init_callback_context") and not silent:
            self._context = estimator._init_callback_context(max_subtasks=max_epochs)
            self._context.call_on_fit_task_begin(**self._told)

    def begin_epoch(self) -> Any:
        """Returns what `end_epoch` needs."""
        if self._context is None:
            return None
        return self._context.subcontext(task_name="epoch").call_on_fit_task_begin(**self._told)

    def end_epoch(self, task: Any) -> bool:
        """Returns whether a callback says stop."""
        if self._on_epoch_end is not None:
            self._on_epoch_end()
        return self._end(task)

    def end(self) -> None:
        """The fit is over."""
        self._end(self._context)

    def _end(self, task: Any) -> bool:
        if task is None:
            return False
        return task.call_on_fit_task_end(**self._told, reconstruction_attributes=self._fitted)

    def _fitted(self) -> dict[str, Any]:
        mlp = self._told["estimator"]
        arrays = {n: [a.copy() for a in getattr(mlp, n)] for n in ("coefs_", "intercepts_")}
        # The estimator that callbacks get is a copy: without this, one with all of X and y.
        return arrays | {"_fit_tasks": None}


class Stage(Protocol):
    """A context manager around the training of an estimator, which hears of it as well."""

    def __call__(self, estimator: Any = None) -> Any: ...


@contextmanager
def unnoticed(estimator: Any = None) -> Iterator[None]:
    """A `Stage` that tells nobody."""
    yield


def refuse_auto_propagated(outer: Any, *inner: Any) -> None:
    """Raise TypeError where handing callbacks on would, but before anything has been trained.

    scikit-learn wants callbacks that are handed on, such as its ProgressBar, to be set on the
    outermost estimator.
    """
    for estimator in inner:
        callbacks = getattr(estimator, "_skl_callbacks", [])
        names = [type(c).__name__ for c in callbacks if isinstance(c, AutoPropagatedCallback)]
        if names:
            raise TypeError(
                f"{type(estimator).__name__} has callbacks={names}, which estimators inside "
                f"others cannot have: call set_callbacks of {type(outer).__name__} instead."
            )


class FitStages:
    """Tells scikit-learn's callbacks of a meta-estimator's fit: it begins, its stages, it ends.

    Parameters
    ----------
    estimator : estimator
    X, y : object
        As ``fit`` got them.
    sample_weight : array-like or None
    n_stages : int
    """

    def __init__(self, estimator: Any, X: Any, y: Any, sample_weight: Any, n_stages: int):
        self._told = _told(estimator, X, y, sample_weight)
        self._context = None
        if hasattr(estimator, "_init_callback_context"):
            self._context = estimator._init_callback_context(max_subtasks=n_stages)
            self._context.call_on_fit_task_begin(**self._told)

    @contextmanager
    def stage(self, name: str, estimator: Any = None) -> Iterator[None]:
        """Its callbacks go on to ``estimator``, which is fitted in the stage, if there is one."""
        if self._context is None:
            yield
            return
        task = self._context.subcontext(task_name=name)
        with nullcontext() if estimator is None else task.propagate_callback_context(estimator):
            task.call_on_fit_task_begin(**self._told)
            yield
            task.call_on_fit_task_end(**self._told)

    def end(self) -> None:
        """The fit is over, and the estimator fitted."""
        if self._context is not None:
            self._context.call_on_fit_task_end(**self._told, reconstruction_attributes={})
