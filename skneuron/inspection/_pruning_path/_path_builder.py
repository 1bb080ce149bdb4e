"""`PathBuilder`: the steps that a strategy takes, and the path that they come to."""

from collections.abc import Iterable

import numpy as np

from skneuron.inspection._ablation import as_ablation
from skneuron.inspection._pruning_path._path import NeuronPruningPath
from skneuron.inspection._pruning_path._ranking import Ranked
from skneuron.inspection._pruning_path._state import PruningState
from skneuron.inspection._scoring import AblationProblem


class PathBuilder:
    """The steps that a strategy has taken so far, of which `path` makes its result.

    Parameters
    ----------
    state : PruningState
        The whole network.
    ranked : Ranked
        Its neurons.
    """

    def __init__(self, state: PruningState, ranked: Ranked):
        self.state, self.ranked = state, ranked
        self.scores, self.n_neurons = [ranked.removal_scores.baseline_score], [len(state.alive)]
        self.importances: list[float] = []

    @property
    def order(self) -> np.ndarray:
        """Positions of the removed neurons in the whole network, first removed first."""
        removed = [neuron for removal in self.state.removals for neuron in removal.neurons]
        return np.array(removed, dtype=int)

    def add_step(self, state: PruningState, score: float, importances: Iterable[float]) -> None:
        """Go on to ``state``, which has lost neurons that had these importances."""
        self.state = state
        self.scores.append(score)
        self.n_neurons.append(len(state.alive))
        self.importances.extend(importances)

    def path(self, problem: AblationProblem) -> NeuronPruningPath:
        """What the steps have come to."""
        state, order = self.state, self.order
        path = NeuronPruningPath(
            layer=state.layer[order],
            index=state.index[order],
            order=order,
            importances=np.array(self.importances),
            scores=np.array(self.scores),
            n_neurons=np.array(self.n_neurons),
            full_importances=self.ranked.importances,
            ablation=as_ablation(
                self.ranked.removal_scores, problem.sizes, problem.ablated, problem.classes
            ),
            estimator=problem.estimator,
            replacement=problem.replacement,
            _removals=tuple(state.removals),
            _X_ref=None,
        )
        path.__dict__["_last_network"] = state.rest  # not an item of the Bunch
        return path
