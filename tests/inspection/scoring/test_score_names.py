"""Tests of inspection._scoring._score_names: what scorers are called, and tested by."""

import pytest
from helpers.networks import make
from sklearn.metrics import get_scorer, make_scorer, mean_squared_error, r2_score

from skneuron import (
    RottenNeuronPruner,
    neuron_ablation,
    neuron_pruning_path,
    neuron_shapley,
    pairwise_ablation,
)
from skneuron.inspection._scoring import scorer_for
from skneuron.inspection._scoring._samples import samples_for
from skneuron.inspection._scoring._score_names import (
    default_test,
    score_name,
    signed_score_name,
)


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


ANALYSES = {
    "ablation": neuron_ablation,
    "pairs": pairwise_ablation,
    "shapley": lambda *given, **scoring: neuron_shapley(*given, random_state=0, **scoring),
    "path": neuron_pruning_path,
    "path by weights": lambda *given, **scoring: neuron_pruning_path(
        *given, criterion="l1_incoming", **scoring
    ),
    "pruner": lambda mlp, X, y, **scoring: RottenNeuronPruner(
        mlp, cv="prefit", random_state=0, **scoring
    ).fit(X, y),
}


@pytest.mark.parametrize(
    ("n_numbers", "of"), [(0, "the whole network"), (1, r"\d+ of \d+ removals|the whole network")]
)
@pytest.mark.parametrize("analysis", ANALYSES)
def test_scores_that_are_nan_are_an_error_that_names_the_scorer(analysis, n_numbers, of):
    case, numbers = make("multiclass", (3, 2), n=60), [0.5] * n_numbers

    def own_score(y_true, y_pred):
        return numbers.pop() if numbers else float("nan")

    with pytest.raises(ValueError, match=f"own_score.* returned NaN for ({of})"):
        ANALYSES[analysis](case.mlp, case.X, case.y, scoring=make_scorer(own_score))


@pytest.mark.parametrize(
    ("scoring", "words"),
    [("neg_log_loss", "minus log loss"), ("roc_auc", "roc auc"), ("fidelity", "fidelity")],
)
def test_signs_are_said(scoring, words):
    case = make("binary", (4,), n=40)
    assert signed_score_name("score", scorer_for(case.mlp, scoring)) == words
