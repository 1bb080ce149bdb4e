"""Which refit is taken, against cross-validation in the slowest way, by scikit-learn's Ridge."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import Ridge

from skneuron.surgery import _network
from skneuron.surgery._output_choice import OutputTask, Split, best_candidate, chosen_outputs
from skneuron.surgery._output_kinds import OUTPUT_KINDS

PENALTIES = [1000.0, 10.0, 1.0, 0.1, 0.01]
N = 300


def task(kind, *, seed=0, noise=1.0):
    """Outputs that are there and those that would be right, with noise in the targets."""
    rng = np.random.default_rng(seed)
    activations = np.maximum(rng.normal(size=(N, 8)), 0)
    right, coef = rng.normal(size=(8, 3)), rng.normal(size=(8, 3))
    outputs = activations @ right + noise * rng.normal(size=(N, 3))
    outputs -= np.median(outputs, axis=0)
    targets = {
        "softmax": lambda: np.eye(3)[outputs.argmax(axis=1)],
        "logistic": lambda: (outputs > 0).astype(float),
        "identity": lambda: outputs,
    }[kind]()
    weights = rng.random(N) + 0.1
    intercept = rng.normal(size=3)
    return OutputTask(activations, targets, weights, OUTPUT_KINDS[kind]), coef, intercept


def folds(n_folds=4, n=N):
    fold = np.arange(n) % n_folds
    return [Split(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(n_folds)]


def fitted(problem, coef, rows, penalty):
    """Weights and intercepts by scikit-learn, pulled towards scaled ``coef``."""
    H, Y, w = problem.activations[rows], problem.targets[rows], problem.weights[rows]
    kind = problem.kind
    if kind.one_scale:
        coef = coef - coef.mean(axis=1, keepdims=True)
    Z = H @ coef
    Zc, Yc = Z - np.average(Z, axis=0, weights=w), Y - np.average(Y, axis=0, weights=w)
    if kind.one_scale:
        scale = np.full(3, (w @ (Zc * Yc)).sum() / (w @ Zc**2).sum())
    else:
        scale = (w @ (Zc * Yc)) / (w @ Zc**2)
    scale = np.maximum(scale, 0)
    unit = np.average((H - np.average(H, axis=0, weights=w)) ** 2, axis=0, weights=w).mean()
    ridge = Ridge(alpha=penalty * unit * w.sum()).fit(H, Y - Z * scale, sample_weight=w)
    return ridge.coef_.T + coef * scale, ridge.intercept_ - kind.edge


def score(problem, rows, coef, intercept):
    outputs, targets = problem.activations[rows] @ coef + intercept, problem.targets[rows]
    if problem.kind is OUTPUT_KINDS["identity"]:
        w, everything = problem.weights, problem.targets
        spread = np.average(
            (everything - np.average(everything, axis=0, weights=w)) ** 2, axis=0, weights=w
        )
        return 1 - ((outputs - targets) ** 2 / spread).mean(axis=1)
    if problem.kind is OUTPUT_KINDS["softmax"]:
        return (outputs.argmax(axis=1) == targets.argmax(axis=1)).astype(float)
    return ((outputs > 0) == targets).all(axis=1).astype(float)


@pytest.mark.parametrize("kind", OUTPUT_KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_the_choice_is_that_of_slow_cross_validation(kind, seed):
    problem, coef, intercept = task(kind, seed=seed)
    means = []
    for penalty in PENALTIES:
        scores = np.zeros(N)
        for fit, held_out in folds():
            scores[held_out] = score(problem, held_out, *fitted(problem, coef, fit, penalty))
        means.append(np.average(scores, weights=problem.weights))
    before = np.average(score(problem, np.arange(N), coef, intercept), weights=problem.weights)
    assert max(means) > before + 0.1
    chosen = chosen_outputs(problem, coef, intercept, folds(), PENALTIES)
    assert chosen.penalty == PENALTIES[int(np.argmax(means))]
    expected, expected_intercept = fitted(problem, coef, np.arange(N), chosen.penalty)
    slopes = chosen.coef[0] / expected[0]
    if kind == "identity":
        assert_allclose(slopes, 1)
    assert (slopes > 0).all()
    assert_allclose(chosen.coef, expected * slopes, rtol=1e-7, atol=1e-9)
    assert_allclose(chosen.intercept, expected_intercept * slopes, rtol=1e-7, atol=1e-9)


def test_probabilities_are_as_sure_as_the_labels_are():
    problem, coef, intercept = task("softmax", noise=3.0)
    chosen = chosen_outputs(problem, coef, intercept, folds(), PENALTIES)
    outputs = problem.activations @ chosen.coef + chosen.intercept
    right = problem.targets.argmax(axis=1) == outputs.argmax(axis=1)
    exp = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    sure = (exp / exp.sum(axis=1, keepdims=True)).max(axis=1)
    # What they say of themselves comes from folds, where they are right a little less often.
    assert abs(sure.mean() - right.mean()) < 0.08
    assert 0.4 < right.mean() < 0.8


@pytest.mark.parametrize("kind", OUTPUT_KINDS)
def test_nothing_changes_where_the_targets_are_noise(kind):
    # Here no refit is better by more than luck, which one standard error keeps out most times.
    unchanged = 0
    for seed in range(20):
        problem, coef, _ = task(kind, seed=seed)
        noise = np.random.default_rng(seed).permutation(problem.targets)
        problem = OutputTask(problem.activations, noise, problem.weights, problem.kind)
        intercept = np.average(noise, axis=0, weights=problem.weights) - problem.kind.edge
        chosen = chosen_outputs(problem, 0 * coef, intercept, folds(), PENALTIES)
        if chosen.penalty == np.inf:
            unchanged += 1
            np.testing.assert_array_equal(chosen.coef, 0 * coef)
            np.testing.assert_array_equal(chosen.intercept, intercept)
    assert unchanged >= 13


def test_what_is_right_already_stays():
    problem, _, _ = task("softmax", noise=0.0)
    full = chosen_outputs(problem, np.zeros((8, 3)), np.zeros(3), folds(), [1e-6])
    outputs = problem.activations @ full.coef + full.intercept
    problem = OutputTask(
        problem.activations, np.eye(3)[outputs.argmax(axis=1)], problem.weights, problem.kind
    )
    assert chosen_outputs(problem, full.coef, full.intercept, folds(), PENALTIES).penalty == np.inf


@pytest.mark.parametrize("kind", OUTPUT_KINDS)
def test_samples_in_blocks_and_float32(monkeypatch, kind):
    problem, coef, intercept = task(kind)
    single = OutputTask(
        problem.activations.astype(np.float32), problem.targets, problem.weights, problem.kind
    )
    expected = chosen_outputs(problem, coef, intercept, folds(), PENALTIES)
    monkeypatch.setattr(_network, "BLOCK_ROWS", 7)
    in_blocks = chosen_outputs(problem, coef, intercept, folds(), PENALTIES)
    in_single = chosen_outputs(single, coef.astype(np.float32), intercept, folds(), PENALTIES)
    for found, tolerance in ((in_blocks, 1e-6), (in_single, 1e-4)):
        assert found.penalty == expected.penalty
        assert_allclose(found.coef, expected.coef, rtol=tolerance, atol=tolerance)
        assert found.coef.dtype == np.float64


def test_weights_are_repeated_samples():
    problem, coef, intercept = task("softmax")
    counts = np.random.default_rng(0).integers(0, 4, N)
    rows = np.repeat(np.arange(N), counts)
    weighted = OutputTask(problem.activations, problem.targets, counts.astype(float), problem.kind)
    repeated = OutputTask(
        problem.activations[rows], problem.targets[rows], np.ones(len(rows)), problem.kind
    )
    fold = np.arange(N) % 4
    of_repeated = [
        Split(np.flatnonzero(fold[rows] != k), np.flatnonzero(fold[rows] == k)) for k in range(4)
    ]
    found = chosen_outputs(weighted, coef, intercept, folds(), PENALTIES)
    expected = chosen_outputs(repeated, coef, intercept, of_repeated, PENALTIES)
    assert found.penalty == expected.penalty < np.inf
    assert_allclose(found.coef, expected.coef, rtol=1e-6, atol=1e-9)
    assert_allclose(found.intercept, expected.intercept, rtol=1e-6, atol=1e-9)


def test_samples_that_no_split_scores_are_fitted_to_all_the_same():
    problem, coef, intercept = task("identity")
    first = [Split(np.arange(100, 200), np.arange(100))]
    chosen = chosen_outputs(problem, coef, intercept, first, [0.1])
    expected = fitted(problem, coef, np.arange(N), 0.1)
    assert_allclose(chosen.coef, expected[0], rtol=1e-7, atol=1e-9)


# ---- the rule

ONES = np.ones(100)


def columns(*n_right):
    """Candidates that are right about the first so many of 100 samples."""
    return np.stack([(np.arange(100) < n).astype(float) for n in n_right], axis=1)


@pytest.mark.parametrize(
    ("n_right", "best"),
    [
        ((50, 50, 50), 0),
        ((50, 49, 40), 0),
        ((50, 60, 55), 1),
        ((50, 60, 60), 1),
        ((50, 55, 60), 2),
        # One sample of 100 gained: 0.01, and a standard error of 0.01.
        ((50, 51), 0),
        ((50, 52), 1),
        ((0, 100), 1),
    ],
)
def test_the_best_wins_and_the_smallest_change_among_equal_ones(n_right, best):
    assert best_candidate(columns(*n_right), ONES) == best


def test_a_gain_has_to_stand_out_from_what_changes():
    # 12 samples become right, 10 wrong: two gained, with a standard error of 4.7.
    scores = np.stack(
        [np.arange(100) < 50, (np.arange(100) >= 10) & (np.arange(100) < 62)], axis=1
    )
    assert best_candidate(scores.astype(float), ONES) == 0
    scores[:10, 1] = True
    assert best_candidate(scores.astype(float), ONES) == 1


def test_weights_count_in_means_and_errors():
    # A sample gained and four lost.
    scores = np.zeros((100, 2))
    scores[0, 1] = scores[1:5, 0] = 1.0
    assert best_candidate(scores, ONES) == 0
    heavy = np.where(np.arange(100) == 0, 10.0, 1.0)
    assert heavy @ (scores[:, 1] - scores[:, 0]) == 6  # with a standard error of 10
    assert best_candidate(scores, heavy) == 0
    # Ten samples of weight 1 are more evidence than one of weight 10: the error is 3.7.
    scores[5:14, 1] = 1.0
    assert best_candidate(scores, ONES) == 1
    assert best_candidate(scores, ONES * 7) == 1


def test_samples_without_weight_do_not_count():
    scores = columns(50, 51)
    assert best_candidate(scores, ONES) == 0
    twice = np.vstack([scores, np.tile([[0.0, 1.0]], (50, 1))])
    assert best_candidate(twice, np.r_[ONES, np.zeros(50)]) == 0
    assert best_candidate(twice, np.ones(150)) == 1
