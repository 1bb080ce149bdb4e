"""`refit_outputs`: what it gains where labels are wrong, for every kind of network."""

import warnings

import joblib
import numba
import numpy as np
import pandas as pd
import pytest
from helpers.networks import KINDS, WRAPPERS, make, small
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold, ShuffleSplit, StratifiedKFold
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skneuron import (
    PrunableMLPClassifier,
    RottenNeuronPruner,
    neuron_ablation,
    prune_neurons,
    refit_outputs,
)
from skneuron.surgery import hidden_activations, refit_with_penalty
from skneuron.surgery._network import Network
from skneuron.surgery._refit_outputs import PENALTIES

REFITTED = [kind for kind in KINDS if kind != "poisson"]
each_owner = pytest.mark.parametrize("ours", [True, False], ids=["ours", "sklearn's"])
each_kind = pytest.mark.parametrize("kind", REFITTED)


def spoilt(kind="multiclass", **parameters):
    """A network whose hidden neurons are good for the targets, and whose outputs are not."""
    case = make(kind, **{"hidden": (5, 6), "n": 300, "seed": 1} | parameters)
    rng = np.random.default_rng(1)
    for array in (case.mlp.coefs_[-1], case.mlp.intercepts_[-1]):
        array[:] = rng.normal(size=array.shape)
    return case


def refitted(case, **parameters):
    return refit_outputs(case.mlp, case.X, case.y, **{"random_state": 0} | parameters)


def assert_same_network(one, other, **tolerance):
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        assert_allclose(a, b, **tolerance) if tolerance else assert_array_equal(a, b)


# ---- wrong labels


