"""Samples that are looked at after every epoch: given to fit, or held out by early stopping."""

import inspect
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from helpers.validation import (
    CURVES,
    LABELS,
    N_TRAIN,
    REGRESSIONS,
    TASKS,
    WEIGHT,
    N,
    X,
    fitted,
    network,
    parts,
)
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, log_loss, mean_poisson_deviance, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import PrunableMLPClassifier, PrunableMLPRegressor
from skneuron.neural_network._validation import given_validation

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def assert_same_weights(one, other):
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        assert_array_equal(a, b)


# ---- what they change, and what they do not


def test_names_are_those_of_scikit_learn():
    theirs = inspect.signature(HistGradientBoostingClassifier.fit).parameters
    for cls in (PrunableMLPClassifier, PrunableMLPRegressor):
        ours = inspect.signature(cls.fit).parameters
        assert list(ours) == list(theirs)
        assert all(ours[name].kind == theirs[name].kind for name in theirs)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("task", TASKS)
def test_without_early_stopping_training_is_the_same(task, solver):
    X, y, validation = parts(task)
    seen = network(task, solver=solver).fit(X, y, **validation)
    alone = network(task, solver=solver).fit(X, y)
    assert_same_weights(seen, alone)
    assert seen.loss_curve_ == alone.loss_curve_
    assert alone.validation_scores_ is alone.validation_loss_curve_ is alone.dead_neurons_ is None
    assert set(vars(seen)) - set(vars(alone)) == set(CURVES)
    curves = seen.validation_scores_, seen.validation_loss_curve_, seen.dead_neurons_
    assert [len(curve) for curve in curves] == [7, 7, 7]
    assert seen.validation_scores_[-1] == seen.score(validation["X_val"], validation["y_val"])
    assert seen.best_validation_score_ is None


@pytest.mark.parametrize("task", TASKS)
def test_early_stopping_looks_at_them_and_trains_on_all_others(task):
    X, y, validation = parts(task)
    mlp = network(task, early_stopping=True, max_iter=300, learning_rate_init=0.02)
    mlp.fit(X, y, **validation)
    assert mlp.t_ == len(X) * mlp.n_iter_
    assert 7 < mlp.n_iter_ < 300
    assert mlp.best_validation_score_ == max(mlp.validation_scores_)
    assert mlp.score(validation["X_val"], validation["y_val"]) == mlp.best_validation_score_
    assert len(mlp.validation_loss_curve_) == len(mlp.dead_neurons_) == mlp.n_iter_


def test_early_stopping_without_them_has_the_curves_as_well():
    mlp = network(early_stopping=True).fit(X, LABELS)
    assert len(mlp.validation_loss_curve_) == len(mlp.dead_neurons_) == 7


def test_of_other_activations_no_neuron_dies():
    mlp = fitted(activation="tanh")
    assert mlp.dead_neurons_ is None
    assert len(mlp.validation_loss_curve_) == 7


def test_early_stopping_on_texts_is_that_on_numbers():
    """scikit-learn 1.7.0 raised an error here."""
    texts = network(early_stopping=True).fit(*TASKS["texts"])
    assert (
        texts.validation_scores_ == network(early_stopping=True).fit(X, LABELS).validation_scores_
    )
    assert all(isinstance(score, float) for score in texts.validation_scores_)


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
def test_the_score_of_outputs_that_are_none_is_none():
    mlp = fitted("regression")
    mlp.intercepts_[-1][:] = np.inf
    assert np.isnan(mlp._score(*TASKS["regression"]))


# ---- the loss


@pytest.mark.parametrize("batch_size", [60, 25])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("task", TASKS)
def test_the_loss_is_defined_as_that_of_training(task, weighted, batch_size):
    X, y = TASKS[task]
    weight = np.where(np.arange(N) % 2, 0.5, 2.0)[:60] if weighted else None
    if weighted and batch_size < 60:
        weight = np.full(60, 0.7)  # Batches of other weights have the penalty in other shares.
    mlp = network(task, learning_rate_init=1e-12, alpha=2.0, batch_size=batch_size)
    mlp.fit(X[:60], y[:60], weight, X_val=X[:60], y_val=y[:60], sample_weight_val=weight)
    assert_allclose(mlp.validation_loss_curve_, mlp.loss_curve_, rtol=1e-8)


