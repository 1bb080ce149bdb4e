"""What `RottenNeuronPruner` is given: splits, fitted networks, samples and labels in all forms."""

import pickle

import numpy as np
import pandas as pd
import pytest
from helpers import networks
from helpers.pruners import (
    FRAME,
    X,
    assert_same_fit,
    halves,
    network,
    pruner,
    y,
)
from helpers.pruning_paths import removed_by
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import (
    StratifiedShuffleSplit,
)
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import (
    PrunableMLPClassifier,
    RottenNeuronPruner,
    prune_neurons,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# ---- splits ------------------------------------------------------------------------------------


def split_of_defaults():
    return next(StratifiedShuffleSplit(1, test_size=0.2, random_state=0).split(X, y))


@pytest.mark.parametrize(
    "cv",
    [
        StratifiedShuffleSplit(1, test_size=0.2, random_state=0),
        [split_of_defaults()],
        iter([split_of_defaults()]),
    ],
    ids=["splitter", "list", "generator"],
)
def test_one_split_that_is_given(cv):
    fitted, reference = pruner(cv=cv).fit(X, y), pruner(cv=0.2).fit(X, y)
    assert_same_fit(fitted, reference)


def test_same_random_state_same_bits():
    fitted = pruner(None, random_state=3).fit(X, y)
    assert_same_fit(fitted, pruner(random_state=3).fit(X, y))
    before = pickle.loads(pickle.dumps(fitted))
    assert_same_fit(fitted.fit(X, y), before)
    other = pruner(random_state=4).fit(X, y)
    assert (other.predict_proba(X) != fitted.predict_proba(X)).any()


def test_default_estimator():
    fitted = RottenNeuronPruner(random_state=0).fit(X, y)
    assert type(fitted.estimator_) is PrunableMLPClassifier
    assert len(fitted.support_) == 100
    assert fitted.estimator is None
    assert_same_fit(fitted, RottenNeuronPruner(random_state=0).fit(X, y))


def fitted_before(kind):
    if kind == "plain":
        return network(MLPClassifier).fit(X, y)
    if kind == "ours":
        return network().fit(X, y)
    if kind == "frozen":
        return FrozenEstimator(network(MLPClassifier).fit(X, y))
    return make_pipeline(StandardScaler(), network()).fit(X, y)


@pytest.mark.parametrize("kind", ["plain", "ours", "frozen", "pipeline"])
@pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])
def test_prefit(kind, replacement):
    estimator = fitted_before(kind)
    before = pickle.dumps(estimator)
    options = {"threshold": "mean", "replacement": replacement, "layers": 0}
    fitted = pruner(estimator, cv="prefit", **options).fit(X, y)
    assert pickle.dumps(estimator) == before
    assert fitted.estimator is estimator
    assert type(fitted.estimator_) is type(estimator)
    assert fitted.baseline_score_ == estimator.score(X, y)
    assert fitted.pruned_score_ == fitted.score(X, y)
    expected = prune_neurons(
        estimator, removed_by(fitted.pruning_path_), replacement=replacement, X=X
    )
    assert 5 < fitted.n_neurons_ < 12
    assert_allclose(fitted.predict_proba(X), expected.predict_proba(X), rtol=1e-10)


def test_a_clone_is_trained():
    estimator = network()
    fitted = pruner(estimator).fit(X, y)
    assert fitted.estimator is estimator
    assert not hasattr(estimator, "coefs_")


def test_frozen_estimators_are_not_trained_again():
    estimator = fitted_before("frozen")
    fitted = pruner(estimator, threshold=-np.inf).fit(X[:60], y[:60])
    assert_array_equal(fitted.predict_proba(X), estimator.predict_proba(X))
    _, _, X_eval, y_eval = halves(estimator, (X[:60], y[:60]))
    assert fitted.baseline_score_ == estimator.score(X_eval, y_eval)


@pytest.mark.parametrize("seed", range(4))
def test_a_class_with_one_row(seed):
    labels = np.append(y[:-1], 99)
    fitted = pruner(network(hidden_layer_sizes=(4,), max_iter=5), random_state=seed).fit(X, labels)
    assert_array_equal(fitted.classes_, [0, 1, 2, 99])
    importances = fitted.ablation_.class_importances
    assert_array_equal(np.isnan(importances).all(axis=0), [False, False, False, True])


