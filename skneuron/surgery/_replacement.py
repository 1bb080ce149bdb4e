"""What takes a removed neuron's place: a prediction from the neurons of its layer that stay.

Inspection and surgery share the same coefficients, so that the score which `neuron_ablation`
reports for a removal is the score of the network which `prune_neurons` returns.
Products and solutions run on one BLAS thread everywhere: with another number of threads they round
differently, and the two would differ in the last bits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg

from skneuron.surgery._network import Network, activation_blocks, rows_for
from skneuron.surgery._regularised_inverse import regularised_inverse
from skneuron.utils import BoolArray, FloatArray, naming, single_blas_thread

# After so many removals, each of which has updated the inverse, it is computed afresh.
MAX_DOWNDATES = 32


@dataclass(frozen=True)
class LayerReplacement:
    """How the activations of removed neurons of one layer are predicted.

    Attributes
    ----------
    means : ndarray of shape (n_neurons,), float64
        Their means, or zeros.
    precision : ndarray of shape (n_neurons, n_neurons), float64, or None
        Inverse of ``covariance``. None if neurons are not predicted from each other: ``means``
        are then what takes their place.
    covariance : ndarray of shape (n_neurons, n_neurons), float64, or None
        Covariance of their activations.
    n_downdates : int
        Number of removals since ``precision`` was computed from ``covariance``.
    """

    means: FloatArray
    precision: FloatArray | None = None
    covariance: FloatArray | None = None
    n_downdates: int = 0

    def without(self, gone: BoolArray) -> "LayerReplacement":
        """The same for the layer without the neurons of a mask.

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
            return LayerReplacement(means, regularised_inverse(covariance), covariance)
        (index,) = np.flatnonzero(gone)
        column = self.precision[kept, index]
        precision = self.precision[np.ix_(kept, kept)]
        precision -= np.outer(column, column / self.precision[index, index])
        return LayerReplacement(means, precision, covariance, self.n_downdates + 1)

    def predictor(self, gone: BoolArray) -> tuple[FloatArray | None, FloatArray]:
        """The least-squares prediction of the neurons of a mask from all others of the layer.

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
        with single_blas_thread():
            coefs = -linalg.solve(among, between.T, assume_a="pos").T / unit
            return coefs, self.means[gone] - self.means[kept] @ coefs

    def residuals(self) -> tuple[FloatArray | None, FloatArray]:
        """How to compute what the prediction of each neuron from all others leaves of it.

        That is ``activations @ mixing - constants``.

        Returns
        -------
        mixing : ndarray of shape (n_neurons, n_neurons), or None
            None stands for the identity matrix.
        constants : ndarray of shape (n_neurons,)
        """
        if self.precision is None:
            return None, self.means
        mixing = self.precision / np.diag(self.precision)
        with single_blas_thread():
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
    with single_blas_thread():
        for _, activations in activation_blocks(network, X_ref, layer):
            shift = activations.mean(axis=0, dtype=np.float64) if shift is None else shift
            centred = activations - shift
            total += centred.sum(axis=0)
            products += centred.T @ centred
        offset = total / X_ref.shape[0]
        covariance = products / X_ref.shape[0] - np.outer(offset, offset)
        return LayerReplacement(shift + offset, regularised_inverse(covariance), covariance)


# Functions (network, layer, X_ref) -> how the neurons of that layer are replaced.
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


def named_reference(X_ref: Any, X: Any) -> tuple[Any, str]:
    """Reference samples, which users may call either, and what they have called them.

    Raises
    ------
    ValueError
        If both are given.
    """
    if X_ref is not None and X is not None:
        raise ValueError(
            "X_ref and X are both given, and are two names of the reference samples: pass X_ref."
        )
    return (X_ref, "X_ref") if X is None else (X, "X")


def reference_rows(
    mlp: Any,
    transformers: list[Any],
    replacement: str,
    X_ref: Any,
    *,
    name: str,
    more: tuple[str, ...] = (),
) -> Any:
    """Check a replacement and its reference data, which the caller calls ``name``.

    ``more`` are replacements that are allowed besides, and need no reference data.

    Returns
    -------
    X_ref : array, sparse matrix or None
        The reference data as `REPLACEMENTS` take it; None if it is not needed.
    """
    check_replacement(replacement, has_reference=X_ref is not None, name=name, more=more)
    wanted = replacement in NEEDS_REFERENCE or (replacement in more and X_ref is not None)
    if not wanted:
        return None
    with naming(name):
        return rows_for(mlp, transformers, X_ref)


def layer_replacements(network: Network, replacement: str, X_ref: Any) -> list[LayerReplacement]:
    """How the neurons of each hidden layer are replaced if only neurons of that layer go."""
    return [
        REPLACEMENTS[replacement](network, layer, X_ref)
        for layer in range(len(network.hidden_layer_sizes))
    ]
