"""Paths of networks inside other estimators, which `prune_to` copies as a whole."""

import warnings

import joblib
import numpy as np
import pytest
from helpers.networks import make
from helpers.pruning_paths import (
    assert_same_weights,
    each_replacement,
    removed_by,
    sizes_of,
)
from helpers.pruning_paths import public_path_of as path_of
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import RottenNeuronPruner, neuron_ablation, neuron_pruning_path

# ---- around the network


@each_replacement
@pytest.mark.parametrize("wrap", [FrozenEstimator, make_pipeline])
def test_networks_inside_others_are_pruned_inside(wrap, replacement):
    case = make("multiclass", (4, 3))
    scaler = StandardScaler().fit(case.X * 3 + 1)
    estimator = make_pipeline(scaler, wrap(case.mlp))
    path = path_of(case, estimator, replacement=replacement)
    for n_neurons, score in zip(path.n_neurons, path.scores, strict=True):
        pruned = path.prune_to(n_neurons)
        assert type(pruned) is type(estimator)
        assert type(pruned[-1]) is type(estimator[-1])
        assert sum(sizes_of(pruned)) == n_neurons
        assert pruned.score(case.X, case.y) == score
    inside = neuron_pruning_path(
        case.mlp, scaler.transform(case.X), case.y, replacement=replacement,
        X_ref=scaler.transform(case.X_ref),
    )  # fmt: skip
    assert removed_by(path) == removed_by(inside)
    assert_same_weights(path.prune_to([2, 2]), inside.prune_to([2, 2]))


def test_a_fitted_pruner_is_pruned_further():
    X, y = np.random.default_rng(0).normal(size=(2, 80, 3))[0], np.arange(80) % 2
    y = np.where(X[:, 0] + X[:, 1] > 0, y, 1 - y)
    network = MLPClassifier((6,), max_iter=5, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        pruner = RottenNeuronPruner(network, n_neurons_to_select=4, random_state=0).fit(X, y)
    before = joblib.hash(pruner)
    path = neuron_pruning_path(pruner, X, y, scoring="accuracy")
    assert path.n_neurons.tolist() == [4, 3, 2, 1]
    for n_neurons, score in zip(path.n_neurons, path.scores, strict=True):
        pruned = path.prune_to(n_neurons)
        assert type(pruned) is RottenNeuronPruner
        assert sizes_of(pruned) == [n_neurons]
        assert np.mean(pruned.predict(X) == y) == score
        assert pruned.support_.sum() == n_neurons
    assert joblib.hash(pruner) == before


@each_replacement
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_single_precision_stays_single(kind, replacement):
    case = make(kind, (4, 3), "tanh", dtype=np.float32)
    path = path_of(case, replacement=replacement)
    for n_neurons, score in zip(path.n_neurons, path.scores, strict=True):
        pruned = path.prune_to(n_neurons)
        assert all(c.dtype == np.float32 for c in pruned.coefs_ + pruned.intercepts_)
        assert_allclose(pruned.score(case.X, case.y), score, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("ours", [True, False])
def test_the_estimator_is_not_changed_and_not_shared(ours):
    case = make("multiclass", (4, 3), ours=ours)
    before = joblib.hash([case.mlp, case.X, case.y])
    path = path_of(case, replacement="linear", strategy="swap", tol=0.3)
    pruned = [path.prune_to(7), path.prune_to(0.5), path.prune_to([3, 3])]
    for mlp in pruned:
        mlp.coefs_[0][:] = 0
        mlp.intercepts_[-1][:] = 0
    assert joblib.hash([case.mlp, case.X, case.y]) == before
    assert path.prune_to(7).score(case.X, case.y) == path.scores[0]


def test_a_pruned_network_can_be_trained_on_and_pruned_again():
    case = make("multiclass", (4, 3))
    path = path_of(case)
    pruned = path.prune_to(5)
    pruned.partial_fit(case.X, case.y)
    again = path_of(case, path.prune_to(5))
    assert again.n_neurons.tolist() == [5, 4, 3, 2]
    assert again.scores[0] == path.scores[2]
    assert_array_equal(again.scores, path.scores[2:])


def test_the_ablation_is_that_of_the_whole_network():
    case = make("multiclass", (4, 3))
    for options in ({}, {"layers": 1}, {"criterion": "apoz"}):
        layers = options.get("layers")
        expected = neuron_ablation(case.mlp, case.X, case.y, layers=layers)
        ablation = path_of(case, **options).ablation
        assert ablation.keys() == expected.keys()
        assert repr(ablation) == repr(expected)
        assert_array_equal(ablation.scores, expected.scores)
        assert_array_equal(ablation.loss_importances, expected.loss_importances)
