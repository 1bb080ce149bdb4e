"""Tests of neuron_criterion: every criterion against its slowest version, and what it promises."""

from math import log

import numpy as np
import pytest
from helpers import oracle
from helpers.activations import random_weight, residual_of_least_squares
from helpers.criteria import WEIGHTS_ONLY, WITH_CLASSES
from helpers.gradients import slow_first_order, slow_second_order
from helpers.networks import KINDS, SINGLE_LABEL, cases, deterministic, make
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.inspection._criteria._criteria import CRITERIA, neuron_criterion
from skneuron.surgery import RIDGE

MAGNITUDES = [name for name in WEIGHTS_ONLY if name != "random"]


# ---- the slowest versions: (case, weight) -> one number a neuron


def each_neuron(function):
    """From a function of the case, weights, address and activations of one neuron."""

    def of_all(case, weight):
        result = []
        for layer, index in case.net.neurons:
            a = oracle.hidden(case.net, case.X, layer)[:, index]
            result.append(function(case, weight, (layer, index), a))
        return np.array(result)

    return of_all


def incoming(case, neuron):
    return case.net.coefs[neuron[0]][:, neuron[1]]


def outgoing(case, neuron):
    return case.net.coefs[neuron[0] + 1][neuron[1]]


def norm(values, order):
    return sum(abs(value) ** order for value in values) ** (1 / order)


def slow_magnitude(order, *sides):
    @each_neuron
    def magnitude(case, weight, neuron, a):
        return np.prod([norm(side(case, neuron), order) for side in sides])

    return magnitude


@each_neuron
def slow_mean_activation(case, weight, neuron, a):
    return sum(w * abs(value) for w, value in zip(weight, a, strict=True)) / sum(weight)


@each_neuron
def slow_variance(case, weight, neuron, a):
    mean = sum(w * value for w, value in zip(weight, a, strict=True)) / sum(weight)
    return sum(w * (value - mean) ** 2 for w, value in zip(weight, a, strict=True)) / sum(weight)


@each_neuron
def slow_apoz(case, weight, neuron, a):
    return 1 - sum(w for w, value in zip(weight, a, strict=True) if value == 0) / sum(weight)


def frequencies(weight, labels):
    total = {}
    for w, label in zip(weight, labels, strict=True):
        total[label] = total.get(label, 0) + w
    return {label: value / sum(weight) for label, value in total.items() if value > 0}


@each_neuron
def slow_entropy(case, weight, neuron, a):
    low, high = min(a[weight > 0]), max(a[weight > 0])
    if high - low < 1e-14 * max(abs(low), abs(high)):
        return 0.0
    edges = [low + (high - low) * k / 10 for k in range(1, 10)]
    bins = [sum(value > edge for edge in edges) for value in a]
    return -sum(p * log(p) for p in frequencies(weight, bins).values())


@each_neuron
def slow_mutual_information(case, weight, neuron, a):
    quantiles = []
    for k in range(1, 10):
        enough = [v for v in sorted(a) if sum(weight[a <= v]) >= sum(weight) * k / 10 - 1e-9]
        quantiles.append(enough[0])
    bins = [sum(value > q for q in quantiles) for value in a]
    of_bin, of_class = frequencies(weight, bins), frequencies(weight, case.y)
    joint = frequencies(weight, zip(bins, case.y, strict=True))
    return sum(p * log(p / of_bin[b] / of_class[c]) for (b, c), p in joint.items())


@each_neuron
def slow_class_selectivity(case, weight, neuron, a):
    means = []
    for label in case.classes:
        of_class = (case.y == label) & (weight > 0)
        if any(of_class):
            means.append(sum(weight[of_class] * a[of_class]) / sum(weight[of_class]))
    top = max(means)
    means.remove(top)
    others = sum(means) / len(means)
    scale = abs(top) + abs(others)
    return (top - others) / scale if scale else 0.0


def slow_taylor2(case, weight):
    return np.add(slow_first_order(case, weight), slow_second_order(case, weight))


