"""Every neuron removed in turn: the function, its result, and whether it is more than chance.

- `_ablation`: `neuron_ablation`
- `_result`: `NeuronAblation`: verdicts, table, text
- `_html`: its page in a notebook
- `_significance`: `NeuronVerdicts`: McNemar's test and t-tests, with control of false
  discoveries
"""

from skneuron.inspection._ablation._ablation import neuron_ablation
from skneuron.inspection._ablation._result import NeuronAblation, as_ablation
from skneuron.inspection._ablation._significance import NeuronVerdicts, mcnemar_p_values

__all__ = [
    "NeuronAblation",
    "NeuronVerdicts",
    "as_ablation",
    "mcnemar_p_values",
    "neuron_ablation",
]
