"""Tests of skneuron.inspection._gradients: against differences of the oracle's losses."""

import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import KINDS, REGRESSIONS, cases, deterministic, make
from numpy.testing import assert_allclose
from scipy.special import logsumexp
from test_activation_statistics import random_weight, sample_of

from skneuron import _network
from skneuron._network import Network
from skneuron._targets import output_targets
from skneuron.inspection._gradients import backward, first_order_changes, second_order_changes

STEP = 1e-6


def targets_of(case):
    return output_targets(case.mlp, case.y)


def activation(case, neuron):
    layer, index = neuron
    return oracle.hidden(case.net, case.X, layer)[:, index]


def losses(net, y, z):
    """`oracle.losses` from the output layer's input, so that nothing is lost near 0 and 1."""
    if net.out_activation == "softmax":
        return np.sum(y * (logsumexp(z, axis=1, keepdims=True) - z), axis=1)
    if net.out_activation == "logistic":
        return np.sum(np.logaddexp(0, z) - y * z, axis=1)
    return oracle.losses(net, y, oracle.apply(net.out_activation, z))


def loss_when(case, neuron, values):
    """Loss of every row when the neuron's activation is set to these values."""
    z = oracle.logits(case.net, case.X, {neuron: values})
    return losses(case.net, targets_of(case), z)


def slopes(case, neuron):
    a = activation(case, neuron)
    up, down = loss_when(case, neuron, a + STEP), loss_when(case, neuron, a - STEP)
    return (up - down) / (2 * STEP)


def curvatures(case, neuron, step=1e-3):
    a = activation(case, neuron)
    up, down = loss_when(case, neuron, a + step), loss_when(case, neuron, a - step)
    return (up - 2 * loss_when(case, neuron, a) + down) / step**2


def output_hessian(out_activation, p):
    """Second derivatives of one row's loss by the output layer's input."""
    return {
        "identity": np.eye(len(p)) / len(p),
        "softmax": np.diag(p) - np.outer(p, p),
        "logistic": np.diag(p * (1 - p)),
        "exp": np.diag(p),
    }[out_activation]


def gauss_newton(case, neuron):
    a = activation(case, neuron)
    up = oracle.logits(case.net, case.X, {neuron: a + STEP})
    down = oracle.logits(case.net, case.X, {neuron: a - STEP})
    jacobian = (up - down) / (2 * STEP)
    output = oracle.output(case.net, case.X)
    hessians = [output_hessian(case.net.out_activation, p) for p in output]
    return np.array([j @ h @ j for j, h in zip(jacobian, hessians, strict=True)])


def slow_first_order(case, weight):
    return [
        np.average(-slopes(case, neuron) * activation(case, neuron), weights=weight)
        for neuron in case.net.neurons
    ]


def slow_second_order(case, weight, curvature=gauss_newton):
    return [
        np.average(curvature(case, neuron) * activation(case, neuron) ** 2 / 2, weights=weight)
        for neuron in case.net.neurons
    ]


def flat(by_layer):
    return np.concatenate(by_layer)


@pytest.mark.parametrize("kind", KINDS)
def test_losses_are_the_oracles(kind):
    case = make(kind, (4, 3))
    case.mlp.coefs_[-1] /= 4
    z, y = oracle.logits(case.net, case.X), targets_of(case)
    expected = oracle.losses(case.net, y, oracle.apply(case.net.out_activation, z))
    assert_allclose(losses(case.net, y, z), expected, rtol=1e-10)


# ---- against differences


@deterministic(max_examples=100)
@given(cases([*KINDS, "single class"]), st.booleans())
def test_first_order_is_the_slope_of_the_loss(case, weighted):
    weight = random_weight(len(case.X)) if weighted else np.ones(len(case.X))
    actual = flat(first_order_changes(sample_of(case, weight), targets_of(case)))
    assert_allclose(actual, slow_first_order(case, weight), rtol=1e-5, atol=1e-7)


@deterministic(max_examples=100)
@given(cases([*KINDS, "single class"]), st.booleans())
def test_second_order_is_gauss_newton(case, weighted):
    weight = random_weight(len(case.X)) if weighted else np.ones(len(case.X))
    actual = flat(second_order_changes(sample_of(case, weight)))
    assert_allclose(actual, slow_second_order(case, weight), rtol=1e-5, atol=1e-7)
    assert (actual >= 0).all()


