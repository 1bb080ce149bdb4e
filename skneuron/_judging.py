"""Networks judged on test images, on which nothing was chosen."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest

from skneuron._mlp import PrunableMLPClassifier
from skneuron._network import Network, with_network
from skneuron._surgery import remove_neurons

N_RANDOM_DRAWS = 20


@dataclass(frozen=True)
class Removal:
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
        Test accuracies after removing as many neurons of every layer at random.
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
    """What one would do instead of pruning, judged on test images.

    Attributes
    ----------
    hidden : tuple of int
    test_accuracy : float
    n_fixed, n_broken, p_value
        As for `Removal`, against the same whole network.
    """

    hidden: tuple[int, ...]
    test_accuracy: float
    n_fixed: int
    n_broken: int
    p_value: float


@dataclass(frozen=True)
class TestImages:
    """The test images, which judge and never choose."""

    mlp: PrunableMLPClassifier
    X: np.ndarray
    y: np.ndarray

    def is_right(self, network: Network) -> np.ndarray:
        return with_network(self.mlp, network).predict(self.X) == self.y

    def accuracy(self, network: Network) -> float:
        return float(self.is_right(network).mean())


def paired_test(right_before: np.ndarray, right_after: np.ndarray) -> tuple[int, int, float]:
    """Images that became right and wrong, and the p-value of that being chance."""
    n_fixed = int((right_after & ~right_before).sum())
    n_broken = int((right_before & ~right_after).sum())
    return n_fixed, n_broken, mcnemar_p_value(n_fixed, n_broken)


def judged_removal(
    network: Network,
    pruned: Network,
    masks: list[np.ndarray],
    validation_accuracy: float,
    test: TestImages,
    rng: np.random.Generator,
    replacement: str = "zero",
    X_ref: Any = None,
) -> Removal:
    """Judge what is left of a network; as much is removed at random with the same replacement."""
    right_after = test.is_right(pruned)
    n_fixed, n_broken, p_value = paired_test(test.is_right(network), right_after)
    random_masks = [[rng.permutation(mask) for mask in masks] for _ in range(N_RANDOM_DRAWS)]
    return Removal(
        n_removed=int(sum((~mask).sum() for mask in masks)),
        removed_per_layer=[int((~mask).sum()) for mask in masks],
        validation_accuracy=float(validation_accuracy),
        test_accuracy=float(right_after.mean()),
        n_fixed=n_fixed,
        n_broken=n_broken,
        p_value=p_value,
        random_accuracies=np.array(
            [
                test.accuracy(remove_neurons(network, draw, replacement, X_ref))
                for draw in random_masks
            ]
        ),
    )


def judged_control(whole: Any, control: Any, test: TestImages) -> Control:
    """Judge another network that was trained instead."""
    right_after = control.predict(test.X) == test.y
    found = paired_test(whole.predict(test.X) == test.y, right_after)
    return Control(control.hidden_layer_sizes_, float(right_after.mean()), *found)


def mcnemar_p_value(n_fixed: int, n_broken: int) -> float:
    """Exact two-sided p-value of "as likely to be fixed as to be broken"."""
    discordant = n_fixed + n_broken
    return float(binomtest(n_fixed, discordant).pvalue) if discordant else 1.0
