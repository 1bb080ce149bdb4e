"""Sentences about a network, with the numbers in them."""

from collections.abc import Sequence

import numpy as np

from skneuron.report._contents import Comparison, NetworkContents
from skneuron.report._score import ScoreWords
from skneuron.report._trivial import TrivialAnswer, usual_advice

# What is no reason not to remove neurons; more than that is a loss.
SMALL_COST = 0.01
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def counted(n: int, noun: str, plural: str | None = None) -> str:
    """As "1 neuron", "1,200 neurons"."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def listed(items: Sequence[str]) -> str:
    """As "a, b and c"."""
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last


def network_in_words(sizes: Sequence[int]) -> str:
    """As "one hidden layer of 100 neurons"."""
    if len(sizes) == 1:
        return f"one hidden layer of {counted(sizes[0], 'neuron')}"
    number = NUMBERS[len(sizes)] if len(sizes) < len(NUMBERS) else str(len(sizes))
    if len(set(sizes)) == 1:
        return f"{number} hidden layers of {counted(sizes[0], 'neuron')} each"
    return f"{number} hidden layers of {listed([f'{n:,}' for n in sizes])} neurons"


def neurons_in_words(network: NetworkContents) -> str:
    """What a page is about: a network, or, of one that nobody knows, the neurons of an ablation.

    As "one hidden layer of 100 neurons", or "50 neurons of the second hidden layer (hidden1)".
    """
    if network.is_whole:
        return network_in_words(network.sizes)
    return listed(
        [
            f"{counted(n, 'neuron')} of the {layer_in_words(layer, None)} (hidden{layer})"
            for layer, n in enumerate(network.sizes)
            if n
        ]
    )


def heading(network: NetworkContents) -> str:
    """A network's title, as "One hidden layer of 100 neurons, seed 0"."""
    words = neurons_in_words(network)
    seed = "" if network.seed is None else f", seed {network.seed}"
    return words[0].upper() + words[1:] + seed


def layer_in_words(layer: int, n_layers: int | None) -> str:
    """As "first hidden layer", counted as people count; of how many may be unknown."""
    if n_layers == 1:
        return "hidden layer"
    return f"{ORDINALS[layer]} hidden layer" if layer < len(ORDINALS) else f"layer {layer + 1}"


def pruning_sentence(network: NetworkContents) -> str:
    """What removal costs or brings, as far as the test samples can tell."""
    chosen = network.best
    if chosen is None:
        return ""
    if not chosen.n_removed:
        return (
            f"None of the {network.n_neurons:,} neurons was removed: without any of them, the "
            f"score on {network.chosen_on or 'the samples that choose'} is no better."
        )
    words, change = network.score_words, chosen.change
    who = f"{chosen.n_removed:,} of {network.n_neurons:,} neurons"
    if network.headline is not None:
        who = f"{who} ({network.headline.name})"
    interval = words.interval(chosen.low, chosen.high)
    # As in the table: below zero, the smaller network is worse.
    known = f"95 % interval of the change {interval}" if interval else "no interval is known"
    if words.is_zero(change):
        stays = f"stays at {words.value(chosen.score)} ({known})"
        return f"{who} can go, and test {words.name} {stays}."
    moved = (
        f"test {words.name} is {'higher' if change > 0 else 'lower'} by {words.amount(change)} "
        f"({known}): {words.value(chosen.score)} instead of {words.value(network.test_score)}"
    )
    if change < -SMALL_COST:
        return f"Without {who}, {moved}."
    return f"{who} can go, and {moved}."


def predicted_sentence(network: NetworkContents, target: str = "") -> str:
    """What is predicted, and how good one is at it without a network; empty if nobody knows."""
    n_classes, trivial = len(network.class_names), network.trivial
    parts = []
    if target or n_classes:
        classes = counted(n_classes, "class", "classes")
        what = f"{target} ({classes})" if n_classes else target
        parts.append(f"predicted is {what if target else f'one of {classes}'}")
    if trivial is not None:
        words = network.score_words
        right = f"be right in {words.value(trivial.score)}"
        parts.append(f"{trivial.name} would {right if words.is_share else f'have {words.name} 0'}")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def learning_sentence(network: NetworkContents) -> str:
    """That there is nothing to see in a network; empty if it has learnt something."""
    trivial = network.trivial
    if trivial is None or not network.has_learnt_nothing:
        return ""
    return nothing_learnt(network.score_words, network.test_score, trivial, network.advice)


def nothing_learnt(
    words: ScoreWords, score: float, trivial: TrivialAnswer, advice: str = ""
) -> str:
    """That a network is no better than the trivial answer, with the numbers, and what to try."""
    return (
        f"The whole network is no better than a trivial answer: its test {words.name} is "
        f"{words.value(score)}, and {trivial.name} would get {words.value(trivial.score)}. "
        f"{_try_first('its', advice or usual_advice(words.is_share))}"
    )


def _try_first(whose: str, advice: str) -> str:
    means = f"What is said of {whose} neurons means little as long as that is so"
    return f"{means}; try {advice}."


