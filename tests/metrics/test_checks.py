"""Tests of metrics._checks: probabilities and weights, and errors that name them."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skneuron.metrics._checks import checked_probabilities, checked_weights, naming

P = np.array([[0.25, 0.75], [1.0, 0.0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("given", [P, P[:, :1], P[:, 1]])
def test_probabilities_keep_their_shape_and_type(given, dtype):
    found = checked_probabilities(given.astype(dtype), 2)
    assert_array_equal(found, given)
    assert found.dtype == dtype
    assert checked_probabilities(given.tolist(), 2).dtype == np.float64


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (P[:1], r"mine has shape \(1, 2\), but y_true has 2 labels"),
        (P * 2, "mine has values from 0.0 to 2.0; probabilities are between 0 and 1"),
        (P / 2, "mine: probabilities of a sample add up to 1; those of sample 0 to 0.5"),
        (P * np.nan, "mine contains NaN"),
        ([["a"], ["b"]], "mine"),
    ],
)
def test_what_are_no_probabilities(given, message):
    with pytest.raises(ValueError, match=message):
        checked_probabilities(given, 2, "mine")


@pytest.mark.parametrize("given", [[1, 2], [True, False], np.array([0.5, 1], object)])
def test_weights(given):
    found = checked_weights(given, 2)
    assert_array_equal(found, np.asarray(given, dtype=float))
    assert checked_weights(None, 2) is None


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ([1.0], ValueError, r"sample_weight has shape \(1,\), but there are 2 samples"),
        ([1.0, -1.0], ValueError, "finite numbers of at least 0, and not all 0"),
        ([0.0, 0.0], ValueError, "finite numbers of at least 0, and not all 0"),
        ([1.0, np.inf], ValueError, "finite numbers of at least 0, and not all 0"),
        (["a", "b"], TypeError, "sample_weight: numbers are needed"),
    ],
)
def test_what_are_no_weights(given, error, message):
    with pytest.raises(error, match=message):
        checked_weights(given, 2)


@pytest.mark.parametrize("error", [ValueError, TypeError])
def test_errors_name_the_argument_once(error):
    with pytest.raises(error, match=r"^mine: it is wrong$"), naming("mine"):
        raise error("it is wrong")
    with pytest.raises(error, match=r"^mine is wrong$"), naming("mine"):
        raise error("mine is wrong")
