"""Tests of skneuron.utils._jobs: what joblib's workers know, and what they leave as it was."""

import os
import signal
import threading
import time
import warnings

import joblib
import numpy as np
import pytest
from joblib.externals.loky.process_executor import TerminatedWorkerError
from sklearn import config_context, get_config
from threadpoolctl import threadpool_info

from skneuron.utils import Shared, _jobs
from skneuron.utils._jobs import has_processes, n_workers, spread
from skneuron.utils._threads import effective_n_threads, n_cores


def _seen(number):
    return number, get_config()["assume_finite"], os.getpid(), list(warnings.filters)


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("backend", ["sequential", "threading", "loky"])
def test_workers_have_scikit_learns_configuration(n_jobs, backend):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="nothing to see here")
        before = list(warnings.filters)
        with joblib.parallel_config(backend), config_context(assume_finite=True):
            found = spread(_seen, [(number,) for number in range(5)], n_jobs)
        assert list(warnings.filters) == before
    assert [one[:2] for one in found] == [(number, True) for number in range(5)]
    is_other_process = (backend, n_jobs) == ("loky", 2)
    assert all((one[2] != os.getpid()) == is_other_process for one in found)
    assert all("nothing to see here" in str(one[3]) for one in found)


def _meddling(number):
    warnings.filterwarnings("ignore", message=f"number {number}")


def test_threads_do_not_restore_filters_of_warnings():
    """In any order that they end in, what each of them has set would be lost."""
    with warnings.catch_warnings():
        spread(_meddling, [(number,) for number in range(8)], 2, prefer="threads")
        found = str(warnings.filters)
    assert all(f"number {number}" in found for number in range(8))


@pytest.mark.parametrize("n_jobs", [1000, -1, None])
@pytest.mark.parametrize("backend", ["threading", "loky", "multiprocessing"])
def test_no_more_workers_than_tasks_or_cores(monkeypatch, backend, n_jobs):
    """loky starts as many processes as it is told, at once."""
    asked = []

    class Asked:
        def __init__(self, n_jobs=None, **options):
            asked.append(n_jobs)
            super().__init__(n_jobs=1, **options)

    for module in (joblib, _jobs):
        asked_there = type("Parallel", (Asked, module.Parallel), {})
        monkeypatch.setattr(module, "Parallel", asked_there)
    for n_tasks, cores, expected in [(5, 3, 3), (2, 3, 2), (1, 3, 1), (5, 1, 1)]:
        monkeypatch.setattr(_jobs, "n_cores", lambda n=cores: n)
        asked.clear()
        with joblib.parallel_config(backend, n_jobs=1000):
            found = spread(divmod, [(number, 2) for number in range(n_tasks)], n_jobs)
        assert found == [divmod(number, 2) for number in range(n_tasks)]
        if n_jobs == -1:
            expected = min(expected, joblib.cpu_count())
        assert asked == [expected]


def _cores_and_threads(_):
    """What a task may use: cores by its own count, kernels' threads, BLAS's threads."""
    blas = [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]
    return n_cores(), effective_n_threads(), max(blas), os.getpid()


@pytest.mark.parametrize("n_jobs", [2, 1000])
def test_searches_use_no_more_threads_than_the_machine_has_cores(n_jobs):
    """scikit-learn's own processes: GridSearchCV(n_jobs=2) of a pruner."""
    run = joblib.Parallel(min(n_jobs, joblib.cpu_count()), backend="loky")
    found = run(joblib.delayed(_cores_and_threads)(number) for number in range(8))
    n_processes = len({pid for *_, pid in found})
    for cores, threads, blas, _ in found:
        assert max(cores, threads, blas) * n_processes <= max(n_processes, joblib.cpu_count())


def _nested(number):
    """How many workers a task has for tasks of its own."""
    backend, _ = joblib.parallel.get_active_backend()
    ids = spread(_who, [(i,) for i in range(4)], 2)
    return type(backend).__name__, len(set(ids))


def _who(number):
    time.sleep(0.005)
    return os.getpid(), threading.get_ident()


