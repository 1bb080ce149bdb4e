"""Fitted attributes of `RottenNeuronPrunerCV`, which are those of the pruner that it fits."""

import pickle

import numpy as np
import pytest
from helpers.pruners import X, network, pruner, y
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from skneuron import RottenNeuronPrunerCV, neuron_pruning_path, prune_neurons

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

NAMES = ["estimator_", "support_", "ranking_", "n_neurons_", "n_parameters_"]


def search(estimator=None, **parameters):
    estimator = network(max_iter=5) if estimator is None else estimator
    inner = pruner(estimator, estimate_gain=False)
    return RottenNeuronPrunerCV(inner, n_neurons_to_select=[5, 8], cv=2, **parameters)


@pytest.mark.parametrize(
    "estimator", [network(max_iter=5), make_pipeline(StandardScaler(), network(max_iter=5))]
)
def test_they_are_the_pruner_s_own(estimator):
    fitted = search(estimator).fit(X, y)
    for name in NAMES:
        assert getattr(fitted, name) is getattr(fitted.pruner_, name), name
    assert fitted.support_ is fitted.get_support()
    assert fitted.n_neurons_ == fitted.best_params_["n_neurons_to_select"]
    assert_array_equal(fitted.predict(X), fitted.estimator_.predict(X))


@pytest.mark.parametrize("name", NAMES)
def test_before_fit_there_are_none(name):
    unfitted = search()
    assert not hasattr(unfitted, name)
    assert not hasattr(clone(unfitted.fit(X, y)), name)
    with pytest.raises(NotFittedError):
        check_is_fitted(clone(unfitted))


def test_they_cannot_be_set():
    fitted = search().fit(X, y)
    with pytest.raises(AttributeError):
        fitted.support_ = np.ones(12, dtype=bool)


def test_further_surgery_keeps_them_true():
    fitted = search().fit(X, y)
    before = fitted.support_.copy()
    smaller = prune_neurons(fitted, [(1, 0)])
    first = 7 + np.flatnonzero(before[7:])[0]
    assert_array_equal(smaller.support_, before & (np.arange(12) != first))
    assert smaller.n_neurons_ == smaller.support_.sum() == before.sum() - 1
    assert smaller.ranking_[first] == 2
    assert_array_equal(smaller.ranking_ == 1, smaller.support_)
    assert smaller.n_parameters_ < fitted.n_parameters_
    assert_array_equal(fitted.support_, before)
    pruned = neuron_pruning_path(fitted, X, y).prune_to(3)
    assert pruned.n_neurons_ == pruned.support_.sum() == 3


def test_pickles_have_them():
    fitted = search().fit(X, y)
    again = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(again.support_, fitted.support_)
    assert_array_equal(again.ranking_, fitted.ranking_)
    assert again.n_neurons_ == fitted.n_neurons_
    assert_array_equal(again.estimator_.predict(X), fitted.estimator_.predict(X))
