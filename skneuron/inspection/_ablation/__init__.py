"""Every neuron removed in turn: the function, its result, and whether it is more than chance.

- `_ablation`: `neuron_ablation`
- `_result`: `NeuronAblation`: verdicts, table, text
- `_html`: its page in a notebook
- `_significance`: `NeuronVerdicts`: tests of single neurons, with control of false discoveries
- `_paired_tests`: McNemar's test and t-tests, intervals, and what they could have seen
"""

from skneuron.inspection._ablation._ablation import neuron_ablation
from skneuron.inspection._ablation._paired_tests import bonett_price_interval, mcnemar_p_values
from skneuron.inspection._ablation._result import NeuronAblation, as_ablation
from skneuron.inspection._ablation._significance import NeuronVerdicts, verdicts

__all__ = [
    "NeuronAblation",
    "NeuronVerdicts",
    "as_ablation",
    "bonett_price_interval",
    "mcnemar_p_values",
    "neuron_ablation",
    "verdicts",
]
