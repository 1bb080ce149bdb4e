"""Tests of neuron_pruning_path: networks of every size on the way, and what they score."""

import pickle
import re
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from helpers.networks import KINDS, SINGLE_LABEL, cases, deterministic, make
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

import skneuron
from skneuron import RottenNeuronPruner, neuron_ablation, neuron_pruning_path, prune_neurons
from skneuron.inspection._criteria._criteria import neuron_criterion
from skneuron.surgery._network import unwrap

each_strategy = pytest.mark.parametrize("strategy", ["greedy", "one_shot", "swap"])
each_replacement = pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])


def path_of(case, estimator=None, **options):
    estimator = case.mlp if estimator is None else estimator
    if options.get("replacement", "zero") != "zero":
        options["X_ref"] = case.X_ref
    return neuron_pruning_path(estimator, case.X, case.y, **options)


def knowing(seed=0):
    """A network that knows all answers, and so has some to lose."""
    case = make("multiclass", (5, 4), n=60, seed=seed)
    case.y = case.mlp.predict(case.X)
    return case


def sizes_of(estimator):
    return [b.size for b in unwrap(estimator)[0].intercepts_[:-1]]


def addresses(path):
    return list(zip(path.layer.tolist(), path.index.tolist(), strict=True))


def assert_same_weights(a, b):
    for p, q in zip(
        [*unwrap(a)[0].coefs_, *unwrap(a)[0].intercepts_],
        [*unwrap(b)[0].coefs_, *unwrap(b)[0].intercepts_],
        strict=True,
    ):
        assert_array_equal(p, q)


# ---- every network on the way scores what the path says


@each_replacement
@each_strategy
@pytest.mark.parametrize("kind", KINDS)
def test_every_network_on_the_way_has_its_score(kind, strategy, replacement):
    case = make(kind, (4, 3), "tanh")
    path = path_of(case, strategy=strategy, replacement=replacement)
    assert path.n_neurons.tolist() == [7, 6, 5, 4, 3, 2]
    for n_neurons, score in zip(path.n_neurons, path.scores, strict=True):
        pruned = path.prune_to(n_neurons)
        assert sum(sizes_of(pruned)) == n_neurons
        assert_allclose(pruned.score(case.X, case.y), score, rtol=1e-9, atol=1e-12)
    assert type(pruned) is type(case.mlp)


@deterministic(max_examples=15)
@given(
    case=cases(SINGLE_LABEL),
    strategy=st.sampled_from(["greedy", "one_shot", "swap"]),
    replacement=st.sampled_from(["zero", "mean", "linear"]),
)
def test_accuracies_are_exactly_those_of_the_networks(case, strategy, replacement):
    path = path_of(case, strategy=strategy, replacement=replacement)
    scores = [path.prune_to(n).score(case.X, case.y) for n in path.n_neurons]
    assert path.scores.tolist() == scores


@pytest.mark.parametrize("replacement", ["mean", "linear"])
@pytest.mark.parametrize("scoring", ["neg_log_loss", "roc_auc_ovr", "f1_macro"])
def test_scores_are_the_scorers(scoring, replacement):
    case = make("multiclass", (4, 3), "logistic")
    path = path_of(case, scoring=scoring, replacement=replacement)
    scorer = get_scorer(scoring)
    for n_neurons, score in zip(path.n_neurons, path.scores, strict=True):
        expected = scorer(path.prune_to(int(n_neurons)), case.X, case.y)
        assert_allclose(score, expected, rtol=1e-9)


@pytest.mark.parametrize("step", [2, 3, 0.4, 100])
def test_steps_have_scores_and_sizes_in_between_have_networks(step):
    case = make("multiclass", (6, 5))
    path = path_of(case, step=step)
    per_step = {2: 2, 3: 3, 0.4: 4, 100: 9}[step]
    assert path.n_neurons.tolist() == [*range(11, 2, -per_step), 2]
    assert len(path.scores) == len(path.n_neurons)
    assert len(path.layer) == len(path.index) == len(path.importances) == 9
    for n_neurons, score in zip(path.n_neurons, path.scores, strict=True):
        assert path.prune_to(n_neurons).score(case.X, case.y) == score
    for n_neurons in range(2, 12):
        assert sum(sizes_of(path.prune_to(n_neurons))) == n_neurons


# ---- prune_to


