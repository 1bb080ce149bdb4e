"""Studies of noisy labels: the pruner's own choice, and what one would do instead."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from skneuron._pruner import RottenNeuronPruner

Data = tuple[np.ndarray, np.ndarray]

# Wrong labels mislead expected accuracy no more than accuracy, and it is far less noisy. "mean"
# leaves the level of what the next layer gets as it is, to which its biases are fitted.
RECOMMENDED: dict[str, Any] = {
    "threshold": "auto",
    "replacement": "mean",
    "scoring": "expected_accuracy",
    "step": 4,
}
ALPHAS = (0.01, 0.1, 1.0)
DROPOUTS = (0.2, 0.5)


def with_wrong_labels(y: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """A share of the labels replaced by random ones, which may be right by chance."""
    if not share:
        return y
    wrong = rng.random(len(y)) < share
    return np.where(wrong, rng.permutation(y), y)


def automatically_pruned(mlp: Any, X: np.ndarray, y: np.ndarray, seed: int) -> RottenNeuronPruner:
    """A fitted network, pruned as far as evaluation rows say that it gains."""
    pruner = RottenNeuronPruner(
        FrozenEstimator(mlp), cv="prefit", random_state=seed, **RECOMMENDED
    )
    return pruner.fit(X, y)


def _early_stopped(mlp: Any, train: Data, evaluation: Data, sizes: tuple[int, ...]) -> Any:
    """The epoch with the best evaluation score."""
    network, best, best_score = clone(mlp), None, -np.inf
    for _ in range(mlp.max_iter):
        network.partial_fit(*train, classes=np.unique(train[1]))
        score = network.score(*evaluation)
        if score > best_score:
            best_score, best = score, deepcopy(network)
    return best


def _best_of(parameter: str, values: Sequence[float]) -> Callable[..., Any]:
    """The network as it is, or trained with one of some values: which evaluates best."""

    def control(mlp: Any, train: Data, evaluation: Data, sizes: tuple[int, ...]) -> Any:
        others = (clone(mlp).set_params(**{parameter: value}).fit(*train) for value in values)
        return max([mlp, *others], key=lambda network: network.score(*evaluation))

    return control


def _small(mlp: Any, train: Data, evaluation: Data, sizes: tuple[int, ...]) -> Any:
    return clone(mlp).set_params(hidden_layer_sizes=sizes).fit(*train)


# (fitted network, (X, y) to train on, (X, y) to choose by, sizes of the pruned network) -> network
CONTROLS: dict[str, Callable[..., Any]] = {
    "early stopping": _early_stopped,
    "stronger alpha": _best_of("alpha", ALPHAS),
    "dropout": _best_of("dropout", DROPOUTS),
    "small from scratch": _small,
}
N_CONTROL_TRAININGS = 2 + len(ALPHAS) + len(DROPOUTS)
