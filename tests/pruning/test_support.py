"""What a fitted pruner says of its neurons, also after more of them have been removed."""

import numpy as np
import pandas as pd
import pytest
from helpers import networks
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import is_classifier, is_regressor
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils import get_tags

from skneuron import RottenNeuronPruner, prune_neurons
from skneuron.pruning._support import ranking

HIDDEN = (5, 4)


def fitted_on(case, wrap=lambda mlp: mlp, **parameters):
    options = {"cv": "prefit", "n_neurons_to_select": [3, 2], "estimate_gain": False}
    return RottenNeuronPruner(wrap(case.mlp), **options | parameters).fit(case.X, case.y)


def made(kind="multiclass", hidden=HIDDEN, **parameters):
    return networks.make(kind, hidden, **parameters)


def in_pipeline(mlp):
    scaler = StandardScaler().fit(made().X)
    return make_pipeline(scaler, mlp)


def kept_addresses(support):
    layer, index = np.repeat([0, 1], HIDDEN), np.append(np.arange(5), np.arange(4))
    return list(zip(layer[support].tolist(), index[support].tolist(), strict=True))


# ---- support, features -------------------------------------------------------------------------


def test_support_as_mask_and_as_positions():
    pruner = fitted_on(made())
    assert pruner.get_support() is pruner.support_
    assert_array_equal(pruner.get_support(indices=True), np.flatnonzero(pruner.support_))
    assert pruner.support_[:5].sum() == 3
    assert pruner.support_[5:].sum() == 2
    gone = [
        a for a in kept_addresses(np.full(9, True)) if a not in kept_addresses(pruner.support_)
    ]
    path = pruner.pruning_path_
    assert sorted(zip(path.layer.tolist(), path.index.tolist(), strict=True)) == gone


@pytest.mark.parametrize("wrap", [lambda mlp: mlp, FrozenEstimator, in_pipeline])
@pytest.mark.parametrize("kind", networks.KINDS)
def test_features_are_activations_of_the_neurons_that_stayed(kind, wrap):
    case = made(kind)
    pruner = fitted_on(case, wrap)
    X = StandardScaler().fit(made().X).transform(case.X) if wrap is in_pipeline else case.X
    first, second = pruner.support_[:5], pruner.support_[5:]
    hidden = np.maximum(X @ case.mlp.coefs_[0] + case.mlp.intercepts_[0], 0)[:, first]
    hidden = hidden @ case.mlp.coefs_[1][first] + case.mlp.intercepts_[1]
    assert_allclose(pruner.transform(case.X), np.maximum(hidden, 0)[:, second], atol=1e-12)


def test_names_of_features_are_those_in_the_whole_network():
    pruner = fitted_on(made())
    kept = np.flatnonzero(pruner.support_[5:])
    names = pruner.get_feature_names_out()
    assert names.tolist() == [f"hidden1_neuron{i}" for i in kept]
    assert names.dtype == object
    assert_array_equal(pruner.get_feature_names_out(["x0", "x1", "x2"]), names)
    with pytest.raises(ValueError, match="input_features"):
        pruner.get_feature_names_out(["x0", "x1"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("make_rows", [np.asarray, sparse.csr_matrix, sparse.csc_array])
def test_features_have_the_dtype_of_the_rows(dtype, make_rows):
    case = made()
    pruner = fitted_on(case)
    found = pruner.transform(make_rows(case.X.astype(dtype)))
    assert found.dtype == dtype
    assert_allclose(found, pruner.transform(case.X), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "ask",
    [
        lambda pruner: pruner.get_support(),
        lambda pruner: pruner.get_feature_names_out(),
        lambda pruner: pruner.transform(np.ones((2, 3))),
        lambda pruner: pruner.n_parameters_,
    ],
    ids=["support", "names", "transform", "parameters"],
)
def test_unfitted(ask):
    with pytest.raises(NotFittedError, match="RottenNeuronPruner"):
        ask(RottenNeuronPruner())
    assert not hasattr(RottenNeuronPruner(), "n_parameters_")


def test_text_has_features_of_neurons_with_names():
    documents = ["red apple", "green pear", "red cherry", "green leaf"] * 15
    labels = ["red", "green", "red", "green"] * 15
    mlp = MLPClassifier((4,), max_iter=20, random_state=0)
    pruner = RottenNeuronPruner(make_pipeline(CountVectorizer(), mlp), random_state=0)
    with pytest.warns(ConvergenceWarning):
        pruner.set_output(transform="pandas").fit(documents, labels)
    frame = pruner.transform(documents)
    assert frame.columns.tolist() == pruner.get_feature_names_out().tolist()
    assert frame.columns.str.match(r"hidden0_neuron\d").all()
    assert not hasattr(pruner, "n_features_in_")
    assert pruner.predict(["red tomato"]).tolist() == ["red"]


@pytest.mark.parametrize("method", ["predict", "transform"])
def test_names_are_checked_where_the_first_step_drops_them(method):
    case = made()
    frame = pd.DataFrame(case.X, columns=["a", "b", "c"])
    pipeline = make_pipeline(FunctionTransformer(np.asarray), case.mlp)
    pruner = RottenNeuronPruner(FrozenEstimator(pipeline), cv="prefit").fit(frame, case.y)
    getattr(pruner, method)(frame)
    with pytest.raises(ValueError, match="same order"):
        getattr(pruner, method)(frame[["c", "b", "a"]])


# ---- more surgery ------------------------------------------------------------------------------


@pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])
@pytest.mark.parametrize("wrap", [lambda mlp: mlp, FrozenEstimator, in_pipeline])
def test_attributes_stay_true_after_more_surgery(wrap, replacement):
    case = made()
    pruner = fitted_on(case, wrap)
    smaller = prune_neurons(pruner, [(0, 1), (1, 0)], replacement=replacement, X=case.X)
    kept = kept_addresses(pruner.support_)
    lost = [[a for a in kept if a[0] == 0][1], next(a for a in kept if a[0] == 1)]
    assert kept_addresses(smaller.support_) == [a for a in kept if a not in lost]
    assert smaller.n_neurons_ == 3
    assert type(smaller.n_neurons_) is int
    assert_array_equal(smaller.ranking_ == 1, smaller.support_)
    assert_array_equal(smaller.ranking_[pruner.support_ & ~smaller.support_], [2, 2])
    gone = ~pruner.support_
    assert_array_equal(smaller.ranking_[gone], pruner.ranking_[gone] + 1)
    names = smaller.get_feature_names_out()
    assert names.tolist() == [f"hidden1_neuron{i}" for layer, i in kept if layer][1:]
    assert smaller.transform(case.X).shape == (len(case.X), 1)


