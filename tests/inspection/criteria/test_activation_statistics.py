"""Tests of skneuron.inspection._criteria._activation_statistics: sums over rows in blocks."""

import numpy as np
import pytest
from helpers import oracle
from helpers.activations import random_weight, residual_of_least_squares, source_of
from helpers.networks import cases, deterministic, make
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skneuron.inspection._criteria._activation_statistics import (
    activation_covariances,
    activation_moments,
    class_means,
    residual_variances,
)
from skneuron.surgery import RIDGE, _network

EPS = 8 * np.finfo(float).eps


weighted = st.booleans()


# ---- rows in blocks


@deterministic(max_examples=20)
@given(cases())
def test_blocks_hold_the_activations_of_the_watched_layers(case):
    last = len(case.net.sizes) - 1
    source = source_of(case, layers=sorted({0, last}))
    ((rows, weight, hidden),) = source.blocks()
    assert (rows.start, rows.stop) == (0, len(case.X))
    assert_array_equal(weight, 1)
    for layer, activations in zip(source.layers, hidden, strict=True):
        assert_allclose(activations, oracle.hidden(case.net, case.X, layer), atol=1e-13)
    assert source.sizes() == [case.net.sizes[layer] for layer in source.layers]


def test_blocks_are_small_and_none_is_without_weight(monkeypatch):
    monkeypatch.setattr(_network, "BLOCK_ROWS", 8)
    case = make(hidden=(3, 2))
    source = source_of(case, random_weight(40))
    starts = [rows.start for rows, _, _ in source.blocks()]
    assert starts == [0, 16, 24, 32]
    for rows, weight, hidden in source.blocks():
        assert_array_equal(weight, source.weight[rows])
        assert [len(activations) for activations in hidden] == [8, 8]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_blocks_have_the_dtype_in_which_scikit_learn_computes(dtype):
    case = make(dtype=dtype)
    source = source_of(case)
    assert next(source.blocks())[2][0].dtype == dtype
    assert source.rounding == 8 * np.finfo(dtype).eps


# ---- moments


@deterministic(max_examples=60)
@given(cases(), weighted)
def test_moments_match_the_oracle(case, with_weight):
    weight = random_weight(len(case.X)) if with_weight else np.ones(len(case.X))
    for layer, moments in enumerate(activation_moments(source_of(case, weight))):
        for index, a in enumerate(oracle.hidden(case.net, case.X, layer).T):
            mean = np.sum(weight * a) / np.sum(weight)
            variance = np.sum(weight * (a - mean) ** 2) / np.sum(weight)
            magnitude = np.sum(weight * np.abs(a)) / np.sum(weight)
            zero_share = np.sum(weight[a == 0]) / np.sum(weight)
            assert_allclose(moments.variance[index], variance, rtol=1e-10, atol=1e-14)
            assert_allclose(moments.mean_magnitude[index], magnitude, rtol=1e-12)
            assert_allclose(moments.zero_share[index], zero_share, rtol=1e-12)


@deterministic(max_examples=40)
@given(cases(), weighted)
def test_covariances_match_numpy(case, with_weight):
    weight = random_weight(len(case.X)) if with_weight else np.ones(len(case.X))
    for layer, (mean, covariance) in enumerate(activation_covariances(source_of(case, weight))):
        a = oracle.hidden(case.net, case.X, layer)
        assert_allclose(mean, np.average(a, axis=0, weights=weight), rtol=1e-12, atol=1e-14)
        expected = np.atleast_2d(np.cov(a.T, aweights=weight, ddof=0))
        assert_allclose(covariance, expected, rtol=1e-9, atol=1e-13)


def test_variance_of_activations_far_from_zero_does_not_cancel(monkeypatch):
    monkeypatch.setattr(_network, "BLOCK_ROWS", 8)
    case = make("regression", (3,), "identity")
    near = activation_moments(source_of(case))[0].variance
    case.mlp.intercepts_[0] += 1e6
    far = activation_moments(source_of(case))[0].variance
    assert_allclose(far, near, rtol=1e-8)
    covariance = activation_covariances(source_of(case))[0][1]
    assert_allclose(np.diag(covariance), near, rtol=1e-8)


