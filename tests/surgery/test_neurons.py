"""Tests of skneuron.surgery._neurons: addresses, the ``layers`` parameter, keep-masks."""

import re

import numpy as np
import pandas as pd
import pytest
from helpers.networks import deterministic
from hypothesis import given
from hypothesis import strategies as st

from skneuron.surgery._neurons import (
    Earlier,
    checked_address,
    flat_addresses,
    keep_masks,
    neuron_addresses,
    neuron_name,
    selected_layers,
    split_by_layer,
    whole_names,
)

sizes_strategy = st.lists(st.integers(1, 5), min_size=1, max_size=4)


def test_flat_addresses_are_in_layer_major_order():
    layer, index = flat_addresses((2, 1, 3))
    assert layer.tolist() == [0, 0, 1, 2, 2, 2]
    assert index.tolist() == [0, 1, 0, 0, 1, 2]


def test_flat_addresses_without_hidden_layers():
    layer, index = flat_addresses(())
    assert layer.shape == index.shape == (0,)
    assert layer.dtype.kind == index.dtype.kind == "i"


@deterministic(max_examples=30)
@given(sizes_strategy)
def test_split_by_layer_undoes_flat(sizes):
    layer, index = flat_addresses(sizes)
    for at, (layers, indices) in enumerate(
        zip(split_by_layer(layer, sizes), split_by_layer(index, sizes), strict=True)
    ):
        assert layers.tolist() == [at] * sizes[at]
        assert indices.tolist() == list(range(sizes[at]))


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (None, [0, 1, 2]),
        (0, [0]),
        (-1, [2]),
        (np.int64(1), [1]),
        ([2, 0], [0, 2]),
        ([1, -2, 1], [1]),
        ((0, -1), [0, 2]),
        (np.array([1, 2]), [1, 2]),
        (range(2), [0, 1]),
        ({1}, [1]),
    ],
)
def test_selected_layers(layers, expected):
    assert selected_layers(layers, 3) == expected


@pytest.mark.parametrize(
    "layers", [3, -4, [0, 3], 1.0, "0", "all", True, [True], [0.0], [None], [[0]], [], ()]
)
def test_selected_layers_names_bad_values(layers):
    with pytest.raises(ValueError, match=re.escape(f"layers={layers!r}")):
        selected_layers(layers, 3)


def test_selected_layers_tells_the_range():
    with pytest.raises(
        ValueError, match=r"names hidden layer 2, but .* 2 hidden layer\(s\): use 0 to 1, or -2 to"
    ):
        selected_layers([0, 2], 2)


# ---- keep_masks


@st.composite
def sizes_and_removals(draw):
    sizes = draw(sizes_strategy)
    keep = [draw(st.lists(st.booleans(), min_size=s, max_size=s).filter(any)) for s in sizes]
    gone = [(at, j) for at, mask in enumerate(keep) for j, stays in enumerate(mask) if not stays]
    return sizes, keep, draw(st.permutations(gone))


@deterministic(max_examples=60)
@given(sizes_and_removals())
def test_keep_masks_of_addresses_and_of_masks_agree(drawn):
    sizes, keep, gone = drawn
    forms = [gone, tuple(gone), set(gone), iter(gone), gone * 2, [list(pair) for pair in gone]]
    forms += [keep, [np.array(mask) for mask in keep], (mask for mask in keep)]
    if gone:
        forms += [np.array(gone), [(np.int32(at), np.uint8(j)) for at, j in gone]]
        flat = [sum(sizes[:at]) + j for at, j in gone]
        names = [neuron_name(*pair) for pair in gone]
        forms += [flat, np.array(flat), set(flat), iter(flat), pd.Series(flat)]
        forms += [names, np.array(names, dtype=object), np.array(names), set(names)]
        forms += [[*names[:1], *flat[1:2], *gone[2:]], pd.Series(names)]
    everywhere = np.concatenate(keep)
    forms += [everywhere, everywhere.tolist(), pd.Series(everywhere), iter(everywhere)]
    for form in forms:
        masks = keep_masks(form, sizes)
        assert [mask.tolist() for mask in masks] == keep
        assert all(mask.dtype == bool for mask in masks)


def test_keep_masks_of_a_two_dimensional_array():
    masks = keep_masks(np.array([[True, False], [False, True]]), (2, 2))
    assert [mask.tolist() for mask in masks] == [[True, False], [False, True]]


def test_keep_masks_are_copies():
    given_masks = [np.array([True, False])]
    keep_masks(given_masks, (2,))[0][:] = True
    assert given_masks[0].tolist() == [True, False]


