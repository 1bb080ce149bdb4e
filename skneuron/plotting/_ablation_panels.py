"""The two kinds of panels of `NeuronAblationDisplay`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.plotting import _style
from skneuron.plotting._ablation_intervals import Intervals
from skneuron.utils import FloatArray, IntArray, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

# What a label takes, in inches: closer together they would run into each other.
NEURON_INCHES, CLASS_INCHES, LABEL_INCHES = 0.2, 0.17, 2.3
MAX_CLASS_LABELS = 20
# What a title keeps off: the axes, in points, and rows of the legend, in sizes of their letters.
GAP_POINTS, LEGEND_ROW_LETTERS = 5.5, 1.56
# With more bars, gaps between them would come and go with the pixels.
MAX_SEPARATE_BARS = 30
# A handful of cells are an order of magnitude above the rest, which would all look white if the
# colours reached to the largest; the colour bar's arrows say that the scale is cut.
COLOUR_PERCENTILE = 99.0


def draw_distribution(
    plt: Any,
    axes: NDArray[Any],
    orders: Sequence[IntArray],
    importances: FloatArray,
    intervals: Intervals | None = None,
) -> list[list[Any]]:
    """Bars of the importances, the neurons of each of the axes in the order given.

    Returns
    -------
    handles : list of list
        For each of the axes, what its legend has to explain.
    """
    ends = np.array([importances, importances] if intervals is None else intervals.ends)
    limits = _limits(np.array([importances, *ends]))
    handles = []
    for panel, order in zip(axes, orders, strict=True):
        handles.append(_draw_bars(plt, panel, importances[order]))
        if intervals is not None:
            low, high = ends[:, order]
            handles[-1].append(_draw_intervals(panel, low, high, intervals.label))
        panel.set_ylim(limits)
        _style.despine(panel)
    return handles


def add_titles(
    axes: NDArray[Any], titles: Sequence[str], handles: Sequence[Sequence[Any]] | None = None
) -> None:
    """Titles and, below them, legends, in as few rows as fit."""
    if handles is None:
        for panel, title in zip(axes, titles, strict=True):
            panel.set_title(title, fontsize="medium")
        return
    for panel, title, entries in zip(axes, titles, handles, strict=True):
        _add_title_and_legend(panel, title, entries, n_rows=1)
    # How wide axes are is known when their labels have been laid out.
    figure = axes[0].figure.canvas.figure
    figure.draw_without_rendering()
    for panel, title, entries in zip(axes, titles, handles, strict=True):
        room = _end_of_room(panel, figure)
        for n_rows in range(2, len(entries) + 1):
            if panel.get_legend().get_window_extent().x1 <= room:
                break
            _add_title_and_legend(panel, title, entries, n_rows=n_rows)
    if figure.get_layout_engine() is None:
        _make_room_above(axes, figure)


def _make_room_above(axes: NDArray[Any], figure: Any) -> None:
    """Lower the upper ends of axes as far as their titles would leave the figure."""
    figure.draw_without_rendering()
    for panel in axes:
        beyond = (panel.title.get_window_extent().y1 - figure.bbox.y1) / figure.bbox.height
        x, y, width, height = panel.get_position().bounds
        if 0 < beyond < height / 2:
            panel.set_position((x, y, width, height - beyond))


def _end_of_room(panel: "Axes", figure: Any) -> float:
    """Where the next axes to the right begin, whosever they are, or else the figure ends."""
    own, legend = panel.get_window_extent(), panel.get_legend()
    height = 0.0 if legend is None else legend.get_window_extent().height
    others = [other.get_window_extent() for other in figure.axes]
    beside = [o for o in others if o.y0 < own.y1 + height and own.y1 < o.y1 + height]
    return float(min((o.x0 for o in beside if o.x0 >= own.x1), default=figure.bbox.x1))


def _add_title_and_legend(
    panel: "Axes", title: str, handles: Sequence[Any], *, n_rows: int
) -> None:
    legend = _style.legend_above(panel, list(handles), n_cols=-(-len(handles) // n_rows))
    legend.set_in_layout(False)  # there, a wide one would only make its axes narrower
    row = LEGEND_ROW_LETTERS * float(legend.get_texts()[0].get_fontsize())
    panel.set_title(title, fontsize="medium", pad=GAP_POINTS + row * n_rows)


def _limits(values: FloatArray) -> tuple[float, float]:
    """Limits of the common y axis, with a margin."""
    low = float(_style.finite(values).min(initial=0.0))
    high = float(_style.finite(values).max(initial=0.0))
    if low == high:
        return -1.0, 1.0
    margin = 0.05 * max(high, -low)
    return low - margin, high + margin


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


def _draw_intervals(panel: "Axes", low: FloatArray, high: FloatArray, label: str) -> Any:
    """A line at each bar, or a band if bars have no gaps between them; for the legend."""
    ranks = np.arange(1, len(low) + 1)
    if len(low) <= MAX_SEPARATE_BARS:
        return panel.vlines(ranks, low, high, color="0.15", linewidth=1.0, label=label)
    # Half a place further at both ends, to cover the outer bars as well.
    at = np.r_[0.5, ranks, len(ranks) + 0.5]
    low, high = np.r_[low[0], low, low[-1]], np.r_[high[0], high, high[-1]]
    return panel.fill_between(
        at, low, high, step="mid", color="0.5", zorder=0.4, label=label, **_style.BAND
    )


def draw_classes(
    plt: Any,
    axes: NDArray[Any],
    orders: Sequence[IntArray],
    values: FloatArray,
    classes: NDArray[Any],
    cmap: "Colormap",
) -> None:
    """Heat maps of ``values`` of shape (n_neurons, n_classes), and their colour bar."""
    limit = _style.symmetric_limit(values, COLOUR_PERCENTILE)
    for panel, order in zip(axes, orders, strict=True):
        fit = max(_style.labels_that_fit(panel, CLASS_INCHES, across=False), 1)
        step = -(-len(classes) // min(fit, MAX_CLASS_LABELS))
        image = panel.imshow(
            values[order].T,
            aspect="auto",
            interpolation="nearest" if len(order) <= MAX_SEPARATE_BARS else "antialiased",
            cmap=cmap,
            vmin=-limit,
            vmax=limit,
            extent=(0.5, len(order) + 0.5, len(classes) - 0.5, -0.5),
        )
        _style.hatched_where_missing(panel, values[order])
        names = [_style.shortened(str(label)) for label in classes[::step]]
        panel.set_yticks(np.arange(len(classes))[::step], labels=names, parse_math=False)
    axes[0].figure.colorbar(
        image,
        ax=list(axes),
        label="loss of recall\nwithout the neuron",
        extend=_style.extension(values, limit),
    )


def label_neurons(plt: Any, panel: "Axes", index: IntArray) -> None:
    """Mark the sorted neurons with their own indices, or with ranks if they are many."""
    panel.set_xlim(0.5, len(index) + 0.5)
    if len(index) <= _style.labels_that_fit(panel, NEURON_INCHES, across=True):
        panel.set_xticks(np.arange(1, len(index) + 1), labels=index, fontsize="small")
        label = "neuron (sorted by importance)"
    else:
        _style.integer_ticks(plt, panel.xaxis)
        label = "neurons, sorted by importance"
    is_wide = _style.labels_that_fit(panel, LABEL_INCHES, across=True)
    panel.set_xlabel(label if is_wide else label.replace(" by", "\nby"))