SLOW = {
    "l1_incoming": slow_magnitude(1, incoming),
    "l2_incoming": slow_magnitude(2, incoming),
    "l1_outgoing": slow_magnitude(1, outgoing),
    "l2_outgoing": slow_magnitude(2, outgoing),
    "l1_product": slow_magnitude(1, incoming, outgoing),
    "l2_product": slow_magnitude(2, incoming, outgoing),
    "mean_activation": slow_mean_activation,
    "activation_variance": slow_variance,
    "apoz": slow_apoz,
    "entropy": slow_entropy,
    "taylor1": slow_first_order,
    "taylor2": slow_taylor2,
    "class_selectivity": slow_class_selectivity,
    "mutual_information": slow_mutual_information,
}


TOLERANCES = {"taylor1": (1e-5, 1e-7), "taylor2": (1e-5, 1e-7)}


def weight_of(case, weighted):
    return random_weight(len(case.X)) if weighted else np.ones(len(case.X))


# ---- against them


def test_every_criterion_has_a_slow_version():
    assert set(SLOW) | {"obs", "random"} == set(CRITERIA)  # these two have tests of their own


@pytest.mark.parametrize("name", SLOW)
def test_criteria_match_their_slowest_versions(name):
    kinds = SINGLE_LABEL if name in WITH_CLASSES else [*KINDS, "single class"]
    rtol, atol = TOLERANCES.get(name, (1e-9, 1e-11))

    @deterministic(max_examples=30)
    @given(cases(kinds), st.booleans())
    def check(case, weighted):
        weight = weight_of(case, weighted)
        given_weight = weight if weighted else None
        actual = neuron_criterion(
            case.mlp, case.X, case.y, criterion=name, sample_weight=given_weight
        )
        assert actual.dtype == np.float64
        assert_allclose(actual, SLOW[name](case, weight), rtol=rtol, atol=atol)

    check()


@deterministic(max_examples=40)
@given(cases(), st.booleans())
def test_obs_is_the_error_left_when_the_layer_mates_are_fitted_again(case, weighted):
    weight = weight_of(case, weighted)
    given_weight = weight if weighted else None
    actual = neuron_criterion(case.mlp, case.X, criterion="obs", sample_weight=given_weight)
    for at, neuron in enumerate(case.net.neurons):
        layer, index = neuron
        a = oracle.hidden(case.net, case.X, layer)
        half = np.sum(outgoing(case, neuron) ** 2) / 2
        if a.shape[1] == 1:
            variance = np.cov(a[:, 0], aweights=weight, ddof=0)
            assert_allclose(actual[at], half * variance * (1 + RIDGE), rtol=1e-8)
            continue
        residual, variance, ridge = residual_of_least_squares(a, index, weight)
        slack = 1e-10 * variance + 1e-25
        assert half * (residual - slack) <= actual[at]
        assert actual[at] <= half * (residual + ridge * (1 + 1e-6) + slack)


def test_obs_is_hassibi_and_storks_formula():
    case = make("regression", (4,), "tanh")
    a = np.column_stack([oracle.hidden(case.net, case.X, 0), np.ones(40)])
    inverse = np.linalg.inv(a.T @ a)
    expected = [np.sum(outgoing(case, (0, j)) ** 2) / (2 * 40 * inverse[j, j]) for j in range(4)]
    actual = neuron_criterion(case.mlp, case.X, criterion="obs")
    assert_allclose(actual, expected, rtol=1e-5)


def test_obs_of_twins_is_nothing():
    case = make("regression", (4,), "tanh")
    case.mlp.coefs_[0][:, 1] = case.mlp.coefs_[0][:, 0]
    case.mlp.intercepts_[0][1] = case.mlp.intercepts_[0][0]
    obs = neuron_criterion(case.mlp, case.X, criterion="obs")
    assert_allclose(obs[:2], 0, atol=1e-7)
    assert obs[2:].min() > 1e-3


@pytest.mark.parametrize("name", [*WEIGHTS_ONLY, "taylor1", "taylor2", "apoz", "obs"])
def test_multilabel_y_may_have_any_dtype(name):
    case = make("multilabel", (3, 2))
    full, floats = (
        neuron_criterion(case.mlp, case.X, y, criterion=name, random_state=0)
        for y in (case.y, case.y.astype(float))
    )
    assert_array_equal(full, floats)
