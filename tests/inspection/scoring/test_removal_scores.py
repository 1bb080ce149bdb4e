"""Tests of inspection._scoring._removal_scores: scores and columns of single removals."""

import numpy as np
import pytest
from helpers.evaluations import plain, removal_scores_of
from helpers.networks import SINGLE_LABEL, make
from numpy.testing import assert_array_equal
from sklearn.metrics import accuracy_score, make_scorer

from skneuron.surgery._network import Network
from skneuron.surgery._replacement import LayerReplacement

# ---- scores only


@pytest.mark.parametrize("scoring", [None, "accuracy", ["accuracy"]])
@pytest.mark.parametrize("kind", [*SINGLE_LABEL, "multilabel"])
def test_accuracy_alone_leaves_out_all_else(kind, scoring):
    case = make(kind, (4, 3))
    full, scores_only = (
        removal_scores_of(case, scoring=scoring, scores_only=scores_only)
        for scores_only in (False, True)
    )
    assert_array_equal(scores_only.scores, full.scores)
    assert scores_only.baseline_score == full.baseline_score
    assert {"n_fixed", "loss_importances"} <= full.columns.keys()
    assert full.facts.keys() >= {"n_samples", "default_test"}
    assert scores_only.columns == scores_only.facts == scores_only.in_words == {}
    assert scores_only.jackknife is None


@pytest.mark.parametrize("scoring", ["neg_log_loss", "f1_macro", ["accuracy", "neg_log_loss"]])
def test_scores_alone_have_what_they_need(scoring):
    case = make("multiclass", (4, 3))
    full, scores_only = (
        removal_scores_of(case, scoring=scoring, scores_only=scores_only)
        for scores_only in (False, True)
    )
    assert_array_equal(scores_only.scores, full.scores)


# ---- what effects say


@pytest.mark.parametrize(
    "scoring", ["balanced_accuracy", "roc_auc_ovr", lambda mlp, X, y: mlp.score(X, y), None]
)
def test_only_ablated_neurons_are_scored(scoring):
    case = make(hidden=(3, 2, 2), n=60)
    ablated = np.array([False] * 3 + [True, False] + [False, True])
    removal_scores = removal_scores_of(case, ablated, scoring=scoring)
    everything = removal_scores_of(case, scoring=scoring)
    assert_array_equal(np.isnan(removal_scores.scores), ~ablated)
    assert_array_equal(removal_scores.scores[ablated], everything.scores[ablated])
    for name, column in removal_scores.columns.items():
        assert_array_equal(column, everything.columns[name][ablated])


@pytest.mark.parametrize("scoring", [None, "roc_auc_ovr", plain("accuracy")])
def test_no_neurons_at_all_may_be_ablated(scoring):
    case = make(hidden=(3, 2), n=60)
    removal_scores = removal_scores_of(case, np.full(5, False), scoring=scoring)
    assert np.isnan(removal_scores.scores).all()
    assert removal_scores.baseline_score == removal_scores_of(case, scoring=scoring).baseline_score
    assert {len(column) for column in removal_scores.columns.values()} == {0}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("kind", "scoring"),
    [
        ("regression", "r2"), ("regression", "neg_mean_absolute_error"),
        ("binary", "neg_log_loss"), ("binary", "roc_auc"), ("multiclass", "neg_log_loss"),
        ("multilabel", "roc_auc"), ("poisson", "neg_mean_poisson_deviance"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("seed", range(3))
def test_neurons_without_effect_have_importance_zero_exactly(kind, scoring, dtype, seed):
    case = make(kind, (30, 20), "tanh", n=60, n_features=20, dtype=dtype, seed=seed)
    case.mlp.coefs_[1][4] = case.mlp.coefs_[2][7] = 0
    removal_scores = removal_scores_of(case, scoring=scoring)
    for values in (
        removal_scores.importances,
        *(removal_scores.columns[n] for n in ("loss_std",)),
    ):
        assert values[4] == values[30 + 7] == 0
    assert removal_scores.columns["loss_importances"][4] == 0
    assert np.count_nonzero(removal_scores.importances) > 20


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_scores_may_be_no_numbers(value):
    case = make(hidden=(2, 2))
    removal_scores = removal_scores_of(case, scoring=lambda mlp, X, y: value)
    assert_array_equal(removal_scores.scores, [value] * 4)
    assert_array_equal(removal_scores.baseline_score, value)


@pytest.mark.parametrize(
    ("scoring", "weight", "test"),
    [
        (None, None, "mcnemar"),
        ("accuracy", None, "mcnemar"),
        ("accuracy", np.ones(40), "score"),
        ("balanced_accuracy", None, "score"),
        (plain("accuracy"), None, "score"),
        ("neg_log_loss", None, "loss"),
        ("neg_log_loss", np.ones(40), "loss"),
        (make_scorer(accuracy_score, greater_is_better=False), None, "score"),
    ],
)
def test_mcnemars_test_is_for_accuracy_without_weights(scoring, weight, test):
    removal_scores = removal_scores_of(make(), scoring=scoring, sample_weight=weight)
    assert removal_scores.facts["default_test"] == test


@pytest.mark.parametrize("scoring", [lambda mlp, X, y: np.nan, make_scorer(lambda y, p: np.nan)])
def test_undefined_scores_are_errors_that_name_the_scorer(scoring):
    with pytest.raises(ValueError, match=r"scoring=.*lambda.* returned NaN for the whole network"):
        removal_scores_of(make(hidden=(2, 2)), scoring=scoring)


def test_scores_that_are_undefined_for_some_removals_are_errors():
    def undefined_without_the_first(mlp, X, y):
        return np.nan if not mlp.coefs_[1][0].any() else 1.0

    with pytest.raises(ValueError, match=r"without_the_first.* returned NaN for 1 of 4 removals"):
        removal_scores_of(make(hidden=(2, 2)), scoring=undefined_without_the_first)


def test_losses_that_differ_by_rounding_only_do_not_change():
    # A duplicate is predicted by its twin up to rounding, which is no evidence for anything.
    case = make("multiclass", (4, 3), "tanh", n=300)
    case.mlp.coefs_[0][:, 1] = case.mlp.coefs_[0][:, 2] = 1
    case.mlp.intercepts_[0][1] = case.mlp.intercepts_[0][2]
    network = Network.from_mlp(case.mlp)
    twins = np.array([[1.0, 0, 0, 0], [0, 1, -1, 0], [0, -1, 1, 0], [0, 0, 0, 1]])
    replacements = [LayerReplacement(np.zeros(4), twins), LayerReplacement(np.zeros(3), np.eye(3))]
    removal_scores = removal_scores_of(case, replacements=replacements)
    for name in ("loss_importances", "loss_std"):
        assert removal_scores.columns[name][[1, 2]].tolist() == [0, 0]
        assert (removal_scores.columns[name][[0, 3]] != 0).all()
    assert network.hidden_layer_sizes == (4, 3)
