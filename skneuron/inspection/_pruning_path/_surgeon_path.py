"""Strategy "obs": the neurons go that the outputs miss least if the others take over."""

import numpy as np

from skneuron.inspection._pruning_path._path_builder import PathBuilder
from skneuron.inspection._pruning_path._ranking import Ranked, Ranking, rank_by_ablation
from skneuron.inspection._pruning_path._state import PruningState
from skneuron.inspection._pruning_path._stopping_rule import ONE_NEURON_PER_LAYER, StoppingRule
from skneuron.inspection._pruning_path._threshold import ThresholdRule
from skneuron.surgery import (
    Elimination,
    curvature_rows,
    eliminated,
    hidden_activations,
    output_curvature,
    removal_costs,
    split_by_layer,
)
from skneuron.utils import FloatArray

# The share of the neurons left that go, at most, before the costs of all layers are found afresh
# where layers compete.
SHARE_PER_ROUND = 1 / 16


class Surgeon:
    """Tells what removals cost, in nats of the outputs' divergence, for any layer of a network.

    What the first layer makes of some samples is kept: removals do not change it.
    """

    def __init__(self, state: PruningState):
        network, X = state.network, state.reference_samples
        if not network.is_finite:
            raise ValueError(
                "strategy='obs' needs weights that are neither NaN nor infinite: remove the "
                "neurons that have them with prune_neurons, or use another strategy."
            )
        self._first = hidden_activations(network, X[curvature_rows(network, X.shape[0])], 0)

    def costs(self, state: PruningState, layer: int) -> FloatArray:
        """Of removing each neuron of a layer, and it alone."""
        covariance, outgoing, curvature = self._problem(state, layer)
        return removal_costs(covariance, outgoing, curvature)

    def eliminated(self, state: PruningState, layer: int, n_removals: int) -> Elimination:
        """The neurons of a layer that go first if it alone is pruned."""
        covariance, outgoing, curvature = self._problem(state, layer)
        return eliminated(covariance, outgoing, curvature, n_removals)

    def _problem(self, state: PruningState, layer: int) -> tuple[FloatArray, ...]:
        with np.errstate(over="ignore", invalid="ignore"):  # said below
            covariance = state.linear_replacement(layer).covariance
        first = self._first[:, state.alive[state.layer[state.alive] == 0]]
        behind = state.rest.later_layers(0)
        activations = hidden_activations(behind, first, layer - 1) if layer else first
        curvature = output_curvature(state.rest.later_layers(layer), activations)
        if covariance is None or not (
            np.isfinite(covariance).all() and np.isfinite(curvature).all()
        ):
            raise ValueError(
                f"strategy='obs': activations of hidden layer {layer} are too large for their "
                "variances, or for outputs, to be finite."
            )
        return covariance, state.rest.coefs[layer + 1], curvature


def surgeon_path(
    state: PruningState,
    ablated: np.ndarray,
    threshold: ThresholdRule,
    *,
    rank: Ranking = rank_by_ablation,
    stopping_rule: StoppingRule = ONE_NEURON_PER_LAYER,
) -> PathBuilder:
    """Remove the neuron that costs least, while one costs less than the threshold.

    If all layers have their sizes to get to, they are pruned one after the other, from the front.
    Else they compete, by costs that are found afresh after every `SHARE_PER_ROUND` of the neurons.
    """
    surgeon, layers = Surgeon(state), np.unique(state.layer[ablated])
    costs = np.full(len(ablated), np.nan)
    for layer in layers:
        costs[state.layer == layer] = surgeon.costs(state, int(layer))
    ranked = Ranked(costs, state.removal_scores(ablated), ablated)
    limit = threshold(costs[ablated])
    lowest = stopping_rule.lowest_sizes(state.sizes, ablated)
    steps, n_per_step = PathBuilder(state, ranked), stopping_rule.n_per_step(len(ablated))

    def is_allowed(state: PruningState, costs: list[float]) -> bool:
        score = state.score()
        if not stopping_rule.allows_score(score, steps.scores[0]):
            return False
        steps.add_step(state, score, costs)
        return True

    not_scored: list[float] = []
    has_met_limit = False
    while True:
        open_layers = layers[stopping_rule.may_shrink(np.array(state.sizes))[layers]]
        at_most = max(1, int(SHARE_PER_ROUND * len(state.alive)))
        if stopping_rule.every_layer_has_a_size:
            open_layers, at_most = open_layers[:1], len(state.alive)
        planned: list[tuple[int, float]] = []
        if not has_met_limit:
            planned, has_met_limit = _planned(
                surgeon, state, open_layers, lowest, stopping_rule, at_most, limit
            )
        if not planned:
            if not_scored:
                is_allowed(state, not_scored)
            return steps
        for neuron, cost in planned:
            if not not_scored:
                state = state.copy()
            state.remove(neuron)
            not_scored.append(cost)
            if len(not_scored) == n_per_step:
                if not is_allowed(state, not_scored):
                    return steps
                not_scored = []


def _planned(
    surgeon: Surgeon,
    state: PruningState,
    layers: np.ndarray,
    lowest: np.ndarray,
    stopping_rule: StoppingRule,
    at_most: int,
    limit: float,
) -> tuple[list[tuple[int, float]], bool]:
    """The next neurons to go, and what each costs; and whether the next one costs too much.

    Of the neurons that go next in each of some layers, always the one that costs least. Costs
    that are found afresh may be below the limit again: a path of a lower limit is the beginning
    of one of a higher limit only if it ends where the limit is first met.
    """
    sizes, neurons = np.array(state.sizes), split_by_layer(state.alive, state.sizes)
    queues = {
        layer: surgeon.eliminated(state, layer, min(at_most, sizes[layer] - lowest[layer]))
        for layer in map(int, layers)
    }
    n_gone = dict.fromkeys(queues, 0)
    planned: list[tuple[int, float]] = []
    while len(planned) < at_most:
        may_shrink = stopping_rule.may_shrink(sizes)
        next_costs = {
            layer: queue.costs[n_gone[layer]]
            for layer, queue in queues.items()
            if may_shrink[layer] and n_gone[layer] < len(queue.costs)
        }
        if not next_costs:
            break
        layer = min(next_costs, key=lambda at: next_costs[at] / stopping_rule.worth(sizes, at))
        if not next_costs[layer] < limit:
            return planned, True
        index = queues[layer].order[n_gone[layer]]
        planned.append((int(neurons[layer][index]), float(next_costs[layer])))
        n_gone[layer] += 1
        sizes[layer] -= 1
    return planned, False
