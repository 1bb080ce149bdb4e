"""Neurons removed one after the other, without training.

- `_pruning_path`: `neuron_pruning_path` and its result, with `prune_to`
- `_strategies`: greedy, one_shot and swap: which neuron goes next
- `_stopping_rule`: how far a path goes; `_threshold`: from "1.25*mean" to a number
- `_ranking`: neurons from weakest to strongest, by ablation or another criterion
- `_state`: `PruningState`, a network that is losing neurons
"""

from skneuron.inspection._pruning_path._pruning_path import (
    NeuronPruningPath,
    neuron_pruning_path,
    pruned_copy,
)
from skneuron.inspection._pruning_path._ranking import ABLATION, ranking_by
from skneuron.inspection._pruning_path._stopping_rule import StoppingOptions
from skneuron.inspection._pruning_path._strategies import (
    STRATEGIES,
    STRATEGIES_FOR_ALL_SIZES,
    PruningPath,
    ThresholdRule,
    pruning_path,
)
from skneuron.inspection._pruning_path._threshold import is_automatic, threshold_rule

__all__ = [
    "ABLATION",
    "STRATEGIES",
    "STRATEGIES_FOR_ALL_SIZES",
    "NeuronPruningPath",
    "PruningPath",
    "StoppingOptions",
    "ThresholdRule",
    "is_automatic",
    "neuron_pruning_path",
    "pruned_copy",
    "pruning_path",
    "ranking_by",
    "threshold_rule",
]
