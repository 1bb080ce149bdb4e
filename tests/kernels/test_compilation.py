"""How much a first fit and a first ablation compile, in counts: seconds depend on the machine.

What goes beyond a bound here is seconds that every new user waits; `benchmarks/bench_cold.py`
counts.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from skneuron.kernels import _jit

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "bench_cold.py"
pytestmark = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT) or not _jit.LINKED,
    reason="nothing is compiled, or not in the way that is counted here",
)


@pytest.fixture(scope="module")
def first_calls(tmp_path_factory):
    """What a first fit and a first ablation compile, each; then in a second process."""

    def run(folder):
        done = subprocess.run(
            [sys.executable, str(BENCHMARK), "--first", "fit", "ablation"],
            env=os.environ | {"NUMBA_CACHE_DIR": str(folder), "NUMBA_NUM_THREADS": "2"},
            capture_output=True, text=True, timeout=600, check=True,
        )  # fmt: skip
        return json.loads(done.stdout)["calls"]

    folder = tmp_path_factory.mktemp("cache")
    return run(folder), run(folder)


def test_fit_compiles_its_kernel_and_the_loop_of_all_kernels(first_calls):
    fit = first_calls[0]["fit"]
    assert fit["kernels"] <= 2
    # These two, and what numba needs for itself.
    assert fit["modules"] <= 7
    assert fit["functions"] <= 55
    assert fit["cache_bytes"] <= 600_000


def test_ablation_compiles_three_kernels(first_calls):
    ablation = first_calls[0]["ablation"]
    assert ablation["kernels"] <= 3
    assert ablation["modules"] <= 4
    assert ablation["functions"] <= 100
    assert ablation["cache_bytes"] <= 2_000_000


def test_next_process_compiles_nothing(first_calls):
    for name, again in first_calls[1].items():
        assert again["kernels"] == again["functions"] == 0, name
        assert again["cache_bytes"] == first_calls[0]["ablation"]["cache_bytes"]
