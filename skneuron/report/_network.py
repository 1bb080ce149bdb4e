"""`network_contents`: what is to be said of a network, found on its test samples."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from skneuron.inspection import NeuronAblation, neuron_ablation
from skneuron.inspection._scoring import needs_no_targets
from skneuron.report._comparison import HeldOut
from skneuron.report._contents import Comparison, Curve, NetworkContents, Subject
from skneuron.report._examples import Examples
from skneuron.report._features import feature_names
from skneuron.report._neurons import neurons_of
from skneuron.report._score import ACCURACY, R2, ScoreWords, score_in_words, signed_score_in_words
from skneuron.report._scored import ScoredHeldOut
from skneuron.report._thumbnails import is_image_shape
from skneuron.report._trivial import TrivialAnswer, trivial_answer
from skneuron.surgery import NEEDS_REFERENCE, Network
from skneuron.utils import FloatArray, IntArray

# Of a network, at first; `_room` takes some away if the page becomes too large.
N_IMAGES = 1000
N_EXAMPLES = 30
# With as many points, or one more, curves have marks, which tell them apart without colours.
N_SIZES = 39
# What a smaller network may lose on the samples that chose it: half a point of accuracy.
MOST_LOST = 0.005


def network_contents(subject: Subject) -> NetworkContents:
    """Judge a network, its neurons, and what was made of it, on its test samples."""
    held_out = _held_out(subject)
    network = Network.from_mlp(held_out.mlp, finite=False)
    needs_reference = subject.replacement in NEEDS_REFERENCE
    ablation = neuron_ablation(
        subject.estimator, subject.X, subject.y, replacement=subject.replacement,
        X_ref=subject.X if needs_reference else None,
        scoring=subject.scoring, sample_weight=subject.sample_weight,
    )  # fmt: skip
    by_targets = ablation
    if needs_no_targets(subject.scoring):
        # Its own columns compare with the whole network's answers, and the page's are of targets.
        by_targets = neuron_ablation(
            subject.estimator, subject.X, subject.y, replacement=subject.replacement,
            X_ref=subject.X if needs_reference else None, sample_weight=subject.sample_weight,
        )  # fmt: skip
        ablation |= {key: by_targets[key] for key in ("class_importances",) if key in by_targets}
    names = feature_names(subject.estimator, subject.X, subject.feature_names)
    image_shape = subject.image_shape
    if image_shape is not None and not is_image_shape(image_shape, len(names)):
        raise ValueError(
            f"image_shape={image_shape!r} has {prod(image_shape)} pixels, but "
            f"{len(names)} features reach the network."
        )
    labels = ablation.get("classes", [])
    class_names = checked_class_names(subject.class_names, labels)
    by_label = dict(zip(_keys(labels), class_names, strict=False))
    examples = None
    if held_out.is_classification and subject.examples:
        frame = subject.X if subject.frame is None else subject.frame
        examples = Examples(
            held_out, by_label, names, image_shape, frame, subject.replacement
        )  # fmt: skip
    neurons = neurons_of(
        ablation, subject.removed, class_names, network=network,
        feature_names=names, image_shape=image_shape, examples=examples,
        n_images=N_IMAGES, n_examples=N_EXAMPLES, by_targets=by_targets,
    )  # fmt: skip
    return NetworkContents(
        sizes=network.hidden_layer_sizes,
        score_words=held_out.words,
        test=held_out.test,
        n_test=len(held_out),
        unit=subject.unit,
        test_score=held_out.whole_score,
        ablation=ablation,
        class_names=class_names,
        neurons=neurons,
        curve=_curve(subject, held_out),
        chosen_on=subject.chosen_on,
        chosen_on_score=subject.scores_chosen_on.get("whole", np.nan),
        seed=subject.seed,
        facts=subject.facts,
        tables=subject.tables,
        same_samples=subject.same_samples,
        advice=subject.advice,
        trivial=held_out.trivial(by_label),
        **_comparisons(subject, held_out),
    )


def _held_out(subject: Subject) -> HeldOut:
    """What judges: by the estimator's own score, or by another one."""
    plain = HeldOut(subject.estimator, subject.X, subject.y)
    if subject.scoring is None and subject.sample_weight is None and plain.is_mean_of_samples:
        return plain
    scored = ScoredHeldOut(
        subject.estimator, subject.X, subject.y, subject.scoring, subject.sample_weight
    )
    return plain if scored.is_plain and plain.is_mean_of_samples else scored


def checked_class_names(names: Sequence[str] | None, labels: Any) -> list[str]:
    """A name for each label: those given, or the labels themselves.

    Raises
    ------
    ValueError
        If the number of those given is wrong.
    """
    if names is None:
        return [str(label) for label in labels]
    if len(names) != len(labels):
        raise ValueError(
            f"class_names has {len(names)} names, but the network knows {len(labels)} classes."
        )
    return [str(name) for name in names]


def _keys(labels: Any) -> list[Any]:
    return labels.tolist() if isinstance(labels, np.ndarray) else list(labels)


def ablation_contents(ablation: NeuronAblation, unit: str = "samples") -> NetworkContents:
    """What an ablation alone has to say: effects on its own samples, and no pruned network."""
    sizes = tuple(int(n) for n in np.bincount(ablation.layer))
    name = signed_score_in_words(ablation) or score_in_words(ablation) or "score"
    words = ScoreWords.named(name, ablation.n_samples)
    names = [str(label) for label in ablation.get("classes", [])]
    return NetworkContents(
        sizes=sizes,
        score_words=words,
        trivial=_trivial_of_ablation(ablation, words),
        n_test=int(ablation.n_samples),
        unit=unit,
        test_score=float(ablation.baseline_score),
        ablation=ablation,
        is_whole=False,
        class_names=names,
        neurons=neurons_of(ablation, np.zeros(len(ablation.layer), dtype=bool), names),
    )


