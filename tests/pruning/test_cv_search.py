"""Tests of skneuron.pruning._cv_search: candidates, what a fold says of them, and the best one."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits
from sklearn.model_selection import ParameterGrid

from skneuron import PrunableMLPClassifier, RottenNeuronPruner
from skneuron.inspection._pruning_path._networks_on_path import scores_along
from skneuron.pruning import _fold_scores
from skneuron.pruning._cv_search import (
    CandidateScores,
    best_candidate,
    candidates_of,
    results_table,
    scores_in_fold,
)
from skneuron.pruning._routing import RoutedParams
from skneuron.pruning._settings import PrunerSettings

NO_PARAMS = RoutedParams(None, {}, {})
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_candidates_are_those_of_a_grid():
    settings = PrunerSettings.of(RottenNeuronPruner())
    thresholds = [0.0, "median", -np.inf]
    assert candidates_of(thresholds, None, settings) == list(
        ParameterGrid({"threshold": thresholds})
    )
    sizes = [5, 0.5, [1, 2]]
    expected = list(ParameterGrid({"n_neurons_to_select": sizes}))
    assert candidates_of(thresholds, sizes, settings) == expected


@pytest.mark.parametrize("option", [{"tol": 0.1}, {"n_neurons_to_select": 3}])
def test_thresholds_that_the_pruner_would_not_look_at(option):
    with pytest.raises(ValueError, match=f"{next(iter(option))}={next(iter(option.values()))}"):
        candidates_of([0.0], None, PrunerSettings.of(RottenNeuronPruner(**option)))


def test_sizes_go_with_a_tolerance():
    settings = PrunerSettings.of(RottenNeuronPruner(tol=0.1))
    assert len(candidates_of([], [3, 4], settings)) == 2


@pytest.mark.parametrize("strategy", ["greedy", "one_shot", "swap"])
@pytest.mark.parametrize(
    "candidates",
    [
        [{"threshold": 0.05}, {"threshold": -np.inf}, {"threshold": 0.0}],
        [{"n_neurons_to_select": 4}, {"n_neurons_to_select": 0.75}],
        [{"n_neurons_to_select": [6]}],
    ],
)
def test_a_fold_says_what_one_pruner_a_candidate_says(candidates, strategy):
    X, y = load_digits(return_X_y=True)
    X, y = X[:300] / 16, y[:300]
    train, test = np.arange(200), np.arange(200, 300)
    mlp = PrunableMLPClassifier((10,), max_iter=20, random_state=0)
    pruner = RottenNeuronPruner(mlp, strategy=strategy, estimate_gain=False, random_state=0)
    settings = PrunerSettings.of(pruner)
    fold = scores_in_fold(settings, candidates, (X, y, NO_PARAMS, None), train, test)
    for at, candidate in enumerate(candidates):
        one = RottenNeuronPruner(mlp, strategy=strategy, random_state=0).set_params(**candidate)
        one.fit(X[train], y[train])
        assert_allclose(fold.scores[at], one.score(X[test], y[test]))
        assert fold.n_neurons[at] == one.n_neurons_
    assert fold.fit_seconds > 0
    assert fold.score_seconds > 0


@pytest.mark.parametrize(
    ("strategy", "alpha", "n_walks"), [("greedy", None, 1), ("swap", None, 3), ("swap", 0.5, 1)]
)
def test_a_path_that_candidates_share_is_scored_once(strategy, alpha, n_walks, monkeypatch):
    walked = []

    def counted(path, evaluate, n_removed):
        walked.append(path)
        return scores_along(path, evaluate, n_removed)

    monkeypatch.setattr(_fold_scores, "scores_along", counted)
    X, y = load_digits(return_X_y=True)
    mlp = PrunableMLPClassifier((6,), max_iter=5, random_state=0)
    pruner = RottenNeuronPruner(mlp, strategy=strategy, alpha=alpha, random_state=0)
    candidates = [{"threshold": value} for value in (-np.inf, 0.0, 0.02)]
    rows = np.arange(200), np.arange(200, 300)
    scores_in_fold(PrunerSettings.of(pruner), candidates, (X, y, NO_PARAMS, None), *rows)
    assert len(walked) == n_walks


def fold(scores, n_neurons, fit_seconds=3.0):
    return CandidateScores(np.array(scores), np.array(n_neurons), fit_seconds, 0.3)


def test_table_of_two_folds():
    candidates = [{"threshold": value} for value in (-np.inf, 0.0, 0.1)]
    folds = [fold([0.5, 0.7, 0.7], [9, 8, 2]), fold([0.7, 0.9, 0.9], [9, 6, 2], 6.0)]
    table = results_table(candidates, folds)
    assert_allclose(table["mean_test_score"], [0.6, 0.8, 0.8])
    assert_allclose(table["std_test_score"], [0.1, 0.1, 0.1])
    assert table["rank_test_score"].tolist() == [3, 1, 1]
    assert table["rank_test_score"].dtype == np.int32
    assert_array_equal(table["split1_test_score"], [0.7, 0.9, 0.9])
    assert_allclose(table["mean_n_neurons"], [9, 7, 2])
    assert_allclose(table["mean_fit_time"], [1.5] * 3)
    assert_allclose(table["std_fit_time"], [0.5] * 3)
    assert table["param_threshold"].tolist() == [-np.inf, 0.0, 0.1]
    assert table["params"] == candidates
    assert best_candidate(table, "best") == 1
    assert best_candidate(table, "one_se") == 2


def test_candidates_without_a_score_are_last():
    candidates = [{"threshold": value} for value in (0.0, 0.1, 0.2)]
    table = results_table(candidates, [fold([np.nan, -5.0, 0.0], [3, 2, 1])])
    assert table["rank_test_score"].tolist() == [3, 2, 1]
    nothing = results_table(candidates, [fold([np.nan] * 3, [3, 2, 1])])
    assert nothing["rank_test_score"].tolist() == [1, 1, 1]
    assert best_candidate(nothing, "best") == 0


# ---- the rule


def results(*columns, sizes):
    splits = np.array(columns, dtype=float)
    mean = splits.mean(axis=0)
    table = {f"split{at}_test_score": row for at, row in enumerate(splits)}
    table |= {f"split{at}_n_neurons": np.array(sizes) for at in range(len(splits))}
    table |= {"mean_test_score": mean, "mean_n_neurons": np.array(sizes, dtype=float)}
    return table | {"rank_test_score": (-mean).argsort(kind="stable").argsort(kind="stable") + 1}


def test_one_standard_error_is_traded_for_neurons():
    # Mean 0.9 with standard error 0.01; 0.891 is within it, 0.88 is not.
    table = results([0.89, 0.88, 0.87], [0.91, 0.902, 0.89], sizes=[30, 20, 10])
    assert best_candidate(table, "best") == 0
    assert best_candidate(table, "one_se") == 1
    same_size = results([0.88, 0.89, 0.7], [0.902, 0.91, 0.7], sizes=[20, 20, 1])
    assert best_candidate(same_size, "one_se") == 1
