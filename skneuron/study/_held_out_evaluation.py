"""What test images say of a network that other images have chosen."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.stats import binomtest

from skneuron.surgery import Network, remove_neurons, with_network

N_RANDOM_DRAWS = 20


@dataclass(frozen=True)
class RemovalResult:
    """A pruned network, judged on test images.

    Attributes
    ----------
    n_removed : int
    removed_per_layer : list of int
    validation_accuracy, test_accuracy : float
    n_fixed, n_broken : int
        Test images that became right, or wrong.
    p_value : float
        Exact paired (McNemar) test of pruned against whole network, two-sided.
    random_accuracies : ndarray of shape (N_RANDOM_DRAWS,)
        Test accuracies after removing as many neurons of every layer at random, with the same
        in their place.
    """

    n_removed: int
    removed_per_layer: list[int]
    validation_accuracy: float
    test_accuracy: float
    n_fixed: int
    n_broken: int
    p_value: float
    random_accuracies: np.ndarray


@dataclass(frozen=True)
class Control:
    """A network trained in another way, judged on test images.

    Attributes
    ----------
    choice : str
        In words, what the validation images chose.
    validation_accuracy, test_accuracy : float
    n_fixed, n_broken : int
        Test images that it has right and the whole network wrong, and the other way round.
    p_value : float
        As in `RemovalResult`.
    """

    choice: str
    validation_accuracy: float
    test_accuracy: float
    n_fixed: int
    n_broken: int
    p_value: float


@dataclass(frozen=True, eq=False)
class Choice:
    """A network that is to be judged, and how it came about.

    Attributes
    ----------
    masks : list of ndarray of bool
        One a hidden layer, True for the neurons that stay.
    network : Network
        Without the others.
    validation_accuracy : float
    replacement : str
        What took the removed neurons' place.
    X_ref : ndarray or None
        Reference rows of the replacement.
    """

    masks: list[np.ndarray]
    network: Network
    validation_accuracy: float
    replacement: str = "zero"
    X_ref: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class HeldOutEvaluation:
    """The test images, which judge and never choose.

    Attributes
    ----------
    whole : PrunableMLPClassifier
        What other networks are compared with.
    X, y : ndarray
    """

    full: Any
    X: np.ndarray
    y: np.ndarray

    @cached_property
    def _full_is_right(self) -> np.ndarray:
        return self.full.predict(self.X) == self.y

    def accuracy(self, network: Network) -> float:
        return with_network(self.full, network).score(self.X, self.y)

    def removal(self, choice: Choice, rng: np.random.Generator) -> RemovalResult:
        """Judge a pruned network, and random removals of the same size and kind."""
        n_removed = [int((~mask).sum()) for mask in choice.masks]
        full = Network.from_mlp(self.full)
        random_masks = [
            [rng.permutation(mask) for mask in choice.masks] for _ in range(N_RANDOM_DRAWS)
        ]
        random_networks = (
            remove_neurons(full, masks, choice.replacement, choice.X_ref) for masks in random_masks
        )
        return RemovalResult(
            n_removed=sum(n_removed),
            removed_per_layer=n_removed,
            validation_accuracy=float(choice.validation_accuracy),
            random_accuracies=np.array([self.accuracy(network) for network in random_networks]),
            **self._compared(with_network(self.full, choice.network)),
        )

    def control(self, mlp: Any, choice: str, validation_accuracy: float) -> Control:
        """Judge a network that was trained in another way."""
        return Control(choice, float(validation_accuracy), **self._compared(mlp))

    def _compared(self, mlp: Any) -> dict[str, Any]:
        before, after = self._full_is_right, mlp.predict(self.X) == self.y
        n_fixed, n_broken = int((after & ~before).sum()), int((before & ~after).sum())
        return {
            "test_accuracy": float(after.mean()),
            "n_fixed": n_fixed,
            "n_broken": n_broken,
            "p_value": mcnemar_p_value(n_fixed, n_broken),
        }


def mcnemar_p_value(n_fixed: int, n_broken: int) -> float:
    """Exact two-sided p-value of "as likely to be fixed as to be broken"."""
    discordant = n_fixed + n_broken
    return float(binomtest(n_fixed, discordant).pvalue) if discordant else 1.0
