"""The pruners: split the samples, train, choose neurons, remove them, and say what that gained.

The way of ``X`` and ``y`` through `RottenNeuronPruner.fit`:

- `_inputs`: checked; `_settings`: so are the parameters; `_routing`: who gets ``sample_weight``
- `_split`: cut into a training and an evaluation part
- `_fit_and_fine_tune`: ``X_train`` trains the network, and the smaller one further
- `_task`: ``X_eval`` chooses its neurons: `PruningTask.path`
- `_auto_threshold`: how many neurons "auto" removes; `_cross_fitted_gain`: what that gains
- `_chosen_network`: from the task to all that a fitted pruner has
- `_pruner`: `RottenNeuronPruner` itself, which calls these in turn

And around it:

- `_pruner_cv`: `RottenNeuronPrunerCV`; `_cv_search`: its candidates, `_fold_scores`: their scores
  in a fold, `_cv_results`: as a table
- `_predictions`, `_support`: predictions, features and neurons of a fitted pruner
- `_comparing`: the pruned network beside the whole one, and its score by ``scoring``
- `_to_sklearn`: what it predicts with, without anything of this package
"""

from skneuron.pruning._pruner import RottenNeuronPruner
from skneuron.pruning._pruner_cv import RottenNeuronPrunerCV
from skneuron.pruning._split import MIN_EVALUATION_SAMPLES
from skneuron.pruning._to_sklearn import to_sklearn

__all__ = [
    "MIN_EVALUATION_SAMPLES",
    "RottenNeuronPruner",
    "RottenNeuronPrunerCV",
    "to_sklearn",
]
