"""The trivial answer, which a network that has learnt something is better than."""

from typing import Any, NamedTuple

import numpy as np
from scipy import sparse


class TrivialAnswer(NamedTuple):
    """What one gets without looking at a sample.

    Attributes
    ----------
    name : str
        In words, as "always answering “no”".
    score : float
        On the very samples that the network is judged by.
    """

    name: str
    score: float

    def is_as_good_as(self, score: float) -> bool:
        """Whether a network with this score has learnt nothing."""
        return score <= self.score


def trivial_answer(
    y: Any, is_classification: bool, class_names: Any = None
) -> TrivialAnswer | None:
    """The most frequent class, or the mean, of the samples that a network is judged by.

    None if all targets are the same: no network could be better, whatever it has learnt.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
    is_classification : bool
        If not, the score is R2, which is 0 for the mean, by definition.
    class_names : dict, default=None
        From label to name; of those that it lacks, the label is the name.
    """
    answers = np.asarray(y.toarray() if sparse.issparse(y) else y)
    if (answers == answers[:1]).all():
        return None
    if not is_classification:
        return TrivialAnswer("always answering with the mean", 0.0)
    if answers.ndim > 1 and answers.shape[1] > 1:
        _, counts = np.unique(answers, axis=0, return_counts=True)
        name = "always answering with the most frequent labels"
    else:
        labels, counts = np.unique(answers, return_counts=True)
        label = labels.tolist()[counts.argmax()]
        name = f"always answering “{(class_names or {}).get(label, label)}”"
    return TrivialAnswer(name, float(counts.max() / counts.sum()))


def usual_advice(is_classification: bool) -> str:
    """What to try with a network that has learnt nothing, where nobody knows better."""
    scaled = "scaled inputs" if is_classification else "scaled inputs and a scaled target"
    return f"{scaled}, more epochs or other hidden layers"
