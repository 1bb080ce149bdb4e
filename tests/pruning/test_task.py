"""`PruningTask`: paths that some of the samples choose, and scores of the networks on them."""

import numpy as np
import pytest
from helpers import networks, pruning_tasks
from helpers.pruning_paths import (
    each_replacement,
    each_strategy,
    network_left,
    removed_by,
    support_left,
)
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import accuracy_score, get_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import neuron_pruning_path, prune_neurons
from skneuron.inspection._pruning_path._networks_on_path import scores_along
from skneuron.inspection._scoring import score_of
from skneuron.surgery._network import Network, unwrap

ROWS = np.arange(0, 60, 2)
OTHERS = np.arange(1, 60, 2)


def task_on(case, **parameters):
    return pruning_tasks.task_on(case, **{"threshold": np.inf} | parameters)


def made(kind="multiclass", hidden=(4, 3), **parameters):
    return networks.make(kind, hidden, n=60, activation="tanh", **parameters)


def assert_same_path(found, expected):
    assert removed_by(found) == removed_by(expected)
    assert_array_equal(found.scores, expected.scores)


# ---- a task ------------------------------------------------------------------------------------


def test_settings_are_those_of_the_pruner():
    settings = {
        "replacement": "mean",
        "strategy": "swap",
        "criterion": "l1",
        "scoring": "neg_log_loss",
        "layers": [1],
        "random_state": 7,
        "n_jobs": 2,
    }
    task = task_on(made(), **settings)
    assert {name: getattr(task.settings, name) for name in settings} == settings
    assert task.settings.stopping.threshold_rule()(np.zeros(3)) == np.inf


@pytest.mark.parametrize(
    ("strategy", "alpha", "expected"),
    [
        ("greedy", None, "greedy"),
        ("one_shot", None, "one_shot"),
        ("swap", None, "greedy"),
        ("swap", 0.9, "swap"),
        ("obs", None, "obs"),
    ],
)
def test_a_strategy_for_all_sizes(strategy, alpha, expected):
    case = made()
    case.y = case.mlp.predict(case.X)
    case.mlp.coefs_[1][:2] *= -2  # so that some neurons are rotten beyond doubt
    task = task_on(case, strategy=strategy, alpha=alpha, layers=[0])
    assert task.strategy_for_all_sizes == expected
    # Every network on its way is what it comes to when it is to stop there.
    path = task.path(strategy=expected)
    assert len(path.order) >= 2
    for n_removed in range(len(path.order) + 1):
        stopped = task.path(n_neurons=7 - n_removed, strategy=expected)
        assert removed_by(stopped) == removed_by(path)[:n_removed]
        assert stopped.scores[-1] == path.scores[n_removed]


def test_the_network_inside_a_pipeline():
    case = made()
    scaler = StandardScaler().fit(case.X)
    task = task_on(case, full=make_pipeline(scaler, case.mlp), replacement="mean")
    assert task.mlp is case.mlp
    assert task.network.hidden_layer_sizes == (4, 3)
    assert_allclose(task.problem.X_ref, scaler.transform(case.X_ref))
    expected = accuracy_score(case.y, case.mlp.predict(scaler.transform(case.X)))
    assert score_of(task.evaluator(), task.network) == expected


@pytest.mark.parametrize(
    ("layers", "ablated", "pruned"),
    [
        (None, [True] * 7, {0, 1}),
        (0, [True] * 4 + [False] * 3, {0}),
        ([-1], [False] * 4 + [True] * 3, {1}),
    ],
)
def test_neurons_that_may_go(layers, ablated, pruned):
    task = task_on(made(), layers=layers)
    assert_array_equal(task.problem.ablated, ablated)
    assert set(task.path().layer) == pruned


# ---- paths -------------------------------------------------------------------------------------


@each_strategy
@each_replacement
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_the_path_that_all_rows_choose(kind, replacement, strategy):
    case = made(kind)
    options = {"replacement": replacement, "strategy": strategy}
    expected = neuron_pruning_path(case.mlp, case.X, case.y, X_ref=case.X_ref, **options)
    assert_same_path(task_on(case, **options).path(), expected)


@each_strategy
@pytest.mark.parametrize("weighted", [False, True])
def test_the_path_that_some_rows_choose(strategy, weighted):
    case = made()
    weight = np.random.default_rng(1).random(60) if weighted else None
    found = task_on(case, strategy=strategy, sample_weight=weight).path(ROWS)
    expected = neuron_pruning_path(
        case.mlp, case.X[ROWS], case.y[ROWS], strategy=strategy, X_ref=case.X_ref,
        sample_weight=None if weight is None else weight[ROWS],
    )  # fmt: skip
    assert_same_path(found, expected)
    everyone = task_on(case, strategy=strategy, sample_weight=weight).path()
    assert everyone.scores[0] != found.scores[0]


@each_strategy
@pytest.mark.parametrize(("n_neurons", "left"), [(0, 2), (1, 2), (5, 5), (7, 7)])
def test_paths_stop_at_a_number_of_neurons(strategy, n_neurons, left):
    path = task_on(made(), strategy=strategy).path(n_neurons=n_neurons)
    assert support_left(path).sum() == left == sum(network_left(path).hidden_layer_sizes)


def test_the_larger_of_two_limits_counts():
    task = task_on(made(), n_neurons_to_select=4)
    assert support_left(task.path()).sum() == support_left(task.path(n_neurons=3)).sum() == 4
    assert support_left(task.path(n_neurons=6)).sum() == 6


