"""Tests of inspection._scoring._score_names: what scorers are called, and tested by."""

import pytest
from helpers.networks import make
from sklearn.metrics import get_scorer, make_scorer, mean_squared_error, r2_score

from skneuron.inspection._scoring._samples import samples_for
from skneuron.inspection._scoring._score_names import default_test, score_name


@pytest.mark.parametrize(
    ("kind", "scorer", "test"),
    [
        ("multiclass", get_scorer("accuracy"), "mcnemar"),
        ("multilabel", get_scorer("accuracy"), "mcnemar"),
        ("multiclass", get_scorer("neg_log_loss"), "loss"),
        ("multilabel", get_scorer("neg_log_loss"), "score"),
        ("multiclass", get_scorer("balanced_accuracy"), "score"),
        ("regression", get_scorer("r2"), "loss"),
        ("multioutput", get_scorer("r2"), "score"),
        ("poisson", get_scorer("r2"), "score"),
        ("multioutput", get_scorer("neg_mean_squared_error"), "loss"),
        ("multioutput", get_scorer("neg_root_mean_squared_error"), "score"),
        ("regression", get_scorer("neg_root_mean_squared_error"), "loss"),
        ("poisson", get_scorer("neg_mean_poisson_deviance"), "loss"),
        ("regression", make_scorer(mean_squared_error), "score"),
        ("regression", make_scorer(r2_score, multioutput="variance_weighted"), "score"),
        ("regression", lambda mlp, X, y: 0.0, "score"),
    ],
)
def test_default_tests(kind, scorer, test):
    case = make(kind, (4,), n=40)
    assert default_test(scorer, samples_for(case.mlp, case.X, case.y)) == test


@pytest.mark.parametrize(
    ("name", "scorer", "words"),
    [
        ("score", get_scorer("balanced_accuracy"), "balanced accuracy"),
        ("score", get_scorer("roc_auc_ovr"), "roc auc (multi_class='ovr')"),
        ("neg_log_loss", get_scorer("neg_log_loss"), "log loss"),
        ("mine", get_scorer("accuracy"), "mine"),
        ("score", max, "max"),
    ],
)
def test_scorers_in_words(name, scorer, words):
    assert score_name(name, scorer) == words
