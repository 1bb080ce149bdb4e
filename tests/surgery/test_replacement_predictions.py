"""Tests of surgery._replacement: predictions from activations, against least squares."""

import numpy as np
import pytest
from helpers import oracle
from helpers.networks import deterministic, make, mask
from helpers.replacements import (
    ILL,
    assert_same_predictions,
    ill_conditioned,
    mixed,
    of_activations,
    predicted,
    residual,
    with_covariance,
)
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression
from threadpoolctl import threadpool_limits

from skneuron.surgery._network import Network
from skneuron.surgery._regularised_inverse import RIDGE, regularised_inverse
from skneuron.surgery._replacement import MAX_DOWNDATES, LayerReplacement, layer_replacements

# ---- against least squares


@pytest.mark.parametrize("n_gone", [1, 2, 4, 5])
@pytest.mark.parametrize("seed", range(4))
def test_predictions_are_least_squares(n_gone, seed):
    A = mixed(seed=seed)
    gone = np.isin(np.arange(6), np.random.default_rng(seed).permutation(6)[:n_gone])
    columns = np.hstack([A[:, ~gone], np.ones((200, 1))])
    expected = columns @ np.linalg.lstsq(columns, A[:, gone], rcond=None)[0]
    # The ridge of 1e-8 shrinks coefficients by that, times the correlations' condition number.
    limit = 10 * RIDGE * np.linalg.cond(np.corrcoef(A.T))
    assert limit < 1e-4
    assert_allclose(predicted(of_activations(A), A, gone), expected, atol=limit)


@pytest.mark.parametrize("seed", range(4))
def test_predictions_are_linear_regressions_of_scikit_learn(seed):
    A = mixed(seed=seed)
    new = mixed(seed=seed + 10)
    gone = np.array([False, True, False, False, True, False])
    regression = LinearRegression().fit(A[:, ~gone], A[:, gone])
    coefs, constants = of_activations(A).predictor(gone)
    assert_allclose(coefs, regression.coef_.T, atol=1e-5)
    assert_allclose(constants, regression.intercept_, atol=1e-5)
    actual = predicted(of_activations(A), new, gone)
    assert_allclose(actual, regression.predict(new[:, ~gone]), atol=1e-5)


@pytest.mark.parametrize("kind", ["fine", *ILL])
@pytest.mark.parametrize("index", range(6))
def test_predictions_are_the_oracles_where_least_squares_is_not_unique(kind, index):
    A = mixed() if kind == "fine" else ill_conditioned(kind)
    kept = [j for j in range(6) if j != index]
    expected = oracle.prediction(A, kept, index)(A)
    actual = predicted(of_activations(A), A, np.arange(6) == index)
    assert_allclose(actual[..., 0] if actual.ndim == 2 else actual, expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["duplicate", "opposite", "collinear"])
def test_collinear_neurons_are_predicted_perfectly(kind):
    A = ill_conditioned(kind)
    gone = np.arange(6) == 2
    assert_allclose(predicted(of_activations(A), A, gone)[:, 0], A[:, 2], atol=1e-6)
    assert_allclose(residual(of_activations(A), A)[:, 2], 0, atol=1e-6)


@pytest.mark.parametrize("kind", ["dead", "constant", "one row"])
def test_constant_neurons_are_predicted_by_their_mean_and_predict_nothing(kind):
    A = ill_conditioned(kind)
    replacement = of_activations(A)
    coefs, constants = replacement.predictor(np.arange(6) == 2)
    assert not coefs.any()
    assert constants == A.mean(axis=0)[2]
    coefs, _ = replacement.predictor(np.arange(6) == 0)
    assert coefs[1] == 0  # neuron 2 is the second of those that stay


@pytest.mark.parametrize("kind", ILL)
def test_ill_determined_coefficients_are_finite_and_harmless(kind):
    A = ill_conditioned(kind)
    spread = np.where(A.std(axis=0) > 0, A.std(axis=0), 1)
    replacement = of_activations(A)
    for index in range(6):
        gone = np.arange(6) == index
        coefs, constants = replacement.predictor(gone)
        assert np.isfinite(coefs).all()
        assert np.isfinite(constants).all()
        # In units of spreads: no cancellation of huge coefficients.
        assert np.abs(coefs[:, 0] * spread[~gone] / spread[index]).max() < 100


@pytest.mark.parametrize("kind", ["fine", *ILL])
def test_scaling_neurons_scales_their_coefficients(kind):
    A = mixed() if kind == "fine" else ill_conditioned(kind)
    factors = np.array([1.0, 8, 0.25, 1024, 2, 0.5])  # powers of 2: without rounding
    gone = np.array([False, True, False, False, True, False])
    coefs, constants = of_activations(A).predictor(gone)
    scaled_coefs, scaled_constants = of_activations(A * factors).predictor(gone)
    expected = coefs * factors[gone] / factors[~gone][:, None]
    # How many neurons are too small to count is a matter of the largest, for "tiny".
    if kind != "tiny":
        assert_allclose(scaled_coefs, expected, rtol=1e-6, atol=1e-8)
        assert_allclose(scaled_constants, constants * factors[gone], rtol=1e-6, atol=1e-6)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ["fine", "duplicate", "opposite", "collinear"])
