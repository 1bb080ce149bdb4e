"""Networks as plain arrays, and smaller networks made of them. Nothing here is changed in place
but by `prune_in_place`.

- `_network`: `Network`, read from any fitted estimator and written back
- `_network_checks`: whether the attributes of a fitted network fit together
- `_neurons`: addresses ``(layer, index)``, flat positions, keep-masks
- `_replacement`: what takes a removed neuron's place: nothing, its mean, a linear prediction
- `_regularised_inverse`: the inverse of a layer's covariance matrix, which may be singular
- `_removal`: fold the replacement into the weights, cut the neuron out
- `_prune`: `prune_neurons`, for estimators
- `_redundant`, `_prune_redundant`: neurons whose removal does not change the function
"""

from skneuron.surgery._network import (
    Network,
    as_block,
    first_inputs,
    hidden_activations,
    nested,
    rewrap,
    row_blocks,
    rows_for,
    rows_per_block,
    unwrap,
    with_network,
)
from skneuron.surgery._network_checks import check_network
from skneuron.surgery._neurons import (
    checked_address,
    flat_addresses,
    keep_masks,
    neuron_name,
    selected_layers,
    split_by_layer,
)
from skneuron.surgery._prune import prune_in_place, prune_neurons, record_removal, replace_network
from skneuron.surgery._prune_redundant import remove_redundant_neurons
from skneuron.surgery._regularised_inverse import RIDGE, regularised_inverse
from skneuron.surgery._removal import cut, fold, remove_from_layer, remove_neurons, silence
from skneuron.surgery._replacement import (
    NEEDS_REFERENCE,
    REPLACEMENTS,
    LayerReplacement,
    layer_replacements,
    reference_rows,
)

__all__ = [
    "NEEDS_REFERENCE",
    "REPLACEMENTS",
    "RIDGE",
    "LayerReplacement",
    "Network",
    "as_block",
    "check_network",
    "checked_address",
    "cut",
    "first_inputs",
    "flat_addresses",
    "fold",
    "hidden_activations",
    "keep_masks",
    "layer_replacements",
    "nested",
    "neuron_name",
    "prune_in_place",
    "prune_neurons",
    "record_removal",
    "reference_rows",
    "regularised_inverse",
    "remove_from_layer",
    "remove_neurons",
    "remove_redundant_neurons",
    "replace_network",
    "rewrap",
    "row_blocks",
    "rows_for",
    "rows_per_block",
    "selected_layers",
    "silence",
    "split_by_layer",
    "unwrap",
    "with_network",
]
