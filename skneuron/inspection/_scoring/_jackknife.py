"""How far a neuron's importance is from what it would be on other samples, for any score.

The delete-a-group jackknife: samples are put into groups, each group is left out in turn, and the
score and all importances are computed again on the others.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from skneuron.inspection._scoring._blocks import Resampling
from skneuron.inspection._scoring._samples import Samples
from skneuron.inspection._scoring._sweep import SweepSums, sweep
from skneuron.inspection._scoring._wanted_sums import SCORES_ONLY
from skneuron.kernels.ablation import LABEL
from skneuron.surgery import RIDGE, LayerReplacement, Network, flat_addresses

if TYPE_CHECKING:
    from skneuron.inspection._scoring._evaluator import Evaluator

N_GROUPS = 40
# Importances smaller than this many roundings of the scores are none.
ROUNDINGS = 32


class JackknifeErrors(NamedTuple):
    """What the jackknife finds out.

    Attributes
    ----------
    effects : ndarray of shape (n_neurons,)
        The importances of the ablated neurons on all samples.
    standard_errors, degrees_of_freedom : ndarray of shape (n_neurons,)
        Of Student's distribution of the effects. NaN if the score is undefined without one of
        the groups.
    n_groups : int
    is_stratified : bool
        Whether every class is spread evenly over the groups.
    """

    effects: np.ndarray
    standard_errors: np.ndarray
    degrees_of_freedom: np.ndarray
    n_groups: int
    is_stratified: bool


@dataclass(frozen=True, eq=False)
class Jackknife:
    """Standard errors of importances by one scorer, computed when called.

    Attributes
    ----------
    evaluate : Evaluator
    name : str
        The scorer's name in ``evaluate.scorers``.
    network : Network
    replacements : sequence of LayerReplacement
    ablated : ndarray of shape (n_hidden,), bool
    draws : tuple of (Resampling or None)
        Importances are means over these.
    """

    evaluate: "Evaluator"
    name: str
    network: Network
    replacements: Sequence[LayerReplacement]
    ablated: np.ndarray
    draws: tuple[Resampling | None, ...]

    def __call__(self) -> JackknifeErrors:
        evaluate = self.evaluate
        evaluate = replace(evaluate, scorers={self.name: evaluate.scorers[self.name]})
        samples = evaluate.samples
        groups = sample_groups(samples)
        baseline, effects = self._scores(evaluate, np.arange(samples.n_samples))
        with warnings.catch_warnings():
            # About scores without a group. What is to be said of those on all samples has been.
            warnings.simplefilter("ignore")
            without = list(self._without_groups(evaluate, groups)) if len(groups) > 1 else []
        found = np.array(without).reshape(-1, len(effects))
        weights = samples.weights
        shares = np.array([weights[group].sum() for group in groups[: len(found)]])
        shares = shares / weights.sum()
        errors, freedom = errors_of_influences((effects - found) * (1 - shares[:, None]))
        noise = self._noise(samples) * max(1.0, abs(baseline))
        negligible = (np.abs(effects) <= noise) & (errors <= noise)
        return JackknifeErrors(
            effects=np.where(negligible, 0.0, effects),
            standard_errors=np.where(negligible, 0.0, errors),
            degrees_of_freedom=freedom,
            n_groups=len(groups),
            is_stratified=samples.task == LABEL,
        )

    def _noise(self, samples: Samples) -> float:
        rounding = ROUNDINGS * float(np.finfo(self.network.for_rows(samples.X).dtype).eps)
        is_predicted = any(each.precision is not None for each in self.replacements)
        return max(rounding, RIDGE) if is_predicted else rounding

    def _scores(self, evaluate: "Evaluator", rows: np.ndarray) -> tuple[float, np.ndarray]:
        """Baseline score and importances on the samples of ``evaluate``, which are ``rows``."""
        importances = []
        for draw in self.draws:
            found = evaluate.by_scorer(
                self.network, self.replacements, self.ablated, SCORES_ONLY,
                resampling=_draw_of(draw, rows),
            )[self.name]  # fmt: skip
            importances.append(found.importances[self.ablated])
        return found.baseline_score, np.mean(importances, axis=0)

    def _without_groups(
        self, evaluate: "Evaluator", groups: list[np.ndarray]
    ) -> Iterator[np.ndarray]:
        """Importances without each group."""
        n_samples, n_neurons = evaluate.samples.n_samples, int(self.ablated.sum())
        wanted = evaluate.wanted_sums(n_neurons)
        everything = np.arange(n_samples)
        # Sums of a sweep tell nothing of a network with NaN in it.
        has_formula = self.network.is_finite and evaluate.formula(self.name, wanted) is not None
        sums = self._sums(evaluate, everything) if has_formula else []
        has_formula = has_formula and all(one.tells_all for one in sums)
        for group in groups:
            rest = np.delete(everything, group)
            samples = replace(evaluate.samples, X=np.empty((n_samples, 0))).subset(rest)
            formula = replace(evaluate, samples=samples).formula(self.name, wanted)
            if not has_formula or formula is None:
                try:
                    yield self._scores(evaluate.on_samples(rest), rest)[1]
                except ValueError:  # such as that of ROC AUC if the group has all of a class
                    yield np.full(n_neurons, np.nan)
                continue
            # One pass over the group tells what one over all the others would.
            left_out = self._sums(evaluate.on_samples(group), group)
            found = [
                formula(_difference(*both, samples)) for both in zip(sums, left_out, strict=True)
            ]
            yield np.mean([baseline - scores for baseline, scores in found], axis=0)

    def _sums(self, evaluate: "Evaluator", rows: np.ndarray) -> list[SweepSums]:
        """For every draw, sums over the samples of ``evaluate``, which are ``rows``."""
        layers, indices = (
            column[self.ablated] for column in flat_addresses(self.network.hidden_layer_sizes)
        )
        return [
            sweep(
                self.network, evaluate.samples, self.replacements, layers, indices,
                evaluate.wanted_sums(len(layers)), resampling=_draw_of(draw, rows),
            )
            for draw in self.draws
        ]  # fmt: skip


def sample_groups(samples: Samples) -> list[np.ndarray]:
    """Groups of samples to leave out, the same in every call; samples of weight 0 are in none."""
    counted = np.random.default_rng(0).permutation(np.flatnonzero(samples.weights > 0))
    if samples.task == LABEL:
        counted = counted[np.argsort(samples.codes[counted], kind="stable")]
    n_groups = min(N_GROUPS, len(counted))
    return [np.sort(counted[at::n_groups]) for at in range(n_groups)]


def errors_of_influences(influences: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors and degrees of freedom, from an array of shape (n_groups, n_neurons).

    The influence of a group is the importance on all samples minus that without the group, times
    the share of the samples that are not in the group. Where few groups have most of it, their
    sum of squares is as uncertain as one of few terms: the degrees of freedom are those of a
    scaled chi-squared distribution with the same kurtosis (Satterthwaite's way).
    """
    n_groups, n_neurons = influences.shape
    if n_groups < 2:
        return np.full(n_neurons, np.inf), np.ones(n_neurons)
    squares = (influences**2).sum(axis=0)
    largest = np.abs(influences).max(axis=0)
    scaled = influences / np.where(largest > 0, largest, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        kurtosis = n_groups * (scaled**4).sum(axis=0) / (scaled**2).sum(axis=0) ** 2
        freedom = 2 * n_groups / np.maximum(kurtosis - 1, 1e-9)
    freedom = np.clip(np.where(largest > 0, freedom, n_groups - 1), 1, n_groups - 1)
    return np.sqrt(n_groups / (n_groups - 1) * squares), freedom


def _draw_of(draw: Resampling | None, rows: np.ndarray) -> Resampling | None:
    return None if draw is None else replace(draw, rows=draw.rows[rows])


def _difference(full: SweepSums, part: SweepSums, samples: Samples) -> SweepSums:
    """The sums over the samples that are in ``full`` and not in ``part``."""
    one, other = full.baseline, part.baseline
    weight = one.weight - other.weight
    baseline = replace(
        one,
        n_samples=one.n_samples - other.n_samples,
        n_counted=one.n_counted - other.n_counted,
        weight=weight,
        squared_weight=one.squared_weight - other.squared_weight,
        class_weight=one.class_weight - other.class_weight,
        hits=one.hits - other.hits,
        loss=(one.loss * one.weight - other.loss * other.weight) / weight,
        probability=(one.probability * one.weight - other.probability * other.weight) / weight,
        cells=one.cells - other.cells,
        weighted_cells=one.weighted_cells - other.weighted_cells,
        squares=one.squares - other.squares,
    )
    changes = type(full.changes)(*(a - b for a, b in zip(full.changes, part.changes, strict=True)))
    return SweepSums(samples, baseline, changes)
