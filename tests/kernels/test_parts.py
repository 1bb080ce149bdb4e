"""Work in parts: every part once, with the same bits and errors with and without threads."""

import sys
import threading

import numba
import numpy as np
import pytest
from helpers import tiny_kernels
from helpers.child_python import run_python
from numba.core.runtime import rtsys

from skneuron.kernels import _parts

needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: nothing is compiled"
)
needs_threads = pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
each_way = pytest.mark.parametrize("way", ["serial", "parallel"])


@pytest.fixture
def n_threads():
    """Sets numba's number of threads, until the test ends."""
    before = numba.get_num_threads()
    yield numba.set_num_threads
    numba.set_num_threads(before)


@each_way
@pytest.mark.parametrize("n_parts", [0, 1, 2, 3, 7, 1000])
def test_every_part_once(way, n_parts):
    visits = np.zeros(n_parts + 2, np.int64)
    getattr(tiny_kernels.count_parts, way)(visits[1:-1], n_parts)
    assert visits.tolist() == [0, *[1] * n_parts, 0]


@each_way
def test_every_part_once_if_one_is_slow(way):
    """Whoever is free does what is left of the others' shares."""
    n_slow = 100 if numba.config.DISABLE_JIT else 10_000_000
    for _ in range(5):
        visits, results = np.zeros(64, np.int64), np.zeros(64)
        getattr(tiny_kernels.count_with_slow_part, way)(visits, results, n_slow)
        assert visits.tolist() == [1] * 64
        assert results.tolist() == [0.5] * 64


@each_way
def test_several_calls_in_a_kernel(way):
    """Each starts to count from the first part, also inside a loop."""
    matrix = np.arange(12.0).reshape(4, 3)
    visits, sums = np.zeros(5, np.int64), np.zeros(4)
    getattr(tiny_kernels.count_twice, way)(visits, sums, matrix)
    assert visits.tolist() == [5] * 5
    assert sums.tolist() == [5, 50, 149, 302]


@needs_threads
@needs_jit
def test_more_threads_than_parts_and_one_thread(n_threads):
    for n in (1, 2):
        n_threads(n)
        visits = np.zeros(1, np.int64)
        tiny_kernels.count_parts.parallel(visits, 1)
        assert visits.tolist() == [1]


@needs_threads
@needs_jit
def test_several_threads_take_part():
    """A part that runs for long leaves the others to somebody else."""
    script = """
import json, threading, time, numba, numpy as np
from helpers import tiny_kernels
numba.set_num_threads(2)
kernel = tiny_kernels.count_with_slow_part
kernel.parallel(np.zeros(2, np.int64), np.zeros(2), 1)
visits, results, seen = np.zeros(50, np.int64), np.zeros(50), []
thread = threading.Thread(target=kernel.dispatcher, args=(
    (tiny_kernels.parts_driver(), 2), visits, results, 10**9))
thread.start()
while thread.is_alive():
    seen.append(visits.tolist())
    time.sleep(0.01)
thread.join()
print(json.dumps([visits.tolist() == [1] * 50, [0] + [1] * 49 in seen]))
"""
    script = script.replace("tiny_kernels.parts_driver()", "_parts._threads()")
    script = script.replace(
        "from helpers import tiny_kernels",
        "from helpers import tiny_kernels\nfrom skneuron.kernels import _parts",
    )
    assert run_python(script, path=tiny_kernels_path()).result == [True, True]
