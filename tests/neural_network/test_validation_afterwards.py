"""What is noted of validation samples where training goes on, and in copies."""

import pickle
from copy import deepcopy

import numpy as np
import pytest
from helpers.validation import CURVES, fitted, network, parts
from sklearn.base import clone

from skneuron import PrunableMLPClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# ---- training that goes on


def test_warm_starts_go_on_with_the_curves():
    X, y, validation = parts()
    mlp = network(warm_start=True).fit(X, y, **validation)
    first = {name: getattr(mlp, name) for name in (*CURVES, "validation_scores_")}
    before = deepcopy(first)
    mlp.fit(X, y, **validation)
    for name, curve in first.items():
        assert len(getattr(mlp, name)) == len(mlp.loss_curve_) == 14
        assert getattr(mlp, name)[:7] == curve == before[name]
    mlp.fit(X, y)
    assert len(mlp.loss_curve_) == 21
    assert len(mlp.validation_loss_curve_) == 14


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("first", [False, True, "lbfgs"])
def test_warm_starts_with_another_kind_of_stopping(first, given):
    """In scikit-learn they end with errors about None."""
    X, y, validation = parts()
    options = {"solver": "lbfgs"} if first == "lbfgs" else {"early_stopping": first}
    mlp = network(warm_start=True, **options).fit(X, y)
    n_before = len(getattr(mlp, "loss_curve_", []))
    before = list(getattr(mlp, "validation_scores_", None) or [])
    mlp.set_params(solver="adam", early_stopping=first is not True)
    mlp.fit(X, y, **validation if given else {})
    assert len(mlp.loss_curve_) == n_before + 7
    if mlp.early_stopping:
        assert mlp.best_validation_score_ == max(mlp.validation_scores_)
        assert len(mlp.validation_scores_) == len(mlp.validation_loss_curve_) == 7
    else:
        assert mlp.best_loss_ == min(mlp.loss_curve_[7:])
        assert mlp.validation_scores_[:7] == before
        assert len(mlp.validation_scores_) == 7 + 7 * given


def test_partial_fit_leaves_the_curves():
    mlp = fitted()
    mlp.partial_fit(*parts()[:2])
    assert len(mlp.loss_curve_) == 8
    assert len(mlp.validation_loss_curve_) == len(mlp.dead_neurons_) == 7


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_another_fit_starts_anew(solver):
    X, y, validation = parts()
    mlp = fitted()
    mlp.set_params(solver=solver).fit(X, y)
    assert mlp.validation_loss_curve_ is mlp.dead_neurons_ is None
    mlp.set_params(solver="adam").fit(X, y, **validation)
    assert mlp.validation_loss_curve_ == fitted().validation_loss_curve_


def test_after_surgery_the_curves_are_still_the_larger_network_s():
    X, y, validation = parts()
    mlp = network(warm_start=True, early_stopping=True).fit(X, y, **validation)
    before = {n: list(getattr(mlp, n)) for n in (*CURVES, "loss_curve_", "validation_scores_")}
    mlp.prune_neurons(["hidden0_neuron1"])
    assert {name: getattr(mlp, name) for name in before} == before
    assert mlp.best_validation_score_ == -np.inf
    mlp.fit(X, y, **validation)
    for name, curve in before.items():
        assert getattr(mlp, name)[: len(curve)] == curve
        assert len(getattr(mlp, name)) > len(curve)
    assert mlp.best_validation_score_ == max(mlp.validation_scores_[7:])


@pytest.mark.parametrize("early_stopping", [False, True])
def test_interrupted_training_keeps_what_it_has_seen(early_stopping):
    X, y, validation = parts()
    mlp = network(early_stopping=early_stopping)

    def interrupt():
        if len(mlp.loss_curve_) == 3:
            raise KeyboardInterrupt

    with mlp.epochs_reported_to(interrupt), pytest.warns(UserWarning, match="interrupted"):
        mlp.fit(X, y, **validation)
    assert len(mlp.validation_loss_curve_) == len(mlp.dead_neurons_) == 3
    assert (
        mlp.validation_loss_curve_
        == fitted(early_stopping=early_stopping).validation_loss_curve_[:3]
    )
    assert not [name for name in vars(mlp) if name in ("_given_validation", "_known_outputs")]


# ---- copies


def test_copies_keep_the_curves():
    mlp = fitted()
    for copy in (pickle.loads(pickle.dumps(mlp)), deepcopy(mlp)):
        assert {name: getattr(copy, name) for name in CURVES} == {
            name: getattr(mlp, name) for name in CURVES
        }
    assert clone(mlp).validation_loss_curve_ is None
    back = PrunableMLPClassifier.from_sklearn(mlp.to_sklearn())
    assert back.validation_loss_curve_ == mlp.validation_loss_curve_
    back.validation_loss_curve_.append(0.0)
    assert len(mlp.validation_loss_curve_) == 7


def test_what_an_earlier_version_has_saved_has_none():
    mlp = network().fit(*parts()[:2])
    assert not set(CURVES) & set(vars(mlp))  # as if it were not known
    assert mlp.validation_loss_curve_ is mlp.dead_neurons_ is None
    assert mlp.fit(*parts()[:2], **parts()[2]).dead_neurons_ is not None
