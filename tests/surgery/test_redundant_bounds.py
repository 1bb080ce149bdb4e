"""Tests of remove_redundant_neurons: which neurons are constant, by bounds of their inputs."""

import warnings
from fractions import Fraction

import numpy as np
import pytest
from helpers import oracle
from helpers.networks import deterministic, make
from helpers.redundancy import (
    BOX,
    assert_same_function,
    each_activation,
    in_box,
    kept,
    relu_with_top,
    sizes,
    unseen,
    weights,
)
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from skneuron.surgery._prune_redundant import remove_redundant_neurons
from skneuron.surgery._redundant import _largest

# ---- bounds


@pytest.mark.parametrize("ours", [False, True])
@pytest.mark.parametrize("top", [-1, -0.01, 0.01, 1])
def test_relu_is_dead_exactly_if_no_corner_of_the_box_activates_it(top, ours):
    case = relu_with_top(top)
    active = oracle.hidden(case.net, in_box(BOX), 0)[:, 1].any()
    assert active == (top > 0)
    assert kept(case.mlp, np.array([[-1, 0], [2, 3]])) == [[0, 1] if active else [0]]
    smaller = remove_redundant_neurons(case.mlp, BOX)
    assert_same_function(smaller, case, in_box(BOX))
    assert kept(case.mlp) == [[0, 1]]


def test_a_relu_that_no_row_activates_may_be_activated_by_others():
    case = relu_with_top(1)
    X = np.delete(BOX, 1, axis=0)
    X = np.concatenate([X, [[2, 3]]])  # the corner [2, 0] is in the box, but not in the data
    assert not oracle.hidden(case.net, X, 0)[:, 1].any()
    assert sizes(remove_redundant_neurons(case.mlp, X)) == [2]


def exact_product(a, b):
    return sum(Fraction(x) * Fraction(y) for x, y in zip(a, b, strict=True))


@deterministic(max_examples=200)
@given(seed=st.integers(0, 10**6), shift=st.sampled_from([*range(-3, 4), -100]))
def test_bounds_are_rounded_outwards(seed, shift):
    # A bias that cancels the largest input to the last digit, up to a few of its units: exact
    # arithmetic on the stored numbers says whether the neuron is dead.
    rng = np.random.default_rng(seed)
    case = make("regression", (2,), n_features=5, seed=seed)
    low = rng.normal(size=5)
    box = np.array([low, low + rng.exponential(size=5)])
    incoming, bias, _ = weights(case.mlp, 0, 1)
    corner = np.where(incoming > 0, box[1], box[0])
    bias[:] = -(corner @ incoming)
    bias[:] += shift * np.spacing(np.abs(bias))
    if exact_product(incoming, corner) + Fraction(bias[0]) > 0:
        assert 1 in kept(case.mlp, box)[0]
    elif shift == -100 and abs(bias[0]) > 1:
        assert 1 not in kept(case.mlp, box)[0]


@deterministic(max_examples=200)
@given(seed=st.integers(0, 10**6), n_terms=st.integers(1, 6))
def test_bounds_of_sums_hold_in_exact_arithmetic(seed, n_terms):
    rng = np.random.default_rng(seed)

    def numbers(*shape):  # of all magnitudes, so that sums round in every way
        return rng.normal(size=shape) * 10.0 ** rng.integers(-18, 1, shape)

    coefs, bias, below = numbers(n_terms, 1), numbers(1), np.sort(numbers(2, n_terms), axis=0)
    corner = np.where(coefs[:, 0] > 0, below[1], below[0])
    exact = exact_product(coefs[:, 0], corner) + Fraction(bias[0])
    bound = Fraction(_largest(coefs, bias, below)[0])
    largest = Fraction(np.abs(coefs).sum()) * Fraction(np.abs(below).max()) + abs(
        Fraction(bias[0])
    )
    assert exact <= bound <= exact + Fraction(1e-14) * largest


