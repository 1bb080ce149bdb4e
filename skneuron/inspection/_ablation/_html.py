"""How a notebook shows an ablation: plain HTML, without any other package."""

from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from skneuron.inspection._ablation._result import NeuronAblation

# Neurons at either end of the ranking.
N_SHOWN = 5

_CELL = "padding:2px 10px;text-align:right"
_BAR = "display:inline-block;height:0.7em;background:{color};width:{width:.0f}px"
_COLORS = {-1: "#c0392b", 0: "#999999", 1: "#2e7d6b"}
_WIDEST = 80


def _row(cells: list[str], tag: str = "td") -> str:
    return "<tr>" + "".join(f'<{tag} style="{_CELL}">{c}</{tag}>' for c in cells) + "</tr>"


def _bar(importance: float, largest: float) -> str:
    width = _WIDEST * abs(importance) / largest if largest > 0 else 0
    color = _COLORS[int(np.sign(importance))]
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
    shown = order
    if len(order) > 2 * N_SHOWN:
        shown = np.concatenate([order[:N_SHOWN], order[-N_SHOWN:]])
    largest = np.abs(importances[shown]).max(initial=0)
    counts = [name for name in ("n_fixed", "n_broken") if name in ablation]
    heads = ["layer", "index", "importance", "", *(name.removeprefix("n_") for name in counts)]
    rows = [_row([escape(head) for head in heads], "th")]
    for at, neuron in enumerate(shown):
        if len(order) > len(shown) and at == N_SHOWN:
            rows.append(_row(["&hellip;"] * len(heads)))
        value = importances[neuron]
        rows.append(
            _row(
                [
                    str(ablation.layer[neuron]),
                    str(ablation.index[neuron]),
                    f"{value:+.3g}",
                    _bar(value, largest),
                    *(f"{ablation[name][neuron]:g}" for name in counts),
                ]
            )
        )
    summary = escape(repr(ablation))
    return f"<div><code>{summary}</code><table>{''.join(rows)}</table></div>"
