"""Random public calls from threads and processes for a long time: does anything grow or change?

    python benchmarks/soak.py --minutes 30 [--threads 3] [--processes 2] [--seed 0]

After a call of each kind come rounds of random ones, in the main thread, in threads and in other
processes, which also use joblib's. Between two rounds nothing runs, and every process looks at
itself: its memory, its descriptors, and all settings of the process that a call may have left
changed. A line a round is printed. The status is 1, and the last lines say why, if

- a call has given other bits than the same call before, in any process, or failed unexpectedly;
- a setting is not what it was after the first calls: threads of BLAS and numba, filters of
  warnings, NumPy's errors and random state, scikit-learn's and matplotlib's configuration, the
  folder, umask, handlers of signals, the environment;
- memory grows: over the second half of the rounds, the median of the slopes between any two of
  them (Theil and Sen's, which a few odd rounds do not move) is more than `BYTES_PER_CALL`, and the
  last quarter's median is more than `MANY_BYTES` above that of the quarter before it;
- descriptors grow: their median in the last quarter is more than `FEW_DESCRIPTORS` above the
  median in the second one.

Linux only. Python's and libc's own caches fill up for some thousand calls: a run of less than
ten minutes says little about memory.
"""

import argparse
import ctypes
import gc
import os
import random
import signal
import statistics
import sys
import time
import traceback
import warnings
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import combinations, filterfalse, product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numba
import numpy as np
import sklearn
from joblib.externals.loky import get_reusable_executor
from soak_calls import CALLS, DTYPES, N_SEEDS, inputs
from threadpoolctl import ThreadpoolController

BYTES_PER_CALL = 2048
MANY_BYTES = 16 * 2**20
FEW_DESCRIPTORS = 2
# What scikit-learn makes errors of for a moment when it checks an array, by filters that belong to
# the process: where two threads do so at once, these may stay.
OF_SKLEARN = ("ComplexWarning", "VisibleDeprecationWarning")
KEYS = list(product(CALLS, DTYPES, range(N_SEEDS)))


# ---- calls


@dataclass
class Done:
    """What calls have come to, in one process."""

    n_calls: int = 0
    bits: dict[Any, set[str]] = field(default_factory=lambda: defaultdict(set))
    errors: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Done") -> None:
        self.n_calls += other.n_calls
        self.errors += other.errors
        for key, bits in other.bits.items():
            self.bits[key] |= bits

    def call(self, key: tuple[str, str, int]) -> None:
        name, dtype, seed = key
        self.n_calls += 1
        try:
            parts = CALLS[name](inputs(dtype, seed))
        except Exception as error:  # noqa: BLE001 -- counted, and the run fails at its end
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}:{place.lineno}"
            self.errors[f"{name}: {type(error).__name__} at {where}: {error}"] += 1
            return
        digest = blake2b(digest_size=12)
        for part in parts:
            digest.update(part.tobytes() if isinstance(part, np.ndarray) else str(part).encode())
        self.bits[key].add(digest.hexdigest())


def one_of_each() -> Done:
    done = Done()
    for name, dtype in product(CALLS, DTYPES):
        done.call((name, dtype, 0))
    return done


def random_calls(seed: int, until: float) -> Done:
    choose, done = random.Random(seed), Done()
    while time.time() < until:
        done.call(choose.choice(KEYS))
    return done


# ---- processes look at themselves


def _kind(descriptor: Path) -> str:
    try:
        target = os.readlink(descriptor)
    except OSError:  # of the listing itself
        return ""
    return target.split(":")[0] if ":" in target else target


def descriptors() -> Counter[str]:
    """How many of which kind, but for the listing itself and matplotlib's fonts.

    matplotlib opens these once for every thread that draws, and keeps up to 64 open.
    """
    kinds = Counter(map(_kind, Path("/proc/self/fd").iterdir()))
    others = {"", "/proc/self/fd", f"/proc/{os.getpid()}/fd"}
    return Counter({k: n for k, n in kinds.items() if k not in others and not k.endswith(".ttf")})


