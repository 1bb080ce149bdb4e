"""Kernels have threads where there is enough to do, or as long as they help."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from helpers.leaves import Ways

from skneuron.utils import _threads
from skneuron.utils._blas_threads import FEW_OPERATIONS
from skneuron.utils._threads import PacedRuns, in_series, run_kernel

LITTLE = FEW_OPERATIONS / 20
# Seconds per operation, with threads and without them.
FAST = {True: 1e-10, False: 2e-10}
WAITING = {True: 1e-8, False: 2e-10}
SLOW = {True: 1e-9, False: 2e-9}


class Machine:
    """Four threads, and a clock: it stands in for `time`, and kernels take as long as told."""

    def __init__(self):
        self.now, self.n_threads = 0.0, 1

    def perf_counter(self):
        return self.now

    def with_numba_threads(self, n_threads, run, args):
        self.n_threads = n_threads
        try:
            return run(*args)
        finally:
            self.n_threads = 1

    def kernel(self, seconds):
        """What `run_kernel` takes, called with a number of operations; tells who does them."""

        def work(n_operations):
            self.now += seconds[self.n_threads > 1] * n_operations
            return self.n_threads

        def with_threads(n_operations):
            assert self.n_threads > 1
            return work(n_operations)

        return Ways(work, with_threads)


@pytest.fixture
def machine(monkeypatch):
    machine = Machine()
    monkeypatch.setattr(_threads, "time", machine)
    monkeypatch.setattr(_threads, "effective_n_threads", lambda: 4)
    monkeypatch.setattr(_threads, "_with_numba_threads", machine.with_numba_threads)
    return machine


# ---- run_kernel


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 4),
        ({"n_operations": FEW_OPERATIONS}, 4),
        ({"n_operations": FEW_OPERATIONS - 1}, 1),
        ({"n_operations": 0}, 1),
        ({"max_threads": 9}, 4),
        ({"max_threads": 3}, 3),
        ({"max_threads": 1}, 1),
        ({"max_threads": 3, "n_operations": 0}, 1),
    ],
)
def test_little_work_is_done_in_the_thread_of_the_caller(machine, options, expected):
    assert run_kernel(machine.kernel(FAST), 7, **options) == expected


def run_often(kernel, n_runs, n_operations=LITTLE, **options):
    """Which of several runs of little work had threads."""
    return [
        run_kernel(kernel, n_operations, n_operations=n_operations, **options) > 1
        for _ in range(n_runs)
    ]


def test_little_work_in_a_series_has_threads(machine):
    kernel = machine.kernel(FAST)

    def series():
        assert all(run_often(kernel, 10))
        assert run_kernel(kernel, 7, n_operations=LITTLE, max_threads=3) == 3
        assert not any(run_often(kernel, 3, max_threads=1))

    in_series(series)
    assert not any(run_often(kernel, 3))


def test_every_kernel_of_a_series_has_its_own_pace(machine):
    fast, waiting = machine.kernel(FAST), machine.kernel(WAITING)

    def series():
        return [run_often(kernel, 1)[0] for _ in range(20) for kernel in (fast, waiting)]

    pairs = in_series(series)
    assert all(pairs[::2])
    assert sum(pairs[1::2]) == 1  # to find out


def test_much_work_in_a_series_has_threads_whatever_little_work_had(machine):
    kernel = machine.kernel(WAITING)

    def series():
        assert not any(run_often(kernel, 5)[1:])
        assert run_kernel(kernel, 7) == 4
        assert not any(run_often(kernel, 5))

    in_series(series)


def test_a_series_knows_nothing_of_the_one_before(machine):
    kernel = machine.kernel(WAITING)
    for _ in range(2):
        assert in_series(run_often, kernel, 3) == [True, False, False]


def test_a_series_ends_with_an_error(machine):
    def failing():
        raise MemoryError

    with pytest.raises(MemoryError):
        in_series(failing)
    assert not any(run_often(machine.kernel(FAST), 3))


def test_a_series_is_that_of_one_thread(machine):
    kernel = machine.kernel(FAST)

    def in_a_thread():
        with ThreadPoolExecutor(1) as executor:
            return executor.submit(run_often, kernel, 3).result(timeout=60)

    assert not any(in_series(in_a_thread))


# ---- PacedRuns


@pytest.fixture
def repeated(machine):
    """A function that runs kernels of the same pace one after the other: which had threads."""
    runs = PacedRuns()

    def run(seconds, n_runs, n_operations=1e6, **options):
        kernel = machine.kernel(seconds)
        return [
            runs.run(kernel, n_operations, n_operations=n_operations, **options) > 1
            for _ in range(n_runs)
        ]

    return run


def test_threads_are_kept_while_they_are_fast(repeated):
    assert all(repeated(FAST, 50))
    # Still nothing to worry about.
    assert all(repeated(FAST | {True: 1.9e-10}, 50))


def test_threads_that_wait_for_each_other_cost_a_twentieth_of_the_time(machine, repeated):
    assert all(repeated(FAST, 3))
    start = machine.now
    with_threads = repeated(WAITING, 5000)
    assert with_threads[0]  # nothing is known yet
    lost = 1e6 * (WAITING[True] - WAITING[False])
    assert 2 < sum(with_threads) <= 1 + (machine.now - start) / (PacedRuns.TIMES_LOST * lost)


def test_threads_are_used_again_when_they_help_again(repeated):
    assert not any(repeated(WAITING, 10)[1:])
    n_runs = int(PacedRuns.TIMES_LOST * WAITING[True] / FAST[False])
    assert not all(repeated(FAST, n_runs))  # the other program is gone
    assert all(repeated(FAST, 50))


def test_slow_work_keeps_its_threads_if_they_help(repeated):
    with_threads = repeated(SLOW, 100)
    assert sum(with_threads) >= 90
    assert not all(with_threads)  # the comparison


def test_threads_that_helped_are_compared_again(repeated):
    repeated(SLOW, 3)
    with_threads = repeated(WAITING, 100)
    assert all(with_threads[: PacedRuns.PATIENCE])
    assert not any(with_threads[PacedRuns.PATIENCE + 2 :])


def test_work_that_is_not_worthwhile_never_has_threads(repeated):
    assert not any(repeated(FAST, 5, worthwhile=False))
    assert all(repeated(FAST, 5))


def test_no_more_threads_than_there_is_memory_for(repeated, machine):
    assert not any(repeated(FAST, 5, max_threads=1))
    assert PacedRuns().run(machine.kernel(FAST), 7, n_operations=7, max_threads=2) == 2


def test_nothing_to_do_has_no_pace(machine):
    """Rows without a number other than 0, for example: nothing to divide by, or to judge."""
    kernel = machine.kernel(WAITING)

    def series():
        assert [run_kernel(kernel, 0, n_operations=0) for _ in range(3)] == [1, 1, 1]
        assert run_often(kernel, 1) == [True]

    in_series(series)


def test_a_run_that_loads_machine_code_is_not_judged(machine):
    """It takes seconds, whoever does the work."""

    class Loading:
        n_loaded = 0

        def serial(self, n_operations):
            return 1

        def parallel(self, n_operations):
            machine.now += 1e-10 * n_operations if self.n_loaded else 5.0
            self.n_loaded = 1
            return machine.n_threads

    loading, runs = Loading(), PacedRuns()
    assert all(runs.run(loading, LITTLE, n_operations=LITTLE) > 1 for _ in range(20))
    # The test of this test: without a word about loading, the first run looks slow.
    loading, runs = Loading(), PacedRuns()
    loading.__class__ = type(
        "Silent", (Loading,), {"n_loaded": property(lambda _: 0, lambda *_: 0)}
    )
    assert sum(runs.run(loading, LITTLE, n_operations=LITTLE) > 1 for _ in range(20)) < 5
