"""`neuron_ablation` against the loop over ``score()``, and against one forward pass.

    python benchmarks/bench_ablation.py --data-home DIR

All three run in turn in one process, on real MNIST test images in float32. The loop is timed on
some of the neurons, for which its scores are compared with ours. DIR is a scikit-learn data home;
without one, MNIST is downloaded.
"""

import argparse
import copy
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from timing import interleaved, machine, save

from skneuron import neuron_ablation
from skneuron.datasets import load_images

N_LOOPED = 20
CONFIGURATIONS = ((300,), (1000,), (256, 128))


def loop_over_score(mlp, X, y, neurons):
    """What one writes without a package: silence a neuron, score, put it back."""
    scores = []
    silenced = copy.deepcopy(mlp)
    for layer, index in neurons:
        outgoing = silenced.coefs_[layer + 1][index]
        weights = outgoing.copy()
        outgoing[:] = 0
        scores.append(silenced.score(X, y))
        outgoing[:] = weights
    return np.array(scores)


def trained(sizes, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return MLPClassifier(sizes, max_iter=3, random_state=0).fit(X, y)


def bench(sizes, images, repeats):
    """One row of the table."""
    mlp = trained(sizes, images.X_train[:10_000], images.y_train[:10_000])
    X, y = images.X_test, images.y_test
    results = {}
    neurons = [(layer, index) for layer, size in enumerate(sizes) for index in range(size)]
    # Each neuron costs the loop the same, so some of them tell the time of all.
    looped = np.sort(np.random.default_rng(0).choice(len(neurons), N_LOOPED, replace=False))

    def ours():
        results["ours"] = neuron_ablation(mlp, X, y)

    def loop():
        results["loop"] = loop_over_score(mlp, X, y, [neurons[i] for i in looped])

    def forward():
        mlp.predict_proba(X)

    seconds = interleaved({"ours": ours, "forward": forward, "loop": loop}, repeats)
    loop_seconds = seconds["loop"] * len(neurons) / N_LOOPED
    difference = np.abs(results["ours"].scores[looped] - results["loop"]).max()
    return {
        "hidden": list(sizes),
        "neurons": sum(sizes),
        "ours_ms": 1e3 * seconds["ours"],
        "loop_over_ours": loop_seconds / seconds["ours"],
        "ours_over_forward": seconds["ours"] / seconds["forward"],
        "largest_difference": float(difference),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-home")
    parser.add_argument("--repeats", type=int, default=9)
    arguments = parser.parse_args()
    images = load_images("mnist", data_home=arguments.data_home)

    print(", ".join(f"{key} {value}" for key, value in machine().items()))
    print(f"{'hidden':>12} {'ours':>10} {'loop / ours':>12} {'ours / forward':>15} {'same to':>9}")
    rows = []
    for sizes in CONFIGURATIONS:
        row = bench(sizes, images, arguments.repeats)
        rows.append(row)
        print(
            f"{'-'.join(map(str, sizes)):>12} {row['ours_ms']:>7.1f} ms "
            f"{row['loop_over_ours']:>12.0f} {row['ours_over_forward']:>15.2f} "
            f"{row['largest_difference']:>9.1g}",
            flush=True,
        )
    path = save("ablation", rows, n_rows=len(images.y_test), dtype="float32")
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
