"""The two kinds of panels of `NeuronAblationDisplay`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.plotting import _style
from skneuron.utils import FloatArray, IntArray, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Beyond so many in a panel, single labels would overlap.
MAX_NEURON_LABELS, MAX_CLASS_LABELS = 12, 20
# With more bars, gaps between them would come and go with the pixels.
MAX_SEPARATE_BARS = 30
# A handful of cells are an order of magnitude above the rest, which would all look white if the
# colours reached to the largest; the colour bar's arrows say that the scale is cut.
COLOUR_PERCENTILE = 99.0


def draw_distribution(
    plt: Any, axes: NDArray[Any], orders: Sequence[IntArray], importances: FloatArray
) -> None:
    """Bars of the importances, the neurons of each of the axes in the order given."""
    low, high = limits = _limits_with_room([importances[order] for order in orders])
    for panel, order in zip(axes, orders, strict=True):
        handles = _draw_bars(plt, panel, importances[order])
        panel.set_ylim(limits)
        panel.legend(
            handles=handles,
            loc="upper left" if high >= -low else "lower right",
            fontsize="small",
            framealpha=0.8,
            edgecolor="none",
            handlelength=1.0,
        )
        _style.despine(panel)


def _limits_with_room(panels: list[FloatArray]) -> tuple[float, float]:
    """Limits of the common y axis, with room for the legends.

    Sorted bars leave a corner free for the legend, unless most of them are large.
    """
    finite = [values[np.isfinite(values)] for values in panels]
    low = min(float(values.min(initial=0.0)) for values in finite)
    high = max(float(values.max(initial=0.0)) for values in finite)
    if low == high:
        return -1.0, 1.0
    largest = max(high, -low)
    is_free = all(np.median(np.abs(values)) < 0.5 * largest for values in finite if values.size)
    space, margin = (0.05 if is_free else 0.5) * largest, 0.05 * largest
    return (low - margin, high + space) if high >= -low else (low - space, high + margin)


def _draw_bars(plt: Any, panel: "Axes", values: FloatArray) -> list[Any]:
    """One bar a neuron, coloured by sign; returns the handles of the legend."""
    ranks = np.arange(1, len(values) + 1)
    width = 0.8 if len(values) <= MAX_SEPARATE_BARS else 1.0
    kinds = {
        "rotten": (_style.ROTTEN, values < 0),
        "neutral": (_style.NEUTRAL, values == 0),
        "useful": (_style.USEFUL, values > 0),
    }
    panel.axhline(0, zorder=0.5, **_style.ZERO_LINE)
    handles = []
    for name, (colour, members) in kinds.items():
        panel.bar(ranks[members], values[members], width, color=colour)
        if members.any():
            # On the zero line the colour shows even where the bars are too low to be seen.
            ends = ranks[members][[0, -1]] + [-width / 2, width / 2]
            panel.plot(ends, [0, 0], color=colour, linewidth=2, solid_capstyle="butt")
        label = f"{name}: {np.count_nonzero(members)}"
        handles.append(plt.Rectangle((0, 0), 1, 1, color=colour, label=label))
    return handles


def draw_classes(
    plt: Any,
    axes: NDArray[Any],
    orders: Sequence[IntArray],
    values: FloatArray,
    classes: NDArray[Any],
    cmap: _style.ColormapLike,
) -> None:
    """Heat maps of ``values`` of shape (n_neurons, n_classes), and their colour bar."""
    limit = _style.symmetric_limit(values, COLOUR_PERCENTILE)
    step = -(-len(classes) // MAX_CLASS_LABELS)
    for panel, order in zip(axes, orders, strict=True):
        image = panel.imshow(
            values[order].T,
            aspect="auto",
            interpolation="nearest",
            cmap=plt.get_cmap(cmap).with_extremes(bad=_style.NEUTRAL),
            vmin=-limit,
            vmax=limit,
            extent=(0.5, len(order) + 0.5, len(classes) - 0.5, -0.5),
        )
        panel.set_yticks(np.arange(len(classes))[::step], labels=classes[::step], parse_math=False)
    beyond = bool((values < -limit).any()), bool((values > limit).any())
    extend = {(True, True): "both", (True, False): "min", (False, True): "max"}
    axes[0].figure.colorbar(
        image,
        ax=list(axes),
        label="loss of recall without the neuron",
        extend=extend.get(beyond, "neither"),
    )


def label_neurons(panel: "Axes", index: IntArray) -> None:
    """Mark the sorted neurons with their own indices, or with ranks if they are many."""
    panel.set_xlim(0.5, len(index) + 0.5)
    if len(index) <= MAX_NEURON_LABELS:
        panel.set_xticks(np.arange(1, len(index) + 1), labels=index, fontsize="small")
        panel.set_xlabel("neuron (sorted by importance)")
    else:
        panel.set_xlabel("neurons, sorted by importance")
