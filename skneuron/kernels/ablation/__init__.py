"""Kernels that find out what changes without some hidden neurons, from a single forward pass.

- `removal`: the forward pass, what each neuron gives to the next layer, outputs without a neuron
- `row_scores`: predictions that become right or wrong, losses and squared errors, summed up
- `sweep`: one neuron removed at a time; `pairs`: two; `coalitions`: more and more, in given orders
- `margins`: rows in which a removal cannot change the prediction, so that nothing is computed
- `lost_digits`: rows in which subtracting a neuron's share leaves rounding errors alone
- `later_layers`: outputs without a neuron of an earlier layer, for the few rows that are left

A unit's input is what its activation function is applied to. Kernels take named tuples field by
field: `Truth`, `Before` (the full network's predictions and losses) and `Changes` (the sums).
"""

from skneuron.kernels.ablation.coalitions import ablate_along_permutations
from skneuron.kernels.ablation.lost_digits import harmless_share
from skneuron.kernels.ablation.pairs import ablate_each_pair
from skneuron.kernels.ablation.removal import forward_with_residuals, outputs_without_each_neuron
from skneuron.kernels.ablation.row_scores import (
    LABEL,
    MULTILABEL,
    POISSON_REGRESSION,
    REGRESSION,
    Before,
    Changes,
    Truth,
    score_full_network,
)
from skneuron.kernels.ablation.sweep import LostRows, ablate_each_neuron

__all__ = [
    "LABEL",
    "MULTILABEL",
    "POISSON_REGRESSION",
    "REGRESSION",
    "Before",
    "Changes",
    "LostRows",
    "Truth",
    "ablate_along_permutations",
    "ablate_each_neuron",
    "ablate_each_pair",
    "forward_with_residuals",
    "harmless_share",
    "outputs_without_each_neuron",
    "score_full_network",
]
