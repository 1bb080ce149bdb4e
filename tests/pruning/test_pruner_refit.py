"""Pruners that repair what is left."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import (
    PrunableMLPClassifier,
    RottenNeuronPruner,
    RottenNeuronPrunerCV,
    refit_pruned,
)
from skneuron.pruning import _task
from skneuron.pruning._routing import RoutedParams
from skneuron.pruning._settings import PrunerSettings
from skneuron.pruning._task import pruning_task
from skneuron.surgery import REFITS, refit_network
from skneuron.utils import training_in_full


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:1200] / 16, y[:1200]


@pytest.fixture(scope="module")
def trained(digits):
    with training_in_full():
        return PrunableMLPClassifier((40,), max_iter=40, random_state=0).fit(*digits)


def pruner_of(mlp, **options):
    options = {"n_neurons_to_select": 8, "step": 4, "cv": "prefit", "random_state": 0} | options
    return RottenNeuronPruner(mlp, **options)


@pytest.mark.parametrize("refit", REFITS)
def test_scores_are_those_of_the_repaired_network(trained, digits, refit):
    plain = pruner_of(trained, estimate_gain=False).fit(*digits)
    repaired = pruner_of(trained, refit=refit, estimate_gain=False).fit(*digits)
    np.testing.assert_array_equal(repaired.support_, plain.support_)
    np.testing.assert_array_equal(repaired.pruning_path_.scores, plain.pruning_path_.scores)
    assert repaired.pruned_score_ == pytest.approx(repaired.estimator_.score(*digits))
    assert repaired.score(*digits) > plain.score(*digits)


def test_gains_are_those_of_repaired_networks(trained, digits):
    plain, repaired = (pruner_of(trained, refit=refit).fit(*digits) for refit in (None, "span"))
    assert repaired.gain_ > plain.gain_
    assert repaired.null_gain_ > plain.null_gain_


def test_it_learns_from_the_training_part(digits):
    mlp = PrunableMLPClassifier((40,), max_iter=40, random_state=0)
    pruner = RottenNeuronPruner(
        mlp, n_neurons_to_select=8, step=4, refit="behind", estimate_gain=False, random_state=0
    )
    with training_in_full():
        pruner.fit(*digits)
    path = pruner.pruning_path_
    other = path.prune_to(8, refit="behind", X_refit=digits[0])
    assert not np.array_equal(other.coefs_[-1], pruner.estimator_.coefs_[-1])
    assert pruner.score(*digits) > path.prune_to(8).score(*digits)


def test_samples_without_labels_of_ones_own(trained, digits):
    X, y = digits
    by_all = pruner_of(trained, refit="behind", estimate_gain=False).fit(X, y)
    by_few = pruner_of(trained, refit="behind", estimate_gain=False).fit(X, y, X_refit=X[:100])
    path = by_few.pruning_path_
    expected = path.prune_to(8, refit="behind", X_refit=X[:100])
    np.testing.assert_array_equal(by_few.estimator_.coefs_[-1], expected.coefs_[-1])
    assert not np.array_equal(by_all.estimator_.coefs_[-1], expected.coefs_[-1])


def test_training_may_follow(digits):
    mlp = PrunableMLPClassifier((40,), max_iter=40, random_state=0)
    options = {"n_neurons_to_select": 8, "step": 4, "estimate_gain": False, "random_state": 0}
    with training_in_full():
        repaired = RottenNeuronPruner(mlp, refit="behind", **options).fit(*digits)
        both = RottenNeuronPruner(mlp, refit="behind", fine_tune=2, **options).fit(*digits)
    assert both.pruned_score_ != repaired.pruned_score_
    assert both.pruned_score_ > repaired.pruned_score_ - 0.05


def test_nothing_is_repaired_where_nothing_is_removed(trained, digits):
    pruner = pruner_of(trained, n_neurons_to_select=1.0, refit="span").fit(*digits)
    np.testing.assert_array_equal(pruner.estimator_.coefs_[0], trained.coefs_[0])
    assert pruner.gain_ == 0


def test_cross_validation_scores_what_will_be_used(digits):
    X, y = digits
    model = make_pipeline(
        StandardScaler(), MLPClassifier((30,), max_iter=60, random_state=0, tol=1e-2)
    )
    found = {}
    for refit in (None, "span"):
        pruner = RottenNeuronPruner(
            model, step=5, refit=refit, estimate_gain=False, random_state=0
        )
        search = RottenNeuronPrunerCV(pruner, n_neurons_to_select=[5, 15], cv=2)
        with training_in_full():
            found[refit] = search.fit(X, y, X_refit=X)
    plain, repaired = (found[refit].cv_results_["mean_test_score"] for refit in (None, "span"))
    assert np.all(repaired > plain)
    assert repaired.min() > 0.7
    assert found["span"].score(X, y) > found[None].score(X, y)


def test_grids_choose_among_refits(trained, digits):
    grid = GridSearchCV(
        pruner_of(FrozenEstimator(trained), estimate_gain=False),
        {"refit": [None, "outputs", "behind"]},
        cv=2,
    ).fit(*digits)
    assert grid.best_params_["refit"] is not None
    scores = grid.cv_results_["mean_test_score"]
    assert scores[0] < scores[1:].min()


def test_paths_repair_as_well(trained, digits):
    X, _ = digits
    pruner = pruner_of(trained, estimate_gain=False).fit(*digits)
    path = pruner.pruning_path_
    smaller = path.prune_to(12)
    repaired = path.prune_to(12, refit="span", X_refit=X)
    again = refit_pruned(smaller, trained, X, layers="span", random_state=0)
    assert min(repaired.score(*digits), again.score(*digits)) > smaller.score(*digits)
    listed = path.prune_to([12], refit="span", X_refit=X)
    np.testing.assert_array_equal(listed.coefs_[0], repaired.coefs_[0])
    with pytest.raises(ValueError, match=r"refit='span' needs samples.*X_refit"):
        path.prune_to(12, refit="span")


def test_unknown_refits(trained, digits):
    for bad in ("all", True, 1):
        with pytest.raises(ValueError, match="'refit' parameter"):
            pruner_of(trained, refit=bad).fit(*digits)
    with pytest.raises(ValueError, match="X_refit"):
        pruner_of(trained, refit="span").fit(*digits, X_refit=digits[0][:, :3])


def test_clones_have_it():
    assert clone(RottenNeuronPruner(refit="span")).refit == "span"


def test_gains_are_found_without_a_look_at_what_is_held_out(trained, digits, monkeypatch):
    """With ``cv="prefit"``, there are no other samples to repair with than those that judge."""
    looked_at = []

    def spy(pruned, full, X, **options):
        looked_at.append(X.shape[0])
        return refit_network(pruned, full, X, **options)

    monkeypatch.setattr(_task, "refit_network", spy)
    pruner_of(trained, refit="outputs").fit(*digits)
    # Two halves, and five random removals for each of them.
    assert looked_at == [600] * 12
    looked_at.clear()
    pruner_of(trained, refit="outputs").fit(*digits, X_refit=digits[0][:100])
    assert looked_at == [100] * 12


def test_automatic_choice_of_the_size_goes_with_a_repair(digits, monkeypatch):
    X, y = digits
    wrong = np.where(np.random.default_rng(0).random(1200) < 0.5, np.roll(y, 1), y)
    with training_in_full():
        mlp = PrunableMLPClassifier((40,), max_iter=200, random_state=0).fit(X[:600], wrong[:600])
    looked_at = []

    def spy(pruned, full, X, **options):
        looked_at.append(X.shape[0])
        return refit_network(pruned, full, X, **options)

    monkeypatch.setattr(_task, "refit_network", spy)
    options = {
        "n_neurons_to_select": None, "threshold": "auto", "scoring": "expected_accuracy",
        "replacement": "mean",
    }  # fmt: skip
    assert pruner_of(mlp, **options).fit(X[600:], wrong[600:]).n_neurons_ < 40
    assert looked_at == []
    # The repair brings back what the whole network has learnt by heart: nothing is gained.
    assert pruner_of(mlp, refit="behind", **options).fit(X[600:], wrong[600:]).n_neurons_ == 40
    assert looked_at == [300] * 12


def test_what_replaces_neurons_does_not_look_at_what_judges_either(trained, digits):
    X, y = digits
    pruner = pruner_of(trained, replacement="linear")
    task = pruning_task(PrunerSettings.of(pruner), X, y, RoutedParams(None, {}, {}))
    rows = np.arange(0, 1200, 2)
    np.testing.assert_array_equal(task.reference_rows(rows), X[rows])
    np.testing.assert_array_equal(task.others(rows), rows + 1)
    trains = RottenNeuronPruner(trained, replacement="linear", random_state=0)
    with training_in_full():
        task = pruning_task(PrunerSettings.of(trains), X, y, RoutedParams(None, {}, {}))
    assert task.reference_rows(rows) is task.problem.X_ref
