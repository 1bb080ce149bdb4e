"""`skneuron.warmup`: what it compiles, where to, and that nothing is left to compile after it."""

import dataclasses
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numba
import numpy as np
import pytest
from helpers.child_python import run_python

import skneuron
from skneuron.kernels import compilation_notice
from skneuron.warmup import (
    DTYPES,
    TASKS,
    CacheWarning,
    WarmupResult,
    _do,
    _Job,
    _jobs,
    _loaded,
    _Report,
    _run,
    _workers,
)

TESTS = Path(__file__).parent
needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: nothing is compiled"
)


@pytest.fixture
def jit(monkeypatch):
    """As if there were a compiler, for what compiles nothing."""
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 0)


@pytest.fixture
def module():
    """The module, whose name in the package is its function's."""
    return sys.modules["skneuron.warmup"]


# ---- which tasks there are


def names(jobs):
    return [str(job) for job in jobs]


def test_tasks_for_one_type(jit):
    assert names(_jobs(["float32"], everything=False)) == [
        "ablation, float32",
        "training, float32",
        "activations, float32",
        "threads",
        "other scorers, float32",
    ]


def test_everything_is_all_tasks_for_all_types(jit):
    jobs = _jobs(DTYPES, everything=True)
    # Threads have no type, and no samples are narrower than float32.
    assert len(set(jobs)) == len(jobs) == 2 * len(TASKS) - 2
    assert {job.name for job in jobs} == set(TASKS)


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("dtypes", [["float32"], ["float64", "float32"]])
def test_tasks_come_after_tasks_that_there_are(jit, dtypes, everything):
    """Else they would wait forever."""
    jobs = _jobs(dtypes, everything)
    done = []
    while ready := [job for job in jobs if job not in done and job.may_follow(done)]:
        done += ready
    assert sorted(done) == sorted(jobs)


def test_there_is_nothing_to_do_without_a_compiler(monkeypatch, tmp_path):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    result = skneuron.warmup()
    assert (result.n_compiled, result.n_found, result.n_bytes) == (0, 0, 0)


@pytest.mark.parametrize(
    "dtypes", [[], "int32", ["float32", "float16"], [None], ["double trouble"], [7], "float"]
)
def test_other_types_are_named(dtypes):
    if dtypes == "float":  # NumPy's name for float64
        dtypes = ["f", "g"]
    with pytest.raises(ValueError, match=r"dtypes=.* must be one or both of \['float32'"):
        skneuron.warmup(dtypes)


@pytest.mark.parametrize("dtypes", ["float64", ["float64"] * 2, [np.float64], [np.dtype("d")]])
def test_types_may_be_said_in_any_way(jit, monkeypatch, module, tmp_path, dtypes):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    asked = []

    def run(jobs, n_workers, progress):
        asked.extend(jobs)
        return _Report([], set(), [])

    monkeypatch.setattr(module, "_run", run)
    skneuron.warmup(dtypes)
    assert asked == _jobs(["float64"], everything=False)


# ---- in which order, and by whom


@pytest.fixture
def threads_for_workers(monkeypatch, module):
    """Workers that do nothing, and the list of what they were asked for, when it was done."""
    done = []

    def do(job, cache_dir):
        assert job.may_follow(done)
        done.append(job)
        return _Report([f"{job}"], {f"{job}", "shared"}, [f"no room for {job}"])

    @contextmanager
    def workers(n_workers):
        with ThreadPoolExecutor(n_workers) as executor:
            yield executor

    monkeypatch.setattr(module, "_do", do)
    monkeypatch.setattr(module, "_workers", workers)
    return done


@pytest.mark.parametrize("n_workers", [1, 3])
def test_each_task_is_done_once_after_those_before_it(jit, threads_for_workers, n_workers):
    jobs, told = _jobs(DTYPES, everything=True), []
    report = _run(jobs, n_workers, lambda *progress: told.append(progress))
    assert sorted(threads_for_workers) == sorted(jobs)
    assert sorted(report.compiled) == sorted(names(jobs))
    assert report.needed == {*names(jobs), "shared"}
    assert told[0] == ("compiling", 0, len(jobs))
    assert [n for _, n, _ in told] == list(range(len(jobs) + 1))
    assert {n for _, _, n in told} == {len(jobs)}
    assert sorted(name for name, _, _ in told[1:]) == sorted(names(jobs))


def test_what_was_compiled_and_what_was_there_is_counted(
    jit, threads_for_workers, monkeypatch, tmp_path
):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    (tmp_path / "skneuron").mkdir()
    (tmp_path / "skneuron" / "train-0.nbc").write_bytes(b"1234567")
    (tmp_path / "skneuron" / "notes.txt").write_bytes(b"12")
    with pytest.warns(CacheWarning, match="no room for .*float32"):
        result = skneuron.warmup(["float32"])
    assert (result.n_compiled, result.n_found) == (5, 1)
    assert (result.folder, result.n_bytes) == (tmp_path / "skneuron", 7)


