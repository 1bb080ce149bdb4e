"""Verdicts on neurons: against slow obvious versions, published values and simulated truth."""

import math

import numpy as np
import pytest
from helpers.networks import deterministic
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from scipy.special import expit

from skneuron.inspection._ablation._significance import (
    POWER,
    adjusted_p_values,
    bonett_price_interval,
    mcnemar_mid_p,
    mcnemar_min_detectable,
    paired_t_interval,
    paired_t_min_detectable,
    paired_t_p,
    verdicts,
)

counts = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=6)
levels = st.floats(1e-4, 0.6)
COLUMNS = {
    "n_fixed": [0, 9, 0, 3],
    "n_broken": [0, 0, 9, 3],
    "loss_importances": [0.0, -1.0, 1.0, 0.1],
    "loss_std": [0.0, 1.0, 1.0, 5.0],
}


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


def within_binomial_noise(n_hits, n_runs, level):
    """Whether hits are not more frequent than ``level``, but for luck of one in 1000."""
    return stats.binomtest(int(n_hits), n_runs, level, alternative="greater").pvalue > 0.001


# ---- McNemar's test


@deterministic(max_examples=100)
@given(counts)
def test_mid_p_is_that_of_the_loop(pairs):
    fixed, broken = np.array(pairs).T
    expected = [obvious_mid_p(*pair) for pair in pairs]
    assert_allclose(mcnemar_mid_p(fixed, broken), expected, rtol=1e-11)
    assert_array_equal(mcnemar_mid_p(broken, fixed), mcnemar_mid_p(fixed, broken))


# Examples of Fagerland, Lydersen and Laake (2013, 2014): airway hyper-responsiveness before and
# after stem cell transplantation; response before and after consolidation therapy. The values are
# those in their supplement, and in the tests of their R package contingencytables.
@pytest.mark.parametrize(
    ("fixed", "broken", "p_value"), [(7, 1, 0.0390625), (1, 7, 0.0390625), (16, 6, 0.034690)]
)
def test_mid_p_as_published(fixed, broken, p_value):
    assert_allclose(mcnemar_mid_p([fixed], [broken]), [p_value], atol=5e-7)


def test_interval_as_published():
    interval = bonett_price_interval([16], [6], 161, 0.05)
    assert_allclose(interval, [[-0.1195, -0.0032]], atol=5e-5)


def test_mid_p_of_few_and_of_very_many_rows():
    assert_array_equal(mcnemar_mid_p([0], [0]), [1.0])
    assert_allclose(mcnemar_mid_p([0, 1, 0], [1, 1, 5]), [0.5, 0.75, 1 / 32])
    tiny = mcnemar_mid_p([0, 10_000], [1000, 20_000])
    assert_allclose(tiny[0], 2.0**-1000, rtol=1e-9)
    assert 0 < mcnemar_mid_p([1000], [2000])[0] < 1e-70
    # The normal approximation is good to 1 % here.
    assert_allclose(mcnemar_mid_p([4900], [5100]), 2 * stats.norm.sf(2.0), rtol=0.01)


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
    found = [m for m in (fewest, fewest + 1) if mcnemar_mid_p(0, m) <= alpha]
    assert_allclose(stats.binom.sf(found[0] - 1, 1000, effect), POWER)


def test_min_detectable_of_neurons_that_changed_nothing():
    none, few = mcnemar_min_detectable([0, 2], [0, 2], 10_000, 0.05)
    assert none == few
    assert_allclose(none * 10_000, 6.72, atol=0.01)
    # Such an effect changes 5 rows or more in 80 % of all samples, and 5 are significant.
    broken = np.random.default_rng(0).binomial(10_000, none, 40_000)
    assert_allclose((mcnemar_mid_p(0, broken) <= 0.05).mean(), 0.8, atol=0.01)


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


# ---- adjustment


@deterministic(max_examples=60)
@given(
    st.lists(st.one_of(st.just(math.nan), st.floats(0, 1)), max_size=8),
    st.sampled_from(["bh", "by"]),
)
def test_adjustment_is_that_of_the_loop(p_values, method):
    known = sorted(p for p in p_values if not math.isnan(p))
    factor = sum(1 / i for i in range(1, len(known) + 1)) if method == "by" else 1.0
    expected = []
    for p in p_values:
        candidates = [
            factor * other * len(known) / rank
            for rank, other in enumerate(known, start=1)
            if other >= p
        ]
        expected.append(math.nan if math.isnan(p) else min(1.0, *candidates, 1.0))
    adjusted = adjusted_p_values(p_values, method)
    assert_allclose(adjusted, expected, rtol=1e-12, atol=1e-300)
    kept = ~np.isnan(adjusted)
    if known:
        scipys = stats.false_discovery_control(np.array(p_values)[kept], method=method)
        assert_array_equal(adjusted[kept], scipys)


