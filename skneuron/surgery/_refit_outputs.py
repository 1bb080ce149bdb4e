"""`refit_outputs`: new weights for the output layer alone, from held-out samples."""

from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv

from skneuron.surgery._network import Network, hidden_activations, rows_for, unwrap
from skneuron.surgery._output_choice import OutputTask, Split, chosen_outputs
from skneuron.surgery._output_kinds import OUTPUT_KINDS, OutputKind
from skneuron.surgery._refit import forget_training
from skneuron.utils import (
    AnyEstimator,
    ArrayLike,
    FloatArray,
    IntArray,
    MatrixLike,
    checked_int,
    checked_random_state,
    checked_sample_weight,
    checked_target,
    is_int,
    is_multilabel,
    is_real,
    label_codes,
    naming,
    output_targets,
    replace_parameters,
    single_blas_thread,
)

# In units of the neurons' mean variance. The largest does little more than set the scale and the
# intercepts, the smallest is least squares but for directions that hardly occur.
PENALTIES = tuple(float(penalty) for penalty in np.logspace(3, -4, 15))
PURPOSES = {"fit": "to fit outputs to", "held_out": "to score them on"}


class OutputRefit(NamedTuple):
    """An estimator with other outputs, and the penalty; infinite if nothing has changed."""

    estimator: Any
    penalty: float


def refit_outputs(
    estimator: AnyEstimator,
    X: MatrixLike,
    y: Any,
    *,
    penalties: ArrayLike | None = None,
    cv: Any = 5,
    sample_weight: ArrayLike | None = None,
    random_state: Any = None,
) -> AnyEstimator:
    """Refit the output layer of a fitted network on samples that it was not trained on.

    This is for networks that have learnt wrong labels by heart. What their hidden neurons compute
    is often still good; only the output layer makes the wrong use of it [1]_. :term:`Held-out
    <held-out>` samples tell it the right one, even if as many of their labels are wrong. The
    hidden layers stay as they are.

    Parameters
    ----------
    estimator : estimator
        A fitted `MLPClassifier` or `MLPRegressor` (ours or scikit-learn's), a Pipeline that ends
        in one, a FrozenEstimator around one, or a fitted `RottenNeuronPruner`. It is not
        changed.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Samples that the network was **not** trained on, as the estimator takes them. Samples that
        it knows by heart would only confirm it.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their targets, some of which may be wrong. Every class needs at least one sample. Every
        label of a multilabel network needs one sample with it and one without it.
    penalties : array-like of float, default=None
        Candidates for the price of changing weights, in units of the mean variance of the last
        hidden layer's neurons: the larger, the less changes. No change at all is always a
        candidate. None means 15 values from 1000 to 0.0001.
    cv : int, splitter or iterable, default=5
        How the penalty is chosen. An int is a number of folds, drawn at random, with the classes
        in equal shares. Else it is what scikit-learn's `GridSearchCV` takes; for samples that
        belong together, for example ``GroupKFold(5).split(X, y, groups)``.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples, in the fit and in the choice.
    random_state : int, RandomState instance or None, default=None
        Draws the folds, if ``cv`` is an int.

    Returns
    -------
    refitted : estimator
        A deep copy, of the same class, with another output layer; with the same one if no penalty
        is better than no change. Its training can go on, with a new state of the optimizer. The
        best loss or validation score so far is forgotten.

    Raises
    ------
    TypeError
        If there is no multilayer perceptron in ``estimator``.
    NotFittedError
        If it is not fitted.
    ValueError
        If ``X`` or ``y`` is not data that the estimator can be scored on, a class is missing, or
        ``penalties`` or ``cv`` is not as above; if the network has weights that are NaN or
        infinite, no hidden layer, or outputs by ``loss="poisson"``.

    See Also
    --------
    prune_neurons : Remove hidden neurons.
    RottenNeuronPruner : Remove the neurons that do harm, or do little.
    refit_pruned : Changes weights without labels, after pruning.

    Notes
    -----
    The new weights are those of ridge regression from the activations of the last hidden layer to
    the targets (0 and 1 for classes). The penalty pulls them not towards 0 but towards the present
    weights, after these are scaled to fit the targets best (one factor for each output, but a
    single one for softmax).

    One penalty is chosen by cross-validation, by the score of the estimator: accuracy or R2. It
    has to beat no change by a standard error of the difference; among equal ones the largest
    wins, which changes least.

    Classes are decided by the refitted outputs. For probabilities these are multiplied by the
    number that gives the lowest log-loss on the folds' held-out samples. So probabilities are
    those of labels as they are in ``y``, wrong ones included: with 40 % of ten classes' labels
    drawn at random, none is far above 0.64.

    A logistic refit, pulled towards the present weights or towards 0, gained less (MNIST, 40 %
    wrong labels, 250 to 10,000 samples), and both harm where there are few samples.

    How many samples are enough? With 250 samples of MNIST's ten classes, and 40, 20 and 0 % of
    their labels random, accuracy changed by +2.65, +0.75 and -0.02 points on average over 50
    draws, and at worst by 0, -0.1 and -1.2. With 100 samples and 40 %, it lost 0.4 on average.

    References
    ----------
    .. [1] Kirichenko, Izmailov and Wilson, "Last Layer Re-Training is Sufficient for Robustness to
       Spurious Correlations", ICLR 2023, arXiv:2204.02937: the same remedy for another fault.

    Examples
    --------
    Half of the labels are random, and the network has learnt them:

    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from skneuron import PrunableMLPClassifier, refit_outputs
    >>> X, y = load_digits(return_X_y=True)
    >>> X, rng = X / 16, np.random.default_rng(0)
    >>> noisy = np.where(rng.random(len(y)) < 0.5, rng.permutation(y), y)
    >>> network = PrunableMLPClassifier(
    ...     (100,), max_iter=1000, learning_rate_init=0.01, random_state=0
    ... ).fit(X[:600], noisy[:600])
    >>> refitted = refit_outputs(network, X[600:1200], noisy[600:1200], random_state=0)
    >>> bool(refitted.score(X[1200:], y[1200:]) > network.score(X[1200:], y[1200:]) + 0.2)
    True
    """
    refitted: AnyEstimator = refit_with_penalty(
        estimator, X, y, penalties=penalties, cv=cv, sample_weight=sample_weight,
        random_state=random_state,
    ).estimator  # fmt: skip
    return refitted


