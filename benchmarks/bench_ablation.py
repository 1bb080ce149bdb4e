"""`neuron_ablation` against loops, PyTorch, Captum, one forward pass, and what the machine can do.

    python benchmarks/bench_ablation.py --data-home DIR

All run in turn in one process, on real MNIST test images in float32, with the same number of
threads. Neurons are removed one at a time, every one of them, and the accuracy counts:

- ours: `neuron_ablation` by accuracy, without losses; ours_losses: as it is called by default,
  which also gives log-losses; ours_linear: that, with neurons replaced by their least-squares
  predictions.
- forward: `predict_proba` of scikit-learn, once.
- loop: silence a neuron, call scikit-learn's ``score()``, put it back.
- hooks: one PyTorch forward pass a neuron, which a forward hook zeroes.
- captum: its `LayerFeatureAblation`; captum_behind: its `FeatureAblation`, which is given the
  layer's activations and runs through the later layers only.
- torch: rank-1 updates of the next layer's inputs, many neurons at a time, in the fastest of a
  dozen ways for each layer; compiled: by torch.compile; losses: with log-losses besides, to be
  compared with ours_losses.
- floor: the larger of two times: multiply-adds of one forward pass and of the removals, in rows
  in which the neuron is active, at the speed of a large product in NumPy; and the bytes of rows
  and weights at the speed of a copy in memory. Nothing is compared, and no loss computed.

Loops and Captum are timed on some of the neurons and scaled to all; their scores are compared
with ours on these. DIR is a scikit-learn data home; without one, MNIST is downloaded. PyTorch and
Captum may be missing.
"""

import argparse
import copy
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from importlib.util import find_spec

import joblib
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from timing import interleaved, machine, save, show, use_threads

from skneuron import neuron_ablation
from skneuron.datasets import load_images

peers_torch = import_module("peers_torch") if find_spec("torch") else None
peers_captum = import_module("peers_captum") if peers_torch and find_spec("captum") else None

CONFIGURATIONS = ((300,), (1000,), (256, 128), (128, 128, 64))
QUICK_CONFIGURATIONS = ((12,), (8, 6))
RATIOS = ("loop", "hooks", "captum", "captum_behind", "torch", "compiled", "losses")
SLOW = RATIOS[:4]
PEER_OF = {"losses": "ours_losses"}  # of all others, "ours"
N_SAMPLED = 20  # neurons, for slow competitors
MOST_SLOW_REPEATS = 3
TRAINING_ROWS = 10_000
# The machine's speed is measured on square matrices and arrays much larger than its caches.
PRODUCT_SIZE = 2048
COPIED_BYTES = 2**28

# (hidden layers, rows, classes)
GROWTH = {
    "neurons": [((width,), 10_000, 10) for width in (100, 300, 1000, 3000)],
    "rows": [((300,), n_rows, 10) for n_rows in (2000, 10_000, 50_000)],
    "classes": [((300,), 10_000, n_classes) for n_classes in (2, 10, 100)],
    "depth": [((128,) * depth, 10_000, 10) for depth in (1, 2, 3, 4)],
}
QUICK_GROWTH = {"rows": [((12,), 200, 10)], "classes": [((12,), 200, 2), ((12,), 200, 20)]}


