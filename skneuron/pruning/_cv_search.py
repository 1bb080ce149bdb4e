"""Candidates for a pruner's threshold or size: their scores in a fold, and the best of them."""

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import stats

from skneuron.inspection._pruning_path import (
    NeuronPruningPath,
    is_automatic,
    threshold_rule,
)
from skneuron.pruning._cv_results import CVResults
from skneuron.pruning._fit_and_fine_tune import part
from skneuron.pruning._fold_scores import fold_scores
from skneuron.pruning._routing import RoutedParams
from skneuron.pruning._settings import PrunerSettings
from skneuron.pruning._task import PruningTask, pruning_task
from skneuron.utils import check_sample_weight, is_real, naming


@dataclass(frozen=True, eq=False)
class CandidateScores:
    """Of every candidate in one fold.

    Attributes
    ----------
    scores : ndarray of shape (n_candidates,)
        On the fold's held-out samples.
    n_neurons : ndarray of shape (n_candidates,)
        Hidden neurons of the pruned networks.
    fit_seconds, score_seconds : float
        Of all candidates together.
    """

    scores: np.ndarray
    n_neurons: np.ndarray
    fit_seconds: float
    score_seconds: float


def candidates_of(
    thresholds: Any, n_neurons: Any, settings: PrunerSettings
) -> list[dict[str, Any]]:
    """The candidates for ``threshold`` or ``n_neurons_to_select``, as parameters of a pruner.

    Raises
    ------
    ValueError
        If there are none, or one of them is no threshold, or the pruner has parameters with
        which it would not look at a threshold.
    """
    if n_neurons is not None:
        name, values = "n_neurons_to_select", list(n_neurons)
        chooses = is_automatic(settings.threshold) and settings.tol is None
        if chooses and any(value is None for value in values):
            raise ValueError(
                "n_neurons_to_select contains None, with which threshold='auto' chooses the size "
                "by itself: use sizes, or a pruner with a number for its threshold."
            )
    else:
        name, values = "threshold", list(thresholds)
        for other, given in (settings.stopping.sizes | {"tol": settings.tol}).items():
            if given is not None:
                raise ValueError(
                    f"pruner has {other}={given!r}, with which it does not look at its "
                    "threshold: there is nothing to choose by thresholds."
                )
        for value in values:
            if is_automatic(value):
                raise ValueError(
                    "thresholds contains 'auto', which chooses by itself; use a number."
                )
            with naming("thresholds"):
                threshold_rule(value)
    if not values:
        given = "thresholds" if n_neurons is None else name
        raise ValueError(f"{given} has no candidates: give at least one.")
    return [{name: value} for value in values]


def scores_in_fold(
    settings: PrunerSettings,
    candidates: list[dict[str, Any]],
    samples: tuple[Any, np.ndarray, RoutedParams, Any],
    train: np.ndarray,
    test: np.ndarray,
) -> CandidateScores:
    """Train one network, and score what pruning with each candidate makes of it.

    Parameters
    ----------
    settings : PrunerSettings
    candidates : list of dict
        From `candidates_of`.
    samples : tuple
        All samples ``X`` and ``y``, checked by `checked_X_y`, what the pruner's `fit` is given
        besides, and unlabelled samples for a refit, or None.
    train, test : ndarray of int
        Positions of the samples that the pruner is fitted to, of which it trains on a part, and
        of those that are held out.
    """
    start = time.perf_counter()
    X, y, params, X_refit = samples
    task = pruning_task(
        replace(settings, **candidates[0]),
        part(X, train),
        part(y, train),
        params.of_rows(X, train),
        X_refit=X_refit,
    )
    tasks = [task.with_settings(replace(settings, **candidate)) for candidate in candidates]
    paths, n_removed = _paths(tasks)
    middle = time.perf_counter()

    weight = params.sample_weight
    weight = None if weight is None else check_sample_weight(weight, X)[test]
    scores = fold_scores(task, paths, n_removed, part(X, test), part(y, test), weight)
    n_full = int(paths[0].n_neurons[0])
    end = time.perf_counter()
    return CandidateScores(scores, n_full - np.array(n_removed), middle - start, end - middle)


