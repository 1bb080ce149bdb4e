"""How a notebook shows an ablation: plain HTML, without any other package."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from skneuron.surgery import neuron_name
from skneuron.utils import SIGN_COLORS, IntArray, html_page, html_row, shown_rows

if TYPE_CHECKING:
    from skneuron.inspection._ablation._result import NeuronAblation

# Neurons at either end of the ranking.
N_SHOWN = 5

_BAR = "display:inline-block;height:0.7em;background:{color};width:{width:.0f}px"
_WIDEST = 80


def _bar(importance: float, largest: float) -> str:
    width = _WIDEST * abs(importance) / largest if largest > 0 else 0
    color = SIGN_COLORS[int(np.sign(importance))]
    return f'<span style="{_BAR.format(color=color, width=width)}"></span>'


def ablation_html(ablation: "NeuronAblation") -> str:
    """The summary, and a table of the most rotten and the most useful neurons.

    Parameters
    ----------
    ablation : NeuronAblation

    Returns
    -------
    html : str
    """
    importances = ablation.importances
    known = np.flatnonzero(np.isfinite(importances))
    order = known[np.argsort(importances[known], kind="stable")]
    counts = [name for name in ("n_fixed", "n_broken") if name in ablation]
    counted = (name.removeprefix("n_") for name in counts)
    heads = ["layer", "index", "name", "importance", "", *counted]
    positions, has_gap = shown_rows(len(order), N_SHOWN)
    rows = list(_rows(ablation, order[positions], counts))
    if has_gap:
        rows.insert(N_SHOWN, html_row(["&hellip;"] * len(heads)))
    return html_page(repr(ablation), heads, rows)


def _rows(ablation: "NeuronAblation", shown: IntArray, counts: list[str]) -> Iterator[str]:
    importances = ablation.importances
    largest = np.abs(importances[shown]).max(initial=0)
    for neuron in shown:
        layer, index, value = (
            ablation[name][neuron] for name in ("layer", "index", "importances")
        )
        yield html_row(
            [
                str(layer),
                str(index),
                neuron_name(layer, index),
                f"{value:+.3g}",
                _bar(value, largest),
                *(f"{ablation[name][neuron]:g}" for name in counts),
            ]
        )
