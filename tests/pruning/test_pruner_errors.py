"""What `RottenNeuronPruner` complains of, and what a fit that fails leaves behind."""

import pickle

import numpy as np
import pytest
from helpers.pruners import (
    DATA,
    FRAME,
    X,
    assert_same_fit,
    network,
    pruner,
    y,
)
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    KFold,
)
from sklearn.pipeline import make_pipeline

from skneuron import (
    PrunableMLPRegressor,
    RottenNeuronPruner,
    RottenNeuronPrunerCV,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# ---- errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("threshold", "foo"), ("threshold", np.nan), ("threshold", None), ("threshold", [0.0]),
        ("strategy", "slow"), ("strategy", None), ("replacement", "median"), ("replacement", None),
        ("cv", 0), ("cv", 1), ("cv", 1.0), ("cv", 1.5), ("cv", -0.1), ("cv", 5), ("cv", None),
        ("cv", "fit"), ("cv", KFold(3)), ("cv", []), ("cv", np.nan),
        ("min_neurons_per_layer", 0), ("min_neurons_per_layer", 1.5),
        ("layers", 7), ("layers", -3), ("layers", []), ("layers", "all"), ("layers", [0, 1.0]),
        ("layers", [True]), ("scoring", "foo"), ("scoring", ["accuracy"]), ("n_jobs", "all"),
        ("random_state", "seed"), ("estimator", "mlp"),
        ("threshold", "Auto"), ("criterion", "L3"), ("criterion", None),
        ("n_neurons_to_select", 0), ("n_neurons_to_select", 13), ("n_neurons_to_select", 1),
        ("n_neurons_to_select", 0.0), ("n_neurons_to_select", 1.5), ("n_neurons_to_select", [3]),
        ("n_neurons_to_select", [0, 5]), ("n_neurons_to_select", [8, 5]),
        ("n_neurons_to_select", [3, 2.5]), ("n_neurons_to_select", "half"),
        ("tol", -0.1), ("tol", np.nan), ("tol", "0"), ("alpha", 0), ("alpha", 1.0),
        ("alpha", np.nan), ("step", 0), ("step", 1.0), ("step", -1), ("step", np.nan),
        ("fine_tune", -1), ("fine_tune", 1.5), ("memory", 3), ("estimate_gain", "no"),
    ],
)  # fmt: skip
def test_errors_name_the_parameter(parameter, value):
    bad = pruner(network(max_iter=1)).set_params(**{parameter: value})
    with pytest.raises(ValueError, match=rf"\b{parameter}\b") as error:
        bad.fit(X, y)
    assert not hasattr(bad, "estimator_")
    assert str(value) in str(error.value)


@pytest.mark.parametrize("cv", [5, 1, 0, True, None])
def test_a_number_of_folds_is_refused_before_anything_is_looked_at(cv):
    with pytest.raises(ValueError, match=r"cv.* float in .*\(0.0, 1.0\).*prefit.*spl"):
        pruner(network(), cv=cv).fit("no samples", "no targets")


@pytest.mark.parametrize("make", [list, tuple, iter, np.array])
def test_iterables_of_one_split_are_splits(make):
    rows = np.arange(160)
    fitted = pruner(network(max_iter=2), cv=make([(rows[:80], rows[80:])])).fit(X, y)
    assert fitted.n_neurons_ <= 12


@pytest.mark.parametrize("threshold", ["atuo", "Auto", None])
def test_a_mistyped_threshold_is_told_of_auto(threshold):
    message = f"threshold={threshold!r} is not a number, 'auto', 'mean', 'median' or a multiple"
    if threshold is None:  # no text: the parameter check says what types there are
        message = "The 'threshold' parameter of RottenNeuronPruner must be an instance of"
    with pytest.raises(ValueError, match=message):
        pruner(network(), threshold=threshold).fit(X, y)


@pytest.mark.parametrize("search", [False, True])
@pytest.mark.parametrize("targets", [y + 0.5, np.column_stack([y, y + 0.1])])
def test_numbers_for_the_default_estimator_name_a_regressor(targets, search):
    estimator = RottenNeuronPruner()
    estimator = RottenNeuronPrunerCV(estimator) if search else estimator
    with pytest.raises(ValueError, match=r"Unknown label type: .*=PrunableMLPRegressor"):
        estimator.fit(X, targets)
    assert is_classifier(estimator)