@each_replacement
def test_the_neurons_that_are_gone_are_the_first_of_the_path(replacement):
    case = make("multiclass", (4, 3))
    path = path_of(case, replacement=replacement)
    for n_gone in range(6):
        masks = [np.full(4, True), np.full(3, True)]
        for layer, index in addresses(path)[:n_gone]:
            masks[layer][index] = False
        pruned = path.prune_to(7 - n_gone)
        assert_array_equal(pruned.coefs_[0], case.mlp.coefs_[0][:, masks[0]])
        if replacement == "zero":
            assert_same_weights(pruned, prune_neurons(case.mlp, masks))


@pytest.mark.parametrize(
    ("share", "n_neurons"), [(1.0, 7), (0.999, 6), (0.5, 3), (0.3, 2), (0.01, 2)]
)
def test_a_share_is_of_all_neurons_and_stops_where_the_path_ends(share, n_neurons):
    path = path_of(make("multiclass", (4, 3)))
    assert_same_weights(path.prune_to(share), path.prune_to(n_neurons))
    assert sum(sizes_of(path.prune_to(np.float32(share)))) == n_neurons


@each_replacement
@each_strategy
@pytest.mark.parametrize("counts", [[4, 3], [2, 3], [1, 1], (3, 2), np.array([4, 1])])
def test_a_list_takes_the_first_of_every_layer(counts, strategy, replacement):
    case = make("multiclass", (4, 3), "tanh")
    path = path_of(case, strategy=strategy, replacement=replacement)
    gone = []
    for layer, (size, count) in enumerate(zip((4, 3), counts, strict=True)):
        gone += [address for address in addresses(path) if address[0] == layer][: size - count]
    pruned = path.prune_to(counts)
    assert sizes_of(pruned) == list(counts)
    X_ref = None if replacement == "zero" else case.X_ref
    at_once = prune_neurons(case.mlp, gone, replacement=replacement, X=X_ref)
    assert_same_weights(pruned, at_once)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (1, "n_neurons=1: the path has networks of 3 to 7 neurons."),
        (8, "n_neurons=8: the path has networks of 3 to 7 neurons."),
        (-1, "n_neurons=-1: the path has networks of 3 to 7 neurons."),
        (0.0, "n_neurons=0.0 is not above 0 and up to 1."),
        (1.5, "n_neurons=1.5 is not above 0 and up to 1."),
        ([4], "n_neurons=[4] has 1 entries, but the network has 2 hidden layers."),
        ([0, 3], "n_neurons=[0, 3]: hidden layer 0 has 4 neurons, of which at least"),
        ([4, 5], "n_neurons=[4, 5]: hidden layer 1 has 3 neurons, of which at least"),
        ("all", "n_neurons='all' is not an int, a fraction or a list"),
        (np.nan, "n_neurons=nan is not an int, a fraction or a list"),
        (True, "n_neurons=True is not an int, a fraction or a list"),
        (None, "n_neurons=None is not an int, a fraction or a list"),
    ],
)
def test_sizes_that_the_path_does_not_get_to_are_an_error(given, message):
    path = path_of(make("multiclass", (4, 3)), n_neurons_to_select=3)
    with pytest.raises(ValueError, match=re.escape(message)):
        path.prune_to(given)


def test_layers_are_as_small_as_the_path_has_made_them():
    path = path_of(make("multiclass", (4, 3)), layers=0, min_neurons_per_layer=2)
    assert sizes_of(path.prune_to([2, 3])) == [2, 3]
    message = "hidden layer 1 has 3 neurons, of which at least 3 have to stay; 2 cannot."
    with pytest.raises(ValueError, match=re.escape(message)):
        path.prune_to([2, 2])


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


@each_strategy
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
        assert addresses(path) == addresses(full)[: n_steps - 1]


def test_a_threshold_as_a_statistic_of_the_importances():
    case = make("multiclass", (5, 4))
    importances = neuron_ablation(case.mlp, case.X, case.y).importances
    for threshold, number in [("mean", importances.mean()), ("0.5*median", None)]:
        number = np.median(importances) / 2 if number is None else number
        path = path_of(case, threshold=threshold)
        assert addresses(path) == addresses(path_of(case, threshold=number))
        assert (path.importances < number).all()


