"""Redundant neurons: `Network` -> a smaller `Network` that computes the same. Pure functions.

A layer is simplified in one way only: what a redundant neuron does is handed to the next layer's
biases or to another neuron of its layer, which leaves it without outgoing weights; and neurons
without outgoing weights are cut out. Everything is computed in float64 and rounded once.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from scipy.special import expit

from skneuron.surgery._network import Network
from skneuron.surgery._removal import keep_neurons
from skneuron.utils import BoolArray, FloatArray, IntArray

# Relative differences of up to so many units in the last place are rounding.
ROUNDING = 8
EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class _Activation:
    """What is known about an activation function f, which is monotonic.

    For the factors s that its flags allow: f(s z) = s f(z) + (offset if s < 0 else 0).

    Attributes
    ----------
    function : callable
        f itself.
    scaled : bool
        Whether abs(s) may be any positive number, not only 1.
    negated : bool
        Whether s may be negative.
    offset : float
    """

    function: Callable[[FloatArray], FloatArray]
    scaled: bool
    negated: bool
    offset: float = 0.0


ACTIVATIONS = {
    "identity": _Activation(lambda z: z, scaled=True, negated=True),
    "relu": _Activation(lambda z: np.maximum(z, 0), scaled=True, negated=False),
    "tanh": _Activation(np.tanh, scaled=False, negated=True),
    "logistic": _Activation(expit, scaled=False, negated=True, offset=1.0),
}


def without_redundant_neurons(
    network: Network, box: FloatArray | None = None
) -> tuple[Network, list[BoolArray]]:
    """Remove all neurons that are found redundant.

    Parameters
    ----------
    network : Network
    box : ndarray of shape (2, n_features), float64, or None
        Smallest and largest value of every feature; None if there are no bounds.

    Returns
    -------
    smaller : Network
        Of the same dtype. In the box it computes what ``network`` does, up to rounding.
    masks : list of ndarray of bool
        One a hidden layer of ``network``, True for the neurons that are kept.
    """
    rounding = ROUNDING * float(np.finfo(network.dtype).eps)
    rest = _with_dtype(network, np.dtype(np.float64))
    kept = [np.arange(size) for size in network.hidden_layer_sizes]
    if box is None:
        box = np.array([[-np.inf], [np.inf]]).repeat(network.coefs[0].shape[0], axis=1)
    # What is removed from a layer can make neurons redundant in earlier and in later ones.
    before: list[Any] = []
    while (extent := [(c.shape, np.count_nonzero(c)) for c in rest.coefs]) != before:
        before = extent
        constants = _constants(rest, box, rounding)
        # From back to front: duplicates are found before anything is added to their weights,
        # which can make their last digits differ.
        for layer in reversed(range(len(kept))):
            rest, keep = _simplified(rest, layer, constants[layer], rounding)
            kept[layer] = kept[layer][keep]
    masks = [
        np.isin(np.arange(size), stay)
        for size, stay in zip(network.hidden_layer_sizes, kept, strict=True)
    ]
    return _with_dtype(rest, network.dtype), masks


def _with_dtype(network: Network, dtype: np.dtype[Any]) -> Network:
    return replace(
        network,
        coefs=tuple(c.astype(dtype, copy=False) for c in network.coefs),
        intercepts=tuple(b.astype(dtype, copy=False) for b in network.intercepts),
    )


def _simplified(
    network: Network, layer: int, constants: FloatArray, rounding: float
) -> tuple[Network, BoolArray]:
    """Remove the redundant neurons of one layer, all but one if all of them are.

    ``constants`` are the layer's from `_constants`. Returns the network, and the mask of the
    neurons that stay.
    """
    activation = ACTIVATIONS[network.activation]
    coefs, intercepts = list(network.coefs), list(network.intercepts)
    constant = ~np.isnan(constants)
    moved = constants[constant] @ coefs[layer + 1][constant]
    outgoing = np.where(constant[:, None], 0, coefs[layer + 1])

    # Neurons without effect must not become the first of their duplicates.
    active = np.flatnonzero(outgoing.any(axis=1))
    rows = np.column_stack([coefs[layer].T, intercepts[layer]])[active]
    first, factor = _duplicates(rows, activation, rounding)
    moved = moved + activation.offset * outgoing[active[factor < 0]].sum(axis=0)
    outgoing[active] = _merged(outgoing[active], first, factor, rounding)

    keep = np.array(outgoing.any(axis=1))
    if not keep.any():
        # The layer has become a constant, so the last neuron does not need those before it.
        keep[0] = True
        coefs[layer] = coefs[layer].copy()
        coefs[layer][:, 0] = 0
    coefs[layer + 1], intercepts[layer + 1] = outgoing, intercepts[layer + 1] + moved
    masks = [np.full(size, True) for size in network.hidden_layer_sizes]
    masks[layer] = keep
    coefs, intercepts = keep_neurons(coefs, intercepts, masks)
    smaller = replace(network, coefs=tuple(coefs), intercepts=tuple(intercepts))
    return smaller, keep


# ---- constant neurons ----------------------------------------------------------------------


def _constants(network: Network, box: FloatArray, rounding: float) -> list[FloatArray]:
    """The activations of the constant neurons of every layer, and NaN for the other neurons.

    Interval arithmetic: bounds of a layer's inputs give bounds of its activations.
    """
    function, constants, bounds = ACTIVATIONS[network.activation].function, [], box
    for coefs, intercepts in zip(network.coefs[:-1], network.intercepts[:-1], strict=True):
        ends = np.array(
            [-_largest(-coefs, -intercepts, bounds), _largest(coefs, intercepts, bounds)]
        )
        unconnected = ~coefs[bounds[0] < bounds[1]].any(axis=0)
        bounds = function(ends)
        # Outwards by more than the error of `tanh` and `expit`; exact zeros stay.
        bounds = bounds + np.array([[-2 * EPS], [2 * EPS]]) * np.abs(bounds)
        width = bounds[1] - bounds[0]
        narrow = (width < np.inf) & (width <= rounding * np.abs(bounds).max(axis=0))
        constant = unconnected | narrow
        values = np.full(len(intercepts), np.nan)
        values[constant] = function(ends[:, constant].mean(axis=0))
        constants.append(values)
    return constants


def _largest(coefs: FloatArray, intercepts: FloatArray, below: FloatArray) -> FloatArray:
    """An upper bound of ``a @ coefs + intercepts`` for ``below[0] <= a <= below[1]``.

    The margin is more than what rounding can do to sums of so many terms (Higham, "Accuracy and
    Stability of Numerical Algorithms", chapter 3).
    """
    unbounded = np.isinf(below)
    lower, upper = np.where(unbounded, 0, below)
    positive, negative = np.maximum(coefs, 0), np.minimum(coefs, 0)
    with np.errstate(over="ignore", invalid="ignore"):
        total = upper @ positive + lower @ negative + intercepts
        terms = np.abs(upper) @ positive - np.abs(lower) @ negative
        margin = EPS * ((len(coefs) + 4) * terms + 1.5 * np.abs(intercepts))
        result = total + margin
    open_end = positive[unbounded[1]].any(axis=0) | negative[unbounded[0]].any(axis=0)
    return np.where(open_end | ~np.isfinite(result), np.inf, result)


# ---- duplicates ----------------------------------------------------------------------------


def _duplicates(
    rows: FloatArray, activation: _Activation, rounding: float
) -> tuple[IntArray, FloatArray]:
    """The neuron that each neuron is a multiple of, and the factor; itself and 1 if of none.

    ``rows`` are incoming weights and bias of every neuron. Only neurons whose projections on a
    random direction agree are compared, so that this takes O(n log n).
    """
    n_neurons, width = rows.shape
    first, factor = np.arange(n_neurons), np.ones(n_neurons)
    size = np.abs(rows).max(axis=1, initial=0)
    unit = size if activation.scaled else np.ones(n_neurons)
    projection = rows @ np.random.default_rng(0).uniform(-1, 1, width) / unit
    if activation.negated:
        projection = np.abs(projection)
    # What rounding can make of the projections of two neurons that pass `_ratio`.
    slack = 4 * rounding * width * size / unit
    known: list[tuple[float, int]] = []  # sorted, of neurons that are no duplicates
    for k in range(n_neurons):
        start = bisect_left(known, (projection[k] - slack[k], -1))
        stop = bisect_right(known, (projection[k] + slack[k], n_neurons))
        for _, j in known[start:stop]:
            ratio = _ratio(rows[k], rows[j], activation, rounding)
            if ratio:
                first[k], factor[k] = j, ratio
                break
        else:
            insort(known, (projection[k], k))
    return first, factor


def _ratio(row: FloatArray, other: FloatArray, activation: _Activation, rounding: float) -> float:
    """The factor s that the activation allows with ``row == s * other``; 0 if there is none.

    Every single number has to agree to rounding: features differ in scale, so a weight that is
    small beside the others need not matter less.
    """
    pivot = np.argmax(np.abs(row))
    # A ratio that is out of this range might overflow once it multiplies outgoing weights.
    if not abs(other[pivot]) > abs(row[pivot]) * rounding:
        return 0.0
    ratio = float(row[pivot] / other[pivot])
    if not activation.scaled:
        ratio = float(np.sign(ratio))
    if ratio < 0 and not activation.negated:
        return 0.0
    return ratio if np.all(np.abs(row - ratio * other) <= rounding * np.abs(row)) else 0.0


def _merged(
    outgoing: FloatArray, first: IntArray, factor: FloatArray, rounding: float
) -> FloatArray:
    """Outgoing weights once the first of every group of duplicates does the work of all."""
    n_neurons = len(first)
    if np.array_equal(first, np.arange(n_neurons)):
        return outgoing
    gather = sparse.csr_array(
        (factor, (first, np.arange(n_neurons))), shape=(n_neurons, n_neurons)
    )
    total: FloatArray = gather @ outgoing
    # Duplicates that cancel leave rounding errors, which are not worth a neuron.
    total[np.abs(total) <= rounding * (np.abs(gather) @ np.abs(outgoing))] = 0
    return total
