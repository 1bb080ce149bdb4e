"""Tests of prune_neurons, the function and the method: surgery on estimators."""

import warnings
from copy import deepcopy

import joblib
import numpy as np
import pandas as pd
import pytest
from helpers import networks, oracle
from helpers.networks import ACTIVATIONS, KINDS, OURS, REGRESSIONS, SKLEARN, make
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import RottenNeuronPruner, prune_neurons

GONE = [(0, 1), (1, 0), (0, 3), (1, 2)]  # of hidden layers (5, 4)
KEPT = [[0, 2, 4], [1, 3]]

each_owner = pytest.mark.parametrize("ours", [False, True])
each_replacement = pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])


def reference(case, replacement):
    return None if replacement == "zero" else case.X_ref


def gone(net, replacement, X_ref):
    return oracle.gone(net, GONE, X_ref, linear=replacement == "linear")


def tolerance(activation, replacement):
    # Five neurons of three features are collinear, and coefficients ill-determined.
    ill = activation == "identity" and replacement == "linear"
    return {"rtol": 1e-6 if ill else 1e-9, "atol": 1e-12}


def outputs(estimator, X):
    predict = getattr(estimator, "predict_proba", estimator.predict)
    return predict(X)


def assert_sizes(mlp, sizes, ours):
    """All that tells a network's sizes tells ``sizes``."""
    assert [c.shape[1] for c in mlp.coefs_[:-1]] == list(sizes)
    assert [c.shape[0] for c in mlp.coefs_[1:]] == list(sizes)
    assert [len(b) for b in mlp.intercepts_[:-1]] == list(sizes)
    assert mlp.n_layers_ == len(sizes) + 2
    if ours:
        assert mlp.hidden_layer_sizes_ == tuple(sizes)
        assert mlp.hidden_layer_sizes == (5, 4)
    else:
        assert tuple(mlp.hidden_layer_sizes) == tuple(sizes)


# ---- what it computes


@each_replacement
@pytest.mark.parametrize("activation", ACTIVATIONS)
@each_owner
@pytest.mark.parametrize("kind", KINDS)
def test_several_neurons_in_several_layers(kind, ours, activation, replacement):
    case = make(kind, (5, 4), activation, ours=ours)
    before = joblib.hash(case.mlp)
    X_ref = reference(case, replacement)
    pruned = prune_neurons(case.mlp, GONE, replacement=replacement, X=X_ref)
    expected = oracle.output(case.net, case.X, gone(case.net, replacement, X_ref))
    actual = outputs(pruned, case.X)
    if kind == "binary":
        actual = actual[:, 1:]
    assert_allclose(actual.reshape(expected.shape), expected, **tolerance(activation, replacement))
    assert type(pruned) is type(case.mlp)
    assert_sizes(pruned, (3, 2), ours)
    assert joblib.hash(case.mlp) == before


@pytest.mark.parametrize(
    "neurons",
    [
        GONE,
        iter(GONE),
        np.array(GONE),
        [[True, False, True, False, True], [False, True, False, True]],
        [np.array([1, 0, 1, 0, 1], bool), np.array([0, 1, 0, 1], bool)],
    ],
)
def test_forms_of_neurons(neurons):
    case = make(hidden=(5, 4))
    pruned = prune_neurons(case.mlp, neurons)
    assert_array_equal(pruned.coefs_[1], case.mlp.coefs_[1][np.ix_(*KEPT)])


@each_owner
def test_nothing_to_remove(ours):
    case = make(hidden=(5, 4), ours=ours)
    for neurons in ([], [[True] * 5, [True] * 4]):
        pruned = prune_neurons(case.mlp, neurons)
        assert pruned is not case.mlp
        assert_array_equal(pruned.predict_proba(case.X), case.mlp.predict_proba(case.X))
        assert_sizes(pruned, (5, 4), ours)


def test_nothing_to_remove_from_no_hidden_layer():
    case = make(hidden=())
    pruned = prune_neurons(case.mlp, [])
    assert_array_equal(pruned.predict_proba(case.X), case.mlp.predict_proba(case.X))


def test_pruning_twice():
    case = make(hidden=(5, 4))
    twice = prune_neurons(prune_neurons(case.mlp, [(0, 1), (1, 0)]), [(0, 2), (1, 1)])
    once = prune_neurons(case.mlp, GONE)
    assert_array_equal(twice.predict_proba(case.X), once.predict_proba(case.X))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("reference_dtype", [np.float32, np.float64])
