"""Training against scikit-learn, PyTorch, skorch, and the bare matrix products.

    python benchmarks/bench_train.py --data-home DIR

All train the same networks by Adam on the same real MNIST images, in turn, in one process, with
the same number of threads. A timing is one whole fit of one or two epochs, divided by their
number: for all alike it includes building the network and the optimizer and checking the input.
Nothing stops early. Compiling falls into the untimed first round, and is told apart.

- torch, fused: an nn.Sequential trained in plain PyTorch, on tensors in memory without a
  DataLoader, by Adam as it is by default and by Adam(fused=True); no L2 penalty, no loss curve.
- skorch: NeuralNetClassifier with its DataLoader, without callbacks.
- floor: the matrix products of all mini-batches, by NumPy's BLAS into arrays made before, on rows
  as they lie in memory. No shuffling, no activation functions, no updates.

DIR is a scikit-learn data home; without one, MNIST is downloaded. PyTorch and skorch may be
missing. Memory is measured on Linux only.
"""

import argparse
import json
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise, product
from typing import Any

import joblib
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.utils import gen_batches
from timing import Comparison, in_fresh_process, machine, peak_memory, save, show, use_threads

from skneuron import PrunableMLPClassifier
from skneuron.datasets import load_images

torch = import_module("torch") if find_spec("torch") else None
skorch = import_module("skorch") if torch and find_spec("skorch") else None

N_CLASSES = 10
MAX_ROWS = 50_000
MLPS = {"ours": PrunableMLPClassifier, "sklearn": MLPClassifier}
RIVALS = ("sklearn", "torch", "fused", "skorch", "floor")

# (hidden layers, dtype, batch size)
ALL_CASES = tuple(
    product(((100,), (256, 128), (800,), (300, 100)), ("float32", "float64"), (32, 200, 1000))
)
QUICK_CASES = (((12,), "float32", 200), ((12, 8), "float32", 200))
# skorch is slow, because its DataLoader fetches row by row: at this type and batch size only.
SKORCH_CASE = ("float32", 200)

GROWTH_ROWS = 20_000
GROWTH = {
    "rows": [((100,), n_rows) for n_rows in (5_000, 10_000, 20_000, 40_000)],
    "width": [((width,), GROWTH_ROWS) for width in (50, 100, 200, 400, 800)],
    "depth": [((100,) * depth, GROWTH_ROWS) for depth in (1, 2, 3, 4)],
}
QUICK_GROWTH = {"rows": [((12,), 200), ((12,), 400)]}
PREDICT_SIZES = ((100,), (256, 128), (800,))
QUICK_PREDICT_SIZES = ((12,),)
FIRST_FIT_ROWS = 1000
MEMORY_CASE = ((800,), "float64", 200)
QUICK_MEMORY_ROWS = 400
# Long epochs are timed one by one, and less often; two of the others make one timing.
MOST_LONG_REPEATS = 3


@dataclass(frozen=True)
class Task:
    """What all competitors are to do."""

    X: np.ndarray
    y: np.ndarray
    hidden: tuple[int, ...]
    batch_size: int
    epochs: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of all layers, inputs and outputs included."""
        return (self.X.shape[1], *self.hidden, N_CLASSES)


def fit_mlp(name: str, task: Task) -> MLPClassifier:
    """Ours or scikit-learn's; it could stop early after n_iter_no_change=10 epochs only."""
    mlp = MLPS[name](task.hidden, batch_size=task.batch_size, max_iter=task.epochs, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mlp.fit(task.X, task.y)


def torch_network(task: Task) -> Any:
    layers: list[Any] = []
    for n_inputs, n_outputs in pairwise(task.sizes):
        layers += [torch.nn.Linear(n_inputs, n_outputs), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1]).to(torch.from_numpy(task.X).dtype)


def fit_torch(task: Task, **adam: Any) -> None:
    X, y = torch.from_numpy(task.X), torch.from_numpy(task.y)
    network = torch_network(task)
    optimizer = torch.optim.Adam(network.parameters(), **adam)
    for _ in range(task.epochs):
        for rows in torch.randperm(len(X)).split(task.batch_size):
            optimizer.zero_grad(set_to_none=True)
            outputs = network(X.index_select(0, rows))
            torch.nn.functional.cross_entropy(outputs, y.index_select(0, rows)).backward()
            optimizer.step()


