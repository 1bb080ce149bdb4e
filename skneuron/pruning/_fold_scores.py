"""Scores of candidates on the held-out samples of a fold."""

import warnings
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from skneuron.inspection._pruning_path import (
    NeuronPruningPath,
    scores_along,
)
from skneuron.inspection._scoring import (
    Evaluator,
    evaluator_for,
    needs_no_targets,
    score_of,
    scorer_for,
)
from skneuron.pruning._task import PruningTask
from skneuron.surgery import Network, unwrap
from skneuron.utils import is_multilabel


def fold_scores(
    task: PruningTask,
    paths: list[NeuronPruningPath],
    n_removed: list[int],
    X: Any,
    y: np.ndarray,
    sample_weight: np.ndarray | None,
) -> np.ndarray:
    """The score of every candidate.

    Parameters
    ----------
    task : PruningTask
    paths : list of NeuronPruningPath
        Of every candidate.
    n_removed : list of int
        How many neurons of its path each candidate removes.
    X, y, sample_weight
        The held-out samples.

    Returns
    -------
    scores : ndarray of shape (n_candidates,)
    """
    settings = task.settings
    if needs_no_targets(settings.scoring) or not has_unknown_classes(task.mlp, y):
        try:
            evaluate = evaluator_for(
                task.full, X, y, scoring=settings.scoring, sample_weight=sample_weight,
                n_jobs=settings.n_jobs,
            )  # fmt: skip
            return _scores_of_networks(task, paths, n_removed, evaluate)
        except ValueError:
            if not _lacks_classes(task.mlp, y):
                raise
    # Whatever fails for want of classes is NaN, with a warning.
    pruned = (task.pruned(path, n) for path, n in zip(paths, n_removed, strict=True))
    scorer = scorer_for(task.mlp, settings.scoring)
    return np.array([_score_or_nan(scorer, one, X, y, sample_weight) for one in pruned])


def _scores_of_networks(
    task: PruningTask, paths: list[NeuronPruningPath], n_removed: list[int], evaluate: Evaluator
) -> np.ndarray:
    if task.settings.changes_what_is_left:
        candidates = zip(paths, n_removed, strict=True)
        mlps = (unwrap(task.pruned(path, n))[0] for path, n in candidates)
        return np.array([score_of(evaluate, Network.from_mlp(mlp)) for mlp in mlps])
    scores = np.empty(len(paths))
    # Candidates that stop at different places of one path share it.
    for path in {id(path): path for path in paths}.values():
        on_it = [at for at, other in enumerate(paths) if other is path]
        scores[on_it] = scores_along(path, evaluate, [n_removed[at] for at in on_it])
    return scores


def _lacks_classes(mlp: Any, y: np.ndarray) -> bool:
    """Whether no sample has some of the classes that the network was trained on."""
    return is_classifier(mlp) and y.ndim == 1 and len(np.setdiff1d(mlp.classes_, y)) > 0


def has_unknown_classes(mlp: Any, y: np.ndarray) -> bool:
    """Whether some samples have classes that the network was not trained on."""
    if not is_classifier(mlp) or is_multilabel(mlp) or y.ndim != 1:
        return False
    return len(np.setdiff1d(y, mlp.classes_)) > 0


def _score_or_nan(
    scorer: Any, estimator: Any, X: Any, y: np.ndarray, sample_weight: np.ndarray | None
) -> float:
    """As `GridSearchCV` scores: a scorer that fails is NaN, with a warning."""
    weights = {} if sample_weight is None else {"sample_weight": sample_weight}
    try:
        return float(scorer(estimator, X, y, **weights))
    except Exception as error:  # noqa: BLE001 - whatever fails, as in `GridSearchCV`
        warnings.warn(
            f"Scoring failed on a fold with classes that its training samples lack; the score is "
            f"NaN. scoring={scorer!r} says: {error}",
            UserWarning,
            stacklevel=2,
        )
        return float("nan")
