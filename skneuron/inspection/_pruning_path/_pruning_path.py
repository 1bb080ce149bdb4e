"""`neuron_pruning_path`: remove one neuron after the other, down to the smallest network."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from skneuron.inspection._pruning_path._network_size import NetworkShape
from skneuron.inspection._pruning_path._path import NeuronPruningPath
from skneuron.inspection._pruning_path._ranking import ranking_by
from skneuron.inspection._pruning_path._stopping_rule import StoppingParams
from skneuron.inspection._pruning_path._strategies import STRATEGIES, SURGEON, pruning_path
from skneuron.inspection._scoring import AblationProblem
from skneuron.surgery import NEEDS_REFERENCE, check_replacement
from skneuron.utils import (
    ArrayLike,
    Criterion,
    Estimator,
    MatrixLike,
    RandomState,
    Scoring,
    checked_random_state,
)


def neuron_pruning_path(
    estimator: Estimator,
    X: MatrixLike,
    y: ArrayLike | None = None,
    *,
    X_ref: MatrixLike | None = None,
    replacement: str = "zero",
    strategy: str = "greedy",
    criterion: Criterion = "ablation",
    scoring: Scoring = None,
    threshold: float | str = np.inf,
    n_neurons_to_select: int | float | Iterable[int] | None = None,
    max_parameters: int | None = None,
    max_bytes: int | None = None,
    tol: float | None = None,
    alpha: float | None = None,
    step: int | float = 1,
    min_neurons_per_layer: int = 1,
    layers: int | Iterable[int] | None = None,
    sample_weight: ArrayLike | None = None,
    random_state: RandomState = None,
    n_jobs: int | None = None,
) -> NeuronPruningPath:
    """Remove hidden neurons of a fitted network one after the other, and score what is left.

    Nothing is trained. The result is a :term:`path` of smaller and smaller networks, one of which
    `NeuronPruningPath.prune_to` returns.

    The neurons are chosen by the score on ``X`` and ``y``. So the smaller networks score higher
    there than they deserve: to know how good one of them is, score it on :term:`held-out`
    samples, which nothing was chosen on.

    Parameters
    ----------
    estimator : estimator
        A fitted `MLPClassifier` or `MLPRegressor` (ours or scikit-learn's), a Pipeline that ends
        in one, a FrozenEstimator around one, or a fitted `RottenNeuronPruner`. Not changed.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Samples to score on, as the estimator takes them.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Their true targets. Not needed for ``scoring="fidelity"`` and "agreement", which compare
        with the whole network: see `neuron_ablation`. By these no neuron is rotten, so say where
        to stop; a ``tol`` of 0.01 nats is little.
    X_ref : array-like of shape (n_reference, n_features), default=None
        :term:`Reference samples <reference samples>` for "mean", "linear" and strategy "obs": the
        training samples, for example. With "obs", None means ``X``.
    replacement : {"zero", "mean", "linear"}, default="zero"
        What takes a removed neuron's place; see `prune_neurons`. Means and predictions are
        those in the network that the neuron is removed from.
    strategy : {"greedy", "one_shot", "swap", "obs"}, default="greedy"
        How neurons are chosen.

        - "greedy" removes the least important neuron and ranks the others again, since neurons
          interact.
        - "one_shot" ranks once, which is faster.
        - "swap" goes on from the end of the greedy path [1]_. Every removed neuron in turn is put
          back, and the one without which the score is highest is removed instead, if that raises
          the score. This takes one ablation for every removed neuron, up to three times, and pays
          where most neurons are removed. It optimises the network at the end of the path only,
          so say where that is, by ``n_neurons_to_select`` for example. After exchanges the path
          removes neurons layer by layer, with those of the last exchange at its end.
        - "obs" removes the neuron that the outputs miss least if the others of its layer take
          over what they can [2]_ [3]_. It is meant for ``replacement="linear"``, which makes them
          do so. It looks at no labels, and takes a second or two. Importances are predicted
          losses: the divergence of the outputs from what they were, in nats, to second order, on
          up to 5,000 samples. If ``n_neurons_to_select`` is a list, layers are pruned one after
          the other, from the front; otherwise they compete. What takes long is to score every
          network on the way: see ``step``.
    criterion : str or callable, default="ablation"
        What neurons are ranked by: their exact importance ("ablation"), a name that
        `neuron_criterion` knows, or a function ``criterion(estimator, X, y)``. The function
        returns an importance for every hidden neuron, layer after layer, NaN for those that must
        not be removed. Not for "obs".
    scoring : str or callable, default=None
        A scorer or its name; None means accuracy for classifiers, R2 for regressors.
        "expected_accuracy" (see `skneuron.metrics`) is not misled by wrong labels.
    threshold : float or str, default=inf
        Only neurons whose importance is below this :term:`threshold`, in units of the score, are
        removed: by default, all. "mean", "median" and multiples such as "1.25*mean" are of the
        importances in the whole network. Not looked at if a size or ``tol`` is given.
    n_neurons_to_select : int, float or list of int, default=None
        Where to stop: at this number of hidden neurons, at this share of them, or at these
        numbers, one for each layer.
    max_parameters : int, default=None
        Where to stop: at no more weights and biases than this. In place of
        ``n_neurons_to_select``. "obs" then ranks by what neurons cost for each parameter that
        goes with them.
    max_bytes : int, default=None
        Where to stop: when weights and biases take no more bytes than this, in their dtype.
    tol : float, default=None
        Where to stop: before the score falls by more than this below the whole network's.
    alpha : float, default=None
        Remove only neurons that are rotten beyond chance, at this false-discovery rate (see
        :term:`alpha`), tested at every step on the same samples: see `NeuronAblation.verdicts`.
        Exchanges of "swap" are not tested, so with ``alpha`` there are none. Not for "obs". With
        None, nothing is tested.
    step : int or float, default=1
        How many neurons, or what share of all, to remove before the others are ranked again; with
        "obs", before the network is scored again.
    min_neurons_per_layer : int, default=1
        No layer is made smaller than this.
    layers : int or list of int, default=None
        Hidden layers to prune, counted from 0 (or from the end, negative); None means all.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples in all scores.
    random_state : int, RandomState instance or None, default=None
        Draws the numbers of ``criterion="random"``.
    n_jobs : int, default=None
        Workers of joblib for scorers that are called for each network; see `neuron_ablation`.

    Returns
    -------
    path : NeuronPruningPath
        The removed neurons in order, with the scores and sizes of the networks on the way. Its
        method `prune_to` returns the estimator at any of these sizes.

    Raises
    ------
    TypeError
        If there is no multilayer perceptron in ``estimator``.
    NotFittedError
        If it is not fitted.
    ValueError
        If a parameter is unknown or out of range, ``X`` or ``y`` does not fit the network, or
        the network's arrays do not fit together.

    See Also
    --------
    RottenNeuronPruner : Trains, and chooses where to stop.
    skneuron.plotting.PruningPathDisplay : Draws the path.
    prune_neurons : Removes the neurons that you name.

    References
    ----------
    .. [1] Yu, Serra, Ramalingam and Zhe, "The Combinatorial Brain Surgeon: Pruning Weights That
       Cancel One Another in Neural Networks", ICML 2022, arXiv:2203.04466.
    .. [2] Hassibi and Stork, "Second Order Derivatives for Network Pruning: Optimal Brain
       Surgeon", NIPS 1992; here for the neurons of a layer, with the curvature of the outputs.
    .. [3] Dong, Chen and Pan, "Learning to Prune Deep Neural Networks via Layer-wise Optimal
       Brain Surgeon", NIPS 2017, arXiv:1705.07565.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import neuron_pruning_path
    >>> X, y = load_digits(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)
    >>> mlp = MLPClassifier((30,), max_iter=600, random_state=0).fit(X_train, y_train)
    >>> path = neuron_pruning_path(mlp, X_train, y_train, replacement="linear", X_ref=X_train)
    >>> path.prune_to(0.5).coefs_[0].shape
    (64, 15)
    >>> bool(path.scores[15] > 0.8)  # of the training samples, with 15 of 30 neurons
    True
    """
    params = StoppingParams(
        threshold, n_neurons_to_select, tol, alpha, step, min_neurons_per_layer, criterion,
        strategy, max_parameters, max_bytes,
    )  # fmt: skip
    if not isinstance(strategy, str) or strategy not in STRATEGIES:
        raise ValueError(f"strategy={strategy!r} is unknown; use one of {sorted(STRATEGIES)}.")
    checked_random_state(random_state)
    is_surgeon = strategy == SURGEON
    refers_to_X = is_surgeon and X_ref is None
    if refers_to_X:
        check_replacement(replacement, has_reference=True, name="X_ref")
    problem = AblationProblem.of(
        estimator, X, y, scoring=scoring, sample_weight=sample_weight, layers=layers,
        replacement="zero" if refers_to_X else replacement, X_ref=X_ref,
        more_replacements=("zero",) if is_surgeon else (), n_jobs=n_jobs, finite=False,
    )  # fmt: skip
    if refers_to_X:
        X_ref = problem.evaluate.scorer_input.X
        problem = replace(problem, replacement=replacement, X_ref=X_ref)
    path = pruning_path(
        problem,
        strategy,
        params.threshold_rule(),
        rank=ranking_by(criterion, problem.evaluate, random_state),
        stopping_rule=params.stopping_rule(
            problem.sizes, problem.ablated, NetworkShape.of(problem.mlp)
        ),
    )
    if replacement in NEEDS_REFERENCE:
        path["_X_ref"] = problem.X_ref  # for lists that `prune_to` is given
    return path
