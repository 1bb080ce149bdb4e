"""`RottenNeuronPruner.pruning_path_`: the path of `neuron_pruning_path`, kept with the pruner."""

import pickle
import re

import numpy as np
import pytest
from helpers.pruners import X, halves, network, pruner, y
from helpers.pruning_paths import assert_same_weights, each_replacement, each_strategy, sizes_of
from numpy.testing import assert_array_equal
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import NeuronPruningPath, neuron_pruning_path, prune_neurons

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

WRAPPED = {
    "ours": network(max_iter=5),
    "scikit-learn's": network(MLPClassifier, max_iter=5),
    "pipeline": make_pipeline(StandardScaler(), network(max_iter=5)),
}
each_estimator = pytest.mark.parametrize("name", WRAPPED)


def fitted_by(name, **parameters):
    options = {"n_neurons_to_select": 4, "estimate_gain": False} | parameters
    return pruner(WRAPPED[name], **options).fit(X, y)


@each_replacement
@each_strategy
@each_estimator
def test_it_is_that_of_the_function(name, strategy, replacement):
    fitted = fitted_by(name, strategy=strategy, replacement=replacement)
    full, X_train, X_eval, y_eval = halves(WRAPPED[name], (X, y))
    expected = neuron_pruning_path(
        full, X_eval, y_eval, X_ref=X_train, strategy=strategy, replacement=replacement,
        n_neurons_to_select=4,
    )  # fmt: skip
    path = fitted.pruning_path_
    assert type(path) is NeuronPruningPath
    assert path.keys() == expected.keys()
    assert repr(path) == repr(expected)
    for name in ("layer", "index", "order", "importances", "scores", "full_importances"):
        assert_array_equal(path[name], expected[name], err_msg=name)
    assert path.to_frame().equals(expected.to_frame())
    assert path.ablation is fitted.ablation_
    assert path.full_importances is fitted.importances_
    for n_neurons in (12, 7, 4, 0.5):
        assert_same_weights(path.prune_to(n_neurons), expected.prune_to(n_neurons))
    counts = [5, 4] if strategy == "greedy" else sizes_of(path.prune_to(6))
    pruned = path.prune_to(counts, X_ref=X_train)
    assert_same_weights(pruned, expected.prune_to(counts))


@each_estimator
def test_networks_on_the_way_are_those_of_the_pruner(name):
    fitted = fitted_by(name)
    path = fitted.pruning_path_
    assert_same_weights(path.prune_to(4), fitted.estimator_)
    assert path.prune_to(4) is not fitted.estimator_
    for n_neurons in range(4, 13):
        pruned = path.prune_to(n_neurons)
        assert type(pruned) is type(fitted.estimator_)
        assert sum(sizes_of(pruned)) == n_neurons
        assert pruned.predict(X).shape == y.shape
    with pytest.raises(ValueError, match="n_neurons=3 must be an int from 4 to 12"):
        path.prune_to(3)


def test_networks_on_the_way_are_not_fine_tuned():
    tuned, plain = fitted_by("ours", fine_tune=3), fitted_by("ours")
    for n_neurons in (12, 6, 4):
        smaller = tuned.pruning_path_.prune_to(n_neurons)
        assert_same_weights(smaller, plain.pruning_path_.prune_to(n_neurons))
    assert (tuned.estimator_.coefs_[0] != plain.estimator_.coefs_[0]).any()


@pytest.mark.parametrize("wrap", [FrozenEstimator, lambda estimator: estimator])
def test_of_fitted_networks_it_keeps_a_copy(wrap):
    full = wrap(network(max_iter=5).fit(X, y))
    fitted = pruner(full, cv="prefit", n_neurons_to_select=4, estimate_gain=False).fit(X, y)
    assert fitted.pruning_path_.estimator is not full
    assert type(fitted.pruning_path_.estimator) is type(full)
    assert_same_weights(fitted.pruning_path_.prune_to(12), full)


@each_replacement
@each_estimator
def test_pickles_of_pruners_have_it_but_no_data(name, replacement):
    fitted = fitted_by(name, replacement=replacement)
    pickled = pickle.dumps(fitted)
    again = pickle.loads(pickled)
    assert_array_equal(again.predict(X), fitted.predict(X))
    for n_neurons in (12, 7, 4):
        smaller = again.pruning_path_.prune_to(n_neurons)
        assert_same_weights(smaller, fitted.pruning_path_.prune_to(n_neurons))
    wide = pruner(WRAPPED[name], n_neurons_to_select=4, estimate_gain=False)
    wide.set_params(replacement=replacement).fit(np.tile(X, (20, 1)), np.tile(y, 20))
    ablation = wide.ablation_
    assert len(pickle.dumps(wide)) < 2 * len(pickled) + len(pickle.dumps(ablation)) < X.nbytes * 20


@pytest.mark.parametrize("replacement", ["mean", "linear"])
def test_lists_need_reference_data(replacement):
    path = fitted_by("ours", replacement=replacement).pruning_path_
    message = f"replacement={replacement!r} needs reference data: pass X_ref"
    with pytest.raises(ValueError, match=re.escape(message)):
        path.prune_to([6, 5])
    gone = [(0, path.index[path.layer == 0][0])]
    expected = prune_neurons(path.estimator, gone, replacement=replacement, X=X)
    assert_same_weights(path.prune_to([6, 5], X_ref=X), expected)


def test_it_stays_as_it_was_when_more_neurons_are_removed():
    fitted = fitted_by("ours")
    smaller = prune_neurons(fitted, [(1, 0)])
    assert smaller.n_neurons_ == 3
    assert repr(smaller.pruning_path_) == repr(fitted.pruning_path_)
    assert_same_weights(smaller.pruning_path_.prune_to(9), fitted.pruning_path_.prune_to(9))


@pytest.mark.parametrize("wrap", [FrozenEstimator, lambda mlp: mlp], ids=["frozen", "as it is"])
def test_training_somebody_elses_network_further_does_not_change_the_path(wrap):
    mlp = network(max_iter=5).fit(X, y)
    options = {"n_neurons_to_select": 4, "estimate_gain": False}
    fitted = pruner(wrap(mlp), cv="prefit", **options).fit(X, y)
    expected = fitted.pruning_path_.prune_to(7).predict_proba(X)
    mlp.partial_fit(X, y)
    mlp.prune_neurons([(0, 0)])
    assert_array_equal(fitted.pruning_path_.prune_to(7).predict_proba(X), expected)


def test_the_path_of_a_network_that_has_lost_neurons_since_is_refused():
    mlp = network(max_iter=5).fit(X, y)
    path = neuron_pruning_path(mlp, X, y)
    mlp.prune_neurons([(0, 0)])
    with pytest.raises(ValueError, match=r"estimator has \d+ hidden neurons, but had \d+"):
        path.prune_to(5)
