"""Threads: the same bits everywhere, no setting left changed, and no process killed."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import joblib
import numba
import pytest
from helpers.interrupts import interrupted_everywhere
from helpers.leaves import Ways
from helpers.thread_limits import blas_threads
from sklearn.datasets import make_classification

from skneuron import PrunableMLPClassifier, neuron_ablation, neuron_pruning_path
from skneuron.utils import _blas_threads, _threads

needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: there are no numba threads"
)

# Every function SCENARIO_* runs in a process of its own, on four threads whatever the machine has.
SCRIPT = """
import multiprocessing, sys, threading
import joblib, numba, numpy as np
from sklearn.datasets import make_classification
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_info
from skneuron import neuron_ablation

joblib.cpu_count = lambda: 4  # for this process: workers import their own
rng = np.random.RandomState(0)
X, y = make_classification(1100, 8, n_informative=6, n_classes=3, random_state=0)
mlp = MLPClassifier((9, 7), solver="sgd", max_iter=3, n_iter_no_change=1, tol=9.0, random_state=0)
mlp.fit(X, y)
weight = rng.rand(len(X))

def settings():
    blas = [i for i in threadpool_info() if i["user_api"] == "blas"]
    return numba.get_num_threads(), sorted((i["filepath"], i["num_threads"]) for i in blas)

def ablate(_=None):
    result = neuron_ablation(mlp, X, y, sample_weight=weight, replacement="mean", X_ref=X)
    return b"".join(np.asarray(result[key]).tobytes() for key in sorted(result))

def ablate_checked(_=None):
    before = settings()
    result = ablate()
    return result, settings() == before

def ablate_in_threads(n_threads=4):
    return joblib.Parallel(n_threads, backend="threading")(
        joblib.delayed(ablate)() for _ in range(2 * n_threads)
    )

def nested(_=None):
    before = settings()
    results = set(ablate_in_threads())
    return results.pop() if len(results) == 1 else results, settings() == before

def scenario_thread_counts():
    for n_threads in (1, 2, 3, 4):
        numba.set_num_threads(n_threads)
        assert ablate() == SERIAL, n_threads

def scenario_threads():
    assert set(ablate_in_threads(8)) == {SERIAL}
    # The main thread uses numba's threads while others are at work.
    others = [None] * 4
    def work(i):
        others[i] = {ablate() for _ in range(5)}
    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    [t.start() for t in threads]
    own = {ablate() for _ in range(5)}
    [t.join() for t in threads]
    assert own == {SERIAL} and others == [{SERIAL}] * 4

def scenario_loky():
    run = joblib.Parallel(2, backend="loky")
    assert run(joblib.delayed(ablate_checked)(i) for i in range(4)) == [(SERIAL, True)] * 4
    assert run(joblib.delayed(nested)(i) for i in range(2)) == [(SERIAL, True)] * 2

def scenario_fork():
    with multiprocessing.get_context("fork").Pool(2) as pool:
        # Killed children would be replaced for ever: hence the timeouts.
        assert pool.map_async(ablate_checked, range(4)).get(60) == [(SERIAL, True)] * 4
        assert pool.map_async(nested, range(2)).get(60) == [(SERIAL, True)] * 2
    assert ablate() == SERIAL

if __name__ == "__main__":
    layer, name = sys.argv[1:]
    before = settings()
    assert before[0] == 4
    numba.set_num_threads(1)
    SERIAL = ablate()
    numba.set_num_threads(4)
    assert ablate() == SERIAL and numba.threading_layer() == layer
    globals()[name]()
    numba.set_num_threads(4) if name == "scenario_thread_counts" else None
    assert settings() == before
    print("done")
