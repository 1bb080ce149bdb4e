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
# Groups have different sizes: of so many draws, the one is taken that holds out what is wanted.
N_DRAWS = 20


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
    check_enough(n_samples)
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
        splitter = GroupShuffleSplit(N_DRAWS, test_size=share, random_state=seed)
    draws = splitter.split(np.empty((n_samples, 0)), groups=groups)
    fit, held = min(draws, key=lambda draw: abs(len(draw[1]) - n_held_out))
    if len(fit) < n_samples / 2:
        raise ValueError(
            f"groups are too unequal: of {n_samples} samples, only {len(fit)} are left if whole "
            "groups are held out. Use groups of which the largest has less than half of the "
            "samples."
        )
    return np.sort(fit), np.sort(held)


def check_enough(n_samples: int, name: str = "X") -> None:
    """Raise ValueError if there are too few samples; the caller calls them ``name``."""
    if n_samples < MIN_SAMPLES:
        raise ValueError(
            f"{name} has {n_samples} samples that count, of which some have to be held out to "
            f"tell when to stop: a refit needs at least {MIN_SAMPLES}."
        )
