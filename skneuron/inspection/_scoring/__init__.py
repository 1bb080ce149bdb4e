"""Scores of a network as it is and without each of its neurons.

- `_problem`: `AblationProblem`, what users pass, checked and unwrapped: start here
- `_evaluator`: `Evaluator`, called with a network, returns the scores
- `_removal_scores`: `RemovalScores`, what it returns
- `_samples`: samples and true targets in the form that kernels take
- `_own_outputs`: samples to compare with what the whole network makes of them, without labels
- `_blocks`: forward passes in blocks of samples
- `_wanted_sums`: `WantedSums`, what a sweep adds up for which scorers
- `_sweep`: one pass over the samples that adds up what every removal changes
- `_lost_digits`: samples of which subtracting a neuron's share leaves rounding errors alone
- `_formulas`: scikit-learn's metrics that follow from these sums
- `_jackknife`: how far importances by any score are from what other samples would give
- `_paired_scores`: the same for the difference of two networks
- `_score_names`: scorers in words, the tests that fit them, an error for NaN
- `_outputs`: all other scorers, on the outputs without each neuron
- `_missing_classes`: scorers of probabilities where samples lack some classes
- `_one_by_one`: really removes every neuron, where weights are NaN or infinite
- `_first_layer_cache`: the first product, kept while networks shrink
- `_resample`: replacement by the activation of another sample
"""

from skneuron.inspection._scoring._evaluator import (
    Evaluator,
    check_one_scorer,
    evaluator_for,
    score_of,
    scorer_for,
)
from skneuron.inspection._scoring._first_layer_cache import FIRST_LAYER_CACHE_BYTES
from skneuron.inspection._scoring._formulas import Scores
from skneuron.inspection._scoring._lost_digits import TIES, harmless_residuals, means_drown
from skneuron.inspection._scoring._own_outputs import needs_no_targets
from skneuron.inspection._scoring._paired_scores import PairedScores
from skneuron.inspection._scoring._problem import AblationProblem, ablated_neurons, checked_layers
from skneuron.inspection._scoring._removal_scores import RemovalScores
from skneuron.inspection._scoring._resample import RESAMPLE, averaged, resamplings
from skneuron.inspection._scoring._samples import checked_weight
from skneuron.inspection._scoring._score_names import (
    SHARES,
    check_defined,
    default_test,
    score_name,
    signed_score_name,
)
from skneuron.inspection._scoring._sweep import (
    BaselineSums,
    SweepSums,
    new_changes,
    scored_blocks,
)
from skneuron.inspection._scoring._wanted_sums import (
    CONFUSION_BYTES,
    EVERYTHING,
    WITHOUT_LOSSES,
    WantedSums,
)

__all__ = [
    "CONFUSION_BYTES",
    "EVERYTHING",
    "FIRST_LAYER_CACHE_BYTES",
    "RESAMPLE",
    "SHARES",
    "TIES",
    "WITHOUT_LOSSES",
    "AblationProblem",
    "BaselineSums",
    "Evaluator",
    "PairedScores",
    "RemovalScores",
    "Scores",
    "SweepSums",
    "WantedSums",
    "ablated_neurons",
    "averaged",
    "check_defined",
    "check_one_scorer",
    "checked_layers",
    "checked_weight",
    "default_test",
    "evaluator_for",
    "harmless_residuals",
    "means_drown",
    "needs_no_targets",
    "new_changes",
    "resamplings",
    "score_name",
    "score_of",
    "scored_blocks",
    "scorer_for",
    "signed_score_name",
]