@pytest.mark.parametrize("block_rows", [1, 7, 16])
def test_blocks_add_up_to_the_whole(monkeypatch, block_rows):
    case = make("multiclass", (4, 3), "tanh")
    source, codes = source_of(case, random_weight(40)), np.arange(40) % 4

    def results():
        return [
            *[value for m in activation_moments(source) for value in vars(m).values()],
            *[value for pair in activation_covariances(source) for value in pair],
            *class_means(source, codes, 4),
        ]

    full = results()
    monkeypatch.setattr(_network, "BLOCK_ROWS", block_rows)
    for blocks, one in zip(results(), full, strict=True):
        assert_allclose(blocks, one, rtol=1e-11, atol=1e-15)


def test_sparse_rows_are_rows():
    case = make("regression", (4, 3), "tanh")
    X = np.where(case.X > 0, case.X, 0)
    dense = activation_moments(source_of(case, X=X))
    thin = activation_moments(source_of(case, X=sparse.csr_array(X)))
    for one, other in zip(dense, thin, strict=True):
        assert_array_equal(one.variance, other.variance)


# ---- what layer-mates leave of a variance


@deterministic(max_examples=60)
@given(st.integers(0, 10**6), st.integers(2, 6), st.sampled_from([2, 3, 6]), st.floats(-3, 3))
def test_residual_variances_are_those_of_least_squares(seed, n_neurons, rank, log_scale):
    # Of lower rank than there are neurons: some are sums of others.
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(50, rank)) @ rng.normal(size=(rank, n_neurons)) + rng.normal(
        size=n_neurons
    )
    a *= 10 ** (log_scale * rng.random(n_neurons))
    weight = rng.random(50)
    mean = np.average(a, axis=0, weights=weight)
    covariance = np.cov(a.T, aweights=weight, ddof=0)
    actual = residual_variances(mean, covariance, EPS)
    for index in range(n_neurons):
        residual, variance, penalty = residual_of_least_squares(a, index, weight)
        # Ridge regression's optimum lies between those of least squares, without and with it.
        slack = 1e-10 * variance
        assert residual - slack <= actual[index] <= residual + penalty * (1 + 1e-6) + slack


def test_residual_variance_of_one_neuron_is_its_variance():
    assert_allclose(residual_variances(np.ones(1), np.array([[4.0]]), EPS), 4, rtol=2 * RIDGE)


def test_constant_neurons_leave_nothing_and_explain_nothing():
    mean = np.array([1.0, 0.0, 2.0, 3.0])
    covariance = np.diag([1.0, 0.0, (1e-16) ** 2, 5.0])
    actual = residual_variances(mean, covariance, EPS)
    assert_allclose(actual, [1, 0, 0, 5], rtol=2 * RIDGE)
    assert_array_equal(residual_variances(mean, np.zeros((4, 4)), EPS), 0)


def test_duplicates_leave_next_to_nothing():
    actual = residual_variances(np.zeros(3), np.array([[1.0, 1, 0], [1, 1, 0], [0, 0, 1]]), EPS)
    assert_allclose(actual, [0, 0, 1], atol=3 * RIDGE)


# ---- classes


@deterministic(max_examples=30)
@given(cases(), weighted)
def test_class_means_match_the_oracle(case, with_weight):
    weight = random_weight(len(case.X)) if with_weight else np.ones(len(case.X))
    codes = np.arange(len(case.X)) * 7 % 3
    for layer, means in enumerate(class_means(source_of(case, weight), codes, 4)):
        a = oracle.hidden(case.net, case.X, layer)
        for label in range(3):
            of_class = codes == label
            expected = np.average(a[of_class], axis=0, weights=weight[of_class])
            assert_allclose(means[:, label], expected, rtol=1e-11, atol=1e-14)
        assert np.isnan(means[:, 3]).all()