@pytest.mark.parametrize("task", ["binary", "multiclass", "texts", "regression", "poisson"])
def test_the_loss_is_that_of_scikit_learns_metrics(task):
    X, y, validation = parts(task)
    X_val, y_val, weight = *validation.values(), WEIGHT[N_TRAIN:]
    mlp = network(task, alpha=0.0).fit(X, y, **validation, sample_weight_val=weight)
    if task in REGRESSIONS:
        predicted = mlp.predict(X_val)
        expected = np.average((predicted - y_val) ** 2, weights=weight) / 2
        if task == "poisson":
            expected = mean_poisson_deviance(y_val, predicted, sample_weight=weight) / 2
        score = r2_score(y_val, predicted, sample_weight=weight)
    else:
        expected = log_loss(y_val, mlp.predict_proba(X_val), sample_weight=weight)
        score = accuracy_score(y_val, mlp.predict(X_val), sample_weight=weight)
    assert_allclose(mlp.validation_loss_curve_[-1], expected, rtol=1e-9)
    assert_allclose(mlp.validation_scores_[-1], score, rtol=1e-12)


def test_certain_and_wrong_is_a_finite_loss():
    mlp = fitted(max_iter=2, learning_rate_init=900.0, solver="sgd", momentum=0.0)
    assert np.isfinite(mlp.validation_loss_curve_).all()
    assert max(mlp.validation_loss_curve_) > 1


@pytest.mark.parametrize("class_weight", ["balanced", {0: 5.0, 2: 0.0}])
def test_class_weights_count(class_weight):
    X, y, validation = parts()
    mlp = network(class_weight=class_weight, alpha=0.0).fit(X, y, **validation)
    X_val, y_val = validation.values()
    if class_weight == "balanced":
        weight = (len(y_val) / np.bincount(y_val))[y_val]
    else:
        weight = np.array([5.0, 1.0, 0.0])[y_val]
    expected = accuracy_score(y_val, mlp.predict(X_val), sample_weight=weight)
    assert_allclose(mlp.validation_scores_[-1], expected)
    expected = log_loss(y_val, mlp.predict_proba(X_val), sample_weight=weight)
    assert_allclose(mlp.validation_loss_curve_[-1], expected)


# ---- dead neurons


@pytest.mark.parametrize("working_memory", [1024, 1e-3])
@pytest.mark.parametrize("options", [{}, {"early_stopping": True}, {"solver": "sgd"}], ids=str)
def test_dead_neurons_are_counted_at_the_end_of_every_epoch(options, working_memory):
    X, y, validation = parts()
    mlp = network(max_iter=12, learning_rate_init=0.3, hidden_layer_sizes=(9, 6), **options)
    expected = []

    def count():
        layers = [mlp.hidden_activations(validation["X_val"], layer) for layer in (0, 1)]
        expected.append(sum(int((a == 0).all(axis=0).sum()) for a in layers))

    with config_context(working_memory=working_memory), mlp.epochs_reported_to(count):
        mlp.fit(X, y, **validation)
    assert mlp.dead_neurons_ == expected
    assert max(expected) > 0
    assert all(type(count) is int for count in mlp.dead_neurons_)


def test_without_hidden_layers_none_dies():
    assert fitted(hidden_layer_sizes=()).dead_neurons_ == [0] * 7


# ---- forms of samples


@pytest.mark.parametrize(
    "form",
    [
        sparse.csr_array,
        sparse.csc_matrix,
        np.ndarray.tolist,
        np.asfortranarray,
        np.float32,
        lambda X: X.astype(">f8"),
    ],
)
def test_forms_of_samples(form):
    X, y, validation = parts()
    mlp = network().fit(X, y, **{
        "X_val": form(validation["X_val"]), "y_val": validation["y_val"].tolist(),
    })  # fmt: skip
    rtol = 1e-5 if form is np.float32 else 1e-12
    assert_allclose(mlp.validation_loss_curve_, fitted().validation_loss_curve_, rtol=rtol)


