"""Training of scikit-learn's networks that reports its epochs, and that Ctrl-C ends."""

import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

_ends_training: ContextVar[bool] = ContextVar("ends_training", default=False)


def interrupts_end_training() -> bool:
    """Whether our own training passes Ctrl-C on, instead of ending as scikit-learn's does."""
    return _ends_training.get()


@contextmanager
def interruptible() -> Iterator[None]:
    """Make Ctrl-C during training raise KeyboardInterrupt in this context.

    scikit-learn turns Ctrl-C into a warning and a half-trained network, which nothing should go
    on with, and no cache should keep. So it is noted where the signal comes. (A filter that makes
    an error of the warning would be one for all threads, and those that restore filters
    at the same time could leave it behind.)
    """
    token = _ends_training.set(True)
    try:
        with _noted() as signals:
            try:
                yield
            except UserWarning as warning:  # for those who have turned warnings into errors
                if signals and "interrupted by user" in str(warning):
                    raise KeyboardInterrupt from warning
                raise
        if signals:
            raise KeyboardInterrupt
    finally:
        _ends_training.reset(token)


@contextmanager
def _noted() -> Iterator[list[int]]:
    """The signals of Ctrl-C that come in this context, and are handled as before."""
    signals: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT) if is_main else None
    if not callable(handler):  # no others get signals
        yield signals
        return

    def noted(number: int, frame: FrameType | None) -> None:
        try:
            handler(number, frame)
        except KeyboardInterrupt:  # A handler that raises nothing wants nothing to end.
            signals.append(number)
            raise

    try:
        signal.signal(signal.SIGINT, noted)
        yield signals
    finally:
        if signal.getsignal(signal.SIGINT) is noted:
            signal.signal(signal.SIGINT, handler)


@contextmanager
def training_in_full() -> Iterator[None]:
    """Training in this context does all its epochs without warning, or raises an exception."""
    with warnings.catch_warnings(), interruptible():
        # The caller has chosen the number of epochs.
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def watched_fit(
    mlp: Any, X: np.ndarray, y: np.ndarray, on_epochs: Callable[[int], None] = lambda n: None
) -> Any:
    """Fit ``mlp`` in place and report ``max_iter`` epochs in all.

    ``on_epochs(1)`` is called after each epoch, and at the end ``on_epochs(n)`` for the ``n``
    epochs that early stopping has saved.
    """
    with mlp.epochs_reported_to(lambda: on_epochs(1)):
        mlp.fit(X, y)
    on_epochs(mlp.max_iter - mlp.n_iter_)
    return mlp
