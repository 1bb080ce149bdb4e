"""What a pruning path costs, and what a pruned network saves.

    python benchmarks/bench_path.py --data-home FOLDER

The whole path of a network for Fashion-MNIST down to one neuron a layer, chosen on 10,000 rows,
next to what it would cost by itself to look at every neuron in every network on the way: as many
forward passes as there are neurons left, summed over the path, each as long as one in
scikit-learn. And ``predict`` of a network for MNIST before and after half of its neurons have
been removed, in turn.
"""

import argparse
import time
from functools import partial

import joblib
import numpy as np
from timing import interleaved, machine, save, show, use_threads

from skneuron import PrunableMLPClassifier, neuron_pruning_path, prune_neurons
from skneuron.datasets import load_images

N_ROWS = 10_000
WANTED_SECONDS = 30
WANTED_PREDICT = 0.6
# (replacement, scoring, neurons that go between two rankings)
PATHS = (
    ("zero", "accuracy", 1),
    ("linear", "accuracy", 1),
    ("linear", "neg_log_loss", 4),
    ("linear", "neg_log_loss", 1),
)


def trained(images, hidden, n_rows, max_iter):
    mlp = PrunableMLPClassifier(hidden, max_iter=max_iter, random_state=0)
    return mlp.fit(images.X_train[:n_rows], images.y_train[:n_rows])


def forward_seconds(mlp, X, repeats=5):
    plain = mlp.to_sklearn()
    return interleaved({"forward": lambda: plain.predict_proba(X)}, repeats)["forward"]


def bench_path(images, hidden, max_iter, repeats):
    X, y = images.X_train[:N_ROWS], images.y_train[:N_ROWS]
    mlp = trained(images, hidden, N_ROWS, max_iter)
    forward = forward_seconds(mlp, X)
    rows = []
    for replacement, scoring, step in PATHS:
        options = {
            "replacement": replacement, "scoring": scoring, "step": step,
            "X_ref": None if replacement == "zero" else X,
        }  # fmt: skip
        # Compiles and warms up what the timed ones use.
        neuron_pruning_path(mlp, X, y, n_neurons_to_select=sum(hidden) - 2, **options)
        seconds = []
        for _ in range(repeats):
            start = time.perf_counter()
            path = neuron_pruning_path(mlp, X, y, n_neurons_to_select=len(hidden), **options)
            seconds.append(time.perf_counter() - start)
        n_forwards = int(path.n_neurons[:-1].sum())
        rows.append(
            {"hidden": hidden, "replacement": replacement, "scoring": scoring, "step": step,
             "seconds": float(np.median(seconds)), "forward_s": forward,
             "loop_over_ours": n_forwards * forward / step / float(np.median(seconds))}
        )  # fmt: skip
        show(rows[-1])
    return rows


def bench_predict(images, n_hidden, max_iter, repeats):
    mlp = trained(images, (n_hidden,), N_ROWS, max_iter)
    half = prune_neurons(mlp, [np.arange(n_hidden) % 2 == 0])
    rows, X = [], images.X_train[:N_ROWS]
    for name, full, pruned in [
        ("ours", mlp, half),
        ("scikit-learn", mlp.to_sklearn(), half.to_sklearn()),
    ]:
        seconds = interleaved(
            {"whole": partial(full.predict, X), "half": partial(pruned.predict, X)}, repeats
        )
        ratio = seconds["half"] / seconds["whole"]
        milliseconds = {f"{which}_ms": 1e3 * s for which, s in seconds.items()}
        rows.append({"predict": name, "hidden": n_hidden, **milliseconds, "ratio": ratio})
        show(rows[-1])
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-home", help="scikit-learn's data home")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="digits; nothing is saved")
    arguments = parser.parse_args()
    use_threads(joblib.cpu_count())
    show(machine())
    names, hidden, n_hidden = ("fashion_mnist", "mnist"), (300, 100), 512
    repeats, predict_repeats = arguments.repeats, 15
    if arguments.quick:
        names, hidden, n_hidden = ("digits", "digits"), (12, 6), 32
        repeats = predict_repeats = 1
    fashion, mnist = (load_images(name, data_home=arguments.data_home) for name in names)
    predictions = bench_predict(mnist, n_hidden, 5, predict_repeats)
    paths = bench_path(fashion, hidden, 5, repeats)
    print(f"wanted: a path in {WANTED_SECONDS} s, half over whole {WANTED_PREDICT}")
    if not arguments.quick:
        path = save("path", paths, tables={"predict": predictions}, n_rows=N_ROWS)
        print("saved", path)


if __name__ == "__main__":
    main()
