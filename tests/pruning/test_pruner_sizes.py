"""`RottenNeuronPruner`: limits of parameters and bytes, and strategy "obs"."""

import re

import numpy as np
import pandas as pd
import pytest
from helpers import networks
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import (
    PrunableMLPClassifier,
    RottenNeuronPruner,
    RottenNeuronPrunerCV,
    neuron_pruning_path,
)
from skneuron.inspection._pruning_path import NetworkShape
from skneuron.pruning._fit_and_fine_tune import shape_to_train

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = make_classification(
    160, 8, n_informative=5, n_classes=3, flip_y=0.2, class_sep=0.7, random_state=0
)


def network(**parameters):
    parameters = {"hidden_layer_sizes": (7, 5), "max_iter": 30, "random_state": 0} | parameters
    return PrunableMLPClassifier(learning_rate_init=0.02, **parameters)


def pruner(estimator=None, **parameters):
    options = {"random_state": 0, "estimate_gain": False, "replacement": "linear"} | parameters
    return RottenNeuronPruner(network() if estimator is None else estimator, **options)


def ready(**parameters):
    """A fitted network, and what to say to prune it in milliseconds."""
    case = networks.make("multiclass", (6, 4), n=80, activation="tanh")
    return case, pruner(case.mlp, cv="prefit", **parameters).fit(case.X, case.y)


def n_parameters(mlp):
    return sum(part.size for part in (*mlp.coefs_, *mlp.intercepts_))


# ---- limits


@pytest.mark.parametrize("strategy", ["greedy", "one_shot", "swap", "obs"])
@pytest.mark.parametrize("limit", [30, 45, 70, 10_000])
def test_the_network_has_no_more_parameters(strategy, limit):
    case, fitted = ready(strategy=strategy, max_parameters=limit)
    assert n_parameters(case.mlp) == 72
    assert fitted.n_parameters_ == n_parameters(fitted.estimator_) <= limit
    path = fitted.pruning_path_
    assert path.n_parameters[-1] == fitted.n_parameters_
    assert (path.n_parameters[:-1] > limit).all() or len(path.order) == 0
    assert fitted.threshold_ == np.inf
    _, by_bytes = ready(strategy=strategy, max_bytes=8 * limit + 7)
    assert_array_equal(by_bytes.support_, fitted.support_)


def test_exchanges_keep_to_the_limit():
    for seed in range(4):
        case = networks.make("multiclass", (7, 5), n=80, n_features=9, seed=seed)
        path = neuron_pruning_path(
            case.mlp, case.X, case.y, strategy="swap", max_parameters=70, scoring="neg_log_loss"
        )
        assert path.n_parameters[-1] <= 70
        greedy = neuron_pruning_path(
            case.mlp, case.X, case.y, max_parameters=70, scoring="neg_log_loss"
        )
        assert path.scores[-1] >= greedy.scores[-1]


def test_a_limit_says_how_far_even_where_the_threshold_is_automatic():
    fitted = pruner(threshold="auto", max_parameters=60).fit(X, y)
    assert fitted.n_parameters_ <= 60
    assert not np.isfinite(fitted.threshold_)


