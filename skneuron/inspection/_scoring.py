"""Scores of a network as it is and without each of its hidden neurons.

An evaluator is called with a network and the constants that take removed neurons' places, and
returns `Effects`. `evaluator_for` picks the fused kernel for accuracy, and for everything else
scikit-learn's scorers on the part of the network behind the neuron.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

import joblib
import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring
from sklearn.utils.validation import check_array, check_consistent_length, column_or_1d

from skneuron import _parallel
from skneuron._network import (
    Network,
    hidden_activations,
    rewrap,
    row_blocks,
    rows_for,
    unwrap,
    with_network,
)
from skneuron._neurons import split_by_layer
from skneuron._sklearn import BaseScorer, check_sample_weight
from skneuron.kernels.forward import CHUNK_ROWS
from skneuron.kernels.sweep import count_changes


@dataclass(frozen=True)
class Effects:
    """Scores of a network and of what is left of it without each hidden neuron.

    Attributes
    ----------
    baseline_score : float
    scores : ndarray of shape (n_hidden,)
        Without the neuron; NaN for neurons that were not swept.
    counts : dict of ndarray
        Columns that only classification has.
    """

    baseline_score: float
    scores: np.ndarray
    counts: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def importances(self) -> np.ndarray:
        return self.baseline_score - self.scores


# (network, constants, swept) -> effects
Evaluator = Callable[[Network, np.ndarray, np.ndarray], Effects]


def one_logit_per_class(network: Network, n_classes: int) -> Network:
    """A network with the same predictions whose largest output names the class.

    scikit-learn's binary networks have one output, positive for the second class: beside a
    constant 0 for the first class it decides in the same way, ties included.
    """
    if network.coefs[-1].shape[1] == n_classes and n_classes > 1:
        return network
    pad = n_classes - network.coefs[-1].shape[1]
    if pad == 0:  # A single class, which is always predicted.
        coefs, intercepts = network.coefs[-1] * 0, network.intercepts[-1] * 0
    else:
        coefs = np.pad(network.coefs[-1], ((0, 0), (pad, 0)))
        intercepts = np.pad(network.intercepts[-1], (pad, 0))
    return replace(
        network,
        coefs=(*network.coefs[:-1], np.ascontiguousarray(coefs)),
        intercepts=(*network.intercepts[:-1], intercepts),
    )


@dataclass(frozen=True)
class AccuracyEvaluator:
    """Accuracy, and whose predictions change, in one fused pass over the rows."""

    X: Any
    y: np.ndarray  # class codes, int32
    n_classes: int
    sample_weight: np.ndarray | None = None

    def __call__(self, network: Network, constants: np.ndarray, swept: np.ndarray) -> Effects:
        network = network.for_rows(self.X)
        arguments = one_logit_per_class(network, self.n_classes).kernel_arguments()
        constants = constants.astype(network.dtype)
        n_rows, n_hidden, n_classes = self.X.shape[0], len(constants), self.n_classes
        weight = np.ones(n_rows) if self.sample_weight is None else self.sample_weight
        hits = np.zeros(n_classes)
        changes = np.zeros((n_hidden, n_classes))
        n_fixed = np.zeros(n_hidden, dtype=np.int64)
        n_broken = np.zeros(n_hidden, dtype=np.int64)
        totals = (hits, changes, n_fixed, n_broken)
        for rows, block in row_blocks(self.X, network.dtype):
            n_chunks = -(-len(block) // CHUNK_ROWS)
            slots = [np.zeros((n_chunks, *total.shape), total.dtype) for total in totals]
            _parallel.run(
                count_changes, block, self.y[rows], weight[rows], *arguments, constants, swept,
                *slots,
            )  # fmt: skip
            for total, slot in zip(totals, slots, strict=True):
                total += slot.sum(axis=0)

        total_weight = weight.sum()
        class_weight = np.bincount(self.y, weights=weight, minlength=n_classes)
        scores = (hits.sum() + changes.sum(axis=1)) / total_weight
        with np.errstate(invalid="ignore"):  # 0 / 0 for a class without rows
            class_importances = (0.0 - changes) / class_weight
        return Effects(
            baseline_score=float(hits.sum() / total_weight),
            scores=np.where(swept, scores, np.nan),
            counts={
                "n_fixed": n_fixed,
                "n_broken": n_broken,
                "class_importances": class_importances,
            },
        )


@dataclass(frozen=True)
class ScorerEvaluator:
    """Any scorer: a scikit-learn estimator is made for every neuron, and scored."""

    estimator: Any  # as the caller gave it, and
    X_given: Any  # the rows that it takes
    mlp: Any  # the network inside, and
    X: Any  # the rows that reach it
    y: np.ndarray
    scorer: Callable[..., float]
    sample_weight: np.ndarray | None = None
    n_jobs: int | None = None
    accuracy: AccuracyEvaluator | None = None  # for the counts of single-label classification

    def __call__(self, network: Network, constants: np.ndarray, swept: np.ndarray) -> Effects:
        sizes = network.hidden_layer_sizes
        # scikit-learn's scorers look at predictions only, for which the layers in front of the
        # neuron need not be computed again; any other callable is given all that the caller gave.
        if isinstance(self.scorer, BaseScorer):
            score_layer = self._scores_behind
            baseline_score = self._score(with_network(self.mlp, network), self.X)
        else:
            score_layer = self._scores_of_whole
            baseline_score = self._score_of_whole(network)
        scores = [
            score_layer(network, baseline_score, layer, *per_layer)
            for layer, *per_layer in zip(
                range(len(sizes)),
                split_by_layer(constants, sizes),
                split_by_layer(swept, sizes),
                strict=True,
            )
        ]
        return Effects(
            baseline_score=baseline_score,
            scores=np.concatenate(scores),
            counts={}
            if self.accuracy is None
            else self.accuracy(network, constants, swept).counts,
        )

    def _score(self, mlp: Any, X: Any) -> float:
        weights = {} if self.sample_weight is None else {"sample_weight": self.sample_weight}
        return float(self.scorer(mlp, X, self.y, **weights))

    def _over_blocks(
        self, score_block: Callable[..., list[float]], swept: np.ndarray, *args: Any
    ) -> np.ndarray:
        """Spread blocks of neurons over joblib's workers."""
        scores = np.full(len(swept), np.nan)
        indices = np.flatnonzero(swept)
        n_blocks = min(len(indices), joblib.effective_n_jobs(self.n_jobs))
        if n_blocks:
            blocks = np.array_split(indices, n_blocks)
            results = joblib.Parallel(n_jobs=self.n_jobs, prefer="threads")(
                joblib.delayed(score_block)(block, *args) for block in blocks
            )
            scores[indices] = np.concatenate(results)
        return scores

    def _scores_behind(
        self,
        network: Network,
        baseline_score: float,
        layer: int,
        constants: np.ndarray,
        swept: np.ndarray,
    ) -> np.ndarray:
        if not swept.any():
            return np.full(len(swept), np.nan)
        activations = hidden_activations(network, self.X, layer)
        behind = with_network(self.mlp, network.behind(layer))
        behind.n_features_in_ = activations.shape[1]
        scores = self._over_blocks(self._block_behind, swept, behind, activations, constants)
        # These activations may differ from scikit-learn's in the last bits, and the scores with
        # them. A neuron without any effect must have importance 0 all the same.
        whole = self._score(behind, activations)
        if whole == baseline_score or not np.isfinite(whole):
            return scores
        return baseline_score + (scores - whole)

    def _block_behind(
        self, block: np.ndarray, behind: Any, activations: np.ndarray, constants: np.ndarray
    ) -> list[float]:
        activations = activations.copy()
        scores = []
        for index in block:
            column = activations[:, index].copy()
            activations[:, index] = constants[index]
            scores.append(self._score(behind, activations))
            activations[:, index] = column
        return scores

    def _scores_of_whole(
        self,
        network: Network,
        baseline_score: float,
        layer: int,
        constants: np.ndarray,
        swept: np.ndarray,
    ) -> np.ndarray:
        return self._over_blocks(self._block_of_whole, swept, network, layer, constants)

    def _block_of_whole(
        self, block: np.ndarray, network: Network, layer: int, constants: np.ndarray
    ) -> list[float]:
        scores = []
        for index in block:
            coefs, intercepts = list(network.coefs), list(network.intercepts)
            intercepts[layer + 1] = (
                intercepts[layer + 1] + constants[index] * coefs[layer + 1][index]
            )
            coefs[layer + 1] = coefs[layer + 1].copy()
            coefs[layer + 1][index] = 0
            without = replace(network, coefs=tuple(coefs), intercepts=tuple(intercepts))
            scores.append(self._score_of_whole(without))
        return scores

    def _score_of_whole(self, network: Network) -> float:
        mlp = with_network(unwrap(self.estimator)[0], network)
        return self._score(rewrap(self.estimator, mlp), self.X_given)


