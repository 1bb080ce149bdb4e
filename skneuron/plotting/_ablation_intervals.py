"""Intervals of the importances of an ablation, where it knows them."""

from typing import Any, NamedTuple

import numpy as np

from skneuron.inspection import NeuronAblation
from skneuron.plotting import _style
from skneuron.utils import FloatArray, NDArray

ALPHA = 0.05


class Intervals(NamedTuple):
    """Where the intervals of all neurons end, and what they are."""

    ends: tuple[FloatArray, FloatArray]
    label: str


def checked_intervals(value: Any) -> str | bool:
    """``intervals`` of `NeuronAblationDisplay.plot`, if it can be that."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, str) and value == "auto":
        return value
    raise ValueError(f"intervals={value!r} is not 'auto', True or False.")


def intervals_of(ablation: NeuronAblation, wanted: str | bool) -> Intervals | None:
    """Of the importances; None if the ablation does not know them, or they are not wanted.

    Parameters
    ----------
    ablation : NeuronAblation
    wanted : {"auto", True, False}
        "auto" leaves out what would have to be computed.

    Raises
    ------
    ValueError
        If they are wanted by all means, but cannot be had.
    """
    if wanted is False:
        return None
    if "importances_std" in ablation:
        # Of the draws, which are what makes importances uncertain with resampling.
        values, std = ablation.importances, ablation.importances_std
        return Intervals((values - std, values + std), "± one std of the draws")
    test = ablation.get("default_test")
    if wanted == "auto" and not _is_at_hand(ablation, test):
        return None
    if test is None:
        raise ValueError("intervals=True: the ablation does not say how it can be tested.")
    found = ablation.verdicts(alpha=ALPHA)
    scale = _common_ratio(ablation.importances, found.effects)
    if scale is None:
        if wanted == "auto":
            return None
        raise ValueError(
            "intervals=True: what the ablation tests, the mean loss, is no multiple of its "
            "score; draw the verdicts instead, by VerdictDisplay."
        )
    low, high = np.sort(scale * found.confidence_intervals, axis=1).T
    return Intervals((low, high), f"{_style.percent(1 - ALPHA)} interval")


def _is_at_hand(ablation: NeuronAblation, test: str | None) -> bool:
    needed = {"mcnemar": ("n_fixed", "n_broken"), "loss": ("loss_importances", "loss_std")}
    return test in needed and all(name in ablation for name in (*needed[test], "n_samples"))


def _common_ratio(importances: FloatArray, effects: FloatArray) -> float | None:
    """By what effects have to be multiplied to be importances; None if neuron differs from neuron.

    It is 1 where the score was tested, and that of R2 to the squared error, for example.
    """
    if np.array_equal(importances, effects, equal_nan=True):
        return 1.0
    known: NDArray[Any] = np.isfinite(importances) & np.isfinite(effects)
    if not known.any():
        return None
    largest = np.argmax(np.abs(effects[known]))
    if effects[known][largest] == 0:
        return None
    ratio = float(importances[known][largest] / effects[known][largest])
    tolerance = 1e-6 * np.abs(importances[known]).max()
    same = np.allclose(importances[known], ratio * effects[known], rtol=1e-6, atol=tolerance)
    return ratio if same else None
