"""`fidelity_scorer`, `agreement_scorer`: scorers that compare an estimator with a fitted one."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skneuron.metrics._checks import checked_weights
from skneuron.metrics._fidelity import fidelity_score

FIDELITY, AGREEMENT = "fidelity", "agreement"


class ReferenceScorer:
    """A scorer that compares an estimator with another one, by what they make of the samples.

    `fidelity_scorer` and `agreement_scorer` make it.

    Parameters
    ----------
    name : str
        `FIDELITY` or `AGREEMENT`.
    reference : estimator, default=None
        Fitted. None stands for the whole network, which only analyses of this package know.
    """

    def __init__(self, name: str, reference: Any = None):
        self.name = self.__name__ = name
        self.reference = reference

    def __repr__(self) -> str:
        return self.name if self.reference is None else f"{self.name}_scorer({self.reference!r})"

    def __call__(
        self, estimator: Any, X: Any, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> float:
        """The score of ``estimator`` on ``X``; ``y`` is not looked at."""
        reference = self.reference
        if reference is None:
            raise TypeError(
                f"scoring={self.name!r} compares with the whole network, which is not known here: "
                f"use skneuron.metrics.{self.name}_scorer(reference)."
            )
        known, given = reference.predict(X), estimator.predict(X)
        if is_classifier(reference):
            _check_same_classes(reference, estimator)
        if self.name == AGREEMENT:
            same = np.asarray(known == given)
            weights = checked_weights(sample_weight, len(same))
            return float(np.average(same.reshape(len(same), -1).all(axis=1), weights=weights))
        kind = "counts" if _predicts_counts(reference) else "values"
        if is_classifier(reference):
            kind = "classes" if np.ndim(known) == 1 else "labels"
            known, given = reference.predict_proba(X), estimator.predict_proba(X)
        return fidelity_score(known, given, kind=kind, sample_weight=sample_weight)


def _check_same_classes(reference: Any, estimator: Any) -> None:
    known, given = reference.classes_, getattr(estimator, "classes_", None)
    if given is None or not np.array_equal(known, given):
        raise ValueError(
            f"estimator has the classes {given}, but the reference has {known}: their outputs "
            "cannot be compared."
        )


def _predicts_counts(reference: Any) -> bool:
    """Whether the network inside an estimator predicts the means of Poisson distributions."""
    if isinstance(reference, Pipeline):
        return _predicts_counts(reference.steps[-1][1])
    if isinstance(reference, FrozenEstimator):
        return _predicts_counts(reference.estimator)
    inside = getattr(reference, "estimator_", reference)
    if inside is not reference:
        return _predicts_counts(inside)
    return getattr(reference, "out_activation_", None) == "exp"


def fidelity_scorer(reference: Any) -> ReferenceScorer:
    """Make a scorer that says how close an estimator's outputs are to those of a fitted one.

    Use it in scikit-learn's searches and cross-validation, to find a small model that does as a
    large one does. No labels are looked at. Functions of this package take
    ``scoring="fidelity"`` instead (see :term:`fidelity`): it compares with the whole network, and
    is far faster.

    Parameters
    ----------
    reference : estimator
        The fitted estimator to compare with: a multilayer perceptron, or anything else with
        ``predict_proba`` (classifiers) or ``predict`` (regressors).

    Returns
    -------
    scorer : callable
        ``scorer(estimator, X, y=None, sample_weight=None)``: `fidelity_score` of the estimator's
        outputs. It raises ValueError for classifiers with other classes than the reference.

    Raises
    ------
    TypeError
        If ``reference`` is no estimator that predicts.
    NotFittedError
        If it is not fitted.

    See Also
    --------
    agreement_scorer : Compares predicted classes.
    fidelity_score : The score itself, of outputs.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import prune_neurons
    >>> from skneuron.metrics import fidelity_scorer
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((30,), early_stopping=True, random_state=0).fit(X / 16, y)
    >>> scorer = fidelity_scorer(mlp)
    >>> scorer(mlp, X / 16)
    0.0
    >>> scorer(prune_neurons(mlp, [(0, 1)]), X / 16) < 0
    True
    """
    return ReferenceScorer(FIDELITY, _checked_reference(reference))


def agreement_scorer(reference: Any) -> ReferenceScorer:
    """Make a scorer that says how often an estimator predicts the same class as a fitted one.

    Use it in scikit-learn's searches and cross-validation. No labels are looked at. Functions of
    this package take ``scoring="agreement"`` instead (see :term:`agreement`): it compares with
    the whole network, and is far faster.

    Parameters
    ----------
    reference : classifier
        The fitted classifier to compare with.

    Returns
    -------
    scorer : callable
        ``scorer(estimator, X, y=None, sample_weight=None)``: the share of the samples with the
        same prediction. If a sample has several labels, all have to be the same.

    Raises
    ------
    TypeError
        If ``reference`` is no classifier.
    NotFittedError
        If it is not fitted.

    See Also
    --------
    fidelity_scorer : Compares probabilities.
    fidelity_score : The score by which those are compared.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import prune_neurons
    >>> from skneuron.metrics import agreement_scorer
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((30,), early_stopping=True, random_state=0).fit(X / 16, y)
    >>> scorer = agreement_scorer(mlp)
    >>> scorer(mlp, X / 16)
    1.0
    >>> scorer(prune_neurons(mlp, [(0, index) for index in range(20)]), X / 16) < 1
    True
    """
    reference = _checked_reference(reference)
    if not is_classifier(reference):
        raise TypeError(f"reference={reference!r} is no classifier: use fidelity_scorer.")
    return ReferenceScorer(AGREEMENT, reference)


def _checked_reference(reference: Any) -> Any:
    if isinstance(reference, type) or not hasattr(reference, "predict"):
        raise TypeError(f"reference={reference!r} is no estimator that predicts.")
    check_is_fitted(reference)
    return reference
