"""The page's larger pictures: SVG or PNG, whichever is smaller, and what they show in words."""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from skneuron.inspection import NeuronAblation
from skneuron.report._comparison import ALPHA
from skneuron.report._contents import Curve, NetworkContents
from skneuron.report._neurons import Effects, can_be_tested
from skneuron.report._score import ScoreWords
from skneuron.report._thumbnails import data_address
from skneuron.report._words import counted, layer_in_words, listed

# On a screen 400 pixels wide, the text in the pictures has the size that it has here.
WIDTH = 4.3  # inches
DPI = 220
SURELY_SMALLER = 15_000  # bytes
# Up to so many neurons have their names in the picture of effects.
N_NAMED = 30
# Of the name of a class, beside a picture that is to have some room as well.
MOST_LETTERS = 14
# Text in an SVG file is drawn in the reader's font; names in it do not depend on chance.
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "skneuron",
    "font.family": "sans-serif",
    "font.sans-serif": ["Arial", "Helvetica", "Liberation Sans", "DejaVu Sans"],
    "font.size": 9.0,
    "axes.labelsize": 9.0,
    "axes.titlesize": 9.0,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
}
CURVE_CAPTION = (
    "Score while one neuron after the other is removed, from the left to the right. The band is "
    "the 95 % interval of the difference from the whole network, of each size alone."
)
HONEST_CAPTION = (
    " The neurons were chosen on other samples, so of the two curves the test curve is the honest "
    "one."
)


@dataclass(frozen=True)
class Picture:
    """A picture inside the page.

    Attributes
    ----------
    address : str
        The file itself, as an address.
    text : str
        What it shows, in words and numbers.
    caption : str
        How to read it.
    """

    address: str
    text: str
    caption: str


def pictures_of(network: NetworkContents) -> dict[str, Picture]:
    """By name: "curve", "effects" and "classes", as far as there is something to show."""
    import matplotlib.style

    # The report does not depend on the caller's settings, and leaves them as they are.
    with matplotlib.style.context(["default", STYLE]), _quiet_fonts():
        pictures = {"effects": _effects(network)}
        if network.curve is not None:
            pictures["curve"] = _curve(network, network.curve)
        if "class_importances" in network.ablation and len(network.neurons) > 1:
            pictures["classes"] = _classes(network)
    return pictures


@contextmanager
def _quiet_fonts() -> Iterator[None]:
    """Without a warning for each font, and each letter, that is not on this machine."""
    logger = logging.getLogger("matplotlib.font_manager")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # The reader's fonts may have what this machine's do not.
            warnings.filterwarnings("ignore", "Glyph ", UserWarning)
            yield
    finally:
        logger.setLevel(before)


def _curve(network: NetworkContents, curve: Curve) -> Picture:
    from skneuron.plotting import PruningPathDisplay

    words = network.score_words
    scale = words.scale
    # Not where another score chose.
    is_known_where_chosen = not network.same_samples and bool(np.isfinite(curve.chosen_on).all())
    figure = _figure(3.0)
    ax = figure.subplots()
    display = PruningPathDisplay(
        curve.n_neurons,
        scale * curve.test,
        further_scores={"samples that chose the neurons": scale * curve.chosen_on}
        if is_known_where_chosen
        else {},
        n_neurons_selected=curve.n_selected if curve.n_selected in curve.n_neurons else None,
        name="test, with 95 % interval",
        score_name=_axis(words),
    ).plot(ax=ax)
    own = display.lines_[0].get_color()
    # No share is below 0 or above 1, whatever an interval says.
    ends = [np.clip(end, 0, 1) if words.is_share else end for end in (curve.low, curve.high)]
    ax.fill_between(curve.n_neurons, *(scale * end for end in ends), color=own, alpha=0.18, lw=0)
    ax.spines[["top", "right"]].set_visible(False)
    return Picture(
        _address(figure),
        curve_in_words(network, curve),
        CURVE_CAPTION
        + (HONEST_CAPTION if is_known_where_chosen else "")
        + _changed_after(network, curve),
    )


def _axis(words: ScoreWords) -> str:
    return f"{words.name}, %" if words.is_share else words.name


def _lost(words: ScoreWords) -> str:
    """What the axis of effects has, as the table does."""
    what = f"points of {words.name}" if words.is_share else words.name
    return f"{what} lost without the neuron"


def _changed_after(network: NetworkContents, curve: Curve) -> str:
    """That the chosen network is not the one on the curve; empty if it is."""
    on_curve = curve.test[curve.n_neurons == curve.n_selected]
    chosen = network.chosen
    if chosen is None or not len(on_curve) or abs(on_curve[0] - chosen.score) < 1e-9:
        return ""
    score = network.score_words.value(chosen.score)
    return f" The network that was chosen was changed after that, and scores {score}."


