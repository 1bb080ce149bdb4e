"""What outputs mean: scores as estimators give them, and the scale of log-odds."""

import numpy as np
import pytest
from helpers.networks import KINDS, make
from numpy.testing import assert_allclose
from sklearn.metrics import log_loss

from skneuron.surgery._output_kinds import (
    OUTPUT_KINDS,
    SLOPES,
    best_slope,
    logistic_losses,
    softmax_losses,
)
from skneuron.utils import output_targets

SQUARES = [kind for kind in KINDS if kind != "poisson"]


def outputs_of(case):
    net = case.net
    hidden = np.maximum(case.X @ net.coefs[0] + net.intercepts[0], 0)
    return hidden @ net.coefs[1] + net.intercepts[1]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", SQUARES)
def test_mean_scores_are_those_of_the_estimator(kind, seed):
    case = make(kind, seed=seed)
    weights = np.random.default_rng(seed).random(40)
    targets = output_targets(case.mlp, case.y)
    spreads = np.average(
        (targets - np.average(targets, axis=0, weights=weights)) ** 2, axis=0, weights=weights
    )
    scores = OUTPUT_KINDS[case.mlp.out_activation_].scores(outputs_of(case), targets, spreads)
    assert scores.shape == (40,)
    expected = case.mlp.score(case.X, case.y, sample_weight=weights)
    assert_allclose(np.average(scores, weights=weights), expected, rtol=1e-10)


def test_losses_are_scikit_learns():
    rng = np.random.default_rng(0)
    outputs, codes = 5 * rng.normal(size=(30, 4)), rng.integers(0, 4, 30)
    exp = np.exp(outputs)
    expected = log_loss(codes, exp / exp.sum(axis=1, keepdims=True), labels=range(4))
    assert_allclose(softmax_losses(outputs, np.eye(4)[codes]).mean(), expected)
    targets = rng.integers(0, 2, (30, 4)).astype(float)
    expected = sum(
        log_loss(target, 1 / (1 + np.exp(-output)), labels=[0, 1])
        for target, output in zip(targets.T, outputs.T, strict=True)
    )
    assert_allclose(logistic_losses(outputs, targets).mean(), expected)


@pytest.mark.parametrize("losses", [softmax_losses, logistic_losses])
def test_losses_do_not_overflow(losses):
    assert_allclose(losses(np.array([[1e5, -1e5]]), np.array([[1.0, 0.0]])), 0.0)
    assert_allclose(losses(np.array([[1e5, 0.0]]), np.array([[0.0, 0.0]]))[0], 1e5, rtol=1e-4)


@pytest.mark.parametrize("true_slope", [0.7, 4.0, 30.0])
def test_the_slope_that_made_the_labels_is_found(true_slope):
    rng = np.random.default_rng(1)
    outputs = rng.normal(size=(40_000, 1)) / true_slope
    targets = (rng.random((40_000, 1)) < 1 / (1 + np.exp(-true_slope * outputs))).astype(float)
    found = best_slope(logistic_losses, outputs, targets, np.ones(40_000))
    assert_allclose(found, true_slope, rtol=0.05)


@pytest.mark.parametrize("losses", [softmax_losses, logistic_losses])
def test_no_other_slope_has_a_lower_loss(losses):
    rng = np.random.default_rng(2)
    codes, weights = rng.integers(0, 3, 200), rng.random(200)
    targets = np.eye(3)[codes]
    outputs = 0.3 * targets + 0.2 * rng.normal(size=(200, 3))
    found = best_slope(losses, outputs, targets, weights)

    def loss(slope):
        return np.average(losses(slope * outputs, targets), weights=weights)

    grid = np.geomspace(*SLOPES, 2000)
    assert loss(found) <= min(map(loss, grid)) + 1e-9
    assert SLOPES[0] < found < SLOPES[1]


def test_slopes_stay_finite_where_everything_is_right_or_wrong():
    outputs, targets = np.array([[1.0], [-1.0]]), np.array([[1.0], [0.0]])
    right = best_slope(logistic_losses, outputs, targets, np.ones(2))
    wrong = best_slope(logistic_losses, -outputs, targets, np.ones(2))
    # The loss of what is right is 0 in float64 long before the end of the range.
    assert 20 < right <= SLOPES[1]
    assert_allclose(wrong, SLOPES[0], rtol=1e-3)


def test_softmax_has_one_slope_labels_have_their_own_and_numbers_none():
    rng = np.random.default_rng(3)
    targets = np.eye(3)[rng.integers(0, 3, 300)]
    outputs = (targets - 0.5) / [1, 2, 4] + 0.5 * rng.normal(size=(300, 3)) / [1, 2, 4]
    weights = rng.random(300)
    one = OUTPUT_KINDS["softmax"].slopes(outputs, targets, weights)
    assert one.tolist() == [one[0]] * 3
    assert one[0] == best_slope(softmax_losses, outputs, targets, weights)
    own = OUTPUT_KINDS["logistic"].slopes(outputs, targets, weights)
    for k in range(3):
        alone = best_slope(logistic_losses, outputs[:, [k]], targets[:, [k]], weights)
        assert own[k] == alone
    assert own[0] < own[1] < own[2]
    assert OUTPUT_KINDS["identity"].slopes(outputs, targets, weights).tolist() == [1, 1, 1]
