"""Every neuron removed in turn: the function, its result, and whether it is more than chance.

- `_ablation`: `neuron_ablation`
- `_result`: `NeuronAblation`: verdicts, table, text
- `_html`: its page in a notebook
- `_significance`: the tests of single neurons, with control of false discoveries
"""

from skneuron.inspection._ablation._ablation import ablated_neurons, neuron_ablation
from skneuron.inspection._ablation._result import NeuronAblation, as_ablation

__all__ = [
    "NeuronAblation",
    "ablated_neurons",
    "as_ablation",
    "neuron_ablation",
]
