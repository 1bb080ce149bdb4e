"""How work is spread over cores: numba threads and BLAS threads. Nothing else decides this.

numba's threads cannot be used everywhere: two Python threads entering its workqueue layer
abort the process, and a forked child of a process that used its omp layer is killed. There,
and wherever only one core is to be had or little is to be done, kernels run in the thread of the
caller, which gives the same bits.
"""

import math
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Any

import joblib
import numba
from threadpoolctl import ThreadpoolController

from skneuron.kernels import Kernel

# One thread does them in a millisecond or two. To wake others takes a tenth of one if they sleep,
# and ten where another library's threads wait busily on their cores, as BLAS's do.
FEW_OPERATIONS = 2e7

_in_forked_child = False


@cache
def _blas_controller() -> ThreadpoolController:
    # A controller sees only the libraries loaded before it, and numba multiplies matrices with
    # the BLAS that SciPy brings.
    import scipy.linalg  # noqa: F401

    return ThreadpoolController().select(user_api="blas")


def _set_blas_threads(numbers: Iterable[int]) -> None:
    for library, number in zip(_blas_controller().lib_controllers, numbers, strict=True):
        # Since threadpoolctl 3.8, `set_num_threads` does nothing in all threads but one: a limit
        # that one thread sets for all would stay when another one is the last to leave.
        getattr(library, "_real_set_num_threads", library.set_num_threads)(number)


def _blas_threads() -> list[int]:
    return [library.get_num_threads() for library in _blas_controller().lib_controllers]


class _SharedLimit:
    """One BLAS thread for the whole process, which the first user sets and the last one lifts.

    The number of BLAS threads belongs to the process. If every thread saved and restored it,
    one of them would save another's limit and restore that for good.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._before: list[int] | None = None

    def __enter__(self) -> None:
        with self._lock:
            if self._users == 0:
                # Stored before anything changes, and kept if Ctrl-C has left it here: whatever
                # happens, the next user who leaves restores it.
                if self._before is None:
                    self._before = _blas_threads()
                _set_blas_threads([1] * len(self._before))
            self._users += 1

    def __exit__(self, *exc_info: object) -> None:
        with self._lock:
            self._users -= 1
            self._restore()

    def _restore(self) -> None:
        if self._users == 0 and self._before is not None:
            _set_blas_threads(self._before)
            self._before = None

    def renewed_in_forked_child(self) -> "_SharedLimit":
        """The same limit, without the users and the lock of threads that the child lacks."""
        self._users = 0
        self._restore()
        return _SharedLimit()


_single_blas_thread = _SharedLimit()


def single_blas_thread() -> _SharedLimit:
    """A context in which BLAS uses one thread, everywhere in the process."""
    return _single_blas_thread


def blas_threads_for(n_operations: float) -> AbstractContextManager[None]:
    """A context in which BLAS wakes no threads for so few operations; see `FEW_OPERATIONS`."""
    return _single_blas_thread if n_operations < FEW_OPERATIONS else nullcontext()


def _after_fork_in_child() -> None:
    global _in_forked_child, _single_blas_thread
    _in_forked_child = True
    _single_blas_thread = _single_blas_thread.renewed_in_forked_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


@lru_cache(maxsize=1)
def _counted(count: Callable[[], int], second: int) -> int:
    return count()


def _n_cores() -> int:
    # joblib reads files of the operating system, which takes longer than many a kernel: what
    # they say is good for a second.
    return _counted(joblib.cpu_count, int(time.monotonic()))


def effective_n_threads() -> int:
    """Number of threads that a kernel may use here and now.

    Returns
    -------
    n_threads : int
        1 off the main thread, in a forked child and without a JIT compiler; otherwise numba's
        own setting (``numba.set_num_threads``, ``NUMBA_NUM_THREADS``), but no more than the
        cores that the operating system, a container's quota or joblib's worker leave us.
    """
    main_thread = threading.current_thread() is threading.main_thread()
    if numba.config.DISABLE_JIT or _in_forked_child or not main_thread:
        return 1
    return min(numba.get_num_threads(), _n_cores())


def _numba_threads(n_threads: int) -> AbstractContextManager[None]:
    before = numba.get_num_threads()
    return nullcontext() if n_threads == before else _other_numba_threads(n_threads, before)


@contextmanager
def _other_numba_threads(n_threads: int, before: int) -> Iterator[None]:
    try:
        numba.set_num_threads(n_threads)
        yield
    finally:
        numba.set_num_threads(before)


def _run(kernel: Kernel, args: tuple[Any, ...], n_threads: int) -> Any:
    with _single_blas_thread:
        if n_threads == 1:
            return kernel.serial(*args)
        with _numba_threads(n_threads):
            return kernel.parallel(*args)


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
        where `series_of_runs` says that more are to come.
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


@contextmanager
def series_of_runs() -> Iterator[None]:
    """Inside, kernels that have little to do are called so often that threads stay awake."""
    token = _series.set(defaultdict(PacedRuns))
    try:
        yield
    finally:
        _series.reset(token)
