"""Scores of the networks along permutations of neurons: from all of them to none.

Neurons are the players of a game, in the words of game theory; those that are there form a
coalition, whose value is the network's score.

A game is called with permutations of the players and returns their paths, (permutations,
players + 1): scores of the whole network, without the first player, without the first two, ...
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from skneuron.inspection._scoring import (
    CONFUSION_BYTES,
    AblationProblem,
    BaselineSums,
    Evaluator,
    Scores,
    SweepSums,
    WantedSums,
    check_defined,
    means_drown,
    new_changes,
    score_of,
    scored_blocks,
)
from skneuron.kernels.ablation import (
    POISSON_REGRESSION,
    REGRESSION,
    ablate_along_permutations,
)
from skneuron.surgery import (
    LayerReplacement,
    Network,
    hidden_activations,
    silence,
    split_by_layer,
    with_network,
)
from skneuron.utils import Shared, lazy_property, run_kernel, scorer_parts, spread

# Permutations in one pass over the samples: enough for many cores, and for the forward pass to be
# a small part of the work. Fewer if their sums would take more memory than this.
N_PER_PASS = 32
SUMS_BYTES = CONFUSION_BYTES
# Activations of the first layer with players are kept for all samples if they fit.
COALITIONS_CACHE_BYTES = 256 * 2**20


class Game(Protocol):
    """Scores of coalitions.

    Attributes
    ----------
    baseline_score, empty_score : float
        With all players, and with none.
    """

    @property
    def baseline_score(self) -> float: ...

    @property
    def empty_score(self) -> float: ...

    def paths(self, permutations: np.ndarray, truncation: float) -> np.ndarray:
        """From all players to none, along each permutation of positions among the players.

        What comes after a score that is within ``truncation`` of ``empty_score`` need not be
        the truth.
        """
        ...


class Board:
    """A network and its players, the hidden neurons of the selected layers.

    Attributes
    ----------
    network : Network
    is_player : list of ndarray of bool
        One mask a hidden layer, all True or all False.
    replacements : list of LayerReplacement
        Of every hidden layer, by constants; by 0 in layers without players.
    players : ndarray of shape (n_players,), int64
        Positions among all hidden units.
    """

    def __init__(
        self, network: Network, ablated: np.ndarray, replacements: Sequence[LayerReplacement]
    ):
        self.network = network
        self.is_player = split_by_layer(ablated, network.hidden_layer_sizes)
        self.replacements = [
            r if mask.all() else LayerReplacement(np.zeros(len(mask)))
            for r, mask in zip(replacements, self.is_player, strict=True)
        ]
        self.players = np.flatnonzero(ablated).astype(np.int64)

    def without(self, gone: np.ndarray) -> Network:
        """The network without the players of a mask over all hidden units."""
        left = self.network
        masks = split_by_layer(gone, left.hidden_layer_sizes)
        for layer, mask in enumerate(masks):
            if mask.any():
                left = silence(left, layer, mask, self.replacements[layer])
        return left

    @property
    def empty(self) -> Network:
        return self.without(np.concatenate(self.is_player))

    @property
    def first_layer(self) -> int:
        """The first one with players."""
        return [bool(mask.all()) for mask in self.is_player].index(True)


class SummedGame:
    """Scores that follow from sums over samples, for many permutations in one pass."""

    def __init__(
        self,
        board: Board,
        evaluate: Evaluator,
        formula: Callable[[SweepSums], Scores],
        wanted: WantedSums,
    ):
        self.board = board
        self.samples = evaluate.samples
        self.formula = formula
        self.wanted = wanted
        self.network = self.samples.network_to_score(board.network)
        nobody = np.full(sum(board.network.hidden_layer_sizes), False)
        self.baseline_score, self.empty_score = (
            evaluate(network, board.replacements, nobody, scores_only=True).baseline_score
            for network in (board.network, board.empty)
        )

    def _n_per_pass(self, n_removals: int) -> int:
        one = new_changes(self.samples, 1, self.wanted)
        n_bytes = n_removals * sum(sums.nbytes for sums in one)
        return max(1, min(N_PER_PASS, SUMS_BYTES // max(n_bytes, 1)))

    def paths(self, permutations: np.ndarray, truncation: float) -> np.ndarray:
        n = self._n_per_pass(permutations.shape[1] + 1)
        starts = range(0, len(permutations), n)
        return np.concatenate([self._walked(permutations[start : start + n]) for start in starts])

    def _walked(self, permutations: np.ndarray) -> np.ndarray:
        """The paths along permutations, in one pass over the samples."""
        board, samples, network = self.board, self.samples, self.network
        n_removals = permutations.shape[0] * (permutations.shape[1] + 1)
        changes = new_changes(samples, n_removals, self.wanted)
        sums = BaselineSums(samples, self.wanted)
        # Biases that include what the layers give once all their players are replaced.
        biases = samples.network_to_score(board.empty).intercepts
        inner = replace(network, intercepts=biases).without_features()
        parameters, *arguments = inner.kernel_arguments()
        is_player = np.array([bool(mask.all()) for mask in board.is_player])
        constants = np.concatenate([r.means for r in board.replacements]).astype(network.dtype)
        # Errors may be so large that what is added to them, or taken from them, drowns.
        is_regression = samples.task in (REGRESSION, POISSON_REGRESSION)
        for block, truth, before in scored_blocks(network, samples, board.replacements, sums):
            if is_regression:
                before = before._replace(
                    row_losses=np.zeros_like(before.row_losses),
                    row_squares=np.zeros_like(before.row_squares),
                )
            run_kernel(
                ablate_along_permutations, block.inputs, block.residuals, parameters, *arguments,
                is_player, constants, board.players[permutations], *truth, *before, *changes,
                n_operations=block.n_operations(n_removals), max_threads=block.max_threads,
            )  # fmt: skip
        found = SweepSums(samples, sums.result(), changes)
        found.check_finite()
        if is_regression:
            baseline = replace(found.baseline, loss=0.0, squares=0 * found.baseline.squares)
            found = replace(found, baseline=baseline)
        _, scores = self.formula(found)
        paths = scores.reshape(len(permutations), -1)
        # Terms come in another order than in the whole network. Scores that differ by that alone
        # must be the same, so that neurons without effect have the value 0.
        ends = paths[:, [0, -1]].copy()
        paths[paths == ends[:, 1:]] = self.empty_score
        paths[:, :-1][paths[:, :-1] == ends[:, :1]] = self.baseline_score
        return paths


class CalledGame:
    """Any scorer: called on every network on the way, permutation by permutation.

    Scorers that `make_scorer` makes look at predictions only, for which the layers up to the
    first one with players are not computed again; any other callable is given all that the caller
    gave.
    """

    def __init__(self, board: Board, evaluate: Evaluator):
        self.board = board
        self.evaluate = evaluate
        self.scorer_input = evaluate.scorer_input
        self.scorer_name, self.scorer = next(iter(evaluate.scorers.items()))
        self.n_jobs = evaluate.n_jobs
        self.on_outputs = scorer_parts(self.scorer) is not None
        # Not from scikit-learn's own predictions, which may differ in the last bits: a neuron
        # without any effect must have the value 0, also by scores that look at ties.
        self.baseline_score = self._score(np.full(sum(board.network.hidden_layer_sizes), False))
        self.empty_score = self._score(np.concatenate(board.is_player))

    @lazy_property
    def _shared(self) -> Shared:
        return Shared(copy(self))  # or they would keep each other

    @lazy_property
    def _activations(self) -> np.ndarray | None:
        """Of the first layer with players; None if they take too much memory."""
        network, layer = self.board.network, self.board.first_layer
        X, n_neurons = self.scorer_input.X, self.board.network.hidden_layer_sizes[layer]
        if X.shape[0] * n_neurons * network.for_rows(X).dtype.itemsize > COALITIONS_CACHE_BYTES:
            return None
        return hidden_activations(network, X, layer)

    def _score(self, gone: np.ndarray) -> float:
        score = self._called(gone)
        whole = score if not gone.any() else 0.0
        check_defined(self.scorer_name, self.scorer, whole, np.array([score]))
        return score

    def _called(self, gone: np.ndarray) -> float:
        left = self.board.without(gone)
        if self.evaluate.samples.of_network:  # The evaluator knows what to compare with.
            return score_of(self.evaluate, left)
        if not self.on_outputs:
            return self.scorer_input.score_of_estimator(self.scorer, left)
        X: Any = self.scorer_input.X
        left = left.for_rows(X)
        if self._activations is not None:
            X, left = self._activations, left.later_layers(self.board.first_layer)
        mlp = with_network(self.scorer_input.mlp, left)
        mlp.n_features_in_ = X.shape[1]
        return self.scorer_input.score(self.scorer, mlp, X)

    def _path(self, permutation: np.ndarray, truncation: float) -> np.ndarray:
        path = np.full(len(permutation) + 1, self.empty_score)
        path[0] = self.baseline_score
        gone = np.full(sum(self.board.network.hidden_layer_sizes), False)
        for at, player in enumerate(self.board.players[permutation[:-1]]):
            if truncation > 0 and abs(path[at] - self.empty_score) <= truncation:
                break
            gone[player] = True
            path[at + 1] = self._score(gone)
        return path

    def paths(self, permutations: np.ndarray, truncation: float) -> np.ndarray:
        arguments = [(self._shared, permutation, truncation) for permutation in permutations]
        return np.array(spread(CalledGame._path, arguments, self.n_jobs, prefer="threads"))


def game_for(problem: AblationProblem) -> Game:
    """The players of a problem, scored by its only scorer."""
    evaluate = problem.evaluate
    board = Board(problem.network, problem.ablated, problem.layer_replacements())
    wanted = evaluate.wanted_sums(len(board.players))
    formula = evaluate.formula(next(iter(evaluate.scorers)), wanted)
    if formula is None or means_drown(board.network, evaluate.samples, board.replacements, wanted):
        return CalledGame(board, evaluate)
    return SummedGame(board, evaluate, formula, wanted)


def marginals(
    paths: np.ndarray, permutations: np.ndarray, empty_score: float, truncation: float = 0.0
) -> np.ndarray:
    """What each player adds to those removed after it, for every permutation.

    Parameters
    ----------
    paths : ndarray of shape (n_permutations, n_players + 1)
    permutations : ndarray of shape (n_permutations, n_players)
    empty_score : float
    truncation : float, default=0.0
        If positive, the players that are left at the first score so close to ``empty_score``
        share the rest equally.

    Returns
    -------
    marginals : ndarray of shape (n_permutations, n_players)
        By player. Those of a permutation add up to the difference of its path's ends.
    """
    steps = paths[:, :-1] - paths[:, 1:]
    n_players = steps.shape[1]
    if truncation > 0:
        near = np.abs(paths - empty_score) <= truncation
        near[:, -1] = True
        for at, end in enumerate(np.argmax(near, axis=1)):
            if end < n_players:
                steps[at, end:] = (paths[at, end] - paths[at, -1]) / (n_players - end)
    result = np.empty_like(steps)
    np.put_along_axis(result, permutations, steps, axis=1)
    return result


def permutations_of(
    n_players: int, numbers: Sequence[int], entropy: Sequence[int], antithetic: bool
) -> np.ndarray:
    """Permutations of these numbers, each from a random stream of its own.

    With ``antithetic``, two for each number: a permutation and its reverse.
    """
    drawn = [np.random.default_rng([*entropy, i]).permutation(n_players) for i in numbers]
    if antithetic:
        drawn = [one for permutation in drawn for one in (permutation, permutation[::-1])]
    return np.array(drawn, dtype=np.int64)