def rotten_sentence(network: NetworkContents) -> str:
    """Which neurons do harm or good beyond chance."""
    rotten, useful = network.count("rotten"), network.count("useful")
    n = len(network.neurons)
    if not rotten and not useful:
        return f"None of {counted(n, 'neuron')} is rotten or useful beyond chance."
    if not rotten:
        return f"No neuron is rotten beyond chance; {useful:,} of {n:,} {_are(useful)} useful."
    return (
        f"{rotten:,} of {counted(n, 'neuron')} {_are(rotten)} rotten beyond chance, and "
        f"{useful:,} useful."
    )


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def interaction_sentences(network: NetworkContents) -> str:
    """Why neurons are not all removed at once, if that does harm; empty if it does not."""
    together = network.together
    if together is None or (together.n_removed or 0) < 2:
        return ""
    words = network.score_words
    before, after = network.chosen_on_score, together.chosen_on_score
    is_known = bool(np.isfinite(before) and np.isfinite(after))
    # Each of them alone is rotten there, so on the very same samples nothing of it is luck.
    does_harm = words.falls(before, after) and together.change <= 0
    if not (does_harm if is_known else together.high < 0):
        return ""
    fall = (
        f"The {counted(together.n_removed or 0, 'neuron')} that are rotten one by one on "
        f"{network.chosen_on}, removed all at once, take test {words.name} from "
        f"{words.value(network.test_score)} to {words.value(together.score)}"
    )
    if is_known:
        fall += (
            f", and on {network.chosen_on} as well, from "
            f"{words.value(before)} to {words.value(after)}"
        )
    return (
        f"{fall}. That is interaction{', not luck' if is_known else ''}: neurons stand in "
        "for each other, so that each can be spared, but not all of them. This is why the "
        "default, “greedy”, removes one neuron, measures the others again, and stops where no "
        "removal helps."
    )


def verdict_sentences(networks: Sequence[NetworkContents]) -> list[str]:
    """What stands on top of the page: two sentences, and before them what makes them useless."""
    if len(networks) == 1:
        return sentences_about(networks[0])
    pruned = [(n, n.best) for n in networks if n.best is not None]
    sentences = _learning_sentences(networks)
    if pruned:
        words = networks[0].score_words
        shares = [100 * (chosen.n_removed or 0) / network.n_neurons for network, chosen in pruned]
        changes = [chosen.change for _, chosen in pruned]
        ends = dict.fromkeys(words.change(extreme(changes)) for extreme in (min, max))
        sentences.append(
            f"In {len(networks)} networks, {span(shares)} % of the neurons can go, and test "
            f"{words.name} changes by {' to '.join(ends)}{' points' * words.is_share} "
            f"({words.change(float(np.mean(changes)))} on average; {_beyond_chance(pruned)})."
        )
    rotten = [network.count("rotten") for network in networks]
    total = sum(len(network.neurons) for network in networks)
    if not sum(rotten):
        sentences.append(f"No neuron of {total:,} is rotten beyond chance.")
    else:
        some = sum(n > 0 for n in rotten)
        sentences.append(
            f"{sum(rotten):,} of {total:,} neurons {_are(sum(rotten))} rotten beyond chance, in "
            f"{some} of the {len(networks)} networks."
        )
    return sentences


def sentences_about(network: NetworkContents) -> list[str]:
    """What is to be said of a network first."""
    found = (learning_sentence(network), pruning_sentence(network), rotten_sentence(network))
    return [sentence for sentence in found if sentence]


def _learning_sentences(networks: Sequence[NetworkContents]) -> list[str]:
    """How many of several networks have learnt nothing; none if all have learnt something."""
    idle = [network for network in networks if network.has_learnt_nothing]
    if not idle:
        return []
    best = max(idle, key=lambda network: network.test_score)
    words, trivial = best.score_words, best.trivial
    assert trivial is not None
    advice = best.advice or usual_advice(words.is_share)
    of_best = "of the best of them " * (len(idle) > 1)
    return [
        f"{_networks(len(idle), len(networks))} no better than a trivial answer: the test "
        f"{words.name} {of_best}is {words.value(best.test_score)}, and {trivial.name} would get "
        f"{words.value(trivial.score)}. "
        f"{_try_first('its' if len(idle) == 1 else 'their', advice)}"
    ]


def _networks(n: int, n_all: int) -> str:
    """As "2 of 3 networks are"."""
    if n < n_all:
        return f"{n} of {n_all} networks {_are(n)}"
    return "Both networks are" if n == 2 else f"All {n} networks are"


def _beyond_chance(pruned: Sequence[tuple[NetworkContents, Comparison]]) -> str:
    better = sum(chosen.low > 0 for _, chosen in pruned)
    worse = sum(chosen.high < 0 for _, chosen in pruned)
    if not better and not worse:
        return "in none is it beyond chance"
    parts = [f"better in {better}"] * (better > 0) + [f"worse in {worse}"] * (worse > 0)
    return f"beyond chance {listed(parts)} of them"


def span(values: Sequence[float]) -> str:
    """As "9 to 22", rounded; one number where both are the same."""
    low, high = f"{min(values):.0f}", f"{max(values):.0f}"
    return low if low == high else f"{low} to {high}"
