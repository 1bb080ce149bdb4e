"""What to trust when skops loads fitted objects of this package.

skops loads scikit-learn's public classes; all others have to be named. `TRUSTED_TYPES` names
those that fitted networks, pruners and results need: classes of this package, and the two in which
scikit-learn's networks keep the state of their training. What `to_sklearn` makes needs no such
list. docs/persistence.md compares the ways to save a network.

Examples
--------
>>> import skops.io
>>> from sklearn.datasets import load_digits
>>> from skneuron import PrunableMLPClassifier
>>> from skneuron.persistence import TRUSTED_TYPES
>>> X, y = load_digits(return_X_y=True)
>>> network = PrunableMLPClassifier((20,), early_stopping=True, random_state=0).fit(X, y)
>>> data = skops.io.dumps(network)
>>> loaded = skops.io.loads(data, trusted=TRUSTED_TYPES)
>>> bool((loaded.predict(X) == network.predict(X)).all())
True
"""

__all__ = ["TRUSTED_TYPES"]

#: Types that skops has to trust to load fitted networks, pruners and results of this package:
#: ``skops.io.load(file, trusted=TRUSTED_TYPES)``. Ask ``skops.io.get_untrusted_types`` what else a
#: file needs: functions of your own, such as ``scoring`` or ``criterion``, and classes of other
#: packages in a Pipeline.
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