# ---- inputs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["ape", "bee", "cat"])[y],
        np.array(["ape", "bee", "cat"], dtype=object)[y],
        pd.Series(["ape", "bee", "cat"]).iloc[y],
        pd.Series(["ape", "bee", "cat"], dtype="category").iloc[y],
        ["ape" if label == 0 else "bee" if label == 1 else "cat" for label in y],
        y * 10 - 5,
    ],
    ids=["str", "object", "series", "categorical", "list", "int"],
)
def test_labels(labels):
    fitted, reference = pruner().fit(X, labels), pruner().fit(X, y)
    assert_array_equal(fitted.support_, reference.support_)
    assert_array_equal(fitted.predict(X), fitted.classes_[reference.predict(X)])
    assert fitted.score(X, labels) == reference.score(X, y)


@pytest.mark.parametrize("make_rows", [sparse.csr_matrix, sparse.csc_array, list, pd.DataFrame])
def test_rows(make_rows):
    rows = make_rows(np.round(X))
    fitted, reference = pruner().fit(rows, y), pruner().fit(np.round(X), y)
    assert_array_equal(fitted.support_, reference.support_)
    assert_allclose(fitted.transform(rows), reference.transform(np.round(X)), rtol=1e-10)
    assert_array_equal(fitted.predict(rows), reference.predict(np.round(X)))


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])  # lbfgs leaves float64 coefficients
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes(solver, dtype):
    fitted = pruner(network(solver=solver)).fit(X.astype(dtype), y)
    assert fitted.transform(X.astype(dtype)).dtype == dtype
    assert fitted.fit_transform(X.astype(dtype), y).dtype == dtype
    assert fitted.transform(X.astype(int)).dtype == np.float64


@pytest.mark.parametrize("kind", ["multilabel", "multioutput", "poisson", "binary"])
def test_other_targets(kind):
    case = networks.make(kind, hidden=(6,), n=60)
    fitted = pruner(case.mlp, cv="prefit", threshold="mean").fit(case.X, case.y)
    assert_allclose(fitted.baseline_score_, case.mlp.score(case.X, case.y), rtol=1e-12)
    assert_allclose(fitted.pruned_score_, fitted.score(case.X, case.y), rtol=1e-12)
    assert 0 < fitted.n_neurons_ < 6
    assert ("class_importances" in fitted.ablation_) == (kind == "binary")
    trained = pruner(clone(case.mlp)).fit(case.X, case.y)
    assert trained.predict(case.X).shape == case.y.shape


@pytest.mark.parametrize("scoring", [None, "neg_log_loss"])
@pytest.mark.parametrize(
    "estimator", [network(), make_pipeline(StandardScaler(), network())], ids=["mlp", "pipeline"]
)
def test_frames(estimator, scoring):
    """Warnings are errors: nothing on the way may lose the names."""
    fitted = pruner(estimator, scoring=scoring).fit(FRAME, y)
    assert_array_equal(fitted.feature_names_in_, FRAME.columns)
    assert fitted.n_features_in_ == 8
    reference = pruner(estimator, scoring=scoring).fit(X, y)
    assert_array_equal(fitted.support_, reference.support_)
    for method in ("predict", "predict_proba", "transform"):
        found, expected = getattr(fitted, method)(FRAME), getattr(reference, method)(X)
        assert_allclose(found, expected, rtol=1e-10)
    assert fitted.score(FRAME, y) == reference.score(X, y)
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(FRAME.iloc[:, ::-1])
    assert not hasattr(fitted.fit(X, y), "feature_names_in_")


def test_set_output():
    fitted = pruner(threshold=0.01).set_output(transform="pandas").fit(FRAME, y)
    frame = fitted.transform(FRAME)
    assert_array_equal(frame.index, FRAME.index)
    assert frame.columns.tolist() == fitted.get_feature_names_out().tolist()
    kept = [int(name.removeprefix("hidden1_neuron")) for name in frame.columns]
    assert kept == np.flatnonzero(fitted.support_[7:]).tolist()
    assert kept != list(range(len(kept)))  # places in the whole network, not in the pruned one


def test_feature_names_out_check_the_names_in():
    fitted = pruner().fit(FRAME, y)
    assert_array_equal(fitted.get_feature_names_out(FRAME.columns), fitted.get_feature_names_out())
    with pytest.raises(ValueError, match="input_features"):
        fitted.get_feature_names_out(FRAME.columns[::-1])
