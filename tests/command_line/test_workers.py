"""Tests of skneuron._command_line._workers: joblib's work goes where the options say."""

import argparse
import builtins
import socket

import joblib
import pytest
from joblib.parallel import get_active_backend

from skneuron._command_line import _workers
from skneuron._command_line._workers import NoWorkersError, workers


def options(jobs=None, backend=None, scheduler=None):
    return argparse.Namespace(jobs=jobs, backend=backend, scheduler=scheduler)


@pytest.mark.parametrize("jobs", [None, 1, 3])
def test_without_a_backend_only_the_number_is_passed_on(jobs):
    before = type(get_active_backend()[0])
    with workers(options(jobs)) as n_jobs:
        assert n_jobs == jobs
        assert type(get_active_backend()[0]) is before


class Cluster:
    """What stands in for one: a backend of joblib's that is there, and its end."""

    def __init__(self, error=None):
        self.asked, self.n_closed, self.error = [], 0, error

    def __call__(self, scheduler, n_jobs):
        self.asked.append((scheduler, n_jobs))
        if self.error is not None:
            raise self.error
        return self.close, {"n_jobs": 2}

    def close(self):
        self.n_closed += 1


@pytest.fixture
def threading_as_cluster(monkeypatch):
    cluster = Cluster()
    monkeypatch.setitem(_workers.CLUSTERS, "threading", cluster)
    return cluster


def test_a_backend_is_joblibs_until_the_end(threading_as_cluster):
    with workers(options(5, "threading", "there:1")) as n_jobs:
        assert n_jobs is None
        assert type(get_active_backend()[0]).__name__ == "ThreadingBackend"
        assert joblib.effective_n_jobs(None) == 2
        assert threading_as_cluster.n_closed == 0
    assert threading_as_cluster.asked == [("there:1", 5)]
    assert threading_as_cluster.n_closed == 1
    assert joblib.effective_n_jobs(None) == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_backend_is_closed_after_an_error(threading_as_cluster, error):
    with pytest.raises(error), workers(options(backend="threading")):
        raise error
    assert threading_as_cluster.n_closed == 1


def test_a_scheduler_needs_a_backend():
    with pytest.raises(NoWorkersError, match="needs --backend: one of dask, ray"):
        workers(options(scheduler="there:1")).__enter__()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError("Timed out\nafter all"), r"dask: no scheduler answers at there:1 \(Timed out\)"),
        (TimeoutError(), r"no scheduler answers at there:1 \(TimeoutError\)"),
        (ValueError("no such protocol"), r"at there:1 \(no such protocol\)"),
        (
            ModuleNotFoundError("No module named 'distributed'", name="distributed"),
            r'needs distributed, which is not installed: pip install "skneuron\[dask\]"',
        ),
    ],
)
def test_what_is_missing_is_told_in_a_sentence(monkeypatch, error, says):
    monkeypatch.setitem(_workers.CLUSTERS, "dask", Cluster(error))
    with pytest.raises(NoWorkersError, match=says) as caught:
        workers(options(backend="dask", scheduler="there:1")).__enter__()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("backend", _workers.CLUSTERS)
def test_clusters_are_optional(monkeypatch, backend):
    """Both are imported where they are asked for."""
    original = builtins.__import__

    def without(name, *args, **more):
        if name.split(".")[0] in ("ray", "distributed", "dask"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return original(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NoWorkersError, match="which is not installed: pip install"):
        workers(options(backend=backend)).__enter__()


def test_a_scheduler_without_workers(monkeypatch):
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    monkeypatch.setattr(_workers, "SECONDS_TO_CONNECT", 1.0)
    with distributed.LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as cluster:
        address = cluster.scheduler_address
        with pytest.raises(NoWorkersError, match=f"--scheduler {address} has no workers: start"):
            workers(options(backend="dask", scheduler=address)).__enter__()


def test_nobody_answers(monkeypatch):
    pytest.importorskip("distributed", reason="dask.distributed is not installed")
    monkeypatch.setattr(_workers, "SECONDS_TO_CONNECT", 1.0)
    with socket.socket() as reserved:  # where nobody listens
        reserved.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{reserved.getsockname()[1]}"
        with pytest.raises(NoWorkersError, match=f"no scheduler answers at {address}"):
            workers(options(backend="dask", scheduler=address)).__enter__()
