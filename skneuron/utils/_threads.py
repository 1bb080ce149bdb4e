"""How work is spread over cores by numba's threads. Nothing else decides this.

numba's threads cannot be used everywhere: two Python threads entering its workqueue layer
abort the process, and a forked child of a process that used its omp layer is killed. There,
and wherever only one core is to be had or little is to be done, kernels run in the thread of the
caller, which gives the same bits.
"""

import math
import multiprocessing
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from functools import lru_cache
from typing import Any

import joblib
import numba

from skneuron.kernels import Kernel
from skneuron.utils._blas_threads import FEW_OPERATIONS, single_blas_thread

_in_forked_child = False
_on_one_core: ContextVar[bool] = ContextVar("on_one_core", default=False)


def _after_fork_in_child() -> None:
    global _in_forked_child
    _in_forked_child = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


@lru_cache(maxsize=1)
def _counted(count: Callable[[], int], second: int) -> int:
    return count()


def n_cores() -> int:
    """Cores that the operating system, a container's quota or joblib's worker leave us."""
    # joblib reads files of the operating system, which takes longer than many a kernel: what
    # they say is good for a second.
    n = _counted(joblib.cpu_count, int(time.monotonic()))
    # joblib's processes share the cores; it tells each of them its share in variables like this.
    is_worker = multiprocessing.parent_process() is not None
    return min(n, numba.config.NUMBA_NUM_THREADS) if is_worker else n


def effective_n_threads() -> int:
    """Number of threads that a kernel may use here and now.

    Returns
    -------
    n_threads : int
        1 off the main thread, in a forked child, in `on_one_core` and without a JIT compiler;
        otherwise numba's own setting (``numba.set_num_threads``, ``NUMBA_NUM_THREADS``), but no
        more than the cores that the operating system, a container's quota or joblib's worker
        leave us.
    """
    main_thread = threading.current_thread() is threading.main_thread()
    if numba.config.DISABLE_JIT or _in_forked_child or _on_one_core.get() or not main_thread:
        return 1
    return min(_numba_threads(), n_cores())


# numba's own setting and ours that takes its place during a kernel, if there is one. Only the
# main thread changes it.
_replaced: tuple[int, int] | None = None


def _numba_threads() -> int:
    """numba's setting; where Ctrl-C has left ours in its place, it is restored first."""
    now = numba.get_num_threads()
    if _replaced is not None:
        own, ours = _replaced
        if now == ours:
            now = own
        _restore_numba_threads()
    return now


def _restore_numba_threads() -> None:
    global _replaced
    if _replaced is not None:
        own, ours = _replaced
        if numba.get_num_threads() == ours:
            numba.set_num_threads(own)
        _replaced = None


def _with_numba_threads(n_threads: int, run: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    global _replaced
    own = _numba_threads()
    if n_threads == own:
        return run(*args)
    try:
        _replaced = own, n_threads
        numba.set_num_threads(n_threads)
        return run(*args)
    finally:
        _restore_numba_threads()


def _run(kernel: Kernel, args: tuple[Any, ...], n_threads: int) -> Any:
    with single_blas_thread():
        if n_threads == 1:
            return kernel.serial(*args)
        return _with_numba_threads(n_threads, kernel.parallel, args)


def run_kernel(
    kernel: Kernel, *args: Any, n_operations: float = math.inf, max_threads: int | None = None
) -> Any:
    """Call ``kernel`` with as many threads as are safe and worth waking, each with one of BLAS's.

    Parameters
    ----------
    kernel : Kernel
    *args : object
        Passed on to the kernel.
    n_operations : float, default=inf
        How much there is to do. Fewer than `FEW_OPERATIONS` are done in this thread, except
        where `in_series` says that more are to come.
    max_threads : int, default=None
        No more threads than this, each of which may need memory of its own.

    Returns
    -------
    result : object
        What the kernel returns. numba's and BLAS's settings are as before, also after an error.
    """
    if n_operations < FEW_OPERATIONS:
        series = _series.get()
        if series is None:
            return _run(kernel, args, 1)
        return series[kernel].run(
            kernel, *args, n_operations=n_operations, max_threads=max_threads
        )
    return _run(kernel, args, _at_most(max_threads))


def _at_most(max_threads: int | None) -> int:
    n_threads = effective_n_threads()
    return n_threads if max_threads is None else min(n_threads, max_threads)


def on_one_core(function: Callable[..., Any], *args: Any) -> Any:
    """``function(*args)``, whose kernels use one thread."""

    def called() -> Any:
        _on_one_core.set(True)
        return function(*args)

    return copy_context().run(called)


class PacedRuns:
    """Runs of kernels that do alike work, with threads as long as these help.

    Where other programs keep some of the cores busy, threads that meet often wait for each other
    most of the time, and may take fifty times as long as one thread alone. As both give the
    same bits, nothing but the time depends on which of them runs.
    """

    # Idle machines of any kind are faster than this; only slower runs with threads are a reason
    # to try one thread.
    OPERATIONS_PER_SECOND = 5e9
    # So many runs keep to threads that have been compared, and were faster.
    PATIENCE = 10
    # One thread that was faster keeps running for so many times what threads have lost: trying
    # them again costs no more than a twentieth of the time, however slow they are.
    TIMES_LOST = 20

    def __init__(self) -> None:
        self._threads = True
        self._pace_with_threads = 0.0  # seconds per operation
        self._patience = 0
        self._wait: float | None = None  # None: one thread has yet to be compared

    def run(
        self,
        kernel: Kernel,
        *args: Any,
        n_operations: float,
        worthwhile: bool = True,
        max_threads: int | None = None,
    ) -> Any:
        """As `run_kernel`, but ``worthwhile`` says whether there is any use in trying threads."""
        n_threads = _at_most(max_threads) if worthwhile and n_operations > 0 else 1
        if n_threads == 1:
            return _run(kernel, args, 1)
        n_loaded, start = kernel.n_loaded, time.perf_counter()
        result = _run(kernel, args, n_threads if self._threads else 1)
        if kernel.n_loaded > n_loaded:
            return result  # most of the time went into compiling, or reading what is compiled
        self._threads = self._choose(time.perf_counter() - start, n_operations)
        return result

    def _choose(self, seconds: float, n_operations: float) -> bool:
        """Whether to use threads next, after a run that took ``seconds``."""
        pace = seconds / n_operations
        if self._threads:
            self._pace_with_threads, self._wait = pace, None
            trusted = self._patience > 0
            self._patience = max(0, self._patience - 1)
            return pace * self.OPERATIONS_PER_SECOND < 1 or trusted
        if self._wait is None:
            lost = (self._pace_with_threads - pace) * n_operations
            self._wait = self.TIMES_LOST * lost
            self._patience = 0 if lost > 0 else self.PATIENCE
        else:
            self._wait -= seconds
        return self._wait <= 0


_series: ContextVar[dict[Kernel, PacedRuns] | None] = ContextVar("series", default=None)


def in_series(function: Callable[..., Any], *args: Any) -> Any:
    """``function(*args)``, which calls kernels so often that threads stay awake.

    In a context of its own, which ends with the call, whatever ends that.
    """

    def called() -> Any:
        _series.set(defaultdict(PacedRuns))
        return function(*args)

    return copy_context().run(called)