def test_fine_tuning_that_cannot_be():
    with pytest.raises(ValueError, match="fine_tune=2 counts epochs, which solver='lbfgs'"):
        pruner(network(solver="lbfgs"), fine_tune=2).fit(X, y)
    with pytest.raises(ValueError, match=r"fine_tune=2 needs a training part, .* cv='prefit'"):
        pruner(network().fit(X, y), fine_tune=2, cv="prefit").fit(X, y)


def test_alpha_needs_tests():
    with pytest.raises(
        ValueError, match=r"alpha=0.1 needs the tests .* criterion='l1_incoming' has none"
    ):
        pruner(alpha=0.1, criterion="l1_incoming").fit(X, y)


def test_criteria_of_the_wrong_shape():
    with pytest.raises(ValueError, match=r"criterion=.* returned an array of shape \(3,\)"):
        pruner(criterion=lambda estimator, X, y: np.ones(3)).fit(X, y)


def test_estimators_without_network():
    with pytest.raises(TypeError, match=r"estimator must be .* got LogisticRegression\."):
        RottenNeuronPruner(LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError, match="no hidden layer"):
        RottenNeuronPruner(network(hidden_layer_sizes=())).fit(X, y)


@pytest.mark.parametrize("estimator", [None, network(), make_pipeline(network())], ids=type)
def test_prefit_of_what_is_not_fitted(estimator):
    with pytest.raises(NotFittedError):
        RottenNeuronPruner(estimator, cv="prefit").fit(X, y)


@pytest.mark.parametrize("use", ["get_support", "get_feature_names_out"])
def test_unfitted(use):
    with pytest.raises(NotFittedError, match="RottenNeuronPruner"):
        getattr(RottenNeuronPruner(), use)()


def test_labels_that_were_not_trained():
    rows = np.arange(160)
    with pytest.raises(ValueError, match=r"labels never seen in training: \[2\]"):
        pruner(cv=[(rows[y < 2], rows[y == 2])]).fit(X, y)


@pytest.mark.parametrize(
    ("change", "data"),
    [
        ({"layers": 7}, (X[:, :5], y)),
        ({"cv": KFold(3)}, (FRAME, y)),
        ({"n_neurons_to_select": 99}, (FRAME, y)),
        ({"estimator": network(solver="lbfgs"), "fine_tune": 1}, (FRAME, y)),
        ({"criterion": lambda estimator, X, y: np.ones(3)}, (FRAME, y)),
        ({"threshold": "auto", "cv": 0.1}, (FRAME, y)),
        ({"estimator": LogisticRegression()}, (X[:, :5], y > 0)),
        ({"scoring": "foo"}, (X[:, :5], y)),
        ({}, (X[:, :5], np.where(y == 1, np.nan, y))),
        ({}, (X[:, :5] * np.nan, y)),
        ({}, (X[:, :5], y[:-1])),
        ({}, (X[:, :5], None)),
    ],
)
def test_a_failing_fit_leaves_the_fitted_pruner_as_it_was(change, data):
    fitted = pruner().fit(X, y)
    learned = {name: pickle.dumps(v) for name, v in vars(fitted).items() if name.endswith("_")}
    with pytest.raises((ValueError, TypeError)):
        fitted.set_params(**change).fit(*data)
    now = {name: pickle.dumps(v) for name, v in vars(fitted).items() if name.endswith("_")}
    assert now == learned
    fitted.set_params(**pruner().get_params(deep=False))
    assert_same_fit(fitted, pruner().fit(X, y))


def test_nothing_is_left_of_an_earlier_fit():
    fitted = pruner().fit(FRAME, y)
    fitted.set_params(estimator=network(PrunableMLPRegressor)).fit(*DATA["regression"])
    assert not hasattr(fitted, "classes_")
    assert not hasattr(fitted, "feature_names_in_")
    assert not hasattr(fitted, "predict_proba")
    assert fitted.n_features_in_ == 6
    assert "n_fixed" not in fitted.ablation_
    assert set(vars(fitted)) == set(vars(clone(fitted).fit(*DATA["regression"])))