def test_float32_networks():
    X, y, validation = parts()
    mlp = network().fit(X.astype(np.float32), y, **validation)
    assert mlp.coefs_[0].dtype == np.float32
    assert_allclose(mlp.validation_loss_curve_, fitted().validation_loss_curve_, rtol=1e-4)


def test_data_frames_keep_their_names():
    X, y, validation = parts()
    names = list("abcde")
    frame, frame_val = (pd.DataFrame(each, columns=names) for each in (X, validation["X_val"]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)
        mlp = network().fit(frame, y, X_val=frame_val, y_val=pd.Series(validation["y_val"]))
    assert mlp.validation_loss_curve_ == fitted().validation_loss_curve_
    with pytest.raises(ValueError, match=r"X_val: .*feature names"):
        network().fit(frame, y, X_val=frame_val[names[::-1]], y_val=validation["y_val"])


def test_in_a_pipeline_the_other_steps_transform_them():
    X, y, validation = parts()
    with config_context(enable_metadata_routing=True):
        mlp = network().set_fit_request(X_val=True, y_val=True, sample_weight_val=False)
        steps = make_pipeline(StandardScaler(), mlp, transform_input=["X_val"])
        steps.fit(X, y, **validation)
    scaler = StandardScaler().fit(X)
    alone = network().fit(
        scaler.transform(X), y,
        X_val=scaler.transform(validation["X_val"]), y_val=validation["y_val"],
    )  # fmt: skip
    assert steps[-1].validation_loss_curve_ == alone.validation_loss_curve_
    assert steps[-1].validation_scores_[-1] == steps.score(*validation.values())


# ---- errors

BAD = [
    ({"X_val": X}, "y_val=None, but X_val is given"),
    ({"y_val": LABELS}, "X_val=None, but y_val is given"),
    ({"sample_weight_val": WEIGHT}, "sample_weight_val is for X_val and y_val"),
    ({"X_val": X[:, :4], "y_val": LABELS}, "X_val: X has 4 features"),
    ({"X_val": X[:1], "y_val": LABELS[:1]}, "X_val: .*minimum of 2"),
    ({"X_val": X * np.nan, "y_val": LABELS}, "X_val: Input X contains NaN"),
    ({"X_val": X, "y_val": LABELS[1:]}, "y_val has 89 entries, but X_val has 90"),
    ({"X_val": X, "y_val": LABELS + 1}, r"y_val: y contains labels never seen .*\[3\]"),
    ({"X_val": X, "y_val": np.eye(3)[LABELS]}, "y_val: y is a multilabel-indicator"),
    ({"X_val": X, "y_val": LABELS, "sample_weight_val": WEIGHT[1:]}, "sample_weight_val"),
    ({"X_val": X, "y_val": LABELS, "sample_weight_val": 0 * WEIGHT}, "sample_weight_val"),
]  # fmt: skip


@pytest.mark.parametrize("is_fitted", [False, True])
@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_errors_leave_the_network_as_it_was(arguments, message, is_fitted):
    mlp = fitted() if is_fitted else network()
    before = pickle.dumps(vars(mlp))
    with pytest.raises(ValueError, match=message):
        mlp.fit(X, LABELS, **arguments)
    assert pickle.dumps(vars(mlp)) == before


def test_lbfgs_has_no_epochs():
    X, y, validation = parts()
    with pytest.raises(ValueError, match=r"X_val is .* solver='lbfgs' has none: use 'adam'"):
        network(solver="lbfgs").fit(X, y, **validation)
    assert given_validation(None, None, None, "lbfgs") is None


def test_verbose_training_says_the_score(capsys):
    mlp = fitted(verbose=True, max_iter=2)
    printed = capsys.readouterr().out.splitlines()
    assert printed[1::2] == [f"Validation score: {s:f}" for s in mlp.validation_scores_]
