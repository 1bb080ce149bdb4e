"""What the first call of everything costs: on a fresh install, nothing is compiled yet.

    python benchmarks/bench_cold.py [--quick]

Each row is a process with a cache of its own that is empty at first: wall and CPU seconds of the
first call, how many kernels it compiled and how many functions in them, how many modules of LLVM
became machine code, and how large the cache is afterwards. Calls in the same row come after each
other in one process, as a user would make them. The last rows are those of a user who has been
here before: the same in float32 after float64, and everything once more with a warm cache.
"""

import argparse
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from timing import in_fresh_process, refuse_forced_kernels, save

# First calls, one after the other in a process.
ROWS = (
    ("fit", "predict", "ablation", "linear", "pairs", "shapley"),
    ("ablation_of_sklearn",),
    ("pruner",),
    ("path",),
    ("sparse_fit", "sparse_ablation"),
    ("tanh_dropout_fit",),
)
WANTED = {"fit": 6, "ablation": 8, "linear": 3, "pairs": 5, "shapley": 5}
WANTED_STUDY, WANTED_FLOAT32 = 30, 14


def calls(dtype):
    """What users call, by name; they share what the ones before them made."""
    import warnings

    from scipy import sparse
    from sklearn.datasets import load_digits
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    import skneuron

    warnings.simplefilter("ignore", ConvergenceWarning)
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(dtype)
    made = {}

    def network(**options):
        return skneuron.PrunableMLPClassifier((32,), max_iter=5, random_state=0, **options)

    def mlp():
        return made.setdefault("mlp", MLPClassifier((32,), max_iter=5, random_state=0).fit(X, y))

    def fit(name, estimator, data):
        made[name] = estimator.fit(data, y)

    return {
        "fit": lambda: fit("mlp", network(), X),
        "predict": lambda: mlp().predict(X),
        "ablation": lambda: skneuron.neuron_ablation(mlp(), X, y),
        "ablation_of_sklearn": lambda: skneuron.neuron_ablation(mlp(), X, y),
        "linear": lambda: skneuron.neuron_ablation(mlp(), X, y, replacement="linear", X_ref=X),
        "pairs": lambda: skneuron.pairwise_ablation(mlp(), X, y),
        "shapley": lambda: skneuron.neuron_shapley(mlp(), X, y, max_permutations=4),
        "pruner": lambda: skneuron.RottenNeuronPruner(network()).fit(X, y),
        "path": lambda: skneuron.neuron_pruning_path(mlp(), X, y),
        "sparse_fit": lambda: fit("sparse", network(), sparse.csr_matrix(X)),
        "sparse_ablation": lambda: skneuron.neuron_ablation(
            made["sparse"], sparse.csr_matrix(X), y
        ),
        "tanh_dropout_fit": lambda: fit("mlp", network(activation="tanh", dropout=0.2), X),
    }


class Counts:
    """How many functions were compiled and how many modules made machine code, so far."""

    def __init__(self):
        from numba.core import event
        from numba.core.codegen import JITCodeLibrary

        self.functions = self.modules = 0
        finalize = JITCodeLibrary._finalize_specific

        def counted(library):
            # Code from the cache is finalised as well, but it is machine code already.
            self.modules += getattr(library, "_compiled_object", None) is None
            return finalize(library)

        class Listener(event.Listener):
            def on_start(_, one):
                self.functions += 1

            def on_end(_, one):
                pass

        JITCodeLibrary._finalize_specific = counted
        event.register("numba:compile", Listener())


def cached_bytes():
    return sum(path.stat().st_size for path in Path(os.environ["NUMBA_CACHE_DIR"]).rglob("*.nbc"))


def first_calls(names, dtype):
    """Print what each of some calls takes, as JSON."""
    counts = Counts()
    available = calls(dtype)
    from skneuron.kernels import compilation_notice

    result = {}
    for name in names:
        before = len(compilation_notice.done), counts.functions, counts.modules
        wall, cpu = time.perf_counter(), time.process_time()
        with contextlib.redirect_stderr(io.StringIO()):
            available[name]()
        result[name] = {
            "wall_s": round(time.perf_counter() - wall, 3),
            "cpu_s": round(time.process_time() - cpu, 3),
            "kernels": len(compilation_notice.done) - before[0],
            "functions": counts.functions - before[1],
            "modules": counts.modules - before[2],
            "cache_bytes": cached_bytes(),
        }
    print(json.dumps({"calls": result}))


def bench_study():
    """``skneuron study digits`` on a fresh install, then again."""
    with tempfile.TemporaryDirectory() as folder:
        for state in ("cold", "warm"):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "skneuron", "study", "digits", "--quiet"],
                env=os.environ | {"NUMBA_CACHE_DIR": folder}, check=True,
            )  # fmt: skip
            yield {"row": "study digits", "cache": state, "wall_s": time.perf_counter() - start}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one row; saves nothing")
    parser.add_argument("--first", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--dtype", default="float64", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.first:
        return first_calls(options.first, options.dtype)
    if not options.quick:
        refuse_forced_kernels()
    rows = []
    for names in ROWS[:1] if options.quick else ROWS:
        names = names[:1] if options.quick else names
        with tempfile.TemporaryDirectory() as folder:
            for dtype, cache in (
                ("float64", "cold"),
                ("float32", "float64's"),
                ("float32", "warm"),
            ):
                about = {"row": " ".join(names), "dtype": dtype, "cache": cache}
                given = ("--dtype", dtype, "--first", *names)
                rows.append(in_fresh_process(about, *given, NUMBA_CACHE_DIR=folder))
                if options.quick:
                    break
    if not options.quick:
        rows += bench_study()
        print("saved", save("cold", rows, wanted=WANTED))
    for name, seconds in WANTED.items():
        found = rows[0]["calls"].get(name, {"wall_s": None})
        print(f"wanted: first {name} within {seconds} s; took {found['wall_s']} s")
    return None


if __name__ == "__main__":
    main()
