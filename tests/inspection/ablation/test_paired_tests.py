"""Paired tests: against slow obvious versions, published values and simulated truth."""

import math

import numpy as np
import pytest
from helpers.networks import deterministic
from helpers.significance import counts, levels
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from skneuron.inspection._ablation._paired_tests import (
    POWER,
    bonett_price_interval,
    mcnemar_min_detectable,
    mcnemar_p_values,
    paired_t_interval,
    paired_t_min_detectable,
    paired_t_p,
)


def pmf(k, n, p=0.5):
    return math.comb(n, k) * p**k * (1 - p) ** (n - k)


def obvious_mid_p(fixed, broken):
    """All outcomes that are further from the middle, and half of those that are as far."""
    n = fixed + broken
    p = 0.0
    for k in range(n + 1):
        if abs(2 * k - n) > abs(fixed - broken):
            p += pmf(k, n)
        elif abs(2 * k - n) == abs(fixed - broken):
            p += pmf(k, n) / 2
    return p if n else 1.0


# ---- McNemar's test


@deterministic(max_examples=100)
@given(counts)
def test_mid_p_is_that_of_the_loop(pairs):
    fixed, broken = np.array(pairs).T
    expected = [obvious_mid_p(*pair) for pair in pairs]
    assert_allclose(mcnemar_p_values(fixed, broken), expected, rtol=1e-11)
    assert_array_equal(mcnemar_p_values(broken, fixed), mcnemar_p_values(fixed, broken))


# Examples of Fagerland, Lydersen and Laake (2013, 2014): airway hyper-responsiveness before and
# after stem cell transplantation; response before and after consolidation therapy. The values are
# those in their supplement, and in the tests of their R package contingencytables.
@pytest.mark.parametrize(
    ("fixed", "broken", "p_value"), [(7, 1, 0.0390625), (1, 7, 0.0390625), (16, 6, 0.034690)]
)
def test_mid_p_as_published(fixed, broken, p_value):
    assert_allclose(mcnemar_p_values([fixed], [broken]), [p_value], atol=5e-7)


def test_interval_as_published():
    interval = bonett_price_interval([16], [6], 161, 0.05)
    assert_allclose(interval, [[-0.1195, -0.0032]], atol=5e-5)


def test_mid_p_of_numbers_is_a_number():
    p_value = mcnemar_p_values(0, 5)
    assert p_value.shape == ()
    assert float(p_value) == 1 / 32


def test_mid_p_of_few_and_of_very_many_rows():
    assert_array_equal(mcnemar_p_values([0], [0]), [1.0])
    assert_allclose(mcnemar_p_values([0, 1, 0], [1, 1, 5]), [0.5, 0.75, 1 / 32])
    tiny = mcnemar_p_values([0, 10_000], [1000, 20_000])
    assert_allclose(tiny[0], 2.0**-1000, rtol=1e-9)
    assert 0 < mcnemar_p_values([1000], [2000])[0] < 1e-70
    # The normal approximation is good to 1 % here.
    assert_allclose(mcnemar_p_values([4900], [5100]), 2 * stats.norm.sf(2.0), rtol=0.01)


@deterministic(max_examples=50)
@given(counts, st.integers(120, 1000), levels)
def test_interval_is_that_of_the_formula(pairs, n, alpha):
    fixed, broken = np.array(pairs).T
    intervals = bonett_price_interval(fixed, broken, n, alpha)
    assert intervals.shape == (len(pairs), 2)
    z = stats.norm.ppf(1 - alpha / 2)
    for (b, c), (low, high) in zip(pairs, intervals, strict=True):
        p, q = (c + 1) / (n + 2), (b + 1) / (n + 2)
        error = math.sqrt((p + q - (p - q) ** 2) / (n + 2))
        assert_allclose([low, high], [p - q - z * error, p - q + z * error], atol=1e-12)
    mirrored = bonett_price_interval(broken, fixed, n, alpha)
    assert_allclose(mirrored, -intervals[:, ::-1], atol=1e-15)


def test_interval_stays_within_what_is_possible():
    assert_array_equal(bonett_price_interval([0], [1], 1, 1e-6), [[-1.0, 1.0]])


@pytest.mark.parametrize(("p_fixed", "p_broken"), [(0.01, 0.01), (0.02, 0.005), (0.0, 0.004)])
def test_interval_covers_the_truth(p_fixed, p_broken):
    n, n_runs = 1000, 20_000
    shares = [p_fixed, p_broken, 1 - p_fixed - p_broken]
    fixed, broken, _ = np.random.default_rng(0).multinomial(n, shares, n_runs).T
    low, high = bonett_price_interval(fixed, broken, n, 0.05).T
    covered = (low <= p_broken - p_fixed) & (p_broken - p_fixed <= high)
    assert 0.94 < covered.mean() < 0.985


# ---- the smallest effect that McNemar's test finds


def power_of_mid_p(total, share, alpha):
    """Probability that ``total`` changed rows are significantly often broken."""
    return sum(
        pmf(k, total, share)
        for k in range(total + 1)
        if 2 * k > total and obvious_mid_p(total - k, k) <= alpha
    )


