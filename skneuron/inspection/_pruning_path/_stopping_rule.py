"""`StoppingRule`: how far a pruning path goes, apart from its threshold."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from skneuron.inspection._pruning_path._state import PruningState
from skneuron.inspection._pruning_path._threshold import is_automatic, threshold_rule
from skneuron.surgery import split_by_layer
from skneuron.utils import is_int, is_real


@dataclass(frozen=True)
class StoppingRule:
    """When to stop.

    Attributes
    ----------
    min_neurons_per_layer : int or tuple of int
        No layer gets smaller than this (or than its own number).
    n_neurons : int
        Neither does the whole network.
    tol : float or None
        How much of the score may be given up in all.
    alpha : float or None
        If given, only neurons go that are rotten at this false-discovery rate.
    step : int or float
        Neurons that are removed before the rest is ranked again; a fraction is one of all.
    """

    min_neurons_per_layer: int | tuple[int, ...] = 1
    n_neurons: int = 0
    tol: float | None = None
    alpha: float | None = None
    step: int | float = 1

    def n_per_step(self, n_full: int) -> int:
        return int(self.step) if is_int(self.step) else max(1, int(self.step * n_full))

    def may_shrink(self, sizes: np.ndarray) -> np.ndarray:
        """Whether another neuron may leave each of the hidden layers, now of these sizes."""
        return (sizes > np.array(self.min_neurons_per_layer)) & (sizes.sum() > self.n_neurons)

    def select_removable(
        self, state: PruningState, neurons: np.ndarray, at_most: int | None = None
    ) -> np.ndarray:
        """The first of some neurons of a network that may go, one after the other."""
        left = np.array(state.network.hidden_layer_sizes)
        result: list[int] = []
        for neuron in neurons:
            if len(result) == at_most:
                break
            layer = state.layer[neuron]
            if self.may_shrink(left)[layer]:
                left[layer] -= 1
                result.append(neuron)
        return np.array(result, dtype=int)

    def allow_score(self, score: float, baseline_score: float) -> bool:
        return self.tol is None or baseline_score - score <= self.tol


NO_STOPPING_RULE = StoppingRule()


@dataclass(frozen=True)
class StoppingOptions:
    """What a user says of where to stop, as far as it can be checked without a network.

    Raises
    ------
    ValueError
        If one of them is no number, or out of range.
    """

    threshold: Any
    n_neurons_to_select: Any
    tol: Any
    alpha: Any
    step: Any
    min_neurons_per_layer: Any
    criterion: Any = "ablation"

    @classmethod
    def of(cls, params: Any, **changed: Any) -> "StoppingOptions":
        """From the parameters of a pruner, some of them changed."""
        values = {field.name: getattr(params, field.name) for field in fields(cls)} | changed
        if is_automatic(values["threshold"]):
            values["threshold"] = np.inf  # It looks at all sizes.
        return cls(**values)

    def __post_init__(self):
        threshold_rule(self.threshold)
        if self.tol is not None and not (is_real(self.tol) and self.tol >= 0):
            raise ValueError(f"tol={self.tol!r} is neither None nor a number of at least 0.")
        if self.alpha is not None:
            if not (is_real(self.alpha) and 0 < self.alpha < 1):
                raise ValueError(f"alpha={self.alpha!r} is neither None nor between 0 and 1.")
            if not (isinstance(self.criterion, str) and self.criterion == "ablation"):
                raise ValueError(
                    f"alpha={self.alpha!r} needs the tests that criterion='ablation' makes; "
                    f"criterion={self.criterion!r} has none."
                )
        step, least = self.step, self.min_neurons_per_layer
        if not is_real(step) or not (step >= 1 if is_int(step) else 0 < step < 1):
            raise ValueError(f"step={step!r} is neither an int of at least 1 nor between 0 and 1.")
        if not is_int(least) or least < 1:
            raise ValueError(f"min_neurons_per_layer={least!r} is not an int of at least 1.")

    def threshold_rule(self) -> Callable[[np.ndarray], float]:
        """Where a size or a score says where to stop, all neurons may go."""
        if self.n_neurons_to_select is not None or self.tol is not None:
            return lambda importances: np.inf
        return threshold_rule(self.threshold)

    def stopping_rule(self, sizes: tuple[int, ...], ablated: np.ndarray) -> StoppingRule:
        """For a network with hidden layers of these sizes, and the neurons that may go."""
        least, n_neurons = size_limits(
            self.n_neurons_to_select, sizes, ablated, self.min_neurons_per_layer
        )
        return StoppingRule(least, n_neurons, self.tol, self.alpha, self.step)


def size_limits(
    n_neurons_to_select: Any,
    sizes: tuple[int, ...],
    ablated: np.ndarray,
    least: int,
    *,
    name: str = "n_neurons_to_select",
) -> tuple[tuple[int, ...], int]:
    """Resolve ``n_neurons_to_select`` to the first two fields of `StoppingRule`.

    Parameters
    ----------
    n_neurons_to_select : int, float, list of int or None
        All neurons that stay, their share, or their number in every hidden layer.
    sizes : tuple of int
        Of the hidden layers.
    swept : ndarray of shape (n_neurons,), bool
        The neurons that may go.
    least : int
        That stay in every layer in any case.
    name : str
        What the caller calls the first parameter.

    Raises
    ------
    ValueError
        If there are not so many neurons, or more have to stay.
    """
    everywhere = (least,) * len(sizes)
    if n_neurons_to_select is None:
        return everywhere, 0
    given, n_full = f"{name}={n_neurons_to_select!r}", sum(sizes)
    in_layer = np.array([part.sum() for part in split_by_layer(ablated, sizes)])
    n_least = np.maximum(np.array(sizes) - in_layer, np.minimum(least, sizes))
    if is_int(n_neurons_to_select):
        if not n_least.sum() <= n_neurons_to_select <= n_full:
            raise ValueError(
                f"{given} must be between {n_least.sum()}, the neurons that have to stay, and "
                f"{n_full}, all that there are."
            )
        return everywhere, int(n_neurons_to_select)
    if is_real(n_neurons_to_select):
        if not 0 < n_neurons_to_select <= 1:
            raise ValueError(f"{given} is neither an int nor a fraction above 0 and up to 1.")
        return everywhere, max(int(n_neurons_to_select * n_full), int(n_least.sum()))
    listed = isinstance(n_neurons_to_select, Iterable) and not isinstance(n_neurons_to_select, str)
    counts = list(n_neurons_to_select) if listed else []
    if not counts or not all(map(is_int, counts)):
        raise ValueError(f"{given} is not an int, a fraction or a list with one int a layer.")
    if len(counts) != len(sizes):
        raise ValueError(
            f"{given} has {len(counts)} entries, but the network has {len(sizes)} hidden layers."
        )
    for layer, (count, lowest, size) in enumerate(zip(counts, n_least, sizes, strict=True)):
        if not lowest <= count <= size:
            raise ValueError(
                f"{given}: hidden layer {layer} has {size} neurons, of which at least {lowest} "
                f"have to stay; {count} cannot."
            )
    return tuple(map(int, counts)), sum(counts)