def test_tasks_in_processes_have_no_processes_of_their_own():
    with joblib.parallel_config("loky", n_jobs=2):
        if has_processes(2, 4):
            assert spread(_nested, [(i,) for i in range(4)], 2) == [("SequentialBackend", 1)] * 4


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("backend", ["sequential", "threading", "loky"])
def test_results_are_told_in_order(backend, n_jobs):
    told = []
    with joblib.parallel_config(backend):
        found = spread(_late, [(i,) for i in range(5)], n_jobs, on_result=told.append)
    assert told == found == list(range(5))


def _late(number):
    time.sleep(0.02 * (number == 0))
    return number


@pytest.mark.parametrize("backend", ["sequential", "threading", "loky"])
def test_what_is_shared_comes_unwrapped(backend):
    X = np.arange(4.0)
    with joblib.parallel_config(backend):
        found = spread(_sum_of, [(Shared((X, "a")), number) for number in range(3)], 2)
    assert found == [(6.0, "a", 0), (6.0, "a", 1), (6.0, "a", 2)]


def _sum_of(shared, number):
    X, name = shared
    return X.sum(), name, number


def _is_mapped(X):
    while not isinstance(X, np.memmap) and X is not None:
        X = X.base if isinstance(X, np.ndarray) else getattr(X, "obj", None)
    return X is not None


def test_joblibs_processes_map_large_arrays_and_are_not_sent_them():
    X = np.zeros(2_000_000, np.uint8)
    with joblib.parallel_config("loky", n_jobs=2):
        found = spread(_is_mapped, [(Shared(X),)] * 4, 2)
    assert found == [has_processes(2, 4) or _is_mapped(X)] * 4


def test_a_worker_that_dies_is_a_clear_error():
    with joblib.parallel_config("loky", n_jobs=2):
        if not has_processes(2, 4):
            pytest.skip("one core: there are no processes")
        with pytest.raises(TerminatedWorkerError, match="terminated"):
            spread(_dies, [(number,) for number in range(4)], 2)
        # And the next call has new ones.
        assert spread(_late, [(number,) for number in range(4)], 2) == [0, 1, 2, 3]


def _dies(number):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_cluster_of_one_worker_is_left_alone(monkeypatch):
    """joblib does the work here then, where nothing that was sent can be opened."""

    class OneWorker(joblib.parallel.BACKENDS["loky"]):
        client = "a scheduler's"

        def effective_n_jobs(self, n_jobs):
            return 1

    monkeypatch.setitem(joblib.parallel.BACKENDS, "one_worker", OneWorker)
    with joblib.parallel_config("one_worker", n_jobs=2):
        assert not has_processes(None, 4)
        found = spread(_sum_of, [(Shared((np.arange(4.0), "a")), i) for i in range(2)], None)
    assert found == [(6.0, "a", 0), (6.0, "a", 1)]


def test_threads_of_other_engines_are_threads(monkeypatch):
    class Threads(joblib.parallel.BACKENDS["threading"]):
        pass

    monkeypatch.setitem(joblib.parallel.BACKENDS, "other_threads", Threads)
    with joblib.parallel_config("other_threads", n_jobs=2):
        assert not has_processes(None, 4)
        pids = [pid for pid, _ in spread(_who, [(i,) for i in range(4)], None)]
    assert set(pids) == {os.getpid()}


@pytest.mark.parametrize(("n_tasks", "expected"), [(100, 3), (2, 2), (0, 1)])
def test_work_is_cut_for_the_workers_that_there_are(monkeypatch, n_tasks, expected):
    monkeypatch.setattr(_jobs, "n_cores", lambda: 3)
    assert n_workers(1000, n_tasks, prefer="threads") == expected


def _threads_of_a_task(_):
    return effective_n_threads()


@pytest.mark.parametrize("backend", ["loky", "multiprocessing"])
def test_tasks_in_processes_share_the_cores(backend):
    with joblib.parallel_config(backend, n_jobs=2):
        if has_processes(2, 4):
            found = spread(_threads_of_a_task, [(i,) for i in range(4)], 2)
            assert max(found) * 2 <= max(2, joblib.cpu_count())
