"""Tests of inspection._scoring._wanted_sums: what is added up for which scorers."""

import numpy as np
import pytest
from helpers.networks import REGRESSIONS
from helpers.sweeps import case_of
from sklearn import metrics
from sklearn.metrics import get_scorer, make_scorer

from skneuron import neuron_ablation
from skneuron.inspection._scoring import _wanted_sums
from skneuron.inspection._scoring._formulas import OF_SUMS
from skneuron.inspection._scoring._samples import samples_for
from skneuron.inspection._scoring._wanted_sums import (
    EVERYTHING,
    SCORES_ONLY,
    WITHOUT_LOSSES,
    WantedSums,
    is_accuracy,
    needed_sums,
    wanted_sums,
)
from skneuron.metrics import expected_accuracy_score


def test_confusion_matrices_are_left_out_when_too_large(monkeypatch):
    case = case_of(n=40)
    samples = samples_for(case.mlp, case.X, case.y)
    assert EVERYTHING.within_memory(samples, 9).confusion
    monkeypatch.setattr(_wanted_sums, "CONFUSION_BYTES", 9 * 4 * 4 * 4)
    assert EVERYTHING.within_memory(samples, 9).confusion
    assert not EVERYTHING.within_memory(samples, 10).confusion
    assert "confusion_matrices" in neuron_ablation(case.mlp, case.X, case.y)
    monkeypatch.setattr(_wanted_sums, "CONFUSION_BYTES", 9 * 4 * 4 * 4 - 1)
    found = neuron_ablation(case.mlp, case.X, case.y, scoring=["accuracy", "f1_macro"])
    for ablation in found.values():
        assert {"confusion_matrix", "confusion_matrices"}.isdisjoint(ablation)
        assert "class_importances" in ablation


@pytest.mark.parametrize("kind", ["multilabel", *REGRESSIONS])
def test_other_networks_have_no_confusion_matrices(kind):
    case = case_of(kind, n=40)
    assert not EVERYTHING.within_memory(samples_for(case.mlp, case.X, case.y), 1).confusion


@pytest.mark.parametrize("metric", OF_SUMS)
def test_what_has_to_be_summed(metric):
    scorer = make_scorer(metric)
    probabilities = metric.__name__ == "expected_accuracy_score"
    losses = metric.__name__ in ("log_loss", "mean_poisson_deviance")
    assert needed_sums(scorer).probabilities is probabilities
    assert needed_sums(scorer).losses is (probabilities or losses)


def test_is_accuracy():
    assert is_accuracy(get_scorer("accuracy"))
    assert is_accuracy(make_scorer(metrics.accuracy_score, greater_is_better=False))
    for other in (
        get_scorer("balanced_accuracy"),
        make_scorer(metrics.accuracy_score, normalize=False),
        metrics.accuracy_score,
        lambda mlp, X, y: 0,
    ):
        assert not is_accuracy(other)


@pytest.mark.parametrize("scoring", ["roc_auc_ovr", "r2", "neg_mean_squared_error", "accuracy"])
def test_scorers_that_need_no_sums_of_their_own(scoring):
    assert needed_sums(get_scorer(scoring)) == SCORES_ONLY


@pytest.mark.parametrize(
    ("scorings", "needed"),
    [
        ([], SCORES_ONLY),
        (["accuracy", "r2"], SCORES_ONLY),
        (["accuracy", "f1_macro"], WantedSums(confusion=True)),
        (["neg_log_loss", "matthews_corrcoef"], WantedSums(confusion=True, losses=True)),
    ],
)
@pytest.mark.parametrize("extras", [SCORES_ONLY, WITHOUT_LOSSES, EVERYTHING])
def test_what_scorers_need_and_what_else_is_wanted(scorings, needed, extras, monkeypatch):
    case = case_of(n=40)
    samples = samples_for(case.mlp, case.X, case.y)
    wanted = wanted_sums(map(get_scorer, scorings), samples, 9, extras)
    assert wanted.confusion == (needed.confusion or extras.confusion)
    assert wanted.losses == (needed.losses or extras.losses)
    assert not wanted.probabilities
    monkeypatch.setattr(_wanted_sums, "CONFUSION_BYTES", 1)
    too_large = wanted_sums(map(get_scorer, scorings), samples, 9, extras)
    assert too_large == WantedSums(confusion=False, losses=wanted.losses)


def test_probabilities_are_summed_for_scorers_only():
    case = case_of(n=40)
    samples = samples_for(case.mlp, case.X, case.y, np.arange(40.0))
    scorer = make_scorer(expected_accuracy_score, response_method="predict_proba")
    assert wanted_sums([scorer], samples, 1) == WantedSums(losses=True, probabilities=True)
    assert not wanted_sums([], samples, 1, EVERYTHING).probabilities
