"""What training and scoring refuse, and that nothing is left behind then."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skneuron import PrunableMLPClassifier, PrunableMLPRegressor

PAIRS = {
    "classifier": (PrunableMLPClassifier, MLPClassifier),
    "regressor": (PrunableMLPRegressor, MLPRegressor),
}
N = 60
unconverged = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
TASKS = {
    "binary": make_classification(N, 5, n_informative=4, n_redundant=0, random_state=0),
    "multiclass": make_classification(
        N, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=0
    ),
    "multilabel": make_multilabel_classification(N, 5, n_classes=3, random_state=0),
    "regression": make_regression(N, 5, random_state=0),
}


@unconverged
@pytest.mark.parametrize("method", ["partial_fit", "fit"])
def test_a_regressor_is_not_trained_on_with_another_number_of_outputs(method):
    X, y = TASKS["regression"]
    mlp = PrunableMLPRegressor(hidden_layer_sizes=(3,), max_iter=2, warm_start=True).fit(X, y)
    before = [c.copy() for c in mlp.coefs_]
    with pytest.raises(ValueError, match=r"y has 2 column\(s\), but the network has 1 output"):
        getattr(mlp, method)(X, np.stack([y, y], axis=1))
    assert mlp.n_outputs_ == 1
    for found, expected in zip(mlp.coefs_, before, strict=True):
        assert_array_equal(found, expected)


@unconverged
def test_a_first_partial_fit_that_fails_leaves_nothing_behind():
    X, y = TASKS["multiclass"]
    mlp = PrunableMLPClassifier((3,))
    before = dict(vars(mlp))
    for bad in ({"X": X * np.nan}, {"y": y + 7}, {"classes": [0, None]}, {"classes": []}):
        with pytest.raises((TypeError, ValueError)):
            mlp.partial_fit(**{"X": X, "y": y, "classes": [0, 1, 2]} | bad)
        assert vars(mlp) == before


def test_lbfgs_has_no_partial_fit():
    mlp = PrunableMLPClassifier(solver="lbfgs")
    assert not hasattr(mlp, "partial_fit")
    with pytest.raises(AttributeError) as ours:
        mlp.partial_fit  # noqa: B018
    with pytest.raises(AttributeError) as theirs:
        MLPClassifier(solver="lbfgs").partial_fit  # noqa: B018
    # The reason, behind what Python says of any attribute.
    assert str(ours.value.__cause__.__cause__) == str(theirs.value.__cause__)


@pytest.mark.parametrize("sizes", [True, [0], [1.5], ["a"], [None], [[1]], {}, {3}, (3, -1)])
def test_sizes_are_ints_of_at_least_one(sizes):
    X, y = TASKS["binary"]
    with pytest.raises(ValueError, match="hidden_layer_sizes"):
        PrunableMLPClassifier(sizes).fit(X, y)


@unconverged
@pytest.mark.parametrize("task", ["multiclass", "multilabel", "regression"])
def test_scores_are_scikit_learns(task):
    X, y = TASKS[task]
    cls, theirs = PAIRS["regressor" if task == "regression" else "classifier"]
    mlp = cls(hidden_layer_sizes=(3,), max_iter=2, random_state=0).fit(X, y)
    for weight in (None, np.arange(N), np.arange(N, dtype=np.float32)):
        assert mlp.score(X, y, weight) == theirs.score(mlp, X, y, weight)
    assert mlp.score(X, y, 2.0) == mlp.score(X, y, np.full(N, 2.0))
