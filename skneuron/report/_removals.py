"""Networks to compare with a pruned one: all rotten neurons gone at once, as many at random."""

from collections.abc import Sequence

import numpy as np

from skneuron.inspection import NeuronAblation
from skneuron.surgery import Network, flat_addresses, remove_neurons, split_by_layer
from skneuron.utils import BoolArray

N_DRAWS = 20


def rotten_together(network: Network, ablation: NeuronAblation) -> tuple[Network, int] | None:
    """The network without all neurons that an ablation finds rotten, and how many these are.

    Of a layer that is rotten from end to end, the least rotten neuron stays. None if nothing is.
    """
    sizes = network.hidden_layer_sizes
    effects = np.full(sum(sizes), np.nan)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    effects[starts[ablation.layer] + ablation.index] = ablation.importances
    stays = ~(effects < 0)
    layer, _ = flat_addresses(sizes)
    for number in range(len(sizes)):
        of_layer = layer == number
        if not stays[of_layer].any():
            stays[np.flatnonzero(of_layer)[np.argmax(effects[of_layer])]] = True
    if stays.all():
        return None
    return remove_neurons(network, split_by_layer(stays, sizes), "zero"), int((~stays).sum())


def random_removals(
    network: Network, removed: BoolArray, n_draws: int = N_DRAWS, seed: int = 0
) -> Sequence[Network]:
    """Networks that lost as many neurons of every layer, drawn at random."""
    rng = np.random.default_rng(seed)
    masks = split_by_layer(~removed, network.hidden_layer_sizes)
    return [
        remove_neurons(network, [rng.permutation(mask) for mask in masks], "zero")
        for _ in range(n_draws)
    ]
