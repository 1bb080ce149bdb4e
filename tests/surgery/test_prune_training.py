"""Tests of prune_neurons: training goes on, from where that of the larger network ended."""

import warnings

import numpy as np
import pytest
from helpers.networks import OURS, REGRESSIONS, SKLEARN, make
from helpers.pruning import GONE, KEPT, assert_sizes, each_owner
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss

from skneuron import prune_neurons

# ---- training goes on

SOLVERS = [
    {"solver": "adam"},
    {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": True},
    {"solver": "sgd", "momentum": 0.5, "nesterovs_momentum": False},
    {"solver": "sgd", "learning_rate": "invscaling"},
]
MOMENTS = {"adam": ("ms", "vs"), "sgd": ("velocities",)}


def trained(kind, solver, ours, **parameters):
    """A network (5, 4) with some training behind it, of the given solver's state."""
    case = make(kind, (5, 4), "tanh", ours=ours, **solver, **parameters)
    for _ in range(3):
        case.mlp.partial_fit(case.X, case.y)
    return case


@pytest.mark.parametrize("solver", SOLVERS[:2])
@each_owner
def test_optimizer_state_is_cut_like_the_parameters(solver, ours):
    case = trained("multiclass", solver, ours)
    pruned = prune_neurons(case.mlp, GONE)
    cuts = [np.ix_(range(3), KEPT[0]), np.ix_(*KEPT), np.ix_(KEPT[1], range(4))]
    cuts += [KEPT[0], KEPT[1], slice(None)]
    for name in MOMENTS[solver["solver"]]:
        full, cut = getattr(case.mlp._optimizer, name), getattr(pruned._optimizer, name)
        assert len(cut) == 6
        for moment, before, where in zip(cut, full, cuts, strict=True):
            assert before.any()
            assert_array_equal(moment, before[where])


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("kind", ["binary", "strings", "multilabel", *REGRESSIONS])
@each_owner
def test_partial_fit_goes_on(kind, ours, solver):
    case = trained(kind, solver, ours)
    pruned = prune_neurons(case.mlp, GONE, replacement="mean", X=case.X_ref)
    before = [a.copy() for a in pruned.coefs_ + pruned.intercepts_]
    pruned.partial_fit(case.X, case.y)
    assert_sizes(pruned, (3, 2), ours)
    for old, new in zip(before, pruned.coefs_ + pruned.intercepts_, strict=True):
        assert np.isfinite(new).all()
        assert not np.array_equal(old, new)


@pytest.mark.parametrize("solver", SOLVERS)
@each_owner
def test_a_dead_neuron_is_not_missed_in_training(ours, solver):
    # Without incoming and outgoing weights, and without momentum, a ReLU neuron neither learns
    # nor teaches: with it or without it, the others go on exactly alike, if their optimizer's
    # state, clock and random numbers are what they were.
    case = make("multiclass", (5, 4), "relu", ours=ours, alpha=0, **solver)
    case.mlp.coefs_[0][:, 2] = case.mlp.coefs_[1][2] = 0
    case.mlp.intercepts_[0][2] = -1
    for name in MOMENTS[solver["solver"]]:
        ms = getattr(case.mlp._optimizer, name)
        ms[0][:, 2] = ms[1][2] = ms[3][2] = 0
    for _ in range(2):
        case.mlp.partial_fit(case.X, case.y)
    pruned = prune_neurons(case.mlp, [(0, 2)])
    for _ in range(3):
        pruned.partial_fit(case.X, case.y)
        case.mlp.partial_fit(case.X, case.y)
    expected = prune_neurons(case.mlp, [(0, 2)])
    for a, b in zip(
        pruned.coefs_ + pruned.intercepts_, expected.coefs_ + expected.intercepts_, strict=True
    ):
        assert_allclose(a, b, rtol=1e-9, atol=1e-13)


@each_owner
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_warm_starts_go_on_from_the_smaller_network(solver, early_stopping, ours):
    case = make("multiclass", (5, 4), "tanh", ours=ours)
    family = (OURS if ours else SKLEARN)["classifier"]
    mlp = family(
        (5, 4),
        solver=solver,
        warm_start=True,
        early_stopping=early_stopping,
        max_iter=3,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mlp.fit(case.X, case.y)
        pruned = prune_neurons(mlp, GONE)
        start = pruned.predict_proba(case.X)
        pruned.fit(case.X, case.y)
    assert_sizes(pruned, (3, 2), ours)
    assert early_stopping or not np.array_equal(pruned.predict_proba(case.X), start)


@pytest.mark.parametrize("early_stopping", [False, True])
@each_owner
def test_fine_tuning_is_not_measured_by_the_larger_networks_best(early_stopping, ours):
    # A network at its best, and what is left of it: that must be given time to learn again,
    # though it is worse than the whole network was.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = (X[:, 0] + X[:, 1] > 0).astype(int)
    mlp = (OURS if ours else SKLEARN)["classifier"](
        (5, 4),
        "tanh",
        learning_rate_init=0.02,
        early_stopping=early_stopping,
        n_iter_no_change=5,
        max_iter=60,
        warm_start=True,
        random_state=1,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mlp.fit(X, y)
        pruned = prune_neurons(mlp, GONE)
        worse = log_loss(y, pruned.predict_proba(X))
        assert worse > 2 * log_loss(y, mlp.predict_proba(X))
        pruned.fit(X, y)
    assert log_loss(y, pruned.predict_proba(X)) < 0.65 * worse


def test_lbfgs_refits_start_where_pruning_ended():
    case = make("regression", (5, 4), ours=True)
    mlp = OURS["regressor"](
        hidden_layer_sizes=(5, 4), solver="lbfgs", max_iter=200, warm_start=True, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mlp.fit(case.X, case.y).prune_neurons(GONE)
        score = mlp.score(case.X, case.y)
        mlp.set_params(max_iter=1).fit(case.X, case.y)  # one step from there cannot be far off
        assert_sizes(mlp, (3, 2), ours=True)
        assert mlp.score(case.X, case.y) > score
        fresh = clone(mlp).fit(case.X, case.y)
    assert fresh.hidden_layer_sizes_ == (5, 4)


def test_cold_fits_start_from_the_parameter():
    case = make("multiclass", (5, 4), ours=True)
    case.mlp.prune_neurons(GONE).set_params(max_iter=1)
    theirs = prune_neurons(make("multiclass", (5, 4)).mlp, GONE).set_params(max_iter=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        assert case.mlp.fit(case.X, case.y).hidden_layer_sizes_ == (5, 4)
        assert [len(b) for b in theirs.fit(case.X, case.y).intercepts_] == [3, 2, 4]
