"""Scores of a network as it is and without each of its neurons.

- `_evaluator`: `Evaluator`, called with a network, returns `RemovalScores`: start here
- `_samples`: samples and true targets in the form in which kernels compare
- `_sweep`: one pass over the samples that adds up what every removal changes
- `_formulas`: scikit-learn's metrics that follow from these sums
- `_outputs`: all other scorers, on the outputs without each neuron
- `_first_layer_cache`: the first product, kept while networks shrink
- `_resample`: replacement by the activation of another sample
"""

from skneuron.inspection._scoring._evaluator import (
    Evaluator,
    RemovalScores,
    check_one_scorer,
    evaluator_for,
    score_of,
)
from skneuron.inspection._scoring._first_layer_cache import FIRST_LAYER_CACHE_BYTES
from skneuron.inspection._scoring._formulas import (
    Scores,
    needs_losses,
    needs_only_hits,
    needs_probabilities,
)
from skneuron.inspection._scoring._resample import RESAMPLE, averaged, resamplings
from skneuron.inspection._scoring._samples import checked_weight
from skneuron.inspection._scoring._sweep import (
    CONFUSION_BYTES,
    BaselineSums,
    Pass,
    confusion_fits,
    new_changes,
    scored_blocks,
)

__all__ = [
    "CONFUSION_BYTES",
    "FIRST_LAYER_CACHE_BYTES",
    "RESAMPLE",
    "BaselineSums",
    "Evaluator",
    "Pass",
    "RemovalScores",
    "Scores",
    "averaged",
    "check_one_scorer",
    "checked_weight",
    "confusion_fits",
    "evaluator_for",
    "needs_losses",
    "needs_only_hits",
    "needs_probabilities",
    "new_changes",
    "resamplings",
    "score_of",
    "scored_blocks",
]