def resident_bytes() -> int:
    """What is left when all that is not used has been given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _n_children() -> int:
    return sum(
        len(path.read_text().split()) for path in Path("/proc/self/task").glob("*/children")
    )


def _is_of_a_moment(warnings_filter: tuple[Any, ...]) -> bool:
    return warnings_filter[2].__name__ in OF_SKLEARN


def settings() -> dict[str, str]:
    umask = os.umask(0)
    os.umask(umask)
    blas = [
        (library["filepath"], library["num_threads"])
        for library in ThreadpoolController().info()
        if library["user_api"] == "blas"
    ]
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    found = {
        "BLAS threads": sorted(blas),
        "numba threads": numba.get_num_threads(),
        "warnings": list(filterfalse(_is_of_a_moment, warnings.filters)),
        "warnings are shown by": warnings.showwarning,
        "NumPy's errors": np.geterr(),
        "NumPy's random state": np.random.get_state(),  # noqa: NPY002
        "scikit-learn": sklearn.get_config(),
        "matplotlib": sorted(mpl.rcParams.items()),
        "folder": os.getcwd(),
        "umask": umask,
        "signals": handlers,
        "environment": sorted(os.environ.items()),
        "excepthook": sys.excepthook,
        "recursion limit": sys.getrecursionlimit(),
        "collector": (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()),
    }
    return {name: repr(value) for name, value in found.items()}


@dataclass
class Look:
    """A process between two rounds."""

    process: int
    n_bytes: int
    descriptors: Counter[str]
    n_threads: int
    n_children: int
    settings: dict[str, str]


def look() -> Look:
    return Look(
        os.getpid(), resident_bytes(), descriptors(), len(os.listdir("/proc/self/task")),
        _n_children(), settings(),
    )  # fmt: skip


# ---- rounds


def _prepare() -> None:
    warnings.simplefilter("ignore")
    mpl.use("Agg")


def _round_in_process(seed: int, until: float) -> tuple[Done, Look]:
    done = one_of_each() if seed < 0 else random_calls(seed, until)
    return done, look()


def _end() -> None:
    # Joblib's workers stay for minutes, and a process of multiprocessing does not end before them.
    get_reusable_executor().shutdown(wait=True)


class Soak:
    """The processes, and what has been seen of them."""

    def __init__(self, n_threads: int, n_processes: int, seed: int):
        self.n_threads, self.done, self.looks = n_threads, Done(), defaultdict(list)
        self.n_calls: list[int] = []  # after each round
        self._seeds = random.Random(seed)
        self._processes = [
            ProcessPoolExecutor(1, get_context("spawn"), _prepare) for _ in range(n_processes)
        ]

    def _seed(self) -> int:
        return self._seeds.getrandbits(31)

    def round(self, seconds: float, is_first: bool = False) -> None:
        until = time.time() + seconds
        seeds = [-1 if is_first else self._seed() for _ in self._processes]
        others = [
            executor.submit(_round_in_process, seed, until)
            for executor, seed in zip(self._processes, seeds, strict=True)
        ]
        if is_first:
            self.done.add(one_of_each())
        with ThreadPoolExecutor(self.n_threads) as executor:
            threads = [
                executor.submit(random_calls, self._seed(), until) for _ in range(self.n_threads)
            ]
            self.done.add(random_calls(self._seed(), until))
            for thread in threads:
                self.done.add(thread.result())
        for other in others:
            done, seen = other.result()
            self.done.add(done)
            self.looks[seen.process].append(seen)
        self.looks[os.getpid()].append(look())
        self.n_calls.append(self.done.n_calls)

    def line(self) -> str:
        cells = [f"{self.n_calls[-1]:7} calls"]
        for looks in self.looks.values():
            now = looks[-1]
            cells.append(
                f"{now.n_bytes / 2**20:6.1f} MiB {now.descriptors.total():3} fds "
                f"{now.n_threads:2} threads {now.n_children:2} children"
            )
        errors = self.done.errors.total()
        return " | ".join([*cells, f"{errors} errors"])

    def close(self) -> None:
        for executor in self._processes:
            executor.submit(_end).result()
            executor.shutdown()

    def complaints(self) -> list[str]:
        different = sorted(key for key, bits in self.done.bits.items() if len(bits) > 1)
        found = [f"other bits than before: {key}" for key in different]
        found += [f"{n} times {error}" for error, n in self.done.errors.most_common()]
        for process, looks in self.looks.items():
            name = "main process" if process == os.getpid() else f"process {process}"
            found += [f"{name}: {each}" for each in changes(looks)]
            growth = growth_of_memory([each.n_bytes for each in looks], self.n_calls)
            if growth:
                found.append(f"{name}: memory grows by {growth:.0f} bytes a call")
            found += [f"{name}: {each}" for each in more_descriptors(looks)]
        return found


# ---- what is wrong


def _n_alike(text: str, other: str) -> int:
    """With how many of the same characters they begin."""
    return next((n for n, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), 0)


def _unlike(text: str, other: str) -> str:
    """The part of a text that is not in the other, and what is around it."""
    start, end = _n_alike(text, other), _n_alike(text[::-1], other[::-1])
    return text[max(0, start - 60) : max(start, len(text) - end) + 60]


def changes(looks: list[Look]) -> list[str]:
    """Settings that are not what they were at first: which, when, and how."""
    first, found = looks[0].settings, []
    for name, before in first.items():
        for number, now in enumerate(looks):
            if now.settings[name] != before:
                left, came = (
                    _unlike(*both)
                    for both in ((before, now.settings[name]), (now.settings[name], before))
                )
                found.append(f"{name} changed in round {number}: {left} -> {came}")
                break
    return found


def growth_of_memory(n_bytes: list[int], n_calls: list[int]) -> float:
    """Bytes a call, by the rule in the first lines of this file; 0 if memory does not grow."""
    half, quarter = len(n_bytes) // 2, len(n_bytes) // 4
    if quarter < 2:
        return 0.0
    points = list(zip(n_calls, n_bytes, strict=True))[half:]
    slope = statistics.median(
        (b1 - b0) / (c1 - c0) for (c0, b0), (c1, b1) in combinations(points, 2)
    )
    third = statistics.median(n_bytes[-2 * quarter : -quarter])
    more = statistics.median(n_bytes[-quarter:]) - third
    return slope if slope > BYTES_PER_CALL and more > MANY_BYTES else 0.0


def more_descriptors(looks: list[Look]) -> list[str]:
    quarter = len(looks) // 4
    if not quarter:
        return []
    before, now = looks[quarter : 2 * quarter], looks[-quarter:]

    def median(some: list[Look]) -> float:
        return statistics.median(each.descriptors.total() for each in some)

    if median(now) - median(before) <= FEW_DESCRIPTORS:
        return []
    kinds = now[-1].descriptors - before[0].descriptors
    return [f"descriptors went from {median(before):g} to {median(now):g}: {dict(kinds)}"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30, help="without the first calls")
    parser.add_argument("--interval", type=float, default=15, help="seconds a round")
    parser.add_argument("--threads", type=int, default=3, help="besides the main thread")
    parser.add_argument("--processes", type=int, default=2, help="besides the main process")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    _prepare()
    numba.get_num_threads()
    start = time.time()
    soak = Soak(options.threads, options.processes, options.seed)
    soak.round(1, is_first=True)
    end = time.time() + 60 * options.minutes
    print(f"{time.time() - start:5.0f} s {soak.line()}", flush=True)
    while time.time() < end:
        soak.round(options.interval)
        print(f"{time.time() - start:5.0f} s {soak.line()}", flush=True)
    soak.close()
    complaints = soak.complaints()
    print(f"{soak.n_calls[-1]} calls of {len(KEYS)} kinds in {len(soak.n_calls)} rounds;", end=" ")
    print("nothing grew or changed" if not complaints else "NOT WELL:")
    print("\n".join(complaints))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