def _paths(tasks: list[PruningTask]) -> tuple[list[NeuronPruningPath], list[int]]:
    """The path of every candidate, and how many neurons it removes.

    If possible it is one path, on which candidates stop at different places. The tasks differ
    in nothing but the candidates' parameter.
    """
    first, stopping = tasks[0], [task.settings.stopping for task in tasks]
    sizes = [params.n_neurons_to_select for params in stopping]
    by_size = all(map(is_real, sizes))
    one_order = by_size or (stopping[0].step == 1 and not any(size is not None for size in sizes))
    if first.strategy_for_all_sizes != first.settings.strategy or not one_order:
        paths = [task.path() for task in tasks]
        return paths, [len(path.layer) for path in paths]
    problem = first.problem
    if by_size:
        n_left = [one.stopping_rule(problem.sizes, problem.ablated).n_neurons for one in stopping]
        path = tasks[int(np.argmin(n_left))].path()
        n_removed = [min(sum(problem.sizes) - n, len(path.layer)) for n in n_left]
    else:
        rules = [params.threshold_rule() for params in stopping]
        path = first.path(threshold=lambda values: max(rule(values) for rule in rules))
        importances = path.full_importances[problem.ablated]
        n_removed = [path.n_removed_below(rule(importances)) for rule in rules]
    return [path] * len(tasks), n_removed


def results_table(candidates: list[dict[str, Any]], folds: list[CandidateScores]) -> CVResults:
    """The scores of candidates in all folds, in the form of ``GridSearchCV.cv_results_``."""
    (name,) = candidates[0]
    given = [candidate[name] for candidate in candidates]
    dtype = np.array(given).dtype if all(map(is_real, given)) else object
    values = np.ma.MaskedArray(np.empty(len(candidates), dtype=dtype), mask=False)
    for at, value in enumerate(given):
        values[at] = value
    results: dict[str, Any] = {}
    for key in ("fit", "score"):
        seconds = [getattr(fold, f"{key}_seconds") / len(candidates) for fold in folds]
        results[f"mean_{key}_time"] = np.full(len(candidates), np.mean(seconds))
        results[f"std_{key}_time"] = np.full(len(candidates), np.std(seconds))
    results |= {f"param_{name}": values, "params": candidates}
    scores = np.array([fold.scores for fold in folds])
    results |= {f"split{at}_test_score": row for at, row in enumerate(scores)}
    mean = scores.mean(axis=0)
    results |= {"mean_test_score": mean, "std_test_score": scores.std(axis=0)}
    lowest = np.nanmin(mean) if not np.isnan(mean).all() else 0.0
    ranks = stats.rankdata(-np.nan_to_num(mean, nan=lowest - 1), method="min")
    results["rank_test_score"] = ranks.astype(np.int32)
    n_neurons = np.array([fold.n_neurons for fold in folds])
    results |= {f"split{at}_n_neurons": row for at, row in enumerate(n_neurons)}
    results["mean_n_neurons"] = n_neurons.mean(axis=0)
    return CVResults(**results)


def best_candidate(results: dict[str, Any], rule: str) -> int:
    """Position of the candidate that ``rule`` of `RottenNeuronPrunerCV` takes."""
    best = int(np.argmin(results["rank_test_score"]))
    if rule == "best":
        return best
    n_splits = sum(name.endswith("_n_neurons") for name in results) - 1
    scores = np.array([results[f"split{at}_test_score"][best] for at in range(n_splits)])
    error = scores.std(ddof=1) / np.sqrt(n_splits) if n_splits > 1 else 0.0
    good = results["mean_test_score"] >= scores.mean() - error
    sizes = np.where(good, results["mean_n_neurons"], np.inf)
    smallest = sizes == sizes.min()
    ranks = np.where(smallest, results["rank_test_score"], len(good) + 1)
    return int(np.argmin(ranks))
