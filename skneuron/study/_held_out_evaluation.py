"""What test images say of networks that validation images have chosen."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from skneuron.inspection._ablation import mcnemar_p_values
from skneuron.neural_network import PrunableMLPClassifier
from skneuron.study._data_split import Labels
from skneuron.surgery import Network, remove_neurons, with_network
from skneuron.utils import BoolArray, FloatArray, lazy_property

N_RANDOM_DRAWS = 20


@dataclass(frozen=True)
class RemovalResult:
    """A pruned network, evaluated on test images.

    Attributes
    ----------
    n_removed : int
        Hidden neurons that were removed.
    removed_per_layer : list of int
        Of these, those of every hidden layer.
    validation_accuracy, test_accuracy : float
        Of the pruned network.
    n_fixed, n_broken : int
        Test images that became right, or wrong.
    p_value : float
        McNemar's paired test of the pruned against the whole network: mid-p-value, two-sided.
    random_accuracies : ndarray of shape (N_RANDOM_DRAWS,)
        Test accuracies after the removal of as many neurons of every layer, drawn at random,
        with the same replacement.
    """

    n_removed: int
    removed_per_layer: list[int]
    validation_accuracy: float
    test_accuracy: float
    n_fixed: int
    n_broken: int
    p_value: float
    random_accuracies: FloatArray


@dataclass(frozen=True)
class ControlResult:
    """A network that was made in another way, evaluated on test images.

    Attributes
    ----------
    choice : str
        In words, what the validation images chose.
    validation_accuracy, test_accuracy : float
        Of the network that was made in another way. Validation images chose it, and refitted
        outputs were fitted to them.
    n_fixed, n_broken : int
        Test images that it has right and the whole network wrong, and the other way round.
    p_value : float
        McNemar's paired test of it against the whole network: mid-p-value, two-sided.
    """

    choice: str
    validation_accuracy: float
    test_accuracy: float
    n_fixed: int
    n_broken: int
    p_value: float


@dataclass(frozen=True, eq=False)
class PrunedNetwork:
    """A network that lost the neurons which validation images chose.

    Attributes
    ----------
    masks : list of ndarray of bool
        One a hidden layer, True for the neurons that stay.
    network : Network
        Without the others.
    validation_accuracy : float
        Its accuracy on the images that chose the neurons.
    replacement : str
        What took the removed neurons' place.
    X_ref : ndarray or None
        Reference data of the replacement.
    """

    masks: list[BoolArray]
    network: Network
    validation_accuracy: float
    replacement: str = "zero"
    X_ref: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class HeldOutEvaluation:
    """Compares networks with the whole network, on test images that nothing is chosen by.

    Attributes
    ----------
    full : PrunableMLPClassifier
        The whole network.
    X, y : ndarray
        Test images and their labels.
    """

    full: PrunableMLPClassifier
    X: FloatArray
    y: Labels

    @lazy_property
    def _full_is_right(self) -> BoolArray:
        return self.full.predict(self.X) == self.y

    def accuracy(self, network: Network) -> float:
        return with_network(self.full, network).score(self.X, self.y)

    def removal_result(self, pruned: PrunedNetwork, rng: np.random.Generator) -> RemovalResult:
        """Evaluate a pruned network, and random removals of the same size and kind."""
        n_removed = [int((~mask).sum()) for mask in pruned.masks]
        full = Network.from_mlp(self.full)
        random_masks = [
            [rng.permutation(mask) for mask in pruned.masks] for _ in range(N_RANDOM_DRAWS)
        ]
        random_networks = (
            remove_neurons(full, masks, pruned.replacement, pruned.X_ref) for masks in random_masks
        )
        return RemovalResult(
            n_removed=sum(n_removed),
            removed_per_layer=n_removed,
            validation_accuracy=float(pruned.validation_accuracy),
            random_accuracies=np.array([self.accuracy(network) for network in random_networks]),
            **self._compared(with_network(self.full, pruned.network)),
        )

    def control_result(
        self, mlp: PrunableMLPClassifier, choice: str, validation_accuracy: float
    ) -> ControlResult:
        """Evaluate a network that was made in another way."""
        return ControlResult(choice, float(validation_accuracy), **self._compared(mlp))

    def _compared(self, mlp: PrunableMLPClassifier) -> dict[str, Any]:
        before, after = self._full_is_right, mlp.predict(self.X) == self.y
        n_fixed, n_broken = int((after & ~before).sum()), int((before & ~after).sum())
        return {
            "test_accuracy": float(after.mean()),
            "n_fixed": n_fixed,
            "n_broken": n_broken,
            "p_value": float(mcnemar_p_values(n_fixed, n_broken)),
        }
