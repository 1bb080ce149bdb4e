"""`prune_neurons`: surgery on estimators."""

from collections.abc import Sequence
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np

from skneuron.surgery._network import Network, nested, unwrap
from skneuron.surgery._neurons import Earlier, keep_masks
from skneuron.surgery._refit import forget_training, refit_network, refit_rows
from skneuron.surgery._removal import keep_neurons, remove_neurons
from skneuron.surgery._replacement import named_reference, reference_rows
from skneuron.utils import (
    AnyEstimator,
    BoolArray,
    MatrixLike,
    Neurons,
    forget_progress,
    replace_parameters,
    slice_optimizer_state,
)


def prune_in_place(
    mlp: Any,
    masks: Sequence[BoolArray],
    replacement: str,
    X_ref: Any = None,
    refit: str | None = None,
    X_refit: Any = None,
) -> None:
    """Remove neurons from a fitted MLP in place, its optimizer state included.

    ``masks``, ``X_ref`` and ``X_refit`` have been checked; everything that can fail is done before
    the first attribute changes.
    """
    full = Network.from_mlp(mlp, finite=refit is not None)
    network = remove_neurons(full, masks, replacement, X_ref)
    if refit is not None:
        network = refit_network(network, full, X_refit, layers=refit)
    replace_network(mlp, network, masks, is_refitted=refit is not None)


def replace_network(
    mlp: Any, network: Network, masks: Sequence[BoolArray], *, is_refitted: bool = False
) -> None:
    """Give ``mlp`` the parameters of ``network``, which kept the neurons of ``masks``.

    If ``network`` has been refitted since, the optimizer's state is about other weights.
    """
    dtype = mlp.coefs_[0].dtype
    slice_optimizer_state(mlp, partial(keep_neurons, masks=masks))
    replace_parameters(
        mlp,
        [c.astype(dtype) for c in network.coefs],
        [b.astype(dtype) for b in network.intercepts],
    )
    if is_refitted:
        forget_training(mlp)
    if not all(mask.all() for mask in masks):
        forget_progress(mlp)
    if not hasattr(type(mlp), "hidden_layer_sizes_"):
        # scikit-learn's own MLP goes by its constructor parameter when it trains on.
        mlp.hidden_layer_sizes = network.hidden_layer_sizes


