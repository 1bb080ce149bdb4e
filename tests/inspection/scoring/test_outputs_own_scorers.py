"""Scorers that are subclasses of scikit-learn's and score in a way of their own."""

import numpy as np
import pytest
from helpers import networks
from numpy.testing import assert_allclose
from sklearn.metrics import accuracy_score, make_scorer

from skneuron import neuron_ablation, neuron_shapley, prune_neurons
from skneuron.utils import scorer_parts

Standard = type(make_scorer(accuracy_score))


class OwnScore(Standard):
    def _score(self, method_caller, estimator, X, y_true, **kwargs):
        # Of the estimator, and of the samples as they are.
        return 100 + float(np.abs(X).sum()) + super()._score(method_caller, estimator, X, y_true)


class OwnCall(Standard):
    def __call__(self, estimator, X, y_true, sample_weight=None, **kwargs):
        return 100 + sum(map(np.size, estimator.coefs_)) + estimator.score(X, y_true)


class OnlyAName(Standard):
    pass


@pytest.mark.parametrize("cls", [OwnScore, OwnCall])
def test_subclasses_are_called(cls):
    case = networks.make("multiclass", (5,))
    scorer = cls(accuracy_score, 1, {}, "predict")
    assert scorer_parts(scorer) is None
    ablation = neuron_ablation(case.mlp, case.X, case.y, scoring=scorer)
    assert_allclose(ablation.baseline_score, scorer(case.mlp, case.X, case.y), rtol=1e-12)
    assert ablation.baseline_score > 100
    pruned = prune_neurons(case.mlp, [networks.mask([0, 1, 3, 4], 5)])
    gain = scorer(pruned, case.X, case.y) - scorer(case.mlp, case.X, case.y)
    if cls is OwnCall:  # Ablation keeps the shapes.
        gain += np.size(case.mlp.coefs_[0][:, 0]) + np.size(case.mlp.coefs_[1][0])
    assert_allclose(ablation.scores[2] - ablation.baseline_score, gain, atol=1e-9)


@pytest.mark.parametrize("cls", [OwnScore, OwnCall])
def test_subclasses_are_called_for_coalitions(cls):
    case = networks.make("multiclass", (3,))
    scorer = cls(accuracy_score, 1, {}, "predict")
    values = neuron_shapley(case.mlp, case.X, case.y, scoring=scorer, max_permutations=2)
    assert_allclose(values.baseline_score, scorer(case.mlp, case.X, case.y), rtol=1e-12)


def test_subclasses_that_change_nothing_are_read():
    scorer = OnlyAName(accuracy_score, 1, {}, "predict")
    assert scorer_parts(scorer)[0] is accuracy_score
