"""`NeuronPruningPath`: every network on the way, `prune_to`, and the path as data."""

import pickle
import re
from copy import copy

import numpy as np
import pandas as pd
import pytest
from helpers.networks import KINDS, SINGLE_LABEL, cases, deterministic, make
from helpers.pruning_paths import (
    assert_same_weights,
    each_replacement,
    each_strategy,
    removed_by,
    sizes_of,
    spoilt,
)
from helpers.pruning_paths import public_path_of as path_of
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import get_scorer

import skneuron
from skneuron import NeuronPruningPath, prune_neurons

SIZES = ["n_neurons", "n_parameters", "bytes", "n_multiplications"]


def sizes_by_hand(mlp):
    parts = [*mlp.coefs_, *mlp.intercepts_]
    return {
        "n_neurons": sum(b.size for b in mlp.intercepts_[:-1]),
        "n_parameters": sum(part.size for part in parts),
        "bytes": sum(part.nbytes for part in parts),
        "n_multiplications": sum(c.shape[0] * c.shape[1] for c in mlp.coefs_),
    }


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
        for layer, index in removed_by(path)[:n_gone]:
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
        gone += [address for address in removed_by(path) if address[0] == layer][: size - count]
    pruned = path.prune_to(counts)
    assert sizes_of(pruned) == list(counts)
    X_ref = None if replacement == "zero" else case.X_ref
    at_once = prune_neurons(case.mlp, gone, replacement=replacement, X=X_ref)
    assert_same_weights(pruned, at_once)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (1, "n_neurons=1 must be an int from 3 to 7, the sizes of the networks on the path."),
        (8, "n_neurons=8 must be an int from 3 to 7, the sizes of the networks on the path."),
        (-1, "n_neurons=-1 must be an int from 3 to 7, the sizes of the networks on the path."),
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


# ---- what can be done with the result


