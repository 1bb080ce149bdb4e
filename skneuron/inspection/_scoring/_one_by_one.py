"""Neurons really removed, one by one, where a sweep does not tell what they do.

A sweep subtracts what a neuron adds to the outputs, but NaN minus anything is NaN, and so is
infinity minus infinity: it would say that no removal changes anything, also where the neuron with
the NaN is removed. And of squared errors that are a million times as large with the neuron as
without it, subtracting leaves too few digits.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from skneuron.inspection._scoring._blocks import blocks_of, full_outputs
from skneuron.inspection._scoring._formulas import Scores
from skneuron.inspection._scoring._lost_digits import add_row_changes
from skneuron.inspection._scoring._outputs import ScorerInput
from skneuron.inspection._scoring._samples import Samples
from skneuron.inspection._scoring._sweep import (
    Baseline,
    BaselineSums,
    SweepSums,
    new_changes,
    scored_before,
)
from skneuron.inspection._scoring._wanted_sums import WantedSums
from skneuron.kernels.ablation import LABEL, MULTILABEL, REGRESSION, Before
from skneuron.surgery import (
    LayerReplacement,
    Network,
    cut,
    layer_replacements,
    silence,
    with_network,
)
from skneuron.utils import class_codes, scorer_parts

Formulas = Mapping[str, Callable[[SweepSums], Scores] | None]


@dataclass(frozen=True)
class _Scored:
    """What one network makes of the samples: sums, and every sample's prediction and losses."""

    baseline: Baseline
    rows: Before


def remove_one_by_one(
    network: Network,
    samples: Samples,
    replacements: Sequence[LayerReplacement],
    layers: np.ndarray,
    indices: np.ndarray,
    wanted: WantedSums,
    given: ScorerInput,
    scorers: Mapping[str, Callable[..., float]],
    formulas: Formulas,
) -> tuple[SweepSums, dict[str, Scores]]:
    """What a sweep and scorers tell of a network, at the cost of a forward pass for each neuron.

    Scores that no formula gives are those of scikit-learn's own predictions.

    Returns
    -------
    sums : SweepSums
    scores : dict of tuple
        By scorer: of the whole network, and without each neuron.
    """
    changes = new_changes(samples, len(layers), wanted)
    full = _scored(network, samples, wanted, given)
    overflows = not full.baseline.is_finite
    baselines = _scores(network, full, samples, wanted, given, scorers, formulas)
    scores = {name: np.empty(len(layers)) for name in scorers}
    for at, (layer, index) in enumerate(zip(layers, indices, strict=True)):
        smaller = without_neuron(network, int(layer), int(index), replacements[layer])
        found = _scored(smaller, samples, wanted, given, overflows)
        add_row_changes(samples, slice(None), full.rows, found.rows, at, changes)
        of_smaller = _scores(smaller, found, samples, wanted, given, scorers, formulas)
        for name, score in of_smaller.items():
            scores[name][at] = score
    sums = SweepSums(samples, full.baseline, changes)
    return sums, {name: (baselines[name], scores[name]) for name in scorers}


def without_neuron(
    network: Network, layer: int, index: int, replacement: LayerReplacement
) -> Network:
    """The network without a neuron, of which not even a NaN is left."""
    gone = np.arange(network.hidden_layer_sizes[layer]) == index
    silent = silence(network, layer, gone, replacement)
    if not gone.all():
        return cut(silent, layer, ~gone)
    # A layer of no neurons is no network. The outputs do not depend on what is in front of it.
    front = slice(0, layer + 1)
    coefs, intercepts = list(silent.coefs), list(silent.intercepts)
    coefs[front] = map(np.zeros_like, coefs[front])
    intercepts[front] = map(np.zeros_like, intercepts[front])
    return replace(silent, coefs=tuple(coefs), intercepts=tuple(intercepts))


def _scored(
    network: Network,
    samples: Samples,
    wanted: WantedSums,
    given: ScorerInput,
    overflows: bool = False,
) -> _Scored:
    """Where numbers overflow, or are said to, predictions are scikit-learn's own.

    Whether a sum overflows depends on the order of its terms.
    """
    to_score = samples.network_to_score(network)
    nothing = layer_replacements(to_score, "zero", None)
    blocks = []
    for block in blocks_of(to_score, samples.X, nothing):
        before = scored_before(samples, to_score, block)
        overflows = overflows or not block.is_finite
        if samples.task == LABEL:
            outputs = full_outputs(block)
            if samples.of_network:
                before.row_losses[~np.isfinite(outputs).all(axis=1)] = np.nan
            else:
                _losses_as_in_sklearn(outputs, samples.codes[block.rows], before)
        blocks.append(before)
    rows = Before(*(np.concatenate(columns) for columns in zip(*blocks, strict=True)))
    if samples.task == REGRESSION:
        # Squares of float32 overflow where outputs do not.
        squares = rows.row_squares
        losses = squares.sum(axis=1) / 2 if samples.of_network else squares.mean(axis=1)
        rows = rows._replace(row_losses=losses)
    elif overflows and samples.task in (LABEL, MULTILABEL) and samples.n_classes > 1:
        rows = rows._replace(predicted=_predicted_by_sklearn(network, samples, given.mlp))
    sums = BaselineSums(samples, wanted)
    sums.add(slice(None), rows, is_finite=not overflows)
    rounding = float(np.finfo(to_score.dtype).eps)
    return _Scored(replace(sums.result(), rounding=rounding), rows)


def _predicted_by_sklearn(network: Network, samples: Samples, mlp: Any) -> np.ndarray:
    """As in `Before.predicted`."""
    mlp = with_network(mlp, network)
    mlp.n_features_in_ = samples.X.shape[1]
    with np.errstate(all="ignore"):
        predicted = mlp.predict(samples.X)
    if samples.task == LABEL:
        return class_codes(predicted, mlp.classes_).astype(np.int32)
    return (predicted == (samples.output_targets > 0)).all(axis=1).astype(np.int32)


def _losses_as_in_sklearn(logits: np.ndarray, codes: np.ndarray, before: Before) -> None:
    """Losses where outputs are not finite, written into ``before``."""
    n_classes = logits.shape[1]
    rows = np.flatnonzero(~np.isfinite(logits).all(axis=1))
    if n_classes == 1 or not len(rows):
        return
    found, right = logits[rows], codes[rows]
    if n_classes == 2:
        with np.errstate(invalid="ignore"):
            losses = np.logaddexp(0, np.where(right == 1, -found[:, 1], found[:, 1]))
        eps = np.finfo(logits.dtype).eps
        before.row_losses[rows] = np.clip(losses, eps, -np.log(eps))
    else:
        # Softmax is then NaN for all classes.
        before.row_losses[rows[~np.isfinite(found.max(axis=1))]] = np.nan


def _scores(
    network: Network,
    found: _Scored,
    samples: Samples,
    wanted: WantedSums,
    given: ScorerInput,
    scorers: Mapping[str, Callable[..., float]],
    formulas: Formulas,
) -> dict[str, float]:
    sums = SweepSums(samples, found.baseline, new_changes(samples, 0, wanted))
    scores = {}
    for name, scorer in scorers.items():
        formula = formulas[name]
        if formula is not None:
            scores[name] = formula(sums)[0]
        elif scorer_parts(scorer) is not None:
            scores[name] = given.score(scorer, with_network(given.mlp, network), given.X)
        else:
            scores[name] = given.score_of_estimator(scorer, network)
    return scores