@pytest.mark.parametrize("neurons", [None, 3, b"00", 1.5, np.array(3), {0: 1}])
def test_keep_masks_refuses_what_is_not_a_list(neurons):
    message = f"neurons={neurons!r} is not an iterable of neurons, each a (layer, index) pair"
    with pytest.raises(ValueError, match=re.escape(message)):
        keep_masks(neurons, (3, 2))


@pytest.mark.parametrize(
    "address",
    [
        (0,),
        (0, 1, 2),
        None,
        (0, 1.0),
        ("0", "1"),
        (True, 1),
        (0, np.True_),
        (0, [1, 2]),
        True,
        1.0,
        "mean",
        "",
        "hidden0_neuron",
        "hidden0_neuron3.",
        " hidden0_neuron1",
        "x" * 9,
        "hidden_neuron1",
        "neuron1",
        "hidden0neuron1",
        "hidden-1_neuron0",
    ],
)
def test_keep_masks_names_what_is_not_an_address(address):
    with pytest.raises(ValueError, match=re.escape(f"neurons contains {address!r}")):
        keep_masks([(1, 0), address], (3, 2))


@pytest.mark.parametrize(
    ("address", "rest"),
    [
        ((2, 0), "the network has 2 hidden layer(s), numbered from 0"),
        ((-1, 0), "the network has 2 hidden layer(s), numbered from 0"),
        ((0, 3), "hidden layer 0 has 3 neurons, numbered from 0"),
        ((1, -1), "hidden layer 1 has 2 neurons, numbered from 0"),
    ],
)
def test_keep_masks_names_addresses_out_of_range(address, rest):
    with pytest.raises(ValueError, match=re.escape(f"neurons contains {address!r}, but {rest}")):
        keep_masks([(0, 0), address], (3, 2))


@pytest.mark.parametrize(
    ("masks", "lengths"),
    [
        ([[True, True, False]], [3]),
        ([[True, True], [True, True, False]], [2, 3]),
        ([[True] * 3, [True] * 2, [True]], [3, 2, 1]),
    ],
)
def test_keep_masks_names_wrong_lengths(masks, lengths):
    message = f"keep-masks of lengths {lengths}, but the hidden layers have [3, 2] neurons"
    with pytest.raises(ValueError, match=re.escape(message)):
        keep_masks(masks, (3, 2))


@pytest.mark.parametrize("mask", [[True], [False] * 3, np.ones(6, bool), np.ones(4, bool)])
def test_keep_masks_names_the_length_of_a_flat_mask(mask):
    message = f"keep-mask of length {len(mask)}, but the network has 5 hidden neurons: [3, 2]"
    with pytest.raises(ValueError, match=re.escape(message)):
        keep_masks(mask, (3, 2))


@pytest.mark.parametrize("kind", [list, np.array])
def test_keep_masks_refuses_a_mask_of_numbers(kind):
    with pytest.raises(ValueError, match="a 0 or 1 for every hidden neuron, which is a mask or"):
        keep_masks(kind([1, 0, 1, 1, 1]), [3, 2])
    keep_masks(kind([1, 0]), [3, 2])
    keep_masks(kind([0]), [2])  # of a network with two neurons, one


def test_keep_masks_of_one_name():
    masks = keep_masks("hidden1_neuron0", (3, 2))
    assert [mask.tolist() for mask in masks] == [[True] * 3, [False, True]]


def test_keep_masks_of_nothing():
    assert [mask.tolist() for mask in keep_masks([], (2, 1))] == [[True, True], [True]]
    assert keep_masks(np.array([], dtype=bool), ()) == []


@pytest.mark.parametrize("pair", [(0, 1), (np.int64(1), 0)])
def test_keep_masks_refuses_a_pair_that_may_be_two_numbers(pair):
    message = f"neurons={pair!r} may be one neuron or two: use [{pair!r}] for"
    with pytest.raises(ValueError, match=re.escape(message)):
        keep_masks(pair, (3, 2))
    assert sum(mask.sum() for mask in keep_masks(list(pair), (3, 2))) == 3
    assert sum(mask.sum() for mask in keep_masks([pair], (3, 2))) == 4


@pytest.mark.parametrize("number", [5, -1, np.int64(99), 10**30])
def test_keep_masks_names_numbers_out_of_range(number):
    message = f"neurons contains {number!r}, but the network has 5 hidden neurons, numbered from 0"
    with pytest.raises(ValueError, match=re.escape(message)):
        keep_masks([0, number], (3, 2))


def test_errors_list_what_is_accepted():
    for neurons in (None, [None], ["a"]):
        with pytest.raises(ValueError, match=r"\(0, 3\), a name such as .hidden0_neuron3., or"):
            keep_masks(neurons, (3, 2))


# ---- of pruners, whose names go by the network of before

EARLIER = Earlier((4, 3), np.array([0, 2, 3, 4, 6]))  # (0, 1) and (1, 1) are gone


