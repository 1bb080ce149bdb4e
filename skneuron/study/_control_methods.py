"""Wrong labels, and what a sceptic would do about them instead of removing neurons.

The controls have the rows that pruning has: some to fit on, others to choose by. The network as
trained is among what they choose from, so none has to change anything.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from skneuron.utils import watched_fit

ALPHAS = (0.01, 0.1, 1.0)
DROPOUTS = (0.2, 0.5)
# Of networks, by all the controls together; each is of `max_iter` epochs at most.
N_TRAININGS = 1 + len(ALPHAS) + len(DROPOUTS) + 1

Rows = tuple[np.ndarray, np.ndarray]


def with_wrong_labels(y: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """A share of the labels replaced by random ones, which may be right by chance."""
    wrong = rng.random(len(y)) < share
    return np.where(wrong, rng.permutation(y), y)


@dataclass(frozen=True, eq=False)
class Task:
    """What every control gets.

    Attributes
    ----------
    whole : PrunableMLPClassifier
        The network as trained, whose parameters the other networks share, the seed included.
    train, evaluation : tuple of (X, y)
        Rows to fit on, and rows to choose by.
    smaller_sizes : tuple of int
        Hidden layer sizes of the pruned network.
    on_epochs : callable
        Called with the number of epochs that are done: in all, `N_TRAININGS` times ``max_iter``.
    """

    full: Any
    train: Rows
    evaluation: Rows
    smaller_sizes: tuple[int, ...]
    on_epochs: Callable[[int], None] = lambda n: None


class Chosen(NamedTuple):
    """A trained network, and in words what was chosen."""

    network: Any
    choice: str


def early_stopped(task: Task) -> Chosen:
    """The epoch with the best evaluation score."""
    network, best, best_score, best_epoch = clone(task.full), None, -np.inf, 0
    classes = np.unique(task.train[1])
    for epoch in range(1, network.max_iter + 1):
        network.partial_fit(*task.train, classes=classes)
        score = network.score(*task.evaluation)
        if score > best_score:
            best, best_score, best_epoch = deepcopy(network), score, epoch
        task.on_epochs(1)
    return Chosen(best, f"epoch {best_epoch}")


def _best_value(task: Task, parameter: str, values: Sequence[float]) -> Chosen:
    networks = {getattr(task.full, parameter): task.full}
    for value in values:
        network = clone(task.full).set_params(**{parameter: value})
        networks[value] = watched_fit(network, *task.train, task.on_epochs)
    best = max(networks, key=lambda value: networks[value].score(*task.evaluation))
    return Chosen(networks[best], f"{parameter} {best:g}")


def stronger_alpha(task: Task) -> Chosen:
    """The L2 penalty with the best evaluation score."""
    return _best_value(task, "alpha", ALPHAS)


def some_dropout(task: Task) -> Chosen:
    """The dropout with the best evaluation score."""
    return _best_value(task, "dropout", DROPOUTS)


def small_from_scratch(task: Task) -> Chosen:
    """A network of the pruned one's size, trained from the start."""
    choice = f"hidden {task.smaller_sizes}"
    if task.smaller_sizes == task.full.hidden_layer_sizes_:
        # The same seed would train the same network again.
        task.on_epochs(task.full.max_iter)
        return Chosen(task.full, choice)
    network = clone(task.full).set_params(hidden_layer_sizes=task.smaller_sizes)
    return Chosen(watched_fit(network, *task.train, task.on_epochs), choice)


CONTROLS: dict[str, Callable[[Task], Chosen]] = {
    "early_stopping": early_stopped,
    "alpha": stronger_alpha,
    "dropout": some_dropout,
    "small_from_scratch": small_from_scratch,
}
