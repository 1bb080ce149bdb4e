"""Tests of remove_redundant_neurons: smaller networks that compute the same."""

from time import perf_counter

import joblib
import numpy as np
import pytest
from helpers import oracle
from helpers.networks import KINDS, cases, deterministic, make
from helpers.redundancy import (
    KEPT,
    MULTIPLES,
    NO_MULTIPLES,
    assert_equal_networks,
    assert_same_function,
    disconnect,
    each_activation,
    each_owner,
    enliven,
    in_box,
    kept,
    multiply,
    planted,
    sizes,
    unseen,
    weights,
)
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skneuron.surgery import _redundant
from skneuron.surgery._network import Network
from skneuron.surgery._prune_redundant import remove_redundant_neurons
from skneuron.surgery._redundant import without_redundant_neurons

# ---- what is removed, and that the function stays


@pytest.mark.parametrize("n_layers", [1, 2, 3])
@each_activation
@each_owner
@pytest.mark.parametrize("kind", KINDS)
def test_planted_neurons_in_every_layer(kind, ours, activation, n_layers):
    case = planted(kind, activation, n_layers, ours=ours)
    before = joblib.hash(case.mlp)
    smaller = remove_redundant_neurons(case.mlp)
    assert kept(case.mlp) == [KEPT] * n_layers
    assert sizes(smaller) == [3] * n_layers
    assert type(smaller) is type(case.mlp)
    assert smaller.n_layers_ == n_layers + 2
    assert_same_function(smaller, case, unseen(case))
    assert_array_equal(smaller.predict(case.X).shape, case.mlp.predict(case.X).shape)
    assert joblib.hash(case.mlp) == before


@pytest.mark.parametrize("with_X", [False, True])
@deterministic(max_examples=60)
@given(case=cases())
def test_nothing_is_removed_from_random_networks_without_reason(case, with_X):
    # A wide box, in which only deeper neurons can be constant.
    box = np.array([[-1e3], [1e3]]).repeat(3, axis=1) if with_X else None
    smaller = remove_redundant_neurons(case.mlp, box)
    assert_same_function(smaller, case, unseen(case))
    if len(sizes(case.mlp)) == 1 or case.mlp.activation == "identity":
        assert sizes(smaller) == sizes(case.mlp)


@each_activation
def test_nothing_is_removed_from_a_random_network(activation):
    case = make("multiclass", (30, 20), activation, n_features=10)
    enliven(case.mlp)
    smaller = remove_redundant_neurons(case.mlp, case.X)
    assert_equal_networks(smaller, case.mlp)
    assert smaller.coefs_[0] is not case.mlp.coefs_[0]


@deterministic(max_examples=150)
@given(
    case=cases(kinds=["regression", "multiclass"], dyadic=True),
    operations=st.lists(
        st.tuples(st.sampled_from(["copy", "constant", "mute"]), *[st.integers(0, 3)] * 3),
        max_size=8,
    ),
    n_box=st.integers(0, 4),
)
def test_the_function_stays_whatever_is_planted(case, operations, n_box):
    for task, layer, index, other in operations:
        layer %= len(sizes(case.mlp))
        index, other = (i % sizes(case.mlp)[layer] for i in (index, other))
        if task == "copy" and index != other:
            multiply(case.mlp, layer, index, MULTIPLES[case.mlp.activation], of=other)
        elif task == "constant":
            disconnect(case.mlp, layer, index)
        elif task == "mute":
            weights(case.mlp, layer, index)[2][:] = 0
    X = case.X[:n_box] if n_box else None
    smaller = remove_redundant_neurons(case.mlp, X)
    inputs = unseen(case) if X is None else in_box(X)
    assert_same_function(smaller, case, inputs, rtol=1e-10, atol=1e-12)
    assert_equal_networks(remove_redundant_neurons(smaller, X), smaller)
    assert min(sizes(smaller)) >= 1


