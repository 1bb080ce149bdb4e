"""By which score a path chose neurons: only where that is the page's can a page write it down."""

from typing import Any

import numpy as np
from sklearn.base import is_classifier

from skneuron.inspection import NeuronPruningPath
from skneuron.inspection._scoring import (
    needs_no_targets,
    score_name,
    scorer_for,
    signed_score_name,
)
from skneuron.report._score import ACCURACY, score_in_words, signed_score_in_words
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
    words = score_in_words(path.ablation)
    is_of_page = of_page(words, float(path.scores[0]), is_classifier(mlp))
    return "" if is_of_page else words or "another score"


def other_than(path: NeuronPruningPath, scoring: Any, own_scoring: Any = None) -> str:
    """The same, for a page whose score is ``scoring``; None means accuracy or R2.

    ``own_scoring`` is what a pruner was told to choose by, if one has made the path.
    """
    if scoring is None:
        return other_score(path)
    if own_scoring is not None and (scoring is own_scoring or scoring == own_scoring):
        return ""
    mlp, _ = unwrap(path.estimator)
    scorer = scorer_for(mlp, scoring)
    asked = signed_score_name("score", scorer)
    if asked in (ACCURACY, "r2"):
        return other_score(path)
    words, signed = score_in_words(path.ablation), signed_score_in_words(path.ablation)
    # Of those that an older version saved, the sign is not known.
    is_same = signed == asked if signed else words == score_name("score", scorer)
    return "" if is_same else words or "another score"


def page_scoring(scoring: Any, own_scoring: Any) -> Any:
    """What the page is about: what was asked for, or else what the pruner was told to choose by.

    Not where that compares with the whole network alone: there are true targets to compare with.
    """
    if scoring is not None:
        return scoring
    return None if needs_no_targets(own_scoring) else own_scoring


def who_chose(path: NeuronPruningPath, other: str) -> str:
    """As "the 180 samples that chose", or "the 180 samples that chose by log loss"."""
    by = f" by {other}" if other else ""
    return f"the {int(path.ablation.n_samples):,} samples that chose{by}"


def step_to_show(path: NeuronPruningPath, other: str) -> tuple[int, str]:
    """Which step of the path, and why in words: empty if that goes without saying.

    It is the last one whose score is not below the whole network's. No smaller network has more
    fidelity than the whole one, so that this may be none: then it is the end of the path.
    """
    step = int(np.flatnonzero(path.scores >= path.scores[0])[-1])
    if not other or len(path.scores) == 1:
        return step, ""
    if step:
        return step, f"the smallest that is no worse than the whole one by {other}"
    return len(path.scores) - 1, f"the end of the path, as every step is worse by {other}"
