"""Tests of inspection._scoring._jackknife: groups, standard errors, calibration."""

import numpy as np
import pytest
from helpers.networks import make
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from skneuron.inspection._scoring._jackknife import errors_of_influences, sample_groups
from skneuron.inspection._scoring._samples import samples_for


def samples_of(kind, n, weight=None):
    case = make(kind, (4,), n=n)
    return samples_for(case.mlp, case.X, case.y, weight)


@pytest.mark.parametrize("n", [3, 39, 40, 41, 500])
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_every_sample_is_in_one_group(kind, n):
    groups = sample_groups(samples_of(kind, n))
    assert len(groups) == min(n, 40)
    assert sorted(np.concatenate(groups)) == list(range(n))
    assert np.ptp([len(group) for group in groups]) <= 1


def test_classes_are_spread_evenly():
    samples = samples_of("multiclass", 500)
    for code in range(samples.n_classes):
        counts = [(samples.codes[group] == code).sum() for group in sample_groups(samples)]
        assert np.ptp(counts) <= 1


def test_samples_without_weight_are_in_no_group():
    weight = np.tile([0.0, 2.0], 50)
    groups = sample_groups(samples_of("multiclass", 100, weight))
    assert sorted(np.concatenate(groups)) == list(range(1, 100, 2))


def test_errors_of_a_mean_are_those_of_the_means_of_groups():
    values = np.random.default_rng(0).normal(size=(40, 3))
    without = (values.sum(axis=0) - values) / 39
    errors, freedom = errors_of_influences((values.mean(axis=0) - without) * 39 / 40)
    assert_allclose(errors, stats.sem(values))
    assert ((freedom > 20) & (freedom <= 39)).all()


def test_few_groups_that_matter_have_few_degrees_of_freedom():
    influences = np.zeros((40, 4))
    influences[:1, 1] = influences[:4, 2] = 1e-200
    influences[:, 3] = np.tile([1.0, -1.0], 20)
    errors, freedom = errors_of_influences(influences)
    assert_allclose(freedom, [39, 80 / 39, 80 / 9, 39])
    assert errors[0] == 0


def test_one_group_is_no_evidence():
    errors, freedom = errors_of_influences(np.ones((1, 2)))
    assert_array_equal(errors, np.inf)
    assert_array_equal(freedom, 1)


@pytest.mark.parametrize("share", [0.01, 0.03, 0.2])
def test_levels_are_kept_where_few_samples_change(share):
    # Changes of +1 and -1, equally likely, in some of 400 samples: the mean change is 0.
    rng = np.random.default_rng(0)
    signs = rng.choice([-1.0, 0.0, 1.0], size=(40, 10, 5000), p=[share / 2, 1 - share, share / 2])
    means = signs.mean(axis=1)
    effects = means.mean(axis=0)
    errors, freedom = errors_of_influences((means - effects) / 40)
    with np.errstate(invalid="ignore"):
        p_values = 2 * stats.t.sf(np.abs(effects) / errors, freedom)
    for alpha in (0.05, 0.01, 0.001):
        limit = alpha + 3 * np.sqrt(alpha / 5000)
        assert (p_values <= alpha).mean() <= limit
    # Of four samples that change, which are few, hardly anything is ever significant.
    assert (p_values <= 0.05).mean() > (0.01 if share == 0.01 else 0.02)
