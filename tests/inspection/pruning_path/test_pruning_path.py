"""`neuron_pruning_path`: where it stops, which neurons are removed, and what it complains of."""

import re

import numpy as np
import pytest
from helpers.networks import make
from helpers.pruning_paths import (
    each_strategy,
    each_strategy_by_score,
    knowing,
    removed_by,
    sizes_of,
)
from helpers.pruning_paths import public_path_of as path_of
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_info, threadpool_limits

from skneuron import neuron_ablation, neuron_pruning_path, prune_neurons
from skneuron.inspection._criteria._criteria import neuron_criterion

# ---- where to stop


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({"n_neurons_to_select": 5}, 5),
        ({"n_neurons_to_select": 9}, 9),
        ({"n_neurons_to_select": 0.5}, 4),
        ({"n_neurons_to_select": 0.01, "min_neurons_per_layer": 2}, 4),
        ({"n_neurons_to_select": [2, 4]}, [2, 4]),
        ({"n_neurons_to_select": [5, 1]}, [5, 1]),
        ({"min_neurons_per_layer": 3}, [3, 3]),
        ({"layers": 0}, [1, 4]),
        ({"layers": [-1], "n_neurons_to_select": 7}, [5, 2]),
        ({"step": 0.3, "n_neurons_to_select": 4}, 4),
        ({"threshold": -np.inf}, [5, 4]),
        ({"threshold": -np.inf, "n_neurons_to_select": 4}, 4),
    ],
)
@each_strategy
def test_sizes_at_the_end(strategy, options, sizes):
    if strategy == "one_shot" and "step" in options:
        options = {"n_neurons_to_select": 4}
    path = path_of(make("multiclass", (5, 4)), strategy=strategy, **options)
    end = sizes_of(path.prune_to(path.n_neurons[-1]))
    assert (end if isinstance(sizes, list) else sum(end)) == sizes


@each_strategy_by_score
@pytest.mark.parametrize("tol", [0, 0.06, 0.2])
def test_no_more_of_the_score_is_given_up_than_tol(tol, strategy):
    case = knowing(seed=23)
    path, full = (path_of(case, strategy=strategy, tol=t) for t in (tol, None))
    assert path.scores[-1] >= path.scores[0] - tol
    assert 0 < len(path.layer) < len(full.layer)


def test_the_path_stops_at_the_first_step_that_gives_up_too_much():
    case = knowing(seed=23)
    full = path_of(case)
    for tol in (0.0, 0.06, 0.2, 0.9):
        path = path_of(case, tol=tol)
        falls = full.scores[0] - full.scores > tol
        n_steps = int(np.argmax(falls)) if falls.any() else len(falls)
        assert_array_equal(path.scores, full.scores[:n_steps])
        assert removed_by(path) == removed_by(full)[: n_steps - 1]


def test_a_threshold_as_a_statistic_of_the_importances():
    case = make("multiclass", (5, 4))
    importances = neuron_ablation(case.mlp, case.X, case.y).importances
    for threshold, number in [("mean", importances.mean()), ("0.5*median", None)]:
        number = np.median(importances) / 2 if number is None else number
        path = path_of(case, threshold=threshold)
        assert removed_by(path) == removed_by(path_of(case, threshold=number))
        assert (path.importances < number).all()


def test_alpha_removes_what_is_rotten_beyond_chance():
    case = knowing(seed=4)
    case.mlp.coefs_[1][:2] *= -2
    path = path_of(case, alpha=0.05)
    assert len(path.layer) == 1
    verdicts = neuron_ablation(case.mlp, case.X, case.y).verdicts()
    rotten = verdicts.verdict == "rotten"
    at = np.argmin(np.where(rotten, path.ablation.importances, np.inf))
    assert removed_by(path) == [(path.ablation.layer[at], path.ablation.index[at])]
    left = neuron_ablation(path.prune_to(8), case.X, case.y)
    assert not (left.verdicts().verdict == "rotten").any()


# ---- who goes


@pytest.mark.parametrize("criterion", ["l2_outgoing", "taylor1", "apoz"])
def test_a_criterion_ranks_again_after_every_step(criterion):
    case = make("multiclass", (4, 3))
    path, pruned = path_of(case, criterion=criterion), case.mlp
    alive = [list(range(4)), list(range(3))]
    for (layer, index), importance in zip(removed_by(path), path.importances, strict=True):
        importances = neuron_criterion(pruned, case.X, case.y, criterion=criterion)
        masks = [len(left) > 1 for left in alive]
        at = alive[layer].index(index)
        may_go = np.repeat(masks, [len(left) for left in alive])
        assert importance == importances[may_go].min()
        assert importance == importances[at + layer * len(alive[0])]
        pruned = prune_neurons(pruned, [(layer, at)])
        alive[layer].remove(index)
    assert sizes_of(pruned) == [1, 1]


