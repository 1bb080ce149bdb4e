"""Sparse labels are no bad input where a network trains on them: the same bits as dense ones."""

import numpy as np
import pytest
from helpers.bad_input import Y_MULTILABEL, X, multilabel, small
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skneuron
from skneuron import RottenNeuronPruner, RottenNeuronPrunerCV

CONTAINERS = [sparse.csr_array, sparse.csc_matrix, sparse.coo_array]
FUNCTIONS = {
    "neuron_ablation": {},
    "neuron_pruning_path": {},
    "pairwise_ablation": {},
    "neuron_shapley": {"max_permutations": 4, "random_state": 0},
    "neuron_criterion": {"criterion": ["taylor1", "taylor2"]},
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name, container):
    function, more = getattr(skneuron, name), FUNCTIONS[name]
    dense = function(multilabel(), X, Y_MULTILABEL, **more)
    found = function(multilabel(), X, container(Y_MULTILABEL), **more)
    for key, value in dense.items():
        if isinstance(value, np.ndarray | float):
            assert_array_equal(found[key], value, err_msg=key)


ESTIMATORS = {
    "network": small,
    "lbfgs": lambda: small(solver="lbfgs", max_iter=300, alpha=1),
    "pruner": lambda: RottenNeuronPruner(small(), random_state=0, fine_tune=1),
    "auto": lambda: RottenNeuronPruner(small(), random_state=0, threshold="auto", cv=0.8),
    "prefit": lambda: RottenNeuronPruner(multilabel(), random_state=0, cv="prefit"),
    "pipeline": lambda: RottenNeuronPruner(
        make_pipeline(StandardScaler(), small()), random_state=0
    ),
    "search": lambda: RottenNeuronPrunerCV(
        RottenNeuronPruner(small(), random_state=0), thresholds=[0.0, 0.02], cv=2
    ),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("container", CONTAINERS[:2])
@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimators(name, container):
    labels = container(Y_MULTILABEL)
    dense = ESTIMATORS[name]().fit(X, Y_MULTILABEL)
    found = ESTIMATORS[name]().fit(X, labels)
    assert_array_equal(found.predict_proba(X), dense.predict_proba(X))
    assert found.score(X, labels) == dense.score(X, labels) == dense.score(X, Y_MULTILABEL)
    assert_array_equal(labels.toarray(), Y_MULTILABEL)


def test_partial_fit():
    dense = small().partial_fit(X, Y_MULTILABEL, classes=[0, 1, 2])
    found = small().partial_fit(X, sparse.csr_array(Y_MULTILABEL), classes=[0, 1, 2])
    assert_array_equal(found.predict_proba(X), dense.predict_proba(X))
