"""Scores of a network as it is and without each of its hidden neurons.

An `Evaluator` is called with a network and how its neurons are replaced, and returns
`RemovalScores`. One pass gives all that can be added up sample by sample; other scorers are
called on outputs.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cache
from inspect import signature
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring, get_scorer
from sklearn.neural_network import MLPClassifier

from skneuron.inspection._scoring._blocks import Resampling, first_layer_cache
from skneuron.inspection._scoring._first_layer_cache import (
    FIRST_LAYER_CACHE_BYTES,
    FirstLayerCache,
)
from skneuron.inspection._scoring._formulas import Scores, formula_for
from skneuron.inspection._scoring._jackknife import Jackknife
from skneuron.inspection._scoring._one_by_one import remove_one_by_one
from skneuron.inspection._scoring._outputs import ScorerInput, scores_from_outputs
from skneuron.inspection._scoring._own_outputs import (
    check_targets_given,
    needs_no_targets,
    own_targets,
    samples_of_network,
)
from skneuron.inspection._scoring._removal_scores import RemovalScores, columns_and_facts
from skneuron.inspection._scoring._samples import Samples, samples_for
from skneuron.inspection._scoring._score_names import (
    check_defined,
    default_test,
    loss_name,
    score_name,
    signed_score_name,
)
from skneuron.inspection._scoring._sweep import SweepSums, sweep
from skneuron.inspection._scoring._wanted_sums import (
    EVERYTHING,
    SCORES_ONLY,
    WantedSums,
    compares_with_network,
    wanted_sums,
)
from skneuron.metrics import AGREEMENT, SCORERS
from skneuron.surgery import (
    LayerReplacement,
    Network,
    flat_addresses,
    layer_replacements,
    rows_for,
    unwrap,
)
from skneuron.utils import checked_n_jobs, checked_target, naming, scorer_parts, scorers_by_name


@dataclass(frozen=True)
class Evaluator:
    """Samples and scorers, which networks are scored with.

    Attributes
    ----------
    scorer_input : ScorerInput
        What scorers are called with that need outputs or the estimator.
    samples : Samples
    scorers : dict of callable
        By name.
    has_several_scorers : bool
        Whether the user asked for several scorers, and so for a dict of results.
    n_jobs : int or None
    original : Evaluator or None
        The one that `for_path` was called on, which has the samples themselves.
    first_weights : ndarray of shape (n_features, n_neurons) or None
        With it, the weights of the first layer that all neurons had.
    one_by_one : bool
        Whether networks may have weights that are NaN or infinite. Where they have, every neuron
        is really removed.
    beside : Evaluator or None
        Of several scorers, has those that compare with the whole network where others compare
        with true targets.
    names : tuple of str
        With ``beside``, those of all scorers in their order.
    """

    scorer_input: ScorerInput
    samples: Samples
    scorers: dict[str, Callable[..., float]]
    has_several_scorers: bool = False
    n_jobs: int | None = None
    original: "Evaluator | None" = None
    first_weights: np.ndarray | None = None
    one_by_one: bool = False
    beside: "Evaluator | None" = None
    names: tuple[str, ...] = ()

    def __call__(
        self,
        network: Network,
        replacements: Sequence[LayerReplacement],
        ablated: np.ndarray,
        *,
        scores_only: bool = False,
    ) -> RemovalScores:
        """By the first scorer; with ``scores_only``, nothing but scores."""
        extras = SCORES_ONLY if scores_only else EVERYTHING
        return next(iter(self.by_scorer(network, replacements, ablated, extras).values()))

    def by_scorer(
        self,
        network: Network,
        replacements: Sequence[LayerReplacement],
        ablated: np.ndarray,
        extras: WantedSums = EVERYTHING,
        *,
        resampling: Resampling | None = None,
    ) -> dict[str, RemovalScores]:
        """`RemovalScores` by every scorer.

        Parameters
        ----------
        network : Network
        replacements : sequence of LayerReplacement
            Of every hidden layer.
        ablated : ndarray of shape (n_hidden,), bool
            Neurons to remove in turn.
        extras : WantedSums, default=EVERYTHING
            What to add up, for columns besides the scores, even if no scorer needs it.
        resampling : Resampling, default=None
            Takes the place of ``replacements``.
        """
        if self.beside is not None:
            both = replace(self, beside=None), replace(self.beside, one_by_one=self.one_by_one)
            own, compared = (
                one.by_scorer(network, replacements, ablated, extras, resampling=resampling)
                for one in both
            )
            return {name: (own | compared)[name] for name in self.names}
        layers, indices = (
            column[ablated] for column in flat_addresses(network.hidden_layer_sizes)
        )
        wanted = self.wanted_sums(len(layers), extras)
        sums, found, one_by_one = self._sums_and_scores(
            network, replacements, layers, indices, wanted, resampling
        )
        others = {name: s for name, s in self.scorers.items() if name not in found}
        if others:
            is_needed = any(scorer_parts(scorer) is None for scorer in others.values())
            found |= scores_from_outputs(
                others, self.scorer_input, self._with_features(network) if is_needed else network,
                replacements, layers, indices,
                resampling=resampling, n_jobs=self.n_jobs,
            )  # fmt: skip
        removal_scores = {}
        for name, scorer in self.scorers.items():
            baseline, scores = found[name]
            if not one_by_one:
                check_defined(name, scorer, baseline, scores)
            everywhere = np.full(len(ablated), np.nan)
            everywhere[ablated] = scores
            removal_scores[name] = RemovalScores(baseline, everywhere)
        if extras == SCORES_ONLY:
            return removal_scores
        columns, facts = columns_and_facts(sums, replacements)
        features = self._with_features(network)
        return {
            name: replace(
                scores,
                columns=columns,
                facts=facts | {"default_test": default_test(self.scorers[name], self.samples)},
                jackknife=Jackknife(
                    self.original or self, name, features, replacements, ablated, (resampling,)
                ),
                in_words={
                    "score": score_name(name, self.scorers[name]),
                    "signed": signed_score_name(name, self.scorers[name]),
                    "loss": loss_name(self.samples),
                },
            )
            for name, scores in removal_scores.items()
        }

    def _sums_and_scores(
        self,
        network: Network,
        replacements: Sequence[LayerReplacement],
        layers: np.ndarray,
        indices: np.ndarray,
        wanted: WantedSums,
        resampling: Resampling | None,
    ) -> tuple[SweepSums, dict[str, Scores], bool]:
        """What a sweep adds up, scores that follow from it, and whether it had to be replaced.

        It has to be if outputs are not finite: then every neuron is really removed. Where sums
        alone have lost their digits, so are the neurons in question.
        """
        whole = self.original or self
        formulas = {name: self.formula(name, wanted) for name in self.scorers}

        def by_removal(some: slice | np.ndarray, names: Iterable[str]) -> Any:
            return remove_one_by_one(
                self._with_features(network), whole.samples, replacements, layers[some],
                indices[some], wanted,
                whole.scorer_input, {name: self.scorers[name] for name in names}, formulas,
            )  # fmt: skip

        if self.one_by_one and not network.is_finite:
            return *by_removal(slice(None), self.scorers), True
        sums = sweep(
            network, self.samples, replacements, layers, indices, wanted, resampling=resampling
        )
        if resampling is not None:
            sums.check_finite()
        elif not sums.is_finite:
            return *by_removal(slice(None), self.scorers), True
        found = {name: f(sums) for name, f in formulas.items() if f is not None}
        again = np.flatnonzero(sums.drowned())
        if len(again) and resampling is None:
            exact_sums, exact = by_removal(again, found)
            for changes, right in zip(sums.changes, exact_sums.changes, strict=True):
                if len(changes):
                    changes[again] = right
            for name, (_, scores) in found.items():
                scores[again] = exact[name][1]
        return sums, found, False

    def wanted_sums(self, n_removals: int, extras: WantedSums = SCORES_ONLY) -> WantedSums:
        """What a sweep of so many removals has to add up for the scorers; see `wanted_sums`."""
        return wanted_sums(self.scorers.values(), self.samples, n_removals, extras)

    def formula(self, name: str, wanted: WantedSums) -> Callable[[SweepSums], Scores] | None:
        """How a scorer's values follow from a sweep; see `formula_for`."""
        classes = getattr(self.scorer_input.mlp, "classes_", None)
        return formula_for(self.scorers[name], self.samples, classes, wanted)

    def for_path(self, network: Network) -> "Evaluator":
        """The same, faster, for networks that are left when neurons of ``network`` are removed.

        Keeps what the first layer computes, which removals do not change, if there is room.
        """
        itemsize = network.for_rows(self.samples.X).dtype.itemsize
        n_bytes = self.samples.n_samples * network.hidden_layer_sizes[0] * itemsize
        if n_bytes > FIRST_LAYER_CACHE_BYTES or self.one_by_one:
            return self
        cached = self._with_rows(first_layer_cache(network, self.samples.X))
        return replace(cached, original=self, first_weights=network.coefs[0])

    @property
    def knows_first_layer(self) -> bool:
        """Whether networks may come without features; see `Network.without_features`."""
        return self.first_weights is not None

    def _with_features(self, network: Network) -> Network:
        """The network as the original samples need it, at the cost of a copy of its weights."""
        if self.first_weights is None or len(network.coefs[0]):
            return network
        return network.with_first_weights(self.first_weights, self.samples.X.units)

    def on_samples(self, rows: np.ndarray) -> "Evaluator":
        """The same for some of the samples only."""
        scorer_input, samples = self.scorer_input.subset(rows), self.samples.subset(rows)
        return replace(self, scorer_input=scorer_input, samples=samples)

    def without_in_first_layer(self, gone: np.ndarray) -> "Evaluator":
        """For the networks without the neurons of a mask over what is left of the first layer."""
        X = self.samples.X
        return self._with_rows(X.without(gone)) if isinstance(X, FirstLayerCache) else self

    def _with_rows(self, X: Any) -> "Evaluator":
        scorer_input, samples = replace(self.scorer_input, X=X), replace(self.samples, X=X)
        return replace(self, scorer_input=scorer_input, samples=samples)


