"""The panels of `ReceptiveFieldDisplay`: weights of pixels as images, of features as bars."""

from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.plotting import _style
from skneuron.utils import FloatArray, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

# As the ends of the colours of images.
NEGATIVE, POSITIVE = "#EDB84A", "#0A2A66"


# A single pixel may be far above all others, and bleach the patterns of all neurons.
COLOUR_PERCENTILE = 99.0


def limits_of(patterns: FloatArray, scale: str, percentile: float = 100.0) -> list[float]:
    """The largest weight that each panel shows as it is."""
    if scale == "shared":
        return [_style.symmetric_limit(patterns, percentile)] * len(patterns)
    return [_style.symmetric_limit(pattern) for pattern in patterns]


def draw_images(
    axes: NDArray[Any],
    patterns: FloatArray,
    image_shape: tuple[int, ...],
    limits: list[float],
    cmap: "Colormap",
) -> None:
    """One image a pattern."""
    for panel, pattern, limit in zip(axes, patterns, limits, strict=True):
        if image_shape[2:] == (3,):
            panel.imshow(0.5 + 0.5 * np.clip(pattern.reshape(image_shape) / limit, -1, 1))
        else:
            panel.imshow(pattern.reshape(image_shape[:2]), cmap=cmap, vmin=-limit, vmax=limit)
        panel.set(xticks=[], yticks=[])


def draw_bars(
    axes: NDArray[Any],
    patterns: FloatArray,
    names: list[str],
    limits: list[float],
    n_features: int,
) -> None:
    """The features with the largest weights of each pattern, the largest above."""
    for panel, pattern, limit in zip(axes, patterns, limits, strict=True):
        _draw_strongest(panel, pattern, names, limit, n_features)


def _draw_strongest(
    panel: "Axes", pattern: FloatArray, names: list[str], limit: float, n_features: int
) -> None:
    strongest = np.argsort(-np.abs(np.nan_to_num(pattern)), kind="stable")[:n_features]
    ranks = np.arange(1, len(strongest) + 1)
    weights = pattern[strongest]
    colours = [NEGATIVE if weight < 0 else POSITIVE for weight in weights]
    panel.barh(ranks, weights, 0.75, color=colours)
    panel.axvline(0, zorder=0.5, **_style.ZERO_LINE)
    panel.set(xlim=(-1.05 * limit, 1.05 * limit), ylim=(n_features + 0.5, 0.5))
    panel.set_yticks(
        ranks,
        labels=[_style.shortened(names[at]) for at in strongest],
        fontsize="small",
        parse_math=False,
    )
    panel.tick_params(axis="y", length=0)
    panel.tick_params(axis="x", labelsize="small")
    panel.set_xlabel("weight", fontsize="small")
    panel.locator_params(axis="x", nbins=4)
    panel.spines[["top", "right", "left"]].set_visible(False)