def test_alpha_removes_what_is_rotten_beyond_chance():
    case = knowing(seed=4)
    case.mlp.coefs_[1][:2] *= -2
    path = path_of(case, alpha=0.05)
    assert len(path.layer) == 1
    verdicts = neuron_ablation(case.mlp, case.X, case.y).verdicts()
    rotten = verdicts.verdict == "rotten"
    at = np.argmin(np.where(rotten, path.ablation.importances, np.inf))
    assert addresses(path) == [(path.ablation.layer[at], path.ablation.index[at])]
    left = neuron_ablation(path.prune_to(8), case.X, case.y)
    assert not (left.verdicts().verdict == "rotten").any()


# ---- who goes


@pytest.mark.parametrize("criterion", ["l2_outgoing", "taylor1", "apoz"])
def test_a_criterion_ranks_again_after_every_step(criterion):
    case = make("multiclass", (4, 3))
    path, pruned = path_of(case, criterion=criterion), case.mlp
    alive = [list(range(4)), list(range(3))]
    for (layer, index), importance in zip(addresses(path), path.importances, strict=True):
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
    assert addresses(path) == [(1, 2), (1, 1), (0, 3), (0, 2), (0, 1)]
    assert path.importances.tolist() == [-6, -5, -3, -2, -1]


def test_random_ranks_follow_their_seed():
    case = make("multiclass", (6, 5))
    paths = [path_of(case, criterion="random", random_state=seed) for seed in (0, 0, 1)]
    assert addresses(paths[0]) == addresses(paths[1])
    assert addresses(paths[0]) != addresses(paths[2])


def test_weights_of_rows_count():
    case = make("multiclass", (4, 3))
    weight = np.random.default_rng(0).integers(0, 3, 40)
    weighted = path_of(case, sample_weight=weight)
    repeated = neuron_pruning_path(
        case.mlp, np.repeat(case.X, weight, axis=0), np.repeat(case.y, weight)
    )
    assert addresses(weighted) == addresses(repeated)
    assert_allclose(weighted.scores, repeated.scores, rtol=1e-12)
    assert not np.allclose(weighted.scores, path_of(case).scores)


@pytest.mark.parametrize("scoring", [None, "roc_auc_ovr"])
def test_sparse_rows_are_rows(scoring):
    case = make("multiclass", (4, 3), dyadic=True)
    dense = path_of(case, scoring=scoring)
    path = neuron_pruning_path(case.mlp, sparse.csr_array(case.X), case.y, scoring=scoring)
    assert addresses(path) == addresses(dense)
    assert_array_equal(path.scores, dense.scores)


# ---- around the network


@each_replacement
@pytest.mark.parametrize("wrap", [FrozenEstimator, make_pipeline])
def test_networks_inside_others_are_pruned_inside(wrap, replacement):
    case = make("multiclass", (4, 3))
    scaler = StandardScaler().fit(case.X * 3 + 1)
    estimator = make_pipeline(scaler, wrap(case.mlp))
    path = path_of(case, estimator, replacement=replacement)
    for n_neurons, score in zip(path.n_neurons, path.scores, strict=True):
        pruned = path.prune_to(n_neurons)
        assert type(pruned) is type(estimator)
        assert type(pruned[-1]) is type(estimator[-1])
        assert sum(sizes_of(pruned)) == n_neurons
        assert pruned.score(case.X, case.y) == score
    inside = neuron_pruning_path(
        case.mlp, scaler.transform(case.X), case.y, replacement=replacement,
        X_ref=scaler.transform(case.X_ref),
    )  # fmt: skip
    assert addresses(path) == addresses(inside)
    assert_same_weights(path.prune_to([2, 2]), inside.prune_to([2, 2]))


