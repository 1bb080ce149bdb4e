"""`RottenNeuronPrunerCV`: the threshold, or the size, by cross-validation."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, TransformerMixin, clone, is_classifier
from sklearn.utils.metadata_routing import MetadataRouter
from sklearn.utils.validation import check_is_fitted

from skneuron.inspection._pruning_path import PruningComparison
from skneuron.pruning._cv_search import (
    CandidateScores,
    best_candidate,
    candidates_of,
    results_table,
    scores_in_fold,
)
from skneuron.pruning._inputs import checked_X_y
from skneuron.pruning._predictions import PrunedPredictionsMixin
from skneuron.pruning._pruner import RottenNeuronPruner
from skneuron.pruning._routing import (
    checked_fit_params,
    cv_fit_params,
    router_of,
    split_fit_params,
)
from skneuron.pruning._settings import PrunerSettings, check_before_training
from skneuron.pruning._split import splits_of
from skneuron.utils import (
    ArrayLike,
    BoolArray,
    CallbackSupportMixin,
    FitStages,
    HasMethods,
    IntArray,
    MatrixLike,
    Scoring,
    Shared,
    StrOptions,
    fit_context,
    refuse_auto_propagated,
    spread,
    with_callbacks,
)

# From only the neurons that do harm by a hundredth of the score to those that are worth five.
THRESHOLDS = (
    -np.inf, -0.01, -0.005, -0.002, -0.001, 0.0, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05
)  # fmt: skip


class RottenNeuronPrunerCV(
    CallbackSupportMixin,
    PrunedPredictionsMixin,
    TransformerMixin,
    MetaEstimatorMixin,
    BaseEstimator,
):
    """Choose how many neurons a `RottenNeuronPruner` removes, by cross-validation.

    It does what a `GridSearchCV` over the pruner's :term:`threshold` does, and in far less time:
    in every fold, one network is trained, and one :term:`path` of removals made, for all
    candidates. What each candidate leaves of the network is scored on the fold's :term:`held-out`
    samples. Then the pruner is fitted to all samples with the best candidate.

    Parameters
    ----------
    pruner : RottenNeuronPruner, default=None
        The pruner to search for. Its parameters hold for every candidate, but for the one that
        is chosen here. None means ``RottenNeuronPruner()``.
    thresholds : list of float or str, default: 13 numbers from -inf to 0.05
        Candidates for the pruner's ``threshold``, in units of the score; -inf removes nothing.
    n_neurons_to_select : list, default=None
        Candidates for the pruner's parameter of this name, to choose a size instead.
    rule : {"best", "one_se"}, default="best"
        "best" takes the candidate with the highest mean score, the first of several. "one_se"
        looks at all whose mean score is at most a standard error below the highest, and takes
        the one that leaves the fewest neurons on average [1]_.
    cv : int, splitter or iterable, default=None
        As for `GridSearchCV`; None means 5 folds, stratified for classifiers.
    n_jobs : int, default=None
        Workers of joblib, each of which gets whole folds; None means one, as in scikit-learn.

    Attributes
    ----------
    pruner_ : RottenNeuronPruner
        Fitted to all samples with the chosen candidate. The next six attributes are its own.
    estimator_, baseline_estimator_ : estimator
        The pruned network, and the whole one.
    support_ : ndarray of shape (n_neurons,)
        True for the neurons that stayed, all hidden layers in layer-major order.
    ranking_ : ndarray of shape (n_neurons,)
        1 for neurons that stayed, 2 for the one removed last, and so on.
    n_neurons_, n_parameters_ : int
        Hidden neurons that stayed; weights and biases of the pruned network.
    best_params_ : dict
        The chosen candidate: its parameter and value.
    best_threshold_ : float or str
        The chosen threshold, if thresholds were candidates.
    best_index_ : int
        Position of the chosen candidate in ``cv_results_``.
    best_score_ : float
        Its mean score. It was chosen for that score, so some of it is luck. For an estimate
        without that luck, cross-validate this estimator as a whole.
    cv_results_ : dict of ndarray
        Scores by the pruner's ``scoring``, in the columns of `GridSearchCV`, and
        ``split{i}_n_neurons`` and ``mean_n_neurons``; ``to_frame()`` returns a table. Training is
        shared: ``mean_fit_time`` is a fold's whole time divided by the number of candidates.
        "fidelity" and "agreement" compare with the whole network of the same fold. They are
        highest where least is removed, which is then chosen: read off here what each size loses.
    classes_ : ndarray of shape (n_classes,)
        Class labels. Only for classifiers.
    n_splits_, n_features_in_ : int
        Number of folds, and of features seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names. Only if `fit` was given a data frame.

    See Also
    --------
    RottenNeuronPruner : Prunes with one threshold, or to one size.
    skneuron.plotting.CVResultsDisplay : Draws the candidates' scores.

    References
    ----------
    .. [1] Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees", Wadsworth,
       1984, section 3.4.3.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import RottenNeuronPruner, RottenNeuronPrunerCV
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((30,), early_stopping=True, random_state=0)
    >>> pruner = RottenNeuronPruner(mlp, replacement="linear", random_state=0)
    >>> search = RottenNeuronPrunerCV(pruner, thresholds=[0.0, 0.005, 0.01], cv=3).fit(X / 16, y)
    >>> search.transform(X / 16).shape == (1797, search.n_neurons_)
    True
    >>> bool(search.best_score_ == search.cv_results_["mean_test_score"].max())
    True
    """

    _fitted_attribute = "pruner_"
    _inner_name = "pruner"

    _parameter_constraints: dict = {  # noqa: RUF012
        "pruner": [HasMethods(["fit", "predict"]), None],
        "thresholds": ["array-like"],
        "n_neurons_to_select": ["array-like", None],
        "rule": [StrOptions({"best", "one_se"})],
        "cv": ["cv_object"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        pruner: RottenNeuronPruner | None = None,
        *,
        thresholds: Sequence[float | str] = THRESHOLDS,
        n_neurons_to_select: Sequence[Any] | None = None,
        rule: str = "best",
        cv: Any = None,
        n_jobs: int | None = None,
    ):
        self.pruner = pruner
        self.thresholds = thresholds
        self.n_neurons_to_select = n_neurons_to_select
        self.rule = rule
        self.cv = cv
        self.n_jobs = n_jobs

    def _base_estimator(self) -> Any:
        return RottenNeuronPruner() if self.pruner is None else self.pruner

    @fit_context(prefer_skip_nested_validation=False)
    @with_callbacks
    def fit(
        self,
        X: MatrixLike,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        X_refit: MatrixLike | None = None,
        **fit_params: Any,
    ) -> "RottenNeuronPrunerCV":
        """Choose a candidate by cross-validation and fit the pruner with it.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to train on and to choose by.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Needed as by `RottenNeuronPruner.fit`. Folds are not stratified without.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, for training and for scoring; see `RottenNeuronPruner.fit`.
        X_refit : {array-like, sparse matrix} of shape (n_refit, n_features), default=None
            Samples without labels for the pruner's ``refit``; None means those a fold trains on.
        **fit_params : dict
            ``groups``, for splitters. With metadata routing enabled, what the pruner and ``cv``
            request.

        Returns
        -------
        self : RottenNeuronPrunerCV
            Fitted.

        Raises
        ------
        TypeError
            If ``pruner`` is no `RottenNeuronPruner`, or it, or its estimator, has a callback that
            has to be set on this estimator.
        ValueError
            If there are no candidates, or one that the pruner's parameter cannot be; if ``cv``
            yields no splits, or a part of one has no samples.
        """
        pruner = self._base_estimator()
        if not isinstance(pruner, RottenNeuronPruner):
            raise TypeError(f"pruner must be a RottenNeuronPruner; got {pruner!r}.")
        settings = PrunerSettings.of(pruner)
        refuse_auto_propagated(self, pruner, *([] if settings.is_prefit else [settings.estimator]))
        candidates = candidates_of(self.thresholds, self.n_neurons_to_select, settings)
        is_class = is_classifier(pruner) and y is not None
        X, y = checked_X_y(pruner, settings.estimator, X, y)
        fit_params = checked_fit_params({"sample_weight": sample_weight, **fit_params}, X)
        given = cv_fit_params(self, pruner, fit_params)
        splits = splits_of(self.cv, X, y, given.split_params, classifier=is_class)
        if not splits:
            raise ValueError(f"cv={self.cv!r} yields no split: a generator does so only once.")
        params = split_fit_params(pruner, settings.estimator, given.fit_params)
        is_weighted = params.sample_weight is not None
        for candidate in candidates:
            check_before_training(replace(settings, **candidate), is_weighted=is_weighted)
        stages = FitStages(self, X, y, fit_params.get("sample_weight"), n_stages=2)
        with stages.stage("cross-validate"):
            # Clones of the pruner, so that every fold begins with the same random state.
            samples = Shared((X, y, params, X_refit))
            arguments = [
                (PrunerSettings.of(clone(pruner)), candidates, samples, train, test)
                for train, test in splits
            ]
            folds: list[CandidateScores] = spread(scores_in_fold, arguments, self.n_jobs)
        results = results_table(candidates, folds)
        best = best_candidate(results, self.rule)
        best_params = results["params"][best]
        fitted = clone(pruner).set_params(**best_params)
        with stages.stage("refit", fitted):
            fitted.fit(X, y, X_refit=X_refit, **given.fit_params)

        self.pruner_ = fitted
        self.cv_results_ = results
        self.best_index_ = best
        self.best_params_ = best_params
        self.best_score_ = float(results["mean_test_score"][best])
        self.n_splits_ = len(splits)
        stages.end()
        return self

    @property
    def baseline_estimator_(self) -> Any:
        """The estimator with the whole network, fitted to all samples."""
        return self.pruner_.baseline_estimator_

    @property
    def best_threshold_(self) -> float | str:
        """The candidate that was taken, if thresholds were candidates."""
        if "threshold" not in self.best_params_:
            raise AttributeError("best_threshold_: sizes were chosen from; see best_params_.")
        return self.best_params_["threshold"]

    @property
    def estimator_(self) -> Any:
        """The pruned network."""
        return self.pruner_.estimator_

    @property
    def support_(self) -> BoolArray:
        """True for the neurons that stayed, all hidden layers in layer-major order."""
        return self.pruner_.support_

    @property
    def ranking_(self) -> IntArray:
        """1 for the neurons that stayed, 2 for the one removed last, and so on."""
        return self.pruner_.ranking_

    @property
    def n_neurons_(self) -> int:
        """Number of hidden neurons that stayed."""
        return self.pruner_.n_neurons_

    @property
    def n_features_in_(self) -> int:
        """Number of features seen in `fit`."""
        return self.pruner_.n_features_in_

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Their names, if `fit` was given a data frame."""
        return self.pruner_.feature_names_in_

    def get_metadata_routing(self) -> MetadataRouter:
        """Routing of metadata; see scikit-learn's user guide.

        Returns
        -------
        routing : MetadataRouter
            What this estimator requests, and what it passes on.
        """
        return router_of(self, pruner=self._base_estimator())

    def _rows(self, X: Any) -> Any:
        return X  # The pruner checks them.

    def _scoring(self) -> Any:
        return self.pruner_.scoring

    def _score_function(self, *, is_weighted: bool) -> Callable[..., float]:
        return self.pruner_.score  # By its ``scoring``.

    def compare(
        self,
        X: MatrixLike,
        y: ArrayLike | None = None,
        *,
        scoring: Scoring = None,
        sample_weight: ArrayLike | None = None,
    ) -> PruningComparison:
        """Compare the pruned network with the whole one; see `RottenNeuronPruner.compare`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples that neither trained the network nor chose its neurons.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Their true targets.
        scoring : str or callable, default=None
            One scorer; None means that of the pruner.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the score.

        Returns
        -------
        comparison : PruningComparison
            Both networks' scores, sizes and times.
        """
        check_is_fitted(self)
        return self.pruner_.compare(X, y, scoring=scoring, sample_weight=sample_weight)

    def _headline(self) -> str:
        (chosen,) = self.best_params_.items()
        return "{}={!r} is best: {}".format(*chosen, self.pruner_._headline())

    def get_support(self, indices: bool = False) -> np.ndarray:
        """Say which hidden neurons have not been removed; see `RottenNeuronPruner.get_support`.

        Parameters
        ----------
        indices : bool, default=False
            Whether to return positions (int) instead of a mask (bool).

        Returns
        -------
        support : ndarray of shape (n_neurons,) or (`n_neurons_`,)
            Over all hidden layers in layer-major order.
        """
        return self._pruned_estimator.get_support(indices)

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Activations of the last hidden layer of the pruned network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, as the network, or the Pipeline that it is in, takes them.

        Returns
        -------
        activations : ndarray of shape (n_samples, n_neurons)
            The activations, in the dtype of ``X`` if that is float32 or float64, else float64.
        """
        check_is_fitted(self)
        # `set_output` of the pruner says what that one returns.
        return self.pruner_._activations(X)

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> np.ndarray:
        """Names of the columns of `transform`: ``hiddenL_neuronI``, as in the whole network.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only checked against the features seen in `fit`.

        Returns
        -------
        names : ndarray of str objects
            One for each neuron of the last hidden layer that stayed.
        """
        check_is_fitted(self)
        return self.pruner_.get_feature_names_out(input_features)