@deterministic(max_examples=60)
@given(cases(), st.integers(1, 5))
def test_second_order_is_the_curvature_of_the_loss_in_the_last_hidden_layer(case, width):
    last = len(case.net.sizes) - 1
    actual = flat(second_order_changes(sample_of(case, layers=[last])))
    expected = [
        np.mean(curvatures(case, neuron) * activation(case, neuron) ** 2 / 2)
        for neuron in case.net.neurons
        if neuron[0] == last
    ]
    assert_allclose(actual, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("activation", ["identity", "relu"])
@pytest.mark.parametrize("kind", KINDS)
def test_second_order_is_the_curvature_in_every_layer_of_piecewise_linear_networks(
    kind, activation
):
    case = make(kind, (4, 3, 3), activation)
    actual = flat(second_order_changes(sample_of(case)))
    # A row that crosses a kink within the step has another curvature: a small step, and few do.
    expected = slow_second_order(case, np.ones(40), lambda c, n: curvatures(c, n, 1e-4))
    assert_allclose(actual, expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("kind", ["regression", "multioutput"])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_both_orders_are_all_there_is_to_a_squared_error(kind, activation):
    # A parabola is its own second-order expansion: the change predicted is the change.
    case = make(kind, (5,), activation)
    sample = sample_of(case)
    predicted = flat(first_order_changes(sample, targets_of(case)))
    predicted = predicted + flat(second_order_changes(sample))
    before = losses(case.net, targets_of(case), oracle.logits(case.net, case.X))
    true = [np.mean(loss_when(case, neuron, 0.0) - before) for neuron in case.net.neurons]
    assert_allclose(predicted, true, rtol=1e-10, atol=1e-13)


# ---- rows, layers, types


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("block_rows", [1, 7, 16])
def test_blocks_add_up_to_the_whole(monkeypatch, kind, block_rows):
    case = make(kind, (4, 3), "tanh")
    sample = sample_of(case, random_weight(40))

    def results():
        return [
            *first_order_changes(sample, targets_of(case)),
            *second_order_changes(sample),
        ]

    whole = results()
    monkeypatch.setattr(_network, "BLOCK_ROWS", block_rows)
    for blocks, one in zip(results(), whole, strict=True):
        assert_allclose(blocks, one, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("layers", [[0], [1], [2], [0, 2], [1, 2]])
def test_layers_do_not_depend_on_which_are_watched(layers):
    case = make("multiclass", (4, 3, 2), "logistic")
    all_layers, some = sample_of(case), sample_of(case, layers=layers)
    targets = targets_of(case)
    for at, layer in enumerate(layers):
        for changes in (lambda s: first_order_changes(s, targets), second_order_changes):
            assert_allclose(changes(some)[at], changes(all_layers)[layer], rtol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_float32(kind):
    case = make(kind, (4, 3), dtype=np.float32)
    sample = sample_of(case)
    assert sample.network.dtype == np.float32
    first = flat(first_order_changes(sample, targets_of(case)))
    case.X = case.X.astype(np.float64)
    assert_allclose(first, slow_first_order(case, np.ones(40)), rtol=1e-4, atol=1e-5)
    second = flat(second_order_changes(sample))
    assert second.dtype == np.float64
    assert_allclose(second, slow_second_order(case, np.ones(40)), rtol=1e-4, atol=1e-5)


def test_confident_networks_have_a_slope_but_no_negative_curvature():
    case = make("multiclass", (4, 3))
    case.mlp.coefs_[-1] *= 1e3
    sample = sample_of(case)
    first = flat(first_order_changes(sample, targets_of(case)))
    assert np.isfinite(first).all()
    assert np.abs(first).max() > 1
    assert (flat(second_order_changes(sample)) >= 0).all()


@pytest.mark.parametrize("kind", REGRESSIONS)
def test_derivatives_by_one_output_are_the_jacobian(kind):
    case = make(kind, (3, 2), "tanh")
    network = Network.from_mlp(case.mlp)
    hidden = [oracle.hidden(case.net, case.X, layer) for layer in range(2)]
    one = np.zeros((1, network.coefs[-1].shape[1]))
    one[0, 0] = 1
    by_layer = backward(network, hidden, one, first=0)
    assert [d.shape for d in by_layer] == [(40, 3), (1, 2)]
    for layer, index in case.net.neurons:
        a = hidden[layer][:, index]
        up = oracle.logits(case.net, case.X, {(layer, index): a + STEP})[:, 0]
        down = oracle.logits(case.net, case.X, {(layer, index): a - STEP})[:, 0]
        expected = (up - down) / (2 * STEP)
        actual = np.broadcast_to(by_layer[layer], (40, by_layer[layer].shape[1]))[:, index]
        assert_allclose(actual, expected, rtol=1e-7, atol=1e-9)
