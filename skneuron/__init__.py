"""Neuron-by-neuron ablation and pruning of scikit-learn's multilayer perceptrons."""

# ruff: noqa: E402 (what follows takes a second)
from skneuron import _quiet_start

_quiet_start.start_quietly()

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
from skneuron.neural_network import PrunableMLPClassifier, PrunableMLPRegressor
from skneuron.pruning import RottenNeuronPruner, RottenNeuronPrunerCV, to_sklearn
from skneuron.report import write_report
from skneuron.surgery import (
    prune_neurons,
    refit_outputs,
    refit_pruned,
    remove_redundant_neurons,
)
from skneuron.utils import show_versions
from skneuron.warmup import warmup

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
    "refit_outputs",
    "refit_pruned",
    "remove_redundant_neurons",
    "show_versions",
    "to_sklearn",
    "warmup",
    "write_report",
]
