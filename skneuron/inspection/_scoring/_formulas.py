"""Scores from sums over samples: what a sweep has added up, without looking at samples again.

Tables say which of scikit-learn's metrics are functions of the confusion matrix, of the mean
loss or of squared errors; scorers made of any of them are recognised.
"""

from collections.abc import Callable
from functools import cache, partial
from inspect import signature
from typing import Any

import numpy as np
from sklearn import metrics

from skneuron.inspection._scoring._samples import Samples
from skneuron.inspection._scoring._sweep import SweepSums
from skneuron.inspection._scoring._wanted_sums import (
    EVERYTHING,
    OF_CONFUSION,
    WantedSums,
    compares_with_network,
)
from skneuron.kernels.ablation import LABEL, MULTILABEL, POISSON_REGRESSION, REGRESSION
from skneuron.metrics import FIDELITY, expected_accuracy_score
from skneuron.utils import scorer_parts

# Scores of the whole network and without each neuron.
Scores = tuple[float, np.ndarray]


def accuracy(sums: SweepSums) -> Scores:
    """Share of the samples, by weight, that are predicted right."""
    hits = sums.baseline.hits.sum()
    scores = (hits + sums.changes.hits.sum(axis=1)) / sums.baseline.weight
    return float(hits / sums.baseline.weight), scores


def _mean_loss(sums: SweepSums) -> Scores:
    loss = sums.baseline.loss
    return loss, loss + sums.changes.losses[:, 0] / sums.baseline.weight


def _mean_probability(sums: SweepSums) -> Scores:
    probability = sums.baseline.probability
    return probability, probability + sums.changes.losses[:, 3] / sums.baseline.weight


def _mean_squared_errors(sums: SweepSums) -> tuple[np.ndarray, np.ndarray]:
    """For every output: of the whole network, and without each neuron."""
    full = sums.baseline.squares
    return full / sums.baseline.weight, (full + sums.changes.squares) / sums.baseline.weight


def _mean_squared_error(sums: SweepSums) -> Scores:
    full, without = _mean_squared_errors(sums)
    return float(full.mean()), without.mean(axis=1)


def _root_mean_squared_error(sums: SweepSums) -> Scores:
    full, without = _mean_squared_errors(sums)
    return float(np.sqrt(full).mean()), np.sqrt(without).mean(axis=1)


def _r2(sums: SweepSums) -> Scores:
    targets, weights = sums.samples.targets, sums.samples.weights
    mean = np.average(targets, axis=0, weights=weights)
    variance = np.average((targets - mean) ** 2, axis=0, weights=weights)
    full, without = _mean_squared_errors(sums)
    return float((1 - full / variance).mean()), (1 - without / variance).mean(axis=1)


def _fidelity(sums: SweepSums) -> Scores:
    """Minus the mean divergence from the network that the targets of the samples are from."""
    full, without = _mean_loss(sums)
    if sums.samples.task == REGRESSION:  # from sums in float64, other than those of the losses
        squares, squares_without = _mean_squared_errors(sums)
        full, without = float(squares.sum() / 2), squares_without.sum(axis=1) / 2
    return 0.0 - full, 0.0 - without


# metric -> tasks, and the function that computes it with the metric's default parameters.
OF_SUMS: dict[Callable, tuple[tuple[int, ...], Callable[[SweepSums], Scores]]] = {
    metrics.accuracy_score: ((LABEL, MULTILABEL), accuracy),
    metrics.log_loss: ((LABEL,), _mean_loss),
    expected_accuracy_score: ((LABEL,), _mean_probability),
    metrics.mean_squared_error: ((REGRESSION, POISSON_REGRESSION), _mean_squared_error),
    metrics.root_mean_squared_error: ((REGRESSION, POISSON_REGRESSION), _root_mean_squared_error),
    metrics.r2_score: ((REGRESSION, POISSON_REGRESSION), _r2),
    metrics.mean_poisson_deviance: ((POISSON_REGRESSION,), _mean_loss),
}
OF_PROBABILITIES = frozenset({metrics.log_loss, expected_accuracy_score})


def confusion_score(metric: Callable, classes: np.ndarray, **parameters: Any) -> Any:
    """A function of (counts, weights by true and predicted class) that computes ``metric``.

    scikit-learn's own function is given one sample for every cell of the confusion matrix that
    is not empty, with the weight of all the samples in this cell.
    """

    def score(counts: np.ndarray, weights: np.ndarray) -> float:
        true, predicted = np.nonzero(counts)
        weight = np.maximum(weights[true, predicted], 0)  # sums of changes may be off by rounding
        return metric(classes[true], classes[predicted], sample_weight=weight, **parameters)

    return score


