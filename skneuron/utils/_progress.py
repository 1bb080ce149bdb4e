"""Progress outside of estimators, which have scikit-learn's callbacks: a reporter, and bars.

On a terminal, the bar is rich's if that is installed, and a plain line otherwise. Elsewhere, every
stage is a line. Kernels that are compiled on the way are a stage of their own, which the time that
is left knows nothing of.
"""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from typing import Any, NamedTuple, TextIO

from skneuron.kernels import compilation_notice


def _ignore(*_: object) -> None:
    pass


class ProgressReporter(NamedTuple):
    """Whom to tell of a computation: by default, nobody.

    Attributes
    ----------
    start : callable
        Called with the total amount of work, in any unit, before the first piece of it.
    advance : callable
        Called with (work, phase) after every piece: its amount, and what it was part of. No work
        at all says that a phase begins.
    close : callable
        Called without arguments at the end, also after an exception.
    compiling : callable
        Called with the name of a kernel before it is compiled.
    """

    start: Callable[[float], None] = _ignore
    advance: Callable[[float, str], None] = _ignore
    close: Callable[[], None] = _ignore
    compiling: Callable[[str], None] = _ignore

    def pieces(self, work: float, phase: str) -> Callable[..., None]:
        """A function that reports one piece of so much ``work``, or the number it is given."""
        return lambda n_pieces=1: self.advance(n_pieces * work, phase)


def _compiling(kernel: str) -> str:
    return f"compiling {kernel.replace('_', ' ')} (once)"


def _seconds_compiled() -> float:
    """How long this process has compiled so far."""
    return sum(one.seconds for one in compilation_notice.done)


def _minutes(seconds: float) -> str:
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


class _Pace:
    """How much of the work is done, and how long the rest takes at the same pace.

    The time that compiling takes is no part of it: it does not come again.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._made = clock()
        self._done = 0.0
        self.start(0.0)

    def start(self, total: float) -> None:
        self._total, self._started, self._compiled = total, self._clock(), _seconds_compiled()

    def advance(self, work: float) -> None:
        self._done += work

    @property
    def share(self) -> float:
        return min(1.0, self._done / self._total) if self._total else 1.0

    @property
    def left(self) -> str:
        """Time left, or nothing as long as nobody knows."""
        if self._done == 0:
            return ""
        worked = self._clock() - self._started - (_seconds_compiled() - self._compiled)
        return f"{_minutes(worked * (1 - self.share) / self.share)} left"

    @property
    def elapsed(self) -> float:
        """Seconds since this was made: work may start again, once workers are ready for it."""
        return self._clock() - self._made


class _PlainBar:
    """One line, written again whenever something in it changes."""

    WIDTH = 30

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic):
        self.stream = stream
        self.pace = _Pace(clock)
        self.left = self.shown = ""
        self.phase = "starting"
        self.lock = threading.Lock()

    def start(self, total: float) -> None:
        self.pace.start(total)
        self.show()

    def advance(self, work: float, phase: str) -> None:
        self.pace.advance(work)
        self.left, self.phase = self.pace.left, phase
        self.show()

    def compiling(self, kernel: str) -> None:
        self.phase = _compiling(kernel)
        self.show()

    def show(self) -> None:
        elapsed = _minutes(self.pace.elapsed)
        rest = f" {self.pace.share:4.0%} {elapsed:>6} {self.left:>11}  {self.phase}"
        # What is wider than the terminal goes on below, where no carriage return comes back from.
        columns = shutil.get_terminal_size().columns - 1 if self.stream.isatty() else None
        width = self.WIDTH
        if columns is not None:
            width = max(0, min(width, columns - len(rest) - 2))
        filled = int(width * self.pace.share)
        line = f"[{'#' * filled}{'-' * (width - filled)}]{rest}"[:columns]
        with self.lock:
            if line != self.shown:
                self.stream.write("\r" + line.ljust(len(self.shown)))
                self.stream.flush()
                self.shown = line

    def clear(self) -> None:
        self.stream.write("\r" + " " * len(self.shown) + "\r")
        self.stream.flush()


class _Ticker:
    """Calls a function every second, in a thread, until it is told to stop."""

    SECONDS = 1.0

    def __init__(self, tick: Callable[[], None]):
        self._tick = tick
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._is_over.wait(self.SECONDS):
            self._tick()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join()


class _Lines:
    """A line for every stage, when it begins."""

    def __init__(self, stream: TextIO):
        self.stream = stream
        self.phase = ""

    def advance(self, work: float, phase: str) -> None:
        if phase != self.phase:
            self.phase = phase
            self._write(phase)

    def compiling(self, kernel: str) -> None:
        self._write(_compiling(kernel))

    def _write(self, line: str) -> None:
        self.stream.write(f"{line}\n")
        self.stream.flush()


def _rich_bar(stream: TextIO) -> ProgressReporter:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        SpinnerColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    # The spinner and the time that has passed move while a kernel is compiled.
    columns: list[Any] = [
        SpinnerColumn(),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.description}"),
    ]
    progress = Progress(*columns, console=Console(file=stream), transient=True)
    task = progress.add_task("starting", total=None, left="")
    pace = _Pace()

    def start(total: float) -> None:
        pace.start(total)
        progress.update(task, total=total)

    def advance(work: float, phase: str) -> None:
        pace.advance(work)
        progress.update(task, advance=work, description=phase, left=pace.left)

    def compiling(kernel: str) -> None:
        progress.update(task, description=_compiling(kernel))

    progress.start()
    return ProgressReporter(start, advance, progress.stop, compiling)


def _is_terminal(stream: TextIO) -> bool:
    """Whether what has been written to it can be overwritten."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _reporter(stream: TextIO) -> ProgressReporter:
    if not _is_terminal(stream):
        lines = _Lines(stream)
        return ProgressReporter(advance=lines.advance, compiling=lines.compiling)
    if find_spec("rich") is not None:
        return _rich_bar(stream)
    bar = _PlainBar(stream)
    ticker = _Ticker(bar.show)  # so that time goes on while a kernel is compiled

    def close() -> None:
        ticker.stop()
        bar.clear()

    return ProgressReporter(bar.start, bar.advance, close, bar.compiling)


@contextmanager
def progress_bar(stream: TextIO, *, quiet: bool = False) -> Iterator[ProgressReporter]:
    """A progress bar on ``stream``, gone when the context ends.

    It is told of kernels that are compiled in the context, about which nothing else is printed.

    Parameters
    ----------
    stream : text stream
        If it is no terminal, or one that cannot move its cursor (``TERM=dumb``), a line is
        written to it for every phase, when its first piece is reported.
    quiet : bool, default=False
        Write nothing at all.

    Yields
    ------
    bar : ProgressReporter
        ``bar.start(total)``, then ``bar.advance(work, phase)`` until the work adds up.
    """
    bar = ProgressReporter() if quiet else _reporter(stream)

    def compiling(kernel: str) -> None:
        if not kernel.startswith("_"):  # What all kernels share is compiled in no time.
            bar.compiling(kernel)

    with closing(bar), compilation_notice.told_to(compiling):
        yield bar