@each_activation
@pytest.mark.parametrize("ours", [True, False])
def test_a_second_call_changes_nothing(ours, activation):
    once = remove_redundant_neurons(planted(activation=activation, ours=ours).mlp)
    assert_equal_networks(remove_redundant_neurons(once), once)


def test_no_hidden_layer():
    case = make(hidden=())
    smaller = remove_redundant_neurons(case.mlp, case.X)
    assert_equal_networks(smaller, case.mlp)


# ---- duplicates


@pytest.mark.parametrize(
    ("activation", "factor"),
    [(name, factor) for name, factors in NO_MULTIPLES.items() for factor in factors],
)
def test_multiples_that_are_no_duplicates(activation, factor):
    case = make(hidden=(4,), activation=activation)
    multiply(case.mlp, 0, 2, factor, of=1)
    assert kept(case.mlp) == [[0, 1, 2, 3]]


@pytest.mark.parametrize(
    ("activation", "factor", "gain", "offset"),
    [
        ("relu", 1, 1, 0),
        ("relu", 4, 4, 0),
        ("identity", 4, 4, 0),
        ("identity", -4, -4, 0),
        ("tanh", -1, -1, 0),
        ("logistic", -1, -1, 1),
    ],
)
def test_outgoing_weights_go_to_the_first_duplicate(activation, factor, gain, offset):
    case = make("regression", (4,), activation, dyadic=True, seed=3)
    for index, weight in enumerate([0.25, 0.5, 1.0, 2.0]):
        case.mlp.coefs_[1][index] = weight
    multiply(case.mlp, 0, 3, factor, of=1)
    smaller = remove_redundant_neurons(case.mlp)
    assert_array_equal(smaller.coefs_[0], case.mlp.coefs_[0][:, :3])
    assert_array_equal(smaller.intercepts_[0], case.mlp.intercepts_[0][:3])
    assert_array_equal(smaller.coefs_[1].ravel(), [0.25, 0.5 + 2 * gain, 1])
    assert_array_equal(smaller.intercepts_[1], case.mlp.intercepts_[1] + 2 * offset)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("number", range(5))
@each_activation
def test_one_different_number_is_a_difference(activation, number, dtype):
    # However small it is beside the others: its feature may be large.
    case = make(hidden=(4,), activation=activation, n_features=4, dtype=dtype)
    case.mlp.coefs_[0][2] = 1e-4
    multiply(case.mlp, 0, 3, MULTIPLES[activation], of=1)
    assert kept(case.mlp) == [[0, 1, 2]]
    incoming, bias, _ = weights(case.mlp, 0, 3)
    (incoming[number:] if number < 4 else bias)[:1] *= 1 + 40 * np.finfo(dtype).eps
    assert kept(case.mlp) == [[0, 1, 2, 3]]
    (incoming[number:] if number < 4 else bias)[:1] = 0
    assert kept(case.mlp) == [[0, 1, 2, 3]]


def test_many_multiples_of_few_neurons(compiled):
    rng = np.random.default_rng(0)
    case = make(hidden=(200,), n_features=2)
    for index in range(5, 200):
        multiply(case.mlp, 0, index, np.exp(rng.normal() * 3), of=index % 5)
    smaller = remove_redundant_neurons(case.mlp)
    assert kept(case.mlp) == [[0, 1, 2, 3, 4]]
    assert_same_function(smaller, case, unseen(case), rtol=1e-9)


@pytest.mark.parametrize(("scale", "n_left"), [(1e-300, 3), (1e-5, 2), (1e5, 2), (1e300, 2)])
def test_ratios_that_might_overflow_are_not_taken(scale, n_left):
    case = make(hidden=(3,), n_features=2)
    for index, size in [(0, scale), (2, 1)]:
        incoming, bias, outgoing = weights(case.mlp, 0, index)
        incoming[:], bias[:], outgoing[:] = [size, -size], size, 1e10
    smaller = remove_redundant_neurons(case.mlp)
    assert sizes(smaller) == [n_left]
    assert np.isfinite(smaller.coefs_[1]).all()