def test_more_surgery_leaves_the_pruner_itself_alone():
    case = made()
    pruner = fitted_on(case)
    support, ranks = pruner.support_.copy(), pruner.ranking_.copy()
    before = pruner.predict_proba(case.X)
    prune_neurons(pruner, [(0, 1)])
    assert_array_equal(pruner.support_, support)
    assert_array_equal(pruner.ranking_, ranks)
    assert_array_equal(pruner.predict_proba(case.X), before)
    assert pruner.n_neurons_ == 5


def test_one_surgery_after_the_other():
    pruner = fitted_on(made())
    twice = prune_neurons(prune_neurons(pruner, [(0, 0)]), [(0, 0)])
    once = prune_neurons(pruner, [(0, 0), (0, 1)])
    assert_array_equal(twice.support_, once.support_)
    first, second = np.flatnonzero(pruner.support_ & ~twice.support_)
    assert twice.ranking_[first] == 3
    assert twice.ranking_[second] == 2
    for mine, theirs in zip(twice.estimator_.coefs_, once.estimator_.coefs_, strict=True):
        assert_array_equal(mine, theirs)


def test_note_removal_counts_from_the_neurons_that_stayed():
    pruner = fitted_on(made(), n_neurons_to_select=[5, 2])
    pruner._record_removal([np.array([False, True, True, True, True]), np.array([True, False])])
    second = np.flatnonzero(pruner.support_[5:])
    assert_array_equal(pruner.support_[:5], [False, True, True, True, True])
    assert len(second) == 1
    assert pruner.ranking_[0] == 2
    assert sorted(pruner.ranking_) == [1, 1, 1, 1, 1, 2, 2, 3, 4]


# ---- number of parameters ----------------------------------------------------------------------


@pytest.mark.parametrize("wrap", [lambda mlp: mlp, FrozenEstimator, in_pipeline])
@pytest.mark.parametrize(
    ("kind", "n_outputs"),
    [("binary", 1), ("multiclass", 4), ("multilabel", 3), ("multioutput", 2)],
)
def test_number_of_parameters(kind, n_outputs, wrap):
    pruner = fitted_on(made(kind), wrap)
    assert pruner.n_parameters_ == (3 * 3 + 3) + (3 * 2 + 2) + (2 * n_outputs + n_outputs)
    assert type(pruner.n_parameters_) is int
    smaller = prune_neurons(pruner, [(0, 0)])
    assert smaller.n_parameters_ == pruner.n_parameters_ - (3 + 1 + 2)


# ---- ranking, tags -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "expected"),
    [([], [1, 1, 1, 1]), ([2], [1, 1, 2, 1]), ([3, 0], [2, 1, 1, 3]), ([1, 0, 3], [3, 4, 1, 2])],
)
def test_ranking_gives_the_last_removed_the_best_rank(order, expected):
    found = ranking(np.array(order, dtype=int), 4)
    assert_array_equal(found, expected)
    assert found.dtype == int


@pytest.mark.parametrize("kind", ["multiclass", "multilabel", "regression", "multioutput"])
def test_tags_are_those_of_the_network(kind):
    mlp = made(kind).mlp
    tags, inner = get_tags(RottenNeuronPruner(mlp)), get_tags(mlp)
    assert tags.estimator_type == inner.estimator_type
    assert tags.classifier_tags == inner.classifier_tags
    assert tags.regressor_tags == inner.regressor_tags
    assert tags.input_tags.sparse == inner.input_tags.sparse
    assert tags.target_tags.required
    assert tags.transformer_tags is not None
    assert is_classifier(RottenNeuronPruner(mlp)) == (kind in ("multiclass", "multilabel"))
    assert is_regressor(RottenNeuronPruner(mlp)) == (kind in networks.REGRESSIONS)
