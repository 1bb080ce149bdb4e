"""`refit_pruned`: repair of pruned estimators."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
from sklearn.utils import column_or_1d

from skneuron.surgery._network import Network, rows_for, unwrap
from skneuron.surgery._refit._checks import check_smaller_version
from skneuron.surgery._refit._hold_out import check_enough
from skneuron.surgery._refit._refit_network import RefitLook, refit_network
from skneuron.surgery._refit._stages import REFITS
from skneuron.utils import (
    OPTIMIZER_ATTRIBUTE,
    AnyEstimator,
    ArrayLike,
    Estimator,
    MatrixLike,
    NDArray,
    RandomState,
    checked_int,
    checked_random_state,
    checked_sample_weight,
    forget_progress,
    is_real,
    naming,
    replace_parameters,
)


def refit_pruned(
    pruned: AnyEstimator,
    full: Estimator,
    X: MatrixLike,
    *,
    layers: str = "behind",
    mixed: float = 0.0,
    max_iter: int | None = None,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    random_state: RandomState = None,
    callback: Callable[[RefitLook], None] | None = None,
) -> AnyEstimator:
    """Repair a pruned network without labels: bring its outputs back to the whole network's.

    Use this :term:`repair` where most neurons are gone. Where fewer than about half are gone,
    :term:`replacement` by "linear" and a greedy choice of neurons lose nothing, and may gain what
    the whole network does not know.

    L-BFGS makes the mean divergence of the outputs from the whole network's small [1]_, on samples
    that need no labels. :term:`Held-out <held-out>` samples tell when to stop, and whether to
    change anything at all. The divergence is Kullback and Leibler's, between probabilities of
    classes or labels; for regressors it is half the squared difference, or half the Poisson
    deviance.

    Parameters
    ----------
    pruned : estimator
        A fitted network, as `prune_neurons` takes it. Not changed.
    full : estimator
        The whole network that ``pruned`` was made of, by this package or by hand.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Samples as ``pruned`` takes them, like those that it will meet: the training samples, or
        any others. At least 20; the more, the better.
    layers : {"outputs", "behind", "span"}, default="behind"
        What is changed. "outputs": the output layer. "behind": all layers behind the first hidden
        one. It is the default because it brings most of what can be had in few seconds. "span":
        after "behind", all layers. The first layer's neurons become mixtures of all those that
        the whole network has there, and are no longer those that were kept. This is best where
        three quarters of the neurons or more are gone, and takes some five times as long.
    mixed : float, default=0.0
        How many :term:`mixed samples` to add, as a multiple of the number of samples [2]_. The
        whole network's outputs for them are the targets. 1.0 helps where the whole network has
        learned its training samples by heart and ``X`` are these.
    max_iter : int, default=None
        The most iterations of each minimisation; None means 300, and 100 for "span".
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples, not negative; None means 1 for each.
    groups : array-like of shape (n_samples,), default=None
        Samples of one group are held out together: copies of one image, for example.
    random_state : int, RandomState instance or None, default=None
        Draws the samples that are held out, and the mixed samples.
    callback : callable, default=None
        Called as ``callback(look)`` whenever held-out samples are looked at, with ``look.stage``,
        ``look.n_iter`` and ``look.divergence``. An exception that it raises ends the refit.

    Returns
    -------
    refitted : estimator
        A copy of ``pruned``, of the same sizes, with new weights, or with the old ones if no
        others are better. Further training begins with a new state of the optimizer.

    Raises
    ------
    TypeError
        If there is no multilayer perceptron in an estimator.
    NotFittedError
        If one of them is not fitted.
    ValueError
        If a parameter is out of range, there are fewer than 20 samples or they are unlike those
        that the network knows, ``pruned`` is no smaller version of ``full``, or a weight is NaN or
        infinite.

    See Also
    --------
    prune_neurons : Its ``refit`` does this right after surgery.
    refit_outputs : Fits the output layer again, with labels.

    References
    ----------
    .. [1] Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015,
       arXiv:1503.02531, section 2: the objective, at temperature 1.
    .. [2] Zhang, Cisse, Dauphin and Lopez-Paz, "mixup: Beyond Empirical Risk Minimization", ICLR
       2018, arXiv:1710.09412; here the whole network's outputs are taken in place of mixed labels.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import prune_neurons, refit_pruned
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((40,), max_iter=600, random_state=0).fit(X / 16, y)
    >>> smaller = prune_neurons(mlp, [(0, index) for index in range(28)])
    >>> repaired = refit_pruned(smaller, mlp, X / 16, random_state=0)
    >>> repaired.score(X / 16, y) > smaller.score(X / 16, y)
    True
    """
    with naming("pruned"):
        mlp, transformers = unwrap(pruned)
    with naming("full"):
        full_mlp, _ = unwrap(full)
    small, large = check_smaller_version(mlp, full_mlp)
    check_refit(layers, name="layers")
    if not is_real(mixed) or not 0 <= mixed < np.inf:
        raise ValueError(f"mixed={mixed!r} is not a number of at least 0; use 0.0 or 1.0.")
    if max_iter is not None:
        max_iter = checked_int("max_iter", max_iter, 1)
    seed = int(checked_random_state(random_state).randint(2**31 - 1))
    rows = rows_for(mlp, transformers, X)
    if sample_weight is not None:
        sample_weight = checked_sample_weight(
            sample_weight, rows, dtype=np.float64, ensure_non_negative=True
        )
    if groups is not None:
        groups = _checked_groups(groups, rows.shape[0])
    network = refit_network(
        small, large, rows, layers=layers, mixed=float(mixed), max_iter=max_iter,
        sample_weight=sample_weight, groups=groups, seed=seed,
        on_look=_tell_nobody if callback is None else callback,
    )  # fmt: skip
    refitted = deepcopy(pruned)
    take_over(unwrap(refitted)[0], network)
    return refitted


def _tell_nobody(look: RefitLook) -> None:
    pass


def _checked_groups(groups: Any, n_samples: int) -> NDArray[Any]:
    with naming("groups"):
        values: NDArray[Any] = column_or_1d(groups)
    if len(values) != n_samples:
        raise ValueError(f"groups has {len(values)} entries, but X has {n_samples} samples.")
    return values


def check_refit(refit: Any, *, name: str = "refit") -> None:
    """Raise ValueError if there is no such refit."""
    if not isinstance(refit, str) or refit not in REFITS:
        nothing = "None or " if name == "refit" else ""
        raise ValueError(f"{name}={refit!r} is unknown; use {nothing}one of {list(REFITS)}.")


def refit_rows(
    mlp: Any,
    transformers: list[Any],
    refit: str | None,
    X_refit: Any,
    X_ref: Any = None,
    *,
    name: str,
) -> Any:
    """Check a ``refit``, and the samples that it needs.

    ``name`` is what the caller calls the reference samples ``X_ref``.

    Returns
    -------
    rows : array, sparse matrix or None
        ``X_refit``, or else ``X_ref``, as the network takes it; None if there is no refit.
    """
    if refit is None:
        if X_refit is not None:
            raise ValueError(
                "X_refit is for a repair, but refit=None asks for none: use refit='behind', for "
                "example."
            )
        return None
    check_refit(refit)
    given, name = (X_ref, name) if X_refit is None else (X_refit, "X_refit")
    if given is None:
        raise ValueError(
            f"refit={refit!r} needs samples, but no labels: pass X_refit, for example the "
            "training data."
        )
    with naming(name):
        rows = rows_for(mlp, transformers, given)
    check_enough(rows.shape[0], name)
    return rows


def take_over(mlp: Any, network: Network) -> None:
    """Give ``mlp``, in place, the weights of a network of its sizes that has been refitted."""
    dtype = mlp.coefs_[0].dtype
    replace_parameters(
        mlp,
        [c.astype(dtype) for c in network.coefs],
        [b.astype(dtype) for b in network.intercepts],
    )
    forget_training(mlp)


def forget_training(mlp: Any) -> None:
    """Let further training begin anew: the optimizer's state is about other weights."""
    vars(mlp).pop(OPTIMIZER_ATTRIBUTE, None)
    forget_progress(mlp)
