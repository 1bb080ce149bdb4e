"""`pairwise_ablation`: remove every pair of hidden neurons."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.inspection._scoring import (
    TIES,
    AblationProblem,
    BaselineSums,
    Evaluator,
    SweepSums,
    harmless_residuals,
    new_changes,
    scored_blocks,
)
from skneuron.kernels.ablation import ablate_each_pair
from skneuron.surgery import (
    address_columns,
    flat_addresses,
    hidden_activations,
    layer_replacements,
    remove_from_layer,
    silence,
)
from skneuron.utils import (
    ArrayLike,
    Bunch,
    Estimator,
    FloatArray,
    HtmlTableMixin,
    IntArray,
    Layers,
    MatrixLike,
    Scoring,
    data_frame,
    run_kernel,
)

if TYPE_CHECKING:
    import pandas as pd

# Activations of a layer are kept for all samples if they fit, not computed for every neuron.
PAIRS_CACHE_BYTES = 64 * 2**20


class PairwiseAblation(HtmlTableMixin, Bunch):
    """What the removal of each pair of hidden neurons does; `pairwise_ablation` makes it.

    A `sklearn.utils.Bunch`: a dict whose keys are attributes as well. Neurons are in
    :term:`layer-major order`.

    Attributes
    ----------
    layer, index : ndarray of shape (n_neurons,)
        The neuron's address: its hidden layer, from 0, and its position in that layer.
    baseline_score : float
        Score of the whole network.
    importances : ndarray of shape (n_neurons,)
        The :term:`importance` of each single neuron, as in `neuron_ablation`.
    joint_importances : ndarray of shape (n_neurons, n_neurons)
        ``baseline_score`` minus the score without both; the diagonal holds ``importances``.
    interactions : ndarray of shape (n_neurons, n_neurons)
        The :term:`interaction` of each pair: ``joint_importances`` minus both single importances;
        0 on the diagonal. Positive where losing both costs more than the two losses added up: they
        stand in for each other. Negative where it costs less: they need each other, or cancel.

    See Also
    --------
    pairwise_ablation : Computes it.
    skneuron.plotting.PairwiseAblationDisplay : Draws it.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import pairwise_ablation
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((20,), early_stopping=True, random_state=0).fit(X[:900], y[:900])
    >>> pairs = pairwise_ablation(mlp, X[900:], y[900:])
    >>> by_hand = pairs.joint_importances[3, 17] - pairs.importances[[3, 17]].sum()
    >>> bool(abs(pairs.interactions[3, 17] - by_hand) < 1e-9)
    True
    """

    layer: IntArray
    index: IntArray
    baseline_score: float
    importances: FloatArray
    joint_importances: FloatArray
    interactions: FloatArray

    def to_frame(self) -> "pd.DataFrame":
        """A table with one row for each pair of neurons.

        Returns
        -------
        frame : pandas.DataFrame
            Columns layer, index and name of one neuron, other_layer, other_index and other_name
            of the other one, which comes later, joint_importance and interaction.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return data_frame(self._columns(), "PairwiseAblation")

    def _columns(self) -> dict[str, np.ndarray]:
        whose = address_columns(self.layer, self.index)
        one, other = upper = np.triu_indices(len(self.index), 1)
        return (
            {name: values[one] for name, values in whose.items()}
            | {f"other_{name}": values[other] for name, values in whose.items()}
            | {
                "joint_importance": self.joint_importances[upper],
                "interaction": self.interactions[upper],
            }
        )

    def _shown_columns(self) -> dict[str, np.ndarray]:
        """From the pair that stands in for each other most to the one that cancels most."""
        columns = self._columns()
        order = np.argsort(-columns["interaction"], kind="stable")
        return {name: values[order] for name, values in columns.items()}

    def __repr__(self) -> str:
        pairs = self.interactions[np.triu_indices(len(self.index), 1)]
        return (
            f"PairwiseAblation(n_neurons={len(self.index)}, "
            f"baseline_score={self.baseline_score:.4g}, n_pairs={len(pairs)}, "
            f"n_negative={int((pairs < 0).sum())}, n_positive={int((pairs > 0).sum())})"
        )


