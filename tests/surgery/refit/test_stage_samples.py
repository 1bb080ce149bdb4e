"""What the free layers get, kept or computed again."""

import numpy as np
import pytest
from scipy import sparse

from skneuron.surgery._refit import _stage_samples
from skneuron.surgery._refit._mixed_samples import MAX_BLOCK_ROWS, MixedSamples
from skneuron.surgery._refit._stage_samples import StageSamples, has_room, room_for, rows_per_block

X = np.random.default_rng(0).normal(size=(2500, 3))
PARTS = [
    MixedSamples(X, X.dtype, np.arange(2000), np.linspace(0, 1, 2000)),
    MixedSamples(X, X.dtype, np.arange(2500)),
]


def negated(targets):
    return -targets[:, 0]


def stage(n_kept, calls=None):
    def inputs_of(rows):
        if calls is not None:
            calls.append(len(rows))
        return rows * 2

    return StageSamples(PARTS, inputs_of, lambda rows: rows[:, :1] + 1, negated, n_kept=n_kept)


# How many are kept -> the blocks that all come in.
BLOCKS = {
    0: [1024, 976, 1024, 1024, 452],
    300: [300, 1024, 676, 1024, 1024, 452],
    2000: [1024, 976, 1024, 1024, 452],
    2100: [1024, 976, 100, 1024, 1024, 352],
    4500: [1024, 976, 1024, 1024, 452],
    10**9: [1024, 976, 1024, 1024, 452],
}


def test_the_least_losses_of_what_is_kept_take_the_room_of_a_block():
    seen = []

    def least_of(targets):
        seen.append(len(targets))
        return negated(targets)

    def same(rows):
        return rows

    for inputs in (None, PARTS):
        seen.clear()
        samples = StageSamples(PARTS, same, same, least_of, n_kept=4500, inputs=inputs)
        assert sum(seen) == 4500
        assert max(seen) <= MAX_BLOCK_ROWS
        least = np.concatenate([block.least for block in samples.blocks()])
        np.testing.assert_array_equal(least, -np.concatenate([X[:2000], X])[:, 0])


@pytest.mark.parametrize("n_kept", BLOCKS)
def test_all_samples_come_in_the_same_blocks_each_time(n_kept):
    samples = stage(n_kept)
    first, second = list(samples.blocks()), list(samples.blocks())
    expected = np.concatenate([X[:2000], X])
    for blocks in (first, second):
        np.testing.assert_array_equal(np.concatenate([b.inputs for b in blocks]), expected * 2)
        targets = np.concatenate([b.targets for b in blocks])
        np.testing.assert_array_equal(np.concatenate([b.least for b in blocks]), -targets[:, 0])
        np.testing.assert_array_equal(targets, expected[:, :1] + 1)
        assert [len(b.inputs) for b in blocks] == BLOCKS[n_kept]
    weights = [b.weights for b in first if b.weights is not None]
    np.testing.assert_array_equal(np.concatenate(weights), PARTS[0].weights)
    assert [len(b.inputs) for b in first if b.weights is None] == BLOCKS[n_kept][len(weights) :]
    assert samples.total_weight == pytest.approx(1000 + 2500)
    assert samples.n_samples == 4500


@pytest.mark.parametrize("n_kept", BLOCKS)
def test_only_what_is_not_kept_is_computed_again(n_kept):
    calls = []
    samples = stage(n_kept, calls)
    assert sum(calls) == min(n_kept, 4500)
    for _ in range(3):
        list(samples.blocks())
    assert sum(calls) == min(n_kept, 4500) + 3 * max(4500 - n_kept, 0)


def test_blocks_of_wide_samples_are_small():
    thin, wide = (
        MixedSamples(np.empty((1, n)), np.dtype(np.float64), np.arange(1)) for n in (10, 10**6)
    )
    assert rows_per_block(thin) == MAX_BLOCK_ROWS
    assert rows_per_block(wide) * 8 * 10**6 <= 2 * _stage_samples.BLOCK_BYTES
    assert rows_per_block(wide) == 1


def test_room():
    assert has_room(1000 * 1000)
    assert not has_room(_stage_samples.CACHE_BYTES * 2)
    assert room_for(1000) * 1000 <= _stage_samples.CACHE_BYTES < (room_for(1000) + 1) * 1000


def test_blocks_of_sparse_samples_follow_what_is_stored():
    wide = sparse.random(500, 10**6, density=1e-5, format="csr", random_state=0)
    samples = MixedSamples(wide, np.dtype(np.float64), np.arange(500))
    assert rows_per_block(samples) == MAX_BLOCK_ROWS


def test_what_is_kept_comes_in_large_blocks_however_wide_the_features():
    wide = np.broadcast_to(np.arange(1500.0)[:, np.newaxis], (1500, 10**5))
    samples = MixedSamples(wide, np.dtype(np.float64), np.arange(1500))
    stage = StageSamples([samples], lambda X: X[:, :2], lambda X: X[:, :1], negated, n_kept=1500)
    blocks = list(stage.blocks())
    assert [len(b.inputs) for b in blocks] == [1024, 476]
    np.testing.assert_array_equal(np.concatenate([b.inputs for b in blocks]), wide[:, :2])
    np.testing.assert_array_equal(np.concatenate([b.targets for b in blocks]), wide[:, :1])
    assert stage.n_samples == 1500
