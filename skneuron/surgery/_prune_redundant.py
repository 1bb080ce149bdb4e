"""`remove_redundant_neurons`: a smaller network that computes the same."""

from copy import deepcopy
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.sparsefuncs import min_max_axis

from skneuron.surgery._network import Network, rows_for, unwrap
from skneuron.surgery._prune import record_removal, replace_network
from skneuron.surgery._redundant import without_redundant_neurons
from skneuron.surgery._replacement import named_reference
from skneuron.utils import AnyEstimator, FloatArray, MatrixLike, naming


def remove_redundant_neurons(
    estimator: AnyEstimator, X_ref: MatrixLike | None = None, *, X: MatrixLike | None = None
) -> AnyEstimator:
    """Remove hidden neurons that the network can do without; its function stays the same.

    A :term:`neuron` is redundant if it

    - has no effect: all its outgoing weights are zero;
    - is constant: all its incoming weights are zero, or ``X_ref`` shows that its activation cannot
      change. The next layer's biases take over. A ReLU that is never active is such a neuron;
    - is a duplicate of another one of its layer, whose outgoing weights take over: it has the
      same incoming weights and bias, or a positive multiple of them (relu), the same up to the
      sign (tanh, logistic), or any multiple (identity).

    Each removal can make other neurons redundant, in earlier and later layers. So this is
    repeated until nothing is left to remove. At least one neuron of every hidden layer stays.

    Parameters
    ----------
    estimator : estimator
        A fitted `MLPClassifier` or `MLPRegressor` (ours or scikit-learn's), a Pipeline that ends
        in one, a FrozenEstimator around one, or a fitted `RottenNeuronPruner`. It is not
        changed.
    X_ref : {array-like, sparse matrix} of shape (n_samples_ref, n_features), default=None
        :term:`Reference samples <reference samples>`, as the estimator takes them. All that is
        read from them is the smallest and the largest value of every feature, after the
        Pipeline's transformers. If features are known to stay in these ranges, more neurons are
        provably constant. None assumes nothing: the function is then the same for all inputs.
    X : {array-like, sparse matrix} of shape (n_samples_ref, n_features), default=None
        Another name of ``X_ref``; pass one of them.

    Returns
    -------
    smaller : estimator
        A deep copy, of the same class, with fewer neurons (see the shapes of its ``coefs_``), or
        with all of them if none is redundant. Its training can go on, as after `prune_neurons`.

    Raises
    ------
    TypeError
        If there is no multilayer perceptron in ``estimator``.
    NotFittedError
        If it is not fitted.
    ValueError
        If ``X_ref`` is not data that the estimator can predict, or is given by both names.

    See Also
    --------
    prune_neurons : Remove any neurons.
    RottenNeuronPruner : Remove the neurons that do harm, or do little.

    Notes
    -----
    The function is the same up to rounding, for **unseen** inputs too. Without ``X_ref`` this
    holds for all inputs; with it, for those whose features, as the network gets them, lie in the
    ranges seen in it. (All images do, if the pixels of ``X_ref`` reach from 0 to 1.)

    That a neuron is never active *in these samples* is no reason to remove it: the next sample
    may activate it. What counts are bounds of its activation for all inputs in these ranges.
    Interval arithmetic takes them from layer to layer, rounded outwards. The bounds are not
    tight, so a neuron that stays may still be a :term:`dead neuron`.

    "Up to rounding" means: a unit's input is a sum, and it changes by a few units in the last
    place of its largest terms, in the network's dtype. Adding the terms up in another order
    changes it as much.

    For one hidden layer of tanh neurons these kinds of redundancy are all there are: a network
    without them is the smallest that computes its function [1]_. For ReLU there are others, such
    as neurons that are always active, which are linear [2]_; they stay.

    References
    ----------
    .. [1] Sussmann, "Uniqueness of the weights for minimal feedforward nets with a given
       input-output map", Neural Networks 5, 1992, doi:10.1016/S0893-6080(05)80037-1.
    .. [2] Serra, Kumar and Ramalingam, "Lossless Compression of Deep Neural Networks", CPAIOR
       2020, arXiv:2001.00218, which proves neurons stable over a box of inputs and removes them.

    Examples
    --------
    Weight decay kills ReLU neurons, and pixels have a known range:

    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import remove_redundant_neurons
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((30,), alpha=5, max_iter=900, random_state=0).fit(X / 16, y)
    >>> smaller = remove_redundant_neurons(mlp, X / 16)
    >>> [c.shape for c in smaller.coefs_]
    [(64, 21), (21, 10)]
    >>> bool((smaller.predict(X / 16) == mlp.predict(X / 16)).all())
    True
    """
    mlp, transformers = unwrap(estimator)
    given, name = named_reference(X_ref, X)
    with naming(name):
        box = None if given is None else _feature_ranges(rows_for(mlp, transformers, given))
    network, masks = without_redundant_neurons(Network.from_mlp(mlp), box)
    smaller = deepcopy(estimator)
    if not all(mask.all() for mask in masks):
        replace_network(unwrap(smaller)[0], network, masks)
        record_removal(smaller, masks)
    return smaller


def _feature_ranges(X: Any) -> FloatArray:
    """Smallest and largest value of every feature, (2, n_features)."""
    ends = min_max_axis(X, axis=0) if sparse.issparse(X) else (X.min(axis=0), X.max(axis=0))
    return np.array(ends, dtype=np.float64)
