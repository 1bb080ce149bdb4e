"""Training that somebody waits for."""

import contextlib
import signal
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers.networks import Interrupted, OursInterrupted, small

from skneuron.utils._interrupt import interruptible, training_in_full, watched_fit


def interrupt(n=1):
    raise KeyboardInterrupt


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_ctrl_c_ends_training(data, method):
    mlp = small()
    options = {"classes": [0, 1]} if method == "partial_fit" else {}
    with (
        mlp.epochs_reported_to(interrupt),
        pytest.raises(KeyboardInterrupt),
        training_in_full(),
    ):
        getattr(mlp, method)(*data, **options)


def test_epochs_that_run_out_are_no_news(data):
    with training_in_full():
        small().fit(*data)  # All warnings are errors here.


def test_other_warnings_stay_warnings_and_other_errors_errors():
    with pytest.warns(UserWarning, match="something"), training_in_full():
        warnings.warn("something", UserWarning, stacklevel=1)
    with pytest.raises(UserWarning, match="something"), training_in_full():
        raise UserWarning("something")


def test_filters_are_restored():
    before = list(warnings.filters)
    with training_in_full():
        assert list(warnings.filters) != before
    assert list(warnings.filters) == before


def test_filters_are_left_alone():
    """They are for all threads, some of which set and restore them at the same time."""
    before, inside, leave = list(warnings.filters), threading.Event(), threading.Event()

    def check():  # what scikit-learn's checks do
        with warnings.catch_warnings():
            inside.set()
            leave.wait(timeout=60)

    with ThreadPoolExecutor(1) as executor:
        with interruptible():
            assert list(warnings.filters) == before
            done = executor.submit(check)
            assert inside.wait(timeout=60)
        leave.set()
        done.result(timeout=60)
    assert list(warnings.filters) == before


def swallowed():
    """What scikit-learn's training does with Ctrl-C."""
    with contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("no signal has come")


def test_ctrl_c_that_is_swallowed_is_raised_afterwards():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), interruptible():
        swallowed()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_handler_that_raises_nothing_ends_nothing():
    """That of a server, which lets its work come to an end."""
    received = []
    before = signal.signal(signal.SIGINT, lambda number, frame: received.append(number))
    try:
        with interruptible():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert received == [signal.SIGINT]


def test_other_errors_go_before_ctrl_c():
    def swallowed_before_an_error():
        swallowed()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), interruptible():
        swallowed_before_an_error()


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL])
def test_handlers_that_are_none_of_pythons_stay(handler):
    before = signal.signal(signal.SIGINT, handler)
    try:
        with interruptible():
            assert signal.getsignal(signal.SIGINT) == handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_handler_that_was_set_meanwhile_stays():
    def later(number, frame):
        pass

    before = signal.getsignal(signal.SIGINT)
    try:
        with interruptible():
            signal.signal(signal.SIGINT, later)
        assert signal.getsignal(signal.SIGINT) is later
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_have_no_signals():
    def handler():
        with interruptible():
            return signal.getsignal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(handler).result(timeout=60) is before


@pytest.mark.parametrize("network", [Interrupted, OursInterrupted])
@pytest.mark.parametrize("action", ["error", "ignore"])
def test_ctrl_c_ends_any_training(data, network, action):
    """scikit-learn's swallows it, with a warning."""
    mlp = network((4,), max_iter=5, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter(action)
        with pytest.raises(KeyboardInterrupt), interruptible():
            mlp.fit(*data)


def test_fit_is_that_of_the_network(data):
    with training_in_full():
        watched, plain = watched_fit(small(), *data), small().fit(*data)
    for a, b in zip(watched.coefs_, plain.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_every_epoch_is_told_of_and_then_those_saved(data):
    told = []
    with training_in_full():
        mlp = watched_fit(small(max_iter=20, tol=1e3, n_iter_no_change=3), *data, told.append)
    assert mlp.n_iter_ < 20
    assert told == [1] * mlp.n_iter_ + [20 - mlp.n_iter_]


def test_ctrl_c_in_the_callback_ends_the_fit(data):
    with pytest.raises(KeyboardInterrupt), training_in_full():
        watched_fit(small(), *data, interrupt)
