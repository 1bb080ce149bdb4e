"""Compilation: the only user of ``numba.njit``, and so the one place for its options.

``compiled`` makes a function that other kernels call, ``inlined`` one that is called for every
number of an array. ``parallel_twins`` compiles one function twice, with and without threads;
`skneuron.utils.run_kernel` picks the twin that is safe to call.
"""

from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

import numba

# No fastmath: it would let the compiler round the twins differently, and they must agree
# bit for bit. The numpy error model drops the division-by-zero checks that stop vectorisation.
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


class Twins(NamedTuple):
    """The same function compiled without and with threads."""

    serial: Callable[..., Any]
    parallel: Callable[..., Any]


@cache
def _kernels_digest() -> str:
    """Fingerprint of every kernel source file, and of numba's version.

    numba's cache notices edits only in the file of the function that it compiles, not in the
    callees' files. As part of the cached name, the fingerprint makes it notice them all, and
    environments that share an editable install do not overwrite each other's machine code.
    """
    digest = blake2b(numba.__version__.encode(), digest_size=6)
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _njit(function: Callable[..., Any], *, parallel: bool, **more: Any) -> Callable[..., Any]:
    if numba.config.DISABLE_JIT:
        return function
    twin = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    twin.__doc__ = function.__doc__
    # The cache is keyed by qualified name and bytecode, not by options: without a name of its
    # own, the serial twin would load the parallel one's machine code.
    kind = "parallel" if parallel else "serial"
    twin.__qualname__ = f"{function.__qualname__}_{kind}_{_kernels_digest()}"
    try:
        return numba.njit(cache=True, parallel=parallel, **OPTIONS, **more)(twin)
    except RuntimeError:
        # Neither the package nor the home folder can be written: compile in every process.
        return numba.njit(parallel=parallel, **OPTIONS, **more)(twin)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile ``function`` at its first call, for use inside kernels."""
    return _njit(function, parallel=False)


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """As `compiled`, for loops that become vector instructions only if the call disappears."""
    return _njit(function, parallel=False, forceinline=True)


def parallel_twins(function: Callable[..., Any]) -> Twins:
    """Compile ``function``, which loops over ``numba.prange``, serially and with threads."""
    return Twins(_njit(function, parallel=False), _njit(function, parallel=True))
