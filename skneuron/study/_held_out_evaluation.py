"""What test samples say of networks that validation samples have chosen."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from skneuron.inspection._ablation import mcnemar_p_values
from skneuron.report import N_DRAWS as N_RANDOM_DRAWS
from skneuron.study._data_split import Labels
from skneuron.surgery import Network, remove_neurons, with_network
from skneuron.utils import BoolArray, FloatArray, lazy_property

# A p-value of less is taken for more than luck.
LUCK = 0.05


@dataclass(frozen=True)
class RemovalResult:
    """A pruned network, evaluated on test samples.

    Attributes
    ----------
    n_removed : int
        Hidden neurons that were removed.
    removed_per_layer : list of int
        Of these, those of every hidden layer.
    validation_score, test_score : float
        Of the pruned network.
    n_fixed, n_broken : int or None
        Test samples that became right, or wrong; None for a regression.
    p_value : float
        Of a paired test, two-sided, of the pruned against the whole network: McNemar's, the
        mid-p-value; for a regression Student's, of the squared errors.
    random_scores : ndarray of shape (n_draws,)
        Test scores after the removal of as many neurons of every layer, drawn at random, with the
        same replacement. There are none of a repaired network.
    """

    n_removed: int
    removed_per_layer: list[int]
    validation_score: float
    test_score: float
    n_fixed: int | None
    n_broken: int | None
    p_value: float
    random_scores: FloatArray


@dataclass(frozen=True)
class ControlResult:
    """A network that was made in another way, evaluated on test samples.

    Attributes
    ----------
    choice : str
        In words, what the validation samples chose.
    validation_score, test_score : float
        Of the network that was made in another way. Validation samples chose it, and refitted
        outputs were fitted to them.
    n_fixed, n_broken : int or None
        Test samples that it has right and the whole network wrong, and the other way round.
    p_value : float
        Of a paired test of it against the whole network, as of `RemovalResult`.
    """

    choice: str
    validation_score: float
    test_score: float
    n_fixed: int | None
    n_broken: int | None
    p_value: float


@dataclass(frozen=True, eq=False)
class PrunedNetwork:
    """A network that lost the neurons which validation samples chose.

    Attributes
    ----------
    masks : list of ndarray of bool
        One a hidden layer, True for the neurons that stay.
    network : Network
        Without the others.
    validation_score : float
        Its score on the samples that chose the neurons.
    replacement : str
        What took the removed neurons' place.
    X_ref : ndarray or None
        Reference data of the replacement.
    n_draws : int
        With how many random removals it is compared.
    """

    masks: list[BoolArray]
    network: Network
    validation_score: float
    replacement: str = "zero"
    X_ref: FloatArray | None = None
    n_draws: int = N_RANDOM_DRAWS


@dataclass(frozen=True, eq=False)
class HeldOutEvaluation:
    """Compares networks with the whole network, on test samples that nothing is chosen by.

    Attributes
    ----------
    full : estimator
        The whole network.
    X, y : ndarray
        Test samples and their targets.
    """

    full: Any
    X: FloatArray
    y: Labels

    @lazy_property
    def _full_errors(self) -> FloatArray:
        return self._errors(self.full)

    def _errors(self, mlp: Any) -> FloatArray:
        """Of every sample: whether it is wrong, or the square of what it is wrong by."""
        predicted = mlp.predict(self.X)
        if hasattr(mlp, "classes_"):
            wrong: FloatArray = (predicted != self.y).astype(np.float64)
            return wrong
        squares: FloatArray = (predicted - self.y) ** 2
        return squares

    def score(self, network: Network) -> float:
        """Accuracy, or R2."""
        return float(with_network(self.full, network).score(self.X, self.y))

    def removal_result(self, pruned: PrunedNetwork, rng: np.random.Generator) -> RemovalResult:
        """Evaluate a pruned network, and random removals of the same size and kind."""
        n_removed = [int((~mask).sum()) for mask in pruned.masks]
        full = Network.from_mlp(self.full)
        random_masks = [
            [rng.permutation(mask) for mask in pruned.masks] for _ in range(pruned.n_draws)
        ]
        random_networks = (
            remove_neurons(full, masks, pruned.replacement, pruned.X_ref) for masks in random_masks
        )
        return RemovalResult(
            n_removed=sum(n_removed),
            removed_per_layer=n_removed,
            validation_score=float(pruned.validation_score),
            random_scores=np.array([self.score(network) for network in random_networks]),
            **self._compared(with_network(self.full, pruned.network)),
        )

    def control_result(self, mlp: Any, choice: str, validation_score: float) -> ControlResult:
        """Evaluate a network that was made in another way."""
        return ControlResult(choice, float(validation_score), **self._compared(mlp))

    def _compared(self, mlp: Any) -> dict[str, Any]:
        before, after = self._full_errors, self._errors(mlp)
        compare = _compared_labels if hasattr(mlp, "classes_") else _compared_numbers
        return {"test_score": float(mlp.score(self.X, self.y)), **compare(before, after)}


def _compared_labels(before: FloatArray, after: FloatArray) -> dict[str, Any]:
    n_fixed, n_broken = int((after < before).sum()), int((before < after).sum())
    return {
        "n_fixed": n_fixed,
        "n_broken": n_broken,
        "p_value": float(mcnemar_p_values(n_fixed, n_broken)),
    }


def _compared_numbers(before: FloatArray, after: FloatArray) -> dict[str, Any]:
    change = after - before
    # Of numbers that are all the same, a test knows nothing.
    p_value = stats.ttest_1samp(change, 0.0).pvalue if np.ptp(change) else float(not change[0])
    return {"n_fixed": None, "n_broken": None, "p_value": float(p_value)}
