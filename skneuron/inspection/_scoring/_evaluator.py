"""Scores of a network as it is and without each of its hidden neurons.

An `Evaluator` is called with a network and how its neurons are replaced, and returns
`RemovalScores`. One pass gives all that can be added up sample by sample; other scorers are
called on outputs.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from inspect import signature
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring
from sklearn.neural_network import MLPClassifier

from skneuron.inspection._scoring._first_layer_cache import (
    FIRST_LAYER_CACHE_BYTES,
    FirstLayerCache,
)
from skneuron.inspection._scoring._formulas import (
    Scores,
    formula_for,
    needs_losses,
    needs_only_hits,
    needs_probabilities,
)
from skneuron.inspection._scoring._outputs import Scored, scores_from_outputs
from skneuron.inspection._scoring._samples import Samples, samples_for
from skneuron.inspection._scoring._sweep import (
    Pass,
    Resampling,
    confusion_fits,
    first_layer_cache,
    sweep_pass,
)
from skneuron.kernels.ablation import LABEL, MULTILABEL, REGRESSION
from skneuron.metrics import SCORERS
from skneuron.surgery import (
    RIDGE,
    LayerReplacement,
    Network,
    flat_addresses,
    layer_replacements,
    rows_for,
    unwrap,
)
from skneuron.utils import BaseScorer, checked_target, scorers_by_name

# Changes of a loss of fewer roundings than this are none.
ROUNDINGS = 32


@dataclass(frozen=True)
class RemovalScores:
    """Scores of a network and of what is left of it without each hidden neuron.

    Attributes
    ----------
    baseline_score : float
    scores : ndarray of shape (n_hidden,)
        Without the neuron; NaN for neurons that were not swept.
    columns : dict of ndarray
        What else there is to say of each swept neuron, by name.
    facts : dict
        What there is to say of the whole network.
    """

    baseline_score: float
    scores: np.ndarray
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def importances(self) -> np.ndarray:
        return self.baseline_score - self.scores


def _columns(
    ablated: Pass, replacements: Sequence[LayerReplacement]
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """What a pass has to say besides scores: of every neuron, and of the whole network."""
    precision = ROUNDINGS * ablated.baseline.rounding
    if any(replacement.precision is not None for replacement in replacements):
        precision = max(precision, RIDGE)  # not even exact copies are predicted without error
    samples, baseline, changes = ablated.samples, ablated.baseline, ablated.changes
    columns: dict[str, np.ndarray] = {}
    facts: dict[str, Any] = {"n_samples": baseline.n_samples}
    if samples.task in (LABEL, MULTILABEL):
        columns |= {"n_fixed": changes.n_fixed, "n_broken": changes.n_broken}
    if samples.task == LABEL:
        with np.errstate(invalid="ignore"):  # 0 / 0 for a class without rows
            columns["class_importances"] = (0.0 - changes.hits) / baseline.class_weight
    if len(changes.cells):
        if len(changes.weighted_cells):
            facts["confusion_matrix"] = baseline.weighted_cells
            columns["confusion_matrices"] = baseline.weighted_cells + changes.weighted_cells
        else:
            facts["confusion_matrix"] = baseline.cells
            columns["confusion_matrices"] = baseline.cells + changes.cells
    if len(changes.losses):
        facts["baseline_loss"] = baseline.loss
        mean = changes.losses[:, 0] / baseline.weight
        # The variance of a weighted mean, from sums of w**2 * (d - mean)**2; with equal weights
        # that of the mean of the differences d.
        squares = (
            changes.losses[:, 2] - 2 * mean * changes.losses[:, 1]
            + mean**2 * baseline.squared_weight
        )  # fmt: skip
        standard_error = np.sqrt(np.maximum(squares, 0)) / baseline.weight
        std = standard_error * np.sqrt(baseline.n_samples)
        # A neuron that others predict without error changes the last digits only. These would
        # be found significant, for they may all be off in the same direction.
        noise = precision * _loss_scale(samples, baseline.loss)
        negligible = (np.abs(mean) <= noise) & (std <= noise)
        columns["loss_importances"] = np.where(negligible, 0.0, mean)
        columns["loss_std"] = np.where(negligible, 0.0, std)
    return columns, facts


def _loss_scale(samples: Samples, loss: float) -> float:
    """How large the numbers are that a loss is made of."""
    if samples.task in (LABEL, MULTILABEL):
        return max(1.0, abs(loss))
    power = 2 if samples.task == REGRESSION else 1
    sizes = (np.abs(samples.targets) ** power).mean(axis=1)
    return abs(loss) + float(np.average(sizes, weights=samples.weights))


@dataclass(frozen=True)
class Evaluator:
    """What to score, on which rows, with which scorers."""

    scored: Scored
    samples: Samples
    scorers: dict[str, Callable[..., float]]
    has_several_scorers: bool = False
    n_jobs: int | None = None

    def __call__(
        self,
        network: Network,
        replacements: Sequence[LayerReplacement],
        ablated: np.ndarray,
        *,
        scores_only: bool = False,
    ) -> RemovalScores:
        """By the first scorer; with ``scores_only``, without other columns that cost time."""
        return next(
            iter(self.by_scorer(network, replacements, ablated, scores_only=scores_only).values())
        )

    def by_scorer(
        self,
        network: Network,
        replacements: Sequence[LayerReplacement],
        ablated: np.ndarray,
        *,
        resampling: Resampling | None = None,
        losses: bool = True,
        scores_only: bool = False,
    ) -> dict[str, RemovalScores]:
        """`RemovalScores` by every scorer.

        Parameters
        ----------
        network : Network
        replacements : sequence of LayerReplacement
            Of every hidden layer.
        ablated : ndarray of shape (n_hidden,), bool
            Neurons to remove in turn.
        resampling : Resampling, default=None
            Takes the place of ``replacements``.
        losses : bool, default=True
            Whether to have columns about losses even if no scorer needs them.
        scores_only : bool, default=False
            Whether to leave out all columns that cost time and no scorer needs.
        """
        layers, indices = (
            column[ablated] for column in flat_addresses(network.hidden_layer_sizes)
        )
        addresses = (layers, indices)
        scorers = list(self.scorers.values())
        only_hits = scores_only and all(map(needs_only_hits, scorers))
        confusion = confusion_fits(self.samples, len(layers)) and not only_hits
        one_pass = sweep_pass(
            network, self.samples, replacements, *addresses, resampling=resampling,
            confusion=confusion,
            losses=(losses and not scores_only) or any(map(needs_losses, scorers)),
            probabilities=any(map(needs_probabilities, scorers)),
        )  # fmt: skip
        formulas = {name: self.formula(name, confusion=confusion) for name in self.scorers}
        found = {name: f(one_pass) for name, f in formulas.items() if f is not None}
        others = {name: s for name, s in self.scorers.items() if name not in found}
        if others:
            found |= scores_from_outputs(
                others, self.scored, network, replacements, *addresses, resampling=resampling,
                n_jobs=self.n_jobs,
            )  # fmt: skip
        columns, facts = _columns(one_pass, replacements)
        removal_scores = {}
        for name, scorer in self.scorers.items():
            baseline, scores = found[name]
            everywhere = np.full(len(ablated), np.nan)
            everywhere[ablated] = scores
            # McNemar's test counts rows, so it judges accuracy if all rows count the same.
            counts = needs_only_hits(scorer) and self.samples.sample_weight is None
            test = {"default_test": "mcnemar" if counts else "loss"}
            removal_scores[name] = RemovalScores(baseline, everywhere, columns, facts | test)
        return removal_scores

    def for_path(self, network: Network) -> "Evaluator":
        """The same for networks that are left when neurons of ``network`` are removed.

        Keeps what does not change on the way, if there is room for it.
        """
        itemsize = network.for_rows(self.samples.X).dtype.itemsize
        n_bytes = self.samples.n_samples * network.hidden_layer_sizes[0] * itemsize
        if n_bytes > FIRST_LAYER_CACHE_BYTES:
            return self
        return self._with_rows(first_layer_cache(network, self.samples.X))

    def without_in_first_layer(self, gone: np.ndarray) -> "Evaluator":
        """Once the neurons of a mask have left the first hidden layer of the networks to come."""
        X = self.samples.X
        return self._with_rows(X.without(gone)) if isinstance(X, FirstLayerCache) else self

    def _with_rows(self, X: Any) -> "Evaluator":
        scored, samples = replace(self.scored, X=X), replace(self.samples, X=X)
        return replace(self, scored=scored, samples=samples)

    def formula(self, name: str, *, confusion: bool) -> Callable[[Pass], Scores] | None:
        """How a scorer's values follow from a pass; see `formula_for`."""
        classes = getattr(self.scored.mlp, "classes_", None)
        return formula_for(self.scorers[name], self.samples, classes, confusion=confusion)


