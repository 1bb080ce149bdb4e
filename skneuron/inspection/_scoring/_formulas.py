"""Scores from sums over rows: what one pass has added up, without looking at rows again.

Tables say which of scikit-learn's metrics are functions of the confusion matrix, of the mean
loss or of squared errors; scorers made of any of them are recognised.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sklearn import metrics

from skneuron.inspection._scoring._samples import Samples
from skneuron.inspection._scoring._sweep import Pass
from skneuron.kernels.ablation import LABEL, MULTILABEL, POISSON_REGRESSION, REGRESSION
from skneuron.metrics import expected_accuracy_score
from skneuron.utils import scorer_parts

# Scores of the whole network and without each neuron.
Scores = tuple[float, np.ndarray]

OF_CONFUSION = frozenset(
    {
        metrics.accuracy_score,
        metrics.balanced_accuracy_score,
        metrics.cohen_kappa_score,
        metrics.f1_score,
        metrics.fbeta_score,
        metrics.hamming_loss,
        metrics.jaccard_score,
        metrics.matthews_corrcoef,
        metrics.precision_score,
        metrics.recall_score,
        metrics.zero_one_loss,
    }
)


def accuracy(ablated: Pass) -> Scores:
    """Share of the rows, by weight, that are right."""
    hits = ablated.baseline.hits.sum()
    scores = (hits + ablated.changes.hits.sum(axis=1)) / ablated.baseline.weight
    return float(hits / ablated.baseline.weight), scores


def _mean_loss(ablated: Pass) -> Scores:
    loss = ablated.baseline.loss
    return loss, loss + ablated.changes.losses[:, 0] / ablated.baseline.weight


def _mean_probability(ablated: Pass) -> Scores:
    probability = ablated.baseline.probability
    return probability, probability + ablated.changes.losses[:, 3] / ablated.baseline.weight


def _mean_squared_errors(ablated: Pass) -> tuple[np.ndarray, np.ndarray]:
    """For every output: of the whole network, and without each neuron."""
    full = ablated.baseline.squares
    return full / ablated.baseline.weight, (
        full + ablated.changes.squares
    ) / ablated.baseline.weight


def _mean_squared_error(ablated: Pass) -> Scores:
    full, without = _mean_squared_errors(ablated)
    return float(full.mean()), without.mean(axis=1)


def _root_mean_squared_error(ablated: Pass) -> Scores:
    full, without = _mean_squared_errors(ablated)
    return float(np.sqrt(full).mean()), np.sqrt(without).mean(axis=1)


def _r2(ablated: Pass) -> Scores:
    targets, weights = ablated.samples.targets, ablated.samples.weights
    mean = np.average(targets, axis=0, weights=weights)
    variance = np.average((targets - mean) ** 2, axis=0, weights=weights)
    full, without = _mean_squared_errors(ablated)
    return float((1 - full / variance).mean()), (1 - without / variance).mean(axis=1)


# metric -> tasks, and the function that computes it with the metric's default parameters.
OF_SUMS: dict[Callable, tuple[tuple[int, ...], Callable[[Pass], Scores]]] = {
    metrics.accuracy_score: ((LABEL, MULTILABEL), accuracy),
    metrics.log_loss: ((LABEL,), _mean_loss),
    expected_accuracy_score: ((LABEL,), _mean_probability),
    metrics.mean_squared_error: ((REGRESSION, POISSON_REGRESSION), _mean_squared_error),
    metrics.root_mean_squared_error: ((REGRESSION, POISSON_REGRESSION), _root_mean_squared_error),
    metrics.r2_score: ((REGRESSION, POISSON_REGRESSION), _r2),
    metrics.mean_poisson_deviance: ((POISSON_REGRESSION,), _mean_loss),
}
OF_PROBABILITIES = frozenset({metrics.log_loss, expected_accuracy_score})
OF_LOSSES = frozenset(
    metric for metric, (_, sums) in OF_SUMS.items() if sums in (_mean_loss, _mean_probability)
)


def of_confusion(metric: Callable, classes: np.ndarray, **parameters: Any) -> Any:
    """A function of (counts, weights by true and predicted class) that computes ``metric``.

    A confusion matrix is a set of rows: one for every cell in which there are any, as heavy as
    these are together.
    """

    def score(counts: np.ndarray, weights: np.ndarray) -> float:
        true, predicted = np.nonzero(counts)
        weight = np.maximum(weights[true, predicted], 0)  # sums of changes may be off by rounding
        return metric(classes[true], classes[predicted], sample_weight=weight, **parameters)

    return score


def _confusion_scores(score: Callable[..., float], ablated: Pass) -> Scores:
    baseline, changes = ablated.baseline, ablated.changes
    without = []
    for at, change in enumerate(changes.cells):
        weighted = change if len(changes.weighted_cells) == 0 else changes.weighted_cells[at]
        without.append(score(baseline.cells + change, baseline.weighted_cells + weighted))
    return float(score(baseline.cells, baseline.weighted_cells)), np.array(without, dtype=float)


def _is_defined(metric: Callable, samples: Samples) -> bool:
    """scikit-learn's conventions for what is not defined are better taken from itself."""
    if metric is not metrics.r2_score:
        return True
    counted = samples.targets[samples.weights > 0]
    return samples.n_samples > 1 and bool((np.ptp(counted, axis=0) > 0).all())


def formula_for(
    scorer: Any, samples: Samples, classes: Any, *, confusion: bool = True
) -> Callable[[Pass], Scores] | None:
    """How the scorer's values follow from what a pass adds up, or None if they do not.

    Parameters
    ----------
    scorer : callable
    samples : Samples
    classes : ndarray, or None
        Of the network.
    confusion : bool, default=True
        Whether the pass will have confusion matrices.

    Returns
    -------
    formula : callable
        Takes a `Pass`.
    """
    parts = scorer_parts(scorer)
    if parts is None:
        return None
    metric, sign, parameters, response = parts
    tasks, compute = OF_SUMS.get(metric, ((), accuracy))
    wanted = "predict_proba" if metric in OF_PROBABILITIES else "predict"
    if samples.task in tasks and not parameters:
        if response != wanted or not _is_defined(metric, samples):
            return None
    elif metric in OF_CONFUSION and response == "predict" and confusion and samples.task == LABEL:
        compute = partial(_confusion_scores, of_confusion(metric, classes, **parameters))
    else:
        return None

    def formula(ablated: Pass) -> Scores:
        baseline, scores = compute(ablated)
        return sign * baseline, sign * scores

    return formula


def needs_losses(scorer: Any) -> bool:
    """Whether the scorer looks at the rows' losses."""
    parts = scorer_parts(scorer)
    return parts is not None and parts[0] in OF_LOSSES


def needs_probabilities(scorer: Any) -> bool:
    """Whether it looks at what is summed with the losses, the right class's probability."""
    parts = scorer_parts(scorer)
    return parts is not None and parts[0] is expected_accuracy_score


def needs_only_hits(scorer: Any) -> bool:
    """Whether accuracy is all that the scorer looks at."""
    parts = scorer_parts(scorer)
    return parts is not None and parts[0] is metrics.accuracy_score and not parts[2]