def test_a_fitted_pruner_is_pruned_further():
    X, y = np.random.default_rng(0).normal(size=(2, 80, 3))[0], np.arange(80) % 2
    y = np.where(X[:, 0] + X[:, 1] > 0, y, 1 - y)
    network = MLPClassifier((6,), max_iter=5, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        pruner = RottenNeuronPruner(network, n_neurons_to_select=4, random_state=0).fit(X, y)
    before = joblib.hash(pruner)
    path = neuron_pruning_path(pruner, X, y, scoring="accuracy")
    assert path.n_neurons.tolist() == [4, 3, 2, 1]
    for n_neurons, score in zip(path.n_neurons, path.scores, strict=True):
        pruned = path.prune_to(n_neurons)
        assert type(pruned) is RottenNeuronPruner
        assert sizes_of(pruned) == [n_neurons]
        assert np.mean(pruned.predict(X) == y) == score
        assert pruned.support_.sum() == n_neurons
    assert joblib.hash(pruner) == before


@each_replacement
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_single_precision_stays_single(kind, replacement):
    case = make(kind, (4, 3), "tanh", dtype=np.float32)
    path = path_of(case, replacement=replacement)
    for n_neurons, score in zip(path.n_neurons, path.scores, strict=True):
        pruned = path.prune_to(n_neurons)
        assert all(c.dtype == np.float32 for c in pruned.coefs_ + pruned.intercepts_)
        assert_allclose(pruned.score(case.X, case.y), score, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("ours", [True, False])
def test_the_estimator_is_not_changed_and_not_shared(ours):
    case = make("multiclass", (4, 3), ours=ours)
    before = joblib.hash([case.mlp, case.X, case.y])
    path = path_of(case, replacement="linear", strategy="swap", tol=0.3)
    pruned = [path.prune_to(7), path.prune_to(0.5), path.prune_to([3, 3])]
    for mlp in pruned:
        mlp.coefs_[0][:] = 0
        mlp.intercepts_[-1][:] = 0
    assert joblib.hash([case.mlp, case.X, case.y]) == before
    assert path.prune_to(7).score(case.X, case.y) == path.scores[0]


def test_a_pruned_network_can_be_trained_on_and_pruned_again():
    case = make("multiclass", (4, 3))
    path = path_of(case)
    pruned = path.prune_to(5)
    pruned.partial_fit(case.X, case.y)
    again = path_of(case, path.prune_to(5))
    assert again.n_neurons.tolist() == [5, 4, 3, 2]
    assert again.scores[0] == path.scores[2]
    assert_array_equal(again.scores, path.scores[2:])


def test_the_ablation_is_that_of_the_whole_network():
    case = make("multiclass", (4, 3))
    for options in ({}, {"layers": 1}, {"criterion": "apoz"}):
        layers = options.get("layers")
        expected = neuron_ablation(case.mlp, case.X, case.y, layers=layers)
        ablation = path_of(case, **options).ablation
        assert ablation.keys() == expected.keys()
        assert repr(ablation) == repr(expected)
        assert_array_equal(ablation.scores, expected.scores)
        assert_array_equal(ablation.loss_importances, expected.loss_importances)


# ---- what can be done with the result


def test_the_path_as_a_frame():
    path = path_of(make("multiclass", (4, 3)), step=2)
    columns = {"layer": path.layer, "index": path.index, "importance": path.importances}
    pd.testing.assert_frame_equal(path.to_frame(), pd.DataFrame(columns))
    assert len(path.to_frame()) == 5


def test_the_path_as_a_text():
    path = path_of(make("multiclass", (4, 3)))
    best = path.n_neurons[list(path.scores).index(max(path.scores))]
    assert repr(path) == (
        f"NeuronPruningPath(n_neurons=7 to 2, score={path.scores[0]:.4g} to "
        f"{path.scores[-1]:.4g}, best={max(path.scores):.4g} with {best} neurons)"
    )


@each_replacement
def test_paths_can_be_pickled(replacement):
    case = make("multiclass", (4, 3))
    path = path_of(case, replacement=replacement)
    again = pickle.loads(pickle.dumps(path))
    assert type(again) is type(path)
    assert repr(again) == repr(path)
    for n_neurons in (7, 4, 0.3, [2, 2]):
        assert_same_weights(again.prune_to(n_neurons), path.prune_to(n_neurons))


def test_it_is_public():
    assert "neuron_pruning_path" in skneuron.__all__


# ---- errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strategy": "best"}, "strategy='best' is unknown; use one of ['greedy', 'one_shot', "),
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
        ({"min_neurons_per_layer": 0}, "min_neurons_per_layer=0 is not an int"),
        ({"n_neurons_to_select": 8}, "n_neurons_to_select=8 must be between 2, "),
        ({"n_neurons_to_select": [4, 4]}, "n_neurons_to_select=[4, 4]: hidden layer 1 has 3"),
        ({"n_neurons_to_select": 2, "layers": 0}, "n_neurons_to_select=2 must be between 4, "),
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


@each_strategy
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
