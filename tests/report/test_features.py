"""Names and weights of what neurons look at."""

import numpy as np
import pandas as pd
import pytest
from helpers.networks import make
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skneuron.report._features import column_of, feature_names, patterns, short_name, strongest
from skneuron.surgery import Network
from skneuron.utils import training_in_full


def fitted(X, *steps):
    with training_in_full():
        mlp = MLPClassifier((3,), max_iter=2, random_state=0)
        estimator = make_pipeline(*steps, mlp) if steps else mlp
        return estimator.fit(X, np.arange(len(X)) % 2)


FRAME = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 2)), columns=["age", "income"])


def test_names_of_columns():
    assert feature_names(fitted(FRAME), FRAME) == ["age", "income"]
    assert feature_names(fitted(FRAME, StandardScaler()), FRAME) == ["age", "income"]
    # A frame for a network that was trained on an array.
    assert feature_names(fitted(FRAME.to_numpy()), FRAME) == ["age", "income"]


def test_names_behind_a_column_transformer(table, table_pipeline):
    names = feature_names(table_pipeline, table[0])
    assert names[0] == "age"
    assert [name.split(": ")[0] for name in names[2:]] == ["city", "city"]


def test_numbers_where_there_are_no_names():
    X = FRAME.to_numpy()
    assert feature_names(fitted(X), X) == ["x0", "x1"]
    hidden = fitted(X, FunctionTransformer(lambda X: np.hstack([X, X])))
    assert feature_names(hidden, X) == [f"x{i}" for i in range(4)]


def test_given_names():
    X = FRAME.to_numpy()
    assert feature_names(fitted(X), X, ["a", 2]) == ["a", "2"]
    with pytest.raises(ValueError, match=r"feature_names has 3 names, but 2 features"):
        feature_names(fitted(X), X, ["a", "b", "c"])


def test_patterns_are_products_of_weights():
    network = Network.from_mlp(make("binary", (4, 3), n_features=5).mlp)
    first, second = patterns(network)
    assert np.array_equal(first, network.coefs[0])
    np.testing.assert_allclose(second, network.coefs[0] @ network.coefs[1])


def test_the_strongest_features():
    weights = np.array([0.1, -0.9, 0.0, 0.5, np.nan])
    names = ["a", "num__b", "c", "d", "e"]
    assert strongest(weights, names) == [("b", -0.9), ("d", 0.5), ("a", 0.1)]
    assert strongest(weights, names, 1) == [("b", -0.9)]


@pytest.mark.parametrize(
    ("name", "short"), [("num__age", "age"), ("age", "age"), ("__age", "__age"), ("a__", "a__")]
)
def test_short_names(name, short):
    assert short_name(name) == short


def test_columns_that_features_were_made_of():
    columns = ["age", "city", "city_size"]
    assert column_of("num__age", columns) == "age"
    assert column_of("cat__city_Paris", columns) == "city"
    assert column_of("city: Paris", columns) == "city"
    assert column_of("city_size", columns) == "city_size"
    assert column_of("pca0", columns) is None