def _trivial_of_ablation(ablation: NeuronAblation, words: ScoreWords) -> TrivialAnswer | None:
    """None of other scores than accuracy and R2, of weights, and without the samples."""
    jackknife = vars(ablation).get("jackknife")
    if words.name not in (ACCURACY, R2) or jackknife is None:
        return None
    samples = jackknife.evaluate.samples
    if np.ptp(samples.weights):
        return None
    y = jackknife.evaluate.scorer_input.y
    return None if y is None else trivial_answer(y, words.name == ACCURACY)


def _comparisons(subject: Subject, held_out: HeldOut) -> dict[str, Any]:
    """Fields about networks that were made of the whole one."""
    found: dict[str, Any] = {}
    if subject.chosen is not None:
        found["chosen"] = _compared(
            subject, held_out, "chosen", subject.chosen, int(subject.removed.sum()),
            note=_random_note(subject, held_out),
        )  # fmt: skip
    words = held_out.words
    smallest = smallest_without_loss(subject, words.is_share or words.name == R2)
    if smallest is not None:
        n_neurons, score, network = smallest
        found["smallest"] = held_out.judged(
            f"smallest at no more than {_tolerance(held_out)} lost on {subject.chosen_on}",
            network(),
            n_removed=len(subject.removed) - n_neurons,
            chosen_on_score=score,
            note=_chosen_on_note(subject, held_out, score),
        )
    if subject.together is not None:
        found["together"] = _compared(
            subject, held_out, "together", subject.together, subject.n_removed["together"]
        )
    found["others"] = [
        _compared(subject, held_out, name, other, subject.n_removed.get(name))
        for name, other in subject.others.items()
    ]
    if subject.headline:
        found["headline"] = found["others"][list(subject.others).index(subject.headline)]
    return found


def smallest_without_loss(
    subject: Subject, is_on_known_scale: bool = True
) -> tuple[int, float, Any] | None:
    """The last network of the path that loses next to nothing on the samples that chose.

    None if that is no smaller than the chosen one, or the samples are those to judge by; or if
    nobody knows how much is next to nothing, as of a squared error.
    """
    if not subject.path or subject.same_samples or not is_on_known_scale:
        return None
    least = subject.path[0][1] - MOST_LOST
    n_left = len(subject.removed) - int(subject.removed.sum())
    enough = [step for step in subject.path if step[1] >= least and step[0] < n_left]
    return min(enough, key=lambda step: step[0], default=None)


def _chosen_on_note(subject: Subject, held_out: HeldOut, score: float) -> str:
    words = held_out.words
    whole = words.value(subject.path[0][1])
    return f"on {subject.chosen_on} {words.value(score)}, where the whole network has {whole}"


def _tolerance(held_out: HeldOut) -> str:
    words = held_out.words
    return f"{words.scale * MOST_LOST:g} {'points' if words.is_share else f'of {words.name}'}"


NAMES = {"chosen": "pruned", "together": "all rotten ones at once"}


def _compared(
    subject: Subject,
    held_out: HeldOut,
    name: str,
    estimator: Any,
    n_removed: int | None,
    note: str = "",
) -> Comparison:
    return held_out.judged(
        NAMES.get(name, name),
        estimator,
        n_removed=n_removed,
        chosen_on_score=subject.scores_chosen_on.get(name, np.nan),
        note=note or subject.notes.get(name, ""),
    )


def _random_note(subject: Subject, held_out: HeldOut) -> str:
    """How well networks do that lost as many neurons at random; empty if there are none."""
    if len(subject.random) < 2:
        return ""
    return random_in_words(held_out.words, held_out.scores_of(subject.random))


def random_in_words(words: ScoreWords, scores: FloatArray) -> str:
    """Scores of networks that lost as many neurons at random."""
    return (
        f"as many of every layer at random, {len(scores)} draws: "
        f"{words.value(float(scores.mean()))} ± {words.amount(float(scores.std(ddof=1)))} "
        "(standard deviation)"
    )


def _curve(subject: Subject, held_out: HeldOut) -> Curve | None:
    if len(subject.path) < 2:
        return None
    sizes = np.array([n_neurons for n_neurons, _, _ in subject.path])
    n_selected = len(subject.removed) - int(subject.removed.sum())
    steps = [subject.path[at] for at in some_steps(sizes, n_selected)]
    scores, low, high = held_out.along([network() for _, _, network in steps])
    whole = held_out.whole_score
    n_neurons = np.array([n_neurons for n_neurons, _, _ in steps])
    # Of the whole network's difference from itself there is no doubt.
    low[n_neurons == len(subject.removed)] = high[n_neurons == len(subject.removed)] = 0.0
    return Curve(
        n_neurons=n_neurons,
        chosen_on=np.array([score for _, score, _ in steps]),
        test=scores,
        low=whole + low,
        high=whole + high,
        n_selected=n_selected,
    )


def some_steps(sizes: IntArray, wanted: int, n: int = N_SIZES) -> Sequence[int]:
    """Positions of sizes to draw: the first, the last and the wanted one among them."""
    even = np.linspace(0, len(sizes) - 1, min(n, len(sizes)))
    positions = set(even.round().astype(int).tolist())
    positions.update(np.flatnonzero(sizes == wanted).tolist())
    return sorted(positions)
