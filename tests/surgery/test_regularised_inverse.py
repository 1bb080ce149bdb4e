"""Tests of surgery._regularised_inverse: inverses of covariance matrices, singular ones too."""

import numpy as np
import pytest
from helpers.replacements import (
    ILL,
    ill_conditioned,
    mixed,
    of_activations,
    residual,
)
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.surgery._regularised_inverse import (
    RIDGE,
    is_varying,
    regularised_inverse,
)


def test_inverse_covariance_of_the_identity():
    assert_allclose(regularised_inverse(np.eye(3) * 4.0), np.eye(3) / 4, rtol=2 * RIDGE)
    of_nothing = np.diag([1 / (1 + RIDGE)] * 2)
    assert_allclose(regularised_inverse(np.zeros((2, 2))), of_nothing, rtol=1e-15, atol=0)
    covariance = np.cov(mixed().T)
    assert_array_equal(regularised_inverse(covariance), regularised_inverse(covariance).T)
    assert_allclose(regularised_inverse(covariance) @ covariance, np.eye(6), atol=1e-5)


def test_no_neurons():
    assert regularised_inverse(np.empty((0, 0))).shape == (0, 0)


@pytest.mark.parametrize("seed", range(3))
def test_its_diagonal_tells_the_variance_that_is_left_of_a_prediction(seed):
    A = mixed(seed=seed)
    left = residual(of_activations(A), A).var(axis=0)
    covariance = np.cov(A.T, ddof=0)
    assert_allclose(1 / np.diag(regularised_inverse(covariance)), left, rtol=1e-4)


@pytest.mark.parametrize("kind", ILL)
def test_singular_matrices_have_finite_inverses(kind):
    covariance = np.atleast_2d(np.cov(ill_conditioned(kind).T, ddof=0))
    inverse = regularised_inverse(covariance)
    assert np.isfinite(inverse).all()
    assert_array_equal(inverse, inverse.T)
    assert (np.diag(inverse) > 0).all()
    # By as much as the ridge, copies are not predicted perfectly.
    variance = np.diag(covariance)
    alive = variance > 1e-14 * variance.max()
    share = 1 / (np.diag(inverse) * np.where(alive, variance, 1))
    assert (share > RIDGE / 2).all()
    assert (share <= 1 + 2 * RIDGE).all()


@pytest.mark.parametrize("kind", ["fine", "duplicate", "collinear"])
def test_units_of_neurons_do_not_matter(kind):
    A = mixed() if kind == "fine" else ill_conditioned(kind)
    factors = np.array([1.0, 8, 0.25, 1024, 2, 0.5])  # powers of 2: without rounding
    covariance = np.cov(A.T)
    scaled = regularised_inverse(covariance * np.outer(factors, factors))
    expected = regularised_inverse(covariance)
    assert_allclose(scaled * np.outer(factors, factors), expected, rtol=1e-6)


@pytest.mark.parametrize("variance", [0.0, 1e-20])
def test_constant_neurons_correlate_with_none(variance):
    covariance = np.array([[2.0, 0.5, 1e-9], [0.5, 1.0, 1e-9], [1e-9, 1e-9, variance]])
    inverse = regularised_inverse(covariance)
    assert_array_equal(inverse[:2, 2], 0)
    assert_allclose(inverse[2, 2], 1 / (1 + RIDGE), rtol=1e-15)
    assert_allclose(inverse[:2, :2], regularised_inverse(covariance[:2, :2]), rtol=1e-12)


def test_neurons_that_vary_by_no_more_than_rounding_are_constant():
    covariance = np.diag([4.0, 0.0, 5e-14, 3e-14, 1e-20])
    assert is_varying(covariance).tolist() == [True, False, True, False, False]
    assert is_varying(np.zeros((2, 2))).tolist() == [False, False]
    assert len(is_varying(np.empty((0, 0)))) == 0
