"""``n_neurons_to_select``: from what a user writes to the fewest neurons that have to stay."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from skneuron.surgery import split_by_layer
from skneuron.utils import IntArray, checked_int, is_int, is_real


def count_of_share(share: float, n_all: int) -> int:
    """The largest number that is not more than this share of all: 29 are 0.29 of 100."""
    count = int(share * n_all)
    # The product may round to either side of a whole number, of which the quotient is the share.
    return next(n for n in (count + 1, count, count - 1) if n / n_all <= share)


def smallest_sizes(
    sizes: tuple[int, ...], ablated: np.ndarray, min_neurons_per_layer: int | tuple[int, ...]
) -> IntArray:
    """Of the hidden layers, once all neurons are gone that may be removed; as `minimum_sizes`."""
    n_ablated = np.array([part.sum() for part in split_by_layer(ablated, sizes)])
    return np.maximum(np.array(sizes) - n_ablated, np.minimum(min_neurons_per_layer, sizes))


def minimum_sizes(
    n_neurons_to_select: Any,
    sizes: tuple[int, ...],
    ablated: np.ndarray,
    min_neurons_per_layer: int,
    *,
    name: str = "n_neurons_to_select",
) -> tuple[tuple[int, ...], int]:
    """The fewest neurons that have to stay: in every hidden layer, and in all of them together.

    Parameters
    ----------
    n_neurons_to_select : int, float, list of int or None
        The number of hidden neurons that stay, their share of all, or their number in every
        hidden layer; None means that no more have to stay than ``min_neurons_per_layer``.
    sizes : tuple of int
        Of the hidden layers of the whole network.
    ablated : ndarray of shape (n_hidden,), bool
        True for the neurons that may be removed.
    min_neurons_per_layer : int
        Stay in every layer in any case.
    name : str
        What the caller calls the first parameter.

    Raises
    ------
    ValueError
        If there are not so many neurons, or more have to stay.
    """
    in_every_layer = (min_neurons_per_layer,) * len(sizes)
    if n_neurons_to_select is None:
        return in_every_layer, 0
    given, n_full = f"{name}={n_neurons_to_select!r}", sum(sizes)
    lowest = smallest_sizes(sizes, ablated, min_neurons_per_layer)
    n_lowest = int(lowest.sum())
    if is_int(n_neurons_to_select):
        why = "the neurons that have to stay and all that there are"
        return in_every_layer, checked_int(name, n_neurons_to_select, n_lowest, n_full, why=why)
    if is_real(n_neurons_to_select):
        if not 0 < n_neurons_to_select <= 1:
            raise ValueError(f"{given} is neither an int nor a fraction above 0 and up to 1.")
        return in_every_layer, max(count_of_share(n_neurons_to_select, n_full), n_lowest)
    listed = isinstance(n_neurons_to_select, Iterable) and not isinstance(n_neurons_to_select, str)
    counts = list(n_neurons_to_select) if listed else []
    if not counts or not all(map(is_int, counts)):
        raise ValueError(f"{given} is not an int, a fraction or a list with one int a layer.")
    if len(counts) != len(sizes):
        raise ValueError(
            f"{given} has {len(counts)} entries, but the network has {len(sizes)} hidden layers."
        )
    for layer, (count, low, size) in enumerate(zip(counts, lowest, sizes, strict=True)):
        if not low <= count <= size:
            raise ValueError(
                f"{given}: hidden layer {layer} has {size} neurons, of which at least {low} "
                f"have to stay; {count} cannot."
            )
    return tuple(map(int, counts)), sum(counts)