def obvious_min_detectable(total, n, alpha, power):
    """By bisection on probabilities, in the steps that the docstring takes."""

    def smallest(found):
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (low, middle) if found(middle) else (middle, high)
        return high

    def found_if_one_way(share):
        not_found = sum(
            pmf(k, n, share) for k in range(n + 1) if obvious_mid_p(0, k) > alpha or not k
        )
        return 1 - not_found >= power

    if obvious_mid_p(0, n) > alpha:
        return np.inf
    best_case = smallest(found_if_one_way)
    if not total or obvious_mid_p(0, total) > alpha:
        return best_case
    share = smallest(lambda share: power_of_mid_p(total, (1 + share) / 2, alpha) >= power)
    return max(best_case, total * share / n)


@deterministic(max_examples=40)
@given(
    st.integers(0, 40),
    st.integers(0, 40),
    st.integers(0, 40),
    st.floats(1e-3, 0.45),
    st.floats(0.5, 0.95),
)
def test_min_detectable_is_that_of_bisection(fixed, broken, unchanged, alpha, power):
    n = max(fixed + broken + unchanged, 1)
    assume(abs(math.log2(alpha) - round(math.log2(alpha))) > 1e-9)  # ties of p-value and level
    found = mcnemar_min_detectable([fixed], [broken], n, alpha, power)
    expected = obvious_min_detectable(fixed + broken, n, alpha, power)
    assert_allclose(found, [expected], rtol=1e-6)


@pytest.mark.parametrize("alpha", [0.5, 0.25, 1 / 32, 2.0**-20])
def test_min_detectable_at_levels_that_are_p_values(alpha):
    effect = mcnemar_min_detectable([0], [0], 1000, alpha)[0]
    fewest = round(-math.log2(alpha))
    # Rounding may cost a row, but the effect is never one that the test would not find.
    found = [m for m in (fewest, fewest + 1) if mcnemar_p_values(0, m) <= alpha]
    assert_allclose(stats.binom.sf(found[0] - 1, 1000, effect), POWER)


def test_min_detectable_of_neurons_that_changed_nothing():
    none, few = mcnemar_min_detectable([0, 2], [0, 2], 10_000, 0.05)
    assert none == few
    assert_allclose(none * 10_000, 6.72, atol=0.01)
    # Such an effect changes 5 rows or more in 80 % of all samples, and 5 are significant.
    broken = np.random.default_rng(0).binomial(10_000, none, 40_000)
    assert_allclose((mcnemar_p_values(0, broken) <= 0.05).mean(), 0.8, atol=0.01)


def test_min_detectable_of_too_few_rows_is_infinite():
    assert_array_equal(mcnemar_min_detectable([0, 2], [0, 2], 4, 0.05), [np.inf, np.inf])
    assert np.isfinite(mcnemar_min_detectable([0], [0], 5, 0.05)).all()
    assert_array_equal(
        mcnemar_min_detectable([0.0, np.nan], [0.0, 1.0], 4, 0.05), [np.inf, np.nan]
    )


def test_min_detectable_of_very_many_rows_is_about_normal():
    expected = (stats.norm.isf(0.025) + stats.norm.ppf(0.8)) * 100 / 1e6
    assert_allclose(mcnemar_min_detectable([4000], [6000], 1_000_000, 0.05), expected, rtol=0.02)


# ---- the paired t-test


@deterministic(max_examples=60)
@given(st.integers(2, 40), st.integers(1, 4), st.integers(0, 10**6), levels)
def test_t_test_is_scipys_on_the_rows(n, n_neurons, seed, alpha):
    rng = np.random.default_rng(seed)
    changes = rng.normal(
        rng.normal(size=n_neurons), rng.exponential(size=n_neurons), (n, n_neurons)
    )
    mean, std = changes.mean(axis=0), changes.std(axis=0)
    expected = stats.ttest_1samp(changes, 0)
    assert_allclose(paired_t_p(mean, std, n), expected.pvalue, rtol=1e-9)
    interval = np.column_stack(expected.confidence_interval(1 - alpha))
    # scipy 1.11 has the quantiles of t to 1e-8 only.
    assert_allclose(paired_t_interval(mean, std, n, alpha), interval, rtol=1e-6, atol=1e-7)


def test_t_test_without_spread():
    assert_array_equal(paired_t_p([0.0, 0.5, -0.5], [0.0, 0.0, 0.0], 10), [1.0, 0.0, 0.0])
    assert_array_equal(paired_t_interval([0.5], [0.0], 10, 0.05), [[0.5, 0.5]])
    assert_array_equal(paired_t_min_detectable([0.0], 10, 0.05), [0.0])


def test_one_row_proves_nothing():
    assert_array_equal(paired_t_p([0.0, 0.5, np.nan], [0.0, 0.0, np.nan], 1), [1.0, 1.0, np.nan])
    assert_array_equal(paired_t_interval([0.5], [0.0], 1, 0.05), [[-np.inf, np.inf]])
    assert_array_equal(paired_t_min_detectable([0.0, np.nan], 1, 0.05), [np.inf, np.nan])


@pytest.mark.parametrize("n", [12, 60])
def test_an_effect_of_min_detectable_is_found_in_80_percent(n):
    std = 3.0
    # The standard deviation that is known: of the population, in the form of ``ddof=0``.
    effect = paired_t_min_detectable(std * np.sqrt((n - 1) / n), n, 0.05)
    changes = np.random.default_rng(0).normal(effect, std, (n, 20_000))
    found = paired_t_p(changes.mean(axis=0), changes.std(axis=0), n) <= 0.05
    assert_allclose(found.mean(), 0.8, atol=0.015)
