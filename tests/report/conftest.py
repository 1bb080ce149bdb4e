"""Fitted objects that pages are made of; tests read them and do not change them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skneuron import PrunableMLPClassifier, PrunableMLPRegressor, RottenNeuronPruner
from skneuron.utils import training_in_full

HOSTILE = "<script>alert(\"1\")</script> & 'q' 🙂 " + "x" * 60


@pytest.fixture(scope="session")
def digits():
    """Images in two parts: one to train and choose on, one to judge by."""
    X, y = load_digits(return_X_y=True)
    X /= 16
    return X[:900], y[:900], X[900:1300], y[900:1300]


@pytest.fixture(scope="session")
def digits_pruner(digits):
    """Of 26 neurons, one is rotten on the samples that chose, and three more may go."""
    mlp = PrunableMLPClassifier((16, 10), max_iter=15, learning_rate_init=0.01, random_state=1)
    with training_in_full():
        return RottenNeuronPruner(mlp, threshold=0.003, random_state=0).fit(*digits[:2])


@pytest.fixture(scope="session")
def table():
    """Rows of customers, of whom some have odd names and live in odd places."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, 400),
            HOSTILE: rng.normal(size=400),
            "city": rng.choice(["Paris", "<b>Rome</b>"], 400),
        }
    )
    y = np.where(frame["age"] + 20 * frame[HOSTILE] > 50, "<i>stays</i>", "goes")
    return frame, y


@pytest.fixture(scope="session")
def table_pipeline(table):
    """A pruner behind what makes numbers of a table."""
    frame, y = table
    columns = ColumnTransformer(
        [("num", StandardScaler(), ["age", HOSTILE]), ("cat", OneHotEncoder(), ["city"])]
    )
    mlp = PrunableMLPClassifier((8,), max_iter=60, learning_rate_init=0.02, random_state=1)
    pruner = RottenNeuronPruner(mlp, n_neurons_to_select=5, random_state=0, cv=0.5)
    with training_in_full():
        return make_pipeline(columns, pruner).fit(frame[:250], y[:250])


@pytest.fixture(scope="session")
def regression():
    """A pruner of numbers, and test samples."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    y = X[:, 0] - 2 * np.abs(X[:, 1])
    mlp = PrunableMLPRegressor(
        hidden_layer_sizes=(8,), max_iter=80, learning_rate_init=0.02, random_state=0
    )
    with training_in_full():
        return RottenNeuronPruner(mlp, random_state=0).fit(X[:200], y[:200]), X[200:], y[200:]