def test_paths_change_nothing():
    case = made()
    before = [c.copy() for c in case.mlp.coefs_]
    task = task_on(case, replacement="linear")
    first, second = task.path(), task.path()
    assert_same_path(first, second)
    for mine, theirs in zip(case.mlp.coefs_, before, strict=True):
        assert_array_equal(mine, theirs)


@pytest.mark.parametrize("seed", [0, 1])
def test_random_order_by_random_state(seed):
    case = made(hidden=(8, 6))
    found = task_on(case, criterion="random", random_state=seed).path(ROWS)
    same = task_on(case, criterion="random", random_state=seed).path(OTHERS)
    other = task_on(case, criterion="random", random_state=seed + 2).path(ROWS)
    assert removed_by(found) == removed_by(same)
    assert removed_by(found) != removed_by(other)


# ---- scores ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", networks.KINDS)
def test_score_is_that_of_the_estimator(kind):
    case = made(kind)
    task = task_on(case)
    found = score_of(task.evaluator(), task.network)
    assert_allclose(found, case.mlp.score(case.X, case.y), rtol=1e-12)
    some = score_of(task.evaluator(ROWS), task.network)
    assert_allclose(some, case.mlp.score(case.X[ROWS], case.y[ROWS]), rtol=1e-12)
    assert type(found) is float


@pytest.mark.parametrize("scoring", ["neg_log_loss", "balanced_accuracy", "matthews_corrcoef"])
def test_score_by_a_scorer(scoring):
    case = made("binary")
    task = task_on(case, scoring=scoring)
    expected = get_scorer(scoring)(case.mlp, case.X[ROWS], case.y[ROWS])
    assert_allclose(score_of(task.evaluator(ROWS), task.network), expected, rtol=1e-12)


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_score_counts_weights_of_the_same_rows(kind):
    case = made(kind)
    weight = np.random.default_rng(1).random(60)
    task = task_on(case, sample_weight=weight)
    for rows in (ROWS, OTHERS, None):
        some = slice(None) if rows is None else rows
        expected = case.mlp.score(case.X[some], case.y[some], sample_weight=weight[some])
        found = score_of(task.evaluator(rows), task.network)
        assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("strategy", ["greedy", "one_shot"])
@each_replacement
@pytest.mark.parametrize(
    ("kind", "hidden"), [("multiclass", (5,)), ("regression", (3, 2)), ("multilabel", (2, 2, 3))]
)
def test_scores_along_are_those_of_surgery_one_by_one(kind, hidden, replacement, strategy):
    case = made(kind, hidden)
    task = task_on(case, replacement=replacement, strategy=strategy)
    path = task.path(ROWS)
    found = scores_along(path, task.evaluator(OTHERS))
    X, y = case.X[OTHERS], case.y[OTHERS]
    smaller, alive = case.mlp, [list(range(n)) for n in hidden]
    expected = [smaller.score(X, y)]
    for layer, index in removed_by(path):
        now_at = alive[layer].index(index)
        alive[layer].pop(now_at)
        smaller = prune_neurons(smaller, [(layer, now_at)], replacement=replacement, X=case.X_ref)
        expected.append(smaller.score(X, y))
    assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert len(found) == sum(hidden) - len(hidden) + 1


@each_strategy
def test_scores_along_on_the_rows_that_choose_are_the_path_s_own(strategy):
    task = task_on(made(), strategy=strategy)
    path = task.path(ROWS)
    assert_array_equal(scores_along(path, task.evaluator(ROWS)), path.scores)


def test_scores_along_go_neuron_by_neuron_where_the_path_takes_several():
    task = task_on(made(hidden=(6,)), step=2)
    path = task.path()
    found = scores_along(path, task.evaluator())
    assert_array_equal(found[path.n_neurons[0] - path.n_neurons], path.scores)
    assert len(found) == 6 > len(path.scores)


@pytest.mark.parametrize("n_removed", [[0], [5], [3, 1, 3], [2, 0, 4]])
@each_replacement
def test_scores_along_at_some_places(n_removed, replacement):
    task = task_on(made(), replacement=replacement)
    path, evaluate = task.path(ROWS), task.evaluator(OTHERS)
    n_scored = []

    class Counting:
        def __init__(self, evaluate):
            self.evaluate = evaluate

        @property
        def knows_first_layer(self):
            return self.evaluate.knows_first_layer

        def for_path(self, network):
            return Counting(self.evaluate.for_path(network))

        def without_in_first_layer(self, gone):
            return Counting(self.evaluate.without_in_first_layer(gone))

        def __call__(self, network, *args, **options):
            n_scored.append(sum(network.hidden_layer_sizes))
            return self.evaluate(network, *args, **options)

    found = scores_along(path, Counting(evaluate), n_removed)
    assert_array_equal(found, scores_along(path, evaluate)[n_removed])
    assert n_scored == [7 - n for n in sorted(set(n_removed))]


def test_scores_along_of_a_pipeline():
    case = made()
    full = make_pipeline(StandardScaler().fit(case.X * 2 + 1), case.mlp)
    task = task_on(case, full=full)
    path = task.path(ROWS)
    pruned = prune_neurons(full, removed_by(path))
    found = scores_along(path, task.evaluator(OTHERS))
    assert found[0] == full.score(case.X[OTHERS], case.y[OTHERS])
    assert found[-1] == pruned.score(case.X[OTHERS], case.y[OTHERS])
    network = Network.from_mlp(unwrap(pruned)[0])
    assert found[-1] == score_of(task.evaluator(OTHERS), network)