def refit_with_penalty(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    penalties: Any = None,
    cv: Any = 5,
    sample_weight: Any = None,
    random_state: Any = None,
) -> OutputRefit:
    """What `refit_outputs` returns, and the penalty that was chosen."""
    mlp, transformers = unwrap(estimator)
    network = Network.from_mlp(mlp)
    kind = _checked_kind(network)
    from_small_to_large_change = _checked_penalties(penalties)
    rng = checked_random_state(random_state)
    if y is None:
        raise ValueError("y=None: the outputs are refitted to the targets.")
    rows = rows_for(mlp, transformers, X)
    y = checked_target(rows, y)
    weights = checked_sample_weight(
        sample_weight, rows, dtype=np.float64, ensure_non_negative=True
    )
    targets = output_targets(mlp, y)
    strata = _strata(mlp, y, targets, weights)
    splits = _checked_splits(cv, X, y, strata, weights, rng)
    if is_classifier(mlp) and len(mlp.classes_) == 1:
        return OutputRefit(deepcopy(estimator), np.inf)  # which is predicted whatever comes out
    activations = hidden_activations(network, rows, len(network.coefs) - 2)
    if not np.isfinite(activations).all():
        raise ValueError("X: activations of the last hidden layer overflow; scale the features.")
    with single_blas_thread():
        task = OutputTask(activations, targets, weights, kind)
        chosen = chosen_outputs(
            task, network.coefs[-1], network.intercepts[-1], splits, from_small_to_large_change
        )
    refitted = deepcopy(estimator)
    if chosen.penalty < np.inf:
        _replace_outputs(unwrap(refitted)[0], chosen.coef, chosen.intercept)
    return OutputRefit(refitted, chosen.penalty)


