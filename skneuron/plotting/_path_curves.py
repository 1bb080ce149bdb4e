"""The curves of `PruningPathDisplay`, with their intervals, and what they are compared with."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skneuron.plotting import _style
from skneuron.plotting._uncertainty import (
    LEVEL,
    normal_interval,
    share_errors,
    share_interval,
)
from skneuron.utils import FloatArray, NDArray, checked_int

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.lines import Line2D

# Beyond so many points markers would hide the line.
MAX_MARKERS = 40
BASELINE_LABEL = "whole network"
BAND_LABEL = f"{_style.percent(LEVEL)} interval"
# Below so many draws, a share of them is no better known than their range.
MIN_DRAWS = 20


class Curve(NamedTuple):
    """Scores along a path; what is not known of their errors is None."""

    label: str
    scores: NDArray[Any]
    errors: FloatArray | None
    interval: tuple[FloatArray, FloatArray] | None


def checked_curves(
    curves: list[tuple[str, NDArray[Any]]], n_samples: Any, standard_errors: Any
) -> list[Curve]:
    """Curves with what is known of their errors.

    Parameters
    ----------
    curves : list of (str, ndarray)
        Labels and scores; a single value of the other two refers to the first.
    n_samples, standard_errors
        As `PruningPathDisplay` takes them.
    """
    first = curves[0][0]
    labels = {label for label, _ in curves}
    by_label = {}
    for name, given in [("n_samples", n_samples), ("standard_errors", standard_errors)]:
        if not isinstance(given, Mapping):
            given = {} if given is None else {first: given}
        for label in given:
            if label not in labels:
                raise ValueError(
                    f"{name} has the label {label!r}, but the curves are {sorted(labels)}."
                )
        by_label[name] = given
    return [
        _curve(
            label, scores, by_label["n_samples"].get(label), by_label["standard_errors"].get(label)
        )
        for label, scores in curves
    ]


def _curve(label: str, scores: NDArray[Any], n_samples: Any, standard_errors: Any) -> Curve:
    if standard_errors is not None:
        errors = _style.checked_columns("standard_errors", standard_errors, scores.shape)
        return Curve(label, scores, errors, normal_interval(scores, errors))
    if n_samples is not None:
        n = checked_int("n_samples", n_samples, 1)
        return Curve(label, scores, share_errors(scores, n), share_interval(scores, n))
    return Curve(label, scores, None, None)


def draw_curves(
    ax: "Axes", x: NDArray[Any], curves: list[Curve], *, baseline: bool, intervals: bool
) -> "tuple[list[Line2D], list[Line2D], list[PolyCollection | None]]":
    """One line a curve, with the whole network's score and with a band, if wanted and known."""
    lines: list[Any] = []
    baselines: list[Any] = []
    bands: list[Any] = []
    shows_points = len(x) <= MAX_MARKERS
    for at, curve in enumerate(curves):
        marker = _style.MARKERS[at % len(_style.MARKERS)] if shows_points else ""
        size = None if marker == "." else 3.5
        lines += ax.plot(x, curve.scores, marker=marker, markersize=size, label=curve.label)
    for line, curve in zip(lines, curves, strict=True):
        colour, band = line.get_color(), None
        if intervals and curve.interval is not None:
            band = ax.fill_between(x, *curve.interval, color=colour, zorder=1, **_style.BAND)
        bands.append(band)
        if baseline:
            baselines.append(ax.axhline(curve.scores[0], color=colour, **_style.DASHED))
    # One entry for all of a kind, also of displays drawn before on the same axes.
    known = [band for band in bands if band is not None]
    for label, artists in [(BASELINE_LABEL, baselines), (BAND_LABEL, known)]:
        if artists and label not in ax.get_legend_handles_labels()[1]:
            artists[0].set_label(label)
    return lines, baselines, bands


def draw_random_removals(
    ax: "Axes", x: NDArray[Any], scores: NDArray[Any] | None
) -> "PolyCollection | None":
    """A band with the scores of random removals; None if there are none."""
    if scores is None:
        return None
    n_draws = len(scores)
    if n_draws < MIN_DRAWS:
        low, high = scores.min(axis=0), scores.max(axis=0)
        label = f"random removals: range of {n_draws}"
    else:
        low, high = np.percentile(scores, [5, 95], axis=0)
        label = f"random removals: 90 % of {n_draws}"
    band = ax.fill_between(
        x, low, high, facecolor="none", edgecolor="0.6", hatch="////", linewidth=0.0, zorder=0.5
    )
    band.set_label(label)
    return band


def checked_label(label: Any) -> Any:
    """A label that matplotlib shows in legends."""
    if not isinstance(label, str) or label.startswith("_"):
        raise ValueError(
            f"further_scores has the label {label!r}: legends need texts that do not begin with "
            "an underscore."
        )
    return label
