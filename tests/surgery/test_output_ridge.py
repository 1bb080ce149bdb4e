"""Least squares pulled towards the present weights, against solves of stacked equations."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skneuron.surgery import _network
from skneuron.surgery._output_ridge import Moments, OutputRidge

ALL = np.arange(50)


def problem(n_outputs=3, *, dtype=np.float64, n=50, seed=0):
    rng = np.random.default_rng(seed)
    activations = np.maximum(rng.normal(size=(n, 6)) @ rng.normal(size=(6, 6)) + 3, 0)
    targets = rng.random((n, n_outputs))
    return activations.astype(dtype), targets, rng.random(n) + 0.2, rng.normal(size=(6, n_outputs))


def solved(activations, targets, weights, start, penalty):
    """The minimum by `lstsq`: a row for every sample, and one for every weight that is pulled."""
    shares = weights / weights.sum()
    spread = activations - shares @ activations
    unit = (shares @ spread**2).mean()
    n_neurons = activations.shape[1]
    root, pull = np.sqrt(shares)[:, None], np.sqrt(penalty * unit)
    left = np.vstack(
        [
            np.hstack([activations, np.ones((len(targets), 1))]) * root,
            np.hstack([np.eye(n_neurons), np.zeros((n_neurons, 1))]) * pull,
        ]
    )
    right = np.vstack([targets * root, start * pull])
    solution = np.linalg.lstsq(left, right, rcond=None)[0]
    return solution[:-1], solution[-1]


def best_scale(activations, targets, weights, coef):
    """By which the outputs of ``coef`` fit the targets best, by least squares with intercepts."""
    outputs = activations @ coef
    n_outputs = outputs.shape[1]
    columns = [np.repeat(np.eye(n_outputs), len(outputs), axis=0), outputs.T.reshape(-1, 1)]
    root = np.sqrt(np.tile(weights, n_outputs))
    left, right = np.hstack(columns) * root[:, None], targets.T.ravel() * root
    return np.linalg.lstsq(left, right, rcond=None)[0][-1]


def test_moments_are_weighted_means_and_covariances():
    activations, targets, weights, _ = problem()
    moments = Moments.of(activations, targets, weights, ALL)
    expected = np.cov(activations.T, targets.T, aweights=weights, ddof=0)
    assert_allclose(moments.mean, np.average(activations, axis=0, weights=weights))
    assert_allclose(moments.target_mean, np.average(targets, axis=0, weights=weights))
    assert_allclose(moments.covariance, expected[:6, :6], atol=1e-14)
    assert_allclose(moments.cross_covariance, expected[:6, 6:], atol=1e-14)


def test_moments_are_of_some_rows_which_may_come_again():
    activations, targets, _, _ = problem()
    rows = np.array([3, 8, 8, 8, 20, 41, 41])
    found = Moments.of(activations, targets, np.ones(50), rows)
    once, counts = np.unique(rows, return_counts=True)
    weights = np.zeros(50)
    weights[once] = 2.5 * counts
    for one, other in zip(found, Moments.of(activations, targets, weights, once), strict=True):
        assert_allclose(one, other, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_moments_add_up_over_blocks_in_float64(monkeypatch, dtype):
    activations, targets, weights, _ = problem(dtype=dtype)
    whole = Moments.of(activations, targets, weights, ALL)
    monkeypatch.setattr(_network, "BLOCK_ROWS", 7)
    for one, other in zip(Moments.of(activations, targets, weights, ALL), whole, strict=True):
        assert one.dtype == np.float64
        assert_allclose(one, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("penalty", [1e-4, 0.1, 1.0, 1000.0])
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_solutions_are_those_of_the_stacked_equations(n_outputs, penalty):
    activations, targets, weights, coef = problem(n_outputs)
    ridge = OutputRidge.of(Moments.of(activations, targets, weights, ALL), coef, one_scale=False)
    scales = [
        max(best_scale(activations, targets[:, [k]], weights, coef[:, [k]]), 0)
        for k in range(n_outputs)
    ]
    assert_allclose(ridge.start, coef * scales, rtol=1e-9, atol=1e-12)
    expected = solved(activations, targets, weights, ridge.start, penalty)
    for one, other in zip(ridge.solution(penalty), expected, strict=True):
        assert_allclose(one, other, rtol=1e-8, atol=1e-10)


def test_softmax_outputs_share_one_scale_of_their_differences():
    activations, _, weights, coef = problem()
    targets = np.eye(3)[(activations @ coef).argmax(axis=1)]
    differences = coef - coef.mean(axis=1, keepdims=True)
    moments = Moments.of(activations, targets, weights, ALL)
    ridge = OutputRidge.of(moments, coef, one_scale=True)
    scale = best_scale(activations, targets, weights, differences)
    assert scale > 0
    assert_allclose(ridge.start, scale * differences, rtol=1e-9)
    shifted = OutputRidge.of(moments, coef + np.arange(6)[:, None], one_scale=True)
    assert_allclose(shifted.start, ridge.start, rtol=1e-9, atol=1e-12)


def test_outputs_that_run_against_the_targets_or_say_nothing_are_no_start():
    activations, _, weights, coef = problem()
    coef[:, 1] = 0
    targets = activations @ coef * [-1, 1, 2]
    targets[:, 1] = activations[:, 0]
    ridge = OutputRidge.of(Moments.of(activations, targets, weights, ALL), coef, one_scale=False)
    assert_allclose(ridge.start, coef * [0, 0, 2], atol=1e-9)


def test_a_strong_pull_leaves_the_start_and_a_weak_one_least_squares():
    activations, targets, weights, coef = problem()
    ridge = OutputRidge.of(Moments.of(activations, targets, weights, ALL), coef, one_scale=False)
    assert_allclose(ridge.solution(1e12)[0], ridge.start, rtol=1e-9, atol=1e-12)
    coef, intercept = ridge.solution(1e-14)
    expected = solved(activations, targets, weights, coef * 0, 0.0)
    assert_allclose(coef, expected[0], rtol=1e-6, atol=1e-8)
    assert_allclose(intercept, expected[1], rtol=1e-6, atol=1e-8)


def test_the_scale_of_activations_does_not_matter():
    activations, targets, weights, coef = problem()
    ridges = [
        OutputRidge.of(
            Moments.of(activations * by, targets, weights, ALL), coef / by, one_scale=True
        )
        for by in (1.0, 1000.0)
    ]
    outputs = [
        activations * by @ coef + intercept
        for by, (coef, intercept) in zip(
            (1.0, 1000.0), (ridge.solution(0.3) for ridge in ridges), strict=True
        )
    ]
    assert_allclose(*outputs, rtol=1e-9)


def test_dead_and_copied_neurons_do_no_harm():
    activations, targets, weights, coef = problem()
    activations[:, 2] = 0
    activations[:, 4] = activations[:, 1]
    ridge = OutputRidge.of(Moments.of(activations, targets, weights, ALL), coef, one_scale=True)
    for penalty in (1e-4, 1.0):
        expected = solved(activations, targets, weights, ridge.start, penalty)
        assert_allclose(ridge.solution(penalty)[0], expected[0], rtol=1e-6, atol=1e-9)


def test_a_layer_that_is_dead_gives_the_means():
    _, targets, weights, coef = problem()
    moments = Moments.of(np.zeros((50, 6)), targets, weights, ALL)
    coef, intercept = OutputRidge.of(moments, coef, one_scale=True).solution(1.0)
    assert not coef.any()
    assert_allclose(intercept, np.average(targets, axis=0, weights=weights))
