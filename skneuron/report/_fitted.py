"""From something fitted to the `Subject` of a page."""

from collections.abc import Sequence
from copy import copy
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from skneuron.inspection import NeuronPruningPath, neuron_pruning_path
from skneuron.inspection._pruning_path import network_after
from skneuron.inspection._scoring import check_one_scorer, evaluator_for, score_of
from skneuron.pruning import RottenNeuronPruner, RottenNeuronPrunerCV
from skneuron.report._chosen_by import other_than, page_scoring, step_to_show, who_chose
from skneuron.report._contents import Subject
from skneuron.report._removals import random_removals, rotten_together
from skneuron.report._score import ScoreWords
from skneuron.report._settings import is_prefit, score_that_chose, settings_in_words
from skneuron.report._trivial import usual_advice
from skneuron.surgery import Network, rows_for, unwrap
from skneuron.utils import BoolArray, is_int, naming

# What takes the place of a neuron is taken from the samples that judge: those that chose are gone.
EFFECTS_OF_REPLACEMENT = {
    "mean": "each replaced by its mean activation on the test samples",
    "linear": "each replaced by what the others tell of it on the test samples",
}
# Where samples do not fit a network without any steps before it.
WHOLE_PIPELINE = (
    "If fitted is the last step of a Pipeline, pass the whole Pipeline: samples go through its "
    "other steps then."
)
PREFIT = "samples given to fit, to which the network was given trained"
PASS_PIPELINE = "the whole Pipeline, if this was the last step of one, or else"


def subject_of(
    fitted: Any, X: Any, y: Any, n_neurons: Any = None, scoring: Any = None, **known: Any
) -> Subject:
    """What a page is to be about.

    Parameters
    ----------
    fitted : estimator or NeuronPruningPath
        A pruner, alone or in a Pipeline; a path; or a network that nothing was removed from.
    X, y : array-like
        Test samples, as ``fitted`` takes them.
    n_neurons : int, float or list of int, default=None
        Of a path, which of its networks to compare. None means the smallest that scores no
        lower than the whole one on the samples that chose; or, if there is none and the path's
        score is not the page's, the last one.
    scoring : str or callable, default=None
        What to judge by; None means what a pruner was told to choose by, or else accuracy or R2.
    **known : dict
        Further fields of the `Subject`.
    """
    is_weighted = known.get("sample_weight") is not None
    check_one_scorer(scoring, is_weighted=is_weighted)
    if isinstance(fitted, NeuronPruningPath):
        _check_samples(fitted.estimator, X, y)
        return _of_path(fitted, X, y, n_neurons, scoring=scoring, **known)
    if n_neurons is not None:
        raise ValueError(
            f"n_neurons={n_neurons!r} chooses a network on a NeuronPruningPath; got a "
            f"{type(fitted).__name__}."
        )
    pruner, whole = _whole(fitted)
    _check_samples(whole, X, y)
    mlp, transformers = unwrap(whole)
    if not transformers:
        known["advice"] = f"{PASS_PIPELINE} {usual_advice(is_classifier(mlp))}"
    if pruner is None:
        path = neuron_pruning_path(
            fitted, X, y, scoring=scoring, sample_weight=known.get("sample_weight")
        )
        return _of_path(path, X, y, None, scoring=scoring, same_samples=True, **known)
    scoring = page_scoring(scoring, pruner.scoring)
    check_one_scorer(scoring, is_weighted=is_weighted)
    return _of_pruner(pruner, whole, fitted, X, y, scoring=scoring, **known)


def _check_samples(whole: Any, X: Any, y: Any) -> None:
    """Raise now what is wrong with samples, by the names that they have in `write_report`."""
    mlp, transformers = unwrap(whole)
    try:
        with naming("X_test"):
            rows_for(mlp, transformers, X)
    except (TypeError, ValueError) as error:
        if transformers:
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        message = str(error).rstrip().removesuffix(".")
        raise kind(f"{message}. {WHOLE_PIPELINE}") from error
    with naming("y_test"):
        evaluator_for(whole, X, y)


def _whole(fitted: Any) -> tuple[RottenNeuronPruner | None, Any]:
    """The pruner inside, if there is one, and ``fitted`` with the whole network in its place."""
    if isinstance(fitted, RottenNeuronPrunerCV):
        unwrap(fitted)  # raises if it is not fitted
        return _whole(fitted.pruner_)
    if isinstance(fitted, RottenNeuronPruner):
        unwrap(fitted)
        if not hasattr(fitted, "pruning_path_"):
            raise ValueError(
                "fitted has lost its pruning_path_, with the whole network to compare with: fit "
                "the pruner again."
            )
        return fitted, fitted.pruning_path_.estimator
    if isinstance(fitted, FrozenEstimator):
        return _whole(fitted.estimator)
    if isinstance(fitted, Pipeline):
        name, last = fitted.steps[-1]
        pruner, whole = _whole(last)
        result = copy(fitted)
        result.steps = [*fitted.steps[:-1], (name, whole)]
        return pruner, result
    unwrap(fitted)
    return None, fitted


