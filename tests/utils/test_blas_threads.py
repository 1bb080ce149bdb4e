"""One BLAS thread as long as somebody wants one, and then as many as before."""

import contextlib
import inspect
import itertools
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import threadpoolctl
from helpers.child_python import run_python
from helpers.interrupts import Interrupted, interrupted_everywhere
from helpers.thread_limits import blas_threads
from sklearn.utils.fixes import parse_version

from skneuron.utils import _blas_threads
from skneuron.utils._blas_threads import FEW_OPERATIONS, blas_threads_for, single_blas_thread


def limited():
    """One thread inside, and inside that once more."""
    with single_blas_thread():
        nested()
        assert set(blas_threads().values()) == {1}


def nested():
    with single_blas_thread():
        assert set(blas_threads().values()) == {1}


def failing():
    with contextlib.suppress(ZeroDivisionError), single_blas_thread():
        raise ZeroDivisionError


def test_limits_are_nested(three_blas_threads):
    limited()
    assert blas_threads() == three_blas_threads
    failing()
    assert blas_threads() == three_blas_threads


@pytest.mark.parametrize("function", [limited, nested, failing])
def test_interrupts_heal_at_the_next_use(three_blas_threads, function):
    n_places = 0
    for _ in interrupted_everywhere(function, [_blas_threads]):
        n_places += 1
        limited()
        assert blas_threads() == three_blas_threads
    assert n_places > 30


def test_interrupts_between_a_block_and_its_end_heal_at_the_next_use(three_blas_threads):
    """There Python never calls ``__exit__``: the place is in this file."""
    n_limited = 0
    for _ in interrupted_everywhere(limited, [sys.modules[__name__], _blas_threads]):
        n_limited += blas_threads() != three_blas_threads
        limited()
        assert blas_threads() == three_blas_threads
    assert n_limited > 2


def test_an_interrupted_user_is_forgotten_while_others_go_on(three_blas_threads):
    """A second thread neither loses its limit to the first one's interrupt, nor keeps it on."""
    entered, leave = threading.Event(), threading.Event()

    def other():
        with single_blas_thread():
            entered.set()
            leave.wait(timeout=60)

    with ThreadPoolExecutor(1) as executor:
        done = executor.submit(other)
        assert entered.wait(timeout=60)
        for _ in interrupted_everywhere(limited, [sys.modules[__name__], _blas_threads]):
            assert set(blas_threads().values()) == {1}
        limited()
        assert set(blas_threads().values()) == {1}
        leave.set()
        done.result(timeout=60)
    assert blas_threads() == three_blas_threads


@pytest.mark.parametrize("at", range(8))
def test_interrupts_inside_the_libraries_heal_at_the_next_use(monkeypatch, three_blas_threads, at):
    """Before and after every number that is read or set, on the way in and out."""
    calls = itertools.count()

    def interrupted(function):
        def called(*args):
            if next(calls) == at:
                raise Interrupted
            result = function(*args)
            if next(calls) == at:
                raise Interrupted
            return result

        return called

    with monkeypatch.context() as patch:
        for name in ("_blas_threads", "_set_blas_threads"):
            patch.setattr(_blas_threads, name, interrupted(getattr(_blas_threads, name)))
        with contextlib.suppress(Interrupted):
            limited()
    limited()
    assert blas_threads() == three_blas_threads


def test_what_the_user_sets_after_an_interrupt_stays(monkeypatch, three_blas_threads):
    with monkeypatch.context() as patch:
        patch.setattr(_blas_threads._SharedLimit, "remove", lambda self, user: None)
        nested()
    assert set(blas_threads().values()) == {1}
    _blas_threads._set_blas_threads([2] * len(three_blas_threads))
    limited()
    assert set(blas_threads().values()) == {2}
    with monkeypatch.context() as patch:
        patch.setattr(_blas_threads._SharedLimit, "restore", lambda self: None)
        nested()
    assert set(blas_threads().values()) == {1}
    limited()
    assert set(blas_threads().values()) == {2}
    _blas_threads._set_blas_threads([3] * len(three_blas_threads))


def test_overlapping_users_share_the_blas_limit(three_blas_threads):
    def user(may_leave):
        with single_blas_thread():
            entered.release()
            may_leave.wait(timeout=60)

    entered, may_leave = threading.Semaphore(0), [threading.Event() for _ in range(3)]
    with ThreadPoolExecutor(3) as executor:
        first = executor.submit(user, may_leave[0])
        assert entered.acquire(timeout=60)
        second = executor.submit(user, may_leave[1])
        assert entered.acquire(timeout=60)
        assert set(blas_threads().values()) == {1}
        may_leave[0].set()
        first.result(timeout=60)
        assert set(blas_threads().values()) == {1}
        may_leave[1].set()
        second.result(timeout=60)
        assert blas_threads() == three_blas_threads
        third = executor.submit(user, may_leave[2])
        assert entered.acquire(timeout=60)
        assert set(blas_threads().values()) == {1}
        may_leave[2].set()
        third.result(timeout=60)
        assert blas_threads() == three_blas_threads


@pytest.mark.usefixtures("three_blas_threads")
def test_blas_has_threads_only_where_there_is_much_to_do():
    few = FEW_OPERATIONS
    for n_operations, expected in [(0, {1}), (few - 1, {1}), (few, {3})]:
        with blas_threads_for(n_operations):
            assert set(blas_threads().values()) == expected


def test_threadpoolctl_still_has_the_private_setter_that_is_relied_on():
    """If it is called otherwise, a limit would silently stay, or be none, in some threads."""
    setter = getattr(threadpoolctl.OpenBLASController, "_real_set_num_threads", None)
    version = threadpoolctl.__version__
    if parse_version(version) < parse_version("3.8"):
        assert setter is None
    else:
        advice = (
            f"threadpoolctl {version}: mend _set_blas_threads in skneuron/utils/_blas_threads.py"
        )
        assert setter is not None, advice
        assert str(inspect.signature(setter)) == "(self, num_threads)", advice


def test_forked_child_forgets_users(three_blas_threads):
    with single_blas_thread():
        _blas_threads._limit.forget_users()
        assert blas_threads() == three_blas_threads
        limited()
        assert blas_threads() == three_blas_threads


# A thread sets numbers under a lock, as OpenBLAS has one, and the main thread forks.
FORK = """
import json, os, signal, threading, time, warnings
warnings.simplefilter("ignore")  # also those of newer Pythons, about forks beside threads
from skneuron.utils import _blas_threads
from skneuron.utils._blas_threads import single_blas_thread

lock_of_blas, has_it = threading.Lock(), threading.Event()
set_numbers = _blas_threads._set_blas_threads

def slowly(numbers):
    with lock_of_blas:
        has_it.set()
        time.sleep(0.3)
        set_numbers(numbers)

def limited():
    with single_blas_thread():
        pass

_blas_threads._set_blas_threads = slowly
thread = threading.Thread(target=limited)
thread.start()
assert has_it.wait(20)
child = os.fork()
if child == 0:
    limited()
    grandchild = os.fork()
    if grandchild == 0:
        limited()
        os._exit(7)
    os._exit(os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1]))
killer = threading.Timer(30, os.kill, (child, signal.SIGKILL))
killer.start()
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
killer.cancel()
thread.join()
limited()
print(json.dumps(code))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_forks_wait_until_numbers_are_set():
    assert run_python(FORK).result == 7