def test_a_function_ranks():
    case = make("multiclass", (4, 3))

    def last_first(mlp, X, y):
        return -np.arange(sum(b.size for b in mlp.intercepts_[:-1]))

    path = path_of(case, criterion=last_first)
    assert removed_by(path) == [(1, 2), (1, 1), (0, 3), (0, 2), (0, 1)]
    assert path.importances.tolist() == [-6, -5, -3, -2, -1]


def test_random_ranks_follow_their_seed():
    case = make("multiclass", (6, 5))
    paths = [path_of(case, criterion="random", random_state=seed) for seed in (0, 0, 1)]
    assert removed_by(paths[0]) == removed_by(paths[1])
    assert removed_by(paths[0]) != removed_by(paths[2])


def test_weights_of_rows_count():
    case = make("multiclass", (4, 3))
    weight = np.random.default_rng(0).integers(0, 3, 40)
    weighted = path_of(case, sample_weight=weight)
    repeated = neuron_pruning_path(
        case.mlp, np.repeat(case.X, weight, axis=0), np.repeat(case.y, weight)
    )
    assert removed_by(weighted) == removed_by(repeated)
    assert_allclose(weighted.scores, repeated.scores, rtol=1e-12)
    assert not np.allclose(weighted.scores, path_of(case).scores)


@pytest.mark.parametrize("scoring", [None, "roc_auc_ovr"])
def test_sparse_rows_are_rows(scoring):
    case = make("multiclass", (4, 3), dyadic=True)
    dense = path_of(case, scoring=scoring)
    path = neuron_pruning_path(case.mlp, sparse.csr_array(case.X), case.y, scoring=scoring)
    assert removed_by(path) == removed_by(dense)
    assert_array_equal(path.scores, dense.scores)


# ---- errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strategy": "best"}, "strategy='best' is unknown; use one of ['greedy', 'obs', "),
        ({"strategy": None}, "strategy=None is unknown"),
        ({"scoring": ["accuracy"]}, "scoring=['accuracy'] names several scorers"),
        ({"strategy": ["greedy"]}, "strategy=['greedy'] is unknown"),
        ({"replacement": "median"}, "replacement='median' is unknown"),
        ({"replacement": "resample"}, "replacement='resample' is unknown"),
        ({"replacement": "mean"}, "replacement='mean' needs reference data: pass X_ref"),
        ({"criterion": "taylor3"}, "criterion='taylor3' is unknown"),
        ({"criterion": 3}, "criterion=3 is neither a name nor a callable"),
        ({"criterion": "apoz", "alpha": 0.1}, "alpha=0.1 needs the tests"),
        ({"layers": 2}, "layers=2 names hidden layer 2"),
        ({"layers": []}, "layers=[] selects no hidden layer"),
        ({"threshold": "max"}, "threshold='max' is not a number"),
        ({"tol": -1}, "tol=-1 is neither None"),
        ({"alpha": 2}, "alpha=2 is neither None"),
        ({"step": 0}, "step=0 is neither an int"),
        ({"min_neurons_per_layer": 0}, "min_neurons_per_layer=0 must be an int of at least 1"),
        ({"n_neurons_to_select": 8}, "n_neurons_to_select=8 must be an int from 2 to 7, "),
        ({"n_neurons_to_select": [4, 4]}, "n_neurons_to_select=[4, 4]: hidden layer 1 has 3"),
        (
            {"n_neurons_to_select": 2, "layers": 0},
            "n_neurons_to_select=2 must be an int from 4 to 7, ",
        ),
        ({"sample_weight": np.ones(39)}, "sample_weight.shape == (39,)"),
    ],
)
def test_parameters_out_of_range_are_named(options, message):
    case = make("multiclass", (4, 3))
    with pytest.raises(ValueError, match=re.escape(message)):
        neuron_pruning_path(case.mlp, case.X, case.y, **options)


def test_what_is_no_network_or_has_no_hidden_neurons_is_an_error():
    case = make("multiclass", (4, 3))
    with pytest.raises(TypeError, match="estimator must be a fitted MLPClassifier"):
        path_of(case, LogisticRegression().fit(case.X, case.y))
    with pytest.raises(NotFittedError):
        path_of(case, MLPClassifier())
    with pytest.raises(ValueError, match="no hidden layer"):
        path_of(make("multiclass", ()))
    with pytest.raises(ValueError, match="X has 2 features"):
        neuron_pruning_path(case.mlp, case.X[:, :2], case.y)


@each_strategy_by_score
def test_blas_has_one_thread_on_the_way_and_as_many_as_before_afterwards(strategy):
    case, on_the_way = knowing(), []

    def blas_threads():
        return [i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"]

    def criterion(estimator, X, y):
        on_the_way.append(blas_threads())
        return neuron_criterion(estimator, X, y, criterion="l1_incoming")

    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        path_of(case, strategy=strategy, criterion=criterion, n_neurons_to_select=7)
        assert blas_threads() == before
    assert on_the_way
    assert all(n == 1 for threads in on_the_way for n in threads)