@pytest.mark.parametrize(("n_jobs", "n_workers"), [(None, 3), (1, 1), (2, 2), (100, 5), (-1, 3)])
def test_number_of_workers(
    jit, threads_for_workers, monkeypatch, module, tmp_path, n_jobs, n_workers
):
    asked = []

    def run(jobs, n_workers, progress):
        asked.append(n_workers)
        return _Report([], set(), [])

    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(module.joblib, "cpu_count", lambda: 3)
    monkeypatch.setattr(
        module.joblib, "effective_n_jobs", lambda n_jobs: 3 if n_jobs < 0 else n_jobs
    )
    monkeypatch.setattr(module, "_run", run)
    skneuron.warmup(["float64"], n_jobs=n_jobs)
    assert asked == [n_workers]


CHILDREN = Path("/proc/self/task")


def processes():
    """Our children, but for those that watch over others' files."""
    pids = " ".join(path.read_text() for path in CHILDREN.glob("*/children")).split()
    commands = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids}
    return {pid for pid, command in commands.items() if b"resource_tracker" not in command}


@pytest.mark.skipif(
    not any(CHILDREN.glob("*/children")), reason="no list of child processes in /proc"
)
@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
def test_workers_end_with_the_call(error):
    before = processes()
    try:
        with _workers(2) as executor:
            assert executor.submit(os.getpid).result() != os.getpid()
            assert len(processes() - before) == 2
            if error:
                executor.submit(time.sleep, 60)
                time.sleep(0.2)
                raise error
    except KeyboardInterrupt:
        pass
    assert processes() == before


def test_errors_of_workers_are_errors(jit):
    with pytest.raises(KeyError, match="nothing of the kind"), _workers(1) as executor:
        executor.submit(_do, _Job("nothing of the kind", "float32"), "").result()


# ---- where to


def test_a_folder_that_cannot_be_written_is_a_warning(jit, monkeypatch, module, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "file" / "below"))
    monkeypatch.setattr(module, "_run", lambda *_: pytest.fail("compiled for nobody"))
    with pytest.warns(RuntimeWarning, match="cannot be kept.*below.*NUMBA_CACHE_DIR") as caught:
        result = skneuron.warmup()
    assert caught[0].filename == __file__
    assert (result.n_compiled, result.n_found, result.n_bytes) == (0, 0, 0)


def test_the_second_folder_is_good_enough(jit, monkeypatch, module, tmp_path):
    (tmp_path / "file").touch()
    folders = [tmp_path / "file" / "below", tmp_path / "second"]
    monkeypatch.setattr(module, "cache_folders", lambda: folders)
    monkeypatch.setattr(module, "_run", lambda *_: _Report([], set(), []))
    assert skneuron.warmup().folder == folders[1]
    assert list(folders[1].iterdir()) == []


# ---- what is told


def test_result_is_readable():
    result = WarmupResult(6, 1, 12.34, Path("cache"), 4_250_000)
    assert repr(result) == (
        "WarmupResult(n_compiled=6, n_found=1, seconds=12.3, folder='cache', n_bytes=4250000)"
    )
    assert str(result).splitlines() == [
        "6 kernels compiled in 12 s, 1 were there",
        "4.2 MB of machine code in cache",
    ]
    assert "there" not in str(dataclasses.replace(result, n_found=0))
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.n_compiled = 7


@needs_jit
@pytest.mark.parametrize("name", TASKS)
def test_every_task_runs_here_as_well(name):
    """Coverage sees no worker; and a task that fails says where."""
    before = len(compilation_notice.done)
    report = _do(_Job(name, "float64"), numba.config.CACHE_DIR)
    assert report.problems == []
    assert len(report.compiled) == len(compilation_notice.done) - before
    assert report.needed >= _loaded()
    assert ("threads" in report.needed) == (name == "threads")


# ---- the point of it


WARM_UP = """
import json, skneuron

told = []
first = skneuron.warmup(["float64"], everything=True, progress=lambda *each: told.append(each))
second = skneuron.warmup(["float64"], everything=True)
print(json.dumps([
    [each.n_compiled, each.n_found, each.n_bytes, str(each.folder)] for each in (first, second)
] + [told]))
"""
CALL = """
from helpers.public_calls import main

main("float64")
"""


@needs_jit
@pytest.mark.long
def test_after_everything_nothing_is_compiled_any_more(tmp_path):
    (first, second, told), stderr = run_python(WARM_UP, NUMBA_CACHE_DIR=str(tmp_path))
    assert stderr == ""
    files = list((tmp_path / "skneuron").iterdir())
    # `_drive` is no `Kernel`; for sparse samples weights of both types, for training samples.
    assert len(files) == 1 + 9 + 2
    n_bytes = sum(file.stat().st_size for file in files)
    assert first == [len(files), 0, n_bytes, str(tmp_path / "skneuron")]
    assert second == [0, len(files), n_bytes, str(tmp_path / "skneuron")]
    assert told[-1][1:] == [9, 9]

    called, _ = run_python(CALL, path=TESTS, NUMBA_CACHE_DIR=str(tmp_path))
    assert {name: kernels for name, kernels in called["compiled"].items() if kernels} == {}
    assert len(called["signatures"]) == 9
    # Every kernel has been needed: warming up misses none, and the calls do not either.
    assert [name for name, loaded in called["signatures"].items() if not loaded] == []
    assert sum(map(len, called["signatures"].values())) == len(files) - 1
    assert sorted((tmp_path / "skneuron").iterdir()) == sorted(files)
