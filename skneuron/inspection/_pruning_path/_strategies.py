"""Which neurons to remove, in which order: the strategies of the pruner."""

from collections.abc import Callable
from math import isclose
from typing import Any

import numpy as np

from skneuron.inspection._pruning_path._path import NeuronPruningPath
from skneuron.inspection._pruning_path._path_builder import PathBuilder
from skneuron.inspection._pruning_path._ranking import Ranked, Ranking, rank_by_ablation
from skneuron.inspection._pruning_path._state import PruningState
from skneuron.inspection._pruning_path._stopping_rule import ONE_NEURON_PER_LAYER, StoppingRule
from skneuron.inspection._pruning_path._surgeon_path import surgeon_path
from skneuron.inspection._pruning_path._threshold import ThresholdRule
from skneuron.inspection._scoring import AblationProblem
from skneuron.utils import in_series, single_blas_thread


def greedy_path(
    state: PruningState,
    ablated: np.ndarray,
    threshold: ThresholdRule,
    *,
    rank: Ranking = rank_by_ablation,
    stopping_rule: StoppingRule = ONE_NEURON_PER_LAYER,
    on_step: Callable[[], None] | None = None,
) -> PathBuilder:
    """Remove the least important neurons and rank the rest again, while one is below threshold.

    Neurons interact, so removing one changes the importance of the others.
    """
    ranked = rank(state, ablated, stopping_rule.alpha)
    limit = threshold(ranked.importances[ablated])
    steps = PathBuilder(state, ranked)
    while True:
        order = ranked.weakest_first(limit)
        step = stopping_rule.select_removable(
            state, state.alive[order], stopping_rule.n_per_step(len(ablated))
        )
        if not len(step):
            return steps
        chosen = ranked.importances[np.searchsorted(state.alive, step)]
        state = state.copy()
        for neuron in step:
            state.remove(neuron)
        ranked = rank(state, ablated, stopping_rule.alpha)
        if not stopping_rule.allows_score(ranked.removal_scores.baseline_score, steps.scores[0]):
            return steps
        steps.add_step(state, ranked.removal_scores.baseline_score, chosen)
        if on_step is not None:
            on_step()


def one_shot_path(
    state: PruningState,
    ablated: np.ndarray,
    threshold: ThresholdRule,
    *,
    rank: Ranking = rank_by_ablation,
    stopping_rule: StoppingRule = ONE_NEURON_PER_LAYER,
) -> PathBuilder:
    """Rank once and remove all neurons that are below threshold, the least important first."""
    ranked = rank(state, ablated, stopping_rule.alpha)
    steps = PathBuilder(state, ranked)
    order = ranked.weakest_first(threshold(ranked.importances[ablated]))
    for neuron in stopping_rule.select_removable(state, order):
        state = state.copy()
        state.remove(neuron)
        score = state.score()
        if not stopping_rule.allows_score(score, steps.scores[0]):
            break
        steps.add_step(state, score, [ranked.importances[neuron]])
    return steps


def swap_path(
    state: PruningState,
    ablated: np.ndarray,
    threshold: ThresholdRule,
    *,
    rank: Ranking = rank_by_ablation,
    stopping_rule: StoppingRule = ONE_NEURON_PER_LAYER,
    max_rounds: int = 3,
) -> PathBuilder:
    """The greedy path; then exchange removed neurons with kept ones as long as the score rises.

    Every removed neuron in turn is put back, and the one without which the score is highest goes
    instead. After the swaps of Yu, Serra, Ramalingam and Zhe, "The Combinatorial Brain Surgeon:
    Pruning Weights That Cancel One Another in Neural Networks", ICML 2022, for neurons.
    """
    greedy = greedy_path(state, ablated, threshold, rank=rank, stopping_rule=stopping_rule)
    # With alpha: no test says that an exchange is more than luck.
    if stopping_rule.alpha is not None or not len(greedy.order):
        return greedy
    order, score, dtype = greedy.order, greedy.scores[-1], state.rest.dtype
    reaches_limit = not stopping_rule.is_too_large(np.array(greedy.state.sizes))
    for _ in range(max_rounds):
        score_before = score
        for neuron in order:
            others = order[order != neuron]
            # Layers in front first, as in all surgery: later ones are then predicted once.
            others = others[np.argsort(state.layer[others], kind="stable")]
            trial = state.copy()
            trial.remove(others)
            may_shrink = stopping_rule.may_shrink(np.array(trial.sizes), to_the_end=reaches_limit)
            scores = trial.removal_scores(
                ablated & may_shrink[state.layer], scores_only=True
            ).scores
            if _exceeds(np.nanmax(scores, initial=-np.inf), score, dtype):
                best = int(np.nanargmax(scores))
                order, score = np.append(others, trial.alive[best]), float(scores[best])
        if not score > score_before:
            break
    if np.array_equal(order, greedy.order):
        return greedy
    swapped = _one_by_one(state, order, greedy.ranked)
    # A trial removes all neurons of a layer at once, which rounds differently.
    return swapped if _exceeds(swapped.scores[-1], greedy.scores[-1], dtype) else greedy


def _exceeds(score: float, other: float, dtype: np.dtype) -> bool:
    """Whether a score is higher than another one by more than networks of this type round."""
    tolerance = max(1e-10, 10 * np.finfo(dtype).eps)
    return score > other and not isclose(score, other, rel_tol=tolerance)


def _one_by_one(state: PruningState, order: np.ndarray, ranked: Ranked) -> PathBuilder:
    """Remove neurons in a given order, each of which is as important as the score falls."""
    steps = PathBuilder(state, ranked)
    for neuron in order:
        state = state.copy()
        state.remove(neuron)
        score = state.score()
        steps.add_step(state, score, [steps.scores[-1] - score])
    return steps


SURGEON = "obs"
STRATEGIES: dict[str, Callable[..., PathBuilder]] = {
    "greedy": greedy_path,
    "one_shot": one_shot_path,
    "swap": swap_path,
    SURGEON: surgeon_path,
}
# Of these, every network on the way is what they would end with if they were to stop there.
STRATEGIES_FOR_ALL_SIZES = frozenset({"greedy", "one_shot", SURGEON})


def pruning_path(
    problem: AblationProblem, strategy: str, threshold: ThresholdRule, **options: Any
) -> NeuronPruningPath:
    """The path of a strategy, with its other ``options``.

    With one BLAS thread: every step has a small product or inverse between two sweeps, after
    which BLAS's threads spin for a while and take a core away from the kernels, and paths take
    four times as long.
    """

    def found() -> NeuronPruningPath:
        state = PruningState(problem.network, problem.evaluate, problem.replacement, problem.X_ref)
        return STRATEGIES[strategy](state, problem.ablated, threshold, **options).path(problem)

    with single_blas_thread():
        return in_series(found)
