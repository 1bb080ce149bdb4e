"""Tests of skneuron.surgery._removal: smaller networks, and what takes removed neurons' places."""

from random import Random

import numpy as np
import pytest
from helpers import oracle
from helpers.networks import ACTIVATIONS, cases, deterministic, make
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.surgery._network import Network
from skneuron.surgery._removal import keep_neurons, remove_from_layer, remove_neurons, silence
from skneuron.surgery._replacement import REPLACEMENTS, LayerReplacement, layer_replacements


@st.composite
def cases_and_masks(draw, **fixed):
    """A case, and keep-masks that leave every layer at least one neuron."""
    case = draw(cases(**fixed))
    sizes = case.net.sizes
    masks = [draw(st.lists(st.booleans(), min_size=s, max_size=s).filter(any)) for s in sizes]
    return case, [np.array(mask) for mask in masks]


each_replacement = pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])


def removed_by(masks):
    return [(layer, int(j)) for layer, keep in enumerate(masks) for j in np.flatnonzero(~keep)]


def reference(case, replacement):
    return None if replacement == "zero" else case.X_ref


def gone(case, neurons, replacement):
    X_ref = reference(case, replacement)
    return oracle.gone(case.net, neurons, X_ref, linear=replacement == "linear")


def as_net(network):
    return oracle.Net(
        network.coefs, network.intercepts, network.activation, network.out_activation
    )


# ---- remove_neurons


@deterministic(max_examples=100)
@given(cases_and_masks(), st.sampled_from(["zero", "mean"]))
def test_the_smaller_network_computes_what_the_oracle_does(drawn, replacement):
    assert_computes_what_the_oracle_does(*drawn, replacement)


@deterministic(max_examples=60)
@given(st.one_of(cases_and_masks(activation=name) for name in ("tanh", "logistic")))
def test_linear_replacement_computes_what_the_oracle_does(drawn):
    # Curved activations: not collinear, so that coefficients are determined to the last bits.
    assert_computes_what_the_oracle_does(*drawn, "linear")