def pairwise_ablation(
    estimator: Estimator,
    X: MatrixLike,
    y: ArrayLike | None = None,
    *,
    scoring: Scoring = None,
    replacement: str = "zero",
    X_ref: MatrixLike | None = None,
    layers: Layers = None,
    sample_weight: ArrayLike | None = None,
    n_jobs: int | None = None,
) -> PairwiseAblation:
    """Score a fitted network without each pair of its hidden neurons.

    Neurons interact: if two of them are copies, each can go without harm, but not both. The
    :term:`interaction` of a pair says so. Every number is exact: the score of the network that
    `prune_neurons` returns for the pair. Use :term:`held-out` samples.

    Parameters
    ----------
    estimator : estimator
        As for `neuron_ablation`. Not changed.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Samples to score on.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        True targets. Not needed, and not looked at, for "fidelity" and "agreement".
    scoring : str or callable, default=None
        One scorer. None means accuracy for classifiers and R2 for regressors. Some scores take
        one pass over the samples for all pairs of a layer: accuracy, log-loss, squared errors,
        what follows from confusion matrices (if these fit into 64 MiB), and "fidelity" and
        "agreement", which need no ``y`` (see `neuron_ablation`). Other scorers cost one
        `neuron_ablation` for each neuron.
    replacement : {"zero", "mean", "linear"}, default="zero"
        What takes the removed neurons' places. "linear" predicts both from the others.
    X_ref : array-like of shape (n_samples_ref, n_features), default=None
        Reference samples for "mean" and "linear": the training samples, for example.
    layers : int or list of int, default=None
        Hidden layers whose neurons are paired, within a layer and across layers; None means all.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples in the score.
    n_jobs : int, default=None
        Workers of joblib for scorers that are called for each pair.

    Returns
    -------
    pairs : PairwiseAblation
        A Bunch with the entries ``layer``, ``index``, ``baseline_score``, ``importances``,
        ``joint_importances`` and ``interactions``, and a method ``to_frame()``; see
        `PairwiseAblation`.

    Raises
    ------
    TypeError
        If there is no multilayer perceptron in ``estimator``.
    NotFittedError
        If it is not fitted.
    ValueError
        As for `neuron_ablation`, or if ``scoring`` names several scorers.

    See Also
    --------
    neuron_ablation : Single neurons.
    neuron_shapley : A fair share of the score for each neuron, over all sets of them.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import pairwise_ablation, prune_neurons
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((20,), early_stopping=True, random_state=0).fit(X / 16, y)
    >>> pairs = pairwise_ablation(mlp, X / 16, y)
    >>> without_both = prune_neurons(mlp, [(0, 3), (0, 17)]).score(X / 16, y)
    >>> lost = pairs.baseline_score - without_both
    >>> bool(abs(pairs.joint_importances[3, 17] - lost) < 1e-9)
    True
    """
    problem = AblationProblem.of(
        estimator, X, y, scoring=scoring, sample_weight=sample_weight, layers=layers,
        replacement=replacement, X_ref=X_ref, n_jobs=n_jobs,
    )  # fmt: skip
    pairs = _Pairs(problem)
    layer, index = problem.addresses()
    joint = pairs.baseline_score - pairs.joint_scores()
    single = joint.diagonal().copy()
    interactions = joint - (single[:, None] + single)
    np.fill_diagonal(interactions, 0.0)
    return PairwiseAblation(
        layer=layer,
        index=index,
        baseline_score=pairs.baseline_score,
        importances=single,
        joint_importances=joint,
        interactions=interactions,
    )