def fit_skorch(task: Task) -> None:
    skorch.NeuralNetClassifier(
        torch_network(task),
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=0.001,  # the default of all others
        batch_size=task.batch_size,
        max_epochs=task.epochs,
        iterator_train__shuffle=True,
        train_split=None,
        callbacks="disable",
        verbose=0,
    ).fit(task.X, task.y)


def matrix_products(task: Task) -> Callable[[], None]:
    """A function that does the matrix products of training alone."""
    rng = np.random.default_rng(0)
    dtype, n_rows = task.X.dtype, min(task.batch_size, len(task.X))
    weights = [rng.random(shape, dtype) for shape in pairwise(task.sizes)]
    gradients = [np.empty_like(W) for W in weights]
    outputs, deltas = (
        [rng.random((n_rows, n_units), dtype) for n_units in task.sizes[1:]] for _ in range(2)
    )

    def batch(X):
        n = len(X)
        inputs = [X, *(out[:n] for out in outputs)]
        for layer, W in enumerate(weights):
            np.matmul(inputs[layer], W, out=inputs[layer + 1])
        for layer in reversed(range(len(weights))):
            delta = deltas[layer][:n]
            np.matmul(inputs[layer].T, delta, out=gradients[layer])
            if layer > 0:
                np.matmul(delta, weights[layer].T, out=deltas[layer - 1][:n])

    def run():
        for _, rows in product(range(task.epochs), gen_batches(len(task.X), task.batch_size)):
            batch(task.X[rows])

    return run


def competitors(task: Task) -> dict[str, Callable[[], Any]]:
    """All that are installed and fast enough."""
    runs = {name: partial(fit_mlp, name, task) for name in MLPS}
    if torch:
        runs["torch"] = partial(fit_torch, task)
        runs["fused"] = partial(fit_torch, task, fused=True)
    if skorch and (task.X.dtype.name, task.batch_size) == SKORCH_CASE:
        runs["skorch"] = partial(fit_skorch, task)
    return runs | {"floor": matrix_products(task)}


def bench_epochs(cases, X, y, repeats):
    """The main table."""
    table = Comparison("milliseconds per epoch, and ours over the others", RIVALS)
    for hidden, dtype, batch_size in cases:
        long = batch_size == 32 or max(hidden) >= 800
        epochs, n = (1, min(repeats, MOST_LONG_REPEATS)) if long else (2, repeats)
        task = Task(X.astype(dtype, copy=False), y, hidden, batch_size, epochs)
        about = {"hidden": hidden, "dtype": dtype, "batch": batch_size, "epochs": epochs}
        table.add(about, competitors(task), n, epochs)
    return table.rows


def bench_growth(growth, X, y, repeats):
    """Ours and scikit-learn's against the number of rows, the width and the depth."""
    table = Comparison("growth: milliseconds per epoch, float32, batch 200", ("sklearn",))
    for along, points in growth.items():
        for hidden, n_rows in points:
            task = Task(X[:n_rows], y[:n_rows], hidden, 200, epochs=2)
            runs = {name: partial(fit_mlp, name, task) for name in MLPS}
            about = {"along": along, "rows": len(task.X), "hidden": hidden}
            table.add(about, runs, repeats, task.epochs)
    return table.rows


def bench_predict(sizes, X, y, X_test, repeats):
    """`predict_proba` of the same network, as ours and as scikit-learn's."""
    table = Comparison("predict_proba: milliseconds, float32", ("sklearn",))
    for hidden in sizes:
        mlp = fit_mlp("sklearn", Task(X[:5000], y[:5000], hidden, 200, epochs=1))
        ours = PrunableMLPClassifier.from_sklearn(mlp)
        runs = {"ours": partial(ours.predict_proba, X_test)}
        runs["sklearn"] = partial(mlp.predict_proba, X_test)
        table.add({"hidden": hidden, "rows": len(X_test)}, runs, repeats)
    return table.rows


