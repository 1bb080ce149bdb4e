"""The ``threshold`` parameter: a number, or a multiple of a statistic of the importances."""

from collections.abc import Callable
from typing import Any

import numpy as np

from skneuron.utils import is_real

# From the importances in the whole network to the threshold that a neuron's has to be below.
ThresholdRule = Callable[[np.ndarray], float]

_STATISTICS: dict[str, Callable[[np.ndarray], float]] = {
    "mean": np.mean,
    "median": np.median,
}


def is_automatic(threshold: Any) -> bool:
    """Whether it is "auto", which the pruner resolves by itself."""
    return isinstance(threshold, str) and threshold == "auto"


def threshold_rule(threshold: Any, *, or_automatic: bool = False) -> ThresholdRule:
    """Turn a ``threshold`` parameter into a function of the importances.

    Parameters
    ----------
    threshold : float or str
        A number, or "mean", "median" or a multiple such as "1.25*mean".
    or_automatic : bool, default=False
        Whether the error says that "auto" is allowed as well; see `is_automatic`.

    Raises
    ------
    ValueError
        If it is none of these.
    """
    auto = "'auto', " if or_automatic else ""
    message = (
        f"threshold={threshold!r} is not a number, {auto}'mean', 'median' or a multiple of one of "
        "these two such as '1.25*mean'."
    )
    if isinstance(threshold, str):
        factor_text, star, name = threshold.rpartition("*")
        statistic = _STATISTICS.get(name.strip())
        if statistic is None:
            raise ValueError(message)
        try:
            factor = float(factor_text) if star else 1.0
        except ValueError:
            raise ValueError(message) from None
        if not np.isfinite(factor):
            raise ValueError(message)
        return lambda importances: float(factor * statistic(importances))
    if not is_real(threshold):
        raise ValueError(message)
    return lambda importances: float(threshold)
