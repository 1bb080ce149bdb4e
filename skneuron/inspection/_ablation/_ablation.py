"""`neuron_ablation`: remove every hidden neuron in turn and look at the score."""

from numbers import Integral
from typing import Any

import numpy as np

from skneuron.inspection._ablation._result import as_ablation
from skneuron.inspection._scoring import (
    RESAMPLE,
    Evaluator,
    RemovalScores,
    averaged,
    evaluator_for,
    resamplings,
)
from skneuron.surgery import (
    Network,
    flat_addresses,
    layer_replacements,
    reference_rows,
    selected_layers,
    unwrap,
)


def ablated_neurons(sizes: tuple[int, ...], layers: Any) -> np.ndarray:
    """Mask over all neurons of hidden layers of these sizes, of those in the selected layers."""
    if not sizes:
        raise ValueError("estimator has no hidden layer (hidden_layer_sizes=()).")
    return np.isin(flat_addresses(sizes)[0], selected_layers(layers, len(sizes)))


def neuron_ablation(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    scoring: Any = None,
    replacement: str = "zero",
    X_ref: Any = None,
    layers: Any = None,
    sample_weight: Any = None,
    losses: bool = True,
    n_repeats: int = 5,
    random_state: Any = None,
    n_jobs: int | None = None,
) -> Any:
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
        Rows to score on, as the estimator takes them. They are computed on in float32 if both
        they and the network are float32, else in float64, as in scikit-learn.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True targets.
    scoring : str, callable, list, tuple or dict, default=None
        A scorer's name, a scorer, or a callable ``scoring(estimator, X, y)``; or several, as in
        `sklearn.inspection.permutation_importance`. None means accuracy for classifiers and R2
        for regressors. One pass over the rows gives all that follows from the confusion matrix
        (accuracy, balanced accuracy, F1, kappa, ...), the log-loss, "expected_accuracy" (see
        `skneuron.metrics`) and the squared errors. Other
        scorers of scikit-learn's cost a call a neuron on outputs for which only the layers
        behind the neuron are computed again, and plain callables a whole prediction.
    replacement : {"zero", "mean", "linear", "resample"}, default="zero"
        What takes the removed neuron's place: nothing; its mean activation on ``X_ref``; its
        least-squares prediction, on ``X_ref``, from the others of its layer; or, in every row,
        its activation in another row, drawn at random, as permutation importance does with
        features. All but the last are what `prune_neurons` can do.
    X_ref : array-like of shape (n_samples_ref, n_features), default=None
        Reference data for ``replacement``; the training data, for example. "zero" needs none,
        and "resample" takes other rows of ``X`` if there is none.
    layers : int or list of int, default=None
        Hidden layers to analyse, counted from 0 (or from the end, negative); None means all.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows in all scores and means; a callable is given them as
        ``sample_weight=...``. ``n_fixed`` and ``n_broken`` count rows.
    losses : bool, default=True
        Whether to have the changes of the loss as well. Without them, a classifier takes 0.65 to
        0.9 of the time: most rows are too far from another prediction to be computed again.
        `NeuronAblation.verdicts` can then test accuracy only.
    n_repeats : int, default=5
        How often to draw, for ``replacement="resample"``; all results are means over the draws.
    random_state : int, RandomState instance or None, default=None
        For ``replacement="resample"``.
    n_jobs : int, default=None
        joblib workers for scorers that need a call a neuron. The pass over the rows uses numba's
        threads.

    Returns
    -------
    ablation : NeuronAblation, or dict of str to NeuronAblation if there are several scorers
        A Bunch with one entry a neuron, in layer-major order:

        layer, index : ndarray of shape (n_neurons,)
            Its address.
        baseline_score : float
            Score of the whole network.
        scores : ndarray of shape (n_neurons,)
            Score without the neuron.
        importances : ndarray of shape (n_neurons,)
            ``baseline_score - scores``: positive if the neuron is useful, negative if it is
            rotten.
        n_fixed, n_broken : ndarray of shape (n_neurons,)
            Rows whose prediction becomes right, or wrong, without the neuron. Only for
            classifiers; if rows have any number of labels, all of them must be right.
        class_importances : ndarray of shape (n_neurons, n_classes)
            Loss of every class's recall without the neuron; NaN for a class without rows. Only
            for single-label classifiers, like ``classes``, the labels of these columns, and
            what follows.
        confusion_matrices : ndarray of shape (n_neurons, n_classes, n_classes)
            Rows, or their weight, by true (second axis) and predicted class without the neuron.
            Not kept if they would take more than 64 MiB.
        confusion_matrix : ndarray of shape (n_classes, n_classes)
            That of the whole network.
        loss_importances : ndarray of shape (n_neurons,)
            Rise of the mean loss without the neuron: of the log-loss for classifiers (summed over
            labels if rows have any number of them), with probabilities kept from 0 and 1 as in
            `sklearn.metrics.log_loss`; of the squared error or the Poisson deviance for
            regressors, averaged over outputs. Only with ``losses``, like the next two.
        loss_std : ndarray of shape (n_neurons,)
            Spread of these changes from row to row: ``loss_std / sqrt(n_samples)`` is the
            standard error of ``loss_importances``, also with ``sample_weight``.
        baseline_loss : float
            Mean loss of the whole network.
        n_samples : int
        default_test : {"mcnemar", "loss"}
            What ``verdicts(test="auto")`` will test.
        importances_std : ndarray of shape (n_neurons,)
            Standard deviation of the importances over the draws; only for "resample", like
            ``repeats``, the importances of every draw, (n_neurons, n_repeats).

    Raises
    ------
    TypeError
        If there is no multilayer perceptron in ``estimator``.
    NotFittedError
        If it is not fitted.
    ValueError
        If ``X`` or ``y`` does not fit the network, ``y`` has labels never seen in training,
        ``scoring``, ``replacement`` or ``layers`` is unknown, ``replacement`` lacks its
        reference data, or a plain callable is to score "resample".

    See Also
    --------
    prune_neurons : Remove neurons for good.
    neuron_criterion : Classic criteria to compare with.
    NeuronAblation.verdicts : Which effects are beyond chance.

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
    mlp, transformers = unwrap(estimator)
    network = Network.from_mlp(mlp)
    ablated = ablated_neurons(network.hidden_layer_sizes, layers)
    rows_ref = reference_rows(
        mlp, transformers, replacement, X_ref, name="X_ref", more=(RESAMPLE,)
    )
    evaluate = evaluator_for(
        estimator, X, y, scoring=scoring, sample_weight=sample_weight, n_jobs=n_jobs
    )
    if replacement == RESAMPLE:
        found = _by_resampling(
            evaluate, network, ablated, rows_ref, losses, n_repeats, random_state
        )
    else:
        replacements = layer_replacements(network, replacement, rows_ref)
        found = evaluate.by_scorer(network, replacements, ablated, losses=losses)
    sizes, classes = network.hidden_layer_sizes, getattr(mlp, "classes_", None)
    results = {name: as_ablation(e, sizes, ablated, classes) for name, e in found.items()}
    return results if evaluate.has_several_scorers else next(iter(results.values()))


def _by_resampling(
    evaluate: Evaluator,
    network: Network,
    ablated: np.ndarray,
    rows_ref: Any,
    losses: bool,
    n_repeats: Any,
    random_state: Any,
) -> dict[str, RemovalScores]:
    if not isinstance(n_repeats, Integral) or n_repeats < 1:
        raise ValueError(f"n_repeats={n_repeats!r} must be an int of at least 1.")
    source = evaluate.samples.X if rows_ref is None else rows_ref
    draws = resamplings(source, evaluate.samples.n_samples, int(n_repeats), random_state)
    replacements = layer_replacements(network, "zero", None)  # only to fill the place
    repeats = [
        evaluate.by_scorer(network, replacements, ablated, resampling=draw, losses=losses)
        for draw in draws
    ]
    return {name: averaged([e[name] for e in repeats], ablated) for name in repeats[0]}
