"""Tests of inspection._interactions._pairs where one neuron drowns the others."""

import numpy as np
import pytest
from helpers.drowning import (
    DTYPES,
    FACTORS,
    drown,
    drowned_case,
    half_right,
    losses_of,
    options_of,
    removals,
    without,
)
from helpers.networks import make
from numpy.testing import assert_allclose
from sklearn.metrics import get_scorer

from skneuron import pairwise_ablation
from skneuron.inspection._interactions import _pairs

pytestmark = pytest.mark.usefixtures("compiled")

PLACES = [((5,), 0), ((4, 3), 0), ((4, 3), 1)]


def joint_scores(case, pairs):
    """Scores without each pair whose layers have others."""
    neurons = list(zip(pairs.layer.tolist(), pairs.index.tolist(), strict=True))
    for pair in removals(tuple(case.net.sizes), 2):
        if len(pair) == 2:
            a, b = map(neurons.index, pair)
            yield pair, pairs.baseline_score - pairs.joint_importances[a, b]


@pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])
@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_joint_scores_are_those_of_surgery(dtype, factor, replacement):
    for hidden, layer in PLACES:
        case = drowned_case(
            "multiclass", hidden, layer, factor, dtype, replacement=replacement, n=120,
            n_removed=2,
        )  # fmt: skip
        options = options_of(case, replacement)
        pairs = pairwise_ablation(case.mlp, case.X, case.y, **options)
        by_loss = pairwise_ablation(case.mlp, case.X, case.y, scoring="neg_log_loss", **options)
        losses = {tuple(pair): -score for pair, score in joint_scores(case, by_loss)}
        for pair, score in joint_scores(case, pairs):
            smaller = without(case, pair, replacement)
            assert_allclose(score, smaller.score(case.X, case.y))
            loss, rounding = (float(each.mean()) for each in losses_of(smaller, case.X, case.y))
            assert_allclose(losses[tuple(pair)], loss, rtol=1e-12, atol=rounding)


@pytest.mark.parametrize(
    ("kind", "scoring"), [("binary", "balanced_accuracy"), ("multilabel", "accuracy"),
                          ("binary", "roc_auc")],
)  # fmt: skip
@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_other_kinds_and_weights(dtype, factor, kind, scoring):
    for hidden, layer in PLACES:
        case = drowned_case(kind, hidden, layer, factor, dtype, n=120, n_removed=2)
        weight = np.random.default_rng(0).random(len(case.X)) + 0.1
        pairs = pairwise_ablation(case.mlp, case.X, case.y, scoring=scoring, sample_weight=weight)
        for pair, score in joint_scores(case, pairs):
            smaller = without(case, pair)
            expected = get_scorer(scoring)(smaller, case.X, case.y, sample_weight=weight)
            # Ranks of samples whose outputs are equal but for rounding.
            assert_allclose(score, expected, atol=1e-3 if scoring == "roc_auc" else 1e-12)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_regression(dtype, factor):
    for hidden, layer in PLACES:
        case = drowned_case("regression", hidden, layer, factor, dtype, n=120)
        pairs = pairwise_ablation(case.mlp, case.X, case.y)
        for pair, score in joint_scores(case, pairs):
            squares, rounding = losses_of(without(case, pair), case.X, case.y)
            variance = np.var(case.y)
            # A joint importance is the difference to a score that may be huge itself.
            lost = 8 * np.finfo(float).eps * abs(pairs.baseline_score)
            assert_allclose(
                1 - score, float(squares.mean() / variance),
                rtol=1e-9, atol=float(rounding.mean() / variance) + lost,
            )  # fmt: skip


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize(("hidden", "layer"), PLACES)
def test_outputs_that_overflow_are_an_error(kind, hidden, layer):
    case = make(kind, hidden, "relu", n=100, dtype=np.float32)
    case.X *= 30
    drown(case.mlp, layer, 3e37)
    case.y = half_right(without(case, [(layer, 1)]), case, 0)
    with pytest.raises(ValueError, match="computes numbers that are infinite or NaN"):
        pairwise_ablation(case.mlp, case.X, case.y, layers=layer)


def test_ordinary_pairs_are_not_scored_again(monkeypatch):
    monkeypatch.delattr(_pairs, "silence")
    for kind in ("multiclass", "regression", "multilabel"):
        case = make(kind, (8,), n=300, dtype=np.float32)
        pairwise_ablation(case.mlp, case.X, case.y)
