"""Tests of skneuron._surgery: smaller networks, and what takes removed neurons' places."""

import re

import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import KINDS, cases, deterministic, make
from numpy.testing import assert_allclose, assert_array_equal

from skneuron._network import Network
from skneuron._surgery import (
    check_replacement,
    keep_neurons,
    remove_neurons,
    replacement_constants,
)


@st.composite
def cases_and_masks(draw, **fixed):
    """A case, and keep-masks that leave every layer at least one neuron."""
    case = draw(cases(**fixed))
    sizes = case.net.sizes
    masks = [draw(st.lists(st.booleans(), min_size=s, max_size=s).filter(any)) for s in sizes]
    return case, [np.array(mask) for mask in masks]


def removed_by(masks):
    return [(layer, int(j)) for layer, keep in enumerate(masks) for j in np.flatnonzero(~keep)]


def as_net(network):
    return oracle.Net(
        network.coefs, network.intercepts, network.activation, network.out_activation
    )


# ---- remove_neurons


@deterministic(max_examples=100)
@given(cases_and_masks(), st.sampled_from(["zero", "mean"]))
def test_the_smaller_network_computes_what_the_oracle_does(drawn, replacement):
    case, masks = drawn
    X_ref = case.X_ref if replacement == "mean" else None
    smaller = remove_neurons(Network.from_mlp(case.mlp), masks, replacement, X_ref)
    assert smaller.hidden_layer_sizes == tuple(mask.sum() for mask in masks)
    assert all(a.flags.c_contiguous for a in smaller.coefs)
    assert smaller.out_activation == case.net.out_activation
    expected = oracle.output(case.net, case.X, oracle.gone(case.net, removed_by(masks), X_ref))
    assert_allclose(oracle.output(as_net(smaller), case.X), expected, rtol=1e-9, atol=1e-12)


@deterministic(max_examples=30)
@given(cases_and_masks(activation="relu", dtype=np.float32, dyadic=True))
def test_float32_stays_float32(drawn):
    case, masks = drawn
    smaller = remove_neurons(Network.from_mlp(case.mlp), masks, "mean", case.X_ref)
    assert {a.dtype for a in smaller.coefs + smaller.intercepts} == {np.dtype(np.float32)}
    replaced = oracle.gone(case.net, removed_by(masks), case.X_ref)
    assert_allclose(
        oracle.output(as_net(smaller), case.X),
        oracle.output(case.net, case.X, replaced),
        rtol=1e-4,
        atol=1e-5,
    )


@deterministic(max_examples=30)
@given(cases_and_masks(), st.randoms(use_true_random=False))
def test_zero_removes_in_any_order(drawn, random):
    case, masks = drawn
    network = Network.from_mlp(case.mlp)
    at_once = remove_neurons(network, masks, "zero")
    sizes = [len(mask) for mask in masks]
    alive = [list(range(size)) for size in sizes]
    neurons = removed_by(masks)
    random.shuffle(neurons)
    for layer, index in neurons:
        one = [np.full(len(rest), True) for rest in alive]
        one[layer][alive[layer].index(index)] = False
        network = remove_neurons(network, one, "zero")
        alive[layer].remove(index)
    for a, b in zip(
        network.coefs + network.intercepts, at_once.coefs + at_once.intercepts, strict=True
    ):
        assert_array_equal(a, b)


def test_nothing_removed_is_the_same_network():
    network = Network.from_mlp(make(hidden=(4, 3)).mlp)
    masks = [np.full(4, True), np.full(3, True)]
    assert remove_neurons(network, masks, "mean", np.zeros((1, 3))) is network


@pytest.mark.parametrize("replacement", ["zero", "mean"])
def test_the_larger_network_is_left_alone(replacement):
    case = make(hidden=(4, 3))
    network = Network.from_mlp(case.mlp)
    arrays = network.coefs + network.intercepts
    before = [a.copy() for a in arrays]
    smaller = remove_neurons(
        network, [np.array([True, False, True, True]), np.full(3, True)], replacement, case.X_ref
    )
    for a in smaller.coefs + smaller.intercepts:
        a[:] = np.nan
    for a, copy in zip(arrays, before, strict=True):
        assert_array_equal(a, copy)


def test_mean_keeps_the_mean_of_the_next_layers_input():
    case = make("regression", (5,), "tanh")  # one linear layer behind: outputs keep their mean
    network = Network.from_mlp(case.mlp)
    masks = [np.array([True, False, False, True, False])]
    smaller = as_net(remove_neurons(network, masks, "mean", case.X))
    assert_allclose(
        oracle.output(smaller, case.X).mean(), case.mlp.predict(case.X).mean(), rtol=1e-10
    )


# ---- constants


@pytest.mark.parametrize("kind", KINDS)
def test_replacement_constants(kind):
    case = make(kind, (4, 3, 2), "logistic")
    network = Network.from_mlp(case.mlp)
    zeros = replacement_constants(network, "zero", None)
    assert zeros.tolist() == [0] * 9
    assert zeros.dtype == network.dtype
    means = replacement_constants(network, "mean", case.X_ref)
    expected = [oracle.hidden(case.net, case.X_ref, layer).mean(axis=0) for layer in range(3)]
    assert_allclose(means, np.concatenate(expected), rtol=1e-12)


@pytest.mark.parametrize("replacement", ["zero", "mean"])
def test_replacement_constants_without_hidden_layers(replacement):
    case = make(hidden=())
    network = Network.from_mlp(case.mlp)
    assert replacement_constants(network, replacement, case.X_ref).shape == (0,)


def test_means_of_many_float32_rows_are_not_lost():
    # Summed in float32, a million times 0.1 is 958 too much.
    case = make("regression", (1,), "identity", n_features=1, dtype=np.float32)
    case.mlp.coefs_[0][:], case.mlp.intercepts_[0][:] = 1, 0
    X_ref = np.full((1_000_000, 1), 0.1, np.float32)
    mean = replacement_constants(Network.from_mlp(case.mlp), "mean", X_ref)
    assert_array_equal(mean, np.float32([0.1]))


# ---- keep_neurons, check_replacement


def test_keep_neurons_cuts_rows_and_columns():
    coefs = [np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(3, 2), np.array([[7.0], [8.0]])]
    intercepts = [np.array([1.0, 2, 3]), np.array([4.0, 5]), np.array([6.0])]
    masks = [np.array([True, False, True]), np.array([False, True])]
    kept_coefs, kept_intercepts = keep_neurons(coefs, intercepts, masks)
    assert [c.tolist() for c in kept_coefs] == [[[0, 2], [3, 5]], [[1], [5]], [[8]]]
    assert [b.tolist() for b in kept_intercepts] == [[1, 3], [5], [6]]
    arrays = zip(kept_coefs + kept_intercepts, coefs + intercepts, strict=True)
    assert not any(np.shares_memory(kept, whole) for kept, whole in arrays)


@pytest.mark.parametrize("replacement", ["Zero", "median", None, 0, ["zero"], np.zeros(2)])
def test_unknown_replacements_are_named(replacement):
    message = f"replacement={replacement!r} is unknown; use one of "
    with pytest.raises(ValueError, match=re.escape(message)):
        check_replacement(replacement, has_reference=True, reference_name="X")


def test_missing_reference_data_are_named():
    check_replacement("zero", has_reference=False, reference_name="rows")
    check_replacement("mean", has_reference=True, reference_name="rows")
    with pytest.raises(ValueError, match=r"replacement='mean' needs .* pass rows, for example"):
        check_replacement("mean", has_reference=False, reference_name="rows")
