"""`PruningState`: a network that loses neurons, one after the other or several at once."""

from collections.abc import Iterable
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
    """Neurons that have been removed from one layer, and all it takes to do it again.

    Attributes
    ----------
    neurons : ndarray of int
        Positions in the whole network, all hidden layers in layer-major order.
    layer : int
    keep : ndarray of bool
        False for them, over the neurons that the layer had at the time.
    predictor, constants : ndarray
        What took their place; see `LayerReplacement.predictor`.
    """

    neurons: np.ndarray
    layer: int
    keep: np.ndarray
    predictor: np.ndarray | None
    constants: np.ndarray

    def applied_to(self, network: Network) -> Network:
        """The smaller network. ``network`` is what the neurons have been removed from."""
        folded = fold(network, self.layer, ~self.keep, self.predictor, self.constants)
        return cut(folded, self.layer, self.keep)


def after_removals(
    network: Network, removals: Iterable[Removal], rest: Network | None = None
) -> Network:
    """The network that is left of ``network``, whose first weights are copied once.

    ``rest`` is the same without features, if it is known.
    """
    removals = list(removals)
    if rest is None:
        rest = network.without_features()
        for removal in removals:
            rest = removal.applied_to(rest)
    gone = [neuron for removal in removals if removal.layer == 0 for neuron in removal.neurons]
    units = np.setdiff1d(np.arange(network.hidden_layer_sizes[0]), gone)
    return rest.with_first_weights(network.coefs[0], units)


class ReplacementCache:
    """How the neurons of every layer are replaced, in a network that loses neurons.

    Means and covariances of a layer, on reference samples, are computed once, for all copies in
    which the layers in front of it are the same. When neurons of the layer are removed, their
    rows and columns are dropped; when neurons in front of it are removed, all is computed again,
    from activations of the first layer, which are kept if there is room for them.
    """

    def __init__(self, network: Network, replacement: str, X_ref: Any):
        self._compute, self._X_ref = REPLACEMENTS[replacement], X_ref
        self._has_reference = replacement in NEEDS_REFERENCE
        # One list for every layer, which copies share: empty until one of them asks.
        self._computed: list[list[LayerReplacement]] = [[] for _ in network.hidden_layer_sizes]
        self._first_layer: np.ndarray | None = None
        if self._has_reference and len(self._computed) > 1:
            itemsize = network.for_rows(X_ref).dtype.itemsize
            n_bytes = X_ref.shape[0] * network.hidden_layer_sizes[0] * itemsize
            if n_bytes <= FIRST_LAYER_CACHE_BYTES:
                self._first_layer = hidden_activations(network, X_ref, 0)
                self._first_layer_alive = np.arange(network.hidden_layer_sizes[0])

    def copy(self) -> "ReplacementCache":
        """One that can lose neurons without changing this one."""
        return copy(self)

    def needs_features(self, layer: int) -> bool:
        """Whether `replacement` looks at the first layer's weights."""
        known = self._computed[layer] or (layer and self._first_layer is not None)
        return self._has_reference and not known

    def replacement(self, network: Network, layer: int) -> LayerReplacement:
        """For a layer of the network, which has lost the neurons that `lose` was told of."""
        computed = self._computed[layer]
        if not computed:
            if layer == 0 or self._first_layer is None:
                computed.append(self._compute(network, layer, self._X_ref))
            else:
                activations = self._first_layer[:, self._first_layer_alive]
                computed.append(self._compute(network.later_layers(0), layer - 1, activations))
        return computed[0]

    def lose(self, layer: int, gone: np.ndarray) -> None:
        """Be told that the neurons of a mask have been removed from a layer of the network."""
        *front, computed = self._computed[: layer + 1]
        later: list[list[LayerReplacement]] = [[] for _ in self._computed[layer + 1 :]]
        self._computed = [*front, [each.without(gone) for each in computed], *later]
        if layer == 0 and self._first_layer is not None:
            self._first_layer_alive = self._first_layer_alive[~gone]


