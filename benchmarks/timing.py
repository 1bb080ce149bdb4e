"""Time competitors in turn, in one process, so that a slow spell of the machine hits them all."""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numba
import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

# Threads of BLAS and OpenMP spin for a while after their work, and would slow the next in turn.
PAUSE = 0.3
# Runs that take less are also timed in the states in which users meet them: see `in_states`.
SHORT = 0.25
RESULTS = Path(__file__).parent / "results"
# Environment variables that change what BLAS and threads do; of these, the second ones make BLAS
# take its kernels for an older processor than there is.
MATTERS = ("OPENBLAS_", "MKL_", "BLIS_", "OMP_", "GOMP_", "KMP_", "NUMBA_", "SKNEURON_")
FORCES_KERNELS = ("OPENBLAS_CORETYPE", "MKL_ENABLE_INSTRUCTIONS", "BLIS_ARCH_TYPE")


def rounds(
    competitors: Mapping[str, Callable[[], Any]],
    repeats: int,
    fewer: Mapping[str, int] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Seconds of each competitor in every round: A B C, A B C, ..., after one untimed round.

    ``fewer`` gives slow competitors a smaller number of rounds.
    """
    # One round says nothing about speed: it is there to see that everything runs.
    pause = PAUSE if repeats > 1 else 0.0
    seconds: dict[str, list[float]] = {name: [] for name in competitors}
    for round_number in range(repeats + 1):
        for name, run in competitors.items():
            if round_number > (fewer or {}).get(name, repeats):
                continue
            time.sleep(pause)
            start = clock()
            run()
            if round_number:
                seconds[name].append(clock() - start)
    return seconds


def interleaved(
    competitors: Mapping[str, Callable[[], Any]],
    repeats: int,
    fewer: Mapping[str, int] | None = None,
) -> dict[str, float]:
    """Median seconds of each competitor over its `rounds`."""
    seconds = rounds(competitors, repeats, fewer)
    return {name: statistics.median(times) for name, times in seconds.items()}


def _a_product() -> None:
    """What leaves BLAS's threads waiting busily: a product of NumPy's on all cores."""
    matrix = np.ones((1000, 1000), np.float32)
    matrix @ matrix


# What comes before a run: the same run, a rest in which threads fall asleep, a product.
STATES: dict[str, Callable[[], Any]] = {
    "tight_loop": lambda: None,
    "after_rest": lambda: time.sleep(PAUSE / 3),
    "after_product": _a_product,
}


def in_states(run: Callable[[], Any], repeats: int) -> dict[str, dict[str, float]]:
    """Median and 90 % quantile, in milliseconds, in each of `STATES`."""
    result = {}
    for state, prepare in STATES.items():
        run()
        milliseconds = []
        for _ in range(repeats):
            prepare()
            start = time.perf_counter()
            run()
            milliseconds.append(1e3 * (time.perf_counter() - start))
        median, p90 = np.quantile(milliseconds, [0.5, 0.9])
        result[state] = {"median": float(median), "p90": float(p90)}
    return result


def _cell(name: str, value: Any = None) -> str:
    """A column's head, or a value in it, as wide as it needs to be."""
    value = name if value is None else value
    text = "-".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"{text:>16}" if name == "hidden" else text


class Comparison:
    """A table of timings of competitors, the first of which is "ours", printed as it grows.

    Parameters
    ----------
    title : str
    rivals : sequence of str
        Names of the other competitors. A row may lack some of them.
    """

    def __init__(self, title: str, rivals: Sequence[str]):
        self.rows: list[dict[str, Any]] = []
        self._rivals = rivals
        print(f"\n{title}")

    def add(
        self,
        about: Mapping[str, Any],
        competitors: Mapping[str, Callable[[], Any]],
        repeats: int,
        count: int = 1,
    ) -> None:
        """Time ``competitors``, which do their work ``count`` times; ``about`` says what it is."""
        seconds = interleaved(competitors, repeats)
        row = {
            "ms": {name: 1e3 * s / count for name, s in seconds.items()},
            "ours_over": {n: seconds["ours"] / s for n, s in seconds.items() if n != "ours"},
        }
        if repeats > 1:
            short = (name for name, s in seconds.items() if s < SHORT)
            row["states"] = {name: in_states(competitors[name], repeats) for name in short}
        names = ("ours", *self._rivals)
        if not self.rows:
            self._print(map(_cell, about), names, [f"/{name}" for name in self._rivals])
        self._print(
            map(_cell, about, about.values()),
            [f"{row['ms'][n]:.2f}" if n in seconds else "" for n in names],
            [f"{row['ours_over'][n]:.2f}" if n in seconds else "" for n in self._rivals],
        )
        self.rows.append({**about, "repeats": repeats, **row})

    @staticmethod
    def _print(*groups: Iterable[Any]) -> None:
        cells = ("".join(f"{cell!s:>10}" for cell in group) for group in groups)
        print(" |".join(cells), flush=True)


def show(row: Mapping[str, Any]) -> None:
    """Print names and values in one line."""
    cells = (f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items())
    print(", ".join(cells), flush=True)


def in_fresh_process(
    about: Mapping[str, Any], *arguments: Any, **environment: str
) -> dict[str, Any]:
    """``about`` and what the running script prints, as JSON, for these arguments; shown too."""
    done = subprocess.run(
        [sys.executable, sys.argv[0], *map(str, arguments)],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    row = {**about, **json.loads(done.stdout)}
    show(row)
    return row


def peak_memory(run: Callable[[], Any]) -> float | None:
    """MiB that the process takes beyond what it has now, at most, during a run; Linux only."""
    if sys.platform != "linux":
        return None

    def mib(field: str) -> float:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024

    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of before
    before = mib("VmRSS")
    run()
    return mib("VmHWM") - before


def use_threads(n_threads: int) -> None:
    """The same number for numba, BLAS, OpenMP and, if it has been imported, PyTorch."""
    numba.set_num_threads(n_threads)
    threadpool_limits(n_threads)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(n_threads)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _blas() -> list[str]:
    """Every BLAS that is loaded, and the processor that its kernels are written for."""
    import scipy.linalg  # noqa: F401 -- brings its own

    libraries = [one for one in threadpool_info() if one["user_api"] == "blas"]
    return sorted(
        {f"{b['internal_api']} {b['version']} ({b.get('architecture')})" for b in libraries}
    )


def refuse_forced_kernels() -> None:
    """End the program, with a hint, where BLAS does not use the newest kernels that it has."""
    if forced := [name for name in FORCES_KERNELS if os.environ.get(name)]:
        sys.exit(
            f"{', '.join(forced)} makes BLAS use kernels for another processor: nothing is saved. "
            f"Run it with: env {' '.join(f'-u {name}' for name in forced)} python ..."
        )


def machine(*more_packages: str) -> dict[str, Any]:
    """What a reader must know to compare numbers."""
    packages = ("skneuron", "scikit-learn", "numpy", "scipy", "numba", "joblib")
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "blas": _blas(),
        "environment": {k: v for k, v in sorted(os.environ.items()) if k.startswith(MATTERS)},
        "python": platform.python_version(),
    } | {package: version(package) for package in (*packages, *more_packages)}


def save(
    name: str,
    rows: list[dict[str, Any]],
    *,
    tables: Mapping[str, list[dict[str, Any]]] | None = None,
    packages: Iterable[str] = (),
    **parameters: Any,
) -> Path:
    """Write rows, further tables, parameters and the machine to ``results/NAME.json``.

    Nothing is written where an environment variable slows BLAS, and so peers: see
    `refuse_forced_kernels`.
    """
    refuse_forced_kernels()
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    content = {"machine": machine(*packages), "parameters": parameters, "rows": rows}
    path.write_text(json.dumps(content | dict(tables or {}), indent=1) + "\n")
    return path


def saved_rows(name: str) -> list[dict[str, Any]]:
    """The rows that the last run has saved; none if there was no run."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text())["rows"] if path.exists() else []
