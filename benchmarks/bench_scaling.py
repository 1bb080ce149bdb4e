"""What grows with what: times with twice as much of one thing, over those of a base size.

    python benchmarks/bench_scaling.py

Twice the samples, neurons of each hidden layer, classes or hidden layers, one at a time, all in
turn; the ratio to the base is taken round by round, and its median is told, so that a slow spell
of the machine hits both. Seconds are those of one thread, which other work on the machine does not
lengthen much. Features stay the same. Samples are drawn, in clusters that a network tells apart
nearly always, as it does digits.
"""

import argparse
import statistics
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from timing import machine, rounds, save, show, use_threads

from skneuron import (
    PrunableMLPClassifier,
    neuron_ablation,
    neuron_pruning_path,
    neuron_shapley,
    pairwise_ablation,
)

N_FEATURES, N_CLUSTERS_A_CLASS, NOISE, STEPS = 64, 4, 1.0, 2
# Of one size: samples, neurons of each hidden layer, classes, hidden layers.
WHAT = ("samples", "neurons", "classes", "layers")
BASE = {"samples": 20_000, "neurons": 200, "classes": 10}
# Pairs and Shapley values look at many more networks.
SMALL = {"samples": 5_000, "neurons": 100, "classes": 10}
REPEATS = 11


def data(samples, classes):
    """Samples in clusters, four of each class, and their classes."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(classes * N_CLUSTERS_A_CLASS, N_FEATURES))
    clusters = rng.integers(len(centres), size=samples)
    X = centres[clusters] + NOISE * rng.normal(size=(samples, N_FEATURES))
    return X.astype(np.float32), clusters % classes


def epoch(mlp, X, y):
    return PrunableMLPClassifier(mlp.hidden_layer_sizes, max_iter=1, random_state=0).fit(X, y)


def greedy_steps(mlp, X, y):
    n_left = sum(mlp.hidden_layer_sizes_) - STEPS
    return neuron_pruning_path(mlp, X, y, n_neurons_to_select=n_left)


def permutations(mlp, X, y):
    return neuron_shapley(mlp, X, y, max_permutations=4, random_state=0)


# What is timed: its name, the call, the base, and numbers of hidden layers to begin with.
OPERATIONS = (
    ("an epoch of fit", epoch, BASE, (1, 2)),
    ("neuron_ablation, losses=False", lambda *a: neuron_ablation(*a, losses=False), BASE, (1, 2)),
    ("neuron_ablation, losses=True", lambda *a: neuron_ablation(*a, losses=True), BASE, (1, 2)),
    (f"neuron_pruning_path, {STEPS} steps", greedy_steps, BASE, (1, 2)),
    ("pairwise_ablation", pairwise_ablation, SMALL, (1,)),
    ("neuron_shapley, 4 permutations", permutations, SMALL, (1,)),
)


def call(operation, samples, neurons, classes, layers):
    """The operation on a network of this size, which is trained here."""
    X, y = data(samples, classes)
    mlp = PrunableMLPClassifier((neurons,) * layers, max_iter=10, random_state=0).fit(X, y)
    return lambda: operation(mlp, X, y)


def scaling(name, operation, base, repeats):
    """A row: milliseconds of the base, and how many times as long twice as much takes."""
    competitors = {"base": call(operation, **base)}
    competitors |= {what: call(operation, **base | {what: 2 * base[what]}) for what in WHAT}
    seconds = rounds(competitors, repeats, clock=time.process_time)
    ratios = {
        what: [one / ours for one, ours in zip(seconds[what], seconds["base"], strict=True)]
        for what in WHAT
    }
    row = {"operation": name, **base, "base_ms": 1e3 * statistics.median(seconds["base"])}
    row |= {f"times_{what}": statistics.median(each) for what, each in ratios.items()}
    show(row)
    for what, each in ratios.items():
        row[f"quartiles_{what}"] = np.quantile(each, [0.25, 0.75]).tolist()
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--quick", action="store_true", help="few samples; nothing is saved")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    use_threads(1)
    show(machine())
    little = {"samples": 200, "neurons": 12, "classes": 4} if options.quick else {}
    repeats = 1 if options.quick else options.repeats
    rows = [
        scaling(name, operation, base | little | {"layers": layers}, repeats)
        for name, operation, base, bases in OPERATIONS
        for layers in bases
    ]
    print(f"twice as much of each: {len(rows)} operations")
    if not options.quick:
        print("saved", save("scaling", rows, repeats=repeats, n_features=N_FEATURES))


if __name__ == "__main__":
    main()
