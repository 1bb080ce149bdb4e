"""``X`` and ``y`` of a pruner, checked: forms that are kept, and features that are compared."""

import numpy as np
import pandas as pd
import pytest
from helpers.pruners import FRAME, X, network, y
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import RottenNeuronPruner
from skneuron.pruning._inputs import checked_X, checked_X_y

MLP = network()
PIPELINE = make_pipeline(StandardScaler(), network())


def test_nothing_is_set_on_the_pruner():
    pruner = RottenNeuronPruner(MLP)
    for estimator in (MLP, PIPELINE):
        checked_X_y(pruner, estimator, FRAME, y)
        assert not hasattr(pruner, "n_features_in_")
        assert not hasattr(pruner, "feature_names_in_")


@pytest.mark.parametrize(
    ("given", "dtype"),
    [(X.tolist(), float), (X.astype(np.float32), np.float32), (X.astype(int), float)],
)
def test_networks_get_arrays_of_numbers(given, dtype):
    found, targets = checked_X_y(RottenNeuronPruner(MLP), MLP, given, y.tolist())
    assert found.dtype == dtype
    assert_array_equal(found, np.asarray(given))
    assert_array_equal(targets, y)


def test_sparse_matrices_and_data_frames_stay_what_they_are():
    pruner = RottenNeuronPruner(MLP)
    found, _ = checked_X_y(pruner, MLP, sparse.csc_array(X), y)
    assert found.format == "csr"
    assert checked_X_y(pruner, MLP, FRAME, y)[0] is FRAME


def test_pipelines_get_what_was_given():
    text = ["red apple", "green pear"]
    pipeline = make_pipeline(CountVectorizer(), network())
    found, _ = checked_X_y(RottenNeuronPruner(pipeline), pipeline, text, [0, 1])
    assert found == text
    assert checked_X(RottenNeuronPruner(pipeline), pipeline, text) == text


@pytest.mark.parametrize("estimator", [MLP, PIPELINE], ids=["mlp", "pipeline"])
def test_names_of_features_are_set_and_then_compared(estimator):
    pruner = RottenNeuronPruner(estimator)
    checked_X(pruner, estimator, FRAME, reset=True)
    assert_array_equal(pruner.feature_names_in_, FRAME.columns)
    checked_X(pruner, estimator, FRAME)
    with pytest.raises(ValueError, match="feature names should match"):
        checked_X(pruner, estimator, FRAME.iloc[:, ::-1])


@pytest.mark.parametrize(
    ("X_given", "y_given", "message"),
    [
        (X, None, "RottenNeuronPruner estimator requires y to be passed"),
        (X, y[:-1], "entries, but X has"),
        (X * np.nan, y, "contains NaN"),
        (X, y + 0.5, "Unknown label type"),
        (X[:, 0], y, "Expected 2D array"),
    ],
)
def test_errors(X_given, y_given, message):
    with pytest.raises(ValueError, match=message):
        checked_X_y(RottenNeuronPruner(MLP), MLP, X_given, y_given)


def test_targets_of_regressors_need_be_no_labels():
    regressor = MLPRegressor()
    _, targets = checked_X_y(RottenNeuronPruner(regressor), regressor, X, pd.Series(y + 0.5))
    assert_array_equal(targets, y + 0.5)
