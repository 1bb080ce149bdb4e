"""Training of scikit-learn's networks that reports its epochs, and that Ctrl-C ends."""

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning


@contextmanager
def interruptible() -> Iterator[None]:
    """Make Ctrl-C during training raise KeyboardInterrupt in this context.

    scikit-learn turns Ctrl-C into a warning and a half-trained network, which nothing should go
    on with, and no cache should keep.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Only the main thread gets Ctrl-C, and filters of warnings are for all threads.
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
