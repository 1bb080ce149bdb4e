"""What features are called, behind any Pipeline."""

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    StandardScaler,
)

from skneuron import RottenNeuronPruner, RottenNeuronPrunerCV
from skneuron.surgery._feature_names import feature_names_of

RNG = np.random.default_rng(0)
N = 90
FRAME = pd.DataFrame(
    {
        "age": RNG.normal(size=N),
        "age_of_car": RNG.normal(size=N),
        "city": np.array(["Oslo", "Rome", "New_York"])[np.arange(N) % 3],
        "plan__type": np.array(["a", "b"])[np.arange(N) % 2],
    }
)
NUMBERS, TEXTS = ["age", "age_of_car"], ["city", "plan__type"]
Y = np.arange(N) % 2
READABLE = [
    "age", "age_of_car", "city: New_York", "city: Oslo", "city: Rome",
    "plan__type: a", "plan__type: b",
]  # fmt: skip


def mlp():
    # It stops after some epochs, and so does not warn that it has not converged.
    stop = {"max_iter": 20, "n_iter_no_change": 2, "tol": 1e9}
    return MLPClassifier((3,), random_state=0, **stop)


def columns(**options):
    return ColumnTransformer(
        [
            ("num", make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
            ("cat", OneHotEncoder(sparse_output=False), TEXTS),
        ],
        **options,
    )


def test_columns_behind_a_column_transformer():
    pipeline = make_pipeline(columns(), mlp()).fit(FRAME, Y)
    assert feature_names_of(pipeline) == READABLE
    assert feature_names_of(FrozenEstimator(pipeline)) == READABLE


def test_without_prefixes_and_with_a_step_after_it():
    transformer = columns(verbose_feature_names_out=False)
    pipeline = make_pipeline(transformer, MinMaxScaler(), mlp()).fit(FRAME, Y)
    assert feature_names_of(pipeline) == READABLE


def test_pruners_and_searches_around_a_pipeline():
    pruner = RottenNeuronPruner(make_pipeline(columns(), mlp()), random_state=0)
    assert feature_names_of(pruner.fit(FRAME, Y)) == READABLE
    search = RottenNeuronPrunerCV(pruner, thresholds=[0.0], cv=2).fit(FRAME, Y)
    assert feature_names_of(search) == READABLE


def test_pruners_at_the_end_of_a_pipeline():
    pipeline = make_pipeline(columns(), RottenNeuronPruner(mlp(), random_state=0))
    assert feature_names_of(pipeline.fit(FRAME, Y)) == READABLE


def test_data_frames_without_a_pipeline():
    network = mlp().fit(FRAME[NUMBERS], Y)
    assert feature_names_of(network) == NUMBERS


def test_arrays():
    X = FRAME[NUMBERS].to_numpy(copy=True)
    assert feature_names_of(mlp().fit(X, Y)) == ["x0", "x1"]
    assert feature_names_of(make_pipeline(StandardScaler(), mlp()).fit(X, Y)) == ["x0", "x1"]
    transformer = make_column_transformer(
        (StandardScaler(), [1]), (OneHotEncoder(sparse_output=False), [0])
    )
    X[:, 0] = np.arange(N) % 2
    expected = ["x1", "x0: 0.0", "x0: 1.0"]
    assert feature_names_of(make_pipeline(transformer, mlp()).fit(X, Y)) == expected


def test_steps_that_cannot_tell_what_they_make():
    pipeline = make_pipeline(FunctionTransformer(np.abs), mlp()).fit(FRAME[NUMBERS], Y)
    assert feature_names_of(pipeline) == NUMBERS  # what the network was fitted to
    pipeline = make_pipeline(FunctionTransformer(lambda X: np.abs(X.to_numpy())), mlp())
    assert feature_names_of(pipeline.fit(FRAME[NUMBERS], Y)) == ["x0", "x1"]


def test_what_is_made_of_several_columns_keeps_its_name():
    pipeline = make_pipeline(PolynomialFeatures(2, include_bias=False), mlp())
    names = feature_names_of(pipeline.fit(FRAME[NUMBERS], Y))
    assert names == ["age", "age_of_car", "age^2", "age age_of_car", "age_of_car^2"]
    pipeline = make_pipeline(PCA(2), mlp()).fit(FRAME[NUMBERS], Y)
    assert feature_names_of(pipeline) == ["pca0", "pca1"]


def test_names_that_would_be_the_same_keep_their_prefixes():
    pipeline = make_pipeline(make_union(StandardScaler(), MinMaxScaler()), mlp())
    names = feature_names_of(pipeline.fit(FRAME[NUMBERS], Y))
    assert names == [
        "standardscaler__age", "standardscaler__age_of_car", "minmaxscaler__age",
        "minmaxscaler__age_of_car",
    ]  # fmt: skip


def test_columns_of_samples_at_hand():
    network = mlp().fit(FRAME[NUMBERS].to_numpy(), Y)
    assert feature_names_of(network) == ["x0", "x1"]
    assert feature_names_of(network, FRAME[NUMBERS].columns) == NUMBERS
    pipeline = make_pipeline(StandardScaler(), mlp()).fit(FRAME[NUMBERS].to_numpy(), Y)
    assert feature_names_of(pipeline, FRAME[NUMBERS].columns) == NUMBERS
    # What an estimator was fitted to goes first.
    assert feature_names_of(mlp().fit(FRAME[NUMBERS], Y), ["a", "b"]) == NUMBERS
    assert feature_names_of(network, ["a", "b", "c"]) == ["x0", "x1"]
