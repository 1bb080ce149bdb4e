"""A progress bar with the time left: rich's if installed, a plain line otherwise."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, NamedTuple, TextIO


class ProgressBar(NamedTuple):
    """How much work there is, and that some of it has been done."""

    start: Callable[[float], None]
    advance: Callable[[float, str], None]


def _silent_bar() -> ProgressBar:
    return ProgressBar(lambda total: None, lambda work, phase: None)


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


@contextmanager
def _rich_bar(stream: TextIO) -> Iterator[ProgressBar]:
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
    with Progress(*columns, console=Console(file=stream), transient=True) as progress:
        task = progress.add_task("starting", total=None)
        yield ProgressBar(
            lambda total: progress.update(task, total=total),
            lambda work, phase: progress.update(task, advance=work, description=phase),
        )


@contextmanager
def progress_bar(stream: TextIO, *, quiet: bool = False) -> Iterator[ProgressBar]:
    """A progress bar on ``stream``, gone when the context ends.

    Parameters
    ----------
    stream : text stream
        Nothing is written to it unless it is a terminal.
    quiet : bool, default=False
        Write nothing at all.

    Yields
    ------
    bar : ProgressBar
        ``bar.start(total)``, then ``bar.advance(work, phase)`` until the work adds up.
    """
    if quiet or not stream.isatty():
        yield _silent_bar()
    elif find_spec("rich") is not None:
        with _rich_bar(stream) as bar:
            yield bar
    else:
        plain = _PlainBar(stream)
        try:
            yield ProgressBar(plain.start, plain.advance)
        finally:
            plain.clear()