def test_neurons_of_all_scales_are_predicted_together(kind):
    A = mixed() if kind == "fine" else ill_conditioned(kind)
    factors = 2.0 ** np.array([11, -11, 10, -5, -10, 0])
    gone = np.array([True, True, False, False, True, False])
    coefs, constants = of_activations(A).predictor(gone)
    scaled_coefs, scaled_constants = of_activations(A * factors).predictor(gone)
    assert_allclose(scaled_coefs / factors[gone] * factors[~gone][:, None], coefs, rtol=1e-6)
    assert_allclose(scaled_constants / factors[gone], constants, rtol=1e-6)


def test_a_common_factor_does_not_matter_at_all():
    A = ill_conditioned("tiny")
    for factor in (2.0**-60, 2.0**60):
        gone = np.arange(6) == 4
        coefs, constants = of_activations(A).predictor(gone)
        scaled_coefs, scaled_constants = of_activations(A * factor).predictor(gone)
        assert_allclose(scaled_coefs, coefs, rtol=1e-9)
        assert_allclose(scaled_constants, constants * factor, rtol=1e-9)


# ---- residuals: the predictions of all neurons, each alone


@pytest.mark.parametrize("kind", ["fine", *ILL])
def test_residuals_are_what_each_neurons_predictor_leaves(kind):
    A = mixed() if kind == "fine" else ill_conditioned(kind)
    new = mixed(seed=1)
    replacement = of_activations(A)
    left = residual(replacement, new)
    for index in range(6):
        gone = np.arange(6) == index
        expected = new[:, index] - predicted(replacement, new, gone)[:, 0]
        assert_allclose(left[:, index], expected, rtol=1e-9, atol=1e-9)


def test_residuals_do_not_correlate_with_the_other_neurons():
    A = mixed()
    left = residual(of_activations(A), A)
    products = (A - A.mean(axis=0)).T @ left / 200
    assert_allclose(products - np.diag(np.diag(products)), 0, atol=1e-6)
    assert_allclose(left.mean(axis=0), 0, atol=1e-12)


@pytest.mark.parametrize("means", [np.zeros(3), np.array([1.0, -2.0, 0.5])])
def test_constants_need_no_mixing(means):
    replacement = LayerReplacement(means)
    mixing, constants = replacement.residuals()
    assert mixing is None
    assert_array_equal(constants, means)
    coefs, constants = replacement.predictor(np.array([True, False, True]))
    assert coefs is None
    assert_array_equal(constants, means[[0, 2]])


def test_a_neuron_alone_in_its_layer_is_predicted_by_its_mean():
    A = mixed(size=1)
    coefs, constants = of_activations(A).predictor(np.array([True]))
    assert coefs.shape == (0, 1)
    assert_allclose(constants, A.mean(axis=0), rtol=1e-14)
    assert_allclose(residual(of_activations(A), A), A - A.mean(axis=0), rtol=1e-12, atol=1e-13)


@deterministic(max_examples=40)
@given(st.integers(0, 1000), st.permutations(range(6)), st.integers(2, 5))
def test_prediction_after_prediction_is_prediction_of_both(seed, order, n_gone):
    A = mixed(seed=seed)
    assume(np.linalg.cond(np.corrcoef(A.T)) < 1e3)
    first, rest = order[0], list(order[1:n_gone])
    gone = np.isin(np.arange(6), [first, *rest])
    coefs, constants = of_activations(A).predictor(gone)
    both = dict(
        zip(np.flatnonzero(gone).tolist(), (A[:, ~gone] @ coefs + constants).T, strict=True)
    )
    # First one, from the others; then these, from those that stay.
    of_first, constant = of_activations(A).predictor(np.arange(6) == first)
    left = np.delete(A, first, axis=1)
    still = np.isin(np.delete(np.arange(6), first), rest)
    predicted_rest = left.copy()
    predicted_rest[:, still] = predicted(of_activations(left), left, still)
    one_by_one = (predicted_rest @ of_first + constant)[:, 0]
    assert_allclose(one_by_one, both[first], atol=1e-4)
    for at, index in enumerate(sorted(rest)):
        assert_allclose(predicted_rest[:, still][:, at], both[index], atol=1e-4)


# ---- without a neuron


