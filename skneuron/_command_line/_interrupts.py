"""Ctrl-C and its kin: the process ends by an exception, so that whatever is unfinished goes."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

# What is said of each; SIGHUP comes when a terminal is closed, and Windows has none.
WORDS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "hung up"}


class Interrupts:
    """What has come of signals that end a process, and what is said of it.

    Each raises KeyboardInterrupt in the main thread: all code that is made for Ctrl-C is made for
    the others as well then.

    Parameters
    ----------
    left_behind : str
        What an interrupt leaves behind, in words for the user. Commands change it as they go.

    Attributes
    ----------
    received : int or None
        The first signal that has come.
    """

    def __init__(self, left_behind: str = "nothing was done"):
        self.left_behind = left_behind
        self.received: int | None = None
        self._is_held_back = False
        self._process = os.getpid()

    def receive(self, number: int, frame: FrameType | None = None) -> None:
        """Handle a signal."""
        if os.getpid() != self._process:  # a worker that was forked
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
            return
        self.received = self.received or number
        if not self._is_held_back:
            raise KeyboardInterrupt

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Signals come after this context, not inside."""
        self._is_held_back = True
        try:
            yield
        finally:
            self._is_held_back = False
            self.check()

    def check(self) -> None:
        """Raise KeyboardInterrupt if a signal has come, whoever may have swallowed it."""
        if self.received is not None:
            raise KeyboardInterrupt

    def ignore(self) -> None:
        """It is too late for an interrupt."""
        self._is_held_back = True

    def ends(self) -> tuple[int, str]:
        """The exit status after an interrupt, and a sentence; others come too late."""
        self.ignore()
        number = self.received or signal.SIGINT
        return 128 + number, f"{WORDS[signal.Signals(number).name]}: {self.left_behind}"


def _replaceable() -> Iterator[tuple[int, Any]]:
    """Signals that would end the process, with their handlers: not those that nohup ignores."""
    for name in WORDS:
        number = getattr(signal, name, None)
        if number is not None:
            handler = signal.getsignal(number)
            if handler in (signal.SIG_DFL, signal.default_int_handler):
                yield number, handler


@contextmanager
def interrupts_handled(*, until_exit: bool = False) -> Iterator[Interrupts]:
    """`Interrupts` that get the process's signals, if this is the main thread.

    Parameters
    ----------
    until_exit : bool, default=False
        Whether the process ends with the context. Then Ctrl-C does nothing after it, as Python
        would show where it was about to end.
    """
    interrupts = Interrupts()
    is_main = threading.current_thread() is threading.main_thread()
    before = dict(_replaceable()) if is_main else {}
    try:
        for number in before:
            signal.signal(number, interrupts.receive)
        yield interrupts
    finally:
        for number, handler in before.items():
            is_over = until_exit and number == signal.SIGINT
            signal.signal(number, signal.SIG_IGN if is_over else handler)


def checking(interrupts: Interrupts, report: Callable[..., None]) -> Callable[..., None]:
    """``report``, which looks for interrupts that have been swallowed, too.

    Callbacks from C, as those of ctypes, swallow every exception.
    """

    def checked(*arguments: Any) -> None:
        interrupts.check()
        report(*arguments)

    return checked