@pytest.mark.parametrize(
    ("activation", "span", "width"),
    [("relu", (0, np.inf), np.inf), ("tanh", (-1, 1), 6), ("logistic", (0, 1), 3)],
)
def test_activation_functions_bound_their_neurons(activation, span, width):
    coefs, bias = np.array([[-1.0], [-1], [1]]), np.array([0.5])
    below = np.repeat(np.array(span, dtype=float)[:, None], 3, axis=1)
    top, bottom = _largest(coefs, bias, below), -_largest(-coefs, -bias, below)
    assert_allclose(top - bottom, width)
    assert_allclose(top, {"relu": np.inf, "tanh": 3.5, "logistic": 1.5}[activation])


def test_relu_behind_relu_can_be_dead_for_all_inputs():
    case = make("multiclass", (4, 4), "relu")
    case.mlp.coefs_[1][:, 2] = -np.abs(case.mlp.coefs_[1][:, 2])
    case.mlp.intercepts_[1][:] = [1, 1, 0, 1]
    assert kept(case.mlp) == [[0, 1, 2, 3], [0, 1, 3]]
    assert_same_function(remove_redundant_neurons(case.mlp), case, unseen(case))
    case.mlp.intercepts_[1][2] = 1e-9
    assert kept(case.mlp)[1] == [0, 1, 2, 3]


@pytest.mark.parametrize(("activation", "value"), [("tanh", 1), ("tanh", -1), ("logistic", 1)])
def test_saturated_neurons_are_constant(activation, value):
    case = make("multiclass", (4, 4), activation)
    for layer in range(2):
        case.mlp.intercepts_[layer][2] = 60 * value
    assert kept(case.mlp) == [[0, 1, 2, 3], [0, 1, 3]]  # the first layer takes any input
    smaller = remove_redundant_neurons(case.mlp, case.X)
    assert sizes(smaller) == [3, 3]
    assert_same_function(smaller, case, in_box(case.X))


def test_logistic_neurons_near_zero_are_not_constant():
    # Their outgoing weights may be large: what counts is how much they vary for their size.
    case = make("regression", (4, 4), "logistic")
    case.mlp.intercepts_[1][2], case.mlp.coefs_[2][2] = -60, 1e26
    assert kept(case.mlp, np.array([[-1] * 3, [1] * 3]))[1] == [0, 1, 2, 3]


@each_activation
def test_features_that_are_constant_in_X(activation):
    case = make("multiclass", (4,), activation)
    X = np.column_stack([case.X[:, 0], np.full(40, 0.3), np.full(40, -7.0)])
    case.mlp.coefs_[0][0, 2] = 0  # neuron 2 sees the constant features only
    assert kept(case.mlp) == [[0, 1, 2, 3]]
    smaller = remove_redundant_neurons(case.mlp, X)
    assert sizes(smaller) == [3]
    assert_same_function(smaller, case, X)


def test_always_active_relus_stay():
    case = make("multiclass", (4,))
    case.mlp.intercepts_[0][:] = 1e3
    assert sizes(remove_redundant_neurons(case.mlp, case.X)) == [4]


@pytest.mark.parametrize("X", [None, [[1e300, -1e300, 1e300], [-1e300, 1e300, 1e300]]])
@each_activation
def test_numbers_that_overflow_bound_nothing(activation, X):
    case = make("multiclass", (4, 4), activation)
    case.mlp.coefs_[0][:] *= 1e200
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        smaller = remove_redundant_neurons(case.mlp, X)
    assert sizes(smaller)[0] == 4


def test_dead_neurons_of_real_training(compiled):
    # Pixels in [0, 1], and ReLUs that weight decay has killed.
    X, y = load_digits(return_X_y=True)
    mlp = MLPClassifier((30,), alpha=5, max_iter=150, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mlp.fit(X[:900] / 16, y[:900])
    box = np.array([np.zeros(64), np.ones(64)])
    smaller = remove_redundant_neurons(mlp, box)
    assert 10 < sizes(smaller)[0] < 28
    noise = np.random.default_rng(0).random((2000, 64))
    for rows in (X[900:] / 16, noise, noise.round()):
        assert_allclose(smaller.predict_proba(rows), mlp.predict_proba(rows), rtol=1e-9)
