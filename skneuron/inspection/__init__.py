"""What single neurons do."""

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
