"""Neurons by address, name or number, hidden layers counted from 0, in layer-major order."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from skneuron.utils import BoolArray, IntArray, NDArray, Neurons, is_int

_NAME = re.compile(r"hidden(\d+)_neuron(\d+)")
# How errors say what one neuron may be called.
ONE_NEURON = (
    "a (layer, index) pair such as (0, 3), a name such as 'hidden0_neuron3', or a number among "
    "all hidden neurons such as 3"
)
ALL_FORMS = (
    f"an iterable of neurons, each {ONE_NEURON}; or boolean keep-masks, one for all hidden "
    "neurons (as support_) or a list of one a hidden layer"
)


class Earlier(NamedTuple):
    """A larger network, and what is left of it."""

    sizes: Sequence[int]
    numbers: IntArray  # among its hidden neurons, of those that are left


def flat_addresses(sizes: Sequence[int]) -> tuple[IntArray, IntArray]:
    """Columns ``layer`` and ``index`` of all neurons of hidden layers of these sizes."""
    layer = np.repeat(np.arange(len(sizes)), sizes)
    index = np.concatenate([np.arange(size) for size in sizes] or [np.arange(0)])
    return layer, index


def neuron_name(layer: int, index: int) -> str:
    """What tables and feature names call the neuron with this address."""
    return f"hidden{layer}_neuron{index}"


def address_columns(layer: IntArray, index: IntArray) -> dict[str, NDArray[Any]]:
    """The columns of tables that say which neuron a row is of."""
    names = [neuron_name(*address) for address in zip(layer, index, strict=True)]
    return {"layer": layer, "index": index, "name": np.array(names, dtype=object)}


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


def keep_masks(
    neurons: Neurons, sizes: Sequence[int], *, earlier: Earlier | None = None
) -> list[BoolArray]:
    """One boolean mask a layer, True for neurons that stay.

    Parameters
    ----------
    neurons : str, iterable or array of bool
        The neurons that go, each by a form that `checked_address` takes, or a single name; or
        keep-masks: one over all neurons, or one a layer.
    sizes : sequence of int
        Sizes of the hidden layers.
    earlier : Earlier, default=None
        The network before a pruner removed neurons, if it did: its names and numbers are taken as
        well, as far as they are no other neuron's now.

    Raises
    ------
    ValueError
        If a neuron or mask does not fit the network, if what is meant is not clear, or if a layer
        would lose all its neurons.
    """
    items = _listed(neurons)
    masks = _given_masks(items, sizes)
    if masks is None:
        masks = _masks_without(items, sizes, earlier)
    for layer, mask in enumerate(masks):
        if not mask.any():
            raise ValueError(
                f"neurons would remove all {len(mask)} neurons of hidden layer {layer}: at "
                "least one must stay for the network to remain connected."
            )
    return masks


def neuron_addresses(
    neurons: Neurons, sizes: Sequence[int], *, earlier: Earlier | None = None
) -> list[tuple[int, int]]:
    """``(layer, index)`` of neurons to look at, in the order given.

    Parameters
    ----------
    neurons : str, iterable or array of bool
        As `keep_masks` takes them; masks are True for the neurons meant, as they are for those
        that stay.
    sizes : sequence of int
        Sizes of the hidden layers.
    earlier : Earlier, default=None
        As `keep_masks` takes it.

    Raises
    ------
    ValueError
        If a neuron or mask does not fit the network.
    """
    items = _listed(neurons)
    masks = _given_masks(items, sizes)
    if masks is None:
        return [_address_of(item, sizes, earlier) for item in items]
    return [(layer, int(at)) for layer, mask in enumerate(masks) for at in np.flatnonzero(mask)]


def _listed(neurons: Any) -> list[Any]:
    if isinstance(neurons, str):
        return [neurons]
    is_list = isinstance(neurons, Iterable) and not isinstance(neurons, bytes | Mapping)
    if not is_list or (isinstance(neurons, np.ndarray) and neurons.ndim == 0):
        raise ValueError(f"neurons={neurons!r} is not {ALL_FORMS}.")
    items = list(neurons)
    if isinstance(neurons, tuple) and len(items) == 2 and all(map(is_int, items)):
        raise ValueError(
            f"neurons={neurons!r} may be one neuron or two: use [{neurons!r}] for the neuron with "
            f"this layer and index, or {items!r} for two numbers among all hidden neurons."
        )
    return items


def _given_masks(items: list[Any], sizes: Sequence[int]) -> list[BoolArray] | None:
    """Keep-masks, one a layer; None if the items are not masks but neurons."""
    if items and all(isinstance(item, bool | np.bool_) for item in items):
        if len(items) != sum(sizes):
            raise ValueError(
                f"neurons is a keep-mask of length {len(items)}, but the network has {sum(sizes)} "
                f"hidden neurons: {list(sizes)} in its hidden layers."
            )
        return split_by_layer(np.array(items, dtype=bool), sizes)
    if len(items) == sum(sizes) > 2 and all(is_int(item) and item in (0, 1) for item in items):
        raise ValueError(
            "neurons holds a 0 or 1 for every hidden neuron, which is a mask or twice the same "
            "numbers: use bools for a mask, as in neurons.astype(bool)."
        )
    try:
        arrays = [np.asarray(item) for item in items]
    except ValueError:  # An item is ragged, so it is no mask; `checked_address` will name it.
        return None
    if not arrays or not all(a.dtype == bool and a.ndim == 1 for a in arrays):
        return None
    lengths = [len(mask) for mask in arrays]
    if lengths != list(sizes):
        raise ValueError(
            f"neurons holds keep-masks of lengths {lengths}, but the hidden layers have "
            f"{list(sizes)} neurons."
        )
    return [mask.copy() for mask in arrays]


def _masks_without(
    items: list[Any], sizes: Sequence[int], earlier: Earlier | None
) -> list[BoolArray]:
    masks = [np.ones(size, dtype=bool) for size in sizes]
    for item in items:
        layer, index = _address_of(item, sizes, earlier)
        masks[layer][index] = False
    return masks


def _address_of(item: Any, sizes: Sequence[int], earlier: Earlier | None) -> tuple[int, int]:
    """Of a neuron of a network that may be what is left of a larger one."""
    is_pair = not (isinstance(item, str) or is_int(item))
    if earlier is None or is_pair:
        return checked_address(item, sizes)
    return _address_now(item, sizes, earlier)


def whole_names(
    addresses: Sequence[tuple[int, int]], sizes: Sequence[int], earlier: Earlier | None
) -> list[str]:
    """Names of neurons, as they are called in the whole network if this is what is left of it."""
    if earlier is None:
        return [neuron_name(*address) for address in addresses]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    numbers = [int(earlier.numbers[starts[layer] + index]) for layer, index in addresses]
    return [neuron_name(*_address_of_number(number, earlier.sizes)) for number in numbers]


def _address_now(item: str | int, sizes: Sequence[int], earlier: Earlier) -> tuple[int, int]:
    """Where the neuron is that has this name or number, in the whole network or in what is left.

    Raises
    ------
    ValueError
        If these are two neurons, or the one in the whole network has been removed.
    """
    layer, index = checked_address(item, earlier.sizes)
    (found,) = np.nonzero(earlier.numbers == sum(earlier.sizes[:layer]) + index)
    meant = _address_of_number(int(found[0]), sizes) if len(found) else None
    try:
        same = checked_address(item, sizes)
    except ValueError:
        same = None
    if meant is not None and same in (None, meant):
        return meant
    was = "has been removed" if meant is None else f"is {meant} now"
    raise ValueError(
        f"neurons contains {item!r}, which is not clear: this pruner has removed neurons, and "
        f"that of the whole network {was}"
        + ("." if same is None else f", while {same} is another one.")
        + " Use (layer, index) as it is now."
    )


def _address_of_name(name: str, sizes: Sequence[int]) -> tuple[int, int]:
    match = _NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"neurons contains {name!r}, which names no neuron: use {ONE_NEURON}.")
    return int(match[1]), int(match[2])


def _address_of_number(number: int, sizes: Sequence[int]) -> tuple[int, int]:
    n_neurons = sum(sizes)
    if not 0 <= number < n_neurons:
        raise ValueError(
            f"neurons contains {number!r}, but the network has {n_neurons} hidden neurons, "
            "numbered from 0."
        )
    layers, indices = flat_addresses(sizes)
    return int(layers[number]), int(indices[number])


def _address_of_pair(pair: Any, sizes: Sequence[int]) -> tuple[int, int]:
    try:
        layer, index = pair
    except (TypeError, ValueError):
        raise ValueError(f"neurons contains {pair!r}, which is not {ONE_NEURON}.") from None
    for value in (layer, index):
        if not is_int(value):
            raise ValueError(f"neurons contains {pair!r}: layer and index must be ints.")
    return layer, index


def checked_address(neuron: Any, sizes: Sequence[int]) -> tuple[int, int]:
    """``(layer, index)`` of a neuron.

    Parameters
    ----------
    neuron : (layer, index), str or int
        Its address, its name, or its number among all hidden neurons.
    sizes : sequence of int
        Sizes of the hidden layers.

    Raises
    ------
    ValueError
        If it is none of these, or the network has no such neuron.
    """
    address_of = (
        _address_of_name if isinstance(neuron, str)
        else _address_of_number if is_int(neuron)
        else _address_of_pair
    )  # fmt: skip
    layer, index = address_of(neuron, sizes)
    if not 0 <= layer < len(sizes):
        raise ValueError(
            f"neurons contains {neuron!r}, but the network has {len(sizes)} hidden "
            f"layer(s), numbered from 0."
        )
    if not 0 <= index < sizes[layer]:
        raise ValueError(
            f"neurons contains {neuron!r}, but hidden layer {layer} has {sizes[layer]} "
            f"neurons, numbered from 0."
        )
    return int(layer), int(index)