@pytest.mark.parametrize("neuron", ["hidden0_neuron0", 0, (0, 0)])
def test_what_is_the_same_before_and_now_is_clear(neuron):
    masks = keep_masks([neuron], (3, 2), earlier=EARLIER)
    assert [mask.tolist() for mask in masks] == [[False, True, True], [True, True]]


@pytest.mark.parametrize("neuron", ["hidden1_neuron2", 6, (1, 1)])
def test_names_that_nothing_has_now_are_those_of_before(neuron):
    masks = keep_masks([neuron], (3, 2), earlier=EARLIER)
    assert [mask.tolist() for mask in masks] == [[True] * 3, [True, False]]


@pytest.mark.parametrize(
    ("neuron", "why"),
    [
        ("hidden0_neuron2", r"is \(0, 1\) now, while \(0, 2\) is another one"),
        (2, r"is \(0, 1\) now, while \(0, 2\) is another one"),
        ("hidden0_neuron1", r"has been removed, while \(0, 1\) is another one"),
        ("hidden1_neuron1", r"has been removed, while \(1, 1\) is another one"),
        (5, r"has been removed\. Use \(layer, index\) as it is now"),
    ],
)
def test_what_means_another_neuron_now_is_refused(neuron, why):
    message = rf"neurons contains {neuron!r}, which is not clear: .*whole network {why}"
    with pytest.raises(ValueError, match=message):
        keep_masks([(1, 0), neuron], (3, 2), earlier=EARLIER)


@pytest.mark.parametrize("neuron", ["hidden0_neuron4", "hidden2_neuron0", 7, "neuron1"])
def test_what_was_in_neither_network_is_named(neuron):
    with pytest.raises(ValueError, match=f"neurons contains {neuron!r}, (but|which names no)"):
        keep_masks([neuron], (3, 2), earlier=EARLIER)


@pytest.mark.parametrize("neurons", [[(0, 2)], [True, True, False, True, True]])
def test_addresses_and_masks_are_those_of_now(neurons):
    masks = keep_masks(neurons, (3, 2), earlier=EARLIER)
    assert [mask.tolist() for mask in masks] == [[True, True, False], [True, True]]


# ---- neurons to look at


@pytest.mark.parametrize(
    "neurons",
    [
        [(1, 1), (0, 2)],
        ["hidden1_neuron1", "hidden0_neuron2"],
        [4, 2],
        np.array([4, 2]),
        np.array([[1, 1], [0, 2]]),
        ["hidden1_neuron1", 2],
    ],
)
def test_neuron_addresses_keep_their_order(neurons):
    assert neuron_addresses(neurons, (3, 2)) == [(1, 1), (0, 2)]


@pytest.mark.parametrize(
    "masks", [[False, False, True, False, True], [[False, False, True], [False, True]]]
)
def test_neuron_addresses_of_masks(masks):
    assert neuron_addresses(masks, (3, 2)) == [(0, 2), (1, 1)]


@pytest.mark.parametrize("neurons", [(0, 2), 3, [(0, 3)], ["a"], [9], [True]])
def test_neuron_addresses_refuse_what_masks_refuse(neurons):
    with pytest.raises(ValueError, match="neurons") as error:
        keep_masks(neurons, (3, 2))
    with pytest.raises(ValueError, match=re.escape(str(error.value))):
        neuron_addresses(neurons, (3, 2))


def test_names_lead_back_to_their_addresses():
    sizes = (12, 3)
    layers, indices = flat_addresses(sizes)
    for number, address in enumerate(zip(layers.tolist(), indices.tolist(), strict=True)):
        found = {checked_address(each, sizes) for each in (neuron_name(*address), number, address)}
        assert found == {address}


@pytest.mark.parametrize(
    "neurons", [[(1, 0), (0, 2), (1, 1)], [[True, True, False], [False, False]]]
)
def test_keep_masks_refuses_to_remove_a_whole_layer(neurons):
    with pytest.raises(ValueError, match=r"neurons would remove all 2 neurons of hidden layer 1"):
        keep_masks(neurons, (3, 2))


def test_names_in_the_whole_network():
    earlier = Earlier((4, 3), np.array([1, 3, 4, 6]))
    addresses = [(0, 0), (0, 1), (1, 0), (1, 1)]
    names = ["hidden0_neuron1", "hidden0_neuron3", "hidden1_neuron0", "hidden1_neuron2"]
    assert whole_names(addresses, (2, 2), earlier) == names
    assert whole_names(addresses, (2, 2), None) == [neuron_name(*one) for one in addresses]
    # And back, where no neuron that is left has that name now.
    assert neuron_addresses(["hidden0_neuron3"], (2, 2), earlier=earlier) == [(0, 1)]
