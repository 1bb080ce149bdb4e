"""How long fitted estimators take to predict."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

# For both estimators together; a run that has begun is ended.
SECONDS = 0.1
MAX_RUNS = 101


def predict_seconds(estimators: Sequence[Any], X: Any) -> list[float]:
    """Wall time of ``predict`` of each, the median of runs in which they take turns.

    Whatever slows the machine down for a while so slows all of them.
    """
    for estimator in estimators:
        estimator.predict(X)  # Of the first run, more than the prediction may take time.
    taken: list[list[float]] = [[] for _ in estimators]
    end = time.perf_counter() + SECONDS
    while not taken[0] or (time.perf_counter() < end and len(taken[0]) < MAX_RUNS):
        for estimator, seconds in zip(estimators, taken, strict=True):
            start = time.perf_counter()
            estimator.predict(X)
            seconds.append(time.perf_counter() - start)
    return [float(np.median(seconds)) for seconds in taken]
