"""Tests of inspection._pruning_path._sizes_and_scores, and of `NeuronPruningPath.pareto`."""

import pickle

import numpy as np
import pandas as pd
import pytest
from helpers.networks import deterministic, make
from helpers.pruning_paths import public_path_of as path_of
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer

from skneuron import PrunableMLPClassifier, neuron_pruning_path
from skneuron.inspection._pruning_path._network_size import SIZES
from skneuron.inspection._pruning_path._sizes_and_scores import SizesAndScores, is_optimal


@deterministic(max_examples=200)
@given(scores=st.lists(st.sampled_from([np.nan, 0.1, 0.2, 0.3, 0.4, -np.inf]), min_size=1))
def test_optimal_is_what_no_smaller_network_reaches(scores):
    expected = [
        not np.isnan(score)
        and score > -np.inf
        and not any(smaller >= score for smaller in scores[at + 1 :])
        for at, score in enumerate(scores)
    ]
    assert is_optimal(np.array(scores)).tolist() == expected


@pytest.mark.parametrize("scoring", [None, "neg_log_loss", "f1_macro"])
@pytest.mark.parametrize("step", [1, 3])
def test_scores_are_those_of_the_networks_on_new_samples(scoring, step):
    case = make("multiclass", (5, 4))
    path = path_of(case, step=step, replacement="linear", X_ref=case.X_ref)
    new = make("multiclass", (5, 4), seed=7)
    pareto = path.pareto(new.X, new.y, scoring)
    assert isinstance(pareto, SizesAndScores)
    score = get_scorer(scoring or "accuracy")
    expected = [score(path.prune_to(n), new.X, new.y) for n in path.n_neurons]
    assert_allclose(pareto.score, expected, rtol=1e-9)
    assert_array_equal(pareto.is_optimal, is_optimal(pareto.score))
    assert 0 < pareto.is_optimal.sum() < len(expected)
    for name in SIZES:
        assert_array_equal(pareto[name], getattr(path, name))


def test_weights_of_samples_count():
    case = make("multiclass", (5, 4))
    path, weight = path_of(case), np.arange(40) % 3
    pareto = path.pareto(case.X, case.y, sample_weight=weight, n_jobs=1)
    repeated = path.pareto(np.repeat(case.X, weight, axis=0), np.repeat(case.y, weight))
    assert_allclose(pareto.score, repeated.score, rtol=1e-12)
    assert not np.allclose(pareto.score, path.scores)


def test_a_table_and_a_text():
    case = make("multiclass", (5, 4))
    pareto = path_of(case).pareto(case.X, case.y)
    frame = pareto.to_frame()
    assert list(frame) == [*SIZES, "score", "is_optimal"]
    pd.testing.assert_frame_equal(frame, pd.DataFrame(dict(pareto)))
    text = f"SizesAndScores(8 networks, n_neurons=9 to 2, {pareto.is_optimal.sum()} of them "
    assert repr(pareto) == f"{text}optimal)"
    again = pickle.loads(pickle.dumps(pareto))
    assert_array_equal(again.score, pareto.score)


def test_a_path_that_removes_nothing():
    case = make("multiclass", (5, 4))
    pareto = path_of(case, threshold=-np.inf).pareto(case.X, case.y)
    assert pareto.is_optimal.tolist() == [True]


def test_without_labels():
    case = make("multiclass", (5, 4))
    path = neuron_pruning_path(case.mlp, case.X, scoring="fidelity", strategy="obs")
    pareto = path.pareto(case.X_ref, scoring="fidelity")
    assert abs(pareto.score[0]) < 1e-12
    assert (pareto.score[1:] <= 0).all()
    assert pareto.score[-1] < -0.1
    assert_array_equal(pareto.is_optimal, is_optimal(pareto.score))


def test_samples_that_do_not_fit():
    case = make("multiclass", (5, 4))
    path = path_of(case)
    with pytest.raises(ValueError, match="X has 2 features"):
        path.pareto(case.X[:, :2], case.y)
    with pytest.raises(ValueError, match="y"):
        path.pareto(case.X)
    with pytest.raises(ValueError, match="scoring"):
        path.pareto(case.X, case.y, "best")


def test_the_networks_differ_by_what_was_trained():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    mlp = PrunableMLPClassifier((20,), max_iter=60, random_state=0, learning_rate_init=0.01)
    with pytest.warns(ConvergenceWarning):
        mlp.fit(X[:200], y[:200])
    path = neuron_pruning_path(mlp, X[:200], y[:200], strategy="obs", replacement="linear")
    pareto = path.pareto(X[200:], y[200:])
    optimal = pareto.n_neurons[pareto.is_optimal]
    assert (np.diff(pareto.score[pareto.is_optimal]) < 0).all()
    assert optimal[-1] == 1
    assert pareto.score[np.flatnonzero(pareto.is_optimal)[0]] == pareto.score.max()
