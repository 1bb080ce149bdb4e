"""Epoch by epoch: what is reported, what stops training, and what it leaves behind."""

import os
import pickle
import signal
import threading
import time
import warnings
from functools import partial

import numpy as np
import pytest
from helpers.leaves import n_compiled
from helpers.networks import small
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from skneuron import PrunableMLPClassifier, PrunableMLPRegressor
from skneuron.neural_network import _training

both_kinds = pytest.mark.parametrize("cls", [PrunableMLPClassifier, PrunableMLPRegressor])
unconverged = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# ---- reports ---------------------------------------------------------------------------------


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@both_kinds
def test_every_epoch_is_reported(data, cls, solver, early_stopping):
    mlp = small(cls, solver=solver, early_stopping=early_stopping, n_iter_no_change=100)
    curves = []
    with (
        mlp.epochs_reported_to(lambda: curves.append(list(mlp.loss_curve_))),
        pytest.warns(ConvergenceWarning),
    ):
        mlp.fit(*data)
    assert curves == [mlp.loss_curve_[: epoch + 1] for epoch in range(6)]


def test_partial_fit_is_an_epoch(data):
    mlp, epochs = small(), []
    with mlp.epochs_reported_to(lambda: epochs.append(1)):
        for _ in range(3):
            mlp.partial_fit(*data, classes=[0, 1])
    assert len(epochs) == 3


def test_reporting_ends_with_its_context(data):
    mlp, epochs = small(), []
    with pytest.raises(MemoryError), mlp.epochs_reported_to(lambda: epochs.append(1)):
        raise MemoryError
    mlp.partial_fit(*data, classes=[0, 1])
    assert epochs == []
    pickle.dumps(mlp)  # as it could not with the function in it


# ---- interruptions and errors ----------------------------------------------------------------


def interrupt_after(n_epochs):
    epochs = []

    def on_epoch_end(*args):
        epochs.append(1)
        if len(epochs) == n_epochs:
            raise KeyboardInterrupt

    return on_epoch_end


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_interrupted_training_keeps_what_it_learned(data, solver, early_stopping):
    mlp = small(solver=solver, early_stopping=early_stopping, max_iter=50)
    with (
        mlp.epochs_reported_to(interrupt_after(3)),
        pytest.warns(UserWarning, match="^Training interrupted by user\\.$"),
    ):
        assert mlp.fit(*data) is mlp
    assert mlp.n_iter_ == 3
    assert len(mlp.loss_curve_) == 3
    reference = small(solver=solver, early_stopping=early_stopping, max_iter=3)
    with pytest.warns(ConvergenceWarning):
        reference.fit(*data)
    assert_array_equal(mlp.coefs_[0], reference.coefs_[0])
    if not early_stopping:
        assert_array_equal(
            mlp.partial_fit(*data).coefs_[0], reference.partial_fit(*data).coefs_[0]
        )


