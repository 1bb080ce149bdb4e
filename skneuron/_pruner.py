"""`RottenNeuronPruner`: train, remove every neuron in turn, take out those that do harm."""

from copy import copy, deepcopy
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, TransformerMixin, clone, is_classifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils import Bunch, get_tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from skneuron import _prune
from skneuron._delegation import PrunedPredictionsMixin
from skneuron._mlp import PrunableMLPClassifier
from skneuron._network import Network, hidden_activations, rows_for, unwrap
from skneuron._neurons import flat_addresses, neuron_name, split_by_layer
from skneuron._sklearn import (
    HasMethods,
    Interval,
    StrOptions,
    check_feature_names_in,
    fit_context,
    safe_indexing,
)
from skneuron._split import train_evaluation_split
from skneuron._surgery import REPLACEMENTS, reference_rows
from skneuron._threshold import threshold_rule
from skneuron.inspection._ablation import as_ablation, swept_neurons
from skneuron.inspection._path import STRATEGIES
from skneuron.inspection._scoring import checked_target, evaluator_for


class RottenNeuronPruner(
    PrunedPredictionsMixin, TransformerMixin, MetaEstimatorMixin, BaseEstimator
):
    """Remove the hidden neurons without which a multilayer perceptron scores better.

    `fit` trains a clone of ``estimator`` on one part of the data, removes every hidden neuron in
    turn and scores what is left on the other part, and prunes. Predictions are those of the
    pruned network; `transform` gives the activations of its last hidden layer.

    The neurons are chosen on the evaluation part, so the gain there, ``pruned_score_ -
    baseline_score_``, is flattering: judge it on data that `fit` has not seen.

    Parameters
    ----------
    estimator : estimator, default=None
        A `MLPClassifier` or `MLPRegressor` (ours or scikit-learn's), or a Pipeline that ends in
        one. None means ``PrunableMLPClassifier(random_state=random_state)``.
    threshold : float or str, default=0.0
        A neuron stays if its importance (loss of score without it) is at least this. 0 removes
        rotten neurons only and keeps neutral ones. Also "mean", "median" and multiples such as
        "1.25*mean" of the importances in the whole network.
    replacement : {"zero", "mean"}, default="zero"
        What takes a removed neuron's place: nothing, or its mean activation on the training
        part (with ``cv="prefit"``, on the data given to `fit`) at the time of its removal.
    strategy : {"greedy", "one_shot"}, default="greedy"
        "greedy" removes the least important neuron and ranks the others again, until none is
        below ``threshold``. "one_shot" ranks once and removes all below ``threshold``, which is
        faster and can do harm: neurons interact.
    scoring : str or callable, default=None
        A scorer; None means accuracy for classifiers, R2 for regressors.
    min_neurons_per_layer : int, default=1
        No layer is made smaller than this.
    layers : int or list of int, default=None
        Hidden layers to prune, from 0 (or from the end, negative); None means all.
    cv : float, "prefit", or splitter, default=0.2
        The share of the data to evaluate on (stratified for classifiers), a splitter or
        iterable that yields one split (``[(train, evaluation)]``, for grouped rows), or
        "prefit": ``estimator`` is fitted, and all data given to `fit` is evaluation data. Where
        the pruner is cloned, as in cross-validation, "prefit" needs a `FrozenEstimator`.
    random_state : int, RandomState instance or None, default=None
        Controls the split if ``cv`` is a float, and the default estimator.
    n_jobs : int, default=None
        joblib workers for scorers other than accuracy, which uses numba's threads.

    Attributes
    ----------
    estimator_ : estimator
        The pruned network, a smaller copy if ``cv="prefit"``. To remove more of its neurons, use
        ``prune_neurons(pruner, ...)``, which keeps the other attributes of the pruner true.
    support_ : ndarray of shape (n_neurons,)
        True for the neurons that stayed, all hidden layers in layer-major order.
    ranking_ : ndarray of shape (n_neurons,)
        1 for neurons that stayed, 2 for the one removed last, and so on.
    importances_ : ndarray of shape (n_neurons,)
        Importances in the whole network; NaN in layers that ``layers`` leaves out.
    ablation_ : NeuronAblation
        All that `neuron_ablation` says of the whole network on the evaluation part.
    pruning_path_ : Bunch
        ``layer`` and ``index`` of the removed neurons in order, and ``scores`` and
        ``n_neurons``, one longer: of the whole network, then after each removal.
    n_neurons_ : int
        Hidden neurons that stayed.
    baseline_score_, pruned_score_ : float
        Scores before and after on the evaluation part, on which the neurons were chosen.
    threshold_ : float
        The threshold that was used.
    classes_ : ndarray of shape (n_classes,)
        Only for classifiers.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only if `fit` was given a data frame.

    See Also
    --------
    neuron_ablation : The analysis alone.
    prune_neurons : The surgery alone.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import RottenNeuronPruner
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((30,), early_stopping=True, random_state=0)
    >>> pruner = RottenNeuronPruner(mlp, random_state=0).fit(X / 16, y)
    >>> bool(pruner.pruned_score_ >= pruner.baseline_score_)
    True
    >>> pruner.transform(X / 16).shape == (1797, pruner.n_neurons_)
    True
    """

    _parameter_constraints: dict = {  # noqa: RUF012
        "estimator": [HasMethods(["fit", "predict"]), None],
        "threshold": [Real, str],
        "replacement": [StrOptions(set(REPLACEMENTS))],
        "strategy": [StrOptions(set(STRATEGIES))],
        "scoring": [str, callable, None],
        "min_neurons_per_layer": [Interval(Integral, 1, None, closed="left")],
        "layers": ["array-like", Integral, None],
        "cv": [Interval(Real, 0, 1, closed="neither"), "cv_object", StrOptions({"prefit"})],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        estimator: Any = None,
        *,
        threshold: float | str = 0.0,
        replacement: str = "zero",
        strategy: str = "greedy",
        scoring: Any = None,
        min_neurons_per_layer: int = 1,
        layers: Any = None,
        cv: Any = 0.2,
        random_state: Any = None,
        n_jobs: int | None = None,
    ):
        self.estimator = estimator
        self.threshold = threshold
        self.replacement = replacement
        self.strategy = strategy
        self.scoring = scoring
        self.min_neurons_per_layer = min_neurons_per_layer
        self.layers = layers
        self.cv = cv
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _base_estimator(self) -> Any:
        if self.estimator is None:
            return PrunableMLPClassifier(random_state=self.random_state)
        return self.estimator

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any) -> "RottenNeuronPruner":
        """Train, ablate and prune.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)

        Returns
        -------
        self : RottenNeuronPruner

        Raises
        ------
        TypeError
            If ``estimator`` has no multilayer perceptron at its end.
        ValueError
            If a parameter is out of range, ``cv`` yields several splits, or the evaluation part
            has labels that the training part lacks.
        """
        rule = threshold_rule(self.threshold)
        X, y = self._checked(X, y)
        whole, X_ref, X_eval, y_eval = self._trained(X, y)

        mlp, transformers = unwrap(whole)
        network = Network.from_mlp(mlp)
        swept = swept_neurons(network, self.layers)
        X_ref = reference_rows(mlp, transformers, self.replacement, X_ref, name="X")
        evaluate = evaluator_for(whole, X_eval, y_eval, scoring=self.scoring, n_jobs=self.n_jobs)
        path = STRATEGIES[self.strategy](
            network,
            evaluate,
            swept,
            rule,
            replacement=self.replacement,
            X_ref=X_ref,
            min_neurons_per_layer=self.min_neurons_per_layer,
        )

        sizes = network.hidden_layer_sizes
        pruned = deepcopy(whole)
        masks = split_by_layer(path.support, sizes)
        _prune.install(unwrap(pruned)[0], path.network, masks)
        _prune.note_removal(pruned, masks)
        self.estimator_ = pruned
        self.support_ = path.support
        self.ranking_ = _ranking(path, sizes)
        self.importances_ = path.effects.importances
        self.ablation_ = as_ablation(path.effects, sizes, swept, getattr(mlp, "classes_", None))
        self._whole_sizes = sizes
        n_neurons = len(path.support)
        self.pruning_path_ = Bunch(
            layer=path.layer,
            index=path.index,
            scores=path.scores,
            n_neurons=n_neurons - np.arange(len(path.scores)),
        )
        self.n_neurons_ = int(path.support.sum())
        self.baseline_score_ = float(path.scores[0])
        self.pruned_score_ = float(path.scores[-1])
        self.threshold_ = rule(path.effects.importances[swept])
        validate_data(self, X, skip_check_array=True)  # sets n_features_in_
        return self

    def _checked(self, X: Any, y: Any) -> tuple[Any, Any]:
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target "
                "y is None."
            )
        # By a copy: a fit that fails leaves what an earlier one has learned as it was.
        X = copy(self)._rows(X, reset=True)
        y = checked_target(X, y)
        if is_classifier(self._base_estimator()):
            check_classification_targets(y)
        return X, y

    def _rows(self, X: Any, *, reset: bool = False) -> Any:
        """Check ``X``; a data frame, and whatever a Pipeline takes, keeps its form."""
        is_network = isinstance(self._base_estimator(), MLPClassifier | MLPRegressor)
        if hasattr(X, "iloc") or not is_network:
            return validate_data(self, X, reset=reset, skip_check_array=True)
        dtypes = [np.float64, np.float32]
        return validate_data(self, X, reset=reset, accept_sparse="csr", dtype=dtypes)

    def _trained(self, X: Any, y: Any) -> tuple[Any, Any, Any, Any]:
        """The whole network, its reference rows, and the data to evaluate on."""
        if isinstance(self.cv, str):  # "prefit"
            base = self._base_estimator()
            unwrap(base)
            return base, X, X, y
        train, evaluation = train_evaluation_split(
            y,
            self.cv,
            stratify=is_classifier(self._base_estimator()),
            random_state=self.random_state,
            X=X,
        )
        X_train, y_train = safe_indexing(X, train), safe_indexing(y, train)
        whole = clone(self._base_estimator()).fit(X_train, y_train)
        return whole, X_train, safe_indexing(X, evaluation), safe_indexing(y, evaluation)

    def note_removal(self, masks: list[np.ndarray]) -> None:
        """Bring the attributes up to date after more neurons have been removed.

        Parameters
        ----------
        masks : list of ndarray of bool
            Keep-masks of ``estimator_`` before the removal.
        """
        stays = np.zeros_like(self.support_)
        stays[self.support_] = np.concatenate(masks)
        # Those removed last come right after those that stay.
        later = np.where(self.support_, 2, self.ranking_ + 1)
        self.ranking_ = np.where(stays, 1, later)
        self.support_ = stays
        self.n_neurons_ = int(stays.sum())

    def get_support(self, indices: bool = False) -> np.ndarray:
        """The neurons that stayed.

        Parameters
        ----------
        indices : bool, default=False
            Return their positions instead of a mask.

        Returns
        -------
        support : ndarray of shape (n_neurons,) or (n_neurons_,)
            Over all hidden layers in layer-major order.
        """
        check_is_fitted(self)
        return np.flatnonzero(self.support_) if indices else self.support_

    def transform(self, X: Any) -> np.ndarray:
        """Activations of the neurons that stayed in the last hidden layer.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        activations : ndarray of shape (n_samples, n_neurons)
            In the dtype of ``X`` if that is float32 or float64.
        """
        check_is_fitted(self)
        mlp, transformers = unwrap(self.estimator_)
        X = self._rows(X)
        network = Network.from_mlp(mlp)
        last = len(network.hidden_layer_sizes) - 1
        activations = hidden_activations(network, rows_for(mlp, transformers, X), last)
        dtype = getattr(X, "dtype", None)
        return activations.astype(dtype, copy=False) if dtype == np.float32 else activations

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns of `transform`: ``hiddenL_neuronI``, as in the whole network.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only checked against the features seen in `fit`.

        Returns
        -------
        names : ndarray of str objects
        """
        check_is_fitted(self)
        check_feature_names_in(self, input_features)
        layer, index = flat_addresses(self._whole_sizes)
        shown = self.support_ & (layer == layer[-1])
        names = [neuron_name(*address) for address in zip(layer[shown], index[shown], strict=True)]
        return np.array(names, dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self._base_estimator())
        tags.estimator_type = inner.estimator_type
        tags.classifier_tags = deepcopy(inner.classifier_tags)
        tags.regressor_tags = deepcopy(inner.regressor_tags)
        tags.target_tags = deepcopy(inner.target_tags)
        tags.target_tags.required = True
        tags.input_tags.sparse = inner.input_tags.sparse
        tags.non_deterministic = inner.non_deterministic
        return tags


def _ranking(path: Any, sizes: tuple[int, ...]) -> np.ndarray:
    ranking = np.ones(len(path.support), dtype=int)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    positions = starts[path.layer] + path.index
    ranking[positions] = np.arange(len(positions) + 1, 1, -1)
    return ranking