def test_dtype_stays(dtype, reference_dtype):
    case = make(hidden=(5, 4), dtype=dtype)
    pruned = prune_neurons(
        case.mlp, GONE, replacement="mean", X=case.X_ref.astype(reference_dtype)
    )
    assert {a.dtype for a in pruned.coefs_ + pruned.intercepts_} == {np.dtype(dtype)}


@pytest.mark.parametrize(
    "form", [sparse.csr_matrix, sparse.csc_array, pd.DataFrame, np.ndarray.tolist]
)
def test_forms_of_reference_data(form):
    case = make(hidden=(5, 4))
    expected = prune_neurons(case.mlp, GONE, replacement="mean", X=case.X_ref)
    actual = prune_neurons(case.mlp, GONE, replacement="mean", X=form(case.X_ref))
    assert_array_equal(actual.predict_proba(case.X), expected.predict_proba(case.X))


# ---- the method


@each_replacement
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_the_method_works_in_place(kind, replacement):
    case = make(kind, (5, 4), ours=True)
    X_ref = reference(case, replacement)
    expected = prune_neurons(case.mlp, GONE, replacement=replacement, X=X_ref)
    returned = case.mlp.prune_neurons(GONE, replacement=replacement, X=X_ref)
    assert returned is case.mlp
    assert_sizes(case.mlp, (3, 2), ours=True)
    assert_array_equal(outputs(case.mlp, case.X), outputs(expected, case.X))


def test_the_method_does_not_write_to_arrays_that_others_hold():
    case = make(hidden=(5, 4), ours=True)
    arrays = case.mlp.coefs_ + case.mlp.intercepts_
    before = [a.copy() for a in arrays]
    case.mlp.prune_neurons(GONE, replacement="mean", X=case.X_ref)
    for a in case.mlp.coefs_ + case.mlp.intercepts_:
        a[:] = 0
    for a, copy in zip(arrays, before, strict=True):
        assert_array_equal(a, copy)


# ---- inside other estimators

WRAPPERS = networks.WRAPPERS | {
    "nested": lambda scaler, mlp: make_pipeline("passthrough", make_pipeline(scaler, mlp)),
}


@each_replacement
@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
@each_owner
def test_networks_inside_other_estimators(kind, ours, wrapper, replacement):
    case = make(kind, (5, 4), ours=ours)
    scaler = StandardScaler().fit(case.X * 3 - 1)
    estimator = WRAPPERS[wrapper](scaler, case.mlp)
    before = joblib.hash(estimator)
    X_ref = reference(case, replacement)
    pruned = prune_neurons(estimator, GONE, replacement=replacement, X=X_ref)
    assert type(pruned) is type(estimator)
    assert joblib.hash(estimator) == before

    scale = (lambda X: X) if wrapper in ("bare pipeline", "frozen") else scaler.transform
    scaled_ref = None if X_ref is None else scale(X_ref)
    expected = oracle.output(case.net, scale(case.X), gone(case.net, replacement, scaled_ref))
    assert_allclose(
        outputs(pruned, case.X).reshape(expected.shape), expected, rtol=1e-9, atol=1e-12
    )


def test_frames_with_feature_names():
    case = make(hidden=(5, 4))
    names = np.array(["a", "b", "c"], dtype=object)
    case.mlp.feature_names_in_ = names
    frame = pd.DataFrame(case.X, columns=names)
    pruned = prune_neurons(case.mlp, GONE, replacement="mean", X=frame)
    assert_array_equal(pruned.feature_names_in_, names)
    assert pruned.predict(frame).shape == (40,)


def test_pruned_pruners_agree_with_themselves():
    case = make(hidden=(5, 4))
    pruner = RottenNeuronPruner(case.mlp, cv="prefit", threshold=-np.inf).fit(case.X, case.y)
    smaller = prune_neurons(pruner, GONE)
    assert_array_equal(smaller.predict(case.X), prune_neurons(case.mlp, GONE).predict(case.X))
    assert smaller.transform(case.X).shape == (40, 2)
    assert smaller.get_feature_names_out().tolist() == ["hidden1_neuron1", "hidden1_neuron3"]
    assert smaller.n_neurons_ == smaller.support_.sum() == 5
    assert pruner.n_neurons_ == 9
    frozen = prune_neurons(FrozenEstimator(pruner), GONE).estimator
    assert_array_equal(frozen.support_, smaller.support_)


