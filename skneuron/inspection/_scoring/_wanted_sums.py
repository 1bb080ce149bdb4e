"""`WantedSums`: what a sweep adds up, and so which scores and columns follow from it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
from sklearn import metrics

from skneuron.inspection._scoring._samples import Samples
from skneuron.kernels.ablation import LABEL
from skneuron.metrics import FIDELITY, ReferenceScorer, expected_accuracy_score
from skneuron.utils import scorer_parts

# If they would take more than this, confusion matrices without each neuron are not added up.
CONFUSION_BYTES = 64 * 2**20


@dataclass(frozen=True)
class WantedSums:
    """What to add up for every removal besides hits and squared errors, which cost little.

    Attributes
    ----------
    confusion : bool
        Confusion matrices, for networks that give a sample one label.
    losses : bool
        The samples' losses and their squares.
    probabilities : bool
        With the losses, the probabilities of the right classes.
    """

    confusion: bool = False
    losses: bool = False
    probabilities: bool = False

    def __or__(self, other: "WantedSums") -> "WantedSums":
        return WantedSums(
            self.confusion or other.confusion,
            self.losses or other.losses,
            self.probabilities or other.probabilities,
        )

    def within_memory(self, samples: Samples, n_removals: int) -> "WantedSums":
        """The same without confusion matrices, if there are none or no room for them."""
        n_bytes = n_removals * samples.n_classes**2 * np.dtype(np.int32).itemsize
        fit = samples.task == LABEL and n_bytes <= CONFUSION_BYTES
        return replace(self, confusion=self.confusion and fit)


SCORES_ONLY = WantedSums()
WITHOUT_LOSSES = WantedSums(confusion=True)
EVERYTHING = WantedSums(confusion=True, losses=True)

OF_CONFUSION = frozenset(
    {
        metrics.accuracy_score,
        metrics.balanced_accuracy_score,
        metrics.cohen_kappa_score,
        metrics.f1_score,
        metrics.fbeta_score,
        metrics.hamming_loss,
        metrics.jaccard_score,
        metrics.matthews_corrcoef,
        metrics.precision_score,
        metrics.recall_score,
        metrics.zero_one_loss,
    }
)
_NEEDED: dict[Callable[..., Any], WantedSums] = {
    **dict.fromkeys(OF_CONFUSION, WantedSums(confusion=True)),
    metrics.log_loss: WantedSums(losses=True),
    metrics.mean_poisson_deviance: WantedSums(losses=True),
    expected_accuracy_score: WantedSums(losses=True, probabilities=True),
}


def is_accuracy(scorer: Any) -> bool:
    """Whether the scorer is accuracy, for which hits are enough, or its negative."""
    parts = scorer_parts(scorer)
    return parts is not None and parts[0] is metrics.accuracy_score and not parts[2]


def compares_with_network(scorer: Any) -> bool:
    """Whether the scorer compares with the whole network, not with true targets."""
    return isinstance(scorer, ReferenceScorer) and scorer.reference is None


def needed_sums(scorer: Any) -> WantedSums:
    """What has to be added up for a scorer's values to follow from it, if they can."""
    if compares_with_network(scorer):
        return WantedSums(losses=scorer.name == FIDELITY)
    parts = scorer_parts(scorer)
    if parts is None or is_accuracy(scorer):
        return SCORES_ONLY
    return _NEEDED.get(parts[0], SCORES_ONLY)


def wanted_sums(
    scorers: Iterable[Any], samples: Samples, n_removals: int, extras: WantedSums = SCORES_ONLY
) -> WantedSums:
    """What scorers need, and ``extras`` for other columns than scores, if it fits into memory."""
    return reduce(or_, map(needed_sums, scorers), extras).within_memory(samples, n_removals)
