"""What users are told while kernels are compiled: once a process, on stderr, what and how long."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

# The environment variable that silences the notice if it is "0".
SWITCH = "SKNEURON_COMPILE_NOTICE"
# Kernel -> what it is for, and the seconds that it takes to compile on a core of 2024. The others
# take less than two.
ABOUT = {
    "train": ("training", 4),
    "forward_with_residuals": ("ablation", 8),
    "ablate_each_pair": ("pairs", 4),
    "ablate_along_permutations": ("Shapley values", 4),
}
# Less is not worth a word.
QUIET_KERNELS = frozenset({"_drive"})


class Compilation(NamedTuple):
    """A kernel that was compiled in this process, not read from the cache."""

    kernel: str
    seconds: float


class CompilationNotice:
    """Knows which kernels were compiled in this process, and tells the user.

    Attributes
    ----------
    done : list of Compilation
        First compiled first.
    """

    def __init__(self) -> None:
        self.done: list[Compilation] = []
        self._started: dict[str, float] = {}
        self._listener: Callable[[str], None] | None = None
        self._is_said = False

    def start(self, kernel: str) -> None:
        """A kernel is not in the cache."""
        self._started[kernel] = time.perf_counter()
        if self._listener is not None:
            self._listener(kernel)
        elif kernel not in QUIET_KERNELS and not self._is_said:
            self._is_said = True
            if os.environ.get(SWITCH) != "0":
                _print(_line(kernel))

    def stop(self, kernel: str) -> None:
        """It is compiled now."""
        started = self._started.pop(kernel, time.perf_counter())
        self.done.append(Compilation(kernel, time.perf_counter() - started))

    @contextmanager
    def told_to(self, listener: Callable[[str], None]) -> Iterator[None]:
        """Inside, ``listener(kernel)`` is called, and nothing printed."""
        before, self._listener = self._listener, listener
        try:
            yield
        finally:
            self._listener = before


def _line(kernel: str) -> str:
    purpose, seconds = ABOUT.get(kernel, (kernel, 2))
    return (
        f"skneuron: compiling for {purpose}, about {seconds} s, as at any first use "
        f"on this machine (beforehand: `skneuron warmup`; no such line: {SWITCH}=0)"
    )


def _print(line: str) -> None:
    if sys.stderr is None:  # print would take stdout
        return
    with suppress(OSError, ValueError, AttributeError):  # closed, full, or none at all
        print(line, file=sys.stderr, flush=True)


NOTICE = CompilationNotice()
