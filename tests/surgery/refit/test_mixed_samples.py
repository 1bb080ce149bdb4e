"""Samples in blocks, and mixtures of them."""

import numpy as np
import pytest
from scipy import sparse

from skneuron.surgery._refit._mixed_samples import MixedSamples, mixtures

KINDS = {"dense": np.asarray, "csr": sparse.csr_matrix, "csr array": sparse.csr_array}


def some(n=11, dtype=np.float64, weights=None, kind=np.asarray):
    X = np.random.default_rng(0).normal(size=(20, 3)).astype(dtype)
    return X, MixedSamples(kind(X), np.dtype(dtype), np.arange(n)[::-1] + 4, weights)


def all_rows(samples, n_rows):
    blocks = [X.toarray() if sparse.issparse(X) else X for _, X in samples.blocks(n_rows)]
    return np.concatenate(blocks)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("n_rows", [1, 4, 11, 100])
def test_blocks_are_the_rows_in_order(n_rows, kind):
    X, samples = some(kind=kind)
    np.testing.assert_array_equal(all_rows(samples, n_rows), X[samples.rows])
    places = [range(*place.indices(100)) for place, _ in samples.blocks(n_rows)]
    assert [at for place in places for at in place] == list(range(11))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_mixtures_lie_between_two_samples(kind, dtype):
    X, samples = some(dtype=dtype, kind=kind)
    mixed = mixtures(samples, 30, np.random.default_rng(1))
    rows = all_rows(mixed, 7)
    assert rows.dtype == dtype
    share = mixed.shares[:, np.newaxis]
    expected = share * X[mixed.rows] + (1 - share) * X[mixed.others]
    np.testing.assert_allclose(rows, expected, rtol=1e-5, atol=1e-6)
    assert 0 <= mixed.shares.min() < 0.2 < 0.8 < mixed.shares.max() <= 1


def test_every_sample_is_in_as_many_mixtures():
    _, samples = some()
    mixed = mixtures(samples, 33, np.random.default_rng(1))
    for rows in (mixed.rows, mixed.others):
        values, counts = np.unique(rows, return_counts=True)
        assert values.tolist() == sorted(samples.rows)
        assert set(counts) == {3}


def test_weights_are_mixed_as_well():
    weights = np.arange(11, dtype=np.float64)
    _, samples = some(weights=weights)
    mixed = mixtures(samples, 20, np.random.default_rng(2))
    by_row = dict(zip(samples.rows, weights, strict=True))
    for row, other, share, weight in zip(
        mixed.rows, mixed.others, mixed.shares, mixed.weights, strict=True
    ):
        assert weight == pytest.approx(share * by_row[row] + (1 - share) * by_row[other])


def test_whole_numbers_come_out_as_floats():
    X = np.arange(12).reshape(4, 3)
    samples = MixedSamples(X, np.dtype(np.float64), np.arange(4))
    ((_, block),) = samples.blocks(10)
    assert block.dtype == np.float64
    assert len(samples) == 4


@pytest.mark.parametrize("weights", [None, np.linspace(0, 2, 40)])
def test_some_of_them(weights):
    X = np.random.default_rng(0).normal(size=(50, 3))
    samples = MixedSamples(X, X.dtype, np.arange(10, 50), weights)
    for all_of_them in (samples, mixtures(samples, 70, np.random.default_rng(0))):
        n = len(all_of_them)
        parts = [all_of_them.some(slice(30)), all_of_them.some(slice(30, None))]
        assert [len(part) for part in parts] == [30, n - 30]
        features = [block for part in parts for _, block in part.blocks(16)]
        (expected,) = (block for _, block in all_of_them.blocks(n))
        np.testing.assert_array_equal(np.concatenate(features), expected)
        if weights is None:
            assert all(part.weights is None for part in parts)
        else:
            both = np.concatenate([part.weights for part in parts])
            np.testing.assert_array_equal(both, all_of_them.weights)
