"""The samples that tell a refit when to stop."""

from typing import Any

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit

from skneuron.utils import IntArray, NDArray

# With fewer, a network is fitted to noise, and nothing is left that could say so.
MIN_SAMPLES = 20
SHARE = 0.1
# As many, if that is no more than a third of all.
WANTED = 500


def held_out(
    n_samples: int, groups: NDArray[Any] | None, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Positions of the samples to fit to, and of those that are held out, both sorted.

    Samples of one group stay together.

    Raises
    ------
    ValueError
        If there are too few samples or groups.
    """
    if n_samples < MIN_SAMPLES:
        raise ValueError(
            f"X has {n_samples} samples, of which some have to be held out to tell when to stop: "
            f"a refit needs at least {MIN_SAMPLES}."
        )
    n_held_out = max(round(SHARE * n_samples), min(WANTED, n_samples // 3))
    seed = int(rng.integers(2**31))
    if groups is None:
        splitter = ShuffleSplit(1, test_size=n_held_out, random_state=seed)
    else:
        n_groups = len(np.unique(groups))
        if n_groups < 2:
            raise ValueError(
                "groups has one group only, of which none can be held out: give at least two."
            )
        share = max(n_held_out / n_samples, 1 / n_groups)
        splitter = GroupShuffleSplit(1, test_size=share, random_state=seed)
    fit, held = next(splitter.split(np.empty((n_samples, 0)), groups=groups))
    return np.sort(fit), np.sort(held)
