"""`PruningState`: a network that loses neurons, one after the other or several at once."""

from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from skneuron.inspection._scoring import (
    FIRST_LAYER_CACHE_BYTES,
    Evaluator,
    RemovalScores,
    score_of,
)
from skneuron.surgery import (
    NEEDS_REFERENCE,
    REPLACEMENTS,
    LayerReplacement,
    Network,
    cut,
    flat_addresses,
    fold,
    hidden_activations,
    split_by_layer,
)


@dataclass(frozen=True, eq=False)
class Removal:
    """The removal of neurons from one layer: all it takes to do it again.

    Attributes
    ----------
    neurons : ndarray of int
        Positions in the whole network, all hidden layers in layer-major order.
    layer : int
    keep : ndarray of bool
        Over the neurons that its layer had at the time.
    predictor, constants : ndarray
        What took its place; see `LayerReplacement.predictor`.
    """

    neurons: np.ndarray
    layer: int
    keep: np.ndarray
    predictor: np.ndarray | None
    constants: np.ndarray

    def applied_to(self, network: Network) -> Network:
        folded = fold(network, self.layer, ~self.keep, self.predictor, self.constants)
        return cut(folded, self.layer, self.keep)


class Reference:
    """Reference rows on their way through a network that loses neurons.

    Means and covariances of a layer are computed once, for all copies with the same network in
    front of it, and then lose rows and columns. When a layer in front of it changes they are
    computed again, from activations of the first layer, which are kept if there is room for them.
    """

    def __init__(self, network: Network, replacement: str, X_ref: Any):
        self._compute, self._X_ref = REPLACEMENTS[replacement], X_ref
        # A box a layer, which copies share; empty until one of them asks.
        self._known: list[list[LayerReplacement]] = [[] for _ in network.hidden_layer_sizes]
        self._first: np.ndarray | None = None
        if replacement in NEEDS_REFERENCE and len(self._known) > 1:
            itemsize = network.for_rows(X_ref).dtype.itemsize
            n_bytes = X_ref.shape[0] * network.hidden_layer_sizes[0] * itemsize
            if n_bytes <= FIRST_LAYER_CACHE_BYTES:
                self._first = hidden_activations(network, X_ref, 0)
                self._units = np.arange(network.hidden_layer_sizes[0])

    def copy(self) -> "Reference":
        """One that can lose neurons without changing this one."""
        return copy(self)

    def replacement(self, network: Network, layer: int) -> LayerReplacement:
        """How neurons of a layer of the network are replaced."""
        known = self._known[layer]
        if not known:
            if layer == 0 or self._first is None:
                known.append(self._compute(network, layer, self._X_ref))
            else:
                first = self._first[:, self._units]
                known.append(self._compute(network.later_layers(0), layer - 1, first))
        return known[0]

    def lose(self, layer: int, gone: np.ndarray) -> None:
        """After the neurons of a mask have been removed from a layer of the network."""
        *front, known = self._known[: layer + 1]
        later: list[list[LayerReplacement]] = [[] for _ in self._known[layer + 1 :]]
        self._known = [*front, [each.without(gone) for each in known], *later]
        if layer == 0 and self._first is not None:
            self._units = self._units[~gone]


class PruningState:
    """A network under surgery that remembers which neurons of the whole network it still has.

    Attributes
    ----------
    network : Network
        What is left.
    alive : ndarray of int
        Positions, in the whole network, of the neurons that are left.
    layer, index : ndarray of int
        Addresses of all neurons of the whole network.
    removals : list of Removal
    """

    def __init__(self, network: Network, evaluate: Evaluator, replacement: str, X_ref: Any):
        self.network = network
        self.layer, self.index = flat_addresses(network.hidden_layer_sizes)
        self.alive = np.arange(len(self.layer))
        self.removals: list[Removal] = []
        self._evaluate = evaluate.for_path(network)
        self._reference = Reference(network, replacement, X_ref)

    def copy(self) -> "PruningState":
        """One that can be operated on without changing this one."""
        other = copy(self)
        other.removals, other._reference = list(self.removals), self._reference.copy()
        return other

    def removal_scores(self, ablated: np.ndarray, *, scores_only: bool = False) -> RemovalScores:
        """Of removing each neuron of a mask over the whole network, if it is left."""
        n_layers = len(self.network.hidden_layer_sizes)
        replacements = [self._reference.replacement(self.network, at) for at in range(n_layers)]
        return self._evaluate(
            self.network, replacements, ablated[self.alive], scores_only=scores_only
        )

    def score(self) -> float:
        """Of what is left."""
        return score_of(self._evaluate, self.network)

    def remove(self, neurons: Any) -> None:
        """Remove the neurons with these positions in the whole network, front layers first."""
        neurons = np.atleast_1d(np.asarray(neurons, dtype=int))
        for layer in np.unique(self.layer[neurons]):
            self._remove_from(int(layer), neurons[self.layer[neurons] == layer])

    def _remove_from(self, layer: int, neurons: np.ndarray) -> None:
        stays = ~np.isin(self.alive, neurons)
        keep = split_by_layer(stays, self.network.hidden_layer_sizes)[layer]
        found = self._reference.replacement(self.network, layer).predictor(~keep)
        removal = Removal(neurons, layer, keep, *found)
        self.network = removal.applied_to(self.network)
        self.alive = self.alive[stays]
        self.removals.append(removal)
        self._reference.lose(layer, ~keep)
        if layer == 0:
            self._evaluate = self._evaluate.without_in_first_layer(~keep)
