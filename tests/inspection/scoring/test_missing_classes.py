"""Scorers of probabilities on samples that lack some of the network's classes."""

from functools import partial

import numpy as np
import pytest
from helpers import networks
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import metrics
from sklearn.metrics import get_scorer, make_scorer

from skneuron import (
    RottenNeuronPruner,
    neuron_ablation,
    neuron_pruning_path,
    neuron_shapley,
    pairwise_ablation,
)
from skneuron.inspection._scoring._missing_classes import (
    check_enough_classes,
    missing_classes,
    told_the_classes,
)
from skneuron.surgery import prune_neurons

# scorer -> the score of true labels and probabilities, told all classes
TOLD = {
    "neg_brier_score": lambda y, p, c: -metrics.brier_score_loss(y, p, labels=c),
    "neg_log_loss": lambda y, p, c: -metrics.log_loss(y, p, labels=c),
    "top_k_accuracy": lambda y, p, c: metrics.top_k_accuracy_score(y, p, labels=c),
}
if "d2_brier_score" in metrics.get_scorer_names():  # scikit-learn 1.8 and later
    TOLD["d2_brier_score"] = lambda y, p, c: metrics.d2_brier_score(y, p, labels=c)
    TOLD["d2_log_loss_score"] = lambda y, p, c: metrics.d2_log_loss_score(y, p, labels=c)
# Before, scikit-learn had the metric, but no name of a scorer.
D2_LOG_LOSS = metrics.make_scorer(metrics.d2_log_loss_score, response_method="predict_proba")


def without(case, *positions):
    """The samples that have none of some classes."""
    rows = ~np.isin(case.y, case.classes[list(positions)])
    return case.X[rows], case.y[rows]


def all_removals(mlp, X, y, score):
    """Scores of the network and without each neuron, by really removing it."""
    found = [score(mlp, X, y)]
    for layer, size in enumerate(mlp.coefs_[i].shape[1] for i in range(len(mlp.coefs_) - 1)):
        for index in range(size):
            keep = [np.ones(c.shape[1], bool) for c in mlp.coefs_[:-1]]
            keep[layer][index] = False
            found.append(score(prune_neurons(mlp, keep), X, y))
    return np.array(found)


@pytest.mark.parametrize("name", TOLD)
@pytest.mark.parametrize("kind", ["multiclass", "strings"])
def test_scores_are_those_of_metrics_that_know_all_classes(name, kind):
    case = networks.make(kind, (4, 3))
    X, y = without(case, 1)
    ablation = neuron_ablation(case.mlp, X, y, scoring=name)
    told = TOLD[name]
    expected = all_removals(
        case.mlp, X, y, lambda mlp, X, y: told(y, mlp.predict_proba(X), case.classes)
    )
    assert_allclose(ablation.baseline_score, expected[0], rtol=1e-9)
    assert_allclose(ablation.scores, expected[1:], rtol=1e-9)


ANALYSES = {
    "pairs": lambda mlp, X, y, **scoring: pairwise_ablation(mlp, X, y, **scoring),
    "shapley": lambda mlp, X, y, **scoring: neuron_shapley(mlp, X, y, random_state=0, **scoring),
    "path": lambda mlp, X, y, **scoring: neuron_pruning_path(mlp, X, y, **scoring).ablation,
    "pruner": lambda mlp, X, y, **scoring: (
        RottenNeuronPruner(mlp, cv="prefit", random_state=0, **scoring).fit(X, y).ablation_
    ),
}


@pytest.mark.parametrize("name", TOLD)
@pytest.mark.parametrize("analysis", ANALYSES)
def test_every_analysis_tells_the_classes(analysis, name):
    case = networks.make("strings", (3, 2))
    X, y = without(case, 1)
    found = ANALYSES[analysis](case.mlp, X, y, scoring=name)
    expected = TOLD[name](y, case.mlp.predict_proba(X), case.classes)
    assert_allclose(found.baseline_score, expected, rtol=1e-9)


@pytest.mark.parametrize("name", ["neg_brier_score", "neg_log_loss"])
@pytest.mark.parametrize("gone", [0, 1])
def test_one_of_two_classes_is_left(name, gone):
    case = networks.make("binary", (4,))
    X, y = without(case, gone)
    ablation = neuron_ablation(case.mlp, X, y, scoring=name)

    def by_hand(mlp, X, y):
        p = mlp.predict_proba(X)[:, 1 - gone]  # of the right class
        return np.log(p).mean() if name == "neg_log_loss" else -((1 - p) ** 2).mean()

    expected = all_removals(case.mlp, X, y, by_hand)
    assert_allclose(ablation.baseline_score, expected[0], rtol=1e-9)
    assert_allclose(ablation.scores, expected[1:], rtol=1e-9)


def test_scorers_with_parameters_and_weights():
    case = networks.make("multiclass", (4,))
    X, y = without(case, 2)
    weight = np.arange(len(y)) % 3 + 1.0
    scorer = make_scorer(metrics.top_k_accuracy_score, response_method="predict_proba", k=3)
    ablation = neuron_ablation(case.mlp, X, y, scoring=scorer, sample_weight=weight)
    expected = metrics.top_k_accuracy_score(
        y, case.mlp.predict_proba(X), k=3, labels=case.classes, sample_weight=weight
    )
    assert_allclose(ablation.baseline_score, expected, rtol=1e-12)


def test_scores_of_a_single_class_that_are_not_defined():
    case = networks.make("multiclass", (4,))
    X, y = without(case, 0, 1, 2)
    with pytest.raises(ValueError, match="is not defined here: all samples have the class"):
        neuron_ablation(case.mlp, X, y, scoring=D2_LOG_LOSS)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value encountered")
@pytest.mark.parametrize("name", ["roc_auc_ovr", "roc_auc_ovo"])
def test_areas_that_are_not_defined(name):
    case = networks.make("multiclass", (4,))
    X, y = without(case, 0, 1, 2)
    with pytest.raises(ValueError, match=r"undefined|not defined"):
        neuron_ablation(case.mlp, X, y, scoring=name)


def test_metrics_that_fail_say_which_classes_are_missing():
    def metric(y_true, y_proba, *, labels=None):
        raise ValueError("no such thing")

    case = networks.make("multiclass", (4,))
    X, y = without(case, 1)
    scorer = make_scorer(metric, response_method="predict_proba")
    message = r"is not defined here: y lacks the classes \[5\] of the network \(no such thing\)"
    with pytest.raises(ValueError, match=message):
        neuron_ablation(case.mlp, X, y, scoring=scorer)


def test_classes_that_are_missing():
    case = networks.make("multiclass", (4,))
    assert_array_equal(missing_classes(case.mlp, case.y), [])
    assert_array_equal(missing_classes(case.mlp, without(case, 1, 2)[1]), case.classes[[1, 2]])
    for kind in ("multilabel", "regression"):
        other = networks.make(kind, (4,))
        assert not len(missing_classes(other.mlp, other.y))


def test_scorers_that_are_not_told():
    classes = np.array([0, 1, 2])
    given = make_scorer(metrics.log_loss, response_method="predict_proba", labels=[0, 1, 2])
    for scorer in (get_scorer("accuracy"), get_scorer("f1_macro"), given, len):
        assert told_the_classes(scorer, classes) is scorer


def test_enough_classes():
    check = partial(check_enough_classes, D2_LOG_LOSS)
    check(np.array([1, 2]))
    check_enough_classes(get_scorer("accuracy"), np.array([1, 1]))
    with pytest.raises(ValueError, match="class 1"):
        check(np.array([1, 1]))
