"""`RottenNeuronPruner`: train, remove every neuron in turn, take out those that do harm."""

from copy import copy
from functools import partial
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, is_classifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils import Bunch, indexable
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from skneuron.inspection._ablation import as_ablation
from skneuron.inspection._criteria import CRITERIA
from skneuron.inspection._pruning_path import ABLATION, STRATEGIES, is_automatic, pruned_copy
from skneuron.neural_network import PrunableMLPClassifier
from skneuron.pruning._auto_threshold import automatic_size
from skneuron.pruning._cross_fitted_gain import (
    MIN_ROWS,
    NOTHING,
    UNKNOWN,
    gain_of_halves,
    halves_of,
    seed_of,
)
from skneuron.pruning._fit_and_fine_tune import train_on
from skneuron.pruning._predictions import PrunedPredictionsMixin
from skneuron.pruning._preparation import TrainingSet, prepared
from skneuron.pruning._routing import checked_fit_params, router_of, split_fit_params
from skneuron.pruning._support import NeuronSelectionMixin, ranking
from skneuron.pruning._task import PruningTask, score_of
from skneuron.surgery import REPLACEMENTS, Network, unwrap
from skneuron.utils import (
    CallbackSupportMixin,
    FitStages,
    HasMethods,
    Interval,
    RealNotInt,
    StrOptions,
    checked_target,
    fit_context,
    with_callbacks,
)


