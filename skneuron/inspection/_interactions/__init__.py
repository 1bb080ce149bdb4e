"""Several neurons at once.

- `_pairs`: `pairwise_ablation`: every two of them, and what is beyond the sum
- `_shapley`: `neuron_shapley`: fair shares of the score, with standard errors
- `_coalitions`: scores of many sets of neurons, as Shapley values need them
"""

from skneuron.inspection._interactions._pairs import PairwiseAblation, pairwise_ablation
from skneuron.inspection._interactions._shapley import NeuronShapley, neuron_shapley

__all__ = [
    "NeuronShapley",
    "PairwiseAblation",
    "neuron_shapley",
    "pairwise_ablation",
]
