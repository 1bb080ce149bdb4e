"""`remove_redundant_neurons` of estimators of every kind, and training that goes on."""

import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from helpers import oracle
from helpers.networks import KINDS, WRAPPERS, make
from helpers.redundancy import (
    BOX,
    KEPT,
    assert_same_function,
    each_owner,
    in_box,
    kept,
    planted,
    relu_with_top,
    sizes,
    unseen,
)
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import RottenNeuronPruner
from skneuron.surgery._prune_redundant import remove_redundant_neurons

# ---- in and around other estimators


@pytest.mark.parametrize("wrapper", WRAPPERS)
@each_owner
def test_networks_inside_other_estimators(ours, wrapper):
    case = relu_with_top(-0.5)
    X = BOX
    if "pipeline" in wrapper and "bare" not in wrapper:
        scaler = StandardScaler().fit(BOX @ [[3, 0], [0, 0.1]] + 7)
        X = scaler.inverse_transform(BOX)
        assert sizes(remove_redundant_neurons(case.mlp, X)) == [2]
    else:
        scaler = None
    estimator = WRAPPERS[wrapper](scaler, case.mlp)
    before = joblib.hash(estimator)
    smaller = remove_redundant_neurons(estimator, X)
    assert type(smaller) is type(estimator)
    assert joblib.hash(estimator) == before
    rows = in_box(X)
    expected = oracle.output(case.net, scaler.transform(rows) if scaler else rows)
    assert_allclose(smaller.predict(rows), expected.ravel(), rtol=1e-11, atol=1e-12)
    assert kept(case.mlp, np.array([[-1, 0], [2, 3]])) == [[0]]


def test_pruners_agree_with_themselves():
    case = planted()
    pruner = RottenNeuronPruner(case.mlp, cv="prefit", threshold=-np.inf).fit(case.X, case.y)
    smaller = remove_redundant_neurons(pruner)
    assert smaller.n_neurons_ == smaller.support_.sum() == 6
    assert smaller.transform(case.X).shape == (40, 3)
    assert smaller.get_feature_names_out().tolist() == [f"hidden1_neuron{j}" for j in KEPT]
    assert_same_function(smaller, case, unseen(case))
    assert pruner.n_neurons_ == 16


@pytest.mark.parametrize(
    "form", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array, pd.DataFrame, list, np.float32]
)
def test_forms_of_X(form):
    case = relu_with_top(-0.01)
    X = np.array([[-1, 0], [2, 0], [0, 3], [0, 1]])
    X = form(X.tolist()) if form in (list, pd.DataFrame) else form(X)
    smaller = remove_redundant_neurons(case.mlp, X)
    assert sizes(smaller) == [1]
    assert_same_function(smaller, case, in_box(BOX))


def test_zeros_of_sparse_data_belong_to_the_range():
    case = relu_with_top(-0.01)
    case.mlp.intercepts_[0][1] = -1
    positive = np.array([[-3.0, 1.0], [-2.0, 2.0]])
    assert sizes(remove_redundant_neurons(case.mlp, sparse.csr_matrix(positive))) == [1]
    case.mlp.intercepts_[0][1] = 1
    assert sizes(remove_redundant_neurons(case.mlp, sparse.csr_matrix(positive))) == [1]
    positive[0, 0] = positive[1, 1] = 0  # 2 * 0 - 1 * 0 + 1 > 0
    assert sizes(remove_redundant_neurons(case.mlp, sparse.csr_matrix(positive))) == [2]


# ---- training goes on

SOLVERS = [
    {"solver": "adam"},
    {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": True},
    {"solver": "sgd", "learning_rate": "invscaling"},
]


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("kind", KINDS)
@each_owner
def test_partial_fit_goes_on(kind, ours, solver):
    case = planted(kind, "tanh", ours=ours, **solver)
    smaller = remove_redundant_neurons(case.mlp)
    before = [a.copy() for a in smaller.coefs_ + smaller.intercepts_]
    smaller.partial_fit(case.X, case.y)
    assert sizes(smaller) == [3, 3]
    for old, new in zip(before, smaller.coefs_ + smaller.intercepts_, strict=True):
        assert np.isfinite(new).all()
        assert not np.array_equal(old, new)
    for moment in vars(smaller._optimizer).get("ms", []):
        assert 8 not in moment.shape


@each_owner
def test_warm_starts_go_on_from_the_smaller_network(ours):
    case = planted(activation="tanh", ours=ours, warm_start=True, max_iter=2)
    smaller = remove_redundant_neurons(case.mlp)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        smaller.fit(case.X, case.y)
    assert sizes(smaller) == [3, 3]


def test_arrays_are_not_shared():
    for case in (planted(), make(hidden=(4,))):
        before = joblib.hash(case.mlp)
        smaller = remove_redundant_neurons(case.mlp, case.X)
        for a in smaller.coefs_ + smaller.intercepts_:
            a[:] = 0
        assert joblib.hash(case.mlp) == before


# ---- errors


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((4, 2)), r"X has 2 features, but MLPClassifier is expecting 3"),
        (np.full((4, 3), np.nan), r"Input X contains NaN"),
        (np.full((4, 3), np.inf), r"Input X contains infinity"),
        (np.zeros((0, 3)), r"Found array with 0 sample"),
        (np.zeros(3), r"Expected 2D array, got 1D array"),
    ],
)
def test_data_that_cannot_be_predicted(X, message):
    case = planted()
    with pytest.raises(ValueError, match=message):
        remove_redundant_neurons(case.mlp, X)


def test_unfitted_networks():
    for estimator in (MLPClassifier(), make_pipeline(MLPClassifier())):
        with pytest.raises(NotFittedError, match="not fitted"):
            remove_redundant_neurons(estimator)


def test_other_estimators():
    with pytest.raises(TypeError, match=r"estimator must be a fitted MLP.* got Ridge\."):
        remove_redundant_neurons(Ridge())
