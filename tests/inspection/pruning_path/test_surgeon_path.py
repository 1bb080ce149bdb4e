"""Tests of inspection._pruning_path._surgeon_path: strategy "obs", against brute force."""

import re

import numpy as np
import pytest
from helpers import surgeon
from helpers.networks import ACTIVATIONS, KINDS, make
from helpers.pruning_paths import each_replacement, removed_by, sizes_of
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skneuron import neuron_pruning_path, prune_neurons
from skneuron.inspection._pruning_path import _surgeon_path


def path_of(case, estimator=None, X=None, **options):
    options = {"replacement": "linear", "X_ref": case.X_ref} | options
    estimator, X = case.mlp if estimator is None else estimator, case.X if X is None else X
    return neuron_pruning_path(estimator, X, case.y, strategy="obs", **options)


def assert_costs(path, costs):
    assert_allclose(path.importances, costs, rtol=1e-3, atol=1e-6 * max(costs))


# ---- who goes


@pytest.mark.parametrize("kind", KINDS)
def test_layers_with_sizes_of_their_own_are_pruned_from_the_front(kind):
    case = make(kind, (6, 5, 3), "tanh")
    path = path_of(case, n_neurons_to_select=[3, 2, 2])
    removed, costs = surgeon.layer_by_layer(case.mlp, case.X_ref, [3, 2, 2])
    assert removed_by(path) == removed
    assert_costs(path, costs)
    smaller = path.prune_to([3, 2, 2])
    assert sizes_of(smaller) == [3, 2, 2]
    assert smaller.score(case.X, case.y) == pytest.approx(path.scores[-1], rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_layers_compete_where_the_network_has_a_size(kind):
    case = make(kind, (5, 4), "tanh", seed=2)
    path = path_of(case)
    removed, costs = surgeon.all_at_once(case.mlp, case.X_ref, 7)
    assert removed_by(path) == removed
    assert_costs(path, costs)


@pytest.mark.parametrize("activation", ["relu", "logistic"])
@each_replacement
def test_what_takes_their_place_is_what_the_path_says(activation, replacement):
    case = make("multiclass", (5, 4), activation, seed=1)
    path = path_of(case, replacement=replacement)
    removed, costs = surgeon.all_at_once(case.mlp, case.X_ref, 7, replacement)
    assert removed_by(path) == removed
    assert_costs(path, costs)


def test_parameters_are_what_counts_where_they_have_a_limit():
    case = make("multiclass", (5, 8), "tanh", n_features=12, seed=3)

    def n_parameters(mlp):
        return sum(part.size for part in (*mlp.coefs_, *mlp.intercepts_))

    def worth(mlp, layer):
        return n_parameters(mlp) - n_parameters(prune_neurons(mlp, [(layer, 0)]))

    removed, costs = surgeon.all_at_once(case.mlp, case.X_ref, 8, worth=worth)
    by_count, _ = surgeon.all_at_once(case.mlp, case.X_ref, 8)
    path = path_of(case, max_parameters=60)
    assert removed_by(path) == removed[: len(path.layer)] != by_count[: len(path.layer)]
    assert_costs(path, costs[: len(path.layer)])
    assert n_parameters(path.prune_to(max_parameters=60)) <= 60 < path.n_parameters[-2]


def test_importances_of_the_whole_network_are_costs_of_single_removals():
    case = make("multiclass", (5, 4), "tanh")
    path = path_of(case, layers=1)
    curvature = surgeon.curvature_of(case.mlp, case.X_ref, 1)
    costs = [surgeon.cost_of(case.mlp, [(1, at)], case.X_ref, curvature) for at in range(4)]
    assert_allclose(path.full_importances[5:], costs, rtol=1e-4)
    assert np.isnan(path.full_importances[:5]).all()
    assert set(path.layer) == {1}
    assert path.importances[0] == np.nanmin(path.full_importances)


def test_dead_neurons_and_copies_go_first():
    case = make("multiclass", (6, 4), "relu")
    case.mlp.coefs_[0][:, 2], case.mlp.intercepts_[0][2] = 0, -1
    case.mlp.coefs_[0][:, 5], case.mlp.intercepts_[0][5] = (
        case.mlp.coefs_[0][:, 1], case.mlp.intercepts_[0][1],
    )  # fmt: skip
    path = path_of(case)
    assert removed_by(path)[0] == (0, 2)
    assert removed_by(path)[1] in [(0, 1), (0, 5)]
    assert path.importances[0] == 0
    assert path.importances[1] < 1e-6 * path.importances[2:].max()
    outputs = path.prune_to(8).predict_proba(case.X)
    assert_allclose(outputs, case.mlp.predict_proba(case.X), atol=1e-6)


# ---- where it stops


def big_path(**options):
    case = make("multiclass", (40, 30), "tanh", n=200, n_features=8, seed=1)
    return path_of(case, **options)


def test_every_network_is_what_a_path_to_its_size_ends_with():
    full = big_path(step=0.1)
    assert len(full.layer) == 68
    for n_neurons in (65, 50, 33, 2):
        path = big_path(n_neurons_to_select=n_neurons, step=0.1)
        assert removed_by(path) == removed_by(full)[: 70 - n_neurons]
        assert_array_equal(path.importances, full.importances[: 70 - n_neurons])


@pytest.mark.parametrize("threshold", [0.0, 1e-4, 1e-2, "0.1*mean"])
def test_no_neuron_goes_that_costs_as_much_as_the_threshold(threshold):
    full, path = big_path(), big_path(threshold=threshold)
    limit = threshold if threshold != "0.1*mean" else 0.1 * full.full_importances.mean()
    n_removed = full.n_removed_below(limit)
    assert (n_removed > 0) == (limit > 0)
    assert removed_by(path) == removed_by(full)[:n_removed]
    assert_array_equal(path.scores, full.scores[: n_removed + 1])


def test_the_score_may_fall_by_no_more_than_tol():
    full, path = big_path(scoring="neg_log_loss"), big_path(scoring="neg_log_loss", tol=0.1)
    n_steps = int(np.argmax(full.scores[0] - full.scores > 0.1))
    assert 1 < n_steps == len(path.scores)
    assert_array_equal(path.scores, full.scores[:n_steps])


def test_a_step_is_where_the_network_is_scored():
    one, several = big_path(), big_path(step=7)
    assert removed_by(several) == removed_by(one)
    at = one.n_neurons[0] - several.n_neurons
    assert at.tolist() == [*range(0, 68, 7), 68]
    assert_allclose(several.scores, one.scores[at], rtol=1e-12)


def test_costs_are_found_afresh_on_the_way(monkeypatch):
    few = big_path(step=0.1)
    monkeypatch.setattr(_surgeon_path, "SHARE_PER_ROUND", 1.0)
    once = big_path(step=0.1)
    assert removed_by(few)[:4] == removed_by(once)[:4]
    assert removed_by(few) != removed_by(once)
    assert_array_equal(few.full_importances, once.full_importances)


@pytest.mark.parametrize(
    "options", [{"min_neurons_per_layer": 3}, {"n_neurons_to_select": 2}, {"layers": [1]}]
)
def test_sizes_at_the_end(options):
    path = path_of(make("multiclass", (5, 4)), **options)
    wanted = {"min_neurons_per_layer": [3, 3], "n_neurons_to_select": [1, 1], "layers": [5, 1]}
    assert sizes_of(path.prune_to(path.n_neurons[-1])) == wanted[next(iter(options))]


# ---- samples that say what neurons cost


@each_replacement
def test_without_reference_data_the_samples_are_it(replacement):
    case = make("multiclass", (5, 4), "tanh")
    path = path_of(case, X_ref=None, replacement=replacement)
    same, other = (path_of(case, X_ref=X, replacement=replacement) for X in (case.X, case.X_ref))
    assert removed_by(path) == removed_by(same)
    assert_array_equal(path.importances, same.importances)
    assert_array_equal(path.scores, same.scores)
    assert not np.allclose(path.importances, other.importances)
    assert sizes_of(path.prune_to([3, 2])) == [3, 2]
    assert (path["_X_ref"] is None) == (replacement == "zero")


def test_labels_do_not_matter_to_the_choice():
    case = make("multiclass", (5, 4), "tanh")
    path = path_of(case)
    case.y = np.random.default_rng(0).permutation(case.y)
    assert removed_by(path_of(case)) == removed_by(path)
    assert_array_equal(path_of(case).importances, path.importances)


@each_replacement
def test_in_a_pipeline(replacement):
    case = make("multiclass", (5, 4), "tanh")
    scaler = StandardScaler().fit(case.X)
    pipeline = make_pipeline(scaler, case.mlp)
    inner = path_of(
        case, X=scaler.transform(case.X), replacement=replacement,
        X_ref=scaler.transform(case.X_ref),
    )  # fmt: skip
    path = path_of(case, pipeline, replacement=replacement)
    assert removed_by(path) == removed_by(inner)
    assert_array_equal(path.importances, inner.importances)
    assert sizes_of(path.prune_to([2, 3])[-1]) == [2, 3]


@pytest.mark.parametrize("n_hidden", [1, 2, 3])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_sparse_samples_and_float32(activation, n_hidden):
    case = make("multiclass", (6, 5, 4)[:n_hidden], activation, n_features=8, seed=4)
    path = path_of(case, n_neurons_to_select=n_hidden + 4)
    of_sparse = path_of(
        case, X=sparse.csr_matrix(case.X), X_ref=sparse.csr_matrix(case.X_ref),
        n_neurons_to_select=n_hidden + 4,
    )  # fmt: skip
    assert removed_by(of_sparse) == removed_by(path)
    assert_allclose(of_sparse.importances, path.importances, rtol=1e-6, atol=1e-12)
    for part in (*case.mlp.coefs_, *case.mlp.intercepts_):
        assert part.dtype == np.float64
    case.mlp.coefs_ = [c.astype(np.float32) for c in case.mlp.coefs_]
    case.mlp.intercepts_ = [b.astype(np.float32) for b in case.mlp.intercepts_]
    single = path_of(
        case, X=case.X.astype(np.float32), X_ref=case.X_ref.astype(np.float32),
        n_neurons_to_select=n_hidden + 4,
    )  # fmt: skip
    assert_allclose(
        np.sort(single.full_importances), np.sort(path.full_importances), rtol=0.01, atol=1e-5
    )
    assert single.prune_to(n_hidden + 4).coefs_[0].dtype == np.float32


def test_bits_do_not_depend_on_threads():
    case = make("multiclass", (60, 40), "relu", n=900, n_features=20, seed=1)
    bits = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            path = path_of(case, step=0.1, n_neurons_to_select=30)
        bits.append([part.tobytes() for part in (path.order, path.importances, path.scores)])
    assert bits[0] == bits[1]


# ---- errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": 0.1}, "alpha=0.1 needs tests of removals, of which strategy='obs' has none"),
        ({"criterion": "apoz"}, "criterion='apoz' is not looked at by strategy='obs'"),
        ({"replacement": "best"}, "replacement='best' is unknown"),
        ({"replacement": "best", "X_ref": None}, "replacement='best' is unknown"),
        ({"replacement": "resample", "X_ref": None}, "replacement='resample' is unknown"),
        ({"layers": 7}, "layers=7 names hidden layer 7"),
    ],
)
def test_parameters_that_do_not_fit(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        path_of(make("multiclass", (4, 3)), **options)


@pytest.mark.parametrize("X_ref", [None, "given"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_have_to_be_finite(value, X_ref):
    case = make("multiclass", (4, 3))
    case.mlp.coefs_[0][0, 1] = value
    with pytest.raises(ValueError, match="strategy='obs' needs weights that are neither NaN nor"):
        path_of(case, X_ref=X_ref and case.X_ref)


def test_activations_have_to_have_variances():
    case = make("regression", (4, 3), "identity")
    case.mlp.coefs_[0][:] *= 1e200
    case.mlp.coefs_[1][:] *= 1e-200
    with np.errstate(over="ignore"), pytest.raises(ValueError, match="hidden layer 0 are too"):
        path_of(case, replacement="zero")


def test_wrong_samples_are_named_as_they_were_given():
    case = make("multiclass", (4, 3))
    with pytest.raises(ValueError, match=r"^X has 2 features"):
        path_of(case, X=case.X[:, :2], X_ref=None)
    with pytest.raises(ValueError, match="X_ref"):
        path_of(case, X_ref=case.X[:, :2], replacement="zero")