@each_replacement
@pytest.mark.parametrize("threshold", [-np.inf, np.inf])
def test_pruners_do_not_share_arrays_with_a_prefit_network(threshold, replacement):
    case = make(hidden=(5, 4))
    before = joblib.hash(case.mlp)
    pruner = RottenNeuronPruner(
        case.mlp, cv="prefit", threshold=threshold, replacement=replacement
    ).fit(case.X, case.y)
    pruner.estimator_.partial_fit(case.X, case.y)
    assert joblib.hash(case.mlp) == before


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


# ---- errors

ERRORS = [
    (None, {}, r"neurons=None is neither an iterable of \(layer, index\) pairs nor"),
    ([(0, 5)], {}, r"neurons contains \(0, 5\), but hidden layer 0 has 5 neurons"),
    ([(2, 0)], {}, r"neurons contains \(2, 0\), but the network has 2 hidden layer"),
    ([0, 1], {}, r"neurons contains 0, which is not a \(layer, index\) pair"),
    ([(0, 1.5)], {}, r"neurons contains \(0, 1.5\): layer and index must be ints"),
    ([[True] * 5], {}, r"keep-masks of lengths \[5\], but the hidden layers have \[5, 4\]"),
    ([(1, j) for j in range(4)], {}, r"would remove all 4 neurons of hidden layer 1"),
    ([[False] * 5, [True] * 4], {}, r"would remove all 5 neurons of hidden layer 0"),
    (
        GONE,
        {"replacement": "resample"},  # is for analysis only
        r"replacement='resample' is unknown; use one of \['linear', 'mean', 'zero'\]",
    ),
    (GONE, {"replacement": "mean"}, r"replacement='mean' needs reference data: pass X,"),
    (GONE, {"replacement": "linear"}, r"replacement='linear' needs reference data: pass X,"),
    (GONE, {"replacement": "mean", "X": np.zeros((4, 2))}, r"X has 2 features, but .*ing 3"),
    (GONE, {"replacement": "mean", "X": np.full((4, 3), np.nan)}, r"Input X contains NaN"),
    (GONE, {"replacement": "mean", "X": np.zeros((0, 3))}, r"Found array with 0 sample"),
]  # fmt: skip


@pytest.mark.parametrize(("neurons", "options", "message"), ERRORS)
def test_errors_name_the_argument_and_change_nothing(neurons, options, message):
    case = make(hidden=(5, 4), ours=True)
    before, untouched = joblib.hash(case.mlp), deepcopy(case.mlp)
    with pytest.raises(ValueError, match=message):
        prune_neurons(case.mlp, neurons, **options)
    with pytest.raises(ValueError, match=message):
        prune_neurons(make_pipeline(StandardScaler().fit(case.X), case.mlp), neurons, **options)
    with pytest.raises(ValueError, match=message):
        case.mlp.prune_neurons(neurons, **options)
    assert joblib.hash(case.mlp) == before
    case.mlp.partial_fit(case.X, case.y)
    untouched.partial_fit(case.X, case.y)
    assert_array_equal(case.mlp.predict_proba(case.X), untouched.predict_proba(case.X))


@pytest.mark.parametrize("classes", [SKLEARN, OURS])
@pytest.mark.parametrize("family", ["classifier", "regressor"])
def test_unfitted_networks(classes, family):
    mlp = classes[family]()
    for estimator in (mlp, make_pipeline(mlp), FrozenEstimator(mlp)):
        with pytest.raises(NotFittedError, match="not fitted"):
            prune_neurons(estimator, [(0, 0)])
    if classes is OURS:
        with pytest.raises(NotFittedError, match="not fitted"):
            mlp.prune_neurons([(0, 0)])


def test_other_estimators():
    with pytest.raises(TypeError, match=r"estimator must be a fitted MLP.* got Ridge\(\)"):
        prune_neurons(Ridge(), [(0, 0)])


def test_no_hidden_layer():
    case = make(hidden=())
    with pytest.raises(ValueError, match=r"neurons contains \(0, 0\), but .* has 0 hidden layer"):
        prune_neurons(case.mlp, [(0, 0)])


def test_pruners_around_pruners_stay_true():
    case = make(hidden=(5, 4))
    inner = RottenNeuronPruner(case.mlp, cv="prefit", threshold=-np.inf).fit(case.X, case.y)
    outer = RottenNeuronPruner(inner, cv="prefit", threshold=np.inf).fit(case.X, case.y)
    pruned = outer.estimator_
    assert pruned.n_neurons_ == pruned.support_.sum() == outer.n_neurons_ == 2
    assert len(pruned.get_feature_names_out()) == pruned.transform(case.X).shape[1] == 1
    assert inner.n_neurons_ == 9
