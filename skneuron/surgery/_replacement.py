"""What takes a removed neuron's place: a prediction from the neurons of its layer that stay.

Analysis and surgery share the very same coefficients, so that the score of a removal is that of
the network which surgery returns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg

from skneuron.surgery._network import Network, activation_blocks, rows_for

# Added to every neuron's own correlation, 1, so that dead and collinear neurons, whose
# coefficients are not determined, get some that are small.
RIDGE = 1e-8
# Removals after which an inverse that has been brought up to date is computed afresh.
MAX_DOWNDATES = 32


@dataclass(frozen=True)
class LayerReplacement:
    """How the activations of removed neurons of one layer are predicted.

    Attributes
    ----------
    means : ndarray of shape (n_neurons,), float64
        Their own means (or zeros), where nothing else is known.
    precision : ndarray of shape (n_neurons, n_neurons), float64, or None
        Inverse of ``covariance``, for predictions from the others; None for none.
    covariance : ndarray of shape (n_neurons, n_neurons), float64, or None
        Of the activations.
    n_downdates : int
        Removals since ``precision`` was computed from ``covariance``.
    """

    means: np.ndarray
    precision: np.ndarray | None = None
    covariance: np.ndarray | None = None
    n_downdates: int = 0

    def without(self, gone: np.ndarray) -> "LayerReplacement":
        """The same for the layer once the neurons of a mask have left it.

        The inverse of the smaller covariance matrix is the larger one's Schur complement: for a
        single neuron an update of rank 1, whose rounding adds up. For several it is computed
        afresh.
        """
        kept = ~gone
        means = self.means[kept]
        if self.precision is None or self.covariance is None:
            return LayerReplacement(means)
        if not gone.any():
            return self
        covariance = self.covariance[np.ix_(kept, kept)]
        if self.n_downdates == MAX_DOWNDATES or gone.sum() > 1:
            return LayerReplacement(means, inverse_covariance(covariance), covariance)
        (index,) = np.flatnonzero(gone)
        column = self.precision[kept, index]
        precision = self.precision[np.ix_(kept, kept)]
        precision -= np.outer(column, column / self.precision[index, index])
        return LayerReplacement(means, precision, covariance, self.n_downdates + 1)

    def predictor(self, gone: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
        """The least-squares prediction of the neurons of a mask from all others.

        With the inverse covariance matrix P, the coefficients of the neurons K that stay for
        those, S, that go are ``-P[K, S] P[S, S]**-1``.

        Returns
        -------
        coefs : ndarray of shape (n_kept, n_gone), or None
            None if the prediction is a constant.
        constants : ndarray of shape (n_gone,)
        """
        if self.precision is None:
            return None, self.means[gone]
        kept = ~gone
        among = self.precision[np.ix_(gone, gone)]
        # Their diagonal becomes 1, however neurons are scaled.
        unit = np.sqrt(np.diag(among))
        between = self.precision[np.ix_(kept, gone)] / unit
        among = among / np.outer(unit, unit)
        coefs = -linalg.solve(among, between.T, assume_a="pos").T / unit
        return coefs, self.means[gone] - self.means[kept] @ coefs

    def residuals(self) -> tuple[np.ndarray | None, np.ndarray]:
        """What is left of every neuron when it alone is predicted: ``activations @ mixing - c``.

        Returns
        -------
        mixing : ndarray of shape (n_neurons, n_neurons), or None
            None stands for the identity matrix.
        constants : ndarray of shape (n_neurons,)
        """
        if self.precision is None:
            return None, self.means
        mixing = self.precision / np.diag(self.precision)
        return mixing, self.means @ mixing


def _zeros(network: Network, layer: int, X_ref: Any) -> LayerReplacement:
    return LayerReplacement(np.zeros(network.hidden_layer_sizes[layer]))


def _means(network: Network, layer: int, X_ref: Any) -> LayerReplacement:
    total = np.zeros(network.hidden_layer_sizes[layer])
    for _, activations in activation_blocks(network, X_ref, layer):
        total += activations.sum(axis=0, dtype=np.float64)
    return LayerReplacement(total / X_ref.shape[0])


def _linear_predictions(network: Network, layer: int, X_ref: Any) -> LayerReplacement:
    n_neurons = network.hidden_layer_sizes[layer]
    shift: Any = None  # close to the means: their squares would drown the variances
    total, products = np.zeros(n_neurons), np.zeros((n_neurons, n_neurons))
    for _, activations in activation_blocks(network, X_ref, layer):
        shift = activations.mean(axis=0, dtype=np.float64) if shift is None else shift
        centred = activations - shift
        total += centred.sum(axis=0)
        products += centred.T @ centred
    offset = total / X_ref.shape[0]
    covariance = products / X_ref.shape[0] - np.outer(offset, offset)
    return LayerReplacement(shift + offset, inverse_covariance(covariance), covariance)


def inverse_covariance(covariance: np.ndarray) -> np.ndarray:
    """Inverse of a covariance matrix that may be singular, regularised by `RIDGE`.

    In units of every neuron's own spread, so that it does not matter how neurons are scaled.
    """
    variances = np.diag(covariance)
    # Less is rounding: a neuron that is constant predicts nothing, and is predicted by its mean.
    alive = variances > variances.max(initial=0) * 1e-14
    spread = np.where(alive, np.sqrt(np.where(alive, variances, 1)), 1)
    correlation = np.where(np.outer(alive, alive), covariance / np.outer(spread, spread), 0)
    np.fill_diagonal(correlation, 1 + RIDGE)
    if not correlation.size:  # nothing that older versions of SciPy can invert
        return correlation
    inverse = linalg.inv(correlation, check_finite=False)
    return (inverse + inverse.T) / 2 / np.outer(spread, spread)


# (network, layer, X_ref) -> how that layer's neurons are replaced.
REPLACEMENTS: dict[str, Callable[[Network, int, Any], LayerReplacement]] = {
    "zero": _zeros,
    "mean": _means,
    "linear": _linear_predictions,
}
NEEDS_REFERENCE = frozenset({"mean", "linear"})


def check_replacement(
    replacement: Any, has_reference: bool, *, name: str, more: tuple[str, ...] = ()
) -> None:
    """Raise ValueError for an unknown replacement, or one whose reference data is missing.

    ``name`` is what the caller calls the reference data, ``more`` what is allowed besides.
    """
    allowed = sorted({*REPLACEMENTS, *more})
    if not isinstance(replacement, str) or replacement not in allowed:
        raise ValueError(f"replacement={replacement!r} is unknown; use one of {allowed}.")
    if replacement in NEEDS_REFERENCE and not has_reference:
        raise ValueError(
            f"replacement={replacement!r} needs reference data: pass {name}, for example the "
            "training data."
        )


def reference_rows(
    mlp: Any,
    transformers: list[Any],
    replacement: str,
    X_ref: Any,
    *,
    name: str,
    more: tuple[str, ...] = (),
) -> Any:
    """Check a replacement and its reference data, the parameter ``name``.

    ``more`` are replacements that are allowed besides, and need no reference data.

    Returns
    -------
    rows : array, sparse matrix or None
        As the replacements take them; None if none is needed.
    """
    check_replacement(replacement, has_reference=X_ref is not None, name=name, more=more)
    wanted = replacement in NEEDS_REFERENCE or (replacement in more and X_ref is not None)
    return rows_for(mlp, transformers, X_ref) if wanted else None


def layer_replacements(network: Network, replacement: str, X_ref: Any) -> list[LayerReplacement]:
    """How the neurons of every hidden layer are replaced, if they alone are removed."""
    return [
        REPLACEMENTS[replacement](network, layer, X_ref)
        for layer in range(len(network.hidden_layer_sizes))
    ]