def test_neurons_of_one_direction_are_not_all_compared(monkeypatch):
    case = make(hidden=(300,), activation="tanh", n_features=1)
    case.mlp.intercepts_[0][:] = 0
    calls = []
    monkeypatch.setattr(_redundant, "_ratio", lambda *args: calls.append(args) or 0.0)
    assert sizes(remove_redundant_neurons(case.mlp)) == [300]
    assert len(calls) < 10


def test_duplicates_that_cancel():
    case = make("regression", (5,), seed=2)
    multiply(case.mlp, 0, 2, 0.7, of=1)
    multiply(case.mlp, 0, 4, 3.1, of=1)
    # The contributions of the three add up to 0.1 + 0.2 - 0.3, which is not 0 in floating point.
    for index, weight in [(1, 0.1), (2, 0.2 / 0.7), (4, -0.3 / 3.1)]:
        case.mlp.coefs_[1][index] = weight
    assert kept(case.mlp) == [[0, 3]]
    assert_same_function(remove_redundant_neurons(case.mlp), case, unseen(case))


def test_a_neuron_without_effect_is_not_the_first_of_its_duplicates():
    case = make(hidden=(4,))
    multiply(case.mlp, 0, 3, 1, of=1)
    case.mlp.coefs_[1][1] = 0
    assert kept(case.mlp) == [[0, 2, 3]]


@each_activation
def test_duplicates_are_found_although_biases_that_are_folded_in_cancel(activation):
    # Neuron (0, 1) all but cancels the bias of (1, 0), which leaves few digits to compare.
    case = make("regression", (4, 4), activation)
    disconnect(case.mlp, 0, 1, bias=2.0)
    value = oracle.hidden(case.net, case.X, 0)[0, 1]
    case.mlp.coefs_[1][1, 0] = -case.mlp.intercepts_[1][0] / value * (1 + 1e-13)
    multiply(case.mlp, 1, 2, MULTIPLES[activation], of=0)
    assert kept(case.mlp) == [[0, 2, 3], [0, 1, 3]]


# ---- one removal makes another possible


@each_activation
def test_merging_makes_duplicates_in_the_next_layer(activation):
    case = make("regression", (4, 4), activation, dyadic=True, seed=5)
    multiply(case.mlp, 0, 3, 1, of=0)
    # Neurons 0 and 2 differ only in how they share their weight among the duplicates.
    multiply(case.mlp, 1, 2, 1, of=0)
    case.mlp.coefs_[1][0, 2] += 0.5
    case.mlp.coefs_[1][3, 2] -= 0.5
    case.mlp.coefs_[2][:] = 1
    assert kept(case.mlp)[1] == [0, 1, 3]
    assert_same_function(remove_redundant_neurons(case.mlp), case, unseen(case))


@each_activation
def test_neurons_that_only_serve_redundant_ones_go_too(activation):
    case = make("multiclass", (3, 3, 3), activation)
    enliven(case.mlp)
    case.mlp.coefs_[1][1, [0, 2]] = 0  # (0, 1) serves (1, 1) alone, and that serves (2, 1),
    case.mlp.coefs_[2][1, [0, 2]] = 0
    case.mlp.coefs_[3][1] = 0  # which nothing listens to.
    assert kept(case.mlp) == [[0, 2]] * 3
    assert_same_function(remove_redundant_neurons(case.mlp), case, unseen(case))


@each_activation
def test_a_constant_neuron_makes_those_behind_it_constant(activation):
    case = make("multiclass", (3, 3, 3), activation)
    enliven(case.mlp)
    disconnect(case.mlp, 0, 1, bias=0.7)
    case.mlp.coefs_[1][[0, 2], 1] = 0
    case.mlp.coefs_[2][[0, 2], 1] = 0
    assert kept(case.mlp) == [[0, 2]] * 3
    assert_same_function(remove_redundant_neurons(case.mlp), case, unseen(case))