"""


@needs_jit
@pytest.mark.parametrize(
    "scenario", ["scenario_thread_counts", "scenario_threads", "scenario_loky", "scenario_fork"]
)
@pytest.mark.parametrize("layer", ["omp", "workqueue"])
def test_threading_layer(tmp_path, layer, scenario):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environment = os.environ | {"NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": "4"}
    child = subprocess.run(
        [sys.executable, script, layer, scenario],
        env=environment, capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    assert child.stdout == "done\n"


@pytest.fixture
def off_the_main_thread():
    with ThreadPoolExecutor(1) as executor:
        yield lambda function, *args: executor.submit(function, *args).result(timeout=60)


def kernel(name):
    """What a kernel sees: how it is called, its arguments, and the limits."""

    def called(*args):
        if "fail" in args:
            raise MemoryError(name)
        return name, args, numba.get_num_threads(), set(blas_threads().values())

    return called


KERNEL = Ways(serial=kernel("serial"), parallel=kernel("parallel"))


@pytest.mark.parametrize(
    ("numba_threads", "cores", "expected"),
    [(8, 4, 4), (8, 16, 8), (3, 4, 3), (1, 4, 1), (8, 1, 1)],
)
@pytest.mark.usefixtures("eight_numba_threads")
def test_threads_are_numbas_but_no_more_than_cores(monkeypatch, numba_threads, cores, expected):
    numba.set_num_threads(numba_threads)
    monkeypatch.setattr(joblib, "cpu_count", lambda: cores)
    assert _threads.effective_n_threads() == expected
    how = "parallel" if expected > 1 else "serial"
    assert _threads.run_kernel(KERNEL)[0] == how


@pytest.mark.usefixtures("eight_numba_threads")
def test_cores_are_counted_once_a_second(monkeypatch):
    cores, counts, seconds = [2, 3], [], [10.0]

    def count():
        counts.append(cores[len(counts)])
        return counts[-1]

    monkeypatch.setattr(joblib, "cpu_count", count)
    monkeypatch.setattr(_threads.time, "monotonic", lambda: seconds[0])
    assert [_threads.effective_n_threads() for _ in range(5)] == [2] * 5
    assert counts == [2]
    seconds[0] = 11.5
    assert [_threads.effective_n_threads() for _ in range(5)] == [3] * 5
    assert counts == [2, 3]


@pytest.mark.usefixtures("eight_numba_threads")
def test_one_thread_off_the_main_thread(off_the_main_thread):
    assert off_the_main_thread(_threads.effective_n_threads) == 1
    assert off_the_main_thread(_threads.run_kernel, KERNEL, "a", 7)[:2] == ("serial", ("a", 7))
    assert _threads.run_kernel(KERNEL, "a", 7)[:2] == ("parallel", ("a", 7))


@pytest.mark.parametrize(
    ("module", "flag"), [(_threads, "_in_forked_child"), (numba.config, "DISABLE_JIT")]
)
@pytest.mark.usefixtures("eight_numba_threads")
def test_one_thread_in_forked_children_and_without_jit(monkeypatch, module, flag):
    monkeypatch.setattr(module, flag, True)
    assert _threads.effective_n_threads() == 1
    assert _threads.run_kernel(KERNEL)[0] == "serial"


@pytest.mark.usefixtures("eight_numba_threads", "three_blas_threads")
def test_limits_inside_a_kernel(off_the_main_thread):
    assert _threads.run_kernel(KERNEL) == ("parallel", (), 4, {1})
    assert off_the_main_thread(_threads.run_kernel, KERNEL) == ("serial", (), 8, {1})
    assert numba.get_num_threads() == 8


@pytest.mark.usefixtures("eight_numba_threads")
def test_limits_are_lifted_after_an_error(three_blas_threads, off_the_main_thread):
    with pytest.raises(MemoryError, match="parallel"):
        _threads.run_kernel(KERNEL, "fail")
    assert numba.get_num_threads() == 8
    assert blas_threads() == three_blas_threads
    with pytest.raises(MemoryError, match="serial"):
        off_the_main_thread(_threads.run_kernel, KERNEL, "fail")
    assert blas_threads() == three_blas_threads


def test_many_overlapping_users_leave_the_blas_limit_as_it_was(three_blas_threads):
    with ThreadPoolExecutor(8) as executor:
        seen = [executor.submit(_threads.run_kernel, KERNEL) for _ in range(100)]
        assert {frozenset(future.result(timeout=60)[3]) for future in seen} == {frozenset({1})}
    assert blas_threads() == three_blas_threads


@pytest.mark.usefixtures("eight_numba_threads")
@pytest.mark.parametrize("fails", [False, True])
def test_interrupts_of_a_kernel_heal_at_the_next_call(three_blas_threads, fails):
    """Of its own settings and BLAS's, at every place of the code that changes them."""
    arguments = ("fail",) if fails else ()

    def run():
        try:
            _threads.run_kernel(KERNEL, *arguments)
        except MemoryError:
            assert fails

    n_places = 0
    for _ in interrupted_everywhere(run, [_threads, _blas_threads]):
        # With all four threads of the machine, and not with those that a limit has left.
        assert _threads.run_kernel(KERNEL) == ("parallel", (), 4, {1})
        assert numba.get_num_threads() == 8
        assert blas_threads() == three_blas_threads
        n_places += 1
    assert n_places > 100


