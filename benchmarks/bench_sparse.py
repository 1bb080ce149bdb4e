"""`neuron_ablation` on wide sparse samples, against a forward pass and the obvious loop.

    python benchmarks/bench_sparse.py

Samples are like those of scikit-learn's `HashingVectorizer`: a CSR matrix with 40 numbers in each
row of 50,000 features. All in turn in one process, all by accuracy:

- `predict` is one forward pass by scikit-learn.
- `loop` multiplies the first layer once, with SciPy, sets each neuron to 0 in turn, and multiplies
  the second layer again.

And the most that an ablation takes at any time beyond what was there before, as tracemalloc
counts it: not more than 128 MiB. tests/inspection/test_wide_sparse.py measures that of all
functions, with 2**20 features.
"""

import argparse
import sys
import tracemalloc

import joblib
import numpy as np
from scipy import sparse
from sklearn.neural_network import MLPClassifier
from timing import Comparison, machine, save, show, use_threads

from skneuron import neuron_ablation

N_ROWS, PER_ROW, HIDDEN, N_CLASSES = 3000, 40, 100, 5
FEATURES = (50_000, 200_000)
QUICK_ROWS, QUICK_FEATURES = 300, (2000,)
DTYPES = (np.float64, np.float32)
LIMIT_MIB = 128


def random_rows(n_rows, n_features, dtype):
    """Random numbers at random places, and labels."""
    rng = np.random.default_rng(0)
    indices = np.sort(rng.integers(0, n_features, (n_rows, PER_ROW), np.int32), axis=1)
    values = rng.standard_normal(n_rows * PER_ROW).astype(dtype)
    ends = np.arange(0, n_rows * PER_ROW + 1, PER_ROW, dtype=np.int32)
    X = sparse.csr_matrix((values, indices.ravel(), ends), (n_rows, n_features))
    return X, rng.integers(0, N_CLASSES, n_rows)


def network(X, y):
    mlp = MLPClassifier((HIDDEN,), random_state=0)
    return mlp.partial_fit(X[:100], y[:100], classes=np.arange(N_CLASSES))


def loop(mlp, X, y):
    """The score without each neuron, with one product of the first layer for all of them."""
    (W, V), (b, c) = mlp.coefs_, mlp.intercepts_
    activations = np.maximum(X @ W + b, 0)
    scores = np.empty(HIDDEN)
    for neuron in range(HIDDEN):
        without = activations.copy()
        without[:, neuron] = 0
        scores[neuron] = np.mean((without @ V + c).argmax(axis=1) == y)
    return scores


def peak_mib(run):
    tracemalloc.start()
    run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 2**20


def check(mlp, X, y):
    # A sample may stand on the edge between two classes, for sums in another order.
    ours, theirs = neuron_ablation(mlp, X, y).scores, loop(mlp, X, y)
    np.testing.assert_allclose(ours, theirs, atol=1.5 / len(y))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--quick", action="store_true", help="few rows; nothing is saved")
    arguments = parser.parse_args()
    repeats = 1 if arguments.quick else arguments.repeats
    n_rows = QUICK_ROWS if arguments.quick else N_ROWS
    use_threads(joblib.cpu_count())
    show(machine())

    title = f"ms: {n_rows} rows, {PER_ROW} numbers in each, {HIDDEN} neurons, {N_CLASSES} classes"
    table = Comparison(title, ("predict", "loop"))
    most = 0.0
    for n_features in QUICK_FEATURES if arguments.quick else FEATURES:
        for dtype in DTYPES:
            X, y = random_rows(n_rows, n_features, dtype)
            mlp = network(X, y)
            check(mlp, X, y)
            about = {"features": n_features, "dtype": np.dtype(dtype).name}
            competitors = {
                "ours": lambda mlp=mlp, X=X, y=y: neuron_ablation(mlp, X, y),
                "predict": lambda mlp=mlp, X=X: mlp.predict(X),
                "loop": lambda mlp=mlp, X=X, y=y: loop(mlp, X, y),
            }
            table.add(about, competitors, repeats)
            table.rows[-1]["peak_mib"] = peak = peak_mib(competitors["ours"])
            most = max(most, peak)
    if not arguments.quick:
        parameters = {"n_rows": n_rows, "per_row": PER_ROW, "hidden": HIDDEN}
        print(f"\nwrote {save('sparse', table.rows, limit_mib=LIMIT_MIB, **parameters)}")
    if most > LIMIT_MIB:
        sys.exit(f"ours takes {most:.0f} MiB, more than {LIMIT_MIB}")
    print(f"ours takes {most:.0f} MiB at most")


if __name__ == "__main__":
    main()
