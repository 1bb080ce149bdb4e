"""The same bits wherever programs run our code: every threading layer, every way of running.

Each pair is a process of its own, which does everything in its main thread, with threads, before
it does so in the way; see `helpers.ways_of_running`. Where a layer is asked for that is not there,
numba says so in what needs its threads, and the rest is the same.
"""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numba
import pytest
from helpers.ways_of_running import ACTIONS, WAYS

TESTS = Path(__file__).parents[1]
SECONDS = 150
LAYERS = ("omp", "workqueue", "tbb")
NO_LAYER = "No threading layer could be loaded"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: there are no numba threads"
    ),
]


def run(layer, way):
    """What `helpers.ways_of_running.main` prints; its process and all children end in time."""
    path = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")]))
    chosen = {"NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": "2", "PYTHONPATH": path}
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", f"from helpers.ways_of_running import main; main({way!r})"],
        env=os.environ | chosen,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        stdout, stderr = child.communicate(timeout=SECONDS)
    finally:
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError):  # all of them have ended
                os.killpg(child.pid, signal.SIGKILL)
        child.kill()
    assert child.returncode == 0, stderr
    return json.loads(stdout)


@pytest.fixture(scope="module")
def bits():
    """Fingerprint of the results of every action, in the main thread of a usual process."""
    found = run("default", "main thread")["found"]
    assert [(name, what) for name, what, _ in found] == [(name, "bits") for name in ACTIONS]
    return {name: fingerprint for name, _, fingerprint in found}


def ways():
    missing = {"spawn", "fork", "forkserver"} - set(multiprocessing.get_all_start_methods())
    for way in WAYS:
        method = "fork" if way == "asyncio executor" else way
        skip = pytest.mark.skipif(method in missing, reason=f"this system has no {method}")
        yield pytest.param(way, marks=skip)


def is_in_a_main_thread(way):
    """And so with threads. Off the main thread and in forked children, kernels have none."""
    if way == "joblib multiprocessing":
        way = multiprocessing.get_context().get_start_method()
    return way in {"main thread", "joblib loky", "spawn", "forkserver"}


@pytest.mark.parametrize("way", list(ways()))
@pytest.mark.parametrize("layer", LAYERS)
def test_bits_are_those_of_the_main_thread(bits, layer, way):
    found = run(layer, way)
    same = [(name, "bits", fingerprint) for name, fingerprint in bits.items()]
    refused = [(name, "ValueError", NO_LAYER) for name in bits]
    before, then = ([tuple(each) for each in found[when]] for when in ("before", "found"))
    if layer == "tbb" and found["layer"] is None:
        before, then = (
            [
                (name, what, NO_LAYER if text.startswith(NO_LAYER) else text)
                for name, what, text in each
            ]
            for each in (before, then)
        )
        assert before == refused
        assert set(then) == set(refused if is_in_a_main_thread(way) else same)
    else:
        assert found["layer"] == layer
        assert before == same
        assert set(then) == set(same)