def _of_pruner(
    pruner: RottenNeuronPruner, whole: Any, fitted: Any, X: Any, y: Any, **known: Any
) -> Subject:
    path = pruner.pruning_path_
    other = other_than(path, known["scoring"], pruner.scoring)
    n_samples = int(pruner.ablation_.n_samples)
    which = PREFIT if is_prefit(pruner) else "samples that did not train the network"
    facts = [
        ("pruned by", settings_in_words(pruner)),
        ("chosen on", f"{n_samples:,} {which}"),
        ("seed of the pruner", _seed_in_words(pruner)),
        ("seed of the network", _seed_in_words(unwrap(whole)[0])),
    ]
    if pruner.refit is not None or pruner.fine_tune:
        facts.append(("after removal", _repair_in_words(pruner)))
    if np.isfinite(pruner.gain_) and not pruner.support_.all():
        facts.append(("gain that the training data promised", _gain_in_words(pruner, other)))
    return _along(
        path, whole, fitted, ~pruner.support_, X, y, chosen_on=who_chose(path, other), facts=facts,
        other=other, chosen_score=float(pruner.pruned_score_), **known,
    )  # fmt: skip


def _gain_in_words(pruner: RottenNeuronPruner, other: str) -> str:
    """In points or in units of the score that chose, which is named if the page has another."""
    words = ScoreWords.named(score_that_chose(pruner), int(pruner.ablation_.n_samples))
    interval = words.interval(*pruner.gain_confidence_interval_)
    text = (
        words.change(pruner.gain_)
        + (f" ({interval})" if interval else "")
        + f", of as many at random {words.change(pruner.null_gain_)}"
    )
    if words.is_share:
        return f"{text}, in points" + (f" of {other}" if other else "")
    return text + (f", in units of {other}" if other else "")


def _seed_in_words(estimator: Any) -> str:
    seed = estimator.random_state
    return "none" if seed is None else str(seed) if is_int(seed) else "a generator"


def _repair_in_words(pruner: RottenNeuronPruner) -> str:
    parts = [f"refit {pruner.refit!r}"] * (pruner.refit is not None)
    parts += [f"{pruner.fine_tune} epochs of training"] * bool(pruner.fine_tune)
    return " and ".join(parts)


def _of_path(path: NeuronPruningPath, X: Any, y: Any, n_neurons: Any, **known: Any) -> Subject:
    is_same = known.get("same_samples", False)
    other = other_than(path, known.get("scoring"))
    chosen_on = "these test samples" if is_same else who_chose(path, other)
    n_samples = int(path.ablation.n_samples)
    facts = [("chosen on", chosen_on if is_same else f"{n_samples:,} other samples")]
    if n_neurons is None:
        step, why = step_to_show(path, other)
        n_neurons = int(path.n_neurons[step])
        facts += [("network compared", why)] * bool(why)
    chosen = path.prune_to(n_neurons)
    removed = _removed(path, chosen)
    return _along(
        path, path.estimator, chosen, removed, X, y, chosen_on=chosen_on, facts=facts, other=other,
        **known,
    )  # fmt: skip


def _removed(path: NeuronPruningPath, chosen: Any) -> BoolArray:
    """True for the neurons that a network on the path lacks."""
    left = np.array([len(biases) for biases in unwrap(chosen)[0].intercepts_[:-1]])
    mlp, _ = unwrap(path.estimator)
    removed = np.zeros(int(path.n_neurons[0]), dtype=bool)
    for layer, n_left in enumerate(left):
        n_gone = len(mlp.intercepts_[layer]) - n_left
        removed[path.order[path.layer == layer][:n_gone]] = True
    return removed


def _along(
    path: NeuronPruningPath,
    whole: Any,
    chosen: Any,
    removed: BoolArray,
    X: Any,
    y: Any,
    *,
    chosen_on: str,
    facts: Sequence[tuple[str, str]],
    other: str,
    chosen_score: float = np.nan,
    **known: Any,
) -> Subject:
    """What is known of a path, and of the network that was chosen on it.

    ``other`` is by which score, if not by that of the page.
    """
    # What is not in the unit of the page is left out, not written as if it were.
    scale = np.nan if other else 1.0
    networks = [
        (
            int(n_left),
            scale * float(score),
            partial(network_after, path, int(path.n_neurons[0] - n_left)),
        )
        for n_left, score in zip(path.n_neurons, path.scores, strict=True)
    ]
    network = Network.from_mlp(unwrap(path.estimator)[0], finite=False)
    facts = [*facts, *[("chosen by", other)] * bool(other)]
    if path.replacement != "zero":
        facts.append(("effects of single neurons", EFFECTS_OF_REPLACEMENT[path.replacement]))
    more: dict[str, Any] = {"facts": facts}
    scores = {"whole": scale * float(path.scores[0]), "chosen": scale * chosen_score}
    # What takes a removed neuron's place would have to be found on samples that are gone.
    if path.replacement == "zero":
        together = rotten_together(network, path.ablation)
        if together is not None:
            more["together"], n_removed = together
            more["n_removed"] = {"together": n_removed}
            scores["together"] = scale * _score_where_chosen(path, more["together"])
        if removed.any():
            more["random"] = random_removals(network, removed)
    return Subject(
        estimator=whole,
        X=X,
        y=y,
        removed=removed,
        chosen=chosen,
        path=networks,
        chosen_on=chosen_on,
        scores_chosen_on=scores,
        replacement=path.replacement,
        **more | known,
    )


def _score_where_chosen(path: NeuronPruningPath, network: Network) -> float:
    """On the samples that chose, if the path still has them: copies and pickles do not."""
    jackknife = vars(path.ablation).get("jackknife")
    return np.nan if jackknife is None else float(score_of(jackknife.evaluate, network))
