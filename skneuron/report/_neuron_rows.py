"""Rows of the table of all neurons: every cell as text, and where its bar stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skneuron.report._contents import Example, NetworkContents, NeuronContents
from skneuron.report._score import NO_NUMBER, ScoreWords, signed
from skneuron.report._tables import p_value_text
from skneuron.report._thumbnails import data_address
from skneuron.report._words import layer_in_words

# Bars end where so many of the intervals do, or one neuron would make all others invisible.
BAR_PERCENTILE = 97
ROOM_AT_ZERO = 0.1
# Examples in words of a neuron that are seen at once; the others unfold.
N_UNFOLDED = 2


@dataclass(frozen=True)
class Columns:
    """Which columns the table has: those that have something in them."""

    image: bool
    features: bool
    classes: bool
    counts: bool
    layers: bool
    texts: bool

    @classmethod
    def of(cls, network: NetworkContents) -> "Columns":
        """Those of a network."""
        neurons = network.neurons
        return cls(
            image=any(neuron.image is not None for neuron in neurons),
            features=any(neuron.features for neuron in neurons),
            classes="class_importances" in network.ablation,
            counts=any(neuron.n_fixed is not None for neuron in neurons),
            layers=len(network.sizes) > 1,
            texts=any(
                example.image is None
                for neuron in neurons
                for example in (*neuron.fixed, *neuron.broken)
            ),
        )


def neuron_rows(network: NetworkContents) -> list[dict[str, Any]]:
    """One row a neuron, the most rotten first."""
    neurons = sorted(network.neurons, key=lambda neuron: (np.isnan(neuron.effect), neuron.effect))
    limits = bar_limits(neurons)
    return [_row(neuron, network, limits) for neuron in neurons]


def bar_limits(neurons: Sequence[NeuronContents]) -> tuple[float, float]:
    """The effects at the left and the right end of a bar, with zero between them.

    Where all neurons are useful, as they are to many a regression, the half below zero would be
    empty, and the intervals in the other one too short to be seen.
    """
    ends = np.array([end for neuron in neurons for end in (neuron.low, neuron.high)])
    ends = ends[np.isfinite(ends)]
    if not ends.any():
        return -1.0, 1.0
    largest = float(np.percentile(np.abs(ends), BAR_PERCENTILE))
    low, high = max(float(ends.min()), -largest), min(float(ends.max()), largest)
    # Zero is never at the very end: it is seen which side is which.
    return min(low, -largest * ROOM_AT_ZERO), max(high, largest * ROOM_AT_ZERO)


def _row(
    neuron: NeuronContents, network: NetworkContents, limits: tuple[float, float]
) -> dict[str, Any]:
    words = network.score_words
    layer, mark, index = neuron.name.partition("_")
    return {
        # A name may be broken between these.
        "layer_part": layer + mark,
        "neuron_part": index,
        "layer": layer_in_words(neuron.layer, network.n_layers),
        "image": "" if neuron.image is None else data_address("png", neuron.image),
        "features": weights_text(neuron.features),
        "effect": words.change(neuron.effect),
        "value": f"{neuron.effect:.6g}",
        "interval": words.interval(neuron.low, neuron.high),
        "bar": bar(neuron, limits),
        "verdict": neuron.verdict,
        "q": p_value_text(neuron.q_value),
        "q_value": f"{neuron.q_value:.3g}",
        "removed": neuron.is_removed,
        "helped": classes_text(neuron.helped, neuron.n_helped),
        "hurt": classes_text(neuron.hurt, neuron.n_hurt),
        "n_fixed": count_text(neuron.n_fixed),
        "n_broken": count_text(neuron.n_broken),
        "fixed": _examples(neuron.fixed),
        "broken": _examples(neuron.broken),
    }


def bar(neuron: NeuronContents, limits: tuple[float, float]) -> str:
    """Left end, width and middle of an interval, and zero, in per cent of the bar's width."""
    if not np.isfinite(neuron.effect):
        return ""
    ends = [neuron.low, neuron.effect, neuron.high]
    low, high = limits
    left, middle, right, zero = (
        100 * (float(np.clip(end, low, high)) - low) / (high - low)
        for end in [*np.where(np.isfinite(ends), ends, 0.0), 0.0]
    )
    return f"--l:{left:.0f}%;--w:{max(right - left, 1):.0f}%;--m:{middle:.0f}%;--z:{zero:.0f}%"


def weights_text(features: Sequence[tuple[str, float]]) -> str:
    """As "age +0.82, income −0.40"."""
    return ", ".join(f"{name} {signed(weight, 2)}" for name, weight in features)


def classes_text(classes: Sequence[tuple[str, float]], n_classes: int) -> str:
    """As "8 (4.2), 3 (1.1) and 5 more"."""
    if not classes:
        return NO_NUMBER
    text = ", ".join(f"{name} ({100 * abs(loss):.1f})" for name, loss in classes)
    more = n_classes - len(classes)
    return f"{text} and {more} more" if more > 0 else text


def count_text(count: int | None) -> str:
    """Of samples."""
    return "" if count is None else f"{count:,}"


def _examples(examples: Sequence[Example]) -> dict[str, list[dict[str, str]]]:
    """Those that are seen at once, and those that unfold: pictures are small, and all seen."""
    cells = [_example(example) for example in examples]
    texts = [cell for cell in cells if not cell["image"]]
    folded = texts[N_UNFOLDED:]
    return {"shown": [cell for cell in cells if cell not in folded], "folded": folded}


def _example(example: Example) -> dict[str, str]:
    image = "" if example.image is None else data_address("png", example.image)
    return {"text": example.text, "image": image}


def effect_head(words: ScoreWords) -> str:
    """The head of the column of effects."""
    return f"effect, {words.unit}"
