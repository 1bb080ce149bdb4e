"""Neuron-by-neuron ablation and pruning of scikit-learn's multilayer perceptrons."""

from skneuron._mlp import PrunableMLPClassifier, PrunableMLPRegressor
from skneuron._prune import prune_neurons
from skneuron._prune_redundant import remove_redundant_neurons
from skneuron._pruner import RottenNeuronPruner
from skneuron._pruner_cv import RottenNeuronPrunerCV
from skneuron.inspection import (
    NeuronAblation,
    NeuronPruningPath,
    NeuronShapley,
    PairwiseAblation,
    criterion_rank_correlation,
    neuron_ablation,
    neuron_criterion,
    neuron_pruning_path,
    neuron_shapley,
    pairwise_ablation,
)

__version__ = "0.1.0.dev0"

__all__ = [
    "NeuronAblation",
    "NeuronPruningPath",
    "NeuronShapley",
    "PairwiseAblation",
    "PrunableMLPClassifier",
    "PrunableMLPRegressor",
    "RottenNeuronPruner",
    "RottenNeuronPrunerCV",
    "criterion_rank_correlation",
    "neuron_ablation",
    "neuron_criterion",
    "neuron_pruning_path",
    "neuron_shapley",
    "pairwise_ablation",
    "prune_neurons",
    "remove_redundant_neurons",
]
