"""Scores that scikit-learn does not have.

- `_expected_accuracy`: the mean probability of the right class
- `_fidelity`: how close outputs are to those of a reference, without true targets
- `_reference_scorers`: the same for estimators, and how often predictions agree
- `_checks`: probabilities and weights, with errors that name them
"""

from skneuron.metrics._expected_accuracy import expected_accuracy_score, expected_accuracy_scorer
from skneuron.metrics._fidelity import fidelity_score
from skneuron.metrics._reference_scorers import (
    AGREEMENT,
    FIDELITY,
    ReferenceScorer,
    agreement_scorer,
    fidelity_scorer,
)

__all__ = [
    "agreement_scorer",
    "expected_accuracy_score",
    "expected_accuracy_scorer",
    "fidelity_score",
    "fidelity_scorer",
]

# The names of scorers that this package knows beside scikit-learn's. Two of them compare with the
# whole network that is analysed.
SCORERS = {
    "expected_accuracy": expected_accuracy_scorer,
    FIDELITY: ReferenceScorer(FIDELITY),
    AGREEMENT: ReferenceScorer(AGREEMENT),
}
