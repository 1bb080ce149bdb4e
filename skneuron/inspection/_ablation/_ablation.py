"""`neuron_ablation`: remove every hidden neuron in turn and look at the score."""

from typing import overload

from skneuron.inspection._ablation._result import NeuronAblation, as_ablation
from skneuron.inspection._scoring import (
    EVERYTHING,
    RESAMPLE,
    WITHOUT_LOSSES,
    AblationProblem,
    RemovalScores,
    WantedSums,
    averaged,
    resamplings,
)
from skneuron.surgery import layer_replacements
from skneuron.utils import (
    ArrayLike,
    Estimator,
    Layers,
    MatrixLike,
    RandomState,
    Scoring,
    SeveralScorings,
    checked_flag,
    checked_int,
    checked_random_state,
)


@overload
def neuron_ablation(
    estimator: Estimator,
    X: MatrixLike,
    y: ArrayLike | None = None,
    *,
    scoring: Scoring = None,
    replacement: str = "zero",
    X_ref: MatrixLike | None = None,
    layers: Layers = None,
    sample_weight: ArrayLike | None = None,
    losses: bool = True,
    n_repeats: int = 5,
    random_state: RandomState = None,
    n_jobs: int | None = None,
) -> NeuronAblation: ...
@overload
def neuron_ablation(
    estimator: Estimator,
    X: MatrixLike,
    y: ArrayLike | None = None,
    *,
    scoring: SeveralScorings,
    replacement: str = "zero",
    X_ref: MatrixLike | None = None,
    layers: Layers = None,
    sample_weight: ArrayLike | None = None,
    losses: bool = True,
    n_repeats: int = 5,
    random_state: RandomState = None,
    n_jobs: int | None = None,
) -> dict[str, NeuronAblation]: ...
def neuron_ablation(
    estimator: Estimator,
    X: MatrixLike,
    y: ArrayLike | None = None,
    *,
    scoring: Scoring | SeveralScorings = None,
    replacement: str = "zero",
    X_ref: MatrixLike | None = None,
    layers: Layers = None,
    sample_weight: ArrayLike | None = None,
    losses: bool = True,
    n_repeats: int = 5,
    random_state: RandomState = None,
    n_jobs: int | None = None,
) -> NeuronAblation | dict[str, NeuronAblation]:
    """Score a fitted network without each of its hidden neurons in turn.

    This is exact :term:`ablation`: every number is what the network without the neuron really
    scores (up to float rounding), not an estimate. Use :term:`held-out` samples, which the network
    was not trained on. Mourao and Florindo ask this question of a digit recognition network [1]_;
    here it can be asked of any multilayer perceptron of scikit-learn.

    Parameters
    ----------
    estimator : estimator
        A fitted `MLPClassifier` or `MLPRegressor` (ours or scikit-learn's), a Pipeline that ends
        in one, a FrozenEstimator around one, or a fitted `RottenNeuronPruner`. Not changed.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Samples to score on, as the estimator takes them. If both they and the network are float32,
        sums are float32 as well, else float64, as in scikit-learn.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        True targets. Not needed, and not looked at, for "fidelity" and "agreement".
    scoring : str, callable, list, tuple or dict, default=None
        A scorer's name, a scorer, or a callable ``scoring(estimator, X, y)``; or several, as in
        `sklearn.inspection.permutation_importance`. None means accuracy for classifiers and R2
        for regressors. One pass over the samples gives all scores that follow from the confusion
        matrix (accuracy, balanced accuracy, F1, kappa, ...), the log-loss, "expected_accuracy"
        (see `skneuron.metrics`) and the squared errors. Other scorers of scikit-learn are called
        once for each neuron; for them only the layers after the neuron are computed again. Plain
        callables cost a whole prediction for each neuron.

        Two scores compare with the whole network itself, and need no ``y``. "fidelity" is minus
        the mean Kullback-Leibler divergence, in nats, from the whole network's predictions to
        those without the neuron; of several labels, divergences are summed. For regressors it is
        minus half the squared difference, or half the Poisson deviance, summed over the outputs
        (see `skneuron.metrics.fidelity_score`). "agreement", for classifiers, is the share of the
        samples whose predicted class stays, or whose labels all stay. The whole network has a
        "fidelity" of 0 and an "agreement" of 1, and no neuron can be rotten by them.
    replacement : {"zero", "mean", "linear", "resample"}, default="zero"
        What takes the removed neuron's place (see :term:`replacement`). "zero": nothing. "mean":
        its mean activation on ``X_ref``. "linear": its least-squares prediction, on ``X_ref``,
        from the others of its layer. "resample": in every sample, its activation in another
        sample, drawn at random, as permutation importance does with features [2]_.
        `prune_neurons` can do all but the last.
    X_ref : array-like of shape (n_samples_ref, n_features), default=None
        :term:`Reference samples <reference samples>` for ``replacement``: the training samples,
        for example. "zero" needs none, and "resample" then takes other samples of ``X``.
    layers : int or list of int, default=None
        Hidden layers to analyse, counted from 0 (or from the end, negative); None means all.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples in all scores and means; a callable is given them as
        ``sample_weight=...``. ``n_fixed`` and ``n_broken`` count samples, whatever their weight.
    losses : bool, default=True
        Whether to compute changes of the loss as well. Without them, a classifier takes 0.65 to
        0.9 of the time: most samples are too far from another prediction to be computed again.
        `NeuronAblation.verdicts` then has no test of the loss.
    n_repeats : int, default=5
        How often to draw, for ``replacement="resample"``; all results are means over the draws.
    random_state : int, RandomState instance or None, default=None
        Draws the other samples, for ``replacement="resample"``.
    n_jobs : int, default=None
        Workers of joblib for scorers that are called for each neuron. The pass over the samples
        uses numba's threads.

    Returns
    -------
    ablation : NeuronAblation, or dict of str to NeuronAblation if there are several scorers
        A Bunch with the entries ``layer``, ``index``, ``baseline_score``, ``scores``,
        ``importances`` and more; see `NeuronAblation`.

    Raises
    ------
    TypeError
        If there is no multilayer perceptron in ``estimator``.
    NotFittedError
        If it is not fitted.
    ValueError
        If the network's arrays do not fit together; the error names one, such as ``coefs_[1]``.
        If ``X`` or ``y`` does not fit the network: ``y`` is None and a score needs it, for
        example, or has labels never seen in training. If ``scoring``, ``replacement`` or
        ``layers`` is unknown, or ``replacement`` lacks its reference samples. If a score is
        undefined on these samples (the scorer fails or returns NaN), or "fidelity" or "agreement"
        meets outputs of the whole network that are not finite. If ``replacement="resample"`` and
        the scorer is a plain callable, or a weight of the network is NaN or infinite.

    See Also
    --------
    prune_neurons : Remove neurons for good.
    neuron_criterion : Classic criteria to compare with.
    NeuronAblation.verdicts : Which effects are beyond chance.

    Notes
    -----
    Failed training or a broken file can leave weights that are NaN or infinite. Such networks can
    be analysed: each is scored again without each neuron in turn, as `prune_neurons` and
    scikit-learn's ``score`` would do it, which costs one forward pass a neuron. Losses, and scores
    such as R2, are NaN as long as a NaN reaches the outputs. Of the other functions,
    `prune_neurons` and `neuron_pruning_path` take such networks as well. All others refuse them,
    with an error that names the first of these weights.

    References
    ----------
    .. [1] Mourao and Florindo, "Dissecting the Neural Code: neuron-by-neuron analysis of a digit
       recognition network", 2025, doi:10.5540/03.2025.011.01.0382 (abstract).
    .. [2] Breiman, "Random Forests", Machine Learning 45, 2001, doi:10.1023/A:1010933404324,
       section 10.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import neuron_ablation, prune_neurons
    >>> X, y = load_digits(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)
    >>> mlp = MLPClassifier((30,), max_iter=600, random_state=0).fit(X_train, y_train)
    >>> ablation = neuron_ablation(mlp, X_test, y_test)
    >>> ablation.importances.shape, ablation.class_importances.shape
    ((30,), (30, 10))

    The score without a neuron is the score of the network without it:

    >>> score = prune_neurons(mlp, [(0, 3)]).score(X_test, y_test)
    >>> bool(abs(ablation.scores[3] - score) < 1e-9)
    True
    """
    losses = checked_flag("losses", losses)
    n_repeats = checked_int("n_repeats", n_repeats, 1)
    checked_random_state(random_state)
    is_resampled = isinstance(replacement, str) and replacement == RESAMPLE
    problem = AblationProblem.of(
        estimator, X, y, scoring=scoring, sample_weight=sample_weight, layers=layers,
        replacement=replacement, X_ref=X_ref, n_jobs=n_jobs, several_scorers=True,
        more_replacements=(RESAMPLE,), finite=is_resampled,
    )  # fmt: skip
    extras = EVERYTHING if losses else WITHOUT_LOSSES
    if is_resampled:
        found = _by_resampling(problem, extras, n_repeats, random_state)
    else:
        found = problem.evaluate.by_scorer(
            problem.network, problem.layer_replacements(), problem.ablated, extras
        )
    results = {
        name: as_ablation(scores, problem.sizes, problem.ablated, problem.classes)
        for name, scores in found.items()
    }
    several = problem.evaluate.has_several_scorers
    return results if several else next(iter(results.values()))


def _by_resampling(
    problem: AblationProblem, extras: WantedSums, n_repeats: int, random_state: RandomState
) -> dict[str, RemovalScores]:
    evaluate, network, ablated = problem.evaluate, problem.network, problem.ablated
    source = evaluate.samples.X if problem.X_ref is None else problem.X_ref
    draws = resamplings(source, evaluate.samples.n_samples, n_repeats, random_state)
    replacements = layer_replacements(network, "zero", None)  # only to fill the place
    repeats = [
        evaluate.by_scorer(network, replacements, ablated, extras, resampling=draw)
        for draw in draws
    ]
    return {name: averaged([e[name] for e in repeats], ablated) for name in repeats[0]}
