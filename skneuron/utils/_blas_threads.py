"""The number of BLAS threads, which belongs to the process: one, as long as somebody wants one."""

import os
import sys
import threading
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import cache

from threadpoolctl import ThreadpoolController

# One thread does them in a millisecond or two. To wake others takes a tenth of one if they sleep,
# and ten where another library's threads wait busily on their cores, as BLAS's do.
FEW_OPERATIONS = 2e7


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

    If every thread saved and restored the number, one of them would save another's limit and
    restore that for good.

    Ctrl-C may come between any two steps of a user, even between the end of its ``with`` block and
    ``__exit__``, which is not called then. So everything is stored before it is done, and whoever
    comes next puts right what it finds.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._users: list[_User] = []
        self._before: list[int] | None = None  # None while nothing is limited

    def add(self, user: "_User") -> None:
        if self._users:
            self._users = [other for other in self._users if other.is_inside(user)]
        self._users.append(user)
        if len(self._users) > 1:
            return
        now = _blas_threads()
        stored = self._before or now
        # What is 1 may have been limited before Ctrl-C came; anything else is of a later date.
        self._before = [old if n == 1 else n for n, old in zip(now, stored, strict=True)]
        _set_blas_threads([1] * len(now))

    def remove(self, user: "_User") -> None:
        self._users = [other for other in self._users if other is not user]
        self.restore()

    def restore(self) -> None:
        if not self._users and self._before is not None:
            _set_blas_threads(self._before)
            self._before = None

    def forget_users(self) -> None:
        """In a forked child, which has none of their threads."""
        self._users = []
        self.restore()


_limit = _SharedLimit()


class _User:
    """Somebody who wants one BLAS thread, from ``__enter__`` to ``__exit__``."""

    __slots__ = ("_frame", "_limit")

    def __init__(self, limit: _SharedLimit):
        self._limit = limit

    def is_inside(self, newcomer: "_User") -> bool:
        """Whether its ``with`` block still runs, in any thread, where another one begins."""
        if self._frame is newcomer._frame:
            return False
        try:
            self._frame.clear()  # an error for frames that run
        except RuntimeError:
            return True
        return False

    def __enter__(self) -> None:
        self._frame = sys._getframe(1)
        # On one line: Python can be interrupted between lines, and the lock would stay locked.
        with self._limit._lock: self._limit.add(self)  # fmt: skip # noqa: E701

    def __exit__(self, *exc_info: object) -> None:
        with self._limit._lock: self._limit.remove(self)  # fmt: skip # noqa: E701


def single_blas_thread() -> AbstractContextManager[None]:
    """A context in which BLAS uses one thread, everywhere in the process.

    Not in generators, whose frames do not run while others go on.
    """
    return _User(_limit)


def blas_threads_for(n_operations: float) -> AbstractContextManager[None]:
    """A context in which BLAS wakes no threads for so few operations; see `FEW_OPERATIONS`."""
    return single_blas_thread() if n_operations < FEW_OPERATIONS else nullcontext()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_limit.forget_users)  # and then the lock is released
    # Nobody sets numbers meanwhile. BLAS does so under a lock of its own, which no thread of the
    # child would release.
    os.register_at_fork(
        before=_limit._lock.acquire,
        after_in_parent=_limit._lock.release,
        after_in_child=_limit._lock.release,
    )