@pytest.mark.usefixtures("eight_numba_threads")
def test_what_the_user_sets_after_an_interrupt_stays(monkeypatch):
    """The setting that an interrupted kernel has left behind is not restored over it."""
    restore = _threads._restore_numba_threads
    monkeypatch.setattr(_threads, "_restore_numba_threads", _threads.time.monotonic)
    _threads.run_kernel(KERNEL)
    assert numba.get_num_threads() == 4
    monkeypatch.setattr(_threads, "_restore_numba_threads", restore)
    numba.set_num_threads(2)
    assert _threads.effective_n_threads() == 2
    assert numba.get_num_threads() == 2


@pytest.mark.usefixtures("eight_numba_threads")
def test_what_an_interrupted_kernel_leaves_is_restored_where_it_is_read(monkeypatch):
    restore = _threads._restore_numba_threads
    monkeypatch.setattr(_threads, "_restore_numba_threads", _threads.time.monotonic)
    _threads.run_kernel(KERNEL)
    monkeypatch.setattr(_threads, "_restore_numba_threads", restore)
    assert _threads.effective_n_threads() == 4
    assert numba.get_num_threads() == 8


def _fit(X, y):
    return PrunableMLPClassifier((6,), max_iter=2, tol=0, random_state=0).fit(X, y)


CALLS = {
    "fit": lambda mlp, X, y: _fit(X, y).coefs_[0].tobytes(),
    "predict": lambda mlp, X, y: mlp.predict_proba(X).tobytes(),
    "ablation": lambda mlp, X, y: neuron_ablation(mlp, X, y).importances.tobytes(),
    "path": lambda mlp, X, y: neuron_pruning_path(mlp, X, y).scores.tobytes(),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", CALLS)
def test_interrupts_of_whole_calls_heal_at_the_next_one(compiled, three_blas_threads, name):
    X, y = make_classification(60, 8, random_state=0)
    mlp, settings = _fit(X, y), numba.get_num_threads()
    expected = CALLS[name](mlp, X, y)
    every = {"fit": 3, "predict": 1, "ablation": 1, "path": 300}[name]
    for at in interrupted_everywhere(
        partial(CALLS[name], mlp, X, y), [_threads, _blas_threads], every
    ):
        assert CALLS[name](mlp, X, y) == expected, at
        assert blas_threads() == three_blas_threads, at
        assert numba.get_num_threads() == settings, at


@pytest.mark.usefixtures("eight_numba_threads")
def test_on_one_core():
    assert _threads.on_one_core(_threads.run_kernel, KERNEL, "a")[:2] == ("serial", ("a",))
    assert _threads.run_kernel(KERNEL)[0] == "parallel"
