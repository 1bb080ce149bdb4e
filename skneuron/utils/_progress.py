"""Progress outside of estimators, which have scikit-learn's callbacks: a reporter, and bars.

On a terminal, the bar is rich's if that is installed, and a plain line otherwise.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from typing import Any, NamedTuple, TextIO


def _ignore(*_: object) -> None:
    pass


class ProgressReporter(NamedTuple):
    """Whom to tell of a computation: by default, nobody.

    Attributes
    ----------
    start : callable
        Called with the total amount of work, in any unit, before the first piece of it.
    advance : callable
        Called with (work, phase) after every piece: its amount, and what it was part of.
    close : callable
        Called without arguments at the end, also after an exception.
    """

    start: Callable[[float], None] = _ignore
    advance: Callable[[float, str], None] = _ignore
    close: Callable[[], None] = _ignore

    def pieces(self, work: float, phase: str) -> Callable[..., None]:
        """A function that reports one piece of so much ``work``, or the number it is given."""
        return lambda n_pieces=1: self.advance(n_pieces * work, phase)


class _PlainBar:
    """One line, written again whenever the per cent or the phase changes."""

    WIDTH = 30

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic):
        self.stream = stream
        self.clock = clock
        self.total = 0.0
        self.done = 0.0
        self.started = clock()
        self.shown = ""

    def start(self, total: float) -> None:
        self.total = total
        self.started = self.clock()
        self.advance(0.0, "starting")

    def advance(self, work: float, phase: str) -> None:
        self.done += work
        share = min(1.0, self.done / self.total) if self.total else 1.0
        filled = int(self.WIDTH * share)
        left = ""
        if share > 0:
            seconds = (self.clock() - self.started) * (1 - share) / share
            left = f"{int(seconds) // 60}:{int(seconds) % 60:02d} left"
        bar = "#" * filled + "-" * (self.WIDTH - filled)
        line = f"[{bar}] {share:4.0%}  {left:>10}  {phase}"
        if line != self.shown:
            self.stream.write("\r" + line.ljust(len(self.shown)))
            self.stream.flush()
            self.shown = line

    def clear(self) -> None:
        self.stream.write("\r" + " " * len(self.shown) + "\r")
        self.stream.flush()


def _rich_bar(stream: TextIO) -> ProgressReporter:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns: list[Any] = [
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.description}"),
    ]
    progress = Progress(*columns, console=Console(file=stream), transient=True)
    task = progress.add_task("starting", total=None)
    progress.start()
    return ProgressReporter(
        lambda total: progress.update(task, total=total),
        lambda work, phase: progress.update(task, advance=work, description=phase),
        progress.stop,
    )


@contextmanager
def progress_bar(stream: TextIO, *, quiet: bool = False) -> Iterator[ProgressReporter]:
    """A progress bar on ``stream``, gone when the context ends.

    Parameters
    ----------
    stream : text stream
        Nothing is written to it unless it is a terminal.
    quiet : bool, default=False
        Write nothing at all.

    Yields
    ------
    bar : ProgressReporter
        ``bar.start(total)``, then ``bar.advance(work, phase)`` until the work adds up.
    """
    if quiet or not stream.isatty():
        bar = ProgressReporter()
    elif find_spec("rich") is not None:
        bar = _rich_bar(stream)
    else:
        plain = _PlainBar(stream)
        bar = ProgressReporter(plain.start, plain.advance, plain.clear)
    with closing(bar):
        yield bar
