"""Tests of skneuron.inspection._pruning_path._stopping_rule: how far a pruning path goes."""

import re
from dataclasses import replace
from itertools import pairwise, product
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.networks import deterministic
from helpers.pruning_paths import state_of
from hypothesis import given
from hypothesis import strategies as st

from skneuron.inspection._pruning_path._network_size import NetworkShape
from skneuron.inspection._pruning_path._stopping_rule import (
    ONE_NEURON_PER_LAYER,
    StoppingParams,
    StoppingRule,
)

SIZES = (4, 2, 3)
EVERYWHERE = np.full(9, True)
DEFAULTS = {
    "threshold": 0.0,
    "n_neurons_to_select": None,
    "tol": None,
    "alpha": None,
    "step": 1,
    "min_neurons_per_layer": 1,
}


def state(sizes=SIZES):
    return state_of(sizes)


def could_be_next(stopping_rule, state):
    shrinks = stopping_rule.may_shrink(np.array(state.network.hidden_layer_sizes))
    return state.alive[shrinks[state.layer[state.alive]]].tolist()


def params(**changed):
    return StoppingParams(**DEFAULTS | changed)


# ---- StoppingRule.select_removable


@pytest.mark.parametrize(
    ("stopping_rule", "order", "expected"),
    [
        (ONE_NEURON_PER_LAYER, range(9), [0, 1, 2, 4, 6, 7]),
        (ONE_NEURON_PER_LAYER, [8, 3, 5, 4, 7, 6, 2], [8, 3, 5, 7, 2]),
        (ONE_NEURON_PER_LAYER, [], []),
        (StoppingRule(2), range(9), [0, 1, 6]),
        (StoppingRule(9), range(9), []),
        (StoppingRule((4, 1, 2)), range(9), [4, 6]),
        (StoppingRule((1, 9, 9)), [4, 3, 6, 2], [3, 2]),
        (StoppingRule(n_neurons=7), [8, 3, 5], [8, 3]),
        (StoppingRule(n_neurons=9), range(9), []),
        (StoppingRule(n_neurons=100), range(9), []),
        # The last of a layer does not count against the size of all.
        (StoppingRule((4, 2, 1), n_neurons=8), [0, 4, 7, 8], [7]),
    ],
)
def test_neurons_go_one_after_the_other_until_a_layer_or_the_network_is_too_small(
    stopping_rule, order, expected
):
    order = np.array(order, dtype=int)
    assert stopping_rule.select_removable(state(), order).tolist() == expected
    for at_most in range(len(expected) + 2):
        assert (
            stopping_rule.select_removable(state(), order, at_most).tolist() == expected[:at_most]
        )


@pytest.mark.parametrize(
    ("stopping_rule", "expected"),
    [
        (ONE_NEURON_PER_LAYER, range(9)),
        (StoppingRule(2), [0, 1, 2, 3, 6, 7, 8]),
        (StoppingRule((4, 1, 3)), [4, 5]),
        (StoppingRule(n_neurons=8), range(9)),
        (StoppingRule(n_neurons=9), []),
    ],
)
def test_some_layers_may_shrink(stopping_rule, expected):
    assert could_be_next(stopping_rule, state()) == list(expected)


def test_neurons_that_have_gone_count():
    smaller = state()
    for neuron in (1, 5, 0):
        smaller.remove(neuron)
    left = smaller.alive
    assert ONE_NEURON_PER_LAYER.select_removable(smaller, left).tolist() == [2, 6, 7]
    assert could_be_next(ONE_NEURON_PER_LAYER, smaller) == [2, 3, 6, 7, 8]
    assert StoppingRule(n_neurons=5).select_removable(smaller, left).tolist() == [2]
    assert could_be_next(StoppingRule(2), smaller) == [6, 7, 8]


@deterministic(max_examples=30)
@given(
    order=st.permutations(range(9)),
    least=st.one_of(st.integers(1, 4), st.tuples(*[st.integers(1, 4)] * 3)),
    n_neurons=st.integers(0, 10),
)
def test_the_first_that_fit_are_those_that_could_be_next_time_after_time(order, least, n_neurons):
    stopping_rule, shrinking, expected = StoppingRule(least, n_neurons), state(), []
    for neuron in order:
        if neuron in could_be_next(stopping_rule, shrinking):
            expected.append(neuron)
            shrinking.remove(neuron)
    assert stopping_rule.select_removable(state(), np.array(order)).tolist() == expected


# ---- steps and scores


