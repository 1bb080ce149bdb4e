"""Networks as plain arrays, and smaller networks made of them. Nothing here is changed in place
but by `prune_in_place`.

- `_network`: `Network`, read from any fitted estimator and written back
- `_network_checks`: whether the attributes of a fitted network fit together
- `_activations`: activation functions and their derivatives
- `_feature_names`: what the inputs of a network are called, behind whatever comes before
- `_neurons`: addresses ``(layer, index)``, names, flat positions, keep-masks
- `_replacement`: what takes a removed neuron's place: nothing, its mean, a linear prediction
- `_regularised_inverse`: the inverse of a layer's covariance matrix, which may be singular
- `_optimal_brain_surgeon`: which neurons the outputs miss least if others take over
- `_removal`: fold the replacement into the weights, cut the neuron out
- `_prune`: `prune_neurons`, for estimators
- `_refit_outputs`: `refit_outputs`, new weights for the outputs from held-out samples;
  `_output_ridge`: least squares pulled towards the weights there are; `_output_choice`: how
  strongly; `_output_kinds`: what outputs mean
- `_refit`: `refit_pruned`, repair without labels: back to the whole network's outputs
- `_redundant`, `_prune_redundant`: neurons whose removal does not change the function
"""

from skneuron.surgery._feature_names import feature_names_of, readable_names
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
    address_columns,
    checked_address,
    flat_addresses,
    keep_masks,
    neuron_addresses,
    neuron_name,
    selected_layers,
    split_by_layer,
    whole_names,
)
from skneuron.surgery._optimal_brain_surgeon import (
    Elimination,
    curvature_rows,
    eliminated,
    output_curvature,
    removal_costs,
)
from skneuron.surgery._prune import (
    earlier_network,
    prune_in_place,
    prune_neurons,
    record_removal,
    replace_network,
)
from skneuron.surgery._prune_redundant import remove_redundant_neurons
from skneuron.surgery._refit import (
    REFITS,
    RefitLook,
    check_refit,
    forget_training,
    refit_network,
    refit_pruned,
    refit_rows,
)
from skneuron.surgery._refit_outputs import OutputRefit, refit_outputs, refit_with_penalty
from skneuron.surgery._regularised_inverse import RIDGE, regularised_inverse
from skneuron.surgery._removal import cut, fold, remove_from_layer, remove_neurons, silence
from skneuron.surgery._replacement import (
    NEEDS_REFERENCE,
    REPLACEMENTS,
    LayerReplacement,
    check_replacement,
    layer_replacements,
    named_reference,
    reference_rows,
)

__all__ = [
    "NEEDS_REFERENCE",
    "REFITS",
    "REPLACEMENTS",
    "RIDGE",
    "Elimination",
    "LayerReplacement",
    "Network",
    "OutputRefit",
    "RefitLook",
    "address_columns",
    "as_block",
    "check_network",
    "check_refit",
    "check_replacement",
    "checked_address",
    "curvature_rows",
    "cut",
    "earlier_network",
    "eliminated",
    "feature_names_of",
    "first_inputs",
    "flat_addresses",
    "fold",
    "forget_training",
    "hidden_activations",
    "keep_masks",
    "layer_replacements",
    "named_reference",
    "nested",
    "neuron_addresses",
    "neuron_name",
    "output_curvature",
    "prune_in_place",
    "prune_neurons",
    "readable_names",
    "record_removal",
    "reference_rows",
    "refit_network",
    "refit_outputs",
    "refit_pruned",
    "refit_rows",
    "refit_with_penalty",
    "regularised_inverse",
    "removal_costs",
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
    "whole_names",
    "with_network",
]
