"""Forks wait for compilations: the child can compile, and the parent goes on.

Children may hang where this is broken, so that each process here has a time limit, and is alone.
"""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numba
import pytest
from helpers.child_python import finish, start_python

from skneuron.kernels import _forks

TESTS = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: nothing is compiled"
)

PRELUDE = """
import json, os, signal, sys, threading, time, warnings
warnings.simplefilter("ignore")  # also those of newer Pythons, about forks beside threads
from skneuron.kernels import _forks

def forked(function, seconds=60):
    "What function returns in a child, or that it had to be killed; and how long the fork took."
    read, write = os.pipe()
    start = time.perf_counter()
    child = os.fork()
    took = time.perf_counter() - start
    if child == 0:
        try:
            os.write(write, json.dumps(function()).encode())
        finally:
            os._exit(0)
    os.close(write)
    threading.Timer(seconds, os.kill, (child, signal.SIGKILL)).start() if seconds else None
    with open(read) as file:
        result = file.read()
    os.waitpid(child, 0)
    return json.loads(result) if result else "nothing, for it hung", took
"""

# A thread makes the first call of the process, and the main thread forks as soon as it compiles.
FIRST_CALL = """
import numpy as np
from skneuron import PrunableMLPClassifier
from skneuron.kernels import compilation_notice
X, y = np.random.default_rng(0).random((60, 4)), np.arange(60) % 3

def fit():
    network = PrunableMLPClassifier((3,), max_iter=2, random_state=0)
    return [w.tolist() for w in network.fit(X, y).coefs_]

compiling = threading.Event()
def work():
    with compilation_notice.told_to(lambda kernel: compiling.set()):
        found.append(fit())

found = []
thread = threading.Thread(target=work)
thread.start()
assert compiling.wait(60)
of_child, took = forked(lambda: [fit(), gc.isenabled(), gc.get_freeze_count()], 100)
thread.join()
print(json.dumps([of_child, found[0], took]))
os._exit(0)  # not after a timer's minute
"""


def run(script, **environment):
    # As a test in which the child hangs takes long, none of it is left to `finish` alone.
    return finish(start_python(PRELUDE + script, path=TESTS, **environment)).result


@needs_jit
@pytest.mark.long
def test_child_can_compile_if_it_was_forked_beside_a_first_call(tmp_path):
    (bits, is_enabled, n_frozen), of_thread, took = run(
        "import gc\n" + FIRST_CALL, NUMBA_CACHE_DIR=str(tmp_path), SKNEURON_COMPILE_NOTICE="0"
    )
    assert bits == of_thread
    assert (is_enabled, n_frozen) == (True, 0)  # as the compiler leaves them
    assert took < 60


# What follows holds the lock as a compiler does, without the time that compiling takes.
HELD = """
from numba.core.compiler_lock import global_compiler_lock
has_it, may_go = threading.Event(), threading.Event()
def compile():
    with global_compiler_lock:
        has_it.set()
        may_go.wait(20)
def use_lock():
    with global_compiler_lock:
        return "used"
def use_lock_in_a_thread():
    results = []
    thread = threading.Thread(target=lambda: results.append(use_lock()))
    thread.start()
    thread.join(10)
    return results
def start():
    thread = threading.Thread(target=compile)
    thread.start()
    assert has_it.wait(20)
    return thread
"""
END = "\nsys.stdout.flush(); os._exit(0)\n"


def test_fork_waits_for_the_lock_and_leaves_it_free_in_both():
    script = """
thread = start()
threading.Timer(0.5, may_go.set).start()
of_child, took = forked(use_lock_in_a_thread)
print(json.dumps([of_child, took, use_lock_in_a_thread()]))
"""
    of_child, took, of_parent = run(HELD + script + END)
    assert of_child == of_parent == ["used"]
    assert took > 0.3


def test_grandchildren_do_as_children():
    of_child, _ = run(HELD + "print(json.dumps(forked(lambda: forked(use_lock)[0])))" + END)
    assert of_child == "used"


def test_thread_that_compiles_may_fork():
    script = """
with global_compiler_lock:
    of_child, took = forked(lambda: [use_lock(), global_compiler_lock.is_locked()])
    kept = global_compiler_lock.is_locked()
print(json.dumps([of_child, kept, use_lock_in_a_thread()]))
"""
    of_child, kept, of_parent = run(HELD + script + END)
    assert of_child == ["used", True]  # it goes on compiling, as does its parent
    assert kept
    assert of_parent == ["used"]


def test_many_threads_may_fork_at_once():
    script = """
def fork_often():
    counts.extend(forked(use_lock)[0] for _ in range(5))
counts = []
threads = [threading.Thread(target=fork_often) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join(60) for thread in threads]
print(json.dumps([counts, use_lock_in_a_thread()]))
"""
    of_children, of_parent = run(HELD + script + END)
    assert of_children == ["used"] * 20
    assert of_parent == ["used"]


INTERRUPTED = """
thread = start()
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
of_child, took = forked(lambda: "was forked")
may_go.set()
thread.join()
print(json.dumps([of_child, took, use_lock_in_a_thread()]))
"""


def test_ctrl_c_ends_the_waiting():
    child = finish(start_python(PRELUDE + HELD + INTERRUPTED + END, path=TESTS))
    of_child, took, of_parent = child.result
    assert of_child == "was forked"
    assert took < 10
    assert of_parent == ["used"]
    assert "KeyboardInterrupt" in child.stderr


def test_a_lock_that_is_never_released_does_not_stop_forks_for_good():
    script = """
lock = threading.RLock()
_forks.hold_at_forks(lock, 0.5)
def hold():
    with lock:
        has_it.set()
        may_go.wait(20)
        held.append(lock._is_owned())
held, thread = [], threading.Thread(target=hold)
thread.start()
assert has_it.wait(20)
of_child, took = forked(lambda: "was forked")
may_go.set()
thread.join()
print(json.dumps([of_child, took, held]))
"""
    of_child, took, held = run(HELD + script + END)
    assert of_child == "was forked"
    assert 0.4 < took < 10
    assert held == [True]  # nobody released what another thread held


def test_other_programs_are_started_without_waiting():
    with _forks._compiler_lock():
        thread = threading.Thread(
            target=subprocess.run, args=([sys.executable, "-c", ""],), kwargs={"check": True}
        )
        thread.start()
        thread.join(60)
        assert not thread.is_alive()


def test_without_numbas_lock_forks_are_as_before(monkeypatch):
    monkeypatch.delattr("numba.core.compiler_lock.global_compiler_lock")
    monkeypatch.setattr(os, "register_at_fork", lambda **_: pytest.fail("nothing to register"))
    assert _forks._compiler_lock() is None
    _forks.hold_at_forks(None)
