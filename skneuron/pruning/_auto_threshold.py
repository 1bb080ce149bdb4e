"""``threshold="auto"``: as many neurons go as rows that have not chosen them approve of."""

import numpy as np

from skneuron.pruning._cross_fitted_gain import NOTHING, Gain, cross_fitted_gain
from skneuron.pruning._task import PruningTask, scores_along


def automatic_size(
    task: PruningTask, halves: list[tuple[np.ndarray, np.ndarray]], seed: int
) -> tuple[int, Gain]:
    """How many neurons stay, and what that gains.

    Each half of the rows makes a path, the other half scores it. The size with the highest mean
    score is taken if taking it gains more than a standard error: not by that score, which is the
    highest of many, but where each half's score says which size to take and the other half's what
    that gains. Sizes are compared along greedy paths if those of the strategy itself are good at
    their end only; what they gain is what the strategy makes of them.

    Parameters
    ----------
    operation : PruningTask
        With a path down to the smallest network.
    halves : list of (ndarray, ndarray)
        Rows that choose neurons, and rows that judge.
    seed : int

    Returns
    -------
    n_neurons : int
    gain : Gain
        By these other halves.
    """
    strategy = task.strategy_for_all_sizes
    paths = [task.path(choosing, strategy=strategy) for choosing, _ in halves]
    curves = [
        scores_along(path, task.evaluator(judging))
        for path, (_, judging) in zip(paths, halves, strict=True)
    ]
    n_sizes = min(map(len, curves))
    gains = np.array([curve[:n_sizes] - curve[0] for curve in curves])
    n_full = sum(task.network.hidden_layer_sizes)
    n_removed = int(np.argmax(gains.mean(axis=0)))

    n_by_others = np.argmax(gains.sum(axis=0) - gains, axis=1)
    one_path_will_do = strategy == task.settings["strategy"]
    chosen = [
        (
            path.network_after(n)
            if one_path_will_do or n == 0
            else task.path(choosing, n_neurons=n_full - n).network,
            judging,
        )
        for path, n, (choosing, judging) in zip(paths, n_by_others, halves, strict=True)
    ]
    gain = cross_fitted_gain(task, chosen, seed)
    if not gain.gain > gain.standard_error:
        return n_full, NOTHING
    return n_full - n_removed, gain