def test_halves_are_pruned_to_the_limit_as_well():
    fitted = pruner(max_parameters=60, estimate_gain=True, cv=0.5).fit(X, y)
    assert np.isfinite(fitted.gain_)
    assert np.isfinite(fitted.null_gain_)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"max_parameters": 0}, "max_parameters"),
        ({"max_parameters": 50.0}, "max_parameters"),
        ({"max_bytes": "1 MB"}, "max_bytes"),
        ({"max_bytes": 10}, "max_bytes=10: the smallest network, with hidden layers of (1, 1)"),
        ({"max_bytes": 10, "max_parameters": 5}, "max_parameters=5 and max_bytes=10 say where"),
        (
            {"max_bytes": 10, "n_neurons_to_select": 5},
            "n_neurons_to_select=5 and max_bytes=10 say where to stop: give one of them.",
        ),
    ],
)
def test_limits_that_cannot_be(parameters, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        pruner(**parameters).fit(X, y)


def test_a_search_does_not_choose_where_the_pruner_has_a_limit():
    limited = pruner(max_parameters=60)
    with pytest.raises(ValueError, match="pruner has max_parameters=60, with which it does not"):
        RottenNeuronPrunerCV(limited, cv=2).fit(X, y)
    message = "n_neurons_to_select=5 and max_parameters=60 say where to stop"
    with pytest.raises(ValueError, match=message):
        RottenNeuronPrunerCV(limited, n_neurons_to_select=[5, 6], cv=2).fit(X, y)


@pytest.mark.parametrize("limit", [{"max_parameters": 16}, {"max_bytes": 16 * 8 + 7}])
def test_limits_are_checked_before_training_where_the_shape_is_known(limit):
    forever = network(max_iter=10**9)
    (name, value) = next(iter(limit.items()))
    message = f"{name}={value}: the smallest network, with hidden layers of (1, 1), has "
    with pytest.raises(ValueError, match=re.escape(message)):
        pruner(forever, **limit).fit(X, y)
    with pytest.raises(ValueError, match=re.escape(message)):
        pruner(make_pipeline(network(max_iter=2)), **limit).fit(X, y)
    assert pruner(network(max_iter=2), max_parameters=16).fit(X, y % 2).n_parameters_ <= 16


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("kind", networks.KINDS)
def test_the_shape_before_training_is_that_afterwards(kind, dtype, solver):
    case = networks.make(kind, (3, 2))
    mlp = case.mlp.set_params(max_iter=3, solver=solver)
    samples = (10 * case.X).astype(dtype)
    assert shape_to_train(mlp, samples, case.y) == NetworkShape.of(mlp.fit(samples, case.y))
    assert shape_to_train(make_pipeline(mlp), samples, case.y) is None
    assert shape_to_train(mlp, pd.DataFrame(samples), case.y) is None
    assert shape_to_train(mlp, samples, None) is None


# ---- obs


def test_reference_samples_are_those_that_the_network_was_trained_on():
    fitted = pruner(
        strategy="obs", n_neurons_to_select=5, cv=[(np.arange(120), np.arange(120, 160))]
    )
    fitted.fit(X, y)
    full = network().fit(X[:120], y[:120])
    path = neuron_pruning_path(
        full, X[120:], y[120:], X_ref=X[:120], replacement="linear", strategy="obs",
        n_neurons_to_select=5,
    )  # fmt: skip
    assert_array_equal(fitted.pruning_path_.order, path.order)
    assert_array_equal(fitted.pruning_path_.importances, path.importances)
    assert_array_equal(fitted.pruning_path_.scores, path.scores)
    assert_array_equal(fitted.importances_, path.full_importances)
    for replacement in ("zero", "mean"):
        other = clone(fitted).set_params(replacement=replacement).fit(X, y)
        assert_array_equal(other.importances_, path.full_importances)


def test_nothing_costs_less_than_nothing():
    fitted = pruner(strategy="obs").fit(X, y)
    assert fitted.support_.all()
    assert fitted.threshold_ == 0
    fitted = pruner(strategy="obs", threshold="mean").fit(X, y)
    assert not fitted.support_.all()
    assert (fitted.pruning_path_.importances < fitted.threshold_).all()


@pytest.mark.parametrize(
    "parameters", [{"threshold": "auto"}, {"tol": 0.05}, {"n_neurons_to_select": [3, 2]}]
)
def test_other_ways_to_say_how_far(parameters):
    fitted = pruner(strategy="obs", estimate_gain=True, cv=0.5, **parameters).fit(X, y)
    assert fitted.pruned_score_ == pytest.approx(fitted.pruning_path_.scores[-1])
    assert fitted.predict(X).shape == y.shape
    if "tol" in parameters:
        assert fitted.pruned_score_ >= fitted.baseline_score_ - 0.05
    if "n_neurons_to_select" in parameters:
        assert fitted.estimator_.hidden_layer_sizes_ == (3, 2)
        assert fitted.gain_confidence_interval_[0] <= fitted.gain_


def test_in_pipelines_and_frozen():
    case, fitted = ready(strategy="obs", n_neurons_to_select=5)
    frozen = pruner(FrozenEstimator(case.mlp), cv="prefit", strategy="obs", n_neurons_to_select=5)
    assert_array_equal(frozen.fit(case.X, case.y).support_, fitted.support_)
    pipeline = pruner(make_pipeline(StandardScaler(), network()), strategy="obs", max_bytes=600)
    assert pipeline.fit(X, y).n_parameters_ <= 75


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"alpha": 0.1}, "alpha=0.1 needs tests of removals, of which strategy='obs' has none"),
        ({"criterion": "apoz"}, "criterion='apoz' is not looked at by strategy='obs'"),
    ],
)
def test_parameters_that_do_not_fit_are_told_before_training(parameters, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        pruner("no estimator", strategy="obs", **parameters).set_params(
            estimator=network(max_iter=10**9)
        ).fit(X, y)
