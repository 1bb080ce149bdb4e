"""What a sceptic would do about wrong labels instead of removing neurons: the controls.

The controls have the samples that pruning has: some to train on, others (validation) to choose
by. The network as trained is among those that are chosen from, so a control need not change it;
only the small network from scratch has no choice. All but one train other networks; refitting
the outputs takes the network as trained, as removal does.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from sklearn.base import clone

from skneuron.neural_network import PrunableMLPClassifier
from skneuron.study._data_split import LabelledSamples
from skneuron.surgery import refit_with_penalty
from skneuron.utils import watched_fit

ALPHAS = (0.01, 0.1, 1.0)
DROPOUTS = (0.2, 0.5)
# Of networks, by all the controls together; each is of `max_iter` epochs at most.
N_TRAININGS = 1 + len(ALPHAS) + len(DROPOUTS) + 1


@dataclass(frozen=True, eq=False)
class ControlTask:
    """What every control method gets.

    Attributes
    ----------
    full : PrunableMLPClassifier
        The whole network, trained. All others have its parameters, the seed included, but for
        what the method changes.
    train, validation : tuple of (X, y)
        Samples to train on, and samples to choose by.
    smaller_sizes : tuple of int
        Hidden layer sizes of the pruned network.
    on_epochs : callable
        Called with the number of epochs that are done: in all, `N_TRAININGS` times ``max_iter``.
    """

    full: PrunableMLPClassifier
    train: LabelledSamples
    validation: LabelledSamples
    smaller_sizes: tuple[int, ...]
    on_epochs: Callable[[int], None] = lambda n: None


class ControlChoice(NamedTuple):
    """A network, and in words what was chosen."""

    network: PrunableMLPClassifier
    choice: str


def early_stopped(task: ControlTask) -> ControlChoice:
    """The epoch with the best validation score."""
    network, best, best_score, best_epoch = clone(task.full), task.full, -np.inf, 0
    classes = np.unique(task.train[1])
    for epoch in range(1, network.max_iter + 1):
        network.partial_fit(*task.train, classes=classes)
        score = network.score(*task.validation)
        if score > best_score:
            best, best_score, best_epoch = deepcopy(network), score, epoch
        task.on_epochs(1)
    return ControlChoice(best, f"epoch {best_epoch}")


def refitted_outputs(task: ControlTask) -> ControlChoice:
    """The whole network with its output layer fitted to the validation samples, or as it is."""
    X, y = task.validation
    if len(np.unique(y)) < len(task.full.classes_):
        # Few samples with wrong labels may lack a class, whose output nothing can be fitted to.
        return ControlChoice(task.full, "no change")
    refit = refit_with_penalty(task.full, X, y, random_state=task.full.random_state)
    if refit.penalty == np.inf:
        return ControlChoice(task.full, "no change")
    return ControlChoice(refit.estimator, f"penalty {refit.penalty:.2g}")


def _best_value(task: ControlTask, parameter: str, values: Sequence[float]) -> ControlChoice:
    """The value with the best validation score, that of the whole network included."""
    networks = {getattr(task.full, parameter): task.full}
    for value in values:
        network = clone(task.full).set_params(**{parameter: value})
        networks[value] = watched_fit(network, *task.train, task.on_epochs)
    best = max(networks, key=lambda value: networks[value].score(*task.validation))
    return ControlChoice(networks[best], f"{parameter} {best:g}")


def stronger_alpha(task: ControlTask) -> ControlChoice:
    """The L2 penalty with the best validation score."""
    return _best_value(task, "alpha", ALPHAS)


def some_dropout(task: ControlTask) -> ControlChoice:
    """The dropout with the best validation score."""
    return _best_value(task, "dropout", DROPOUTS)


def small_from_scratch(task: ControlTask) -> ControlChoice:
    """A network of the pruned one's size, trained from the start."""
    choice = f"hidden {task.smaller_sizes}"
    if task.smaller_sizes == task.full.hidden_layer_sizes_:
        # The same seed would train the same network again.
        task.on_epochs(task.full.max_iter)
        return ControlChoice(task.full, choice)
    network = clone(task.full).set_params(hidden_layer_sizes=task.smaller_sizes)
    return ControlChoice(watched_fit(network, *task.train, task.on_epochs), choice)


CONTROLS: dict[str, Callable[[ControlTask], ControlChoice]] = {
    "early_stopping": early_stopped,
    "refit_outputs": refitted_outputs,
    "alpha": stronger_alpha,
    "dropout": some_dropout,
    "small_from_scratch": small_from_scratch,
}
