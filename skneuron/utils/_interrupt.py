"""Training that somebody waits for: its epochs are counted, and Ctrl-C ends it."""

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C ends training in this context, and what goes on around it.

    scikit-learn turns it into a warning and a half-trained network, with which nothing should
    go on, and which no cache should keep.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # No other thread gets to know of Ctrl-C, and filters of warnings are for all.
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Training interrupted by user")
        try:
            yield
        except UserWarning as warning:
            if "interrupted by user" not in str(warning):
                raise
            raise KeyboardInterrupt from warning


@contextmanager
def training_in_full() -> Iterator[None]:
    """Networks trained in this context are trained in full, or an exception is raised."""
    with warnings.catch_warnings(), interruptible():
        # The number of epochs is what the caller says it is.
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def watched_fit(
    mlp: Any, X: np.ndarray, y: np.ndarray, on_epochs: Callable[[int], None] = lambda n: None
) -> Any:
    """Fit ``mlp`` in place; ``on_epochs`` is told of ``max_iter`` epochs in all.

    Of one after each, and at the end of those that were not needed.
    """
    with mlp.epochs_reported_to(lambda: on_epochs(1)):
        mlp.fit(X, y)
    on_epochs(mlp.max_iter - mlp.n_iter_)
    return mlp
