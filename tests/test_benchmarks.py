"""Every benchmark runs: on little data, with `--quick`, and saves nothing then."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
# What a benchmark prints at least once if it has come to its end.
LAST_WORDS = {
    "ablation": "pairs 66",
    "calibration": "took",
    "cluster": "two_workers_over_one",
    "cold": "wanted: first fit",
    "cv": "linear: cv_over_grid",
    "gain": "method small from scratch",
    "label_noise": "what pruning adds to the refit",
    "memory": "ours takes",
    "path": "wanted: a path",
    "quality": "obs | span+mixed",
    "scaling": "twice as much of each: 10 operations",
    "sparse": "ours takes",
    "states": "wanted: ablate within",
    "train": "name sklearn",
}
pytestmark = pytest.mark.usefixtures("compiled")


def saved():
    return {path: path.read_bytes() for path in (BENCHMARKS / "results").iterdir()}


@pytest.mark.parametrize("name", LAST_WORDS)
def test_benchmark_runs(name, tmp_path):
    if name == "memory" and sys.platform != "linux":
        pytest.skip("it reads /proc")
    before = saved()
    result = subprocess.run(
        [sys.executable, str(BENCHMARKS / f"bench_{name}.py"), "--quick"],
        cwd=tmp_path,
        # No download: what is quick has to do with what comes with scikit-learn.
        env=os.environ | {"SCIKIT_LEARN_DATA": str(tmp_path), "OMP_WAIT_POLICY": "passive"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert LAST_WORDS[name] in result.stdout
    assert "Traceback" not in result.stderr
    assert saved() == before
    assert os.listdir(tmp_path) == []


def test_every_benchmark_is_run():
    assert {f"bench_{name}.py" for name in LAST_WORDS} == {
        path.name for path in BENCHMARKS.glob("bench_*.py")
    }