def assert_computes_what_the_oracle_does(case, masks, replacement):
    network, X_ref = Network.from_mlp(case.mlp), reference(case, replacement)
    smaller = remove_neurons(network, masks, replacement, X_ref)
    assert smaller.hidden_layer_sizes == tuple(mask.sum() for mask in masks)
    assert all(a.flags.c_contiguous for a in smaller.coefs)
    assert smaller.out_activation == case.net.out_activation
    expected = oracle.output(case.net, case.X, gone(case, removed_by(masks), replacement))
    assert_allclose(oracle.output(as_net(smaller), case.X), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", ["multiclass", "multilabel", "multioutput"])
def test_neurons_that_follow_from_others_are_not_missed(kind, seed):
    # Of three features, without a curve: three neurons tell all that seven do.
    case = make(kind, (7, 2), "identity", seed=seed)
    case.mlp.coefs_[0][:, [0, 3, 4]] = np.eye(3)
    masks = [np.isin(np.arange(7), [0, 3, 4, 5]), np.full(2, True)]
    smaller = remove_neurons(Network.from_mlp(case.mlp), masks, "linear", case.X_ref)
    expected = oracle.output(case.net, case.X)
    assert_allclose(oracle.output(as_net(smaller), case.X), expected, rtol=1e-6, atol=1e-6)


@deterministic(max_examples=30)
@given(
    cases_and_masks(activation="relu", dtype=np.float32, dyadic=True),
    st.sampled_from(["zero", "mean"]),
)
def test_float32_stays_float32(drawn, replacement):
    case, masks = drawn
    X_ref = reference(case, replacement)
    smaller = remove_neurons(Network.from_mlp(case.mlp), masks, replacement, X_ref)
    assert {a.dtype for a in smaller.coefs + smaller.intercepts} == {np.dtype(np.float32)}
    assert_allclose(
        oracle.output(as_net(smaller), case.X),
        oracle.output(case.net, case.X, gone(case, removed_by(masks), replacement)),
        rtol=1e-4,
        atol=1e-5,
    )


@deterministic(max_examples=30)
@given(cases_and_masks(activation="tanh", dtype=np.float32))
def test_float32_stays_float32_by_linear_replacement(drawn):
    case, masks = drawn
    network = Network.from_mlp(case.mlp)
    smaller = remove_neurons(network, masks, "linear", case.X_ref)
    assert {a.dtype for a in smaller.coefs + smaller.intercepts} == {np.dtype(np.float32)}
    for layer, a in enumerate(smaller.coefs):
        assert a.flags.c_contiguous, layer


@deterministic(max_examples=30)
@given(cases_and_masks(), st.randoms(use_true_random=False))
def test_zero_removes_in_any_order(drawn, random):
    case, masks = drawn
    network = Network.from_mlp(case.mlp)
    at_once = remove_neurons(network, masks, "zero")
    one_by_one = removed_in_order(network, masks, "zero", None, random)
    for a, b in zip(
        one_by_one.coefs + one_by_one.intercepts, at_once.coefs + at_once.intercepts, strict=True
    ):
        assert_array_equal(a, b)


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
@pytest.mark.parametrize("order", range(3))
def test_linear_removes_the_neurons_of_a_layer_in_any_order(activation, order):
    case = make("multioutput", (6, 3), activation)
    case.X_ref = np.random.default_rng(0).normal(size=(300, 3))
    network = Network.from_mlp(case.mlp)
    masks = [np.array([True, False, True, False, False, True]), np.full(3, True)]
    at_once = remove_neurons(network, masks, "linear", case.X_ref)
    rng = Random(order)
    one_by_one = removed_in_order(network, masks, "linear", case.X_ref, rng)
    for a, b in zip(
        one_by_one.coefs + one_by_one.intercepts, at_once.coefs + at_once.intercepts, strict=True
    ):
        # Both are pulled to 0 by 1e-8, in different steps: the correlations' inverse is < 1e3.
        assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def removed_in_order(network, masks, replacement, X_ref, random):
    alive = [list(range(len(mask))) for mask in masks]
    neurons = removed_by(masks)
    random.shuffle(neurons)
    for layer, index in neurons:
        one = [np.full(len(rest), True) for rest in alive]
        one[layer][alive[layer].index(index)] = False
        network = remove_neurons(network, one, replacement, X_ref)
        alive[layer].remove(index)
    return network


@each_replacement
def test_nothing_removed_is_the_same_network(replacement):
    network = Network.from_mlp(make(hidden=(4, 3)).mlp)
    masks = [np.full(4, True), np.full(3, True)]
    assert remove_neurons(network, masks, replacement, np.zeros((1, 3))) is network


@each_replacement
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


@pytest.mark.parametrize("replacement", ["mean", "linear"])
def test_the_mean_of_the_next_layers_input_stays(replacement):
    case = make("regression", (5,), "tanh")  # one linear layer behind: outputs keep their mean
    network = Network.from_mlp(case.mlp)
    masks = [np.array([True, False, False, True, False])]
    smaller = as_net(remove_neurons(network, masks, replacement, case.X))
    assert_allclose(
        oracle.output(smaller, case.X).mean(), case.mlp.predict(case.X).mean(), rtol=1e-10
    )


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_no_coefficients_do_better_than_linear_replacement(activation):
    case = make("multioutput", (5,), activation)
    case.X_ref = np.random.default_rng(0).normal(size=(200, 3))
    network = Network.from_mlp(case.mlp)
    masks = [np.array([True, False, True, True, True])]
    full = oracle.output(case.net, case.X_ref)

    def error(coefs, intercepts):
        smaller = oracle.Net(coefs, intercepts, activation, "identity")
        return np.mean((oracle.output(smaller, case.X_ref) - full) ** 2)

    best = remove_neurons(network, masks, "linear", case.X_ref)
    for other in ("zero", "mean"):
        smaller = remove_neurons(network, masks, other, case.X_ref)
        assert error(best.coefs, best.intercepts) < error(smaller.coefs, smaller.intercepts)
    rng = np.random.default_rng(0)
    for _ in range(20):
        last = best.coefs[-1] + rng.normal(size=best.coefs[-1].shape) * 1e-3
        assert error(best.coefs, best.intercepts) < error([best.coefs[0], last], best.intercepts)


# ---- silence, remove_from_layer


@each_replacement
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_silenced_neurons_can_be_cut_out(activation, replacement):
    case = make("multiclass", (5, 4), activation)
    network = Network.from_mlp(case.mlp)
    found = layer_replacements(network, replacement, case.X_ref)
    for layer, keep in ((0, [True, False, True, True, False]), (1, [False, True, True, True])):
        keep = np.array(keep)
        silent = silence(network, layer, ~keep, found[layer])
        assert [c.shape for c in silent.coefs] == [c.shape for c in network.coefs]
        assert not silent.coefs[layer + 1][~keep].any()
        for at in range(len(network.coefs)):  # nothing else is touched
            if at != layer + 1:
                assert_array_equal(silent.coefs[at], network.coefs[at])
                assert_array_equal(silent.intercepts[at], network.intercepts[at])
        smaller = remove_from_layer(network, layer, keep, found[layer])
        assert_array_equal(smaller.coefs[layer + 1], silent.coefs[layer + 1][keep])
        assert_allclose(
            oracle.output(as_net(smaller), case.X),
            oracle.output(as_net(silent), case.X),
            rtol=1e-12,
        )


def test_silence_folds_the_prediction_into_weights_and_biases():
    case = make("regression", (3,))
    network = Network.from_mlp(case.mlp)
    gone_mask = np.array([False, True, False])

    class Known(LayerReplacement):
        def predictor(self, gone):
            assert gone is gone_mask
            return np.array([[2.0], [-0.5]]), np.array([7.0])

    silent = silence(network, 0, gone_mask, Known(np.zeros(3)))
    a, b, c = network.coefs[1][:, 0]
    assert_allclose(silent.coefs[1][:, 0], [a + 2 * b, 0, c - b / 2], rtol=1e-15)
    assert_allclose(silent.intercepts[1], network.intercepts[1] + 7 * b, rtol=1e-15)


def test_every_replacement_is_known_to_surgery():
    case = make(hidden=(4, 3))
    network = Network.from_mlp(case.mlp)
    masks = [np.array([True, False, True, True]), np.full(3, True)]
    weights = {
        name: remove_neurons(network, masks, name, case.X_ref).coefs[1].tobytes()
        + remove_neurons(network, masks, name, case.X_ref).intercepts[1].tobytes()
        for name in REPLACEMENTS
    }
    assert len(set(weights.values())) == len(REPLACEMENTS) == 3


# ---- keep_neurons


def test_keep_neurons_cuts_rows_and_columns():
    coefs = [np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(3, 2), np.array([[7.0], [8.0]])]
    intercepts = [np.array([1.0, 2, 3]), np.array([4.0, 5]), np.array([6.0])]
    masks = [np.array([True, False, True]), np.array([False, True])]
    kept_coefs, kept_intercepts = keep_neurons(coefs, intercepts, masks)
    assert [c.tolist() for c in kept_coefs] == [[[0, 2], [3, 5]], [[1], [5]], [[8]]]
    assert [b.tolist() for b in kept_intercepts] == [[1, 3], [5], [6]]
    arrays = zip(kept_coefs + kept_intercepts, coefs + intercepts, strict=True)
    assert not any(np.shares_memory(kept, full) for kept, full in arrays)
