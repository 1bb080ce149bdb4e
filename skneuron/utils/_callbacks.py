"""What scikit-learn's callbacks, and our own, are told while an estimator is fitted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, Protocol

from skneuron.utils._sklearn import AutoPropagatedCallback, new_callback_context, own_callbacks


def _told(estimator: Any, X: Any, y: Any, sample_weight: Any) -> dict[str, Any]:
    """The arguments of every call of a callback."""
    metadata = None if sample_weight is None else {"sample_weight": sample_weight}
    return {"estimator": estimator, "X": X, "y": y, "metadata": metadata}


class FitTasks:
    """Tells scikit-learn's callbacks of a fit: that it begins, of its epochs, that it ends.

    Where scikit-learn has no callbacks, only ``on_epoch_end`` is told.

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
        Whether to tell scikit-learn's callbacks nothing, as `partial_fit` does everywhere in
        scikit-learn.
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
        self._context = None if silent else new_callback_context(estimator, max_epochs)
        if self._context is not None:
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
        return arrays | {"_fit_tasks": None, "_given_validation": None}


class Stage(Protocol):
    """A context manager around the training of an estimator, which gets the callbacks as well."""

    def __call__(self, estimator: Any = None) -> Any: ...


@contextmanager
def unnoticed(estimator: Any = None) -> Iterator[None]:
    """A `Stage` that tells nobody."""
    yield


def refuse_auto_propagated(outer: Any, *inner: Any) -> None:
    """Raise TypeError if inner estimators have callbacks of the kind that is handed on to them.

    Such callbacks, its ProgressBar for example, must be set on the outermost estimator.
    scikit-learn would raise as well, but only after much training.
    """
    for estimator in inner:
        callbacks = own_callbacks(estimator)
        names = [type(c).__name__ for c in callbacks if isinstance(c, AutoPropagatedCallback)]
        if names:
            raise TypeError(
                f"{type(estimator).__name__} has callbacks={names}, which estimators inside "
                f"others cannot have: call set_callbacks of {type(outer).__name__} instead."
            )


def _ignore(piece: str) -> None:
    pass


class FitStages:
    """Tells scikit-learn's callbacks of a meta-estimator's fit: begin, stages, end.

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
        self._context = new_callback_context(estimator, n_stages)
        if self._context is not None:
            self._context.call_on_fit_task_begin(**self._told)

    @contextmanager
    def stage(
        self, name: str, estimator: Any = None, *, has_pieces: bool = False
    ) -> Iterator[Callable[[str], None]]:
        """Hand callbacks on to ``estimator``, if there is one: it is fitted in this stage.

        Yields a function that tells them, by name, of a piece of work that is done, if the stage
        ``has_pieces``, nobody knows how many.
        """
        if self._context is None:
            yield _ignore
            return
        task = self._context.subcontext(task_name=name, max_subtasks=None if has_pieces else 0)

        def tell(piece: str) -> None:
            begun = task.subcontext(task_name=piece).call_on_fit_task_begin(**self._told)
            begun.call_on_fit_task_end(**self._told)

        with nullcontext() if estimator is None else task.propagate_callback_context(estimator):
            task.call_on_fit_task_begin(**self._told)
            yield tell if has_pieces else _ignore
            task.call_on_fit_task_end(**self._told)

    def end(self) -> None:
        """The fit is over, and the estimator fitted."""
        if self._context is not None:
            self._context.call_on_fit_task_end(**self._told, reconstruction_attributes={})
