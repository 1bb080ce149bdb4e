"""Where removal truly helps: networks that have memorised wrong labels.

    python benchmarks/bench_gain.py --data-home FOLDER

MNIST, 10,000 rows to train on and 5,000 to evaluate neurons on, a share of the labels of both
replaced by random ones; 20,000 rows with clean labels to test on, at which no method looks. 256
hidden units, 30 epochs. In turn, for every share and seed, on the very same rows:

- the network as trained;
- the pruner's own choice by the evaluation part alone, with the study's settings (`RECOMMENDED`);
- random removal down to the same size with the same replacement, the mean of ten;
- what a sceptic would do instead with the 15,000 rows: early stopping on the evaluation part, a
  stronger ``alpha`` or ``dropout`` chosen on it, a network of the small size from scratch.

Gains are in points of clean test accuracy over the network as trained, with the standard error
over seeds and the p-value of a paired t-test.
"""

import argparse

import joblib
import numpy as np
from scipy import stats
from sklearn.frozen import FrozenEstimator
from timing import machine, save, show, use_threads

from skneuron import PrunableMLPClassifier, RottenNeuronPruner, prune_neurons
from skneuron.datasets import load_images
from skneuron.study._automatic_choice import RECOMMENDED
from skneuron.study._control_methods import CONTROLS, ControlTask
from skneuron.study._data_split import with_wrong_labels

WANTED = {0.0: -0.1, 0.2: 0.7, 0.4: 1.2}
N_RANDOM = 10
MAX_ITER = 30


def randomly_pruned(network, n_left, evaluation, test, rng):
    n = network.coefs_[0].shape[1]
    accuracies = []
    for _ in range(N_RANDOM):
        mask = np.zeros(n, dtype=bool)
        mask[rng.permutation(n)[:n_left]] = True
        smaller = prune_neurons(
            network, [mask], replacement=RECOMMENDED["replacement"], X=evaluation[0]
        )
        accuracies.append(smaller.score(*test))
    return float(np.mean(accuracies))


def one_seed(images, share, seed, n_rows, n_hidden, max_iter):
    rng = np.random.default_rng(seed)
    X = np.concatenate([images.X_train, images.X_test])
    y = np.concatenate([images.y_train, images.y_test])
    parts = np.split(rng.permutation(len(X))[: sum(n_rows)], np.cumsum(n_rows)[:-1])
    (train, evaluation), test = (
        [(X[rows], with_wrong_labels(y[rows], share, rng)) for rows in parts[:2]],
        (X[parts[2]], y[parts[2]]),
    )
    full = PrunableMLPClassifier((n_hidden,), max_iter=max_iter, random_state=seed).fit(*train)
    pruner = RottenNeuronPruner(
        FrozenEstimator(full), cv="prefit", random_state=seed, **RECOMMENDED
    ).fit(*evaluation)
    n_left = pruner.n_neurons_
    task = ControlTask(full, train, evaluation, (n_left,))
    controls = {
        name.replace("_", " "): control(task).network for name, control in CONTROLS.items()
    }
    accuracies = {
        "whole": full.score(*test),
        "auto": pruner.score(*test),
        "random removal": randomly_pruned(full, n_left, evaluation, test, rng),
        **{name: network.score(*test) for name, network in controls.items()},
    }
    row = {
        "noise": share,
        "seed": seed,
        "n_neurons": n_left,
        "estimated_gain": 100 * pruner.gain_,
        "estimated_null_gain": 100 * pruner.null_gain_,
        "naive_gain": 100 * (pruner.pruned_score_ - pruner.baseline_score_),
        **{name: 100 * accuracy for name, accuracy in accuracies.items()},
    }
    show(row)
    return row


def summary(rows):
    """Gains over the whole network: mean, standard error and p-value over the seeds."""
    names = list(rows[0])[list(rows[0]).index("whole") + 1 :]
    result = []
    for share in sorted({row["noise"] for row in rows}):
        some = [row for row in rows if row["noise"] == share]
        for name in names:
            gains = np.array([row[name] - row["whole"] for row in some])
            line = {"noise": share, "method": name, "gain": gains.mean()}
            if len(gains) > 1 and gains.any():
                line["standard_error"] = stats.sem(gains)
                line["p_value"] = stats.ttest_1samp(gains, 0.0).pvalue
            result.append({k: float(v) if k != "method" else v for k, v in line.items()})
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-home", help="scikit-learn's data home with MNIST")
    parser.add_argument("--noise", type=float, nargs="+", default=sorted(WANTED))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="digits; nothing is saved")
    arguments = parser.parse_args()
    use_threads(joblib.cpu_count())
    show(machine())
    name, n_rows, n_hidden, max_iter = "mnist", (10_000, 5_000, 20_000), 256, MAX_ITER
    shares, seeds = arguments.noise, arguments.seeds
    if arguments.quick:
        name, n_rows, n_hidden, max_iter = "digits", (600, 400, 700), 20, 5
        shares, seeds = (0.4,), 2
    images = load_images(name, data_home=arguments.data_home)
    rows = []
    for share in shares:
        for seed in range(seeds):
            rows.append(one_seed(images, share, seed, n_rows, n_hidden, max_iter))
            table = summary(rows)
            if not arguments.quick:  # not to be lost with the last minute
                save(
                    "gain", rows, tables={"summary": table}, n_rows=n_rows, n_hidden=n_hidden,
                    max_iter=max_iter, **RECOMMENDED,
                )  # fmt: skip
    for line in table:
        show(line)
        if line["method"] == "auto":
            print(f"at least {WANTED.get(line['noise'])} points wanted")


if __name__ == "__main__":
    main()
