"""Functions inside kernels, for tests that call them from Python, and what tests do to kernels."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numba

from skneuron.kernels import _jit


@cache
def callable_from_python(function):
    """A function made by `compiled` or `inlined`, as one that Python can call as well.

    It is compiled once more, with the same options; what it calls is the code that kernels have.
    """
    if numba.config.DISABLE_JIT or not _jit.LINKED:
        return function
    return numba.njit(**_jit.OPTIONS)(function.py_func)  # noqa: TID251 -- not for the package


class Ways(NamedTuple):
    """Stands in for a `Kernel` where it is called: what `run_kernel` takes."""

    serial: Callable
    parallel: Callable
    n_loaded: int = 1


def serial_only(kernel):
    """A `Kernel` for `run_kernel` that has no threads, whatever the machine has."""
    return Ways(kernel.serial, kernel.serial)


def n_compiled(kernel):
    """For how many combinations of types a `Kernel` has been compiled, or read from the cache."""
    return len(getattr(kernel.dispatcher, "signatures", ()))
