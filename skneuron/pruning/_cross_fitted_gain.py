"""What pruning gains on samples that have not chosen the neurons."""

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from sklearn.base import is_classifier
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.utils import check_random_state

from skneuron.inspection._pruning_path import network_after
from skneuron.inspection._scoring import score_of
from skneuron.pruning._split import MIN_EVALUATION_SAMPLES, N_GROUPS
from skneuron.pruning._task import PruningTask
from skneuron.surgery import Network, remove_neurons, split_by_layer

CONFIDENCE = 0.95
N_NULL_REMOVALS = 5


@dataclass(frozen=True)
class Gain:
    """Differences of score.

    Attributes
    ----------
    gain : float
        Of pruned networks over the whole one, on samples that have not chosen the neurons.
    standard_error : float
    confidence_interval : tuple of float
    null_gain : float
        Of networks that have lost as many neurons of every layer, drawn at random.
    """

    gain: float
    standard_error: float
    confidence_interval: tuple[float, float]
    null_gain: float


UNKNOWN = Gain(np.nan, np.nan, (np.nan, np.nan), np.nan)
NOTHING = Gain(0.0, 0.0, (0.0, 0.0), 0.0)


def halves_of(task: PruningTask, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Two halves of the evaluation part: positions of samples that choose, and held-out ones.

    Each half is once the one and once the other.
    """
    y = task.y_eval
    splitter: KFold | StratifiedKFold = KFold(2, shuffle=True, random_state=seed)
    if is_classifier(task.mlp) and y.ndim == 1:
        _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
        if counts.min() >= 2:
            y, splitter = codes, StratifiedKFold(2, shuffle=True, random_state=seed)
    return list(splitter.split(y, y))


@contextmanager
def quiet_if_classes_lack(task: PruningTask, rows: np.ndarray) -> Iterator[None]:
    """Do not warn of scores where some samples of the evaluation part lack a class.

    Which samples these are is drawn here: scorers complain of what users can do nothing about.
    """
    y = task.y_eval[rows]
    if not is_classifier(task.mlp):
        lacks = False
    elif y.ndim == 1:
        lacks = len(np.unique(y)) < len(task.mlp.classes_)
    else:
        lacks = not y.any(axis=0).all()
    # Only then: filters are the same for all threads.
    with warnings.catch_warnings() if lacks else nullcontext():
        if lacks:
            warnings.simplefilter("ignore")
        yield


def gain_of_halves(task: PruningTask, seed: int) -> Gain:
    """What the networks that each half chooses gain on the other half.

    Unknown if the halves are too small.
    """
    if len(task.y_eval) < MIN_EVALUATION_SAMPLES:
        return UNKNOWN
    chosen = []
    try:
        for choosing, held_out in halves_of(task, seed):
            with quiet_if_classes_lack(task, choosing):
                path = task.path(choosing)
            chosen.append((network_after(path, len(path.layer)), held_out))
    except ValueError:  # As below.
        return UNKNOWN
    return cross_fitted_gain(task, chosen, seed)


def cross_fitted_gain(
    task: PruningTask, chosen: list[tuple[Network, np.ndarray]], seed: int
) -> Gain:
    """Score networks on samples that have not chosen their neurons.

    Parameters
    ----------
    task : PruningTask
    chosen : list of (Network, ndarray of int)
        For each part of the samples: the network without the neurons that it chose, not repaired
        yet, and the samples that are held out.
    seed : int
        Of the groups of samples, and of random removals.
    """
    rng = np.random.default_rng(seed)
    try:
        repaired = [(task.refitted(network, rows), rows) for network, rows in chosen]
        gains = [_gains(task, network, rows, rng) for network, rows in repaired]
        null_gains = [_null_gain(task, network, rows, rng) for network, rows in chosen]
    except ValueError:  # Too few samples for the scorer: without one of the classes, say.
        return UNKNOWN
    gain = float(np.mean([full for full, _ in gains]))
    # Without a group, the gain of its half changes, and the mean of both by half of that.
    changes = np.concatenate([(without - full) / len(gains) for full, without in gains])
    n = len(changes)
    error = np.sqrt((n - 1) / n * np.sum(changes**2))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * error)
    return Gain(gain, float(error), (gain - reach, gain + reach), float(np.mean(null_gains)))


def _differences(task: PruningTask, networks: Iterable[Network], rows: np.ndarray) -> list[float]:
    """How much higher than the whole network's the scores of others are on some samples."""
    with quiet_if_classes_lack(task, rows):
        evaluate = task.evaluator(rows)
        full = score_of(evaluate, task.network)
        return [score_of(evaluate, network) - full for network in networks]


def _gains(
    task: PruningTask, network: Network, rows: np.ndarray, rng: np.random.Generator
) -> tuple[float, np.ndarray]:
    """On all these samples, and without each group of them."""
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
    problem = task.problem
    ablated = split_by_layer(problem.ablated, sizes)

    def smaller() -> Network:
        masks = [np.ones(size, dtype=bool) for size in sizes]
        for mask, may_go, n_left in zip(masks, ablated, network.hidden_layer_sizes, strict=True):
            mask[rng.permutation(np.flatnonzero(may_go))[: len(mask) - n_left]] = False
        X_ref = task.reference_rows(task.others(rows))
        left = remove_neurons(task.network, masks, problem.replacement, X_ref)
        return task.refitted(left, rows)

    # One at a time is in memory.
    return float(np.mean(_differences(task, (smaller() for _ in range(N_NULL_REMOVALS)), rows)))


def seed_of(random_state: Any) -> int:
    """The seed of the halves and groups, which must not depend on what else is drawn."""
    return int(check_random_state(0 if random_state is None else random_state).randint(2**31 - 1))