def _confusion_scores(score: Callable[..., float], sums: SweepSums) -> Scores:
    baseline, changes = sums.baseline, sums.changes
    without = []
    for at, change in enumerate(changes.cells):
        weighted = change if len(changes.weighted_cells) == 0 else changes.weighted_cells[at]
        without.append(score(baseline.cells + change, baseline.weighted_cells + weighted))
    return float(score(baseline.cells, baseline.weighted_cells)), np.array(without, dtype=float)


def _balanced_accuracy(sums: SweepSums) -> Scores:
    """As scikit-learn's function, which takes half a millisecond to check what it is given."""
    baseline, changes = sums.baseline, sums.changes
    weight = baseline.weighted_cells.sum(axis=1)  # of each class, which no removal changes
    change = changes.weighted_cells if len(changes.weighted_cells) else changes.cells
    hits = baseline.weighted_cells.diagonal()
    without = np.maximum(hits + np.diagonal(change, axis1=1, axis2=2), 0)
    # In C order NumPy adds up rows as it does single arrays.
    scores = np.ascontiguousarray(without / weight).mean(axis=1)
    return float((hits / weight).mean()), scores


# Metrics of the confusion matrix that are computed for all removals at once, by their default
# parameters and if samples have all classes.
_AT_ONCE: dict[Callable, Callable[[SweepSums], Scores]] = {
    metrics.balanced_accuracy_score: _balanced_accuracy,
}


def _is_defined(metric: Callable, samples: Samples) -> bool:
    """Whether the formula holds; if not, scikit-learn itself knows its conventions best."""
    if metric is metrics.log_loss:
        return samples.n_classes > 1
    if metric is metrics.mean_poisson_deviance:
        return bool((samples.targets >= 0).all())
    if metric is not metrics.r2_score:
        return True
    counted = samples.targets[samples.weights > 0]
    return samples.n_samples > 1 and bool((np.ptp(counted, axis=0) > 0).all())


def _has_all_classes(samples: Samples) -> bool:
    weight = np.bincount(samples.codes, samples.sample_weight, minlength=samples.n_classes)
    return bool((weight > 0).all())


def _has_label_of_interest(
    metric: Callable, parameters: dict[str, Any], classes: np.ndarray
) -> bool:
    """Whether a network of two classes has the one that precision and the like are about, if any.

    If not, scorers refuse, but their metrics return 0 for labels that are all the same.
    """
    given = _defaults(metric) | parameters
    is_about_one = given.get("average") == "binary" and len(classes) <= 2
    return not is_about_one or given["pos_label"] in classes.tolist()


@cache
def _defaults(metric: Callable) -> dict[str, Any]:
    return {name: each.default for name, each in signature(metric).parameters.items()}


def formula_for(
    scorer: Any, samples: Samples, classes: Any, wanted: WantedSums = EVERYTHING
) -> Callable[[SweepSums], Scores] | None:
    """How the scorer's values follow from what a sweep adds up, or None if they do not.

    Parameters
    ----------
    scorer : callable
    samples : Samples
    classes : ndarray, or None
        Of the network.
    wanted : WantedSums, default=EVERYTHING
        What the sweep will add up.

    Returns
    -------
    formula : callable
        Takes a `SweepSums`.
    """
    if compares_with_network(scorer):
        return _fidelity if scorer.name == FIDELITY else accuracy
    parts = scorer_parts(scorer)
    if parts is None:
        return None
    metric, sign, parameters, response = parts
    tasks, compute = OF_SUMS.get(metric, ((), accuracy))
    usual_response = "predict_proba" if metric in OF_PROBABILITIES else "predict"
    if samples.task in tasks and not parameters:
        if response != usual_response or not _is_defined(metric, samples):
            return None
    elif (
        metric in OF_CONFUSION
        and response == "predict"
        and wanted.confusion
        and samples.task == LABEL
        and _has_label_of_interest(metric, parameters, classes)
    ):
        one_by_one = partial(_confusion_scores, confusion_score(metric, classes, **parameters))
        at_once = not parameters and _has_all_classes(samples)
        compute = _AT_ONCE.get(metric, one_by_one) if at_once else one_by_one
    else:
        return None

    def formula(sums: SweepSums) -> Scores:
        baseline, scores = compute(sums)
        return sign * baseline, sign * scores

    return formula