def score_of(evaluate: Callable[..., RemovalScores], network: Network) -> float:
    """Score of a network, without any removal."""
    nobody = np.zeros(sum(network.hidden_layer_sizes), dtype=bool)
    nothing = layer_replacements(network, "zero", None)
    return evaluate(network, nothing, nobody, scores_only=True).baseline_score


def check_one_scorer(scoring: Any, *, is_weighted: bool = False) -> None:
    """Raise what is wrong with a ``scoring``, as far as that shows without a network.

    Raises
    ------
    TypeError
        If there are sample weights, and it is a function that takes none.
    ValueError
        If it is unknown, or names several scorers, which only `neuron_ablation` takes.
    """
    if isinstance(scoring, list | tuple | set | dict):
        raise ValueError(f"scoring={scoring!r} names several scorers; pass one at a time.")
    if isinstance(scoring, str):
        with naming("scoring"):
            check_scoring(MLPClassifier(), scoring=_with_own_scorers(scoring))
    if is_weighted and callable(scoring) and scorer_parts(scoring) is None:
        try:
            parameters = signature(scoring, follow_wrapped=False).parameters.values()
        except (TypeError, ValueError):  # Not every callable has a signature.
            return
        if not any(p.name == "sample_weight" or p.kind is p.VAR_KEYWORD for p in parameters):
            raise TypeError(f"scoring={scoring!r} takes no sample_weight, but there are weights.")


