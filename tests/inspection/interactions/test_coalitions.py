"""Tests of inspection._interactions._coalitions: every score on the way, against the oracle."""

import numpy as np
import pytest
from helpers.coalitions import Brute, default_scoring, game_of, mean_of_predictions
from helpers.networks import (
    KINDS,
    SINGLE_LABEL,
    cases,
    deterministic,
    make,
)
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.inspection._interactions import _coalitions
from skneuron.inspection._scoring import _blocks, _wanted_sums

pytestmark = pytest.mark.usefixtures("compiled")


def random_permutations(n_players, n=6, seed=0):
    rng = np.random.default_rng(seed)
    return np.array([rng.permutation(n_players) for _ in range(n)])


@deterministic(max_examples=100)
@given(
    cases([*KINDS, "single class"]),
    st.sampled_from(["zero", "mean"]),
    st.booleans(),
    st.sampled_from([None, 0, -1]),
)
def test_every_step_is_the_oracles(case, replacement, weighted, layers):
    weight = np.random.default_rng(1).random(len(case.y)) if weighted else None
    options = {"replacement": replacement, "weight": weight}
    brute = Brute(
        case,
        "r2" if case.y.dtype.kind == "f" else "accuracy",
        layers=None if layers is None else [layers % len(case.net.sizes)],
        **options,
    )
    game = game_of(case, layers=layers, **options)
    permutations = random_permutations(len(brute.players))
    paths = game.paths(permutations, 0.0)
    expected = [brute.path(permutation) for permutation in permutations]
    assert_allclose(paths, expected, rtol=1e-9, atol=1e-12)
    assert_array_equal(paths[:, 0], game.baseline_score)
    assert_array_equal(paths[:, -1], game.empty_score)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("layers", [None, [1], [0, 1]])
@pytest.mark.parametrize(
    ("kind", "scoring", "is_summed"),
    [
        ("multiclass", "balanced_accuracy", True),
        ("binary", "balanced_accuracy", True),
        ("strings", "f1_macro", True),
        ("multiclass", "neg_log_loss", True),
        ("binary", "neg_log_loss", True),
        ("multiclass", "roc_auc_ovr", False),
        ("regression", "neg_mean_squared_error", True),
        ("poisson", "neg_mean_poisson_deviance", True),
        ("poisson", "r2", True),
        ("regression", "neg_mean_absolute_error", False),
        ("regression", mean_of_predictions, False),
    ],
)
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_every_kind_of_scoring(kind, scoring, is_summed, layers, weighted):
    # Without a whole layer all samples are ties: of sums that are exact, on every processor.
    has_ties = scoring == "roc_auc_ovr"
    case = make(kind, (3, 2, 3), "relu" if has_ties else "tanh", dyadic=has_ties)
    if scoring is mean_of_predictions and weighted:
        return
    weight = np.random.default_rng(0).random(len(case.y)) if weighted else None
    options = {"layers": layers, "weight": weight, "replacement": "mean"}
    brute, game = Brute(case, scoring, **options), game_of(case, scoring, **options)
    assert isinstance(game, _coalitions.SummedGame) == is_summed
    permutations = random_permutations(len(brute.players))
    expected = [brute.path(permutation) for permutation in permutations]
    assert_allclose(game.paths(permutations, 0.0), expected, rtol=1e-9, atol=1e-11)


@deterministic(max_examples=40)
@given(
    st.one_of(
        cases(SINGLE_LABEL, dyadic=True, activation=activation, dtype=np.float32)
        for activation in ("relu", "identity")
    ),
    st.sampled_from(["zero", "mean"]),
)
def test_ties_in_float32_are_the_oracles(case, replacement):
    brute = Brute(case, "accuracy", replacement=replacement)
    permutations = random_permutations(len(brute.players))
    paths = game_of(case, replacement=replacement).paths(permutations, 0.0)
    assert_allclose(paths, [brute.path(p) for p in permutations], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", ["multiclass", "regression", "multilabel"])
def test_float32(kind):
    case = make(kind, (4, 3), "tanh", n=200, dtype=np.float32)
    brute = Brute(case, default_scoring(kind))
    permutations = random_permutations(7)
    paths = game_of(case).paths(permutations, 0.0)
    assert_allclose(paths, [brute.path(p) for p in permutations], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss", "balanced_accuracy"])
def test_several_blocks_of_rows_and_passes(scoring, monkeypatch):
    case = make("multiclass", (3, 2), "tanh", n=600)
    permutations = random_permutations(5, 9)
    weight = np.random.default_rng(0).random(600)
    expected = game_of(case, scoring, weight=weight).paths(permutations, 0.0)
    monkeypatch.setattr(_blocks, "BLOCK_BYTES", 1)
    in_blocks = game_of(case, scoring, weight=weight).paths(permutations, 0.0)
    assert_allclose(in_blocks, expected, rtol=1e-13)
    monkeypatch.setattr(_coalitions, "SUMS_BYTES", 2000)
    in_passes = game_of(case, scoring, weight=weight).paths(permutations, 0.0)
    assert_array_equal(in_passes, in_blocks)


def test_scorers_are_called_on_predictions_if_confusion_matrices_do_not_fit(monkeypatch):
    case, permutations = make("multiclass", (3, 2)), random_permutations(5)
    expected = game_of(case, "balanced_accuracy").paths(permutations, 0.0)
    monkeypatch.setattr(_wanted_sums, "CONFUSION_BYTES", 1)
    game = game_of(case, "balanced_accuracy")
    assert isinstance(game, _coalitions.CalledGame)
    assert_allclose(game.paths(permutations, 0.0), expected, rtol=1e-12)


@pytest.mark.parametrize("cache", [0, 2**20])
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_called_scorers_with_and_without_kept_activations(cache, n_jobs, monkeypatch):
    case, permutations = make("regression", (3, 2), "tanh"), random_permutations(5)
    monkeypatch.setattr(_coalitions, "COALITIONS_CACHE_BYTES", cache)
    brute = Brute(case, "neg_mean_absolute_error")
    paths = game_of(case, "neg_mean_absolute_error", n_jobs=n_jobs).paths(permutations, 0.0)
    assert_allclose(paths, [brute.path(p) for p in permutations], rtol=1e-11)
