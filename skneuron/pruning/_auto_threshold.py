"""``threshold="auto"``: the size at which networks chosen on one half score best on the other."""

import numpy as np

from skneuron.inspection._pruning_path import network_after, scores_along
from skneuron.pruning._cross_fitted_gain import (
    NOTHING,
    Gain,
    cross_fitted_gain,
    quiet_if_classes_lack,
)
from skneuron.pruning._task import PruningTask


def automatic_size(
    task: PruningTask, halves: list[tuple[np.ndarray, np.ndarray]], seed: int
) -> tuple[int, Gain]:
    """How many neurons stay, and what that gains.

    Each half of the evaluation part chooses a path, whose networks are scored on the other half.
    The size with the highest mean score is taken, if choosing a size in this way gains more than
    a standard error. That score itself cannot tell, for it is the highest of many. So the
    network that a half has chosen is taken at the size that is best for the other half's path,
    and scored on samples that have chosen neither its neurons nor its size.

    Sizes are compared before a ``refit``; the gain is that of repaired networks. They are
    compared along greedy paths if the strategy's own optimise nothing but their ends;
    the gain is then that of the strategy's network at this size.

    Parameters
    ----------
    task : PruningTask
        Whose paths lead to the smallest network.
    halves : list of (ndarray, ndarray)
        Samples of the evaluation part that choose neurons, and held-out ones.
    seed : int

    Returns
    -------
    n_neurons : int
    gain : Gain
    """
    strategy = task.strategy_for_all_sizes
    paths, curves = [], []
    for choosing, _ in halves:
        with quiet_if_classes_lack(task, choosing):
            paths.append(task.path(choosing, strategy=strategy))
    for path, (_, held_out) in zip(paths, halves, strict=True):
        with quiet_if_classes_lack(task, held_out):
            curves.append(scores_along(path, task.evaluator(held_out)))
    n_sizes = min(map(len, curves))
    gains = np.array([curve[:n_sizes] - curve[0] for curve in curves])
    n_full = sum(task.network.hidden_layer_sizes)
    n_removed = int(np.argmax(gains.mean(axis=0)))

    n_by_others = np.argmax(gains.sum(axis=0) - gains, axis=1)
    path_has_all_sizes = strategy == task.settings.strategy
    chosen = []
    for path, n, (choosing, held_out) in zip(paths, n_by_others, halves, strict=True):
        if path_has_all_sizes or n == 0:
            network = network_after(path, n)
        else:
            with quiet_if_classes_lack(task, choosing):
                swapped = task.path(choosing, n_neurons=n_full - n)
            network = network_after(swapped, len(swapped.layer))
        chosen.append((network, held_out))
    gain = cross_fitted_gain(task, chosen, seed)
    if not gain.gain > gain.standard_error:
        return n_full, NOTHING
    return n_full - n_removed, gain
