"""Networks with weights that are NaN or infinite: every neuron really removed, one by one.

A sweep subtracts what a neuron adds to the outputs, but NaN minus anything is NaN: it would say
that no removal changes anything, also where the neuron with the NaN is removed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from skneuron.inspection._scoring._blocks import blocks_of, full_outputs
from skneuron.inspection._scoring._formulas import Scores
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
from skneuron.kernels.ablation import LABEL, MULTILABEL, Before
from skneuron.surgery import (
    LayerReplacement,
    Network,
    cut,
    layer_replacements,
    silence,
    with_network,
)
from skneuron.utils import scorer_parts

Formulas = Mapping[str, Callable[[SweepSums], Scores] | None]


@dataclass(frozen=True)
class _Scored:
    """What one network makes of the samples: sums, and every sample's prediction and loss."""

    baseline: Baseline
    predicted: np.ndarray
    losses: np.ndarray


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
        Without the changes that only scores are computed from.
    scores : dict of tuple
        By scorer: of the whole network, and without each neuron.
    """
    changes = new_changes(samples, len(layers), wanted)
    full = _scored(network, samples)
    baselines = _scores(network, full, samples, wanted, given, scorers, formulas)
    scores = {name: np.empty(len(layers)) for name in scorers}
    for at, (layer, index) in enumerate(zip(layers, indices, strict=True)):
        smaller = without_neuron(network, int(layer), int(index), replacements[layer])
        found = _scored(smaller, samples)
        _note_changes(at, full, found, samples, changes)
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


def _scored(network: Network, samples: Samples) -> _Scored:
    network = samples.network_to_score(network)
    nothing = layer_replacements(network, "zero", None)
    sums, predicted, losses = BaselineSums(samples), [], []
    for block in blocks_of(network, samples.X, nothing):
        before = scored_before(samples, network, block)
        if samples.task == LABEL:
            _as_in_sklearn(full_outputs(block), samples.codes[block.rows], before)
        sums.add(block.rows, before)
        predicted.append(before.predicted)
        losses.append(before.row_losses.astype(np.float64))
    return _Scored(sums.result(), np.concatenate(predicted), np.concatenate(losses))


def _as_in_sklearn(logits: np.ndarray, codes: np.ndarray, before: Before) -> None:
    """Predictions and losses where outputs are not finite, written into ``before``."""
    n_classes = logits.shape[1]
    rows = np.flatnonzero(~np.isfinite(logits).all(axis=1))
    if n_classes == 1 or not len(rows):
        return
    found, right = logits[rows], codes[rows]
    if n_classes == 2:
        before.predicted[rows] = found[:, 1] > 0
        before.row_losses[rows] = np.logaddexp(0, np.where(right == 1, -found[:, 1], found[:, 1]))
    else:
        # Softmax is then NaN for all classes, of which the first one is predicted.
        undefined = ~np.isfinite(found.max(axis=1))
        before.predicted[rows[undefined]] = 0
        before.row_losses[rows[undefined]] = np.nan


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


def _note_changes(at: int, full: _Scored, found: _Scored, samples: Samples, changes: Any) -> None:
    """Enter what a removal changes, by the meanings that `Changes` gives."""
    before, after = full.baseline, found.baseline
    if samples.task in (LABEL, MULTILABEL):
        aim = samples.codes if samples.task == LABEL else 1
        was_right, is_right = full.predicted == aim, found.predicted == aim
        changes.n_fixed[at] = np.sum(is_right & ~was_right)
        changes.n_broken[at] = np.sum(was_right & ~is_right)
        changes.hits[at] = after.hits - before.hits
    if len(changes.cells):
        changes.cells[at] = after.cells - before.cells
    if len(changes.weighted_cells):
        changes.weighted_cells[at] = after.weighted_cells - before.weighted_cells
    if len(changes.losses):
        weights = samples.weights
        with np.errstate(invalid="ignore"):
            change = found.losses - full.losses
        changes.losses[at, :3] = (
            weights @ change, weights**2 @ change, weights**2 @ change**2
        )  # fmt: skip
