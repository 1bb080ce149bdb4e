"""Work in parts: every part once, with the same bits and errors with and without threads."""

import threading

import numba
import numpy as np
import pytest
from helpers import tiny_kernels
from helpers.child_python import run_python
from helpers.references import all_given_back

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
        assert results.tolist() == [0.5, *[0.25] * 63]


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
def test_other_threads_do_not_wait_for_a_slow_part():
    kernel = tiny_kernels.count_with_slow_part
    kernel.parallel(np.zeros(2, np.int64), np.zeros(2), 1)
    visits, results, seen = np.zeros(50, np.int64), np.zeros(50), []
    caller = threading.Thread(target=kernel.parallel, args=(visits, results, 300_000_000))
    caller.start()
    while caller.is_alive():
        seen.append(visits.tolist())
        caller.join(0.01)
    assert visits.tolist() == [1] * 50
    assert [0, *[1] * 49] in seen


def test_serial_in_another_thread():
    visits = np.zeros(9, np.int64)
    caller = threading.Thread(target=tiny_kernels.count_parts.serial, args=(visits, 9))
    caller.start()
    caller.join(60)
    assert not caller.is_alive()
    assert visits.tolist() == [1] * 9


@each_way
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_in_nested_tuples(way, dtype):
    a, c = np.arange(5, dtype=dtype), np.full(5, 0.25, dtype)
    b = np.arange(10, dtype=dtype).reshape(5, 2)
    out = np.zeros(5, dtype)
    getattr(tiny_kernels.add_nested, way)(a, b, c, out)
    assert out.tolist() == [2.5, 8.5, 14.5, 20.5, 26.5]


@each_way
def test_views_and_read_only_arrays(way):
    matrix = np.arange(24.0).reshape(4, 6)[::2, ::-2]
    matrix.flags.writeable = False
    sums = np.zeros(4)[::2]
    getattr(tiny_kernels.sum_rows, way)(matrix, sums)
    assert sums.tolist() == [1 + 9 + 25, 13**2 + 15**2 + 17**2]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_same_bits_whoever_drives(n_threads, dtype):
    matrix = np.random.default_rng(0).normal(size=(301, 97)).astype(dtype)
    expected = np.empty(len(matrix), dtype)
    tiny_kernels.sum_rows.serial(matrix, expected)
    np.testing.assert_allclose(expected, (matrix**2).sum(axis=1), rtol=1e-5)
    for n in range(1, min(2, numba.config.NUMBA_NUM_THREADS) + 1):
        n_threads(n)
        sums = np.empty(len(matrix), dtype)
        tiny_kernels.sum_rows.parallel(matrix, sums)
        assert sums.tobytes() == expected.tobytes(), n


@each_way
@pytest.mark.parametrize(
    ("kind", "error", "arguments"),
    [(1, ValueError, ("this part is broken",)), (2, KeyError, ("no such part", 7))],
)
@pytest.mark.parametrize("where", [[0], [63], [20, 21, 40]])
def test_errors_reach_python(way, kind, error, arguments, where):
    """With type and text; what comes after the parts is not done."""
    fails, visits = np.zeros(64, np.int64), np.zeros(64, np.int64)
    fails[where] = kind
    for _ in range(3):  # nothing is left behind that would spoil the next call
        visits[:] = 0
        with pytest.raises(error) as info:
            getattr(tiny_kernels.fail_in_parts, way)(fails, visits)
        assert info.value.args == arguments
        assert visits.max() == 1
    fails[:], visits[:] = 0, 0
    getattr(tiny_kernels.fail_in_parts, way)(fails, visits)
    assert visits.tolist() == [101] * 64


@needs_jit
def test_bounds_are_checked_inside_parts():
    result, _ = run_python(
        "import json, numpy as np\n"
        "from helpers.tiny_kernels import write_beyond\n"
        "said = []\n"
        "for way in (write_beyond.serial, write_beyond.parallel):\n"
        "    out = np.zeros(8)\n"
        "    way(out, 8)\n"
        "    try:\n"
        "        way(out[:7], 8)\n"
        "    except IndexError as error:\n"
        "        said.append([str(error), out.tolist()])\n"
        "print(json.dumps(said))",
        path=tiny_kernels.TESTS,
        NUMBA_BOUNDSCHECK="1",
    )
    assert result == [["index is out of bounds", [0, 1, 2, 3, 4, 5, 6, 7]]] * 2


@needs_jit
@each_way
def test_references_are_given_back(way):
    matrix, sums = np.ones((3, 4)), np.zeros(3)
    run = getattr(tiny_kernels.sum_rows, way)
    run(matrix, sums)
    # In each part, memory for the copy of a row.
    with all_given_back(matrix, sums, n_allocations=3000):
        for _ in range(1000):
            run(matrix, sums)


@needs_jit
def test_a_kernel_is_compiled_once_for_both_ways():
    kernel = tiny_kernels.count_parts
    kernel.serial(np.zeros(2, np.int64), 2)
    n_signatures = len(kernel.dispatcher.signatures)
    kernel.parallel(np.zeros(2, np.int64), 2)
    assert len(kernel.dispatcher.signatures) == n_signatures


@needs_jit
def test_serial_calls_need_no_driver():
    """Nor its compilation, nor numba's threads."""
    result, _ = run_python(
        "import json, numpy as np\n"
        "from helpers.tiny_kernels import count_parts\n"
        "from skneuron.kernels import _parts\n"
        "from numba.np.ufunc import parallel\n"
        "def state():\n"
        "    return [_parts._threads.cache_info().currsize, parallel._is_initialized]\n"
        "count_parts.serial(np.zeros(3, np.int64), 3)\n"
        "serial = state()\n"
        "count_parts.parallel(np.zeros(3, np.int64), 3)\n"
        "print(json.dumps([serial, state()]))",
        path=tiny_kernels.TESTS,
    )
    assert result == [[0, False], [1, True]]


def test_no_more_threads_than_there_are_counters(monkeypatch):
    monkeypatch.setattr(numba, "get_num_threads", lambda: _parts.MAX_THREADS + 1)
    kernel = _parts.Kernel(tiny_kernels.count_parts.__wrapped__)
    monkeypatch.setattr(kernel, "dispatcher", lambda driver: driver[1])
    assert kernel.parallel() == _parts.MAX_THREADS


def test_kernels_are_known_by_their_names():
    assert tiny_kernels.count_twice.__name__ == "count_twice"
    assert tiny_kernels.count_twice.__module__ == "helpers.tiny_kernels"
    assert "second as often" in tiny_kernels.count_twice.__doc__
