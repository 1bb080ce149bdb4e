"""From a `PruningTask` to what a pruner has when it is fitted."""

from copy import deepcopy
from typing import Any

from skneuron.inspection._pruning_path import support_after
from skneuron.inspection._scoring import score_of
from skneuron.pruning._auto_threshold import automatic_size
from skneuron.pruning._cross_fitted_gain import (
    NOTHING,
    UNKNOWN,
    gain_of_halves,
    halves_of,
    seed_of,
)
from skneuron.pruning._support import ranking
from skneuron.pruning._task import PruningTask
from skneuron.surgery import Network, unwrap


def fitted_attributes(task: PruningTask, *, estimate_gain: bool) -> dict[str, Any]:
    """Choose neurons, remove them, and find out what that gains.

    Parameters
    ----------
    task : PruningTask
    estimate_gain : bool
        Whether to find the gain where the choice of the size does not tell it.

    Returns
    -------
    attributes : dict
        By their names in `RottenNeuronPruner`.
    """
    seed = seed_of(task.settings.random_state)
    size, gain = 0, None
    if task.settings.is_automatic:
        size, gain = automatic_size(task, halves_of(task, seed), seed)
    path = task.path(n_neurons=size)
    if gain is not None and path.scores[-1] < path.scores[0]:
        # Not even on the samples that have chosen it does the smaller network score higher.
        gain, path = NOTHING, task.path(n_neurons=int(path.n_neurons[0]))
    if task.settings.is_prefit:
        # Somebody else's, who may go on training it.
        path["estimator"] = deepcopy(path.estimator)
    pruned = task.pruned(path, len(path.order))
    pruned_score = float(path.scores[-1])
    if task.settings.changes_what_is_left:
        pruned_score = score_of(task.evaluator(), Network.from_mlp(unwrap(pruned)[0]))
    if gain is None:
        gain = gain_of_halves(task, seed) if estimate_gain else UNKNOWN

    rule = task.settings.stopping.threshold_rule()
    support = support_after(path, len(path.order))
    return {
        "estimator_": pruned,
        "_full_sizes": task.problem.sizes,
        "support_": support,
        "ranking_": ranking(path.order, len(support)),
        "importances_": path.full_importances,
        "ablation_": path.ablation,
        "pruning_path_": path,
        "n_neurons_": int(support.sum()),
        "baseline_score_": float(path.scores[0]),
        "pruned_score_": pruned_score,
        "gain_": gain.gain,
        "null_gain_": gain.null_gain,
        "gain_confidence_interval_": gain.confidence_interval,
        "threshold_": rule(path.full_importances[task.problem.ablated]),
    }
