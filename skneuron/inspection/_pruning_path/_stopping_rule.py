"""`StoppingParams`: what users say of where a path stops; `StoppingRule`: that for a network."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from skneuron.inspection._pruning_path._minimum_sizes import minimum_sizes
from skneuron.inspection._pruning_path._state import PruningState
from skneuron.inspection._pruning_path._threshold import is_automatic, threshold_rule
from skneuron.utils import checked_int, is_int, is_real


@dataclass(frozen=True)
class StoppingRule:
    """Which neurons a network can lose before the path has to stop, whatever their importances.

    The threshold is not a part of it, for that is about importances.

    Attributes
    ----------
    min_neurons_per_layer : int or tuple of int
        No hidden layer gets smaller than this; a tuple has one number for each layer.
    n_neurons : int
        All hidden layers together do not get smaller than this.
    tol : float or None
        How much lower than the whole network's the score may be; None means any.
    alpha : float or None
        If given, only neurons are removed that are rotten at this false-discovery rate.
    step : int or float
        Neurons that are removed before the others are ranked again; a fraction is the share of
        all neurons that may be removed.
    """

    min_neurons_per_layer: int | tuple[int, ...] = 1
    n_neurons: int = 0
    tol: float | None = None
    alpha: float | None = None
    step: int | float = 1

    def n_per_step(self, n_full: int) -> int:
        """``step`` as a number, for a whole network of so many neurons."""
        return int(self.step) if is_int(self.step) else max(1, int(self.step * n_full))

    def may_shrink(self, sizes: np.ndarray) -> np.ndarray:
        """For hidden layers that have these sizes: from which may another neuron be removed?"""
        return (sizes > np.array(self.min_neurons_per_layer)) & (sizes.sum() > self.n_neurons)

    def select_removable(
        self, state: PruningState, neurons: np.ndarray, at_most: int | None = None
    ) -> np.ndarray:
        """Those of ``neurons`` that can be removed one after the other, in their order.

        A neuron is left out if its layer, or the network, would get too small by then.
        """
        left = np.array(state.sizes)
        result: list[int] = []
        for neuron in neurons:
            if len(result) == at_most:
                break
            layer = state.layer[neuron]
            if self.may_shrink(left)[layer]:
                left[layer] -= 1
                result.append(neuron)
        return np.array(result, dtype=int)

    def allows_score(self, score: float, baseline_score: float) -> bool:
        """Whether a network with this score is within ``tol`` of the whole one's."""
        return self.tol is None or baseline_score - score <= self.tol


# As far as any path can go: one neuron stays in every layer.
ONE_NEURON_PER_LAYER = StoppingRule()


@dataclass(frozen=True)
class StoppingParams:
    """Parameters of `neuron_pruning_path` and the pruners that say where a path stops.

    They are checked as far as that is possible before there is a network.

    Raises
    ------
    ValueError
        If one of them is of the wrong type, or out of range.
    """

    threshold: Any
    n_neurons_to_select: Any
    tol: Any
    alpha: Any
    step: Any
    min_neurons_per_layer: Any
    criterion: Any = "ablation"

    @classmethod
    def of(cls, params: Any) -> "StoppingParams":
        """From an object that has attributes of these names, such as a pruner."""
        values = {field.name: getattr(params, field.name) for field in fields(cls)}
        if is_automatic(values["threshold"]):
            values["threshold"] = np.inf  # The pruner chooses among the networks of all sizes.
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
        step = self.step
        if not is_real(step) or not (step >= 1 if is_int(step) else 0 < step < 1):
            raise ValueError(f"step={step!r} is neither an int of at least 1 nor between 0 and 1.")
        checked_int("min_neurons_per_layer", self.min_neurons_per_layer, 1)

    def threshold_rule(self) -> Callable[[np.ndarray], float]:
        """The threshold as a function of the importances in the whole network.

        Infinity if a size or a tolerance says where to stop instead.
        """
        if self.n_neurons_to_select is not None or self.tol is not None:
            return lambda importances: np.inf
        return threshold_rule(self.threshold)

    def stopping_rule(self, sizes: tuple[int, ...], ablated: np.ndarray) -> StoppingRule:
        """For a network with hidden layers of these sizes, of which ``ablated`` may be removed.

        Raises
        ------
        ValueError
            If ``n_neurons_to_select`` does not fit the network.
        """
        in_every_layer, n_neurons = minimum_sizes(
            self.n_neurons_to_select, sizes, ablated, self.min_neurons_per_layer
        )
        return StoppingRule(in_every_layer, n_neurons, self.tol, self.alpha, self.step)