@deterministic(max_examples=40)
@given(st.integers(0, 1000), st.permutations(range(6)))
def test_layers_that_lose_neurons_are_as_if_they_had_never_had_them(seed, order):
    A = mixed(seed=seed)
    assume(np.linalg.cond(np.corrcoef(A.T)) < 1e4)
    replacement, left = with_covariance(A), list(range(6))
    for n_gone, neuron in enumerate(order[:5], start=1):
        replacement = replacement.without(mask(left.index(neuron), len(left)))
        left.remove(neuron)
        fresh = with_covariance(A[:, left])
        assert_array_equal(replacement.means, A.mean(axis=0)[left])
        assert_allclose(replacement.covariance, fresh.covariance, rtol=1e-12, atol=1e-14)
        assert_allclose(replacement.precision, fresh.precision, rtol=1e-8, atol=1e-8)
        assert replacement.n_downdates == n_gone
        assert_same_predictions(replacement, fresh, A[:, left], 1e-8)


@pytest.mark.parametrize("positions", [[], [1, 4], [0, 2, 3, 5], range(6)])
def test_layers_that_lose_several_neurons_at_once(positions):
    A = mixed()
    replacement, gone = with_covariance(A).without(mask(5, 6)), mask(positions, 5)
    n_gone, found = gone.sum(), replacement.without(gone)
    fresh = with_covariance(A[:, :5][:, ~gone])
    assert_allclose(found.means, fresh.means, rtol=1e-12)
    assert_allclose(found.covariance, fresh.covariance, rtol=1e-12, atol=1e-14)
    assert_allclose(found.precision, fresh.precision, rtol=1e-8, atol=1e-8)
    # An inverse from scratch, as cheap as an update of so high a rank.
    assert found.n_downdates == (0 if n_gone else 1)


@pytest.mark.parametrize("kind", ILL)
@pytest.mark.parametrize("index", [0, 2, 4])
def test_so_they_are_where_coefficients_are_not_determined(kind, index):
    # The inverse of a singular matrix is all ridge: it is known to eps / RIDGE.
    A = ill_conditioned(kind)
    left = np.delete(A, index, axis=1)
    assert_same_predictions(
        with_covariance(A).without(mask(index, A.shape[1])), with_covariance(left), left, 1e-6
    )


@pytest.mark.parametrize("means", [np.zeros(3), np.array([1.0, -2.0, 0.5])])
def test_constants_stay_those_of_the_others(means):
    replacement = LayerReplacement(means).without(mask(1, 3))
    assert_array_equal(replacement.means, means[[0, 2]])
    assert replacement.precision is None
    assert replacement.covariance is None


def test_a_layer_that_loses_its_only_neuron_is_empty():
    replacement = with_covariance(mixed(size=1)).without(mask(0, 1))
    assert replacement.means.shape == (0,)
    assert replacement.precision.shape == (0, 0)


def test_losing_a_neuron_does_not_change_the_larger_layers_arrays():
    replacement = with_covariance(mixed())
    before = [a.copy() for a in (replacement.means, replacement.precision, replacement.covariance)]
    replacement.without(mask(3, 6)).without(mask(0, 5))
    assert_array_equal(replacement.means, before[0])
    assert_array_equal(replacement.precision, before[1])
    assert_array_equal(replacement.covariance, before[2])


def test_rounding_of_many_removals_is_thrown_away_in_time():
    rng = np.random.default_rng(0)
    A = np.tanh(rng.normal(size=(500, 30)) @ rng.normal(size=(30, 80)) / 5)
    replacement, left, n_downdates = with_covariance(A), list(range(80)), []
    for neuron in rng.permutation(80)[: 2 * MAX_DOWNDATES + 5]:
        replacement = replacement.without(mask(left.index(neuron), len(left)))
        left.remove(neuron)
        n_downdates.append(replacement.n_downdates)
        if replacement.n_downdates == 0:  # bit by bit what it is from scratch
            assert_array_equal(replacement.precision, regularised_inverse(replacement.covariance))
    once_around = [*range(1, MAX_DOWNDATES + 1), 0]
    assert n_downdates == (once_around * 3)[: len(n_downdates)]
    fresh = regularised_inverse(replacement.covariance)
    assert_allclose(replacement.precision, fresh, rtol=1e-9, atol=1e-9 * np.abs(fresh).max())


# ---- threads


@pytest.mark.parametrize("n_threads", [1, 2])
def test_bits_do_not_depend_on_the_number_of_blas_threads(n_threads):
    rng = np.random.default_rng(0)
    network = Network.from_mlp(make("multiclass", (150, 40)).mlp)
    X = rng.normal(size=(2000, network.coefs[0].shape[0]))
    gone = mask([0, 7, 90], 150)

    def numbers():
        first = layer_replacements(network, "linear", X)[0]
        left = first.without(gone)
        arrays = [first.covariance, first.precision, left.precision, *first.predictor(gone)]
        return b"".join(array.tobytes() for array in (*arrays, *first.residuals()))

    expected = numbers()
    with threadpool_limits(n_threads, user_api="blas"):
        assert numbers() == expected