class _Pairs:
    """Scores without pairs of neurons, layer by layer and neuron by neuron."""

    def __init__(self, problem: AblationProblem):
        self.network, self.ablated = problem.network, problem.ablated
        self.replacement, self.X_ref = problem.replacement, problem.X_ref
        self.evaluate = problem.evaluate
        self.scorer_name = next(iter(self.evaluate.scorers))
        self.replacements = problem.layer_replacements()
        self.layer, self.index = flat_addresses(problem.sizes)
        removal_scores = self.evaluate(
            self.network, self.replacements, self.ablated, scores_only=True
        )
        self.baseline_score = removal_scores.baseline_score
        self.single_scores = removal_scores.scores

    def joint_scores(self) -> np.ndarray:
        """(ablated neurons, ablated neurons); the diagonal holds scores without single neurons."""
        n_all = len(self.layer)
        scores = np.full((n_all, n_all), np.nan)
        np.fill_diagonal(scores, self.single_scores)
        for layer in np.unique(self.layer[self.ablated]):
            here = np.flatnonzero(self.ablated & (self.layer == layer))
            later = np.flatnonzero(self.ablated & (self.layer > layer))
            if len(here) > 1:
                scores[np.ix_(here, here)] = self._within(int(layer), here)
            if len(later):
                scores[np.ix_(here, later)] = self._across(int(layer), here, later)
        scores = np.where(np.isnan(scores), scores.T, scores)
        return scores[np.ix_(self.ablated, self.ablated)]

    def _within(self, layer: int, here: np.ndarray) -> np.ndarray:
        n = len(here)
        scores = np.zeros((n, n))
        upper = np.triu_indices(n, 1)
        in_one_pass = self._within_in_one_pass(layer, self.index[here])
        scores[upper] = (
            self._within_by_removal(layer, here) if in_one_pass is None else in_one_pass
        )
        scores += scores.T
        np.fill_diagonal(scores, self.single_scores[here])
        return scores

    def _within_in_one_pass(self, layer: int, indices: np.ndarray) -> np.ndarray | None:
        """Of all pairs in order; None if the scorer needs more than sums over samples."""
        samples, n_pairs = self.evaluate.samples, len(indices) * (len(indices) - 1) // 2
        wanted = self.evaluate.wanted_sums(n_pairs)
        formula = self.evaluate.formula(self.scorer_name, wanted)
        if formula is None:
            return None
        network = samples.network_to_score(self.network)
        exact_mixing, _ = self.replacements[layer].residuals()
        mixing = np.zeros((0, 0)) if exact_mixing is None else exact_mixing
        mixing = mixing.astype(network.dtype)
        changes = new_changes(samples, n_pairs, wanted)
        sums = BaselineSums(samples, wanted)
        harmless, n_lost = harmless_residuals(network, samples), np.zeros(n_pairs, np.int64)
        for block, truth, before in scored_blocks(network, samples, self.replacements, sums):
            run_kernel(
                ablate_each_pair, block.inputs, block.residuals, *block.arguments, layer,
                indices.astype(np.int64), mixing, harmless, n_lost, *truth, *before, *changes,
                n_operations=block.n_operations(n_pairs), max_threads=block.max_threads,
            )  # fmt: skip
        found = SweepSums(samples, sums.result(), changes)
        found.check_finite()
        scores = formula(found)[1]
        inexact = (n_lost > samples.n_samples * TIES) | found.drowned()
        if exact_mixing is not None:
            inexact |= _predict_each_other(exact_mixing[np.ix_(indices, indices)], network.dtype)
        self._score_again(layer, indices, np.flatnonzero(inexact), scores)
        return scores

    def _score_again(
        self, layer: int, indices: np.ndarray, pairs: np.ndarray, scores: np.ndarray
    ) -> None:
        """Really remove some of the pairs, whose scores a sweep does not tell exactly."""
        a, b = np.triu_indices(len(indices), 1)
        nobody = np.full(len(self.layer), False)
        evaluate = self.evaluate.for_path(self.network) if len(pairs) else self.evaluate
        for at in pairs:
            gone = np.isin(
                np.arange(self.network.hidden_layer_sizes[layer]), indices[[a[at], b[at]]]
            )
            left = silence(self.network, layer, gone, self.replacements[layer])
            removal_scores = evaluate(left, self.replacements, nobody, scores_only=True)
            scores[at] = removal_scores.baseline_score

    def _within_by_removal(self, layer: int, here: np.ndarray) -> np.ndarray:
        scores = []
        for at, first in enumerate(here[:-1]):
            keep = np.arange(self.network.hidden_layer_sizes[layer]) != self.index[first]
            smaller = remove_from_layer(self.network, layer, keep, self.replacements[layer])
            replacements = layer_replacements(smaller, self.replacement, self.X_ref)
            ablated = np.isin(np.delete(np.arange(len(self.layer)), first), here[at + 1 :])
            scores.append(
                self.evaluate(smaller, replacements, ablated, scores_only=True).scores[ablated]
            )
        return np.concatenate(scores)

    def _across(self, layer: int, here: np.ndarray, later: np.ndarray) -> np.ndarray:
        """Remove each neuron of a layer, and then sweep the later layers of what is left."""
        cached = self._cached(layer)
        scores = np.empty((len(here), len(later)))
        sizes = self.network.hidden_layer_sizes
        ablated = np.isin(np.arange(len(self.layer)), later)
        for at, first in enumerate(here):
            gone = np.arange(sizes[layer]) == self.index[first]
            left = silence(self.network, layer, gone, self.replacements[layer])
            if cached is None:
                replacements = layer_replacements(left, self.replacement, self.X_ref)
                removal_scores = self.evaluate(left, replacements, ablated, scores_only=True)
                scores[at] = removal_scores.scores[ablated]
            else:
                evaluate, X_ref = cached
                left = left.later_layers(layer)
                replacements = layer_replacements(left, self.replacement, X_ref)
                ablated_later = ablated[self.layer > layer]
                removal_scores = evaluate(left, replacements, ablated_later, scores_only=True)
                scores[at] = removal_scores.scores[ablated_later]
        return scores

    def _cached(self, layer: int) -> tuple[Evaluator, Any] | None:
        """An evaluator of the later layers, on a layer's activations, and reference samples.

        None if activations take too much memory, or the scorer needs more than sums.
        """
        samples = self.evaluate.samples
        n_samples = samples.n_samples + (0 if self.X_ref is None else self.X_ref.shape[0])
        n_bytes = 8 * n_samples * self.network.hidden_layer_sizes[layer]
        wanted = self.evaluate.wanted_sums(len(self.layer))
        formula = self.evaluate.formula(self.scorer_name, wanted)
        if n_bytes > PAIRS_CACHE_BYTES or formula is None:
            return None
        X = hidden_activations(self.network, samples.X, layer)
        X_ref = None
        if self.X_ref is not None:
            X_ref = hidden_activations(self.network, self.X_ref, layer)
        return replace(self.evaluate, samples=replace(samples, X=X)), X_ref


def _predict_each_other(mixing: np.ndarray, dtype: Any) -> np.ndarray:
    """Which pairs do, up to rounding, so that their residuals are noise; see the kernel."""
    a, b = np.triu_indices(len(mixing), 1)
    return 1 - mixing[a, b] * mixing[b, a] < np.sqrt(np.finfo(dtype).eps)