def random_task(n_rows, hidden, dtype, batch_size):
    """Noise in the shape of MNIST: neither time to compile nor memory depend on the values."""
    rng = np.random.default_rng(0)
    y = np.arange(n_rows) % N_CLASSES
    return Task(rng.random((n_rows, 784), dtype), y, hidden, batch_size, epochs=1)


def first_fit():
    """In a fresh process: print seconds of a first and of a second fit."""
    task = random_task(FIRST_FIT_ROWS, (100,), "float32", 200)
    seconds = {}
    for name in ("first_s", "later_s"):
        start = time.perf_counter()
        fit_mlp("ours", task)
        seconds[name] = time.perf_counter() - start
    print(json.dumps(seconds))


def fit_memory(name, n_rows):
    """In a fresh process: print the most memory that a fit takes at any time, beyond its input."""
    hidden, dtype, batch_size = MEMORY_CASE
    fit_mlp(name, random_task(2 * batch_size, (8,), dtype, batch_size))  # compile
    task = random_task(n_rows, hidden, dtype, batch_size)
    extra = peak_memory(partial(fit_mlp, name, task))
    print(json.dumps({"input_mib": task.X.nbytes / 2**20, "extra_mib": extra}))


def bench_first_fit(compile_too):
    """Compiling: with an empty cache of numba's, and with the one that this leaves behind."""
    print(f"\nfirst fit in a fresh process: seconds, {FIRST_FIT_ROWS} rows, 100, float32")
    if not compile_too:
        return [in_fresh_process({"cache": "as it is"}, "--first-fit")]
    with tempfile.TemporaryDirectory() as folder:
        return [
            in_fresh_process({"cache": cache}, "--first-fit", NUMBA_CACHE_DIR=folder)
            for cache in ("empty", "warm")
        ]


def bench_memory(n_rows):
    """Ours and scikit-learn's."""
    print("\npeak memory of a fit beyond its input, in a fresh process")
    about = dict(zip(("hidden", "dtype", "batch"), MEMORY_CASE, strict=True)) | {"rows": n_rows}
    return [
        in_fresh_process({"name": name} | about, "--fit-memory", name, "--rows", n_rows)
        for name in MLPS
    ]


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-home")
    parser.add_argument("--rows", type=int, default=MAX_ROWS, help="training images, at most")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="digits; nothing is saved")
    # What this script calls itself with.
    parser.add_argument("--first-fit", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--fit-memory", choices=MLPS, help=argparse.SUPPRESS)
    return parser.parse_args()


def bench(arguments):
    name = "digits" if arguments.quick else "mnist"
    images = load_images(name, data_home=arguments.data_home)
    X, y = images.X_train[: arguments.rows], images.y_train[: arguments.rows]
    packages = [package.__name__ for package in (torch, skorch) if package]
    n_threads = joblib.cpu_count()
    use_threads(n_threads)
    parameters = {"n_rows": len(X), "repeats": arguments.repeats, "n_threads": n_threads}
    show(machine(*packages) | parameters)
    if len(packages) < 2:
        print('Columns are empty without PyTorch and skorch: pip install "skneuron[bench]"')
    if arguments.quick:
        bench_epochs(QUICK_CASES, X, y, repeats=1)
        bench_growth(QUICK_GROWTH, X, y, repeats=1)
        bench_predict(QUICK_PREDICT_SIZES, X, y, images.X_test, repeats=1)
        bench_first_fit(compile_too=False)
        bench_memory(QUICK_MEMORY_ROWS)
        return
    rows = bench_epochs(ALL_CASES, X, y, arguments.repeats)
    tables = {
        "growth": bench_growth(GROWTH, X, y, min(arguments.repeats, MOST_LONG_REPEATS)),
        "predict": bench_predict(PREDICT_SIZES, X, y, images.X_test, 2 * arguments.repeats + 1),
        "first_fit": bench_first_fit(compile_too=True),
        "memory": bench_memory(len(X)),
    }
    path = save("train", rows, tables=tables, packages=packages, **parameters)
    print(f"\nwrote {path}")


def main():
    arguments = parse()
    if arguments.first_fit:
        first_fit()
    elif arguments.fit_memory:
        fit_memory(arguments.fit_memory, arguments.rows)
    else:
        bench(arguments)


if __name__ == "__main__":
    main()