def test_the_path_as_a_frame():
    path = path_of(make("multiclass", (4, 3)), step=2)
    names = [f"hidden{layer}_neuron{i}" for layer, i in zip(path.layer, path.index, strict=True)]
    columns = {"layer": path.layer, "index": path.index, "name": names}
    columns["importance"] = path.importances
    frame = path.to_frame()
    pd.testing.assert_frame_equal(frame[list(columns)], pd.DataFrame(columns))
    assert list(frame) == [*columns, "score", *SIZES]
    assert len(frame) == 5
    for n_removed, row in enumerate(frame.itertuples(), start=1):
        smaller = path.prune_to(7 - n_removed)
        assert {name: getattr(row, name) for name in SIZES} == sizes_by_hand(smaller)
        at = np.flatnonzero(path.n_neurons == 7 - n_removed)
        assert row.score == path.scores[at[0]] if len(at) else np.isnan(row.score)
    assert np.isnan(frame.score).tolist() == [True, False, True, False, False]
    assert path_of(make("multiclass", (4, 3)), threshold=-np.inf).to_frame().shape == (0, 9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("hidden", [(5,), (4, 3), (3, 2, 3)])
def test_sizes_are_those_of_the_networks(hidden, dtype):
    case = make("multilabel", hidden, dtype=dtype)
    case.mlp.coefs_ = [c.astype(dtype) for c in case.mlp.coefs_]
    case.mlp.intercepts_ = [b.astype(dtype) for b in case.mlp.intercepts_]
    path = path_of(case, step=2)
    for at, n_neurons in enumerate(path.n_neurons):
        expected = sizes_by_hand(path.prune_to(n_neurons))
        assert {name: getattr(path, name)[at] for name in SIZES} == expected
    assert path.bytes.shape == path.scores.shape
    assert path.bytes[0] == np.dtype(dtype).itemsize * path.n_parameters[0]


def test_sizes_need_the_network_as_it_was():
    path = path_of(make("multiclass", (4, 3)))
    path["estimator"] = path.prune_to(5)
    for use in (lambda: path.n_parameters, path.to_frame, lambda: path.prune_to(max_bytes=999)):
        with pytest.raises(ValueError, match="has 5 hidden neurons, but had 7 when the path was"):
            use()


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


# ---- where a strategy would have stopped


@each_strategy
@deterministic(max_examples=40)
@given(
    case=cases([*SINGLE_LABEL, "regression"], hidden=(5, 4)),
    threshold=st.sampled_from([-np.inf, -0.05, 0.0, 0.02, 0.1, np.inf]),
    replacement=st.sampled_from(["zero", "mean", "linear"]),
    more=st.sampled_from(
        [{}, {"layers": 0}, {"min_neurons_per_layer": 2}, {"alpha": 0.9}, {"criterion": "apoz"}]
    ),
)
def test_a_strategy_stops_where_the_path_tells(strategy, case, threshold, replacement, more):
    if strategy == "swap":
        more = more | {"alpha": 0.9, "criterion": "ablation"}  # Nothing is exchanged.
    if strategy == "obs":
        more = {name: more[name] for name in more if name not in ("alpha", "criterion")}
    options = {"strategy": strategy, "replacement": replacement, **more}
    full = path_of(case, **options)
    stopped = path_of(case, threshold=threshold, **options)
    n_removed = full.n_removed_below(threshold)
    assert type(n_removed) is int
    assert removed_by(stopped) == removed_by(full)[:n_removed]
    assert_array_equal(stopped.scores, full.scores[: n_removed + 1])
    assert_array_equal(stopped.importances, full.importances[:n_removed])


def test_by_accuracy_greedy_stops_where_the_score_stops_rising():
    n_removed = []
    for seed in range(6):
        path = path_of(spoilt(seed))
        rises = np.diff(path.scores) > 0
        n_removed.append(int(np.argmin(rises)))
        assert path.n_removed_below(0.0) == n_removed[-1]
    assert len(set(n_removed)) > 2


def test_steps_of_several_neurons_do_not_tell_where_to_stop():
    path = path_of(make("multiclass", (4, 3)), step=2)
    message = "threshold=0.0: 5 neurons were removed in 3 steps. Make the path with step=1."
    with pytest.raises(ValueError, match=re.escape(message)):
        path.n_removed_below(0.0)


# ---- what a path keeps


@each_replacement
def test_copies_find_the_last_network_again(replacement):
    path = path_of(make("multiclass", (4, 3)), replacement=replacement)
    again = pickle.loads(pickle.dumps(path))
    assert path._last_network is not None
    assert again._last_network is copy(path)._last_network is None
    assert_same_weights(again.prune_to(2), path.prune_to(2))


def test_a_pickle_has_the_weights_once():
    case = make("multiclass", (80, 60), n_features=200)
    path = path_of(case, n_neurons_to_select=100)
    n_bytes = len(pickle.dumps(case.mlp))
    assert len(pickle.dumps(path)) < n_bytes + 40 * 2000  # The ablation is in it as well.


@pytest.mark.parametrize("replacement", ["mean", "linear"])
def test_reference_data_of_a_list_can_be_others(replacement):
    case = make("multiclass", (4, 3), "tanh")
    path = path_of(case, replacement=replacement)
    gone = [(0, i) for i in path.index[path.layer == 0][:2]]
    expected = prune_neurons(case.mlp, gone, replacement=replacement, X=case.X)
    assert_same_weights(path.prune_to([2, 3], X_ref=case.X), expected)
    assert_same_weights(path.prune_to([2, 3], case.X_ref), path.prune_to([2, 3]))


def test_keys_are_attributes():
    path = path_of(make("multiclass", (4, 3)), layers=1)
    public = {name for name in path if not name.startswith("_")}
    assert public == {n for n in NeuronPruningPath.__annotations__ if not n.startswith("_")}
    assert all(path[name] is getattr(path, name) for name in public)
    assert_array_equal(path.order, 4 * path.layer + path.index)
    assert_array_equal(path.full_importances[4:], path.ablation.importances)
    assert np.isnan(path.full_importances[:4]).all()
