"""What single neurons do."""

from skneuron.inspection._ablation import neuron_ablation
from skneuron.inspection._ablation_result import NeuronAblation
from skneuron.inspection._criteria import neuron_criterion
from skneuron.inspection._pairs import PairwiseAblation, pairwise_ablation
from skneuron.inspection._pruning_path import NeuronPruningPath, neuron_pruning_path
from skneuron.inspection._rank_correlation import criterion_rank_correlation
from skneuron.inspection._shapley import NeuronShapley, neuron_shapley

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
