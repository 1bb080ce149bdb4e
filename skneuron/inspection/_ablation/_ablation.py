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
    """The exact effect of removing each hidden neuron of a fitted network on its score.

    The question that Mourao and Florindo ask of digit recognition networks [1]_, for any
    multilayer perceptron of scikit-learn. Every number is what the network without the neuron
    really scores (up to float rounding), not an estimate. Use data that the network was not
    trained on.

    Parameters
    ----------
    estimator : estimator
        A fitted `MLPClassifier` or `MLPRegressor` (ours or scikit-learn's), a Pipeline that ends
        in one, a FrozenEstimator around one, or a fitted `RottenNeuronPruner`. Not changed.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Samples to score on, as the estimator takes them. They are computed on in float32 if both
        they and the network are float32, else in float64, as in scikit-learn.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        True targets. Not needed, and not looked at, for "fidelity" and "agreement".
    scoring : str, callable, list, tuple or dict, default=None
        A scorer's name, a scorer, or a callable ``scoring(estimator, X, y)``; or several, as in
        `sklearn.inspection.permutation_importance`. None means accuracy for classifiers and R2
        for regressors. One pass over the samples gives all scores that follow from the confusion
        matrix (accuracy, balanced accuracy, F1, kappa, ...), the log-loss, "expected_accuracy"
        (see `skneuron.metrics`) and the squared errors. Other scorers of scikit-learn's are
        called once for each neuron, on outputs for which only the layers after the neuron's are
        computed again. Plain callables cost a whole prediction for each neuron.

        Two scores compare with the whole network itself, and need no ``y``. "fidelity" is minus
        the mean Kullback-Leibler divergence from its predictions to those of the network without
        the neuron, in nats, summed over the labels if a sample has several; for regressors minus
        half the squared difference, or half the Poisson deviance, summed over the outputs (see
        `skneuron.metrics.fidelity_score`). "agreement", for classifiers, is the share of the
        samples whose predicted class stays, or whose labels all stay. They are 0 and 1 for the
        whole network, and no neuron can be rotten by them.
    replacement : {"zero", "mean", "linear", "resample"}, default="zero"
        What takes the removed neuron's place: nothing; its mean activation on ``X_ref``; its
        least-squares prediction, on ``X_ref``, from the others of its layer; or, in every
        sample, its activation in another sample, drawn at random, as permutation importance does
        with features. `prune_neurons` can do all but the last.
    X_ref : array-like of shape (n_samples_ref, n_features), default=None
        Reference samples for ``replacement``; the training data, for example. "zero" needs none,
        and "resample" takes other samples of ``X`` if there are none.
    layers : int or list of int, default=None
        Hidden layers to analyse, counted from 0 (or from the end, negative); None means all.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples in all scores and means; a callable is given them as
        ``sample_weight=...``. ``n_fixed`` and ``n_broken`` are numbers of samples all the same.
    losses : bool, default=True
        Whether to have the changes of the loss as well. Without them, a classifier takes 0.65 to
        0.9 of the time: most samples are too far from another prediction to be computed again.
        `NeuronAblation.verdicts` then has no test of the loss.
    n_repeats : int, default=5
        How often to draw, for ``replacement="resample"``; all results are means over the draws.
    random_state : int, RandomState instance or None, default=None
        For ``replacement="resample"``.
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
        If the network's arrays do not fit together, which the error names (``coefs_[1]``), or
        ``replacement="resample"`` and a weight is NaN or infinite; if ``X`` or ``y`` does not
        fit the network, ``y`` is None and a score needs it, or has labels never seen in training,
        "fidelity" or "agreement" meets outputs of the whole network that are not finite,
        ``scoring``, ``replacement`` or ``layers`` is unknown, a score is undefined on these
        samples (the scorer fails or returns NaN), ``replacement`` lacks its reference data, or a
        plain callable scores ``replacement="resample"``.

    See Also
    --------
    prune_neurons : Remove neurons for good.
    neuron_criterion : Classic criteria to compare with.
    NeuronAblation.verdicts : Which effects are beyond chance.

    Notes
    -----
    Weights that are NaN or infinite, as failed training or a broken file leaves them, are taken
    for what they are: the network is then scored again without each neuron in turn, as
    `prune_neurons` and scikit-learn's ``score`` would do it, at the cost of one forward pass a
    neuron. Losses, and scores such as R2, are NaN as long as a NaN reaches the outputs. All other
    functions but `prune_neurons` and `neuron_pruning_path` refuse such networks, and the error
    names the first of these weights.

    References
    ----------
    .. [1] Mourao and Florindo, "Dissecting the Neural Code: neuron-by-neuron analysis of a digit
       recognition network", 2025, doi:10.5540/03.2025.011.01.0382 (abstract).

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import neuron_ablation
    >>> X, y = load_digits(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)
    >>> mlp = MLPClassifier((30,), max_iter=600, random_state=0).fit(X_train, y_train)
    >>> ablation = neuron_ablation(mlp, X_test, y_test)
    >>> ablation.importances.shape, ablation.class_importances.shape
    ((30,), (30, 10))
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
