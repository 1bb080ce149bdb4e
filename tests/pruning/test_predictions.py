"""Predictions of a pruner are those of the network that it has pruned."""

import numpy as np
import pytest
from helpers import networks
from numpy.testing import assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.metrics import accuracy_score, r2_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import PrunableMLPRegressor, RottenNeuronPruner

PROBABILITIES = ["predict_proba", "predict_log_proba"]


def pruned(kind, wrap=lambda mlp: mlp):
    case = networks.make(kind, hidden=(4, 3))
    pruner = RottenNeuronPruner(wrap(case.mlp), cv="prefit", threshold=np.inf)
    return pruner.fit(case.X, case.y), case


@pytest.mark.parametrize("wrap", [lambda mlp: mlp, FrozenEstimator], ids=["plain", "frozen"])
@pytest.mark.parametrize("kind", networks.KINDS)
def test_predictions(kind, wrap):
    pruner, case = pruned(kind, wrap)
    methods = ["predict", *([] if kind in networks.REGRESSIONS else PROBABILITIES)]
    for method in methods:
        found = getattr(pruner, method)(case.X)
        assert_array_equal(found, getattr(pruner.estimator_, method)(case.X))
        assert found.shape == getattr(case.mlp, method)(case.X).shape
    assert pruner.n_neurons_ == 2
    assert pruner._pruned_estimator is pruner.estimator_


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_score(kind):
    pruner, case = pruned(kind)
    metric = accuracy_score if kind == "multiclass" else r2_score
    weight = np.random.default_rng(0).random(len(case.y))
    predicted = pruner.predict(case.X)
    assert pruner.score(case.X, case.y) == metric(case.y, predicted)
    weighted = metric(case.y, predicted, sample_weight=weight)
    assert pruner.score(case.X, case.y, sample_weight=weight) == weighted
    assert pruner.score(case.X, case.y, weight) == weighted != metric(case.y, predicted)


def test_score_of_a_pipeline():
    case = networks.make("multiclass")
    mlp = MLPClassifier((4,), tol=9.0, n_iter_no_change=1)
    pruner = RottenNeuronPruner(make_pipeline(StandardScaler(), mlp)).fit(case.X, case.y)
    assert pruner.score(case.X, case.y) == accuracy_score(case.y, pruner.predict(case.X))


@pytest.mark.parametrize(
    ("estimator", "classifies"),
    [
        (None, True),
        (MLPClassifier(), True),
        (make_pipeline(StandardScaler(), MLPClassifier()), True),
        (FrozenEstimator(MLPClassifier()), True),
        (MLPRegressor(), False),
        (PrunableMLPRegressor(), False),
        (make_pipeline(StandardScaler(), MLPRegressor()), False),
        (LinearRegression(), False),
    ],
    ids=lambda value: " ".join(str(value).split()),
)
def test_methods_exist_if_the_network_has_them(estimator, classifies):
    """Before `fit` as well, where scorers and meta-estimators ask for them."""
    pruner = RottenNeuronPruner(estimator)
    assert [hasattr(pruner, name) for name in PROBABILITIES] == [classifies, classifies]
    assert hasattr(pruner, "predict")
    assert hasattr(pruner, "score")
    assert not hasattr(pruner, "decision_function")
    assert not hasattr(pruner, "classes_")


@pytest.mark.parametrize("kind", ["multiclass", "strings", "multilabel", "regression"])
def test_classes(kind):
    pruner, case = pruned(kind)
    if kind == "regression":
        assert not hasattr(pruner, "classes_")
        assert not hasattr(pruner, "predict_proba")
    else:
        assert_array_equal(pruner.classes_, case.mlp.classes_)


@pytest.mark.parametrize("method", ["predict", *PROBABILITIES, "transform", "score"])
def test_unfitted(method):
    arguments = (np.ones((2, 3)), *([[0, 1]] if method == "score" else []))
    with pytest.raises(NotFittedError, match="RottenNeuronPruner instance is not fitted"):
        getattr(RottenNeuronPruner(), method)(*arguments)


@pytest.mark.parametrize("method", ["predict", *PROBABILITIES, "transform", "score"])
def test_rows_are_checked(method):
    pruner, case = pruned("multiclass")
    y = [case.y] if method == "score" else []
    with pytest.raises(ValueError, match="RottenNeuronPruner is expecting 3 features"):
        getattr(pruner, method)(case.X[:, :2], *y)
    with pytest.raises(ValueError, match="NaN"):
        getattr(pruner, method)(case.X * np.nan, *y)
