"""Types of what users pass and get; tests/test_typing.py shows what type checkers say of them."""

import inspect

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import make_scorer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline

from skneuron import PrunableMLPClassifier, RottenNeuronPruner
from skneuron.utils import _typing


@pytest.mark.parametrize("name", _typing.__all__)
def test_listed_names_exist(name):
    assert getattr(_typing, name) is not None


def members(protocol):
    return {name for name in vars(protocol) if not name.startswith("_")}


@pytest.mark.parametrize(
    "make", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array], ids=lambda make: make.__name__
)
def test_sparse_matrices_have_what_their_protocol_says(make):
    assert members(_typing.SparseMatrix) == {"shape", "toarray"}
    X = make(np.eye(3))
    assert X.shape == (3, 3)
    assert X.toarray().tolist() == np.eye(3).tolist()


def test_data_frames_have_what_their_protocol_says():
    pandas = pytest.importorskip("pandas")
    assert members(_typing.DataFrame) == {"shape", "columns"}
    X = pandas.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]})
    assert X.shape == (3, 2)
    assert list(X.columns) == ["a", "b"]


@pytest.mark.parametrize(
    "estimator",
    [MLPClassifier(), PrunableMLPClassifier(), RottenNeuronPruner(), make_pipeline("passthrough")],
    ids=lambda estimator: type(estimator).__name__,
)
def test_estimators_have_what_their_protocol_says(estimator):
    assert members(_typing.Estimator) == {"get_params", "set_params"}
    assert estimator.set_params(**estimator.get_params(deep=False)) is estimator


def test_scorers_are_called_as_their_protocol_says():
    parameters = inspect.signature(_typing.Scorer.__call__).parameters.values()
    assert [p.name for p in parameters] == ["self", "estimator", "X", "y"]
    assert {p.kind for p in parameters} == {inspect.Parameter.POSITIONAL_ONLY}
    mlp = MLPClassifier((2,), max_iter=1, random_state=0)
    mlp.partial_fit(np.eye(2), [0, 1], classes=[0, 1])
    assert make_scorer(lambda y, predicted: 3.0)(mlp, np.eye(2), [0, 1]) == 3.0
