"""The most memory that `neuron_ablation` takes at any time, against the number of rows.

    python benchmarks/bench_memory.py

Every measurement is a process of its own, on random rows of 784 float32 features from a
memory-mapped file, by accuracy. Only the process's own memory counts (RssAnon), beyond what it has
before the call: pages of the file that are mapped count as resident too, but are the kernel's to
take back at any time, and that is why the peak which the kernel keeps (VmHWM) is of no use here.
RssAnon has no such peak, so another process reads it all the time, a thousand times a second.

At most rows, ours is measured alone. At the others, scikit-learn's `predict_proba` and the removal
of all neurons at once in PyTorch, tile by tile, are measured too. Ours must not take more than 128
MiB, whatever the number of rows. Linux only; PyTorch may be missing.
"""

import argparse
import ctypes
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import joblib
import numpy as np
from sklearn.neural_network import MLPClassifier
from timing import in_fresh_process, machine, save, show, use_threads

from skneuron import neuron_ablation

N_FEATURES = 784
N_CLASSES = 10
ROWS = (10_000, 100_000, 1_000_000)
RIVAL_ROWS = 100_000  # at most
HIDDEN = ((300,), (1000,), (256, 128))
QUICK_ROWS, QUICK_HIDDEN = (1000,), ((20,),)
LIMIT_MIB = 128
BLOCK_ROWS = 10_000
# Just enough to compile and load everything before the measurement.
WARM_ROWS = 300

# Prints the largest RssAnon of a process, in KiB, from "go" until its own input ends.
SAMPLER = """
import sys, threading, time
status = open(f"/proc/{sys.argv[1]}/status", "rb", buffering=0)
def anonymous():
    status.seek(0)
    return int(status.read().split(b"RssAnon:")[1].split()[0])
sys.stdin.readline()
before = peak = anonymous()
print("ready", flush=True)
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
while not ended.wait(0.001):
    peak = max(peak, anonymous())
print(max(peak, anonymous()) - before)
"""


def give_back():
    """Let what the process has freed not be there for the taking, where the C library can."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def peak_and_seconds(run):
    """What a run takes at most at any time, in MiB, as another process sees it."""
    give_back()
    with subprocess.Popen(
        [sys.executable, "-c", SAMPLER, str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as sampler:
        sampler.stdin.write("go\n")
        sampler.stdin.flush()
        sampler.stdout.readline()
        start = time.perf_counter()
        run()
        seconds = time.perf_counter() - start
        sampler.stdin.close()
        return int(sampler.stdout.read()) / 1024, seconds


def competitor(name, mlp, X, y):
    if name == "ours":
        return partial(neuron_ablation, mlp, X, y)
    if name == "sklearn":
        return partial(mlp.predict_proba, X)
    from peers_torch import Task, ablated, eager_ways

    return partial(ablated, Task.of(mlp, X, y), eager_ways(len(mlp.coefs_) - 1))


def measure(name, hidden, path, n_rows):
    """In a fresh process: print the peak and the time."""
    # Rows are only looked at: a writable mapping, which PyTorch wants, is never written to.
    X = np.load(path, mmap_mode="c" if name == "torch" else "r")[:n_rows]
    y = np.arange(n_rows) % N_CLASSES
    mlp = MLPClassifier(hidden, random_state=0)
    mlp.partial_fit(np.array(X[:WARM_ROWS]), y[:WARM_ROWS], classes=np.arange(N_CLASSES))
    use_threads(joblib.cpu_count())
    competitor(name, mlp, X[:WARM_ROWS], y[:WARM_ROWS])()
    peak, seconds = peak_and_seconds(competitor(name, mlp, X, y))
    print(json.dumps({"peak_mib": peak, "seconds": seconds}))


@contextmanager
def random_rows(n_rows, folder):
    """A temporary file with an array of ``n_rows``, which never is in memory as a whole."""
    n_bytes = n_rows * N_FEATURES * 4
    with tempfile.TemporaryDirectory(dir=folder) as place:
        free = shutil.disk_usage(place).free
        if free < 1.1 * n_bytes:
            sys.exit(f"{n_bytes / 1e9:.1f} GB are needed in {place}, {free / 1e9:.1f} GB are free")
        path = Path(place) / "rows.npy"
        shape = (n_rows, N_FEATURES)
        X = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
        rng = np.random.default_rng(0)
        for start in range(0, n_rows, BLOCK_ROWS):
            block = X[start : start + BLOCK_ROWS]
            block[:] = rng.random(block.shape, np.float32)
        del X
        yield path


def bench(all_rows, all_hidden, folder):
    print("peak memory of its own beyond rows and labels, and seconds while watched")
    names = ["ours", "sklearn"] + ["torch"] * (find_spec("torch") is not None)
    rows = []
    with random_rows(max(all_rows), folder) as path:
        for n_rows in all_rows:
            for hidden in all_hidden:
                for name in names if n_rows <= RIVAL_ROWS else names[:1]:
                    about = {"rows": n_rows, "hidden": hidden, "name": name}
                    sizes = ",".join(map(str, hidden))
                    arguments = ("--measure", name, "--hidden", sizes, "--file", path)
                    rows.append(in_fresh_process(about, *arguments, "--rows", n_rows))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--folder", help="where the rows are put meanwhile, 3.1 GB")
    parser.add_argument("--quick", action="store_true", help="few rows; nothing is saved")
    # What this script calls itself with.
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--hidden", help=argparse.SUPPRESS)
    parser.add_argument("--file", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        hidden = tuple(map(int, arguments.hidden.split(",")))
        measure(arguments.measure, hidden, arguments.file, arguments.rows[0])
        return
    if sys.platform != "linux":
        sys.exit("RssAnon is told by Linux only")

    packages = [name for name in ("torch",) if find_spec(name)]
    show(machine(*packages) | {"limit_mib": LIMIT_MIB})
    if not packages:
        print("PyTorch is not installed: it is left out")
    sizes = (QUICK_ROWS, QUICK_HIDDEN) if arguments.quick else (arguments.rows, HIDDEN)
    rows = bench(*sizes, arguments.folder)
    if not arguments.quick:
        parameters = {"limit_mib": LIMIT_MIB, "n_features": N_FEATURES, "dtype": "float32"}
        print(f"\nwrote {save('memory', rows, packages=packages, **parameters)}")
    most = max(row["peak_mib"] for row in rows if row["name"] == "ours")
    if most > LIMIT_MIB:
        sys.exit(f"ours takes {most:.0f} MiB, more than {LIMIT_MIB}")
    print(f"ours takes {most:.0f} MiB at most")


if __name__ == "__main__":
    main()
