"""Which samples are held out."""

import numpy as np
import pytest

from skneuron.surgery._refit._hold_out import MIN_SAMPLES, held_out


@pytest.mark.parametrize(
    ("n", "expected"), [(20, 6), (900, 300), (1797, 500), (5000, 500), (30_000, 3000)]
)
def test_a_tenth_but_enough(n, expected):
    fit, held = held_out(n, None, np.random.default_rng(0))
    assert len(held) == expected
    assert np.array_equal(np.union1d(fit, held), np.arange(n))
    assert len(fit) + len(held) == n
    assert np.all(np.diff(fit) > 0)
    assert np.all(np.diff(held) > 0)


def test_seeds_decide():
    draw = [held_out(100, None, np.random.default_rng(seed))[1].tolist() for seed in (0, 0, 1)]
    assert draw[0] == draw[1] != draw[2]


@pytest.mark.parametrize("n_groups", [2, 3, 40])
def test_groups_stay_together(n_groups):
    groups = np.random.default_rng(3).integers(0, n_groups, 400)
    fit, held = held_out(400, groups, np.random.default_rng(0))
    assert len(fit)
    assert len(held)
    assert not set(groups[fit]) & set(groups[held])


def test_too_few_samples():
    with pytest.raises(ValueError, match=rf"X has {MIN_SAMPLES - 1} samples.*at least"):
        held_out(MIN_SAMPLES - 1, None, np.random.default_rng(0))
    held_out(MIN_SAMPLES, None, np.random.default_rng(0))


def test_a_single_group():
    with pytest.raises(ValueError, match="groups has one group only"):
        held_out(50, np.zeros(50), np.random.default_rng(0))


@pytest.mark.parametrize("seed", range(5))
def test_of_unequal_groups_the_right_ones_are_held_out(seed):
    groups = np.repeat(np.arange(8), [400, 200, 100, 100, 80, 60, 40, 20])
    fit, held = held_out(1000, groups, np.random.default_rng(seed))
    assert 60 <= len(held) <= 500
    assert len(fit) >= 500


def test_groups_that_are_too_unequal():
    groups = np.repeat([0, 1], [15, 985])
    for seed in range(5):
        fit, held = held_out(1000, groups, np.random.default_rng(seed))
        assert (len(fit), len(held)) == (985, 15)
