"""Kernels that remove neurons and add up what changes, without a forward pass for each.

- `removal`: one forward pass, and each neuron's share of what the next layer gets
- `sweep`: every neuron removed in turn; `pairs`: every two of them; `coalitions`: many at once
- `margins`: samples in which a removal cannot change the prediction, so need not be computed
- `later_layers`: the layers after the one that lost a neuron, for single samples
- `row_scores`: predictions that become right or wrong, losses and squared errors, summed up
"""

from skneuron.kernels.ablation.coalitions import walk
from skneuron.kernels.ablation.pairs import sweep_pairs
from skneuron.kernels.ablation.removal import outputs_without, prepare
from skneuron.kernels.ablation.row_scores import (
    LABEL,
    MULTILABEL,
    POISSON_REGRESSION,
    REGRESSION,
    Before,
    Changes,
    full_scores,
)
from skneuron.kernels.ablation.sweep import sweep_neurons

__all__ = [
    "LABEL",
    "MULTILABEL",
    "POISSON_REGRESSION",
    "REGRESSION",
    "Before",
    "Changes",
    "full_scores",
    "outputs_without",
    "prepare",
    "sweep_neurons",
    "sweep_pairs",
    "walk",
]
