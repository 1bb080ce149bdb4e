"""Neuron-by-neuron ablation and pruning of scikit-learn's multilayer perceptrons."""

from skneuron._mlp import PrunableMLPClassifier, PrunableMLPRegressor
from skneuron._prune import prune_neurons
from skneuron._pruner import RottenNeuronPruner
from skneuron.inspection import NeuronAblation, neuron_ablation

__version__ = "0.1.0.dev0"

__all__ = [
    "NeuronAblation",
    "PrunableMLPClassifier",
    "PrunableMLPRegressor",
    "RottenNeuronPruner",
    "neuron_ablation",
    "prune_neurons",
]