@pytest.fixture
def default_sigint():
    """Programs started in the background may be set to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("default_sigint")
def test_ctrl_c():
    X = np.random.default_rng(0).normal(size=(5000, 100))
    y = np.arange(5000) % 3
    mlp = PrunableMLPClassifier((200,), max_iter=10**6, n_iter_no_change=10**6, random_state=0)
    # With all samples, so that nothing is left to compile below, where Ctrl-C could get lost.
    mlp.partial_fit(X, y, classes=[0, 1, 2])
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    start = time.monotonic()
    with pytest.warns(UserWarning, match="interrupted by user"):
        mlp.fit(X, y)
    assert time.monotonic() - start < 60
    assert mlp.n_iter_ == len(mlp.loss_curve_)
    assert np.isfinite(mlp.coefs_[0]).all()


def test_interrupted_lbfgs_leaves_the_network_as_it_was(data, monkeypatch):
    mlp = small()
    with pytest.warns(ConvergenceWarning):
        mlp.fit(*data)
    before = state(mlp.set_params(solver="lbfgs"))
    monkeypatch.setattr(_training.Trainer, "epoch", interrupt_after(1))
    with pytest.raises(KeyboardInterrupt):
        mlp.fit(*data)
    assert state(mlp) == before


def state(mlp):
    return pickle.dumps({k: v for k, v in vars(mlp).items() if k != "_random_state"})


def raise_memory_error():
    raise MemoryError


@pytest.mark.parametrize("incremental", [False, True])
@pytest.mark.parametrize("fitted", [False, True])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_errors_undo_training(data, solver, fitted, incremental):
    mlp = small(solver=solver)
    if fitted:
        mlp.partial_fit(*data, classes=[0, 1])
    train = partial(mlp.partial_fit, classes=[0, 1]) if incremental else mlp.fit
    mlp.set_params(warm_start=True)
    before = state(mlp)
    with pytest.raises(MemoryError), mlp.epochs_reported_to(raise_memory_error):
        train(*data)
    assert hasattr(mlp, "coefs_") == fitted
    if fitted or not incremental:  # the first partial_fit has learned the classes
        assert state(mlp) == before


BAD_INPUT = [
    (
        {"early_stopping": True, "validation_fraction": 0.01},
        "validation set is too small|test_size = 1",
    ),
    ({"hidden_layer_sizes": (4, 0)}, "hidden_layer_sizes must be > 0"),
    ({"dropout": 0.5, "solver": "lbfgs"}, "dropout=0.5 needs solver='adam' or 'sgd'"),
    ({"dropout": 1.0}, r"'dropout' parameter of \w+ must be a float in the range \[0.0, 1.0\)"),
    ({"dropout": -0.1}, "'dropout' parameter"),
    ({"dropout": "half"}, "'dropout' parameter"),
    ({"max_iter": 0}, "'max_iter' parameter"),
]


@pytest.mark.parametrize(("parameters", "message"), BAD_INPUT, ids=str)
@both_kinds
def test_bad_parameters_leave_the_network_as_it_was(data, cls, parameters, message):
    mlp = small(cls)
    with pytest.warns(ConvergenceWarning):
        mlp.fit(*data)
    mlp.set_params(**parameters)
    before = state(mlp)
    with pytest.raises(ValueError, match=message):
        mlp.fit(*data)
    assert state(mlp) == before


def test_partial_fit_does_not_stop_early(data):
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        small(early_stopping=True).partial_fit(*data, classes=[0, 1])


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@both_kinds
def test_diverging_training(data, cls, solver):
    X, y = data
    mlp = small(cls, solver=solver, activation="identity", learning_rate_init=1e30)
    messages = []
    for estimator in (mlp, cls._sklearn_class(**mlp.to_sklearn().get_params())):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                estimator.fit(X * 1e200, y)
            except ValueError as error:
                messages.append(str(error))
    assert len(messages) == 2 or (solver != "sgd" and not messages)
    for message in messages:
        assert message == messages[0]
        assert message.startswith("Solver produced non-finite parameter weights.")
        assert not hasattr(mlp, "coefs_")


# ---- optimizers that partial_fit goes on with ------------------------------------------------


@pytest.mark.parametrize("change", [{"solver": "adam"}, {"learning_rate_init": 0.5}], ids=str)
def test_partial_fit_goes_on_with_the_optimizer_that_it_began_with(data, change):
    mlps = [small(solver="sgd"), MLPClassifier((4,), solver="sgd", max_iter=6, random_state=0)]
    for mlp in mlps:
        mlp.partial_fit(*data, classes=[0, 1]).set_params(**change).partial_fit(*data)
    assert type(mlps[0]._optimizer) is type(mlps[1]._optimizer)
    assert_allclose(mlps[0].coefs_[0], mlps[1].coefs_[0], rtol=1e-9)


@unconverged
def test_partial_fit_after_lbfgs_of_another_size(data):
    """scikit-learn fails here: the optimizer is left from the first network."""
    mlp = small().partial_fit(*data, classes=[0, 1])
    mlp.set_params(solver="lbfgs", hidden_layer_sizes=(7,)).fit(*data)
    before = mlp.coefs_[0].copy()
    mlp.set_params(solver="adam").partial_fit(*data)
    assert mlp.coefs_[0].shape == (3, 7)
    assert (mlp.coefs_[0] != before).any()
    assert mlp._optimizer.t == 1


def test_the_optimizer_is_not_shared_with_copies(data):
    mlp = small().partial_fit(*data, classes=[0, 1])
    moments = mlp._optimizer.ms[0].copy()
    copied = pickle.loads(pickle.dumps(mlp))
    copied.partial_fit(*data)
    assert_array_equal(mlp._optimizer.ms[0], moments)


# ---- dropout ---------------------------------------------------------------------------------


@unconverged
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_dropout_is_random_and_reproducible(data, solver):
    fits = {
        (rate, seed): small(solver=solver, dropout=rate, random_state=seed, max_iter=3).fit(*data)
        for rate in (0, 0.0, 0.4)
        for seed in (0, 1)
    }
    again = small(solver=solver, dropout=0.4, max_iter=3).fit(*data)
    assert_array_equal(again.coefs_[0], fits[0.4, 0].coefs_[0])
    assert (fits[0.4, 0].coefs_[0] != fits[0.0, 0].coefs_[0]).any()
    # The streams of initialisation and shuffling are the same with and without it.
    with_and_without = [
        small(dropout=rate, random_state=0, learning_rate_init=1e-300, max_iter=1).fit(*data)
        for rate in (0.0, 0.4)
    ]
    assert_array_equal(*(mlp.coefs_[0] for mlp in with_and_without))


@unconverged
def test_dropout_leaves_the_random_state_as_it_was_without(data):
    drawn = []
    for rate in (0.0, 0.5):
        random_state = np.random.RandomState(0)
        small(dropout=rate, random_state=random_state).fit(*data)
        drawn.append(random_state.randint(10**9))
    assert drawn[0] == drawn[1]


def test_every_call_of_partial_fit_drops_other_neurons(data):
    mlp = small(dropout=0.5, learning_rate_init=1e-300, hidden_layer_sizes=(50,))
    losses = [mlp.partial_fit(*data, classes=[0, 1]).loss_ for _ in range(4)]
    assert len(set(losses)) == 4


@unconverged
def test_dropout_helps_against_noisy_labels():
    X, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    noisy = np.where(rng.random(len(y)) < 0.3, rng.integers(0, 10, len(y)), y)
    scores = {}
    for rate in (0.0, 0.5):
        mlp = PrunableMLPClassifier((300,), dropout=rate, max_iter=100, random_state=0)
        mlp.fit(X[:900] / 16, noisy[:900])
        scores[rate] = mlp.score(X[900:] / 16, y[900:])
    assert scores[0.5] > scores[0.0] + 0.02


def test_settings_of_other_number_types_are_compiled_once(data):
    from skneuron.kernels.training.loop import train

    small().partial_fit(*data, classes=[0, 1])
    before = n_compiled(train)
    small(alpha=1, learning_rate_init=1, beta_1=0, epsilon=1, dropout=0).partial_fit(
        *data, classes=[0, 1]
    )
    assert n_compiled(train) == before