@pytest.mark.parametrize(
    ("step", "n_full", "expected"),
    [
        (1, 9, 1),
        (7, 9, 7),
        (20, 9, 20),
        (np.int64(3), 9, 3),
        (0.5, 9, 4),
        (0.01, 9, 1),
        (0.999, 10, 9),
        (np.float32(0.25), 8, 2),
    ],
)
def test_a_fraction_of_a_step_is_of_all_neurons_and_at_least_one(step, n_full, expected):
    n_per_step = StoppingRule(step=step).n_per_step(n_full)
    assert n_per_step == expected
    assert type(n_per_step) is int


def test_scores_may_fall_by_tol_and_no_further():
    assert ONE_NEURON_PER_LAYER.allows_score(-np.inf, 1.0)
    stopping_rule = StoppingRule(tol=0.25)
    assert stopping_rule.allows_score(2.0, 1.0)
    assert stopping_rule.allows_score(0.75, 1.0)
    assert not stopping_rule.allows_score(0.7499, 1.0)
    assert not stopping_rule.allows_score(np.nan, 1.0)
    assert StoppingRule(tol=0.0).allows_score(1.0, 1.0)
    assert not StoppingRule(tol=0.0).allows_score(np.nextafter(1, 0), 1.0)


# ---- StoppingParams


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("threshold", ["max", None, np.nan, "x*mean"], "is not a number, 'mean', 'median'"),
        ("tol", [-0.1, np.nan, "0.1", True, [0.1]], "is neither None nor a number of at least 0"),
        ("alpha", [0, 1, -0.1, 1.5, np.nan, "0.05", True], "is neither None nor between 0 and 1"),
        (
            "step",
            [0, -1, 0.0, 1.0, 1.5, -0.5, np.nan, True, "1", None, [1]],
            "is neither an int of at least 1 nor between 0 and 1",
        ),
        ("min_neurons_per_layer", [0, -1, 1.0, True, None, "1", (1, 2)], "must be an int of at"),
    ],
)
def test_errors_name_parameter_and_value(name, values, message):
    for value in values:
        with pytest.raises(ValueError, match=re.escape(f"{name}={value!r} {message}")):
            params(**{name: value})