def _effects(network: NetworkContents) -> Picture:
    """The effects of the table, in its unit."""
    from skneuron.plotting import NeuronAblationDisplay, VerdictDisplay

    words, ablation = network.score_words, network.ablation
    n_neurons = len(ablation.layer)
    figure = _figure(0.8 + 0.19 * n_neurons if n_neurons <= N_NAMED else 3.8)
    lost = _lost(words)
    if can_be_tested(ablation):
        found = Effects.of(ablation)
        verdicts = ablation.verdicts(alpha=ALPHA)
        verdicts |= {
            "effects": words.scale * found.effects,
            "confidence_intervals": words.scale * np.column_stack([found.low, found.high]),
        }
        ax = (
            VerdictDisplay(verdicts, ablation.layer, ablation.index).plot(ax=figure.subplots()).ax_
        )
        # Of neurons that have names, effects go to the right.
        if ax.get_xlabel():
            ax.set_xlabel(lost)
        else:
            ax.set_ylabel(lost.replace(" without", "\nwithout"))
    else:
        axes = list(figure.subplots(_n_layers(network), squeeze=False).flat)
        in_unit = NeuronAblation(**ablation | {"importances": words.scale * ablation.importances})
        NeuronAblationDisplay.from_ablation(in_unit, intervals=False, ax=axes)
        for ax in axes:
            ax.set_ylabel(lost.replace(" without", "\nwithout"))
    return Picture(
        _address(figure),
        effects_in_words(network),
        effects_caption(network),
    )


def effects_caption(network: NetworkContents) -> str:
    """How to read the picture of effects."""
    intervals = ", with 95 % intervals" if can_be_tested(network.ablation) else ""
    return (
        f"What test {network.score_words.name} loses without each neuron{intervals}: below zero, "
        "the network is better off without it."
    )


def _classes(network: NetworkContents) -> Picture:
    from skneuron.plotting import NeuronAblationDisplay

    n_layers = _n_layers(network)
    figure = _figure(2.6 * n_layers)
    axes = list(figure.subplots(n_layers, squeeze=False).flat)
    names = [
        name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"
        for name in network.class_names
    ]
    named = NeuronAblation(
        **network.ablation
        | {
            "classes": np.array(names),
            "class_importances": 100 * network.ablation.class_importances,
        }
    )
    NeuronAblationDisplay.from_ablation(named, kind="classes", ax=axes)
    # The colour bar is the last of the figure's axes.
    figure.axes[-1].set_ylabel("points of recall lost\nwithout the neuron")
    return Picture(
        _address(figure),
        classes_in_words(network),
        "What the recall of each class loses without each neuron; the neurons are sorted by what "
        "they are worth to all classes.",
    )


def _n_layers(network: NetworkContents) -> int:
    return len(set(network.ablation.layer.tolist()))


def curve_in_words(network: NetworkContents, curve: Curve) -> str:
    """The ends of the curve, and the size that was chosen."""
    words = network.score_words
    marks = {0, len(curve.test) - 1, *np.flatnonzero(curve.n_neurons == curve.n_selected).tolist()}
    scores = [
        f"{words.value(curve.test[at])} with {counted(int(curve.n_neurons[at]), 'neuron')}"
        for at in sorted(marks)
    ]
    return f"Size against test {words.name}: {listed(scores)}."


def effects_in_words(network: NetworkContents) -> str:
    """Counts, and the extremes, of what the picture shows."""
    ablation, words = network.ablation, network.score_words
    parts = []
    for layer in sorted(set(ablation.layer.tolist())):
        of_layer = ablation.importances[ablation.layer == layer]
        known = of_layer[np.isfinite(of_layer)]
        if len(known):
            parts.append(
                f"{layer_in_words(layer, network.n_layers)}, {counted(len(of_layer), 'neuron')}:"
                f" {words.change(float(known.min()))} to {words.change(float(known.max()))} "
                f"{words.unit}, "
                f"{int((known < 0).sum())} below zero"
            )
    return f"Effects of single neurons. {'; '.join(parts)}."


def classes_in_words(network: NetworkContents) -> str:
    """The class and the neuron that need each other most."""
    losses = np.nan_to_num(network.ablation.class_importances)
    neuron, label = divmod(int(np.argmax(losses)), losses.shape[1])
    return (
        f"Loss of recall by neuron and class, {losses.shape[0]} by {losses.shape[1]}: the largest "
        f"is {100 * losses[neuron, label]:+.1f} points, of class "
        f"{network.class_names[label]} without {network.neurons[neuron].name}; the smallest is "
        f"{100 * losses.min():+.1f}."
    )


def _figure(height: float) -> Any:
    # Not through pyplot, which would need a backend and keep the figure.
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height), layout="constrained")


def _address(figure: Any) -> str:
    """The smaller one of two files, the same for the same picture on the same matplotlib."""
    svg = _file(figure, "svg", {"Date": None, "Creator": None})
    # The layout has been found.
    figure.set_layout_engine("none")
    # Smaller than any PNG file of this size with text in it, which takes as long to draw.
    if len(svg) < SURELY_SMALLER:
        return data_address("svg+xml", svg)
    png = _file(figure, "png", {"Software": None})
    if len(svg) <= len(png):
        return data_address("svg+xml", svg)
    return data_address("png", png)


def _file(figure: Any, kind: str, metadata: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=DPI, transparent=True, metadata=metadata)
    return buffer.getvalue()
