"""How work is spread over cores: numba threads and BLAS threads. Nothing else decides this.

numba's threads cannot be used everywhere: two Python threads entering its workqueue layer
abort the process, and a forked child of a process that used its omp layer is killed. There,
and wherever only one core is to be had, kernels run as their serial twins, which give the same
bits.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

import joblib
import numba
from threadpoolctl import ThreadpoolController

from skneuron.kernels import Kernel

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


def _limit_blas() -> Callable[[], None]:
    """Limit BLAS to one thread; returns what restores the numbers of before."""
    before = [library.get_num_threads() for library in _blas_controller().lib_controllers]
    _set_blas_threads([1] * len(before))
    return lambda: _set_blas_threads(before)


class _SharedLimit:
    """A process-wide limit that the first user sets and the last one lifts.

    The number of BLAS threads belongs to the process. If every thread saved and restored it,
    one of them would save another's limit and restore that for good.
    """

    def __init__(self, impose: Callable[[], Callable[[], None]]):
        self._impose = impose
        self._lock = threading.Lock()
        self._users = 0
        self._lift: Callable[[], None] | None = None

    def __enter__(self) -> None:
        with self._lock:
            if self._users == 0:
                self._lift = self._impose()
            self._users += 1

    def __exit__(self, *exc_info: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._lift is not None:
                self._lift()
                self._lift = None

    def renewed_in_forked_child(self) -> "_SharedLimit":
        """The same limit, without the users and the lock of threads that the child lacks."""
        if self._lift is not None:
            self._lift()
        return _SharedLimit(self._impose)


_single_blas_thread = _SharedLimit(_limit_blas)


def single_blas_thread() -> _SharedLimit:
    """A context in which BLAS uses one thread, everywhere in the process."""
    return _single_blas_thread


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


@contextmanager
def _numba_threads(n_threads: int) -> Iterator[None]:
    before = numba.get_num_threads()
    numba.set_num_threads(n_threads)
    try:
        yield
    finally:
        numba.set_num_threads(before)


def run_kernel(
    kernel: Kernel, *args: Any, worthwhile: bool = True, max_threads: int | None = None
) -> Any:
    """Call ``kernel`` with as many threads as are safe, and BLAS with one in each.

    Parameters
    ----------
    kernel : Kernel
        Made by `skneuron.kernels._jit.parallel_twins`.
    *args : object
        Passed on to the kernel.
    worthwhile : bool, default=True
        Whether there is enough work to wake other threads for.
    max_threads : int, default=None
        No more threads than this, each of which may need memory of its own.

    Returns
    -------
    result : object
        What the kernel returns. numba's and BLAS's settings are as before, also after an error.
    """
    n_threads = effective_n_threads() if worthwhile else 1
    if max_threads is not None:
        n_threads = min(n_threads, max_threads)
    with _single_blas_thread:
        if n_threads == 1:
            return kernel.serial(*args)
        with _numba_threads(n_threads):
            return kernel.parallel(*args)


class PacedRuns:
    """Runs of kernels that do alike work, with threads as long as these help.

    Where other programs keep some of the cores busy, threads that meet often wait for each other
    most of the time, and may take fifty times as long as one thread alone. As twins give the
    same bits, nothing but the time depends on which of them runs.
    """

    # Idle machines of any kind are faster than this; only slower runs with threads are a reason
    # to try one thread.
    OPERATIONS_PER_SECOND = 5e9
    # So many runs keep to what was faster, before the other is tried again.
    PATIENCE = 10

    def __init__(self) -> None:
        self._threads = True
        self._seconds_with_threads = 0.0  # per operation
        self._patience = 0

    def run(self, kernel: Kernel, *args: Any, n_operations: float, worthwhile: bool = True) -> Any:
        """As `skneuron.utils.run_kernel`; ``n_operations`` says how much work it is."""
        if not worthwhile or effective_n_threads() == 1:
            return run_kernel(kernel, *args, worthwhile=False)
        start = time.perf_counter()
        result = run_kernel(kernel, *args, worthwhile=self._threads)
        self._threads = self._choose((time.perf_counter() - start) / n_operations)
        return result

    def _choose(self, seconds: float) -> bool:
        """Whether to use threads next, after a run that took ``seconds`` for an operation."""
        if self._threads:
            self._seconds_with_threads = seconds
            fast = seconds * self.OPERATIONS_PER_SECOND < 1
            trusted = self._patience > 0
            self._patience = max(0, self._patience - 1)
            return fast or trusted
        if self._patience == 0:  # this run was the comparison
            self._patience = self.PATIENCE
            return seconds >= self._seconds_with_threads
        self._patience -= 1
        return self._patience == 0
