"""Neuron addresses: ``(layer, index)``, hidden layers counted from 0, in layer-major order."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from skneuron.utils import BoolArray, IntArray, NDArray, Neurons, is_int


def flat_addresses(sizes: Sequence[int]) -> tuple[IntArray, IntArray]:
    """Columns ``layer`` and ``index`` of all neurons of hidden layers of these sizes."""
    layer = np.repeat(np.arange(len(sizes)), sizes)
    index = np.concatenate([np.arange(size) for size in sizes] or [np.arange(0)])
    return layer, index


def neuron_name(layer: int, index: int) -> str:
    """What tables and feature names call the neuron with this address."""
    return f"hidden{layer}_neuron{index}"


def split_by_layer(flat: NDArray[Any], sizes: Sequence[int]) -> list[NDArray[Any]]:
    """Cut a flat array over all neurons into one array a layer."""
    return np.split(flat, np.cumsum(sizes)[:-1])


def selected_layers(layers: Any, n_hidden_layers: int) -> list[int]:
    """Indices of the hidden layers that a ``layers`` parameter names; None means all."""
    if layers is None:
        return list(range(n_hidden_layers))
    chosen = [layers] if is_int(layers) else layers
    if not isinstance(chosen, Iterable) or isinstance(chosen, str):
        raise ValueError(f"layers={layers!r} is not None, an int or a list of ints.")
    result = []
    for layer in chosen:
        if not is_int(layer):
            raise ValueError(f"layers={layers!r} is not None, an int or a list of ints.")
        if not -n_hidden_layers <= int(layer) < n_hidden_layers:
            raise ValueError(
                f"layers={layers!r} names hidden layer {layer}, but the network has "
                f"{n_hidden_layers} hidden layer(s): use 0 to {n_hidden_layers - 1}, or "
                f"-{n_hidden_layers} to -1 from the end."
            )
        result.append(int(layer) % n_hidden_layers)
    if not result:
        raise ValueError(f"layers={layers!r} selects no hidden layer.")
    return sorted(set(result))


def keep_masks(neurons: Neurons, sizes: Sequence[int]) -> list[BoolArray]:
    """One boolean mask a layer, True for neurons that stay.

    Parameters
    ----------
    neurons : iterable of (layer, index), or list of one boolean keep-mask a layer
    sizes : sequence of int
        Sizes of the hidden layers.

    Raises
    ------
    ValueError
        If an address or mask does not fit the network, or a layer would lose all its neurons.
    """
    items = list(neurons) if isinstance(neurons, Iterable) else neurons
    if not isinstance(items, list) or isinstance(neurons, str | bytes):
        raise ValueError(
            f"neurons={neurons!r} is neither an iterable of (layer, index) pairs nor a list of "
            "boolean keep-masks, one a hidden layer."
        )
    try:
        arrays = [np.asarray(item) for item in items]
    except ValueError:  # An item is ragged, so it is no mask; `_masks_without` will name it.
        arrays = []
    if arrays and all(a.dtype == bool and a.ndim == 1 for a in arrays):
        masks = _checked_masks(arrays, sizes)
    else:
        masks = _masks_without(items, sizes)
    for layer, mask in enumerate(masks):
        if not mask.any():
            raise ValueError(
                f"neurons would remove all {len(mask)} neurons of hidden layer {layer}: at "
                "least one must stay for the network to remain connected."
            )
    return masks


def _checked_masks(masks: list[BoolArray], sizes: Sequence[int]) -> list[BoolArray]:
    lengths = [len(mask) for mask in masks]
    if lengths != list(sizes):
        raise ValueError(
            f"neurons holds keep-masks of lengths {lengths}, but the hidden layers have "
            f"{list(sizes)} neurons."
        )
    return [mask.copy() for mask in masks]


def _masks_without(addresses: list[Any], sizes: Sequence[int]) -> list[BoolArray]:
    masks = [np.ones(size, dtype=bool) for size in sizes]
    for address in addresses:
        layer, index = checked_address(address, sizes)
        masks[layer][index] = False
    return masks


def checked_address(address: Any, sizes: Sequence[int]) -> tuple[int, int]:
    """``address`` as ``(layer, index)``.

    Raises
    ------
    ValueError
        If it is no pair of ints, or a network with hidden layers of these sizes has no such
        neuron.
    """
    try:
        layer, index = address
    except (TypeError, ValueError):
        raise ValueError(
            f"neurons contains {address!r}, which is not a (layer, index) pair."
        ) from None
    for value in (layer, index):
        if not is_int(value):
            raise ValueError(f"neurons contains {address!r}: layer and index must be ints.")
    if not 0 <= layer < len(sizes):
        raise ValueError(
            f"neurons contains {address!r}, but the network has {len(sizes)} hidden "
            f"layer(s), numbered from 0."
        )
    if not 0 <= index < sizes[layer]:
        raise ValueError(
            f"neurons contains {address!r}, but hidden layer {layer} has {sizes[layer]} "
            f"neurons, numbered from 0."
        )
    return int(layer), int(index)
