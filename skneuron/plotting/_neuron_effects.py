"""One effect with an interval for each neuron: names where there are few, a band where many."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skneuron.plotting import _style
from skneuron.surgery import neuron_name
from skneuron.utils import FloatArray, IntArray, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Markers differ as well, for those who see no colours.
BELOW, UNCLEAR, ABOVE = (_style.ROTTEN, "v"), ("#8C8C8C", "o"), (_style.USEFUL, "^")
VERDICTS = {"rotten": BELOW, "undecided": UNCLEAR, "useful": ABOVE}


class Effects(NamedTuple):
    """What is drawn of the neurons, sorted from the most rotten to the most useful."""

    names: list[str]
    values: FloatArray
    low: FloatArray
    high: FloatArray
    kinds: NDArray[Any]
    order: IntArray
    styles: dict[str, tuple[str, str]] = VERDICTS  # of each kind, in the legend's order

    @classmethod
    def sorted_by_value(
        cls,
        layer: NDArray[Any],
        index: NDArray[Any],
        values: FloatArray,
        interval: tuple[FloatArray, FloatArray],
        kinds: NDArray[Any],
        styles: dict[str, tuple[str, str]] = VERDICTS,
    ) -> "Effects":
        """From columns with one entry a neuron; NaN comes last."""
        order = np.argsort(values, kind="stable")
        names = [neuron_name(int(layer[at]), int(index[at])) for at in order]
        low, high = interval
        return cls(names, values[order], low[order], high[order], kinds[order], order, styles)

    @property
    def are_few(self) -> bool:
        """Whether every neuron has its name and its line."""
        return len(self.names) <= _style.MAX_NAMES


def height_for(n_neurons: int) -> float:
    """Inches of a figure with so many names below one another, or with a band."""
    return 1.3 + 0.2 * n_neurons if n_neurons <= _style.MAX_NAMES else 3.4


def draw_effects(
    plt: Any,
    panel: "Axes",
    effects: Effects,
    label: str,
    interval_label: str,
    notes: Sequence[str] | None = None,
) -> None:
    """Points with intervals, coloured by kind.

    Parameters
    ----------
    plt : module
    panel : Axes
    effects : Effects
    label : str
        Of the axis of the values.
    interval_label : str
        Of the intervals, in the legend.
    notes : sequence of str, default=None
        What stands behind each name where neurons are few, in the order of ``effects``.
    """
    draw = _draw_few if effects.are_few else _draw_many
    handles = draw(plt, panel, effects, interval_label)
    _style.legend_above(panel, handles)
    if not effects.are_few:
        panel.set(xlim=(0.5, len(effects.names) + 0.5), ylabel=label)
        panel.set_xlabel("neurons, sorted by effect")
        _style.integer_ticks(plt, panel.xaxis)
        return
    n = len(effects.names)
    panel.set(ylim=(n + 0.5, 0.5), xlabel=label)
    panel.set_yticks(np.arange(1, n + 1), labels=effects.names, fontsize="small")
    panel.spines["left"].set_visible(False)
    panel.tick_params(axis="y", length=0)
    for rank, note in enumerate(notes or [], 1):
        panel.text(
            1.02, rank, note, transform=panel.get_yaxis_transform(), fontsize="small", va="center"
        )


def draw_points(
    plt: Any, panel: "Axes", effects: Effects, values: FloatArray, *, across: bool = False
) -> list[Any]:
    """A marker a neuron, at ``values``; returns the handles of the legend, which count them."""
    ranks = np.arange(1, len(values) + 1)
    # Of many points only those that stand out are large enough to be seen one by one.
    small = 5.0 if effects.are_few else 2.5
    handles = []
    for kind, (colour, marker) in effects.styles.items():
        members = effects.kinds == kind
        unclear = (colour, marker) == UNCLEAR
        size = small if unclear else max(small, 4.5)
        at = (values[members], ranks[members]) if across else (ranks[members], values[members])
        style: dict[str, Any] = {
            "linestyle": "",
            "color": colour,
            "marker": marker,
            "markeredgewidth": 0,
        }
        panel.plot(*at, markersize=size, zorder=2.0 if unclear else 2.5, **style)
        label = f"{kind}: {np.count_nonzero(members)}"
        handles.append(plt.Line2D([], [], markersize=5.0, label=label, **style))
    return handles


def _draw_few(plt: Any, panel: "Axes", effects: Effects, interval_label: str) -> list[Any]:
    """A line a neuron, the most rotten above."""
    ranks = np.arange(1, len(effects.names) + 1)
    panel.axvline(0, zorder=0.5, **_style.ZERO_LINE)
    shown = np.isfinite(effects.low) & np.isfinite(effects.high)
    colours = [effects.styles[kind][0] for kind in effects.kinds[shown]]
    panel.hlines(
        ranks[shown], effects.low[shown], effects.high[shown], color=colours, linewidth=1.6
    )
    handles = draw_points(plt, panel, effects, effects.values, across=True)
    if shown.any():
        handles.append(plt.Line2D([], [], color=UNCLEAR[0], linewidth=1.6, label=interval_label))
    return handles


def _draw_many(plt: Any, panel: "Axes", effects: Effects, interval_label: str) -> list[Any]:
    """A band of all intervals, and those of the neurons that stand out as lines."""
    ranks = np.arange(1, len(effects.names) + 1)
    panel.axhline(0, zorder=0.5, **_style.ZERO_LINE)
    shown = np.isfinite(effects.low) & np.isfinite(effects.high)
    band = panel.fill_between(
        ranks,
        np.where(shown, effects.low, np.nan),
        np.where(shown, effects.high, np.nan),
        step="mid", color="0.55", zorder=0.4, label=interval_label, **_style.BAND,
    )  # fmt: skip
    for kind, style in effects.styles.items():
        if style == UNCLEAR:
            continue
        members = shown & (effects.kinds == kind)
        panel.vlines(
            ranks[members], effects.low[members], effects.high[members],
            color=style[0], linewidth=0.8, alpha=0.7,
        )  # fmt: skip
    return [*draw_points(plt, panel, effects, effects.values), *([band] if shown.any() else [])]