def _checked_kind(network: Network) -> OutputKind:
    if len(network.coefs) < 2:
        raise ValueError("the network has no hidden layer: its outputs are all that it has.")
    if network.out_activation not in OUTPUT_KINDS:
        raise ValueError(
            "the network was trained with loss='poisson': outputs are refitted by least squares, "
            "which takes loss='squared_error'."
        )
    return OUTPUT_KINDS[network.out_activation]


def _checked_penalties(penalties: Any) -> list[float]:
    """From the smallest change to the largest."""
    if penalties is None:
        return list(PENALTIES)
    try:
        values = [] if isinstance(penalties, str | bytes) else list(penalties)
    except TypeError:
        values = []
    if not values or not all(is_real(value) and 0 < value < np.inf for value in values):
        raise ValueError(
            f"penalties={penalties!r} must be finite numbers above 0, one or several, such as "
            "[0.1, 1, 10]."
        )
    return sorted({float(value) for value in values}, reverse=True)


def _strata(mlp: Any, y: Any, targets: FloatArray, weights: FloatArray) -> IntArray:
    """What folds have in equal shares: classes; all the same for other targets.

    Raises ValueError if the samples that count lack a class.
    """
    counted = weights > 0
    if is_multilabel(mlp):
        shares = targets[counted].mean(axis=0)
        if (missing := mlp.classes_[(shares == 0) | (shares == 1)]).size:
            raise ValueError(
                f"y has the label(s) {missing.tolist()} at all samples or at none: an output is "
                "refitted to samples with its label and without it."
            )
    elif is_classifier(mlp):
        codes = label_codes(mlp, y)
        counts = np.bincount(codes[counted], minlength=len(mlp.classes_))
        if (missing := mlp.classes_[counts == 0]).size:
            raise ValueError(
                f"y has no sample of the class(es) {missing.tolist()}: outputs are refitted to "
                "samples of all classes that the network knows."
            )
        return codes
    return np.zeros(len(y), dtype=np.int32)


def _checked_splits(
    cv: Any, X: Any, y: Any, strata: IntArray, weights: FloatArray, rng: np.random.RandomState
) -> list[Split]:
    """Row numbers, by `cv` as the user gave it."""
    n = len(strata)
    cv = 5 if cv is None else cv
    if is_int(cv):
        cv = checked_int("cv", cv, 2, n, why=f"at most the number of samples, {n}")
        fold = np.empty(n, dtype=np.intp)
        fold[np.lexsort((rng.permutation(n), strata))] = np.arange(n) % cv
        splits = [Split(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(cv)]
    else:
        try:
            splitter = check_cv(cv, y)
        except (TypeError, ValueError):
            raise ValueError(
                f"cv={cv!r} must be an int of at least 2, a splitter of scikit-learn's, or an "
                "iterable of pairs of arrays with row numbers."
            ) from None
        with naming("cv"):
            pairs = splitter.split(X, y)
            splits = [Split(*(_row_numbers(part, n) for part in pair)) for pair in pairs]
        if not splits:
            raise ValueError("cv yields no split: at least one is needed.")
    for at, split in enumerate(splits):
        for part, rows in split._asdict().items():
            if not weights[rows].sum() > 0:
                raise ValueError(
                    f"cv: split {at} has no samples {PURPOSES[part]}, or none with a weight above "
                    "0."
                )
    return splits


def _row_numbers(part: Any, n: int) -> IntArray:
    """Of numbers or a mask."""
    part = np.asarray(part)
    try:
        rows: IntArray = np.arange(n)[part if part.size else part.astype(np.intp)]
    except IndexError as error:
        raise ValueError(f"{error}, where there are {n} samples.") from None
    return rows


def _replace_outputs(mlp: Any, coef: FloatArray, intercept: FloatArray) -> None:
    dtype = mlp.coefs_[-1].dtype
    replace_parameters(
        mlp,
        [*mlp.coefs_[:-1], coef.astype(dtype)],
        [*mlp.intercepts_[:-1], intercept.astype(dtype)],
    )
    forget_training(mlp)
