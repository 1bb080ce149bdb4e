"""Tests of skneuron.kernels.training.dropout."""

import numpy as np
import pytest
from helpers.leaves import callable_from_python
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.kernels.training import dropout as module
from skneuron.kernels.training.buffers import Settings

drop = callable_from_python(module.drop)

# Without the compiler NumPy warns of the overflow that the random numbers are made of.


def mask(dropout=0.5, key=1, counter=0, *, shape=(40, 25), width=None, dtype=np.float64):
    """What activations are multiplied with."""
    settings = Settings(0, 0, 0, 0.0, dropout=dropout, dropout_key=np.uint64(key))
    a = np.ones(shape, dtype)
    drop(a, shape[1], settings, counter, shape[1] if width is None else width)
    return a


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("dropout", [0.1, 0.5, 0.8])
def test_the_right_share_is_dropped_and_the_mean_is_kept(dropout, dtype):
    a = mask(dropout, shape=(200, 50), dtype=dtype)
    assert a.dtype == dtype
    assert_array_equal(np.unique(a), np.array([0, 1 / (1 - dropout)], dtype))
    sd = np.sqrt(dropout * (1 - dropout) / a.size)
    assert abs(np.mean(a == 0) - dropout) < 4 * sd
    assert_allclose(a.mean(), 1, atol=4 * sd / (1 - dropout))
    # No unit and no row is favoured.
    for axis in (0, 1):
        share = np.mean(a == 0, axis=axis)
        assert np.abs(share - dropout).max() < 5 * np.sqrt(dropout * (1 - dropout) / 50)


def test_key_and_counter_decide():
    first = mask()
    assert_array_equal(mask(), first)
    for other in (mask(key=2), mask(counter=10**6)):
        differ = np.mean(other != first)
        assert 0.4 < differ < 0.6


def test_the_key_may_be_any_number_of_64_bits():
    masks = [mask(key=key).tobytes() for key in (0, 1, 2**63 - 1, 2**63, 2**64 - 1)]
    assert len(set(masks)) == 5


def test_rows_are_the_same_wherever_they_are_computed():
    full = mask(width=30)
    parts = [mask(width=30, shape=(15, 25)), mask(width=30, shape=(25, 25), counter=15 * 30)]
    assert_array_equal(np.concatenate(parts), full)


def test_rows_and_units_are_independent():
    dropped = (mask(shape=(400, 20)) == 0).astype(float)
    correlations = np.corrcoef(dropped.T) - np.eye(20)
    assert np.abs(correlations).max() < 5 / np.sqrt(400)
    neighbours = np.corrcoef(dropped[1:].ravel(), dropped[:-1].ravel())[0, 1]
    assert abs(neighbours) < 5 / np.sqrt(8000)


def test_padding_is_left_alone():
    settings = Settings(0, 0, 0, 0.0, dropout=0.9, dropout_key=np.uint64(3))
    a = np.ones((20, 8))
    drop(a, 5, settings, 0, 8)
    assert (a[:, 5:] == 1).all()
    assert not (a[:, :5] == 1).any()


def test_activations_are_scaled_and_not_replaced():
    settings = Settings(0, 0, 0, 0.0, dropout=0.25, dropout_key=np.uint64(3))
    a = np.random.default_rng(0).normal(size=(20, 8))
    before = a.copy()
    drop(a, 8, settings, 5, 8)
    assert_allclose(a, before * mask(0.25, 3, 5, shape=(20, 8)))
