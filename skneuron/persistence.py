"""What to trust when skops loads fitted objects of this package.

skops loads scikit-learn's public classes untold, and no others. `TRUSTED_TYPES` names what else
fitted networks, pruners and results consist of: classes of this package, and the two in which
scikit-learn's networks keep the state of their training. docs/persistence.md compares the ways to
save a network; what `to_sklearn` makes needs no such list.

Examples
--------
>>> import skops.io  # doctest: +SKIP
>>> from skneuron.persistence import TRUSTED_TYPES
>>> pruner = skops.io.load("pruner.skops", trusted=TRUSTED_TYPES)  # doctest: +SKIP
"""

__all__ = ["TRUSTED_TYPES"]

# Of a file, skops.io.get_untrusted_types says what is not in here: functions of your own, such as
# `scoring` or `criterion`, and classes of others in a Pipeline.
TRUSTED_TYPES = (
    "skneuron.inspection._ablation._result.NeuronAblation",
    "skneuron.inspection._ablation._significance.NeuronVerdicts",
    "skneuron.inspection._interactions._pairs.PairwiseAblation",
    "skneuron.inspection._interactions._shapley.NeuronShapley",
    "skneuron.inspection._pruning_path._path.NeuronPruningPath",
    "skneuron.inspection._pruning_path._state.Removal",
    "skneuron.neural_network._mlp.PrunableMLPClassifier",
    "skneuron.neural_network._mlp.PrunableMLPRegressor",
    "skneuron.pruning._cv_results.CVResults",
    "skneuron.pruning._pruner.RottenNeuronPruner",
    "skneuron.pruning._pruner_cv.RottenNeuronPrunerCV",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
)
