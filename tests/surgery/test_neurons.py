"""Tests of skneuron.surgery._neurons: addresses, the ``layers`` parameter, keep-masks."""

import re

import numpy as np
import pytest
from helpers.networks import deterministic
from hypothesis import given
from hypothesis import strategies as st

from skneuron.surgery._neurons import flat_addresses, keep_masks, selected_layers, split_by_layer

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


@pytest.mark.parametrize("neurons", [None, 3, "mean", b"00", 1.5])
def test_keep_masks_refuses_what_is_not_a_list(neurons):
    message = f"neurons={neurons!r} is neither an iterable of (layer, index) pairs nor"
    with pytest.raises(ValueError, match=re.escape(message)):
        keep_masks(neurons, (3, 2))


@pytest.mark.parametrize(
    "address",
    [0, (0,), (0, 1, 2), None, (0, 1.0), ("0", "1"), (True, 1), (0, np.True_), (0, [1, 2])],
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


def test_keep_masks_refuses_a_flat_mask():
    with pytest.raises(ValueError, match=r"neurons contains .*True"):
        keep_masks(np.array([True, False, True]), (3,))


@pytest.mark.parametrize(
    "neurons", [[(1, 0), (0, 2), (1, 1)], [[True, True, False], [False, False]]]
)
def test_keep_masks_refuses_to_remove_a_whole_layer(neurons):
    with pytest.raises(ValueError, match=r"neurons would remove all 2 neurons of hidden layer 1"):
        keep_masks(neurons, (3, 2))
