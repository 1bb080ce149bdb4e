"""Which neurons to remove, in which order: the strategies of the pruner."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from math import isclose
from typing import Any

import numpy as np

from skneuron.inspection._pruning_path._ranking import Ranking, rank_by_ablation
from skneuron.inspection._pruning_path._state import PruningState, Removal
from skneuron.inspection._pruning_path._stopping_rule import NO_STOPPING_RULE, StoppingRule
from skneuron.inspection._scoring import Evaluator, RemovalScores
from skneuron.surgery import Network
from skneuron.utils import single_blas_thread


@dataclass(frozen=True, eq=False)
class PruningPath:
    """Networks passed through while neurons are removed.

    Attributes
    ----------
    order : ndarray of shape (n_removed,)
        Removed neurons, first removed first: positions in the whole network.
    layer, index : ndarray of shape (n_removed,)
        Their addresses in the whole network.
    removed_importances : ndarray of shape (n_removed,)
        Of each neuron when it was chosen; after exchanges, what the step to it costs.
    scores, n_neurons : ndarray of shape (n_steps + 1,)
        Score and size of the whole network, then after each step.
    support : ndarray of shape (n_neurons,)
        True for the neurons that stay.
    whole, network : Network
        What there was, and what is left.
    removals : tuple of Removal
        Each of a single neuron.
    importances : ndarray of shape (n_neurons,)
        In the whole network, as they were ranked; NaN for neurons that were not.
    effects : RemovalScores
        Of removing each neuron from the whole network.
    """

    order: np.ndarray
    layer: np.ndarray
    index: np.ndarray
    removed_importances: np.ndarray
    scores: np.ndarray
    n_neurons: np.ndarray
    support: np.ndarray
    full: Network
    network: Network
    removals: tuple[Removal, ...]
    importances: np.ndarray
    removal_scores: RemovalScores

    def support_after(self, n_removed: int) -> np.ndarray:
        """True for the neurons that are still there."""
        support = np.ones(len(self.support), dtype=bool)
        support[self.order[:n_removed]] = False
        return support

    def network_after(self, n_removed: int) -> Network:
        """The very network that was passed through."""
        removals = self.removals[:n_removed]
        return reduce(lambda network, removal: removal.applied_to(network), removals, self.full)

    def n_removed_below(self, threshold: float) -> int:
        """How many neurons go before the first that is not below a threshold."""
        stays = ~(self.removed_importances < threshold)
        return int(np.argmax(stays)) if stays.any() else len(stays)


class _Walk:
    """A `PruningPath` in the making."""

    def __init__(
        self, state: PruningState, removal_scores: RemovalScores, importances: np.ndarray
    ):
        self.state = state
        self._full, self._n_full = state.network, len(state.alive)
        self._removal_scores, self._importances = removal_scores, importances
        self.scores, self.n_neurons = [removal_scores.baseline_score], [self._n_full]
        self.removed_importances: list[float] = []

    def goes_on(self, state: PruningState, score: float, importances: Iterable[float]) -> None:
        """Take a step to what is left after a removal."""
        self.state = state
        self.scores.append(score)
        self.n_neurons.append(len(state.alive))
        self.removed_importances.extend(importances)

    def path(self) -> PruningPath:
        state = self.state
        support = np.zeros(self._n_full, dtype=bool)
        support[state.alive] = True
        gone = [neuron for removal in state.removals for neuron in removal.neurons]
        order = np.array(gone, dtype=int)
        return PruningPath(
            order=order,
            layer=state.layer[order],
            index=state.index[order],
            removed_importances=np.array(self.removed_importances),
            scores=np.array(self.scores),
            n_neurons=np.array(self.n_neurons),
            support=support,
            full=self._full,
            network=state.network,
            removals=tuple(state.removals),
            importances=self._importances,
            removal_scores=self._removal_scores,
        )


# Resolves `threshold` once the importances in the whole network are known.
ThresholdRule = Callable[[np.ndarray], float]


def greedy_path(
    state: PruningState,
    ablated: np.ndarray,
    threshold: ThresholdRule,
    *,
    rank: Ranking = rank_by_ablation,
    stopping_rule: StoppingRule = NO_STOPPING_RULE,
    on_step: Callable[[], None] | None = None,
) -> PruningPath:
    """Remove the least important neurons and rank the rest again, while one is below threshold.

    Neurons interact, so removing one changes the importance of the others.
    """
    ranked = rank(state, ablated, stopping_rule.alpha)
    limit = threshold(ranked.importances[ablated])
    walk = _Walk(state, ranked.removal_scores, ranked.importances)
    while True:
        order = ranked.weakest_first(limit)
        step = stopping_rule.select_removable(
            state, state.alive[order], stopping_rule.n_per_step(len(ablated))
        )
        if not len(step):
            return walk.path()
        chosen = ranked.importances[np.searchsorted(state.alive, step)]
        state = state.copy()
        for neuron in step:
            state.remove(neuron)
        ranked = rank(state, ablated, stopping_rule.alpha)
        if not stopping_rule.allow_score(ranked.removal_scores.baseline_score, walk.scores[0]):
            return walk.path()
        walk.goes_on(state, ranked.removal_scores.baseline_score, chosen)
        if on_step is not None:
            on_step()


def one_shot_path(
    state: PruningState,
    ablated: np.ndarray,
    threshold: ThresholdRule,
    *,
    rank: Ranking = rank_by_ablation,
    stopping_rule: StoppingRule = NO_STOPPING_RULE,
) -> PruningPath:
    """Rank once and remove all neurons that are below threshold, the least important first."""
    ranked = rank(state, ablated, stopping_rule.alpha)
    walk = _Walk(state, ranked.removal_scores, ranked.importances)
    order = ranked.weakest_first(threshold(ranked.importances[ablated]))
    for neuron in stopping_rule.select_removable(state, order):
        state = state.copy()
        state.remove(neuron)
        score = state.score()
        if not stopping_rule.allow_score(score, walk.scores[0]):
            break
        walk.goes_on(state, score, [ranked.importances[neuron]])
    return walk.path()


def swap_path(
    state: PruningState,
    ablated: np.ndarray,
    threshold: ThresholdRule,
    *,
    rank: Ranking = rank_by_ablation,
    stopping_rule: StoppingRule = NO_STOPPING_RULE,
    max_rounds: int = 3,
) -> PruningPath:
    """The greedy path; then exchange removed neurons with kept ones as long as the score rises.

    Every removed neuron in turn is put back, and the one without which the score is highest goes
    instead. After the swaps of Yu, Serra, Ramalingam and Zhe, "The Combinatorial Brain Surgeon:
    Pruning Weights That Cancel One Another in Neural Networks", ICML 2022, for neurons.
    """
    greedy = greedy_path(state, ablated, threshold, rank=rank, stopping_rule=stopping_rule)
    # With alpha: no test says that an exchange is more than luck.
    if stopping_rule.alpha is not None or not len(greedy.order):
        return greedy
    order, score, dtype = greedy.order, greedy.scores[-1], state.network.dtype
    for _ in range(max_rounds):
        score_before = score
        for neuron in order:
            others = order[order != neuron]
            # Layers in front first, as in all surgery: what is behind is then predicted once.
            others = others[np.argsort(state.layer[others], kind="stable")]
            trial = state.copy()
            trial.remove(others)
            may_shrink = stopping_rule.may_shrink(np.array(trial.network.hidden_layer_sizes))
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
    swapped = _path_in_order(state, order, greedy)
    # A trial removes all neurons of a layer at once, which rounds differently.
    return swapped if _exceeds(swapped.scores[-1], greedy.scores[-1], dtype) else greedy


def _exceeds(score: float, other: float, dtype: np.dtype) -> bool:
    """Whether a score is higher than another one by more than networks of this type round."""
    tolerance = max(1e-10, 10 * np.finfo(dtype).eps)
    return score > other and not isclose(score, other, rel_tol=tolerance)


def _path_in_order(state: PruningState, order: np.ndarray, greedy: PruningPath) -> PruningPath:
    walk = _Walk(state, greedy.removal_scores, greedy.importances)
    for neuron in order:
        state = state.copy()
        state.remove(neuron)
        score = state.score()
        walk.goes_on(state, score, [walk.scores[-1] - score])
    return walk.path()


STRATEGIES: dict[str, Callable[..., PruningPath]] = {
    "greedy": greedy_path,
    "one_shot": one_shot_path,
    "swap": swap_path,
}
# Those whose networks on the way are what they would come to, were they to stop there.
STRATEGIES_FOR_ALL_SIZES = frozenset({"greedy", "one_shot"})


def pruning_path(
    strategy: str,
    network: Network,
    evaluate: Evaluator,
    ablated: np.ndarray,
    threshold: ThresholdRule,
    *,
    replacement: str = "zero",
    X_ref: Any = None,
    **options: Any,
) -> PruningPath:
    """The path of a strategy, with its other ``options``, from a network on.

    With one BLAS thread: every step has a small product or inverse between two sweeps, after
    which BLAS's threads spin for a while and take a core away from the kernels, and paths take
    four times as long.
    """
    with single_blas_thread():
        state = PruningState(network, evaluate, replacement, X_ref)
        return STRATEGIES[strategy](state, ablated, threshold, **options)