def trained(sizes, X, y, n_classes=10):
    mlp = MLPClassifier(sizes, max_iter=3, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in range(mlp.max_iter):
            # Unlike `fit`, it may be told of classes of which there are no rows.
            mlp.partial_fit(X, y, classes=np.arange(n_classes))
    return mlp


def made_up_labels(X, n_classes):
    """What a network of random weights says, with all outputs on the same scale."""
    rng = np.random.default_rng(0)
    hidden = np.maximum(X @ rng.normal(size=(X.shape[1], 100)), 0)
    outputs = hidden @ rng.normal(size=(100, n_classes))
    return np.argmax((outputs - outputs.mean(axis=0)) / outputs.std(axis=0), axis=1)


def sampled(sizes):
    """Some neurons of every layer, in proportion to its size: addresses and positions."""
    rng = np.random.default_rng(0)
    addresses = []
    for layer, size in enumerate(sizes):
        n = min(size, max(1, round(N_SAMPLED * size / sum(sizes))))
        addresses += [(layer, int(i)) for i in np.sort(rng.choice(size, n, replace=False))]
    return addresses, [sum(sizes[:layer]) + index for layer, index in addresses]


def loop_over_score(mlp, X, y, neurons):
    """What one writes without a package; numbers of right rows."""
    scores = []
    silenced = copy.deepcopy(mlp)
    for layer, index in neurons:
        outgoing = silenced.coefs_[layer + 1][index]
        weights = outgoing.copy()
        outgoing[:] = 0
        scores.append(silenced.score(X, y))
        outgoing[:] = weights
    return np.array(scores) * len(y)


def over_layers(attribute, task, network, neurons):
    """Captum takes one layer at a time; numbers of right rows."""
    baseline = int((network(task.X).argmax(1) == task.y).sum())
    lost = [
        attribute(task, network, layer, [index for at, index in neurons if at == layer])
        for layer in range(len(task.layers) - 1)
    ]
    return baseline - np.concatenate(lost)


def torch_competitors(mlp, X, y, neurons, compile_too):
    """Competitors in PyTorch, and the ways that the best were found to go."""
    task = peers_torch.Task.of(mlp, X, y)
    network = peers_torch.sequential(task)
    runs = {"hooks": partial(peers_torch.hooked, task, network, neurons)}
    if peers_captum:
        for name, attribute in {
            "captum": peers_captum.by_layer,
            "captum_behind": peers_captum.behind_layer,
        }.items():
            runs[name] = partial(over_layers, attribute, task, network, neurons)
    ways = {}
    for kind in peers_torch.KINDS if compile_too else peers_torch.KINDS[:1]:
        try:
            ways[kind] = peers_torch.fastest_ways(task, kind)
        except RuntimeError as error:
            print(f"no {kind}: {str(error).splitlines()[0]}")
            continue
        runs[kind] = partial(peers_torch.ablated, task, ways[kind])
    return runs, {kind: list(map(str, found)) for kind, found in ways.items()}


def scale(name, sizes, neurons):
    """The work of removing all neurons, over that of removing those that were timed."""
    if name not in SLOW:
        return 1.0
    if name in ("loop", "hooks"):
        return sum(sizes) / len(neurons)
    done = [sum(at == layer for at, _ in neurons) + 1 for layer in range(len(sizes))]
    # The neurons that are not timed are one more feature.
    evaluations = peers_captum.n_evaluations
    return sum(map(evaluations, sizes)) / sum(map(evaluations, done))


def machine_speed():
    """Functions to time: a product of matrices, and a copy by as many threads as cores."""
    A = np.random.default_rng(0).random((PRODUCT_SIZE, PRODUCT_SIZE), np.float32)
    product = np.empty_like(A)
    n_threads = joblib.cpu_count()
    sources = np.array_split(np.ones(COPIED_BYTES // 4, np.float32), n_threads)
    targets = np.array_split(np.ones(COPIED_BYTES // 4, np.float32), n_threads)
    pool = ThreadPoolExecutor(n_threads)
    return {
        "product": partial(np.matmul, A, A, out=product),
        "copy": lambda: list(pool.map(np.copyto, targets, sources)),
    }


def floor(mlp, X, seconds):
    """The least that one pass over the rows costs on this machine."""
    shapes = [W.shape for W in mlp.coefs_]
    products = [fan_in * fan_out for fan_in, fan_out in shapes]
    multiply_adds = len(X) * sum(products)
    a = X
    for layer, (W, b) in enumerate(list(zip(mlp.coefs_, mlp.intercepts_, strict=True))[:-1]):
        a = np.maximum(a @ W + b, 0)
        a_row = shapes[layer + 1][1] + sum(products[layer + 2 :])
        multiply_adds += np.count_nonzero(a) * a_row
    n_bytes = X.nbytes + sum(W.nbytes for W in mlp.coefs_)
    rate, bandwidth = PRODUCT_SIZE**3 / seconds["product"], 2 * COPIED_BYTES / seconds["copy"]
    return {
        "multiply_adds": int(multiply_adds),
        "bytes": n_bytes,
        "multiply_adds_per_s": rate,
        "bytes_per_s": bandwidth,
        "ms": 1e3 * max(multiply_adds / rate, n_bytes / bandwidth),
    }


def differences(results, positions):
    """Largest differences of the accuracy, and of the mean log-loss, from ours."""
    ours = results["ours_losses"]
    found = {}
    for name in set(RATIOS) & set(results):
        counts = results[name]
        if counts.ndim == 2:
            losses = counts[:, 1] / ours.n_samples - ours.baseline_loss
            found["log-loss"] = float(np.abs(losses - ours.loss_importances).max())
            counts = counts[:, 0]
        scores = ours.scores[positions] if name in SLOW else ours.scores
        found[name] = float(np.abs(counts / ours.n_samples - scores).max())
    return found


def bench(sizes, images, n_rows, repeats, compile_too):
    """One row of the main table."""
    X_train = images.X_train[:TRAINING_ROWS]
    mlp = trained(sizes, X_train, images.y_train[:TRAINING_ROWS])
    X, y = images.X_test[:n_rows], images.y_test[:n_rows]
    neurons, positions = sampled(sizes)
    runs = {
        "ours": partial(neuron_ablation, mlp, X, y, losses=False),
        "ours_losses": partial(neuron_ablation, mlp, X, y),
        "ours_linear": partial(neuron_ablation, mlp, X, y, replacement="linear", X_ref=X_train),
        "forward": partial(mlp.predict_proba, X),
        "loop": partial(loop_over_score, mlp, X, y, neurons),
    }
    ways = {}
    if peers_torch:
        more, ways = torch_competitors(mlp, X, y, neurons, compile_too)
        runs |= more
    results = {}

    def keep(name):
        results[name] = runs[name]()

    keepers = {name: partial(keep, name) for name in runs}
    fewer = dict.fromkeys(SLOW, min(repeats, MOST_SLOW_REPEATS))
    seconds = interleaved(keepers | machine_speed(), repeats, fewer)
    least = floor(mlp, X, seconds)
    ms = {name: 1e3 * seconds[name] * scale(name, sizes, neurons) for name in runs}
    return {
        "hidden": list(sizes),
        "neurons": sum(sizes),
        "ms": ms,
        "over_ours": {n: ms[n] / ms[PEER_OF.get(n, "ours")] for n in RATIOS if n in ms},
        "ours_over_forward": ms["ours"] / ms["forward"],
        "ours_losses_over_forward": ms["ours_losses"] / ms["forward"],
        "ours_over_floor": ms["ours"] / least["ms"],
        "floor": least,
        "fastest_ways": ways,
        "largest_differences": differences(results, positions),
    }


def line(hidden, heads, cells):
    """Print one line of a table with ``heads``, which are as wide as its columns."""
    texts = (f"{cell:>{len(head) + 2}}" for head, cell in zip(heads, cells, strict=True))
    print(f"{hidden:>12}" + "".join(texts), flush=True)


def bench_all(configurations, *arguments):
    """The main table."""
    heads = ("ours, ms", "losses, ms", "linear, ms", *(f"{name}/ours" for name in RATIOS))
    heads += ("ours/forward", "losses/forward", "ours/floor", "same to")
    line("hidden", heads, heads)
    rows = []
    for sizes in configurations:
        row = bench(sizes, *arguments)
        times = [f"{row['ms'][name]:.1f}" for name in ("ours", "ours_losses", "ours_linear")]
        ratios = [row["over_ours"].get(name) for name in RATIOS]
        ratios += [row["ours_over_forward"], row["ours_losses_over_forward"]]
        ratios += [row["ours_over_floor"]]
        cells = ["" if ratio is None else f"{ratio:.3g}" for ratio in ratios]
        same = f"{max(row['largest_differences'].values()):.1g}"
        line("-".join(map(str, sizes)), heads, (*times, *cells, same))
        rows.append(row)
    return rows


def rows_of(images, n_rows):
    """Test images, over and over if need be."""
    at = np.arange(n_rows) % len(images.y_test)
    return images.X_test[at], images.y_test[at]


def bench_growth(growth, images, repeats):
    """Ours and one forward pass, against the size of the problem."""
    print("\ngrowth: milliseconds")
    rows = []
    for along, points in growth.items():
        for sizes, n_rows, n_classes in points:
            X, y = rows_of(images, n_rows)
            X_train, y_train = images.X_train[:TRAINING_ROWS], images.y_train[:TRAINING_ROWS]
            if along == "classes":
                labels = made_up_labels(np.concatenate([X_train, X]), n_classes)
                y_train, y = labels[: len(X_train)], labels[len(X_train) :]
            mlp = trained(sizes, X_train, y_train, n_classes)
            row = {"along": along, "hidden": list(sizes), "rows": n_rows, "classes": n_classes}
            runs = {
                "ours": partial(neuron_ablation, mlp, X, y),
                "forward": partial(mlp.predict_proba, X),
            }
            rows.append(row | timed(runs, repeats))
            show(rows[-1])
    return rows


def bench_pairs(width, images, n_rows, repeats):
    """All pairs of one layer's neurons, by accuracy."""
    from skneuron import pairwise_ablation

    mlp = trained((width,), images.X_train[:TRAINING_ROWS], images.y_train[:TRAINING_ROWS])
    X, y = images.X_test[:n_rows], images.y_test[:n_rows]
    runs = {
        "ours": partial(pairwise_ablation, mlp, X, y, scoring="accuracy"),
        "forward": partial(mlp.predict_proba, X),
    }
    print("\npairs: milliseconds")
    row = {"hidden": [width], "pairs": width * (width - 1) // 2, "rows": n_rows}
    row |= timed(runs, min(repeats, MOST_SLOW_REPEATS))
    show(row)
    return [row]


def timed(runs, repeats):
    seconds = interleaved(runs, repeats)
    ms = {f"{name}_ms": 1e3 * s for name, s in seconds.items()}
    return ms | {"ours_over_forward": seconds["ours"] / seconds["forward"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-home")
    parser.add_argument("--rows", type=int, default=10_000, help="test images, at most")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    parser.add_argument("--quick", action="store_true", help="digits; nothing is saved")
    arguments = parser.parse_args()
    name = "mnist"
    if arguments.quick:
        # Compiling PyTorch's ways takes minutes, however small they are.
        name, arguments.repeats, arguments.no_compile = "digits", 1, True
    images = load_images(name, data_home=arguments.data_home)
    n_rows, repeats = min(arguments.rows, len(images.y_test)), arguments.repeats
    packages = [name for name in ("torch", "captum") if find_spec(name)]
    n_threads = joblib.cpu_count()
    use_threads(n_threads)
    parameters = {"n_rows": n_rows, "dtype": "float32", "repeats": repeats}
    parameters |= {"n_threads": n_threads, "n_sampled": N_SAMPLED}
    show(machine(*packages) | parameters)
    if len(packages) < 2:
        print('Columns are empty without PyTorch and Captum: pip install "skneuron[bench]"')

    configurations = QUICK_CONFIGURATIONS if arguments.quick else CONFIGURATIONS
    rows = bench_all(configurations, images, n_rows, repeats, not arguments.no_compile)
    tables = {
        "growth": bench_growth(QUICK_GROWTH if arguments.quick else GROWTH, images, repeats),
        "pairs": bench_pairs(12 if arguments.quick else 300, images, n_rows, repeats),
    }
    if not arguments.quick:
        path = save("ablation", rows, tables=tables, packages=packages, **parameters)
        print(f"\nwrote {path}")


if __name__ == "__main__":
    main()