def score_of(evaluate: Callable[..., RemovalScores], network: Network) -> float:
    """Of a network as it is."""
    nobody = np.zeros(sum(network.hidden_layer_sizes), dtype=bool)
    nothing = layer_replacements(network, "zero", None)
    return evaluate(network, nothing, nobody, scores_only=True).baseline_score


def check_one_scorer(scoring: Any, *, is_weighted: bool = False) -> None:
    """Raise what is wrong with a ``scoring``, as far as that shows without a network.

    Raises
    ------
    TypeError
        If rows are weighted, and it is a function that takes no weights.
    ValueError
        If it is unknown, or one that `neuron_ablation` alone can do something with.
    """
    if isinstance(scoring, list | tuple | set | dict):
        raise ValueError(f"scoring={scoring!r} names several scorers; pass one at a time.")
    if isinstance(scoring, str):
        check_scoring(MLPClassifier(), scoring=_with_own_scorers(scoring))
    if is_weighted and callable(scoring) and not isinstance(scoring, BaseScorer):
        try:
            parameters = signature(scoring, follow_wrapped=False).parameters.values()
        except (TypeError, ValueError):  # Not all that can be called can be looked into.
            return
        if not any(p.name == "sample_weight" or p.kind is p.VAR_KEYWORD for p in parameters):
            raise TypeError(f"scoring={scoring!r} takes no sample_weight, but there are weights.")


