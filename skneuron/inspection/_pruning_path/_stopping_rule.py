"""`StoppingParams`: what users say of where a path stops; `StoppingRule`: that for a network."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from skneuron.inspection._pruning_path._minimum_sizes import (
    count_of_share,
    minimum_sizes,
    smallest_sizes,
)
from skneuron.inspection._pruning_path._network_size import NetworkShape
from skneuron.inspection._pruning_path._state import PruningState
from skneuron.inspection._pruning_path._threshold import (
    ThresholdRule,
    is_automatic,
    threshold_rule,
)
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
    max_parameters : int or None
        Removals go on until the network has no more weights and biases than this; None means any
        number of them.
    shape : NetworkShape or None
        By which they are counted.
    every_layer_has_a_size : bool
        Whether a user has said how many neurons stay in each layer, which ``n_neurons`` then are
        together.
    """

    min_neurons_per_layer: int | tuple[int, ...] = 1
    n_neurons: int = 0
    tol: float | None = None
    alpha: float | None = None
    step: int | float = 1
    max_parameters: int | None = None
    shape: NetworkShape | None = None
    every_layer_has_a_size: bool = False

    def n_per_step(self, n_full: int) -> int:
        """``step`` as a number, for a whole network of so many neurons."""
        return int(self.step) if is_int(self.step) else max(1, count_of_share(self.step, n_full))

    def is_too_large(self, sizes: np.ndarray) -> bool:
        """Whether a network with hidden layers of these sizes has too many parameters."""
        if self.max_parameters is None or self.shape is None:
            return False
        return bool(self.shape.n_parameters(sizes) > self.max_parameters)

    def may_shrink(self, sizes: np.ndarray, *, to_the_end: bool = False) -> np.ndarray:
        """For hidden layers that have these sizes: from which may another neuron be removed?

        ``to_the_end``: and be the last one, so that the network is not too large any more.
        """
        result = (sizes > np.array(self.min_neurons_per_layer)) & (sizes.sum() > self.n_neurons)
        if self.max_parameters is None:
            return result
        if to_the_end:
            one_less = sizes - np.eye(len(sizes), dtype=int)
            return result & [not self.is_too_large(smaller) for smaller in one_less]
        return result & self.is_too_large(sizes)

    def worth(self, sizes: np.ndarray, layer: int) -> int:
        """What removing a neuron of a layer contributes to getting to the end of the path.

        One neuron, or its parameters, if those are to become fewer.
        """
        if self.shape is None:
            return 1
        one_less = sizes - (np.arange(len(sizes)) == layer)
        return int(self.shape.n_parameters(sizes) - self.shape.n_parameters(one_less))

    def lowest_sizes(self, sizes: tuple[int, ...], ablated: np.ndarray) -> np.ndarray:
        """How small the hidden layers can get, one by one, whatever the others are."""
        return smallest_sizes(sizes, ablated, self.min_neurons_per_layer)

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
    strategy: Any = "greedy"
    max_parameters: Any = None
    max_bytes: Any = None

    @classmethod
    def of(cls, params: Any) -> "StoppingParams":
        """From an object that has attributes of these names, such as a pruner."""
        values = {field.name: getattr(params, field.name) for field in fields(cls)}
        if is_automatic(values["threshold"]):
            values["threshold"] = np.inf  # The pruner chooses among the networks of all sizes.
        threshold_rule(values["threshold"], or_automatic=True)
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
        self._check_strategy()
        step = self.step
        if not is_real(step) or not (step >= 1 if is_int(step) else 0 < step < 1):
            raise ValueError(f"step={step!r} is neither an int of at least 1 nor between 0 and 1.")
        checked_int("min_neurons_per_layer", self.min_neurons_per_layer, 1)
        check_one_size(self.sizes)
        for name in ("max_parameters", "max_bytes"):
            if (value := getattr(self, name)) is not None:
                checked_int(name, value, 1)

    def _check_strategy(self) -> None:
        if not (isinstance(self.strategy, str) and self.strategy == "obs"):
            return
        if self.alpha is not None:
            raise ValueError(
                f"alpha={self.alpha!r} needs tests of removals, of which strategy='obs' has none: "
                "use 'greedy' or 'one_shot'."
            )
        if not (isinstance(self.criterion, str) and self.criterion == "ablation"):
            raise ValueError(
                f"criterion={self.criterion!r} is not looked at by strategy='obs', which ranks "
                "by costs of its own: use 'greedy' or 'one_shot'."
            )

    @property
    def sizes(self) -> dict[str, Any]:
        """What says how large the smallest network is, by parameter; None is not given."""
        names = ("n_neurons_to_select", "max_parameters", "max_bytes")
        return {name: getattr(self, name) for name in names}

    def threshold_rule(self) -> ThresholdRule:
        """The threshold as a function of the importances in the whole network.

        Infinity if a size or a tolerance says where to stop instead.
        """
        if any(value is not None for value in (*self.sizes.values(), self.tol)):
            return lambda importances: np.inf
        return threshold_rule(self.threshold)

    def stopping_rule(
        self, sizes: tuple[int, ...], ablated: np.ndarray, shape: NetworkShape | None = None
    ) -> StoppingRule:
        """For a network with hidden layers of these sizes, of which ``ablated`` may be removed.

        Without ``shape``, ``max_parameters`` and ``max_bytes`` are left out.

        Raises
        ------
        ValueError
            If ``n_neurons_to_select`` does not fit the network, or no network is small enough.
        """
        in_every_layer, n_neurons = minimum_sizes(
            self.n_neurons_to_select, sizes, ablated, self.min_neurons_per_layer
        )
        given = self.n_neurons_to_select
        rule = StoppingRule(
            in_every_layer, n_neurons, self.tol, self.alpha, self.step,
            every_layer_has_a_size=given is not None and not is_real(given),
        )  # fmt: skip
        if shape is None or (self.max_parameters is None and self.max_bytes is None):
            return rule
        rule = replace(rule, shape=shape, max_parameters=shape.parameters_within(**self._limits))
        lowest = rule.lowest_sizes(sizes, ablated)
        if rule.is_too_large(lowest):
            raise ValueError(shape.too_small(lowest, **self._limits))
        return rule

    @property
    def _limits(self) -> dict[str, int | None]:
        return {"max_parameters": self.max_parameters, "max_bytes": self.max_bytes}


def check_one_size(sizes: dict[str, Any]) -> None:
    """Raise ValueError if more than one of some parameters is given, all of which are sizes."""
    given = [f"{name}={value!r}" for name, value in sizes.items() if value is not None]
    if len(given) > 1:
        raise ValueError(f"{' and '.join(given)} say where to stop: give one of them.")
