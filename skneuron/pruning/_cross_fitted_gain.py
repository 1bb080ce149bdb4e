"""What pruning gains on rows that have not chosen the neurons."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from sklearn.base import is_classifier
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.utils import check_random_state

from skneuron.pruning._task import PruningTask, score_of
from skneuron.surgery import Network, remove_neurons, split_by_layer

# The confidence interval comes from leaving out one of so many groups of rows at a time.
N_GROUPS = 20
MIN_ROWS = 2 * N_GROUPS
CONFIDENCE = 0.95
N_NULL_REMOVALS = 5


@dataclass(frozen=True)
class Gain:
    """Differences of score.

    Attributes
    ----------
    gain : float
        Of pruned networks, on rows that have not chosen what was removed from them.
    standard_error : float
    confidence_interval : tuple of float
    null_gain : float
        Of networks from which as many neurons of every layer were removed at random.
    """

    gain: float
    standard_error: float
    confidence_interval: tuple[float, float]
    null_gain: float


UNKNOWN = Gain(np.nan, np.nan, (np.nan, np.nan), np.nan)
NOTHING = Gain(0.0, 0.0, (0.0, 0.0), 0.0)


def halves_of(task: PruningTask, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows that choose, rows that judge; and the other way round."""
    y = task.y
    splitter: KFold | StratifiedKFold = KFold(2, shuffle=True, random_state=seed)
    if is_classifier(task.mlp) and y.ndim == 1:
        _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
        if counts.min() >= 2:
            y, splitter = codes, StratifiedKFold(2, shuffle=True, random_state=seed)
    return list(splitter.split(y, y))


def gain_of_halves(task: PruningTask, seed: int) -> Gain:
    """Of what each half of the rows chooses; unknown if that cannot be found."""
    if len(task.y) < MIN_ROWS:
        return UNKNOWN
    try:
        chosen = [
            (task.path(choosing).network, judging) for choosing, judging in halves_of(task, seed)
        ]
    except ValueError:  # As below.
        return UNKNOWN
    return cross_fitted_gain(task, chosen, seed)


def cross_fitted_gain(
    task: PruningTask, chosen: list[tuple[Network, np.ndarray]], seed: int
) -> Gain:
    """Judge on one half of the rows what the other half has chosen.

    Parameters
    ----------
    operation : PruningTask
    chosen : list of (Network, ndarray of int)
        What is left of the network by the choice of a part of the rows, and the rows that judge.
    seed : int
    """
    rng = np.random.default_rng(seed)
    try:
        gains = [_gains(task, network, rows, rng) for network, rows in chosen]
        null_gains = [_null_gain(task, network, rows, rng) for network, rows in chosen]
    except ValueError:  # The scorer wants more of the rows than a part of them has.
        return UNKNOWN
    gain = float(np.mean([full for full, _ in gains]))
    # Without a group, the gain of its half changes, and the mean of both by half of that.
    changes = np.concatenate([(without - full) / len(gains) for full, without in gains])
    n = len(changes)
    error = np.sqrt((n - 1) / n * np.sum(changes**2))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * error)
    return Gain(gain, float(error), (gain - reach, gain + reach), float(np.mean(null_gains)))


def _differences(task: PruningTask, networks: Iterable[Network], rows: np.ndarray) -> list[float]:
    """How much higher than the whole network's the scores of others are on some rows."""
    evaluate = task.evaluator(rows)
    full = score_of(evaluate, task.network)
    return [score_of(evaluate, network) - full for network in networks]


def _gains(
    task: PruningTask, network: Network, rows: np.ndarray, rng: np.random.Generator
) -> tuple[float, np.ndarray]:
    """On all the rows, and without each group of them."""
    groups = np.array_split(rng.permutation(rows), N_GROUPS // 2)
    if network.hidden_layer_sizes == task.network.hidden_layer_sizes:
        return 0.0, np.zeros(len(groups))
    parts = [rows, *(np.setdiff1d(rows, group) for group in groups)]
    full, *without = (_differences(task, [network], part)[0] for part in parts)
    return full, np.array(without)


def _null_gain(
    task: PruningTask, network: Network, rows: np.ndarray, rng: np.random.Generator
) -> float:
    sizes = task.network.hidden_layer_sizes
    if network.hidden_layer_sizes == sizes:
        return 0.0
    replacement, smaller = task.settings["replacement"], []
    for _ in range(N_NULL_REMOVALS):
        masks = [np.ones(size, dtype=bool) for size in sizes]
        ablated = split_by_layer(task.ablated, sizes)
        for mask, may_go, n_left in zip(masks, ablated, network.hidden_layer_sizes, strict=True):
            mask[rng.permutation(np.flatnonzero(may_go))[: len(mask) - n_left]] = False
        smaller.append(remove_neurons(task.network, masks, replacement, task.rows_ref))
    return float(np.mean(_differences(task, smaller, rows)))


def seed_of(random_state: Any) -> int:
    """Of the rows' division, which must not depend on what else is drawn."""
    return int(check_random_state(0 if random_state is None else random_state).randint(2**31 - 1))