class RottenNeuronPruner(
    CallbackSupportMixin,
    PrunedPredictionsMixin,
    NeuronSelectionMixin,
    MetaEstimatorMixin,
    BaseEstimator,
):
    """Remove the hidden neurons without which a multilayer perceptron scores better.

    `fit` trains a clone of ``estimator`` on one part of the data, removes every hidden neuron in
    turn and scores what is left on the other part, and prunes. Predictions are those of the
    pruned network; `transform` gives the activations of its last hidden layer.

    The neurons are chosen on the evaluation part, so the gain there, ``pruned_score_ -
    baseline_score_``, is flattering. ``gain_`` is not: one half of the evaluation part chooses,
    the other one judges, and the other way round.

    Parameters
    ----------
    estimator : estimator, default=None
        A `MLPClassifier` or `MLPRegressor` (ours or scikit-learn's), or a Pipeline that ends in
        one. None means ``PrunableMLPClassifier(random_state=random_state)``.
    threshold : float or str, default=0.0
        A neuron stays if its importance (loss of score without it) is at least this. 0 removes
        rotten neurons only and keeps neutral ones. Also "mean", "median" and multiples such as
        "1.25*mean" of the importances in the whole network. "auto" takes the size at which
        networks chosen by one half of the evaluation part score highest on the other half, or
        the whole network if that gains no more than a standard error: recommended where
        the smaller network should be the better one, for rotten neurons are mostly luck. Not
        looked at if ``n_neurons_to_select`` or ``tol`` is given.
    replacement : {"zero", "mean", "linear"}, default="zero"
        What takes a removed neuron's place: nothing, or its mean activation, or its least-squares
        prediction from the neurons of its layer that are left, on the training part (with
        ``cv="prefit"``, on the data given to `fit`) at the time of its removal.
    strategy : {"greedy", "one_shot", "swap"}, default="greedy"
        "greedy" removes the least important neuron and ranks the others again, until none is
        below ``threshold``. "one_shot" ranks once and removes all below ``threshold``, which is
        faster and can do harm: neurons interact. "swap" is greedy, then exchanges removed
        neurons with kept ones as long as the score rises; see `neuron_pruning_path`. With
        ``threshold="auto"`` it does so at the size that greedy paths have told.
    criterion : str or callable, default="ablation"
        What neurons are ranked by on the evaluation part: exact importance, a name that
        `neuron_criterion` knows, or a function ``criterion(estimator, X, y)`` that returns an
        importance for every hidden neuron, NaN for those that may not go.
    scoring : str or callable, default=None
        A scorer, also "expected_accuracy" (see `skneuron.metrics`), which wrong labels do not
        mislead; None means accuracy for classifiers, R2 for regressors.
    n_neurons_to_select : int, float or list of int, default=None
        Remove neurons down to this number, share, or number in every layer.
    tol : float, default=None
        Remove neurons as long as no more of the score than this is given up in all.
    alpha : float, default=None
        Remove only neurons that are rotten at this false-discovery rate. The test is repeated at
        every step, on the same rows; "swap" then exchanges nothing.
    step : int or float, default=1
        Neurons that "greedy" removes before it ranks again, or their share of all.
    min_neurons_per_layer : int, default=1
        No layer is made smaller than this.
    layers : int or list of int, default=None
        Hidden layers to prune, from 0 (or from the end, negative); None means all.
    fine_tune : int, default=0
        Epochs that the pruned network is trained for, on the training part, with what is left of
        the optimizer's state.
    cv : float, "prefit", or splitter, default=0.2
        The share of the data to evaluate on (stratified for classifiers), a splitter or
        iterable that yields one split (``[(train, evaluation)]``), or "prefit": ``estimator`` is
        fitted, and all data given to `fit` is evaluation data. Where the pruner is cloned, as in
        cross-validation, "prefit" needs a `FrozenEstimator`.
    memory : str or joblib.Memory, default=None
        Where to keep the trained network: a search over ``threshold`` then trains once for every
        part of the data, if ``random_state`` is an int here and in ``estimator``.
    estimate_gain : bool, default=True
        Whether to find ``gain_`` and ``null_gain_``, which takes about as long as pruning.
    random_state : int, RandomState instance or None, default=None
        Controls the split if ``cv`` is a float, the default estimator, the halves that
        ``gain_`` is found with, and random removal.
    n_jobs : int, default=None
        joblib workers for scorers other than accuracy, which uses numba's threads.

    Attributes
    ----------
    estimator_ : estimator
        The pruned network, a smaller copy if ``cv="prefit"``. To remove more of its neurons, use
        ``prune_neurons(pruner, ...)``, which keeps ``support_``, ``ranking_`` and the numbers of
        neurons and parameters true; scores and gains are those of `fit`.
    support_ : ndarray of shape (n_neurons,)
        True for the neurons that stayed, all hidden layers in layer-major order.
    ranking_ : ndarray of shape (n_neurons,)
        1 for neurons that stayed, 2 for the one removed last, and so on: after exchanges of
        "swap" by layers, not by importance.
    importances_ : ndarray of shape (n_neurons,)
        Importances in the whole network; NaN in layers that ``layers`` leaves out.
    ablation_ : NeuronAblation
        All that `neuron_ablation` says of the whole network on the evaluation part.
    pruning_path_ : Bunch
        ``layer``, ``index`` and ``importances`` of the removed neurons in order, and ``scores``
        and ``n_neurons``, one longer: of the whole network, then after each step. After
        exchanges of "swap", importances are by how much the score falls from step to step.
    n_neurons_ : int
        Hidden neurons that stayed.
    n_parameters_ : int
        Weights and biases of the pruned network, as it is now.
    baseline_score_, pruned_score_ : float
        Scores before and after on the evaluation part, on which the neurons were chosen.
    gain_ : float
        Change of score that pruning in this way brings on rows that chose no neuron and trained
        no network: each half of the evaluation part judges what the other half chooses, so the
        networks judged are not quite ``estimator_``, but chosen from half as many rows. Before
        ``fine_tune``. NaN if there are fewer than 40 rows to evaluate on, the scorer cannot
        score a part of them, or not ``estimate_gain``.
    gain_confidence_interval_ : tuple of float
        At 95 %, by a jackknife over 20 groups of rows. It holds for new rows, not for another
        training.
    null_gain_ : float
        The same for as many neurons of each layer, removed at random.
    threshold_ : float
        The threshold that was used; infinity for "auto".
    classes_ : ndarray of shape (n_classes,)
        Only for classifiers.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only if `fit` was given a data frame.

    See Also
    --------
    neuron_ablation : The analysis alone.
    neuron_pruning_path : All sizes at once, of a fitted network.
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
        "criterion": [StrOptions({ABLATION, *CRITERIA}), callable],
        "scoring": [str, callable, None],
        "n_neurons_to_select": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="right"),
            "array-like",
            None,
        ],
        "tol": [Interval(Real, 0, None, closed="left"), None],
        "alpha": [Interval(Real, 0, 1, closed="neither"), None],
        "step": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="neither"),
        ],
        "min_neurons_per_layer": [Interval(Integral, 1, None, closed="left")],
        "layers": ["array-like", Integral, None],
        "fine_tune": [Interval(Integral, 0, None, closed="left")],
        "cv": [Interval(Real, 0, 1, closed="neither"), "cv_object", StrOptions({"prefit"})],
        "memory": [str, HasMethods(["cache"]), None],
        "estimate_gain": ["boolean"],
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
        criterion: Any = "ablation",
        scoring: Any = None,
        n_neurons_to_select: Any = None,
        tol: float | None = None,
        alpha: float | None = None,
        step: int | float = 1,
        min_neurons_per_layer: int = 1,
        layers: Any = None,
        fine_tune: int = 0,
        cv: Any = 0.2,
        memory: Any = None,
        estimate_gain: bool = True,
        random_state: Any = None,
        n_jobs: int | None = None,
    ):
        self.estimator = estimator
        self.threshold = threshold
        self.replacement = replacement
        self.strategy = strategy
        self.criterion = criterion
        self.scoring = scoring
        self.n_neurons_to_select = n_neurons_to_select
        self.tol = tol
        self.alpha = alpha
        self.step = step
        self.min_neurons_per_layer = min_neurons_per_layer
        self.layers = layers
        self.fine_tune = fine_tune
        self.cv = cv
        self.memory = memory
        self.estimate_gain = estimate_gain
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _base_estimator(self) -> Any:
        if self.estimator is None:
            return PrunableMLPClassifier(random_state=self.random_state)
        return self.estimator

    @fit_context(prefer_skip_nested_validation=False)
    @with_callbacks
    def fit(self, X: Any, y: Any, **fit_params: Any) -> "RottenNeuronPruner":
        """Train, ablate and prune.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        **fit_params : dict
            ``sample_weight``, of shape (n_samples,), for training and for scoring; ``groups``,
            for a splitter ``cv``. With metadata routing enabled, what ``estimator`` and ``cv``
            request.

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
        X, y = self._checked(X, y)
        fit_params = checked_fit_params(fit_params, X)
        n_stages = 1 if isinstance(self.cv, str) else 2
        stages = FitStages(self, X, y, fit_params.get("sample_weight"), n_stages)
        task, train = prepared(
            self, X, y, **self._shared_out(fit_params), stage=partial(stages.stage, "train")
        )
        with stages.stage("prune"):
            self._prune(task, train)
        validate_data(self, X, skip_check_array=True)  # sets n_features_in_
        stages.end()
        return self

    def _prune(self, task: PruningTask, train: TrainingSet) -> None:
        seed = seed_of(self.random_state)
        size, gain = 0, None
        if self._is_automatic:
            size, gain = automatic_size(task, halves_of(task, seed), seed)
        path = task.path(n_neurons=size)
        if gain is not None and path.scores[-1] < path.scores[0]:
            # Not even on the rows that have chosen it is the smaller network the better one.
            gain, path = NOTHING, task.path(n_neurons=len(path.support))
        pruned = pruned_copy(task.full, path.network, path.support)
        pruned_score = float(path.scores[-1])
        if self.fine_tune:
            train_on(pruned, *train, self.fine_tune)
            pruned_score = score_of(task.evaluator(), Network.from_mlp(unwrap(pruned)[0]))
        if gain is None:
            gain = gain_of_halves(task, seed) if self.estimate_gain else UNKNOWN

        sizes = task.network.hidden_layer_sizes
        self.estimator_ = pruned
        self._full_sizes = sizes
        self.support_ = path.support
        self.ranking_ = ranking(path.order, len(path.support))
        self.importances_ = path.importances
        self.ablation_ = as_ablation(
            path.removal_scores, sizes, task.ablated, getattr(task.mlp, "classes_", None)
        )
        self.pruning_path_ = Bunch(
            layer=path.layer,
            index=path.index,
            importances=path.removed_importances,
            scores=path.scores,
            n_neurons=path.n_neurons,
        )
        self.n_neurons_ = int(path.support.sum())
        self.baseline_score_ = float(path.scores[0])
        self.pruned_score_ = pruned_score
        self.gain_, self.null_gain_ = gain.gain, gain.null_gain
        self.gain_confidence_interval_ = gain.confidence_interval
        self.threshold_ = task.threshold(path.importances[task.ablated])

    def get_metadata_routing(self) -> Any:
        """Routing of metadata; see scikit-learn's user guide.

        Returns
        -------
        routing : MetadataRouter
        """
        return router_of(self, estimator=self._base_estimator())

    def _shared_out(self, fit_params: dict[str, Any]) -> Bunch:
        return split_fit_params(self, self._base_estimator(), fit_params)

    @property
    def _is_automatic(self) -> bool:
        given = (self.n_neurons_to_select, self.tol)
        return is_automatic(self.threshold) and all(value is None for value in given)

    def _check_can_choose(self, n_rows: int) -> None:
        if self._is_automatic and n_rows < MIN_ROWS:
            raise ValueError(
                f"threshold='auto' needs at least {MIN_ROWS} rows to evaluate on; there are "
                f"{n_rows} (cv={self.cv!r})."
            )

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
        if not isinstance(self._base_estimator(), MLPClassifier | MLPRegressor):
            (X,) = indexable(X)
            if reset or hasattr(self, "feature_names_in_"):
                return validate_data(self, X, reset=reset, skip_check_array=True)
            return X  # What is inside checks it.
        if hasattr(X, "iloc"):
            return validate_data(self, X, reset=reset, skip_check_array=True)
        dtypes = [np.float64, np.float32]
        return validate_data(self, X, reset=reset, accept_sparse="csr", dtype=dtypes)
