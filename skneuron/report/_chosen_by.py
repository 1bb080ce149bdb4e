"""By which score a path chose neurons: only where that is the page's can a page write it down."""

import numpy as np
from sklearn.base import is_classifier

from skneuron.inspection import NeuronPruningPath
from skneuron.report._score import ACCURACY
from skneuron.surgery import unwrap


def of_page(name: str, score: float, is_classifier: bool) -> bool:
    """Whether a score is what the page has: accuracy, or R2.

    Parameters
    ----------
    name : str
        As `NeuronAblation` has it in words; empty if it does not tell, which those that an older
        version saved do not.
    score : float
        Of the whole network. Minus accuracy has the same name.
    is_classifier : bool
        What the page is about.
    """
    least = 0.0 if is_classifier else -np.inf
    return name in ("", ACCURACY if is_classifier else "r2") and least <= score <= 1


def other_score(path: NeuronPruningPath) -> str:
    """What chose its neurons, in words; empty if that is the score of the page."""
    mlp, _ = unwrap(path.estimator)
    words = str(vars(path.ablation).get("in_words", {}).get("score", ""))
    is_of_page = of_page(words, float(path.scores[0]), is_classifier(mlp))
    return "" if is_of_page else words or "another score"


def who_chose(path: NeuronPruningPath) -> str:
    """As "the 180 samples that chose", or "the 180 samples that chose by log loss"."""
    other = other_score(path)
    by = f" by {other}" if other else ""
    return f"the {int(path.ablation.n_samples):,} samples that chose{by}"


def step_to_show(path: NeuronPruningPath) -> tuple[int, str]:
    """Which step of the path, and why in words: empty if that goes without saying.

    It is the last one whose score is not below the whole network's. No smaller network has more
    fidelity than the whole one, so that this may be none: then it is the end of the path.
    """
    step, other = int(np.flatnonzero(path.scores >= path.scores[0])[-1]), other_score(path)
    if not other or len(path.scores) == 1:
        return step, ""
    if step:
        return step, f"the smallest that is no worse than the whole one by {other}"
    return len(path.scores) - 1, f"the end of the path, as every step is worse by {other}"
