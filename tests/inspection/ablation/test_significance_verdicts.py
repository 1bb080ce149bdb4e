"""Tests of inspection._ablation._significance: verdicts on all neurons, and their calibration."""

import math

import numpy as np
import pytest
from helpers.networks import deterministic
from helpers.significance import counts, levels
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from scipy.special import expit

from skneuron.inspection._ablation._significance import (
    adjusted_p_values,
    bonett_price_interval,
    mcnemar_min_detectable,
    mcnemar_p_values,
    paired_t_interval,
    paired_t_min_detectable,
    paired_t_p,
    verdicts,
)

COLUMNS = {
    "n_fixed": [0, 9, 0, 3],
    "n_broken": [0, 0, 9, 3],
    "loss_importances": [0.0, -1.0, 1.0, 0.1],
    "loss_std": [0.0, 1.0, 1.0, 5.0],
}


def within_binomial_noise(n_hits, n_runs, level):
    """Whether hits are not more frequent than ``level``, but for luck of one in 1000."""
    return stats.binomtest(int(n_hits), n_runs, level, alternative="greater").pvalue > 0.001


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
        assert_array_equal(result.p_values, mcnemar_p_values(*arguments))
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
        ({"test": "t"}, r"test='t' is unknown; use one of \['loss', 'mcnemar', 'score'\]"),
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
        wrong = mcnemar_p_values(fixed, total - fixed) <= alpha
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