def test_without_adjustment_nothing_changes():
    p_values = np.array([0.01, np.nan, 1.0])
    adjusted = adjusted_p_values(p_values, "none")
    assert_array_equal(adjusted, p_values)
    assert adjusted is not p_values


# ---- verdicts


@pytest.mark.parametrize("test", ["mcnemar", "loss"])
def test_verdicts(test):
    result = verdicts(n_samples=100, test=test, **COLUMNS)
    assert result.verdict.tolist() == ["undecided", "rotten", "useful", "undecided"]
    assert (result.alpha, result.method, result.test) == (0.05, "bh", test)
    assert_array_equal(np.sign(result.effects), [0, -1, 1, 0 if test == "mcnemar" else 1])
    assert_array_equal(result.q_values, adjusted_p_values(result.p_values, "bh"))
    if test == "mcnemar":
        arguments = np.array(COLUMNS["n_fixed"]), np.array(COLUMNS["n_broken"])
        assert_array_equal(result.effects, (arguments[1] - arguments[0]) / 100)
        assert_array_equal(result.p_values, mcnemar_mid_p(*arguments))
        interval = bonett_price_interval(*arguments, 100, 0.05)
        detectable = mcnemar_min_detectable(*arguments, 100, 0.05)
    else:
        arguments = COLUMNS["loss_importances"], COLUMNS["loss_std"]
        assert_array_equal(result.effects, arguments[0])
        assert_array_equal(result.p_values, paired_t_p(*arguments, 100))
        interval = paired_t_interval(*arguments, 100, 0.05)
        detectable = paired_t_min_detectable(arguments[1], 100, 0.05)
    assert_array_equal(result.confidence_intervals, interval)
    assert_array_equal(result.min_detectable, detectable)


@deterministic(max_examples=60)
@given(counts, levels, st.sampled_from(["bh", "by", "none", None]))
def test_verdicts_follow_from_q_values_and_signs(pairs, alpha, method):
    fixed, broken = np.array(pairs).T
    result = verdicts(n_samples=200, n_fixed=fixed, n_broken=broken, alpha=alpha, method=method)
    for verdict, q, effect in zip(result.verdict, result.q_values, result.effects, strict=True):
        if q <= alpha and effect:
            assert verdict == ("useful" if effect > 0 else "rotten")
        else:
            assert verdict == "undecided"
    assert result.method == ("none" if method is None else method)
    mirrored = verdicts(n_samples=200, n_fixed=broken, n_broken=fixed, alpha=alpha, method=method)
    swapped = {"useful": "rotten", "rotten": "useful", "undecided": "undecided"}
    assert [swapped[verdict] for verdict in mirrored.verdict] == result.verdict.tolist()


@deterministic(max_examples=40)
@given(counts, levels)
def test_adjustments_are_ever_more_cautious(pairs, alpha):
    fixed, broken = np.array(pairs).T
    none, bh, by = (
        verdicts(n_samples=200, n_fixed=fixed, n_broken=broken, alpha=alpha, method=method)
        for method in ("none", "bh", "by")
    )
    assert (none.q_values <= bh.q_values * (1 + 1e-12)).all()
    assert (bh.q_values <= by.q_values * (1 + 1e-12)).all()


@pytest.mark.parametrize(
    ("test", "n_samples"), [("mcnemar", 9), ("mcnemar", 100), ("loss", 1), ("loss", 100)]
)
def test_neurons_that_were_not_analysed_stay_undecided(test, n_samples):
    some = {name: [*values, np.nan] for name, values in COLUMNS.items()}
    result = verdicts(n_samples=n_samples, test=test, **some)
    without = verdicts(n_samples=n_samples, test=test, **COLUMNS)
    assert result.verdict[-1] == "undecided"
    for name in ("p_values", "q_values", "effects", "confidence_intervals", "min_detectable"):
        assert np.isnan(result[name][-1]).all()
        assert_array_equal(result[name][:-1], without[name])


@pytest.mark.parametrize("test", ["mcnemar", "loss"])
@pytest.mark.parametrize("method", ["bh", "none"])
def test_no_neurons_at_all(test, method):
    result = verdicts(n_samples=5, test=test, method=method, **dict.fromkeys(COLUMNS, ()))
    assert result.verdict.shape == result.q_values.shape == result.min_detectable.shape == (0,)
    assert result.confidence_intervals.shape == (0, 2)


def test_infinite_losses_are_undecided():
    infinite = {"loss_importances": [np.inf, -np.inf], "loss_std": [np.nan, np.inf]}
    result = verdicts(n_samples=5, test="loss", **infinite)
    assert result.verdict.tolist() == ["undecided"] * 2


