"""Tests of inspection._criteria._gradients, against differences of the oracle's losses."""

import numpy as np
import pytest
from helpers import oracle
from helpers.activations import random_weight, source_of
from helpers.gradients import (
    STEP,
    activation,
    curvatures,
    loss_when,
    losses,
    slow_first_order,
    slow_second_order,
    targets_of,
)
from helpers.networks import KINDS, REGRESSIONS, cases, deterministic, make
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from skneuron.inspection._criteria._gradients import (
    backward,
    first_order_changes,
    second_order_changes,
)
from skneuron.surgery import _network
from skneuron.surgery._network import Network


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
    actual = flat(first_order_changes(source_of(case, weight), targets_of(case)))
    assert_allclose(actual, slow_first_order(case, weight), rtol=1e-5, atol=1e-7)


@deterministic(max_examples=100)
@given(cases([*KINDS, "single class"]), st.booleans())
def test_second_order_is_gauss_newton(case, weighted):
    weight = random_weight(len(case.X)) if weighted else np.ones(len(case.X))
    actual = flat(second_order_changes(source_of(case, weight)))
    assert_allclose(actual, slow_second_order(case, weight), rtol=1e-5, atol=1e-7)
    assert (actual >= 0).all()


@deterministic(max_examples=60)
@given(cases(), st.integers(1, 5))
def test_second_order_is_the_curvature_of_the_loss_in_the_last_hidden_layer(case, width):
    last = len(case.net.sizes) - 1
    actual = flat(second_order_changes(source_of(case, layers=[last])))
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
    actual = flat(second_order_changes(source_of(case)))
    # A row that crosses a kink within the step has another curvature: a small step, and few do.
    expected = slow_second_order(case, np.ones(40), lambda c, n: curvatures(c, n, 1e-4))
    assert_allclose(actual, expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("kind", ["regression", "multioutput"])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_both_orders_are_all_there_is_to_a_squared_error(kind, activation):
    # A parabola is its own second-order expansion: the change predicted is the change.
    case = make(kind, (5,), activation)
    source = source_of(case)
    predicted = flat(first_order_changes(source, targets_of(case)))
    predicted = predicted + flat(second_order_changes(source))
    before = losses(case.net, targets_of(case), oracle.logits(case.net, case.X))
    true = [np.mean(loss_when(case, neuron, 0.0) - before) for neuron in case.net.neurons]
    assert_allclose(predicted, true, rtol=1e-10, atol=1e-13)


# ---- rows, layers, types


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("block_rows", [1, 7, 16])
def test_blocks_add_up_to_the_whole(monkeypatch, kind, block_rows):
    case = make(kind, (4, 3), "tanh")
    source = source_of(case, random_weight(40))

    def results():
        return [
            *first_order_changes(source, targets_of(case)),
            *second_order_changes(source),
        ]

    full = results()
    monkeypatch.setattr(_network, "BLOCK_ROWS", block_rows)
    for blocks, one in zip(results(), full, strict=True):
        assert_allclose(blocks, one, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("layers", [[0], [1], [2], [0, 2], [1, 2]])
def test_layers_do_not_depend_on_which_are_watched(layers):
    case = make("multiclass", (4, 3, 2), "logistic")
    all_layers, some = source_of(case), source_of(case, layers=layers)
    targets = targets_of(case)
    for at, layer in enumerate(layers):
        for changes in (lambda s: first_order_changes(s, targets), second_order_changes):
            assert_allclose(changes(some)[at], changes(all_layers)[layer], rtol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_float32(kind):
    case = make(kind, (4, 3), dtype=np.float32)
    source = source_of(case)
    assert source.network.dtype == np.float32
    first = flat(first_order_changes(source, targets_of(case)))
    case.X = case.X.astype(np.float64)
    assert_allclose(first, slow_first_order(case, np.ones(40)), rtol=1e-4, atol=1e-5)
    second = flat(second_order_changes(source))
    assert second.dtype == np.float64
    assert_allclose(second, slow_second_order(case, np.ones(40)), rtol=1e-4, atol=1e-5)


def test_confident_networks_have_a_slope_but_no_negative_curvature():
    case = make("multiclass", (4, 3))
    case.mlp.coefs_[-1] *= 1e3
    source = source_of(case)
    first = flat(first_order_changes(source, targets_of(case)))
    assert np.isfinite(first).all()
    assert np.abs(first).max() > 1
    assert (flat(second_order_changes(source)) >= 0).all()


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