def _with_own_scorers(scoring: Any) -> Any:
    """The same, with our scorers in place of their names, which scikit-learn does not know."""
    if isinstance(scoring, str):
        return SCORERS.get(scoring, scoring)
    if isinstance(scoring, dict):
        return {key: _with_own_scorers(one) for key, one in scoring.items()}
    if isinstance(scoring, list | tuple | set) and SCORERS.keys() & set(map(str, scoring)):
        return {name: _with_own_scorers(name) for name in scoring}
    return scoring


@cache  # scikit-learn makes a copy each time, which takes as long as a small forward pass
def _default_scorer(of_classifiers: bool) -> Callable[..., float]:
    return get_scorer("accuracy" if of_classifiers else "r2")


def scorer_for(estimator: Any, scoring: Any) -> Callable[..., float]:
    """The scorer that ``scoring`` means, a single one; accuracy or R2 for None."""
    if scoring is None:
        return _default_scorer(is_classifier(estimator))
    return check_scoring(estimator, scoring=_with_own_scorers(scoring))


def evaluator_for(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    scoring: Any = None,
    sample_weight: Any = None,
    n_jobs: int | None = None,
) -> Evaluator:
    """An evaluator of samples and scorers, which are checked as `neuron_ablation` needs them.

    ``y`` may be None if all scorers compare with the whole network, whose predictions then take
    its place.
    """
    n_jobs = checked_n_jobs("n_jobs", n_jobs)
    mlp, transformers = unwrap(estimator)
    X_given, X = X, rows_for(mlp, transformers, X)
    check_targets_given(y, scoring)
    y = None if y is None else checked_target(X, y)
    no_targets = needs_no_targets(scoring)

    def of_network() -> Samples:
        return samples_of_network(mlp, Network.from_mlp(mlp, finite=False), X, sample_weight)

    samples = of_network() if no_targets else samples_for(mlp, X, y, sample_weight)
    y = own_targets(mlp, samples) if y is None else y
    mlp = copy(mlp)
    vars(mlp).pop("feature_names_in_", None)  # for ``X`` is an array now, without names
    with naming("scoring"):
        several = scorers_by_name(mlp, _with_own_scorers(scoring))
        scorers = several or {"score": scorer_for(mlp, scoring)}
        for name, scorer in scorers.items():
            if not callable(scorer):  # scikit-learn lets them pass in a dict.
                raise ValueError(f"scoring={scoring!r} has no scorer for {name!r}.")
        compared = {name: s for name, s in scorers.items() if compares_with_network(s)}
        names_of_scores = {scorer.name for scorer in compared.values()}
        if AGREEMENT in names_of_scores and not is_classifier(mlp):
            raise ValueError(
                "scoring='agreement' compares predicted classes, which a regressor has not: use "
                "scoring='fidelity'."
            )
    scorer_input = ScorerInput(estimator, X_given, mlp, X, y, samples.sample_weight)
    evaluate = Evaluator(scorer_input, samples, scorers, several is not None, n_jobs)
    if no_targets or not compared:
        return evaluate
    return replace(
        evaluate,
        scorers={name: scorer for name, scorer in scorers.items() if name not in compared},
        beside=replace(evaluate, samples=of_network(), scorers=compared),
        names=tuple(scorers),
    )
