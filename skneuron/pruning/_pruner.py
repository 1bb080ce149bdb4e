"""`RottenNeuronPruner`: train, see what every neuron contributes, remove those that do harm."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from numbers import Integral, Real
from typing import Any

from sklearn.base import BaseEstimator, MetaEstimatorMixin
from sklearn.utils.metadata_routing import MetadataRouter
from sklearn.utils.validation import validate_data

from skneuron.inspection._criteria import CRITERIA
from skneuron.inspection._pruning_path import ABLATION, STRATEGIES
from skneuron.pruning._chosen_network import fitted_attributes
from skneuron.pruning._comparing import ComparisonMixin
from skneuron.pruning._inputs import checked_X, checked_X_y
from skneuron.pruning._predictions import PrunedPredictionsMixin
from skneuron.pruning._routing import checked_fit_params, router_of, split_fit_params
from skneuron.pruning._settings import PrunerSettings, estimator_to_prune
from skneuron.pruning._support import NeuronSelectionMixin
from skneuron.pruning._task import pruning_task
from skneuron.surgery import REFITS, REPLACEMENTS
from skneuron.utils import (
    ArrayLike,
    CallbackSupportMixin,
    Criterion,
    Estimator,
    FitStages,
    HasMethods,
    Interval,
    MatrixLike,
    RandomState,
    RealNotInt,
    Scoring,
    StrOptions,
    fit_context,
    with_callbacks,
)


class RottenNeuronPruner(
    CallbackSupportMixin,
    ComparisonMixin,
    PrunedPredictionsMixin,
    NeuronSelectionMixin,
    MetaEstimatorMixin,
    BaseEstimator,
):
    """Remove the hidden neurons without which a multilayer perceptron scores better.

    `fit` trains a clone of ``estimator`` on one part of the data. On the other part, the
    :term:`evaluation part`, it scores the network without each hidden neuron, and removes those
    that the score is higher without [1]_. Predictions are those of the pruned network;
    `transform` gives the activations of its last hidden layer.

    The neurons are chosen on the evaluation part, so the gain there, ``pruned_score_ -
    baseline_score_``, is flattering. ``gain_`` is not, for it is :term:`cross-fitted` [2]_: one
    half of the evaluation part chooses neurons, the other half scores what is left, and the
    other way round.

    Parameters
    ----------
    estimator : estimator, default=None
        A `MLPClassifier` or `MLPRegressor` (ours or scikit-learn's), or a Pipeline that ends in
        one. None means ``PrunableMLPClassifier(random_state=random_state)``.
    threshold : float or str, default=0.0
        A neuron stays if its :term:`importance` (loss of score without it) is at least this, in
        units of the score. The default removes rotten neurons only and keeps those that change
        nothing. "mean", "median" and multiples such as "1.25*mean" are of the importances in the
        whole network. "auto" lets one half of the evaluation part choose networks of every size
        and the other half score them. It takes the size with the highest score, or the whole
        network if that gains no more than a standard error. Use it where the smaller network
        should be the better one, for most rotten neurons are so by luck. Not looked at if a size
        or ``tol`` is given.
    replacement : {"zero", "mean", "linear"}, default="zero"
        What takes a removed neuron's place: nothing, its mean activation, or its least-squares
        prediction from the neurons that its layer still has. Means and predictions are taken on
        the training part; with ``cv="prefit"``, on the data given to `fit`. The default shows
        what a neuron does itself; "linear" keeps more of the score where many neurons go.
    strategy : {"greedy", "one_shot", "swap", "obs"}, default="greedy"
        How neurons are chosen; `neuron_pruning_path` says more.

        - "greedy" removes the least important neuron and ranks the others again, until none is
          below ``threshold``. It is the default because neurons interact.
        - "one_shot" ranks once and removes all below ``threshold``: faster, and it can do harm.
        - "swap" is greedy at first, then exchanges removed neurons with kept ones as long as the
          score rises. With ``threshold="auto"`` the size is chosen along greedy paths.
        - "obs" removes the neurons that the outputs miss least if the others take over. It is
          meant for ``replacement="linear"``. Its importances are predicted losses, in nats, and
          never below 0. So the default ``threshold`` removes nothing: say how far to go.
    criterion : str or callable, default="ablation"
        What neurons are ranked by on the evaluation part: exact importance ("ablation"), a name
        that `neuron_criterion` knows, or a function ``criterion(estimator, X, y)``. The function
        returns an importance for every hidden neuron, NaN for those that must not be removed.
    scoring : str or callable, default=None
        A scorer or its name; None means accuracy for classifiers, R2 for regressors.
        "expected_accuracy" (see `skneuron.metrics`) is not misled by wrong labels. "fidelity" and
        "agreement" compare with the network before it is pruned, and do not look at ``y``: with
        ``cv="prefit"``, none is needed. See `neuron_ablation`. By these two no neuron is rotten,
        so say how far to go: by ``n_neurons_to_select`` or ``tol``. `score` of the fitted pruner
        is by this scorer as well.
    n_neurons_to_select : int, float or list of int, default=None
        How many hidden neurons to keep: a number, a share of all, or a number for each layer.
        None leaves it to ``threshold``.
    max_parameters : int, default=None
        The most weights and biases that the pruned network may have. Only one size may be given.
    max_bytes : int, default=None
        The most bytes that its weights and biases may take, in the dtype that they have.
    tol : float, default=None
        How far the score may fall below the whole network's. As many neurons go as this allows.
    alpha : float, default=None
        Remove only neurons that are rotten beyond chance, at this false-discovery rate (see
        :term:`alpha`). `NeuronAblation.verdicts` says how ``scoring`` is tested and how long it
        takes. The test is repeated at every step, on the same samples; "swap" then exchanges
        nothing. With None, nothing is tested.
    step : int or float, default=1
        How many neurons "greedy" removes before it ranks the others again, or what share of all.
    min_neurons_per_layer : int, default=1
        No layer is made smaller than this.
    layers : int or list of int, default=None
        Hidden layers to prune, from 0 (or from the end, negative); None means all.
    refit : {"outputs", "behind", "span"}, default=None
        Repair the pruned network, without labels, by bringing its outputs back to the whole one's;
        see `refit_pruned`. Use it where most neurons go. After "span" the first layer's neurons
        are new mixtures, and ``support_`` says where they started. None leaves the very network
        whose score the path reports. What goes is decided before the repair, also by ``tol``.
    fine_tune : int, default=0
        Epochs of training that follow on the training part. The optimizer goes on from the state
        that it is in; after a ``refit`` it begins anew.
    cv : float, "prefit", or splitter, default=0.2
        Which samples are the evaluation part. A float is its share of the data (stratified for
        classifiers). A splitter or an iterable has to yield one split, ``[(train, evaluation)]``.
        "prefit" says that ``estimator`` is fitted: all data given to `fit` is then evaluation
        data. Where the pruner is cloned, as in cross-validation, "prefit" needs a
        `FrozenEstimator`.
    memory : str or joblib.Memory, default=None
        Where to keep the trained network: a search over ``threshold`` then trains once for every
        part of the data, if ``random_state`` is an int here and in ``estimator``.
    estimate_gain : bool, default=True
        Whether to find ``gain_`` and ``null_gain_``, which takes about as long as pruning,
        and with ``refit`` as long as 12 repairs.
    random_state : int, RandomState instance or None, default=None
        Controls the split if ``cv`` is a float, the default estimator, the halves that
        ``gain_`` is found with, and random removal.
    n_jobs : int, default=None
        Workers of joblib for scorers that are called for each network; see `neuron_ablation`.
        Accuracy and the like use numba's threads.

    Attributes
    ----------
    estimator_ : estimator
        The pruned network, a smaller copy if ``cv="prefit"``. To remove more of its neurons, use
        ``prune_neurons(pruner, ...)``, which keeps ``support_``, ``ranking_`` and the numbers of
        neurons and parameters true; scores and gains are those of `fit`.
    support_ : ndarray of shape (n_neurons,)
        True for the neurons that stayed, all hidden layers in layer-major order.
    ranking_ : ndarray of shape (n_neurons,)
        1 for neurons that stayed, 2 for the one removed last, and so on. After exchanges of
        "swap" this is no order of importance: neurons are then removed layer by layer.
    importances_ : ndarray of shape (n_neurons,)
        Importances in the whole network; NaN in layers that ``layers`` leaves out.
    ablation_ : NeuronAblation
        All that `neuron_ablation` says of the whole network on the evaluation part. For tests of
        any score it keeps these samples in memory; copies and pickles of it leave them out.
    pruning_path_ : NeuronPruningPath
        As `neuron_pruning_path` returns it: the removed neurons in order, with scores on the
        evaluation part. Its ``prune_to`` gives the networks between the whole one and the pruned
        one, before ``fine_tune``, in a Pipeline if ``estimator`` is one. For this it keeps the
        whole trained network. Predictions need no path: ``del pruner.pruning_path_`` makes a
        pickle smaller.
    baseline_estimator_ : estimator
        ``estimator`` with the whole network, as trained. ``pruning_path_`` keeps it.
    n_neurons_ : int
        Hidden neurons that stayed.
    n_parameters_ : int
        Weights and biases of the pruned network, as it is now.
    baseline_score_, pruned_score_ : float
        Scores before and after on the evaluation part, on which the neurons were chosen.
    gain_ : float
        Change of score that this way of pruning brings on held-out samples: networks pruned
        by each half of the evaluation part are scored on the other half. They are not
        quite ``estimator_``, for half as many samples chose their neurons, and they are not
        fine-tuned; ``refit`` repairs them as well. NaN without ``estimate_gain``, with fewer than
        40 samples to evaluate on, or if the scorer cannot score a part of them.
    gain_confidence_interval_ : tuple of float
        Interval of ``gain_`` at 95 %, by a jackknife over 20 groups of samples. It holds for new
        samples, not for another training.
    null_gain_ : float
        The :term:`null gain`: ``gain_`` if as many neurons of each layer are removed at random.
    threshold_ : float
        The threshold that was used; infinity for "auto".
    classes_ : ndarray of shape (n_classes,)
        Class labels. Only for classifiers.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names. Only if `fit` was given a data frame.

    See Also
    --------
    RottenNeuronPrunerCV : Chooses the threshold or the size by cross-validation.
    neuron_ablation : The analysis alone.
    neuron_pruning_path : All sizes at once, of a fitted network.
    prune_neurons : The surgery alone.

    References
    ----------
    .. [1] Mourao and Florindo, "Dissecting the Neural Code: neuron-by-neuron analysis of a digit
       recognition network", 2025, doi:10.5540/03.2025.011.01.0382 (abstract).
    .. [2] Chernozhukov, Chetverikov, Demirer, Duflo, Hansen, Newey and Robins, "Double/debiased
       machine learning for treatment and structural parameters", The Econometrics Journal 21,
       2018, doi:10.1111/ectj.12097: cross-fitting.

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
        "max_parameters": [Interval(Integral, 1, None, closed="left"), None],
        "max_bytes": [Interval(Integral, 1, None, closed="left"), None],
        "tol": [Interval(Real, 0, None, closed="left"), None],
        "alpha": [Interval(Real, 0, 1, closed="neither"), None],
        "step": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="neither"),
        ],
        "min_neurons_per_layer": [Interval(Integral, 1, None, closed="left")],
        "layers": ["array-like", Integral, None],
        "refit": [StrOptions(set(REFITS)), None],
        "fine_tune": [Interval(Integral, 0, None, closed="left")],
        # No number of folds: the network is trained once.
        "cv": [
            Interval(Real, 0, 1, closed="neither"),
            StrOptions({"prefit"}),
            HasMethods(["split", "get_n_splits"]),
            "array-like",
            HasMethods(["__next__"]),
        ],
        "memory": [str, HasMethods(["cache"]), None],
        "estimate_gain": ["boolean"],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        estimator: Estimator | None = None,
        *,
        threshold: float | str = 0.0,
        replacement: str = "zero",
        strategy: str = "greedy",
        criterion: Criterion = "ablation",
        scoring: Scoring = None,
        n_neurons_to_select: int | float | Iterable[int] | None = None,
        max_parameters: int | None = None,
        max_bytes: int | None = None,
        tol: float | None = None,
        alpha: float | None = None,
        step: int | float = 1,
        min_neurons_per_layer: int = 1,
        layers: int | Iterable[int] | None = None,
        refit: str | None = None,
        fine_tune: int = 0,
        cv: Any = 0.2,
        memory: Any = None,
        estimate_gain: bool = True,
        random_state: RandomState = None,
        n_jobs: int | None = None,
    ):
        self.estimator = estimator
        self.threshold = threshold
        self.replacement = replacement
        self.strategy = strategy
        self.criterion = criterion
        self.scoring = scoring
        self.n_neurons_to_select = n_neurons_to_select
        self.max_parameters = max_parameters
        self.max_bytes = max_bytes
        self.tol = tol
        self.alpha = alpha
        self.step = step
        self.min_neurons_per_layer = min_neurons_per_layer
        self.layers = layers
        self.refit = refit
        self.fine_tune = fine_tune
        self.cv = cv
        self.memory = memory
        self.estimate_gain = estimate_gain
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _base_estimator(self) -> Any:
        return estimator_to_prune(self.estimator, self.random_state)

    @fit_context(prefer_skip_nested_validation=False)
    @with_callbacks
    def fit(
        self,
        X: MatrixLike,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        X_refit: MatrixLike | None = None,
        **fit_params: Any,
    ) -> "RottenNeuronPruner":
        """Train the network, choose neurons and remove them.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to train on and to choose neurons by.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Needed to train, and for all scores but "fidelity" and "agreement".
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, for training and for scoring. Splits and replacements count
            every sample once. With metadata routing enabled, weights are for training if
            ``estimator`` requests them, and for scoring if ``scoring`` is a scorer that requests
            them; a scorer without requests gets the weights of the training.
        X_refit : {array-like, sparse matrix} of shape (n_refit, n_features), default=None
            Samples for ``refit``, without labels; None means the training part, or with
            ``cv="prefit"`` all samples.
        **fit_params : dict
            ``groups``, one entry a sample, for a splitter ``cv`` and for ``refit``, which holds
            out whole groups. With metadata routing enabled, what ``estimator``, ``cv`` and
            ``scoring`` request.

        Returns
        -------
        self : RottenNeuronPruner
            Fitted.

        Raises
        ------
        TypeError
            If ``estimator`` has no multilayer perceptron at its end.
        ValueError
            If a parameter is out of range, ``cv`` yields several splits, the evaluation part has
            labels that the training part lacks, or, with ``cv="prefit"``, the network's arrays do
            not fit together or a weight is NaN or infinite. `neuron_ablation` says what the
            neurons of such a network do, and `prune_neurons` removes them.
        """
        settings = PrunerSettings.of(self)
        X, y = checked_X_y(self, settings.estimator, X, y)
        fit_params = checked_fit_params({"sample_weight": sample_weight, **fit_params}, X)
        n_stages = 1 if settings.is_prefit else 2
        stages = FitStages(self, X, y, fit_params.get("sample_weight"), n_stages)
        params = split_fit_params(self, settings.estimator, fit_params)
        train = partial(stages.stage, "train")
        task = pruning_task(settings, X, y, params, train, X_refit)
        with stages.stage("prune", has_pieces=settings.refit is not None) as tell:
            task = replace(task, on_look=lambda look: tell(f"repair {look.stage}"))
            attributes = fitted_attributes(task, estimate_gain=self.estimate_gain)
        for name, value in attributes.items():
            setattr(self, name, value)
        validate_data(self, X, skip_check_array=True)  # sets n_features_in_
        stages.end()
        return self

    def get_metadata_routing(self) -> MetadataRouter:
        """Routing of metadata; see scikit-learn's user guide.

        Returns
        -------
        routing : MetadataRouter
            What this estimator requests, and what it passes on.
        """
        return router_of(self, self.scoring, estimator=self._base_estimator())

    def _rows(self, X: Any) -> Any:
        return checked_X(self, self._base_estimator(), X)
