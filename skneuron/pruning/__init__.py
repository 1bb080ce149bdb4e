"""The pruners: split the samples, train, choose, remove, and say what it gained.

- `_pruner`: `RottenNeuronPruner`; `_pruner_cv`: `RottenNeuronPrunerCV`
- `_split`: training and evaluation part; `_routing`: metadata on its way to both
- `_preparation`, `_task`: from the pruner and its data to a `PruningTask`, ready to choose
- `_fit_and_fine_tune`: training before and after
- `_auto_threshold`, `_cross_fitted_gain`, `_cv_search`: how far to go, and what that brings
- `_predictions`, `_support`: what a fitted pruner answers
"""

from skneuron.pruning._cross_fitted_gain import MIN_ROWS
from skneuron.pruning._pruner import RottenNeuronPruner
from skneuron.pruning._pruner_cv import RottenNeuronPrunerCV

__all__ = [
    "MIN_ROWS",
    "RottenNeuronPruner",
    "RottenNeuronPrunerCV",
]
