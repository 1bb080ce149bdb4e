"""Ctrl-C and SIGTERM: when they end what, and what is said."""

import os
import signal
import threading
from contextlib import suppress

import pytest

from skneuron._command_line._interrupts import WORDS, Interrupts, checking, interrupts_handled

SIGNALS = [getattr(signal, name) for name in WORDS if hasattr(signal, name)]


@pytest.mark.parametrize("number", SIGNALS)
def test_each_signal_is_an_interrupt(number):
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), interrupts_handled() as interrupts:
        signal.raise_signal(number)
    assert interrupts.received == number
    interrupts.left_behind = "nothing"
    status, sentence = interrupts.ends()
    assert status == 128 + number
    assert sentence == f"{WORDS[number.name]}: nothing"
    assert signal.getsignal(number) == before


def test_ctrl_c_without_handlers_is_said_as_well():
    assert Interrupts("all").ends() == (130, "interrupted: all")


def test_the_first_signal_counts():
    interrupts = Interrupts()
    for number in (signal.SIGTERM, signal.SIGINT):
        with pytest.raises(KeyboardInterrupt):
            interrupts.receive(number)
    assert interrupts.ends()[0] == 143


def test_held_back_signals_come_afterwards():
    done = []

    def work(interrupts):
        with interrupts.held_back():
            signal.raise_signal(signal.SIGTERM)
            done.append("all of it")
        done.append("too much")

    with interrupts_handled() as interrupts, pytest.raises(KeyboardInterrupt):
        work(interrupts)
    assert done == ["all of it"]


def test_nothing_is_raised_where_nothing_was_received():
    interrupts = Interrupts()
    with interrupts.held_back():
        pass
    interrupts.check()


def test_errors_pass_through_where_signals_are_held_back():
    with pytest.raises(OSError, match="full"), Interrupts().held_back():
        raise OSError("full")


def test_signals_that_come_too_late_do_nothing():
    with interrupts_handled() as interrupts:
        interrupts.ignore()
        signal.raise_signal(signal.SIGTERM)
    assert interrupts.received == signal.SIGTERM


def test_swallowed_signals_are_raised_at_the_next_report():
    reported = []
    with interrupts_handled() as interrupts:
        report = checking(interrupts, lambda *args: reported.append(args))
        report(1, "training")
        with suppress(KeyboardInterrupt):  # as callbacks from C do
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            report(2, "training")
    assert reported == [(1, "training")]


def test_signals_that_are_ignored_stay_so():
    """As nohup wants it, and shells of commands in the background."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with interrupts_handled() as interrupts:
            signal.raise_signal(signal.SIGTERM)
        assert interrupts.received is None
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(
    ("until_exit", "after"), [(False, signal.default_int_handler), (True, signal.SIG_IGN)]
)
def test_the_end_of_a_process_is_not_interrupted(until_exit, after):
    before = signal.getsignal(signal.SIGINT)
    try:
        with interrupts_handled(until_exit=until_exit):
            pass
        assert signal.getsignal(signal.SIGINT) == after
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_handle_nothing():
    seen = []

    def run():
        with interrupts_handled() as interrupts:
            seen.append((interrupts.received, signal.getsignal(signal.SIGTERM)))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [(None, signal.SIG_DFL)]


def test_forked_workers_die_of_signals(monkeypatch):
    """They inherit the handler, and have nothing to say."""
    interrupts, raised = Interrupts(), []
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    monkeypatch.setattr(signal, "raise_signal", raised.append)
    interrupts.receive(signal.SIGTERM)
    assert raised == [signal.SIGTERM]
    assert signal.signal(signal.SIGTERM, before) == signal.SIG_DFL
    assert interrupts.received is None