@pytest.fixture(scope="module")
def memorised():
    """Digits with 40 % random labels, and a network that knows them by heart."""
    X, y = load_digits(return_X_y=True)
    X, rng = (X / 16).astype(np.float32), np.random.default_rng(0)
    noisy = np.where(rng.random(len(y)) < 0.4, rng.permutation(y), y)
    network = PrunableMLPClassifier((60,), max_iter=150, learning_rate_init=0.01, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(X[:500], noisy[:500])
    return network, (X[:500], noisy[:500], y[:500]), (X[500:1100], noisy[500:1100]), (X, y, noisy)


def test_wrong_labels_are_forgotten(memorised):
    network, (X_train, noisy, right), held_out, (X, y, _) = memorised
    refit = refit_outputs(network, *held_out, random_state=0)
    gain = refit.score(X[1100:], y[1100:]) - network.score(X[1100:], y[1100:])
    assert gain > 0.1
    wrong = noisy != right
    before, after = (one.score(X_train[wrong], noisy[wrong]) for one in (network, refit))
    assert before > 0.8
    assert after < before - 0.4


def test_probabilities_are_those_of_labels_as_they_are(memorised):
    network, _, held_out, (X, _, noisy) = memorised
    refit = refit_outputs(network, *held_out, random_state=0)
    in_double = X[1100:].astype(np.float64)  # float32 does not sum up to 1 for log_loss
    before, after = (
        log_loss(noisy[1100:], one.predict_proba(in_double), labels=range(10))
        for one in (network, refit)
    )
    assert after < before - 1
    share = log_loss(noisy[1100:], np.full((len(X) - 1100, 10), 0.1), labels=range(10))
    assert after < share - 0.3
    sure = refit.predict_proba(X[1100:]).max(axis=1).mean()
    assert abs(sure - refit.score(X[1100:], noisy[1100:])) < 0.1


def test_few_samples_with_right_labels_do_no_harm(memorised):
    X, y, _ = memorised[-1]
    order = np.random.default_rng(0).permutation(len(y))  # digits stand in the order of writers
    X, y = X[order], y[order]
    network = PrunableMLPClassifier((60,), max_iter=60, learning_rate_init=0.01, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(X[:500], y[:500])
    test, gains = (X[1100:], y[1100:]), []
    for seed in range(8):
        rows = 500 + np.random.default_rng(seed).permutation(600)[:250]
        refit = refit_outputs(network, X[rows], y[rows], random_state=seed)
        gains.append(refit.score(*test) - network.score(*test))
    assert np.mean(gains) > -0.005
    assert np.median(gains) == 0


# ---- every kind


@each_owner
@each_kind
def test_outputs_of_every_kind_get_better(kind, ours):
    case = spoilt(kind, ours=ours)
    before = joblib.hash(case.mlp)
    refit = refitted(case)
    assert joblib.hash(case.mlp) == before
    assert type(refit) is type(case.mlp)
    assert refit.score(case.X, case.y) > case.mlp.score(case.X, case.y) + 0.1
    for layer in range(2):
        assert_array_equal(refit.coefs_[layer], case.mlp.coefs_[layer])
        assert_array_equal(refit.intercepts_[layer], case.mlp.intercepts_[layer])
    assert_array_equal(np.shape(refit.predict(case.X[:7])), np.shape(case.y[:7]))
    for one in refit.coefs_ + refit.intercepts_:
        assert not any(np.shares_memory(one, old) for old in case.mlp.coefs_)
        assert one.flags.c_contiguous


@each_kind
def test_outputs_are_the_ridge_solution_times_a_scale(kind):
    case = spoilt(kind)
    refit, penalty = refit_with_penalty(case.mlp, case.X, case.y, random_state=0)
    assert penalty in PENALTIES
    alone = refitted(case, penalties=[penalty])
    assert_same_network(refit, alone)
    H = hidden_activations(Network.from_mlp(case.mlp), case.X, 1)
    outputs = H @ refit.coefs_[-1] + refit.intercepts_[-1]
    if kind in ("regression", "multioutput"):
        predictions = refit.predict(case.X)
        assert_allclose(predictions, outputs.reshape(predictions.shape), rtol=1e-9)
        # With intercepts that are not pulled, the mean error is 0.
        assert_allclose(predictions.mean(axis=0), case.y.mean(axis=0), atol=1e-9)
    else:
        assert (refit.predict_proba(case.X) >= 0).all()


@each_kind
def test_a_choice_of_nothing_is_a_copy(kind):
    for seed in range(50):
        case = make(kind, hidden=(5, 6), n=200, seed=seed)
        case.y = case.mlp.predict(case.X)
        n_classes = len(getattr(case.mlp, "classes_", []))
        if kind in ("regression", "multioutput") or len(np.unique(case.y, axis=0)) >= n_classes:
            break
    refit, penalty = refit_with_penalty(case.mlp, case.X, case.y, random_state=0)
    assert penalty == np.inf
    assert refit is not case.mlp
    assert joblib.hash(refit) == joblib.hash(case.mlp)


def test_a_single_class_is_all_that_is_ever_predicted():
    case = make("single class", n=30)
    refit, penalty = refit_with_penalty(case.mlp, case.X, case.y)
    assert penalty == np.inf
    assert (refit.predict(case.X) == 7).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@each_owner
def test_types_stay(ours, dtype):
    # scikit-learn's network is float64 if it was trained on such samples, else float32.
    case = spoilt(dtype=dtype, ours=ours)
    refit = refitted(case)
    assert {a.dtype for a in refit.coefs_ + refit.intercepts_} == {np.dtype(dtype)}
    double = spoilt(dtype=np.float64, ours=ours)
    double.X, double.y = case.X.astype(np.float64), case.y
    double.mlp.coefs_ = [c.astype(np.float64) for c in case.mlp.coefs_]
    double.mlp.intercepts_ = [b.astype(np.float64) for b in case.mlp.intercepts_]
    assert_same_network(refit, refitted(double), rtol=2e-3, atol=2e-4)


# ---- in and around other estimators


@pytest.mark.parametrize("wrapper", WRAPPERS)
@each_owner
def test_networks_inside_other_estimators(ours, wrapper):
    case = spoilt(ours=ours)
    scaler = StandardScaler().fit(case.X * 3 + 5)
    has_scaler = "pipeline" in wrapper and "bare" not in wrapper
    X = scaler.inverse_transform(case.X) if has_scaler else case.X
    estimator = WRAPPERS[wrapper](scaler, case.mlp)
    before = joblib.hash(estimator)
    refit = refit_outputs(estimator, X, case.y, random_state=0)
    assert type(refit) is type(estimator)
    assert joblib.hash(estimator) == before
    alone = refitted(case)
    assert_allclose(refit.predict_proba(X), alone.predict_proba(case.X), rtol=1e-6, atol=1e-9)


def test_pruned_networks_are_refitted_without_the_neurons_that_left():
    case = spoilt()
    pruner = RottenNeuronPruner(case.mlp, cv="prefit", n_neurons_to_select=7).fit(case.X, case.y)
    pruner.estimator_.coefs_[-1][:] *= -1
    refit = refit_outputs(pruner, case.X, case.y, random_state=0)
    assert refit.score(case.X, case.y) > pruner.score(case.X, case.y)
    assert refit.n_neurons_ == pruner.n_neurons_ == 7
    assert refit.transform(case.X).tolist() == pruner.transform(case.X).tolist()
    assert_same_network(
        refit.estimator_, refit_outputs(pruner.estimator_, case.X, case.y, random_state=0)
    )


def test_what_comes_out_is_analysed_and_pruned_as_any_network():
    case = spoilt()
    refit = refitted(case)
    ablation = neuron_ablation(refit, case.X, case.y)
    assert ablation.baseline_score == refit.score(case.X, case.y)
    smaller = prune_neurons(refit, [(1, 2)])
    assert smaller.score(case.X, case.y) == ablation.scores[5 + 2]


@pytest.mark.parametrize(
    "form", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array, pd.DataFrame, list]
)
def test_forms_of_X(form):
    case = spoilt()
    case.X[np.abs(case.X) < 0.5] = 0
    expected = refitted(case)
    case.X = form(case.X.tolist()) if form in (list, pd.DataFrame) else form(case.X)
    assert_same_network(refitted(case), expected, rtol=1e-6, atol=1e-8)


def test_sparse_labels():
    case = spoilt("multilabel")
    expected = refitted(case)
    case.y = sparse.csr_matrix(case.y)
    assert_same_network(refitted(case), expected)


# ---- folds and weights


def test_folds_hang_on_the_random_state_only():
    case = spoilt()
    assert_same_network(refitted(case), refitted(case))
    rows = {refit_outputs(case.mlp, case.X, case.y, random_state=s).coefs_[-1][0, 0]
            for s in range(4)}  # fmt: skip
    assert len(rows) > 1


@pytest.mark.parametrize(
    "cv",
    [
        3,
        np.int64(10),
        StratifiedKFold(4),
        ShuffleSplit(3, test_size=0.3, random_state=0),
        [(np.arange(150), np.arange(150, 300))],
        [(np.arange(300) < 200, np.arange(300) >= 200)],
    ],
)
def test_folds_of_every_form(cv):
    case = spoilt()
    assert refitted(case, cv=cv).score(case.X, case.y) > case.mlp.score(case.X, case.y) + 0.1


def test_samples_that_belong_together_stay_together():
    case = spoilt()
    groups = np.repeat(np.arange(30), 10)
    refitted(case, cv=list(GroupKFold(5).split(case.X, case.y, groups)))
    refitted(case, cv=GroupKFold(5).split(case.X, case.y, groups))


def test_samples_sorted_by_class_are_shared_out():
    case = spoilt()
    order = np.argsort(case.y, kind="stable")
    case.X, case.y = case.X[order], case.y[order]
    assert refitted(case, cv=2).score(case.X, case.y) > case.mlp.score(case.X, case.y) + 0.1


@pytest.mark.parametrize("kind", ["multiclass", "binary", "multilabel", "multioutput"])
def test_weights_are_repeated_samples(kind):
    case = spoilt(kind)
    counts = np.random.default_rng(0).integers(0, 4, 300)
    rows, fold = np.repeat(np.arange(300), counts), np.arange(300) % 5
    weighted, repeated = (
        refit_outputs(
            case.mlp, case.X[chosen], case.y[chosen], sample_weight=weight,
            cv=[(folds != k, folds == k) for k in range(5)],
        )
        for chosen, weight, folds in (
            (np.arange(300), counts, fold),
            (rows, None, fold[rows]),
        )
    )  # fmt: skip
    assert_same_network(weighted, repeated, rtol=1e-6, atol=1e-9)
    assert weighted.coefs_[-1][0, 0] != case.mlp.coefs_[-1][0, 0]
    assert weighted.coefs_[-1][0, 0] != refitted(case).coefs_[-1][0, 0]


def test_equal_weights_are_none():
    case = spoilt()
    assert_same_network(
        refitted(case, sample_weight=np.full(300, 3.0)), refitted(case), rtol=1e-6, atol=1e-9
    )


def test_penalties_in_any_order_and_twice():
    case = spoilt()
    expected = refitted(case, penalties=[0.1, 10.0])
    assert_same_network(refitted(case, penalties=np.array([10, 0.1, 0.1])), expected)


# ---- bits, threads, training that goes on


def test_same_bits_for_any_number_of_threads(compiled):
    case = spoilt(n=3000, hidden=(40,), dtype=np.float32)
    results = []
    for n_threads in (1, 2):
        before = numba.get_num_threads()
        numba.set_num_threads(min(n_threads, numba.config.NUMBA_NUM_THREADS))
        try:
            with threadpool_limits(n_threads):
                results.append(refitted(case))
        finally:
            numba.set_num_threads(before)
    assert_same_network(*results)
    assert results[0].coefs_[-1][0, 0] != case.mlp.coefs_[-1][0, 0]


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@each_kind
@each_owner
def test_training_goes_on(kind, ours, solver):
    case = spoilt(kind, ours=ours, warm_start=True, max_iter=2)
    case.mlp.solver = solver
    refit = refitted(case)
    assert "_optimizer" in vars(case.mlp)
    assert "_optimizer" not in vars(refit)
    if solver != "lbfgs":
        refit.partial_fit(case.X, case.y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        refit.fit(case.X, case.y)
    for new in refit.coefs_ + refit.intercepts_:
        assert np.isfinite(new).all()


def test_early_stopping_measures_the_new_outputs_against_themselves():
    case = spoilt()
    case.mlp = small(early_stopping=True, hidden_layer_sizes=(20,))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        case.mlp.fit(case.X, case.y)
    case.mlp.coefs_[-1][:] *= -1
    refit = refitted(case)
    assert refit.best_validation_score_ == -np.inf
    assert_array_equal(refit._best_coefs[-1], refit.coefs_[-1])
    assert refit._best_coefs[-1] is not refit.coefs_[-1]
