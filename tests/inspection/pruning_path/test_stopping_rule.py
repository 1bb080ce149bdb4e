"""Tests of skneuron.inspection._pruning_path._stopping_rule: how far a pruning path goes."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.networks import deterministic, make
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skneuron.inspection._pruning_path._state import PruningState
from skneuron.inspection._pruning_path._stopping_rule import (
    NO_STOPPING_RULE,
    StoppingOptions,
    StoppingRule,
    size_limits,
)
from skneuron.inspection._scoring._evaluator import evaluator_for
from skneuron.surgery._network import Network

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
    case = make("multiclass", sizes)
    evaluate = evaluator_for(case.mlp, case.X, case.y)
    return PruningState(Network.from_mlp(case.mlp), evaluate, "zero", None)


def could_be_next(stopping_rule, state):
    shrinks = stopping_rule.may_shrink(np.array(state.network.hidden_layer_sizes))
    return state.alive[shrinks[state.layer[state.alive]]].tolist()


def options(**changed):
    return StoppingOptions(**DEFAULTS | changed)


# ---- StoppingRule.select_removable


@pytest.mark.parametrize(
    ("stopping_rule", "order", "expected"),
    [
        (NO_STOPPING_RULE, range(9), [0, 1, 2, 4, 6, 7]),
        (NO_STOPPING_RULE, [8, 3, 5, 4, 7, 6, 2], [8, 3, 5, 7, 2]),
        (NO_STOPPING_RULE, [], []),
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
def test_neurons_go_one_after_the_other_until_a_layer_or_the_whole_is_too_small(
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
        (NO_STOPPING_RULE, range(9)),
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
    assert NO_STOPPING_RULE.select_removable(smaller, left).tolist() == [2, 6, 7]
    assert could_be_next(NO_STOPPING_RULE, smaller) == [2, 3, 6, 7, 8]
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
    assert NO_STOPPING_RULE.allow_score(-np.inf, 1.0)
    stopping_rule = StoppingRule(tol=0.25)
    assert stopping_rule.allow_score(2.0, 1.0)
    assert stopping_rule.allow_score(0.75, 1.0)
    assert not stopping_rule.allow_score(0.7499, 1.0)
    assert not stopping_rule.allow_score(np.nan, 1.0)
    assert StoppingRule(tol=0.0).allow_score(1.0, 1.0)
    assert not StoppingRule(tol=0.0).allow_score(np.nextafter(1, 0), 1.0)


# ---- numbers


# ---- StoppingOptions


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
        ("min_neurons_per_layer", [0, -1, 1.0, True, None, "1", (1, 2)], "is not an int of at"),
    ],
)
def test_errors_name_parameter_and_value(name, values, message):
    for value in values:
        with pytest.raises(ValueError, match=re.escape(f"{name}={value!r} {message}")):
            options(**{name: value})


@pytest.mark.parametrize("criterion", ["taylor1", "Ablation", None, len, np.zeros(2)])
def test_alpha_needs_tests(criterion):
    options(criterion=criterion)
    message = (
        f"alpha=0.05 needs the tests that criterion='ablation' makes; criterion={criterion!r}"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        options(alpha=0.05, criterion=criterion)


def test_all_that_is_in_range_is_taken():
    for tol in (None, 0, 0.1, 3, np.inf, np.float32(0.5)):
        options(tol=tol)
    for alpha in (None, 0.05, np.float64(0.999)):
        options(alpha=alpha)
    for step in (1, 100, np.int64(2), 0.001, 0.999, np.float32(0.5)):
        options(step=step)
    for least in (1, 100, np.int64(2)):
        options(min_neurons_per_layer=least)


def test_options_are_those_of_an_estimator_or_changed():
    params = SimpleNamespace(**DEFAULTS | {"tol": 0.1, "criterion": "apoz", "other": 1})
    assert StoppingOptions.of(params) == options(tol=0.1, criterion="apoz")
    assert StoppingOptions.of(params, tol=None, step=3) == options(criterion="apoz", step=3)
    with pytest.raises(ValueError, match="tol=-1 is"):
        StoppingOptions.of(params, tol=-1)


@pytest.mark.parametrize(
    ("threshold", "expected"), [(0.25, 0.25), ("mean", 2.0), ("1.5*median", 1.5)]
)
def test_the_threshold_holds_where_nothing_else_says_where_to_stop(threshold, expected):
    importances = np.array([0.0, 1.0, 5.0])
    assert options(threshold=threshold).threshold_rule()(importances) == expected
    for stopping_rule in ({"n_neurons_to_select": 5}, {"tol": 0.1}, {"tol": 0}):
        rule = options(threshold=threshold, **stopping_rule).threshold_rule()
        assert rule(importances) == np.inf


def test_limits_of_a_network():
    assert options().stopping_rule(SIZES, EVERYWHERE) == StoppingRule((1, 1, 1), 0, None, None, 1)
    given = options(tol=0.5, alpha=0.1, step=2, min_neurons_per_layer=2, n_neurons_to_select=7)
    assert given.stopping_rule(SIZES, EVERYWHERE) == StoppingRule((2, 2, 2), 7, 0.5, 0.1, 2)
    given = options(n_neurons_to_select=[3, 2, 1])
    assert given.stopping_rule(SIZES, EVERYWHERE) == StoppingRule((3, 2, 1), 6)


# ---- size_limits

ONLY_FIRST = np.repeat([True, False, False], SIZES)


@pytest.mark.parametrize(
    ("given", "ablated", "least", "expected"),
    [
        (None, EVERYWHERE, 3, ((3, 3, 3), 0)),
        (3, EVERYWHERE, 1, ((1, 1, 1), 3)),
        (9, EVERYWHERE, 1, ((1, 1, 1), 9)),
        (np.int64(6), EVERYWHERE, 2, ((2, 2, 2), 6)),
        (8, EVERYWHERE, 3, ((3, 3, 3), 8)),  # 3 + 2 + 3: a layer of 2 keeps 2
        (6, ONLY_FIRST, 1, ((1, 1, 1), 6)),
        (1.0, EVERYWHERE, 1, ((1, 1, 1), 9)),
        (0.5, EVERYWHERE, 1, ((1, 1, 1), 4)),
        (0.01, EVERYWHERE, 1, ((1, 1, 1), 3)),
        (0.01, EVERYWHERE, 2, ((2, 2, 2), 6)),
        (0.01, ONLY_FIRST, 1, ((1, 1, 1), 6)),
        ([2, 1, 3], EVERYWHERE, 1, ((2, 1, 3), 6)),
        ((4, 2, 3), EVERYWHERE, 1, ((4, 2, 3), 9)),
        (np.array([1, 1, 1]), EVERYWHERE, 1, ((1, 1, 1), 3)),
        ([1, 2, 3], ONLY_FIRST, 1, ((1, 2, 3), 6)),
        ([0, 0, 0], EVERYWHERE, 0, ((0, 0, 0), 0)),
    ],
)
def test_sizes(given, ablated, least, expected):
    assert size_limits(given, SIZES, ablated, least) == expected


@pytest.mark.parametrize(
    ("given", "ablated", "least", "message"),
    [
        (2, EVERYWHERE, 1, "must be between 3, the neurons that have to stay, and 9, all that"),
        (10, EVERYWHERE, 1, "must be between 3,"),
        (5, EVERYWHERE, 2, "must be between 6,"),
        (5, ONLY_FIRST, 1, "must be between 6,"),
        (-1, EVERYWHERE, 1, "must be between 3,"),
        (0.0, EVERYWHERE, 1, "is neither an int nor a fraction above 0 and up to 1."),
        (1.5, EVERYWHERE, 1, "is neither an int nor a fraction above 0 and up to 1."),
        (-0.5, EVERYWHERE, 1, "is neither an int nor a fraction above 0 and up to 1."),
        ("all", EVERYWHERE, 1, "is not an int, a fraction or a list with one int a layer."),
        ([], EVERYWHERE, 1, "is not an int, a fraction or a list with one int a layer."),
        ([1, 1.0, 1], EVERYWHERE, 1, "is not an int, a fraction or a list with one int a"),
        ([True] * 3, EVERYWHERE, 1, "is not an int, a fraction or a list with one int a layer."),
        (np.nan, EVERYWHERE, 1, "is not an int, a fraction or a list with one int a layer."),
        (True, EVERYWHERE, 1, "is not an int, a fraction or a list with one int a layer."),
        (1j, EVERYWHERE, 1, "is not an int, a fraction or a list with one int a layer."),
        ([1, 1], EVERYWHERE, 1, "has 2 entries, but the network has 3 hidden layers."),
        ([1, 1, 1, 1], EVERYWHERE, 1, "has 4 entries, but the network has 3 hidden layers."),
    ],
)
def test_sizes_that_there_are_not(given, ablated, least, message):
    with pytest.raises(ValueError, match=re.escape(f"n_neurons_to_select={given!r} {message}")):
        size_limits(given, SIZES, ablated, least)


@pytest.mark.parametrize(
    ("given", "ablated", "least", "layer", "lowest"),
    [
        ([0, 1, 1], EVERYWHERE, 1, 0, 1),
        ([2, 3, 1], EVERYWHERE, 1, 1, 1),
        ([2, 1, 2], EVERYWHERE, 2, 1, 2),
        ([2, 2, 2], ONLY_FIRST, 1, 2, 3),
    ],
)
def test_layers_that_cannot_have_a_size_are_named(given, ablated, least, layer, lowest):
    size, count = SIZES[layer], given[layer]
    message = (
        f"k={given!r}: hidden layer {layer} has {size} neurons, of which at least {lowest} have "
        f"to stay; {count} cannot."
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        size_limits(given, SIZES, ablated, least, name="k")


@deterministic(max_examples=60)
@given(
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    share=st.floats(0.001, 1),
    least=st.integers(1, 4),
    seed=st.integers(0, 1000),
)
def test_a_share_is_always_a_size_that_can_be_had(sizes, share, least, seed):
    ablated = np.random.default_rng(seed).random(sum(sizes)) < 0.7
    _, n_neurons = size_limits(share, tuple(sizes), ablated, least)
    assert size_limits(n_neurons, tuple(sizes), ablated, least)[1] == n_neurons
    network = state(tuple(sizes))
    fits = StoppingRule(least, n_neurons).select_removable(network, np.flatnonzero(ablated))
    assert sum(sizes) - len(fits) == n_neurons
    assert_array_equal(np.unique(fits), np.sort(fits))