@pytest.mark.parametrize("criterion", ["taylor1", "Ablation", None, len, np.zeros(2)])
def test_alpha_needs_tests(criterion):
    params(criterion=criterion)
    message = (
        f"alpha=0.05 needs the tests that criterion='ablation' makes; criterion={criterion!r}"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        params(alpha=0.05, criterion=criterion)


def test_all_that_is_in_range_is_taken():
    for tol in (None, 0, 0.1, 3, np.inf, np.float32(0.5)):
        params(tol=tol)
    for alpha in (None, 0.05, np.float64(0.999)):
        params(alpha=alpha)
    for step in (1, 100, np.int64(2), 0.001, 0.999, np.float32(0.5)):
        params(step=step)
    for least in (1, 100, np.int64(2)):
        params(min_neurons_per_layer=least)


def test_params_are_those_of_an_estimator():
    sizes = {"max_parameters": 90, "max_bytes": None, "strategy": "swap"}
    options = sizes | {"tol": 0.1, "criterion": "apoz"}
    given = SimpleNamespace(**DEFAULTS | options | {"other": 1})
    assert StoppingParams.of(given) == params(**options)
    changed = replace(StoppingParams.of(given), tol=None, step=3)
    assert changed == params(criterion="apoz", step=3, **sizes)
    with pytest.raises(ValueError, match="tol=-1 is"):
        StoppingParams.of(SimpleNamespace(**vars(given) | {"tol": -1}))


@pytest.mark.parametrize(
    ("threshold", "expected"), [(0.25, 0.25), ("mean", 2.0), ("1.5*median", 1.5)]
)
def test_the_threshold_holds_where_nothing_else_says_where_to_stop(threshold, expected):
    importances = np.array([0.0, 1.0, 5.0])
    assert params(threshold=threshold).threshold_rule()(importances) == expected
    sizes = [{"n_neurons_to_select": 5}, {"max_parameters": 9}, {"max_bytes": 9}]
    for stopping_rule in (*sizes, {"tol": 0.1}, {"tol": 0}):
        rule = params(threshold=threshold, **stopping_rule).threshold_rule()
        assert rule(importances) == np.inf


def test_the_rule_for_a_network():
    assert params().stopping_rule(SIZES, EVERYWHERE) == StoppingRule((1, 1, 1), 0, None, None, 1)
    given = params(tol=0.5, alpha=0.1, step=2, min_neurons_per_layer=2, n_neurons_to_select=7)
    assert given.stopping_rule(SIZES, EVERYWHERE) == StoppingRule((2, 2, 2), 7, 0.5, 0.1, 2)
    given = params(n_neurons_to_select=[3, 2, 1])
    expected = StoppingRule((3, 2, 1), 6, every_layer_has_a_size=True)
    assert given.stopping_rule(SIZES, EVERYWHERE) == expected
    assert (
        not params(n_neurons_to_select=0.01)
        .stopping_rule(SIZES, EVERYWHERE)
        .every_layer_has_a_size
    )


# ---- limits of parameters and bytes

SHAPE = NetworkShape(n_features=5, n_outputs=3, itemsize=4)


def n_parameters(sizes):
    widths = [5, *sizes, 3]
    return sum((a + 1) * b for a, b in pairwise(widths))


def test_a_network_shrinks_until_it_is_small_enough():
    rule = StoppingRule(1, max_parameters=40, shape=SHAPE)
    for sizes in product((1, 2, 3), repeat=3):
        is_too_large = n_parameters(sizes) > 40
        assert rule.is_too_large(np.array(sizes)) == is_too_large
        expected = [is_too_large and size > 1 for size in sizes]
        assert rule.may_shrink(np.array(sizes)).tolist() == expected
        to_the_end = rule.may_shrink(np.array(sizes), to_the_end=True)
        for layer, size in enumerate(sizes):
            smaller = [*sizes[:layer], size - 1, *sizes[layer + 1 :]]
            assert to_the_end[layer] == (size > 1 and n_parameters(smaller) <= 40)
            worth = n_parameters(sizes) - n_parameters(smaller)
            assert rule.worth(np.array(sizes), layer) == worth


def test_without_a_limit_every_neuron_counts_the_same():
    sizes = np.array([3, 2, 4])
    assert not ONE_NEURON_PER_LAYER.is_too_large(sizes)
    assert [ONE_NEURON_PER_LAYER.worth(sizes, layer) for layer in range(3)] == [1, 1, 1]
    assert ONE_NEURON_PER_LAYER.may_shrink(sizes, to_the_end=True).all()


@pytest.mark.parametrize(
    ("given", "at_most"),
    [({"max_parameters": 40}, 40), ({"max_bytes": 160}, 40), ({"max_bytes": 163}, 40)],
)
def test_limits_become_parameters(given, at_most):
    rule = params(**given).stopping_rule(SIZES, EVERYWHERE, SHAPE)
    assert rule == StoppingRule((1, 1, 1), max_parameters=at_most, shape=SHAPE)
    assert params(**given).stopping_rule(SIZES, EVERYWHERE) == StoppingRule((1, 1, 1))


def test_the_smallest_sizes_are_those_of_the_layers_that_may_shrink():
    rule = StoppingRule((3, 1, 1))
    assert rule.lowest_sizes(SIZES, EVERYWHERE).tolist() == [3, 1, 1]
    only_last = np.repeat([False, False, True], SIZES)
    assert rule.lowest_sizes(SIZES, only_last).tolist() == [4, 2, 1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"max_parameters": 0}, "max_parameters=0 must be an int of at least 1"),
        ({"max_parameters": 1.5}, "max_parameters=1.5 must be an int of at least 1"),
        ({"max_bytes": "1 MB"}, "max_bytes='1 MB' must be an int of at least 1"),
        ({"max_bytes": True}, "max_bytes=True must be an int of at least 1"),
        (
            {"max_parameters": 9, "n_neurons_to_select": 3},
            "n_neurons_to_select=3 and max_parameters=9 say where to stop: give one of them.",
        ),
        (
            {"max_parameters": 9, "max_bytes": 8},
            "max_parameters=9 and max_bytes=8 say where to stop: give one of them.",
        ),
        (
            {"max_parameters": 9, "max_bytes": 8, "n_neurons_to_select": 0.5},
            "n_neurons_to_select=0.5 and max_parameters=9 and max_bytes=8 say",
        ),
    ],
)
def test_limits_that_cannot_be(given, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        params(**given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"max_parameters": 15}, "max_parameters=15: the smallest network, with hidden layers "),
        ({"max_bytes": 63}, "of (1, 1, 1), has 64 bytes."),
        ({"max_parameters": 20, "min_neurons_per_layer": 2}, "of (2, 2, 2), has 33 parameters."),
    ],
)
def test_limits_that_no_network_keeps_to(given, message):
    assert n_parameters([1, 1, 1]) == 16
    with pytest.raises(ValueError, match=re.escape(message)):
        params(**given).stopping_rule(SIZES, EVERYWHERE, SHAPE)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": 0.1}, "alpha=0.1 needs tests of removals, of which strategy='obs' has none"),
        ({"criterion": "apoz"}, "criterion='apoz' is not looked at by strategy='obs'"),
        ({"criterion": abs}, "criterion=<built-in function abs> is not looked at by"),
    ],
)
def test_what_obs_does_not_look_at(options, message):
    params(**options | ({"criterion": "ablation"} if "alpha" in options else {}))
    with pytest.raises(ValueError, match=re.escape(message)):
        params(strategy="obs", **options)
