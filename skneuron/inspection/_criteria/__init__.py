"""The classic criteria for a neuron's importance, to compare with exact ablation.

- `_criteria`: `neuron_criterion`, and the table of all criteria by name
- `_columns`: `NeuronCriteria`, what it returns for several criteria
- `_activation_statistics`: means, variances and covariances of activations, in blocks of samples
- `_activation_bins`: entropies and mutual information
- `_gradients`: first and second derivatives of the loss by activations
- `_rank_correlation`: `criterion_rank_correlation`, how far rankings agree
"""

from skneuron.inspection._criteria._criteria import CRITERIA, neuron_criterion
from skneuron.inspection._criteria._rank_correlation import criterion_rank_correlation

__all__ = [
    "CRITERIA",
    "criterion_rank_correlation",
    "neuron_criterion",
]
