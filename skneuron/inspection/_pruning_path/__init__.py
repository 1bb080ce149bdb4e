"""Neurons removed one after the other, without training.

- `_pruning_path`: `neuron_pruning_path`
- `_path`: its result, `NeuronPruningPath`; `_networks_on_path`: the networks on the way
- `_sizes_and_scores`: size against score of these networks; `_network_size`: how large they are
- `_compare`: a pruned network beside the whole one; `_comparison`: the result, in words;
  `_predict_time`: how long both take
- `_wanted_size`: which of them `prune_to` is asked for
- `_strategies`: greedy, one_shot and swap: which neuron is removed next
- `_surgeon_path`: strategy obs: neurons that the outputs miss least
- `_path_builder`: the steps that strategies take, made into a path
- `_stopping_rule`: how far a path goes; `_minimum_sizes`: by ``n_neurons_to_select``
- `_threshold`: from "1.25*mean" to a number
- `_ranking`: neurons by importance: ablation, or another criterion
- `_state`: `PruningState`, a network that is losing neurons
"""

from skneuron.inspection._pruning_path._compare import compared
from skneuron.inspection._pruning_path._comparison import PruningComparison
from skneuron.inspection._pruning_path._network_size import NetworkShape
from skneuron.inspection._pruning_path._networks_on_path import (
    network_after,
    pruned_copy,
    scores_along,
    support_after,
)
from skneuron.inspection._pruning_path._path import NeuronPruningPath
from skneuron.inspection._pruning_path._pruning_path import neuron_pruning_path
from skneuron.inspection._pruning_path._ranking import ABLATION, ranking_by
from skneuron.inspection._pruning_path._sizes_and_scores import SizesAndScores
from skneuron.inspection._pruning_path._stopping_rule import StoppingParams
from skneuron.inspection._pruning_path._strategies import (
    STRATEGIES,
    STRATEGIES_FOR_ALL_SIZES,
    SURGEON,
    pruning_path,
)
from skneuron.inspection._pruning_path._threshold import (
    ThresholdRule,
    is_automatic,
    threshold_rule,
)

__all__ = [
    "ABLATION",
    "STRATEGIES",
    "STRATEGIES_FOR_ALL_SIZES",
    "SURGEON",
    "NetworkShape",
    "NeuronPruningPath",
    "PruningComparison",
    "SizesAndScores",
    "StoppingParams",
    "ThresholdRule",
    "compared",
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
