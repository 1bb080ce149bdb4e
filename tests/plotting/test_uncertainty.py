"""Standard errors and intervals of scores, and the smallest network close to the best."""

import numpy as np
import pytest
from scipy.stats import binomtest

from skneuron.plotting import _uncertainty


@pytest.mark.parametrize("n_right", [0, 1, 30, 59, 60])
def test_share_interval_is_wilsons(n_right):
    low, high = _uncertainty.share_interval(np.array([n_right / 60]), 60)
    expected = binomtest(n_right, 60).proportion_ci(method="wilson")
    np.testing.assert_allclose([low[0], high[0]], expected, atol=1e-12)


def test_share_errors():
    errors = _uncertainty.share_errors(np.array([0.0, 0.5, 0.9, 1.0]), 100)
    np.testing.assert_allclose(errors, [0.0, 0.05, 0.03, 0.0])


def test_shares_that_rounding_took_out_of_range():
    shares = np.array([-1e-17, 1 + 1e-15])
    assert np.isfinite(_uncertainty.share_errors(shares, 10)).all()
    assert np.isfinite(_uncertainty.share_interval(shares, 10)).all()


def test_normal_interval():
    low, high = _uncertainty.normal_interval(np.array([1.0, 2.0]), np.array([0.5, np.nan]))
    np.testing.assert_allclose([low[0], high[0]], [0.02, 1.98], atol=1e-4)
    assert np.isnan([low[1], high[1]]).all()


@pytest.mark.parametrize(
    ("scores", "error", "expected"),
    [
        ([0.90, 0.95, 0.94, 0.80], 0.02, 2),
        ([0.90, 0.95, 0.94, 0.80], 0.0, 1),
        ([0.90, 0.95, 0.94, 0.80], 1.0, 3),
        ([np.nan, 0.95, np.nan, 0.80], 0.01, 1),
        ([0.5, 0.5, 0.5, 0.5], 0.0, 3),
    ],
)
def test_smallest_within(scores, error, expected):
    found = _uncertainty.smallest_within(np.array(scores), np.array([40, 30, 20, 10]), error)
    assert found == expected


def test_of_several_that_small_the_best_is_taken():
    scores, sizes = np.array([0.9, 0.8, 0.85, 0.85]), np.array([9, 5, 5, 5])
    assert _uncertainty.smallest_within(scores, sizes, 0.2) == 2