class PruningState:
    """A network that is losing neurons, and remembers which of them it still has.

    Neurons are named by their positions among all hidden neurons of the whole network, in
    layer-major order, however many have been removed.

    Attributes
    ----------
    rest : Network
        Without the neurons that have been removed, and without features: the first layer's
        weights may be most of the memory there is, and no step needs a copy of them if what
        the first layer gets from the samples is known.
    alive : ndarray of int
        The neurons that are left.
    layer, index : ndarray of int
        Addresses of all neurons of the whole network.
    removals : list of Removal
        First removed first.
    """

    def __init__(self, network: Network, evaluate: Evaluator, replacement: str, X_ref: Any):
        self._first_weights = network.coefs[0]
        self._network: Network | None = network
        self.rest = network.without_features()
        self.layer, self.index = flat_addresses(network.hidden_layer_sizes)
        self.alive = np.arange(len(self.layer))
        self.removals: list[Removal] = []
        self._given, self._X_ref = evaluate, X_ref
        self._evaluate = evaluate.for_path(network)
        self._is_linear = replacement == "linear"
        self._replacements = ReplacementCache(network, replacement, X_ref)

    def copy(self) -> "PruningState":
        """One that can lose neurons without changing this one."""
        other = copy(self)
        other.removals, other._replacements = list(self.removals), self._replacements.copy()
        return other

    @property
    def network(self) -> Network:
        """The network with its features, of whose weights it may have a copy."""
        if self._network is None:
            first = self.alive[self.layer[self.alive] == 0]
            self._network = self.rest.with_first_weights(self._first_weights, first)
        return self._network

    @property
    def sizes(self) -> tuple[int, ...]:
        """Numbers of neurons that the hidden layers have left."""
        return self.rest.hidden_layer_sizes

    def removal_scores(self, ablated: np.ndarray, *, scores_only: bool = False) -> RemovalScores:
        """Of removing, in turn, those neurons of a mask over the whole network that are left."""
        replacements = [self._replacement(at) for at in range(len(self.sizes))]
        return self._evaluate(
            self._scored, replacements, ablated[self.alive], scores_only=scores_only
        )

    def score(self) -> float:
        """Of the network."""
        return score_of(self._evaluate, self._scored)

    @property
    def _scored(self) -> Network:
        return self.rest if self._evaluate.knows_first_layer else self.network

    def _replacement(self, layer: int) -> LayerReplacement:
        needs_features = self._replacements.needs_features(layer)
        network = self.network if needs_features else self.rest
        return self._replacements.replacement(network, layer)

    @property
    def reference_samples(self) -> Any:
        """As they reach the network: the reference data, or the samples to score on."""
        return self._given.scorer_input.X if self._X_ref is None else self._X_ref

    def linear_replacement(self, layer: int) -> LayerReplacement:
        """As by replacement "linear", whatever takes the place of removed neurons."""
        if self._is_linear:
            return self._replacement(layer)
        return REPLACEMENTS["linear"](self.network, layer, self.reference_samples)

    def remove(self, neurons: Any) -> None:
        """Remove a neuron or several, those in the first layers first."""
        neurons = np.atleast_1d(np.asarray(neurons, dtype=int))
        for layer in np.unique(self.layer[neurons]):
            self._remove_from(int(layer), neurons[self.layer[neurons] == layer])

    def _remove_from(self, layer: int, neurons: np.ndarray) -> None:
        gone = np.full(len(self.layer), False)
        gone[neurons] = True
        stays = ~gone[self.alive]
        keep = split_by_layer(stays, self.sizes)[layer]
        found = self._replacement(layer).predictor(~keep)
        removal = Removal(neurons, layer, keep, *found)
        self.rest, self._network = removal.applied_to(self.rest), None
        self.alive = self.alive[stays]
        self.removals.append(removal)
        self._replacements.lose(layer, ~keep)
        if layer == 0:
            self._evaluate = self._evaluate.without_in_first_layer(~keep)
