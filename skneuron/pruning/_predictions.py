"""Predictions of a fitted pruner, which are those of its pruned network."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skneuron.inspection._scoring import needs_no_targets
from skneuron.pruning._routing import score_params as routed_score_params
from skneuron.pruning._to_sklearn import to_sklearn
from skneuron.surgery import unwrap
from skneuron.utils import (
    ArrayLike,
    MatrixLike,
    NotebookPageMixin,
    SavedStateMixin,
    checked_sample_weight,
    checked_scoring_input,
    naming,
)


def _delegates(method: str) -> Callable[[Any], bool]:
    """Whether the pruned network, or before `fit` the one to be trained, has ``method``."""

    def check(pruner: "PrunedPredictionsMixin") -> bool:
        getattr(getattr(pruner, pruner._fitted_attribute, pruner._base_estimator()), method)
        return True

    return check


class PrunedPredictionsMixin(NotebookPageMixin, SavedStateMixin):
    """Predictions by the fitted estimator inside; for classes with the methods named below."""

    # The attribute that holds it.
    _fitted_attribute = "estimator_"
    # The parameter that it is a clone of.
    _inner_name = "estimator"
    # Gives the estimator that `fit` clones.
    _base_estimator: Callable[[], Any]
    # Checks ``X``.
    _rows: Callable[..., Any]
    # Gives a function of samples, targets and weights that scores the estimator inside.
    _score_function: Callable[..., Callable[..., float]]

    @property
    def _pruned_estimator(self) -> Any:
        """The fitted estimator inside, which the functions of this package analyse."""
        check_is_fitted(self)
        return getattr(self, self._fitted_attribute)

    def _scoring(self) -> Any:
        """The scorer that a pruner was given."""
        return self.scoring  # type: ignore[attr-defined]

    @property
    def n_parameters_(self) -> int:
        """Number of weights and biases of the pruned network."""
        mlp, _ = unwrap(self._pruned_estimator)
        return sum(part.size for part in (*mlp.coefs_, *mlp.intercepts_))

    @property
    def classes_(self) -> np.ndarray:
        """Class labels; only for classifiers."""
        return getattr(self, self._fitted_attribute).classes_

    @available_if(_delegates("predict"))
    def predict(self, X: MatrixLike) -> np.ndarray:
        """Predict with the pruned network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, as the network, or the Pipeline that it is in, takes them.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Labels of a classifier, numbers of a regressor.
        """
        with naming("X"):
            return self._pruned_estimator.predict(self._rows(X))

    @available_if(_delegates("predict_proba"))
    def predict_proba(self, X: MatrixLike) -> np.ndarray:
        """Class probabilities of the pruned network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, as the network, or the Pipeline that it is in, takes them.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        with naming("X"):
            return self._pruned_estimator.predict_proba(self._rows(X))

    @available_if(_delegates("predict_log_proba"))
    def predict_log_proba(self, X: MatrixLike) -> np.ndarray:
        """Logarithms of the pruned network's class probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, as the network, or the Pipeline that it is in, takes them.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        with naming("X"):
            return self._pruned_estimator.predict_log_proba(self._rows(X))

    @available_if(_delegates("score"))
    def score(
        self,
        X: MatrixLike,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        **score_params: Any,
    ) -> float:
        """Score of the pruned network, by the pruner's ``scoring``: None means accuracy or R2.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, as the network, or the Pipeline that it is in, takes them.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Needed for all scores but "fidelity" and "agreement".
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the score. With metadata routing enabled, they are used if
            ``scoring`` requests them; if it requests nothing, if the estimator inside does.
        **score_params : dict
            Passed to the scorer, or to ``score`` of the estimator inside. With metadata routing
            enabled, what it requests, by the names that it has given them.

        Returns
        -------
        score : float
            The higher the better.
        """
        inner = self._pruned_estimator
        given = {"sample_weight": sample_weight, **score_params}
        params = routed_score_params(self, self._inner_name, given)
        rows = self._rows(X)
        weight = params.get("sample_weight")
        if y is None and needs_no_targets(self._scoring()):
            weight = None if weight is None else checked_sample_weight(weight, rows)
        else:
            weight = checked_scoring_input(rows, y, weight, numbers=not is_classifier(self))
        if weight is not None:
            params["sample_weight"] = weight
        score = self._score_function(is_weighted=weight is not None)
        try:
            return float(score(rows, y, **params))
        except (TypeError, ValueError):
            with naming("X"):  # Of what reaches a Pipeline, only its steps know.
                inner.predict(rows)
            with naming("y"):
                raise

    def to_sklearn(self) -> Any:
        """Copy what predicts to scikit-learn's own classes; see `skneuron.to_sklearn`.

        Returns
        -------
        plain : MLPClassifier, MLPRegressor, Pipeline or FrozenEstimator
            The pruned network; in a Pipeline or FrozenEstimator if the pruner got it in one.
        """
        return to_sklearn(self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        inner = get_tags(self._base_estimator())
        tags.estimator_type = inner.estimator_type
        tags.classifier_tags = deepcopy(inner.classifier_tags)
        tags.regressor_tags = deepcopy(inner.regressor_tags)
        tags.target_tags = deepcopy(inner.target_tags)
        tags.target_tags.required = True
        tags.input_tags.sparse = inner.input_tags.sparse
        tags.non_deterministic = inner.non_deterministic
        return tags
