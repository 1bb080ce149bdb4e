"""Neurons removed one after the other, without training.

- `_pruning_path`: `neuron_pruning_path`
- `_path`: its result, `NeuronPruningPath`, and the networks on the way
- `_strategies`: greedy, one_shot and swap: which neuron is removed next
- `_stopping_rule`: how far a path goes; `_minimum_sizes`: by ``n_neurons_to_select``
- `_threshold`: from "1.25*mean" to a number
- `_ranking`: neurons by importance: ablation, or another criterion
- `_state`: `PruningState`, a network that is losing neurons
"""

from skneuron.inspection._pruning_path._path import (
    NeuronPruningPath,
    network_after,
    pruned_copy,
    scores_along,
    support_after,
)
from skneuron.inspection._pruning_path._pruning_path import neuron_pruning_path
from skneuron.inspection._pruning_path._ranking import ABLATION, ranking_by
from skneuron.inspection._pruning_path._stopping_rule import StoppingParams
from skneuron.inspection._pruning_path._strategies import (
    STRATEGIES,
    STRATEGIES_FOR_ALL_SIZES,
    ThresholdRule,
    pruning_path,
)
from skneuron.inspection._pruning_path._threshold import is_automatic, threshold_rule

__all__ = [
    "ABLATION",
    "STRATEGIES",
    "STRATEGIES_FOR_ALL_SIZES",
    "NeuronPruningPath",
    "StoppingParams",
    "ThresholdRule",
    "is_automatic",
    "network_after",
    "neuron_pruning_path",
    "pruned_copy",
    "pruning_path",
    "ranking_by",
    "scores_along",
    "support_after",
    "threshold_rule",
]
