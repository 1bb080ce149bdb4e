"""`neuron_pruning_path`: the whole way from a network to its smallest remains."""

from copy import deepcopy
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from skneuron.inspection._ablation import ablated_neurons, as_ablation
from skneuron.inspection._pruning_path._ranking import ranking_by
from skneuron.inspection._pruning_path._stopping_rule import (
    StoppingOptions,
    is_int,
    is_real,
    size_limits,
)
from skneuron.inspection._pruning_path._strategies import STRATEGIES, PruningPath, pruning_path
from skneuron.inspection._scoring import check_one_scorer, evaluator_for
from skneuron.surgery import (
    Network,
    record_removal,
    reference_rows,
    remove_neurons,
    replace_network,
    split_by_layer,
    unwrap,
)
from skneuron.utils import data_frame


class NeuronPruningPath(Bunch):
    """Networks passed through while neurons are removed; see `neuron_pruning_path`."""

    def prune_to(self, n_neurons: Any) -> Any:
        """The estimator with so many hidden neurons, without training.

        Parameters
        ----------
        n_neurons : int, float or list of int
            All neurons that stay, their share of those of the whole network, or, first removed
            first, their number in every hidden layer.

        Returns
        -------
        pruned : estimator
            A smaller copy of the estimator. For a number or share it is the very network whose
            score the path tells; with ``strategy="swap"``, on the way to the end that has been
            optimised.

        Raises
        ------
        ValueError
            If the path does not get there.
        """
        path: PruningPath = self["_path"]
        sizes = path.full.hidden_layer_sizes
        n_full = sum(sizes)
        if is_real(n_neurons) and not is_int(n_neurons):
            if not 0 < n_neurons <= 1:
                raise ValueError(f"n_neurons={n_neurons!r} is not above 0 and up to 1.")
            n_neurons = max(int(n_neurons * n_full), n_full - len(self.layer))
        if is_int(n_neurons):
            if not n_full - len(self.layer) <= n_neurons <= n_full:
                raise ValueError(
                    f"n_neurons={n_neurons!r}: the path has networks of "
                    f"{n_full - len(self.layer)} to {n_full} neurons."
                )
            n_removed = n_full - int(n_neurons)
            network = path.network_after(n_removed)
            return pruned_copy(self["estimator"], network, path.support_after(n_removed))
        if n_neurons is None:  # Which is no limit at all in `size_limits`.
            raise ValueError("n_neurons=None is not an int, a fraction or a list of ints.")
        counts, _ = size_limits(n_neurons, sizes, ~path.support, 0, name="n_neurons")
        firsts = [
            path.order[self.layer == layer][: size - count]
            for layer, (size, count) in enumerate(zip(sizes, counts, strict=True))
        ]
        support = np.ones(n_full, dtype=bool)
        support[np.concatenate(firsts)] = False
        masks = split_by_layer(support, sizes)
        network = remove_neurons(path.full, masks, self["replacement"], self["_X_ref"])
        return pruned_copy(self["estimator"], network, support)

    def to_frame(self):
        """One row a removed neuron, in the order of removal.

        Returns
        -------
        frame : pandas.DataFrame
            Columns layer, index and importance.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        columns = {"layer": self.layer, "index": self.index, "importance": self.importances}
        return data_frame(columns, "NeuronPruningPath")

    def __repr__(self) -> str:
        return (
            f"NeuronPruningPath(n_neurons={self.n_neurons[0]} to {self.n_neurons[-1]}, "
            f"score={self.scores[0]:.4g} to {self.scores[-1]:.4g}, best={self.scores.max():.4g} "
            f"with {self.n_neurons[np.argmax(self.scores)]} neurons)"
        )


def pruned_copy(estimator: Any, network: Network, support: np.ndarray) -> Any:
    """A copy of an estimator that has lost neurons, and computes as ``network`` does.

    ``support`` is True for those of its neurons that stay.
    """
    pruned = deepcopy(estimator)
    mlp, _ = unwrap(pruned)
    masks = split_by_layer(support, Network.from_mlp(mlp).hidden_layer_sizes)
    replace_network(mlp, network, masks)
    record_removal(pruned, masks)
    return pruned


def neuron_pruning_path(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    X_ref: Any = None,
    replacement: str = "zero",
    strategy: str = "greedy",
    criterion: Any = "ablation",
    scoring: Any = None,
    threshold: float | str = np.inf,
    n_neurons_to_select: Any = None,
    tol: float | None = None,
    alpha: float | None = None,
    step: int | float = 1,
    min_neurons_per_layer: int = 1,
    layers: Any = None,
    sample_weight: Any = None,
    random_state: Any = None,
    n_jobs: int | None = None,
) -> NeuronPruningPath:
    """Remove hidden neurons one after the other, without training.

    The neurons are chosen by the score on ``X`` and ``y``: of the networks on the path, judge
    the one that you take on rows that have not chosen it.

    Parameters
    ----------
    estimator : estimator
        A fitted `MLPClassifier` or `MLPRegressor` (ours or scikit-learn's), a Pipeline that ends
        in one, a FrozenEstimator around one, or a fitted `RottenNeuronPruner`. Not changed.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Rows to score on, as the estimator takes them.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
    X_ref : array-like of shape (n_reference, n_features), default=None
        Reference data for "mean" and "linear"; the training data, for example.
    replacement : {"zero", "mean", "linear"}, default="zero"
        What takes a removed neuron's place; see `prune_neurons`. Means and predictions of a
        layer are those in the network that earlier removals have left.
    strategy : {"greedy", "one_shot", "swap"}, default="greedy"
        "greedy" ranks again after each step, since neurons interact. "one_shot" ranks once.
        "swap" goes on from the end of the greedy path: every removed neuron in turn is put back,
        and the one without which the score is highest is removed instead, if that is a gain
        [1]_. This takes one ablation for every removed neuron, up to three times, and pays where
        most neurons go. Only where such a path ends has been optimised: if there was an
        exchange, what leads there is in the order of layers, the last exchange last. Say where
        to end, by ``n_neurons_to_select`` for example.
    criterion : str or callable, default="ablation"
        What neurons are ranked by: their exact importance, a name that `neuron_criterion` knows,
        or a function ``criterion(estimator, X, y)`` that returns an importance for every hidden
        neuron, layer after layer, NaN for those that may not go.
    scoring : str or callable, default=None
        A scorer, also "expected_accuracy" (see `skneuron.metrics`), which wrong labels do not
        mislead; None means accuracy for classifiers, R2 for regressors.
    threshold : float or str, default=inf
        A neuron may go if its importance is below this: all by default. Also "mean", "median"
        and multiples such as "1.25*mean" of the importances in the whole network.
    n_neurons_to_select : int, float or list of int, default=None
        Where to stop: all neurons that stay, their share, or their number in every layer.
    tol : float, default=None
        Where to stop: the score that may be given up in all.
    alpha : float, default=None
        Remove only neurons that are rotten at this false-discovery rate, tested at every step on
        the same rows: see `NeuronAblation.verdicts`. Exchanges of "swap" are not tested, so with
        ``alpha`` there are none.
    step : int or float, default=1
        Neurons to remove before the rest is ranked again, or their share of all.
    min_neurons_per_layer : int, default=1
        No layer is made smaller than this.
    layers : int or list of int, default=None
        Hidden layers to prune; None means all.
    sample_weight : array-like of shape (n_samples,), default=None
    random_state : int, RandomState instance or None, default=None
        For ``criterion="random"``.
    n_jobs : int, default=None
        joblib workers for scorers that are not computed by the kernels.

    Returns
    -------
    path : NeuronPruningPath
        A Bunch with

        layer, index : ndarray of shape (n_removed,)
            Of the removed neurons, in order.
        importances : ndarray of shape (n_removed,)
            Of each, by ``criterion``, when it was chosen; after exchanges of "swap", by how much
            the score falls with it on this path.
        scores, n_neurons : ndarray of shape (n_steps + 1,)
            Of the whole network, then after each step.
        ablation : NeuronAblation
            Of the whole network.

        and `prune_to`, which returns the estimator with any number of neurons on the way.

    Raises
    ------
    TypeError
        If there is no multilayer perceptron in ``estimator``.
    ValueError
        If a parameter is unknown or out of range, or rows do not fit the network.

    See Also
    --------
    RottenNeuronPruner : Trains, and chooses where to stop.

    References
    ----------
    .. [1] Yu, Serra, Ramalingam and Zhe, "The Combinatorial Brain Surgeon: Pruning Weights That
       Cancel One Another in Neural Networks", ICML 2022, arXiv:2203.04466.

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
    """
    options = StoppingOptions(
        threshold, n_neurons_to_select, tol, alpha, step, min_neurons_per_layer, criterion
    )
    check_one_scorer(scoring, is_weighted=sample_weight is not None)
    mlp, transformers = unwrap(estimator)
    network = Network.from_mlp(mlp)
    ablated = ablated_neurons(network.hidden_layer_sizes, layers)
    if not isinstance(strategy, str) or strategy not in STRATEGIES:
        raise ValueError(f"strategy={strategy!r} is unknown; use one of {sorted(STRATEGIES)}.")
    stopping_rule, rule = (
        options.stopping_rule(network.hidden_layer_sizes, ablated),
        options.threshold_rule(),
    )
    rows_ref = reference_rows(mlp, transformers, replacement, X_ref, name="X_ref")
    evaluate = evaluator_for(
        estimator, X, y, scoring=scoring, sample_weight=sample_weight, n_jobs=n_jobs
    )
    path = pruning_path(
        strategy, network, evaluate, ablated, rule, replacement=replacement, X_ref=rows_ref,
        rank=ranking_by(criterion, evaluate, random_state), stopping_rule=stopping_rule,
    )  # fmt: skip
    return as_pruning_path(estimator, path, ablated, replacement, rows_ref)


def as_pruning_path(
    estimator: Any, path: PruningPath, ablated: np.ndarray, replacement: str, X_ref: Any
) -> NeuronPruningPath:
    """What the caller of a strategy gets to see of its path."""
    classes = getattr(unwrap(estimator)[0], "classes_", None)
    return NeuronPruningPath(
        layer=path.layer,
        index=path.index,
        importances=path.removed_importances,
        scores=path.scores,
        n_neurons=path.n_neurons,
        ablation=as_ablation(path.removal_scores, path.full.hidden_layer_sizes, ablated, classes),
        estimator=estimator,
        replacement=replacement,
        _path=path,
        _X_ref=X_ref,
    )
