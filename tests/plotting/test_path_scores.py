"""Whose a path is, and which scores of it are shares of samples."""

import numpy as np
import pytest
from helpers.made_up_results import judged_ablation
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Bunch

from skneuron import RottenNeuronPruner
from skneuron.plotting._path_scores import is_share, n_of_shares, pruner_in

X, Y = np.arange(300.0)[:, None] / 300, np.arange(300) % 2


@pytest.mark.parametrize(
    ("scoring", "expected"),
    [
        (None, True),
        ("accuracy", True),
        ("agreement", True),
        ("balanced_accuracy", False),
        (make_scorer(accuracy_score), False),  # nobody can tell
        (["accuracy"], False),
    ],
)
def test_scores_of_classifiers(scoring, expected):
    assert is_share(scoring, MLPClassifier((2,)).partial_fit(X, Y, classes=[0, 1])) == expected


def test_scores_of_regressors():
    regressor = MLPRegressor(hidden_layer_sizes=(2,)).partial_fit(X, Y)
    assert not is_share(None, regressor)


def test_the_ablation_of_a_path_knows():
    assert n_of_shares(Bunch(ablation=judged_ablation(3, n_samples=77))) == 77
    assert n_of_shares(Bunch(ablation=judged_ablation(3, test="loss"))) is None
    assert n_of_shares(Bunch(n_neurons=[2, 1])) is None


def test_samples_come_to_a_pruner_as_the_steps_around_it_make_them():
    pruner = RottenNeuronPruner(
        make_pipeline(StandardScaler(), MLPClassifier((4,), early_stopping=True)), random_state=0
    )
    scaler = StandardScaler()
    pipeline = make_pipeline(scaler, pruner).fit(X, Y)
    found, transformed = pruner_in(FrozenEstimator(pipeline), X)
    assert found is pipeline[-1]
    np.testing.assert_array_equal(transformed, scaler.transform(X))
    found, same = pruner_in(pruner, X)
    assert found is pruner
    assert same is X
    assert pruner_in(pipeline, None) == (pruner, None)
