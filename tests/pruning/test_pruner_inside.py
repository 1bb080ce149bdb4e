"""`RottenNeuronPruner` inside other estimators, and what it says of itself."""

import pickle

import numpy as np
import pytest
from helpers.pruners import (
    X,
    assert_same_fit,
    halves,
    network,
    pruner,
    sizes_of,
    y,
)
from numpy.testing import assert_array_equal
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    cross_validate,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import (
    PrunableMLPRegressor,
    RottenNeuronPruner,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# ---- inside other estimators -------------------------------------------------------------------


def test_in_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), pruner()).fit(X, y)
    reference = pruner().fit(StandardScaler().fit_transform(X), y)
    assert_array_equal(pipeline[-1].support_, reference.support_)
    assert_array_equal(pipeline.predict(X), reference.predict(StandardScaler().fit_transform(X)))
    assert pipeline.transform(X).shape == (160, len(pipeline.get_feature_names_out()))
    features = make_pipeline(pruner(), LogisticRegression()).fit(X, y)
    assert features.score(X, y) > 0.5


def test_pipelines_are_analysed_on_transformed_rows():
    scaled = make_pipeline(StandardScaler(), network())
    fitted = pruner(scaled, threshold=0.01).fit(X * 50 + 9, y)
    full, _, X_eval, y_eval = halves(scaled, (X * 50 + 9, y))
    assert fitted.baseline_score_ == full.score(X_eval, y_eval)
    assert fitted.pruned_score_ == fitted.score(X_eval, y_eval)
    assert sum(sizes_of(fitted.estimator_[-1])) == fitted.n_neurons_ < 12


def test_grid_search():
    grid = {"threshold": [-np.inf, 0.0, "mean"], "estimator__alpha": [1e-4, 1.0]}
    searches = [
        GridSearchCV(pruner(network(max_iter=5)), grid, cv=2, n_jobs=n_jobs).fit(X, y)
        for n_jobs in (1, 2)
    ]
    serial, parallel = (s.cv_results_["mean_test_score"] for s in searches)
    assert_array_equal(serial, parallel)
    assert len(set(serial)) > 1
    assert searches[1].best_estimator_.threshold == searches[1].best_params_["threshold"]
    assert_array_equal(searches[1].predict(X), searches[1].best_estimator_.predict(X))


def test_cross_validate():
    results = cross_validate(
        pruner(), X, y, scoring=["accuracy", "neg_log_loss"], return_estimator=True, cv=3
    )
    assert np.isfinite(results["test_neg_log_loss"]).all()
    assert {len(e.support_) for e in results["estimator"]} == {12}


def test_clone_and_pickle():
    fitted = pruner(threshold=0.01).fit(X, y)
    copied = clone(fitted)
    assert copied.get_params()["estimator__hidden_layer_sizes"] == (7, 5)
    assert not hasattr(copied, "estimator_")
    restored = pickle.loads(pickle.dumps(fitted))
    assert_same_fit(restored, fitted)
    assert repr(restored) == repr(fitted)


@pytest.mark.parametrize(
    ("estimator", "classifies"),
    [
        (None, True),
        (MLPClassifier(), True),
        (make_pipeline(StandardScaler(), MLPRegressor()), False),
        (FrozenEstimator(PrunableMLPRegressor()), False),
    ],
    ids=["default", "classifier", "pipeline", "frozen"],
)
def test_kind_of_estimator(estimator, classifies):
    assert is_classifier(RottenNeuronPruner(estimator)) == classifies
    assert is_regressor(RottenNeuronPruner(estimator)) != classifies
