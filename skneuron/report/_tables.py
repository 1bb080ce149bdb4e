"""Rows of text for the page's tables. The main figure stands next to the name."""

from collections.abc import Sequence

import numpy as np

from skneuron.report._contents import Comparison, NetworkContents
from skneuron.report._score import NO_NUMBER, ScoreWords
from skneuron.report._words import heading, layer_in_words, network_in_words, span

Rows = list[list[str]]


def p_value_text(p_value: float) -> str:
    """A p-value to two digits, without pretending to more."""
    if not np.isfinite(p_value):
        return NO_NUMBER
    return "< 0.001" if p_value < 0.001 else f"{p_value:.2g}"


def comparison_rows(network: NetworkContents) -> Rows:
    """The whole network, the one that was chosen, and the others, on test samples."""
    words = network.score_words
    candidates = [network.chosen, network.smallest, network.together, *network.others]
    compared = [comparison for comparison in candidates if comparison is not None]
    if not compared:
        return []
    with_counts = any(c.n_fixed is not None for c in compared)
    head = ["network", f"change, {words.unit}", "95 % interval", words.name, "neurons removed"]
    head += ["fixed", "broken"] * with_counts + ["p"]
    whole = ["whole", NO_NUMBER, "", words.value(network.test_score), "0"]
    rows = [head, whole + [""] * (len(head) - len(whole))]
    for comparison in compared:
        rows.append(_comparison_row(words, comparison, with_counts))
        if comparison.note:
            rows.append([comparison.note] + [""] * (len(head) - 1))
    return rows


def _comparison_row(words: ScoreWords, comparison: Comparison, with_counts: bool) -> list[str]:
    counts = [comparison.n_fixed, comparison.n_broken] if with_counts else []
    removed = comparison.n_removed
    if removed == 0:
        # It is the whole network: of that there is nothing to test.
        same = [comparison.name, words.change(0.0), "", words.value(comparison.score), "0"]
        return same + [""] * (len(counts) + 1)
    return [
        comparison.name,
        words.change(comparison.change),
        words.interval(comparison.low, comparison.high),
        words.value(comparison.score),
        NO_NUMBER if removed is None else f"{removed:,}",
        *(NO_NUMBER if count is None else f"{count:,}" for count in counts),
        p_value_text(comparison.p_value),
    ]


def layer_rows(network: NetworkContents) -> Rows:
    """Neurons of every hidden layer by verdict."""
    rows = [["neurons of the", "rotten", "undecided", "useful", "all"]]
    for layer in sorted({neuron.layer for neuron in network.neurons}):
        verdicts = [neuron.verdict for neuron in network.neurons if neuron.layer == layer]
        counts = [verdicts.count(name) for name in ("rotten", "undecided", "useful")]
        rows.append(
            [
                f"{layer_in_words(layer, network.n_layers)} (hidden{layer})",
                *(f"{count:,}" for count in (*counts, len(verdicts))),
            ]
        )
    return rows


def summary_rows(networks: Sequence[NetworkContents]) -> Rows:
    """One row a network, and one for all seeds of a shape, if there are several."""
    if len(networks) < 2:
        return []
    words = networks[0].score_words
    head = [
        "network", f"change, {words.unit}", "95 % interval", f"whole {words.name}",
        "neurons removed", "rotten beyond chance", "useful beyond chance",
    ]  # fmt: skip
    rows = [head]
    for sizes in dict.fromkeys(network.sizes for network in networks):
        same = [network for network in networks if network.sizes == sizes]
        rows += [_summary_row(network) for network in same]
        if len(same) > 1:
            rows.append(_mean_row(same))
    return rows


def _summary_row(network: NetworkContents) -> list[str]:
    words, chosen = network.score_words, network.best
    change = [NO_NUMBER, "", words.value(network.test_score), "0"]
    if chosen is not None:
        change = [
            words.change(chosen.change),
            words.interval(chosen.low, chosen.high) if chosen.n_removed else "",
            words.value(network.test_score),
            f"{chosen.n_removed:,} of {network.n_neurons:,}",
        ]
    return [heading(network), *change, *(str(network.count(v)) for v in ("rotten", "useful"))]


def _mean_row(same: Sequence[NetworkContents]) -> list[str]:
    """The mean over seeds, and from the smallest to the largest."""
    words = same[0].score_words
    changes = [network.best.change for network in same if network.best is not None]
    removed = [network.best.n_removed or 0 for network in same if network.best is not None]
    scores = [network.test_score for network in same]
    mean = words.change(float(np.mean(changes))) if changes else NO_NUMBER
    # Not an interval for new seeds: three or four of them are too few for that.
    spread = f"seeds: {words.interval(min(changes), max(changes))}" if changes else ""
    return [
        f"mean of {len(same)} seeds: {network_in_words(same[0].sizes)}",
        mean,
        spread,
        words.value(float(np.mean(scores))),
        span(removed) if removed else "0",
        *(span([network.count(v) for network in same]) for v in ("rotten", "useful")),
    ]
