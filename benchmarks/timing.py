"""Time competitors in turn, in one process, so that a slow spell of the machine hits them all."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

# Threads of BLAS and OpenMP spin for a while after their work, and would slow the next in turn.
PAUSE = 0.3
RESULTS = Path(__file__).parent / "results"


def interleaved(competitors: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Median seconds of each competitor: A B C, A B C, ..., after one untimed round."""
    seconds: dict[str, list[float]] = {name: [] for name in competitors}
    for round_number in range(repeats + 1):
        for name, run in competitors.items():
            time.sleep(PAUSE)
            start = time.perf_counter()
            run()
            if round_number:
                seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def machine() -> dict[str, Any]:
    """What a reader must know to compare numbers."""
    packages = ("skneuron", "scikit-learn", "numpy", "scipy", "numba", "joblib")
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "python": platform.python_version(),
    } | {package: version(package) for package in packages}


def save(name: str, rows: list[dict[str, Any]], **parameters: Any) -> Path:
    """Write rows, parameters and the machine to ``results/NAME.json``."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    content = {"machine": machine(), "parameters": parameters, "rows": rows}
    path.write_text(json.dumps(content, indent=1) + "\n")
    return path
