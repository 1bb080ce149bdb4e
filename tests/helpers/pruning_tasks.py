"""Pruning tasks for tests: of networks with random weights, which nobody has trained."""

from skneuron import RottenNeuronPruner
from skneuron.pruning._settings import PrunerSettings
from skneuron.pruning._task import PruningTask


def task_on(case, *, full=None, sample_weight=None, **parameters):
    """As a pruner with these parameters makes it of a case; its reference data train."""
    return PruningTask(
        PrunerSettings.of(RottenNeuronPruner(**parameters)),
        full=case.mlp if full is None else full,
        X_eval=case.X,
        y_eval=case.y,
        weight_eval=sample_weight,
        X_train=case.X_ref,
    )
