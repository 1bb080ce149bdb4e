"""Dropout, whose random numbers depend on a key and a counter alone, and so not on threads."""

import numba
import numpy as np

from skneuron.kernels._jit import compiled


@compiled
def _uniform(key, counter):
    """A random number in [0, 1) that depends on the key and the counter alone (SplitMix64)."""
    z = key + np.uint64(counter) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)) * (1.0 / (1 << 53))


@compiled
def drop(a, n_units, settings, counter, counts_per_row):
    """Set a random part of the activations to 0 and scale the others up, in place.

    Parameters
    ----------
    a : ndarray of shape (n_rows, padded n_units)
    n_units : int
    settings : Settings
    counter : int
        Number of the first row's first unit among all that random numbers are drawn for.
    counts_per_row : int
        How much larger the counter is in the next row.
    """
    scale = a.dtype.type(1 / (1 - settings.dropout))
    key, share = settings.dropout_key, settings.dropout
    for i in range(a.shape[0]):
        for j in range(n_units):
            kept = _uniform(key, counter + i * counts_per_row + j) >= share
            a[i, j] = a[i, j] * scale if kept else a.dtype.type(0)


if numba.config.DISABLE_JIT:
    drop = np.errstate(over="ignore")(drop)  # NumPy warns where numba wraps around
