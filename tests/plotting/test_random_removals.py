"""Scores after random removals, which a path is compared with."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from skneuron import neuron_pruning_path, prune_neurons
from skneuron.plotting._random_removals import random_removal_scores

X, Y = (array[:400] for array in load_digits(return_X_y=True))


@pytest.fixture(scope="module")
def mlp():
    return MLPClassifier((9, 5), early_stopping=True, random_state=0).fit(X, Y)


def test_one_row_a_draw_from_the_whole_network_to_the_smallest(mlp):
    path = neuron_pruning_path(mlp, X, Y, n_neurons_to_select=4)
    scores = random_removal_scores(path, X, Y, n_draws=3, random_state=0)
    assert scores.shape == (3, 11)
    assert (scores[:, 0] == path.scores[0]).all()
    assert len(np.unique(scores[:, 5:8], axis=0)) == 3
    again = random_removal_scores(path, X, Y, n_draws=3, random_state=0)
    np.testing.assert_array_equal(scores, again)


def test_scores_are_those_of_pruned_networks(mlp):
    path = neuron_pruning_path(mlp, X, Y, layers=1, n_neurons_to_select=13)
    (scores,) = random_removal_scores(path, X[200:], Y[200:], n_draws=1, random_state=0)
    possible = {prune_neurons(mlp, [(1, index)]).score(X[200:], Y[200:]) for index in range(5)}
    assert len(scores) == 2
    assert any(np.isclose(scores[1], score) for score in possible)


def test_sizes_are_those_of_the_path(mlp):
    path = neuron_pruning_path(mlp, X, Y, step=4, n_neurons_to_select=4)
    scores = random_removal_scores(path, X, Y, n_draws=2, random_state=0)
    assert scores.shape == (2, len(path.n_neurons)) == (2, 4)


@pytest.mark.parametrize("replacement", ["mean", "linear"])
def test_replacements_are_measured_on_reference_samples(mlp, replacement):
    path = neuron_pruning_path(mlp, X, Y, replacement=replacement, X_ref=X)
    own = random_removal_scores(path, X[:50], Y[:50], n_draws=2, random_state=0)
    given = random_removal_scores(path, X[:50], Y[:50], n_draws=2, X_ref=X, random_state=0)
    assert own.shape == given.shape
    assert (own != given).any()


def test_another_scoring(mlp):
    path = neuron_pruning_path(mlp, X, Y, scoring="neg_log_loss", n_neurons_to_select=10)
    scores = random_removal_scores(path, X, Y, n_draws=2, scoring="neg_log_loss", random_state=0)
    assert (scores < 0).all()