# ---- the last neuron of a layer


@pytest.mark.parametrize("layer", [0, 1, 2])
@each_activation
def test_one_neuron_of_a_layer_stays(activation, layer):
    case = make("multiclass", (3, 4, 3), activation, ours=True)
    for index in range(sizes(case.mlp)[layer]):
        disconnect(case.mlp, layer, index)
    smaller = remove_redundant_neurons(case.mlp)
    # After it all is constant; before it, nothing has an effect any more.
    assert sizes(smaller) == [1, 1, 1] == list(smaller.hidden_layer_sizes_)
    assert_same_function(smaller, case, unseen(case))
    assert_equal_networks(remove_redundant_neurons(smaller), smaller)
    smaller.partial_fit(case.X, case.y)
    assert sizes(smaller) == [1, 1, 1]


def test_one_neuron_of_a_layer_without_effect_stays():
    case = make("regression", (4,))
    case.mlp.coefs_[1][:] = 0
    smaller = remove_redundant_neurons(case.mlp)
    assert kept(case.mlp) == [[0]]
    assert_array_equal(smaller.predict(case.X), np.full(40, case.mlp.intercepts_[1]))


def test_a_single_constant_neuron_is_left_as_it_is():
    case = make("regression", (1,))
    disconnect(case.mlp, 0, 0, bias=1)
    assert_equal_networks(remove_redundant_neurons(case.mlp), case.mlp)


# ---- precision


@each_activation
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_unchanged_to_rounding(dtype, activation):
    case = planted(activation=activation, n_layers=1, dtype=dtype, n_features=30)
    smaller = remove_redundant_neurons(case.mlp)
    assert kept(case.mlp) == [KEPT]
    assert {a.dtype for a in smaller.coefs_ + smaller.intercepts_} == {np.dtype(dtype)}
    # Evaluated with more digits, which shows what the weights have lost.
    X = unseen(case).astype(np.longdouble)
    change = np.abs(oracle.logits(oracle.net_of(smaller), X) - oracle.logits(case.net, X))
    terms = np.abs(oracle.hidden(case.net, X, 0)) @ np.abs(case.net.coefs[1])
    terms += np.abs(case.net.coefs[1]).sum(axis=0) + np.abs(case.net.intercepts[1])
    if activation == "relu":  # its input is not squashed, so neither are changes of it
        inputs = np.abs(X) @ np.abs(case.net.coefs[0]) + np.abs(case.net.intercepts[0])
        terms = inputs @ np.abs(case.net.coefs[1]) + np.abs(case.net.intercepts[1])
    assert np.all(change <= 4 * np.finfo(dtype).eps * terms)


@pytest.mark.parametrize("kind", KINDS)
@each_activation
def test_float32(activation, kind):
    case = planted(kind, activation, dtype=np.float32)
    smaller = remove_redundant_neurons(case.mlp)
    assert kept(case.mlp) == [KEPT] * 2
    assert_same_function(smaller, case, case.X, rtol=1e-4, atol=1e-5)


def test_large_networks_take_well_under_a_second(compiled):
    rng = np.random.default_rng(0)
    coefs = [rng.normal(size=shape) for shape in [(784, 1000), (1000, 10)]]
    intercepts = [rng.normal(size=n) for n in (1000, 10)]
    coefs[0][:, 1::2], intercepts[0][1::2] = 2 * coefs[0][:, ::2], 2 * intercepts[0][::2]
    network = Network(tuple(coefs), tuple(intercepts), "relu", "softmax")
    start = perf_counter()
    smaller, _ = without_redundant_neurons(network, np.array([np.zeros(784), np.ones(784)]))
    assert perf_counter() - start < 3
    assert smaller.hidden_layer_sizes == (500,)
