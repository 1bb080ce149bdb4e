"""How far off a score may be, and the smallest network as good as the best for all one knows."""

from typing import Any

import numpy as np
from scipy.stats import norm

from skneuron.utils import FloatArray, NDArray

LEVEL = 0.95


def share_errors(shares: NDArray[Any], n_samples: int) -> FloatArray:
    """Standard errors of shares of so many samples, such as accuracies."""
    inside: FloatArray = np.clip(np.asarray(shares, dtype=float), 0.0, 1.0)
    return np.asarray(np.sqrt(inside * (1 - inside) / n_samples))


def share_interval(shares: NDArray[Any], n_samples: int) -> tuple[FloatArray, FloatArray]:
    """Ends of Wilson's 95 % intervals of shares of so many samples [1]_.

    References
    ----------
    .. [1] Wilson, "Probable inference, the law of succession, and statistical inference", Journal
       of the American Statistical Association 22, 1927.
    """
    z = float(norm.isf((1 - LEVEL) / 2))
    inside: FloatArray = np.clip(np.asarray(shares, dtype=float), 0.0, 1.0)
    weight = z**2 / n_samples
    middle = (inside + weight / 2) / (1 + weight)
    half = z * np.sqrt(inside * (1 - inside) / n_samples + weight / (4 * n_samples)) / (1 + weight)
    return middle - half, middle + half


def normal_interval(values: NDArray[Any], errors: NDArray[Any]) -> tuple[FloatArray, FloatArray]:
    """Ends of 95 % intervals around values with these standard errors."""
    half = float(norm.isf((1 - LEVEL) / 2)) * np.asarray(errors, dtype=float)
    return values - half, values + half


def smallest_within(scores: NDArray[Any], sizes: NDArray[Any], error: float) -> int:
    """Position of the smallest network that is at most ``error`` worse than the best.

    Of several that small, it is the first of those with the highest score.
    """
    scores = np.where(np.isnan(scores), -np.inf, scores)
    good = scores >= scores.max() - error
    smallest = good & (sizes == sizes[good].min())
    return int(np.argmax(np.where(smallest, scores, -np.inf)))
