"""Which neurons to remove, in which order: the strategies of the pruner."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from skneuron._network import Network
from skneuron._neurons import flat_addresses, split_by_layer
from skneuron._surgery import remove_neurons, replacement_constants
from skneuron.inspection._scoring import Effects, Evaluator


@dataclass(frozen=True)
class PruningPath:
    """Networks passed through while neurons are removed one after the other.

    Attributes
    ----------
    layer, index : ndarray of shape (n_removed,)
        Addresses in the whole network, in the order of removal.
    scores : ndarray of shape (n_removed + 1,)
        Score of the whole network, then after each removal.
    support : ndarray of shape (n_neurons,)
        True for the neurons that stay.
    network : Network
        What is left.
    effects : Effects
        Of removing each neuron from the whole network.
    """

    layer: np.ndarray
    index: np.ndarray
    scores: np.ndarray
    support: np.ndarray
    network: Network
    effects: Effects


class _Patient:
    """A network under surgery that remembers which neurons of the whole network it still has."""

    def __init__(self, network: Network, replacement: str, X_ref: Any):
        self.network = network
        self.replacement = replacement
        self.X_ref = X_ref
        self.layer, self.index = flat_addresses(network.hidden_layer_sizes)
        self.alive = np.arange(len(self.layer))
        self.removed: list[int] = []

    def evaluate(self, evaluate: Evaluator, swept: np.ndarray) -> Effects:
        constants = replacement_constants(self.network, self.replacement, self.X_ref)
        return evaluate(self.network, constants, swept[self.alive])

    def remove(self, neurons: np.ndarray) -> None:
        """Remove the neurons with these positions in the whole network."""
        stays = ~np.isin(self.alive, neurons)
        masks = split_by_layer(stays, self.network.hidden_layer_sizes)
        self.network = remove_neurons(self.network, masks, self.replacement, self.X_ref)
        self.alive = self.alive[stays]
        self.removed.extend(int(neuron) for neuron in neurons)

    def removable(self, swept: np.ndarray, min_neurons_per_layer: int) -> np.ndarray:
        """Mask over the neurons that are left of those that may go."""
        sizes = np.array(self.network.hidden_layer_sizes)
        return swept[self.alive] & (sizes > min_neurons_per_layer)[self.layer[self.alive]]

    def path(self, scores: list[float], effects: Effects) -> PruningPath:
        support = np.zeros(len(self.layer), dtype=bool)
        support[self.alive] = True
        return PruningPath(
            layer=self.layer[self.removed],
            index=self.index[self.removed],
            scores=np.array(scores),
            support=support,
            network=self.network,
            effects=effects,
        )


# Resolves `threshold` once the importances in the whole network are known.
ThresholdRule = Callable[[np.ndarray], float]


def greedy_path(
    network: Network,
    evaluate: Evaluator,
    swept: np.ndarray,
    threshold: ThresholdRule,
    *,
    replacement: str = "zero",
    X_ref: Any = None,
    min_neurons_per_layer: int = 1,
    on_step: Callable[[], None] | None = None,
) -> PruningPath:
    """Remove the least important neuron and rank the rest again, while one is below threshold.

    Neurons interact, so removing one changes the importance of the others.
    """
    patient = _Patient(network, replacement, X_ref)
    first = effects = patient.evaluate(evaluate, swept)
    limit = threshold(first.importances[swept])
    scores = [first.baseline_score]
    while True:
        removable = patient.removable(swept, min_neurons_per_layer)
        scored = removable & ~np.isnan(effects.importances)
        importances = np.where(scored, effects.importances, np.inf)
        weakest = int(np.argmin(importances))
        if not scored.any() or not importances[weakest] < limit:
            return patient.path(scores, first)
        patient.remove(patient.alive[[weakest]])
        effects = patient.evaluate(evaluate, swept)
        scores.append(effects.baseline_score)
        if on_step is not None:
            on_step()


def one_shot_path(
    network: Network,
    evaluate: Evaluator,
    swept: np.ndarray,
    threshold: ThresholdRule,
    *,
    replacement: str = "zero",
    X_ref: Any = None,
    min_neurons_per_layer: int = 1,
) -> PruningPath:
    """Rank once and remove all neurons that are below threshold, the least important first."""
    patient = _Patient(network, replacement, X_ref)
    effects = patient.evaluate(evaluate, swept)
    below = swept & (effects.importances < threshold(effects.importances[swept]))
    order = np.argsort(effects.importances, kind="stable")
    scores = [effects.baseline_score]
    nothing = np.zeros_like(swept)
    for neuron in order[below[order]]:
        if patient.removable(swept, min_neurons_per_layer)[patient.alive == neuron].all():
            patient.remove(np.array([neuron]))
            scores.append(patient.evaluate(evaluate, nothing).baseline_score)
    return patient.path(scores, effects)


STRATEGIES: dict[str, Callable[..., PruningPath]] = {
    "greedy": greedy_path,
    "one_shot": one_shot_path,
}