def _with_own_scorers(scoring: Any) -> Any:
    """The same, with scorers in place of the names that scikit-learn does not know."""
    if isinstance(scoring, str):
        return SCORERS.get(scoring, scoring)
    if isinstance(scoring, dict):
        return {key: _with_own_scorers(one) for key, one in scoring.items()}
    if isinstance(scoring, list | tuple | set) and SCORERS.keys() & set(map(str, scoring)):
        return {name: _with_own_scorers(name) for name in scoring}
    return scoring


def evaluator_for(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    scoring: Any = None,
    sample_weight: Any = None,
    n_jobs: int | None = None,
) -> Evaluator:
    """Check all that `neuron_ablation` takes and make an evaluator of it."""
    mlp, transformers = unwrap(estimator)
    X_given, X = X, rows_for(mlp, transformers, X)
    y = checked_target(X, y)
    samples = samples_for(mlp, X, y, sample_weight)
    mlp = copy(mlp)
    vars(mlp).pop("feature_names_in_", None)  # The rows of ``X`` have lost their names.
    if scoring is None:
        scoring = "accuracy" if is_classifier(mlp) else "r2"
    scoring = _with_own_scorers(scoring)
    several = scorers_by_name(mlp, scoring)
    scorers = several or {"score": check_scoring(mlp, scoring=scoring)}
    scored = Scored(estimator, X_given, mlp, X, y, samples.sample_weight)
    return Evaluator(scored, samples, scorers, several is not None, n_jobs)