def test_effects_are_not_the_callers_array():
    given_effects = np.array([0.5])
    result = verdicts(n_samples=5, test="loss", loss_importances=given_effects, loss_std=[1.0])
    assert not np.shares_memory(result.effects, given_effects)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        *[({"alpha": a}, f"alpha={a!r} must be a number") for a in (0, 1, -0.1, math.nan, "0.05")],
        ({"method": "bonferroni"}, r"method='bonferroni' is unknown; use one of \['bh', 'by'"),
        ({"method": 3}, "method=3 is unknown"),
        ({"test": "t"}, r"test='t' is unknown; use one of \['loss', 'mcnemar'\]"),
        ({"test": None}, "test=None is unknown"),
        *[({"n_samples": n}, f"n_samples={n!r} must be an int") for n in (0, -1, 2.5, None)],
        ({"n_broken": None}, r"test='mcnemar' needs n_fixed and n_broken; .*\['n_broken'\]"),
        ({"test": "loss", "loss_std": None}, r"test='loss' needs .* missing: \['loss_std'\]"),
        ({"n_fixed": [1]}, r"got shapes \{'n_fixed': \(1,\), 'n_broken': \(4,\)\}"),
        ({"n_fixed": 1, "n_broken": 1}, r"one number for each neuron; got shapes"),
    ],
)
def test_errors_name_the_parameter(changed, message):
    with pytest.raises(ValueError, match=message):
        verdicts(**{"n_samples": 100, **COLUMNS, **changed})


# ---- calibration: where no neuron matters, verdicts are errors


def fixed_and_broken(rng, n, n_hidden, n_classes):
    """Of the neurons of a random network, on labels that have nothing to do with the inputs."""
    A = np.maximum(rng.normal(size=(n, 5)) @ rng.normal(size=(5, n_hidden)), 0)
    W = rng.normal(size=(n_hidden, n_classes))
    logits = A @ W
    without = logits - A.T[:, :, np.newaxis] * W[:, np.newaxis, :]
    y = rng.integers(n_classes, size=n)
    right_before, right_after = logits.argmax(axis=1) == y, without.argmax(axis=2) == y
    return (right_after & ~right_before).sum(axis=1), (right_before & ~right_after).sum(axis=1)


@pytest.mark.parametrize("n_classes", [2, 5])
def test_without_effects_verdicts_are_rare_if_adjusted(n_classes):
    n, n_runs, alpha = 300, 400, 0.05
    rng = np.random.default_rng(n_classes)
    any_rotten, any_verdict = (dict.fromkeys(("bh", "by", "none"), 0) for _ in range(2))
    for _ in range(n_runs):
        fixed, broken = fixed_and_broken(rng, n, 20, n_classes)
        for method in any_rotten:
            verdict = verdicts(
                n_samples=n, n_fixed=fixed, n_broken=broken, alpha=alpha, method=method
            ).verdict
            any_rotten[method] += "rotten" in verdict
            any_verdict[method] += (verdict != "undecided").any()
    for method in ("bh", "by"):
        assert within_binomial_noise(any_rotten[method], n_runs, alpha)
        assert within_binomial_noise(any_verdict[method], n_runs, alpha)
    # The same simulation must be able to show an error.
    assert any_rotten["none"] > 3 * alpha * n_runs
    assert not within_binomial_noise(any_rotten["none"], n_runs, alpha)


def test_mid_p_test_errs_as_often_as_it_says():
    rng = np.random.default_rng(0)
    total = rng.binomial(400, 0.1, 50_000)
    fixed = rng.binomial(total, 0.5)
    for alpha in (0.01, 0.05, 0.2):
        wrong = mcnemar_mid_p(fixed, total - fixed) <= alpha
        assert 0.8 * alpha < wrong.mean() < 1.1 * alpha


def test_loss_test_errs_as_often_as_it_says():
    # Of two classes, the label decides whether a neuron's removal lowers or raises a row's loss.
    # Labels are drawn such that the expected change is 0 in every row, though not by its kind.
    n, n_runs = 300, 20_000
    rng = np.random.default_rng(0)
    before = rng.normal(size=n)
    after = before + 0.5 * rng.normal(size=n)
    if_1 = np.log(expit(before)) - np.log(expit(after))
    if_0 = np.log(expit(-before)) - np.log(expit(-after))
    assert (if_1 * if_0 < 0).all()
    is_1 = rng.random((n_runs, n)) < if_0 / (if_0 - if_1)
    changes = np.where(is_1, if_1, if_0)
    p_values = paired_t_p(changes.mean(axis=1), changes.std(axis=1), n)
    for alpha in (0.01, 0.05, 0.2):
        wrong = (p_values <= alpha).mean()
        assert_allclose(wrong, alpha, atol=4 * np.sqrt(alpha / n_runs) + 0.05 * alpha)