def class_codes(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Position of every label in the sorted array ``classes``.

    Raises
    ------
    ValueError
        For labels that the network was not trained on.
    """
    unknown = np.setdiff1d(y, classes)
    if len(unknown):
        raise ValueError(
            f"y contains labels never seen in training: {unknown[:5].tolist()}; the network "
            f"knows {classes.tolist()}."
        )
    return np.searchsorted(classes, y).astype(np.int32)


def checked_target(X: Any, y: Any) -> np.ndarray:
    """``y`` as an array: labels or numbers of shape (n_samples,), or several columns."""
    if y is None:
        raise ValueError("y=None: the ablation needs the true targets to score against.")
    y = check_array(y, ensure_2d=False, dtype=None, input_name="y")
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    check_consistent_length(X, y)
    return y


def evaluator_for(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    scoring: Any = None,
    sample_weight: Any = None,
    n_jobs: int | None = None,
) -> Evaluator:
    """The fastest evaluator that computes ``scoring``, for what `neuron_ablation` takes."""
    mlp, transformers = unwrap(estimator)
    X_given, X = X, rows_for(mlp, transformers, X)
    y = checked_target(X, y)
    if sample_weight is not None:
        sample_weight = check_sample_weight(
            sample_weight, X, dtype=np.float64, ensure_non_negative=True
        )
        # Kernels would be compiled again for a read-only array.
        sample_weight = np.require(sample_weight, requirements=["C", "W"])
        if not sample_weight.sum() > 0:
            raise ValueError("sample_weight is zero for every row: nothing is left to score.")
    mlp = copy(mlp)
    vars(mlp).pop("feature_names_in_", None)  # The rows of ``X`` have lost their names.
    accuracy = None
    is_multilabel = mlp.out_activation_ == "logistic" and mlp.n_outputs_ > 1
    if is_classifier(mlp) and y.ndim == 1 and not is_multilabel:
        codes = class_codes(y, mlp.classes_)
        accuracy = AccuracyEvaluator(X, codes, len(mlp.classes_), sample_weight)
        if scoring is None or scoring == "accuracy":
            return accuracy
    if scoring is None:
        scoring = "accuracy" if is_classifier(mlp) else "r2"
    if isinstance(scoring, list | tuple | set | dict):
        raise ValueError(
            f"scoring={scoring!r} names several scorers, which cannot be computed at once yet: "
            "pass one at a time."
        )
    scorer = check_scoring(mlp, scoring=scoring)
    return ScorerEvaluator(estimator, X_given, mlp, X, y, scorer, sample_weight, n_jobs, accuracy)
