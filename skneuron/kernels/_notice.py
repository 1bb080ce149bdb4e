"""What users are told while kernels are compiled: once a process, on stderr, what and how long."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

# The environment variable that silences the notice if it is "0".
SWITCH = "SKNEURON_COMPILE_NOTICE"
# Seconds that a kernel takes to compile on two cores of 2024, a type of numbers.
ABOUT_SECONDS = {
    "train": 5,
    "ablate_each_neuron": 5,
    "ablate_each_pair": 4,
    "ablate_along_permutations": 3,
}


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
        elif not self._is_said and os.environ.get(SWITCH) != "0":
            self._is_said = True
            _print(
                "skneuron: compiling for this processor, about "
                f"{sum(ABOUT_SECONDS.values())} seconds if everything is used, and only once "
                f"(`skneuron warmup` does it beforehand, {SWITCH}=0 silences this)"
            )

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


def _print(line: str) -> None:
    with suppress(OSError, ValueError, AttributeError):  # closed, full, or none at all
        print(line, file=sys.stderr, flush=True)


NOTICE = CompilationNotice()
