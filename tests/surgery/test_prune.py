"""Tests of prune_neurons, the function and the method: surgery on estimators."""

from copy import deepcopy

import joblib
import numpy as np
import pandas as pd
import pytest
from helpers import networks, oracle
from helpers.networks import ACTIVATIONS, KINDS, OURS, SKLEARN, make
from helpers.pruning import GONE, KEPT, assert_sizes, each_owner
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skneuron import RottenNeuronPruner, prune_neurons

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


# ---- errors

ERRORS = [
    (None, {}, r"neurons=None is not an iterable of neurons, each a \(layer, index\) pair"),
    ([(0, 5)], {}, r"neurons contains \(0, 5\), but hidden layer 0 has 5 neurons"),
    ([(2, 0)], {}, r"neurons contains \(2, 0\), but the network has 2 hidden layer"),
    ([(0,), 1], {}, r"neurons contains \(0,\), which is not a \(layer, index\) pair"),
    ([9, 1], {}, r"neurons contains 9, but the network has 9 hidden neurons"),
    ([(0, 1.5)], {}, r"neurons contains \(0, 1.5\): layer and index must be ints"),
    ([[True] * 5], {}, r"keep-masks of lengths \[5\], but the hidden layers have \[5, 4\]"),
    ([(1, j) for j in range(4)], {}, r"would remove all 4 neurons of hidden layer 1"),
    ([[False] * 5, [True] * 4], {}, r"would remove all 5 neurons of hidden layer 0"),
    (
        GONE,
        {"replacement": "resample"},  # is for analysis only
        r"replacement='resample' is unknown; use one of \['linear', 'mean', 'zero'\]",
    ),
    (GONE, {"replacement": "mean"}, r"replacement='mean' needs reference data: pass X_ref,"),
    (GONE, {"replacement": "linear"}, r"replacement='linear' needs reference data: pass X_ref,"),
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
    with pytest.raises(TypeError, match=r"estimator must be a fitted MLP.* got Ridge\."):
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


def test_bits_do_not_depend_on_the_number_of_blas_threads():
    case = make("multiclass", (300,), n=400)
    gone, pruned = [(0, index) for index in range(150)], []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads, user_api="blas"):
            pruned.append(prune_neurons(case.mlp, gone, replacement="linear", X=case.X))
    for one, other in zip(*(mlp.coefs_ + mlp.intercepts_ for mlp in pruned), strict=True):
        assert_array_equal(one, other)
