"""What single neurons do for a fitted network.

- `_ablation`: `neuron_ablation`: every neuron removed in turn, and which effects are beyond chance
- `_interactions`: `pairwise_ablation`, `neuron_shapley`: several neurons at once
- `_criteria`: `neuron_criterion`, `criterion_rank_correlation`: the classic, cheap criteria
- `_pruning_path`: `neuron_pruning_path`: one neuron after the other, without training
- `_scoring`: scores without each neuron, which the other rooms are built on
"""

from skneuron.inspection._ablation import NeuronAblation, neuron_ablation
from skneuron.inspection._criteria import criterion_rank_correlation, neuron_criterion
from skneuron.inspection._interactions import (
    NeuronShapley,
    PairwiseAblation,
    neuron_shapley,
    pairwise_ablation,
)
from skneuron.inspection._pruning_path import NeuronPruningPath, neuron_pruning_path

__all__ = [
    "NeuronAblation",
    "NeuronPruningPath",
    "NeuronShapley",
    "PairwiseAblation",
    "criterion_rank_correlation",
    "neuron_ablation",
    "neuron_criterion",
    "neuron_pruning_path",
    "neuron_shapley",
    "pairwise_ablation",
]
