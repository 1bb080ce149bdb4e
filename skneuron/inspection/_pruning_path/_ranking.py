"""Neurons by importance: by ablation, by a classic criterion, or by a function of the user's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from skneuron.inspection._ablation import as_ablation
from skneuron.inspection._criteria import CRITERIA, neuron_criterion
from skneuron.inspection._pruning_path._state import PruningState
from skneuron.inspection._scoring import Evaluator, RemovalScores
from skneuron.surgery import rewrap, unwrap, with_network
from skneuron.utils import Criterion, RandomState

ABLATION = "ablation"


@dataclass(frozen=True)
class Ranked:
    """The neurons that a network still has, with their importances.

    Attributes
    ----------
    importances : ndarray of shape (n_left,)
        By the criterion; NaN for neurons that must not be removed.
    removal_scores : RemovalScores
        Of the network, and of it without each neuron; by a criterion other than ablation, the
        latter are known of the whole network only.
    eligible : ndarray of shape (n_left,), bool
        True for the neurons that may be removed.
    """

    importances: np.ndarray
    removal_scores: RemovalScores
    eligible: np.ndarray

    def weakest_first(self, limit: float) -> np.ndarray:
        """Where the eligible neurons below a limit stand, the least important first."""
        below = self.eligible & (self.importances < limit)
        order = np.argsort(self.importances, kind="stable")
        return order[below[order]]


# (state, mask of the whole network's neurons that may be removed, alpha) -> Ranked
Ranking = Callable[[PruningState, np.ndarray, float | None], Ranked]


def rank_by_ablation(
    state: PruningState, ablated: np.ndarray, alpha: float | None = None
) -> Ranked:
    """By exact loss of score; with ``alpha``, eligible are those that are rotten beyond chance."""
    # Users see what is said of the whole network; of smaller ones, scores are enough.
    removal_scores = state.removal_scores(
        ablated, scores_only=bool(state.removals) and alpha is None
    )
    left = ablated[state.alive]
    eligible = left & ~np.isnan(removal_scores.importances)
    if alpha is not None and left.any():
        ablation = as_ablation(removal_scores, state.sizes, left, None)
        rotten = np.zeros_like(left)
        rotten[left] = ablation.verdicts(alpha=alpha).verdict == "rotten"
        eligible &= rotten
    return Ranked(removal_scores.importances, removal_scores, eligible)


def ranking_by(
    criterion: Criterion, evaluate: Evaluator, random_state: RandomState = None
) -> Ranking:
    """The ranking that a ``criterion`` parameter asks for.

    Parameters
    ----------
    criterion : str or callable
        "ablation", a name that `neuron_criterion` knows, or a function
        ``criterion(estimator, X, y)`` that returns an importance for every hidden neuron.
    evaluate : Evaluator
        It has the estimator and the samples.
    random_state : int, RandomState instance or None, default=None
        For "random".

    Raises
    ------
    ValueError
        If it is none of these.
    """
    if isinstance(criterion, str) and criterion == ABLATION:
        return rank_by_ablation
    if isinstance(criterion, str):
        if criterion not in CRITERIA:
            allowed = sorted({ABLATION, *CRITERIA})
            raise ValueError(f"criterion={criterion!r} is unknown; use a callable or {allowed}.")
        measure = _classic(criterion, evaluate, random_state)
    elif callable(criterion):
        measure = _callable(criterion, evaluate)
    else:
        raise ValueError(f"criterion={criterion!r} is neither a name nor a callable.")

    def rank(state: PruningState, ablated: np.ndarray, alpha: float | None = None) -> Ranked:
        if state.removals:
            nothing = np.full(len(state.alive), np.nan)
            removal_scores = RemovalScores(state.score(), nothing)
        else:
            removal_scores = state.removal_scores(ablated)
        left = ablated[state.alive]
        importances = np.where(left, measure(state), np.nan)
        return Ranked(importances, removal_scores, left & ~np.isnan(importances))

    return rank


def _classic(
    criterion: str, evaluate: Evaluator, random_state: Any
) -> Callable[[PruningState], np.ndarray]:
    scored = evaluate.scorer_input

    def measure(state: PruningState) -> np.ndarray:
        mlp = with_network(scored.mlp, state.network)
        return neuron_criterion(
            mlp, scored.X, scored.y, criterion=criterion, sample_weight=scored.sample_weight,
            random_state=random_state,
        )  # fmt: skip

    return measure


def _callable(criterion: Callable, evaluate: Evaluator) -> Callable[[PruningState], np.ndarray]:
    scored = evaluate.scorer_input

    def measure(state: PruningState) -> np.ndarray:
        mlp = with_network(unwrap(scored.estimator)[0], state.network)
        given = criterion(rewrap(scored.estimator, mlp), scored.X_given, scored.y)
        try:
            importances = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError):
            raise TypeError(
                f"criterion={criterion!r} returned {given!r}, where numbers were expected."
            ) from None
        if importances.shape != state.alive.shape:
            raise ValueError(
                f"criterion={criterion!r} returned an array of shape {importances.shape}, where "
                f"{state.alive.shape}, one importance for every hidden neuron, was expected."
            )
        return importances

    return measure
