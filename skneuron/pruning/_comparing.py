"""A fitted pruner beside the whole network, and its score by ``scoring``."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skneuron.inspection._pruning_path import NeuronPruningPath, PruningComparison, compared
from skneuron.inspection._scoring import check_one_scorer, scorer_for
from skneuron.metrics import ReferenceScorer
from skneuron.utils import ArrayLike, BoolArray, MatrixLike, Scoring, naming


class ComparisonMixin:
    """For pruners with ``pruning_path_``, of which the first network is the whole one."""

    scoring: Scoring
    estimator_: Any
    support_: BoolArray
    n_neurons_: int
    gain_: float
    gain_confidence_interval_: tuple[float, float]
    pruning_path_: NeuronPruningPath
    _rows: Callable[..., Any]

    @property
    def baseline_estimator_(self) -> Any:
        """The estimator with the whole network, which ``pruning_path_`` keeps."""
        path = vars(self).get("pruning_path_")
        if path is None:
            raise AttributeError(
                f"{type(self).__name__} has no whole network to compare with: it was not fitted, "
                "or its pruning_path_ was deleted. Fit it again."
            )
        return path.estimator

    def compare(
        self,
        X: MatrixLike,
        y: ArrayLike | None = None,
        *,
        scoring: Scoring = None,
        sample_weight: ArrayLike | None = None,
    ) -> PruningComparison:
        """Compare the pruned network with the whole one on :term:`held-out` samples.

        Pass samples that neither trained the network nor chose its neurons: the figures are
        then those to report.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, as the network, or the Pipeline that it is in, takes them.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            True targets. Not needed for "fidelity" and "agreement".
        scoring : str or callable, default=None
            One scorer; None means that of the pruner, or else accuracy or R2.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the score.

        Returns
        -------
        comparison : PruningComparison
            Both scores, their difference with an interval, how many samples are fixed and broken,
            both sizes, and the time that ``predict`` takes. Printed, it says so in words.

        Raises
        ------
        NotFittedError
            If the pruner is not fitted.
        ValueError
            If ``X``, ``y`` or ``scoring`` does not fit the network.
        """
        check_is_fitted(self)
        with naming("X"):
            rows = self._rows(X)
        scoring = self.scoring if scoring is None else scoring
        check_one_scorer(scoring, is_weighted=sample_weight is not None)
        return compared(
            self.baseline_estimator_, self.estimator_, rows, y,
            scoring=scoring, sample_weight=sample_weight,
        )  # fmt: skip

    def _headline(self) -> str:
        """What pruning has done to the network, for notebooks."""
        sizes = f"{len(self.support_)} -> {self.n_neurons_} hidden neurons"
        path = vars(self).get("pruning_path_")
        is_as_fitted = path is None or self.n_neurons_ == path.n_neurons[-1]
        if np.isnan(self.gain_) or not is_as_fitted:  # of a network that is no longer there
            return sizes
        low, high = self.gain_confidence_interval_
        return (
            f"{sizes}; gain on samples that chose none of them {self.gain_:+.3g} "
            f"(95 % interval {low:+.3g} to {high:+.3g})"
        )

    def _score_function(self, *, is_weighted: bool) -> Callable[..., float]:
        """What scores ``estimator_`` on samples."""
        if self.scoring is None:
            return self.estimator_.score
        check_one_scorer(self.scoring, is_weighted=is_weighted)
        scorer = scorer_for(self.estimator_, self.scoring)
        if isinstance(scorer, ReferenceScorer) and scorer.reference is None:
            scorer = ReferenceScorer(scorer.name, self.baseline_estimator_)
        return partial(scorer, self.estimator_)