def prune_neurons(
    estimator: AnyEstimator,
    neurons: Neurons,
    *,
    replacement: str = "zero",
    X_ref: MatrixLike | None = None,
    refit: str | None = None,
    X_refit: MatrixLike | None = None,
    X: MatrixLike | None = None,
) -> AnyEstimator:
    """Remove hidden neurons from a copy of a fitted network.

    This is :term:`surgery`: you name the neurons, and get an ordinary network without them.
    `RottenNeuronPruner` chooses the neurons itself.

    Parameters
    ----------
    estimator : estimator
        A fitted `MLPClassifier` or `MLPRegressor` (ours or scikit-learn's), a Pipeline that ends
        in one, a FrozenEstimator around one, or a fitted `RottenNeuronPruner`. It is not
        changed.
    neurons : iterable of neurons, or arrays of bool
        The neurons to remove, each as

        - its :term:`address` ``(layer, index)``, both from 0;
        - its name in tables and of features, such as ``"hidden0_neuron3"``; or
        - an int, its number among all hidden neurons, from 0, in layer-major order.

        Or masks that are True for the neurons to keep: one over all hidden neurons, such as
        ``support_`` of a pruner, or a list with one for every hidden layer. If ``estimator`` is a
        pruner, names and numbers are those in its whole network, as in ``get_feature_names_out``
        and ``ranking_``. It is an error if what is left has another neuron of that name.
    replacement : {"zero", "mean", "linear"}, default="zero"
        What takes a removed neuron's place (see :term:`replacement`). "zero": nothing. "mean": its
        mean activation on ``X_ref``, which is folded into the next layer's biases. "linear": its
        least-squares prediction, on ``X_ref``, from the neurons of its layer that stay, which is
        folded into their outgoing weights as well [1]_. Layers are pruned from the first to the
        last, and each sees the activations that the pruned layers before it leave.
    X_ref : array-like of shape (n_samples_ref, n_features), default=None
        Reference samples for "mean" and "linear", as the estimator takes them: the training
        samples, for example.
    refit : {"outputs", "behind", "span"}, default=None
        :term:`Repair <repair>` what is left, without labels, by bringing its outputs back to the
        whole network's. "outputs" changes the output layer, "behind" all layers behind the first
        hidden one. "span" changes all layers, and mixtures of the first one's neurons take their
        place; see `refit_pruned`. Use it where most neurons go. None leaves the very network
        whose score `neuron_ablation` and `neuron_pruning_path` report.
    X_refit : array-like of shape (n_samples, n_features), default=None
        Samples for ``refit``, at least 20, without labels; None means ``X_ref``.
    X : array-like of shape (n_samples_ref, n_features), default=None
        Another name of ``X_ref``; pass one of them.

    Returns
    -------
    pruned : estimator
        A smaller deep copy, of the same class. Its training can go on: removed neurons leave the
        optimizer's state as well (after ``refit`` it begins anew). The best loss or validation
        score so far is forgotten, because it was the larger network's. In scikit-learn's own MLPs
        the parameter ``hidden_layer_sizes`` becomes that of the smaller network; in ours it
        stays, and ``hidden_layer_sizes_`` gives the sizes.

    Raises
    ------
    TypeError
        If there is no multilayer perceptron in ``estimator``.
    NotFittedError
        If it is not fitted.
    ValueError
        If ``neurons`` does not fit the network or names all neurons of a layer, if
        ``replacement`` is unknown or lacks its reference samples, if ``refit`` is unknown or has
        too few samples or none, or if the network's arrays do not fit together. Without ``refit``
        weights may be NaN or infinite: so neurons with such weights can be removed.

    See Also
    --------
    neuron_ablation : What the score loses without each neuron.
    RottenNeuronPruner : Finds and removes the neurons that do harm.
    remove_redundant_neurons : Removes what the network's function does not need.

    References
    ----------
    .. [1] Castellano, Fanelli and Pelillo, "An iterative pruning algorithm for feedforward neural
       networks", IEEE Transactions on Neural Networks 8, 1997, doi:10.1109/72.572092.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import prune_neurons
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((30,), max_iter=600, random_state=0).fit(X / 16, y)
    >>> smaller = prune_neurons(mlp, [(0, 3), (0, 17)])
    >>> [c.shape for c in smaller.coefs_]
    [(64, 28), (28, 10)]
    >>> the_same = prune_neurons(mlp, ["hidden0_neuron3", "hidden0_neuron17"])
    >>> bool((the_same.coefs_[1] == smaller.coefs_[1]).all())
    True
    """
    mlp, transformers = unwrap(estimator)
    sizes = Network.from_mlp(mlp, finite=False).hidden_layer_sizes
    masks = keep_masks(neurons, sizes, earlier=earlier_network(estimator))
    given, name = named_reference(X_ref, X)
    rows_ref = reference_rows(mlp, transformers, replacement, given, name=name)
    rows_refit = refit_rows(mlp, transformers, refit, X_refit, given, name=name)
    pruned = deepcopy(estimator)
    prune_in_place(unwrap(pruned)[0], masks, replacement, rows_ref, refit, rows_refit)
    record_removal(pruned, masks)
    return pruned


def earlier_network(estimator: Any) -> Earlier | None:
    """The one that a pruner has removed neurons from; None if there is no pruner."""
    for wrapper in nested(estimator)[:-1]:
        if hasattr(type(wrapper), "_record_removal"):
            return Earlier(wrapper._full_sizes, np.flatnonzero(wrapper.support_))
    return None


def record_removal(estimator: Any, masks: Sequence[BoolArray]) -> None:
    """Tell the pruners around a network that more of its neurons have been removed."""
    *wrappers, _ = nested(estimator)
    for wrapper in wrappers:
        # Of the type: a FrozenEstimator hands out its estimator's attributes.
        if hasattr(type(wrapper), "_record_removal"):
            wrapper._record_removal(masks)
