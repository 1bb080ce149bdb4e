"""What to do with some held-out samples once a network has learnt wrong labels by heart.

    python benchmarks/bench_label_noise.py --data-home FOLDER

MNIST, 10,000 rows to train on, 40 % of their labels replaced by random ones as in the study;
256 hidden units, 30 epochs. From 250 to 10,000 further rows, whose labels are as wrong, are held
out; 20,000 rows with clean labels are for the test, at which no method looks. In turn, for every
seed and number of held-out rows, the first three without training:

- "pruned": the pruner's own choice, with the study's settings (`RECOMMENDED`);
- "outputs refitted": `refit_outputs`;
- "pruned, then refitted": both, on the same held-out rows;
- "trained on for as long", "held-out rows alone, as long": training that goes on, on all rows or
  on those held out, for as many epochs as take the processor's time of `refit_outputs`, one at
  least;
- "trained on as before": for as many epochs as there were, on all rows;
- "early stopping", "stronger alpha": trained again, chosen on the held-out rows.

Gains are in points of clean test accuracy over the network as trained. "Memorised" is the share of
the mislabelled rows of the training whose wrong label the network gives, in percent. Means over
seeds with half the width of 95 % t-intervals.
"""

import argparse
import time
from copy import deepcopy

import joblib
import numpy as np
from scipy import stats
from sklearn.frozen import FrozenEstimator
from timing import machine, save, show, use_threads

from skneuron import PrunableMLPClassifier, RottenNeuronPruner, refit_outputs
from skneuron.datasets import load_images
from skneuron.study._automatic_choice import RECOMMENDED
from skneuron.study._control_methods import ControlTask, early_stopped, stronger_alpha
from skneuron.study._data_split import with_wrong_labels

NOISE = 0.4
REFITTED, BOTH = "outputs refitted", "pruned, then refitted"


def timed(run):
    start = time.process_time()
    result = run()
    return result, time.process_time() - start


def trained_on(network, rows, n_epochs=None, seconds=0.0):
    """A copy after further epochs: so many, or as many as take the time."""
    network, used, done = deepcopy(network), 0.0, 0
    while done < n_epochs if n_epochs is not None else not done or used < seconds:
        used += timed(lambda: network.partial_fit(*rows))[1]
        done += 1
    return network, done


def networks_by_method(full, train, held_out, seed):
    """The networks, and what else is worth knowing."""
    pruner, pruning_seconds = timed(
        lambda: RottenNeuronPruner(
            FrozenEstimator(full), cv="prefit", random_state=seed, **RECOMMENDED
        ).fit(*held_out)
    )
    refitted, seconds = timed(lambda: refit_outputs(full, *held_out, random_state=seed))
    both = refit_outputs(pruner, *held_out, random_state=seed)
    all_rows = tuple(np.concatenate(parts) for parts in zip(train, held_out, strict=True))
    as_long, n_as_long = trained_on(full, all_rows, seconds=seconds)
    alone, n_alone = trained_on(full, held_out, seconds=seconds)
    task = ControlTask(full, train, held_out, full.hidden_layer_sizes_)
    stopped, alpha = early_stopped(task), stronger_alpha(task)
    networks = {
        "as trained": full,
        "pruned": pruner,
        REFITTED: refitted,
        BOTH: both,
        "trained on for as long": as_long,
        "held-out rows alone, as long": alone,
        "trained on as before": trained_on(full, all_rows, n_epochs=full.max_iter)[0],
        "early stopping": stopped.network,
        "stronger alpha": alpha.network,
    }
    about = {
        "n_neurons": pruner.n_neurons_,
        "pruning_seconds": pruning_seconds,
        "refit_seconds": seconds,
        "epochs_as_long": n_as_long,
        "epochs_alone": n_alone,
        "stopped": stopped.choice,
        "alpha": alpha.choice,
    }
    return networks, about


def one_seed(images, seed, n_rows, n_hidden, max_iter, sizes):
    """A row for every number of held-out samples, of the same network."""
    rng = np.random.default_rng(seed)
    X = np.concatenate([images.X_train, images.X_test])
    y = np.concatenate([images.y_train, images.y_test])
    parts = np.split(rng.permutation(len(X))[: sum(n_rows)], np.cumsum(n_rows)[:-1])
    train, pool = ((X[rows], with_wrong_labels(y[rows], NOISE, rng)) for rows in parts[:2])
    test = X[parts[2]], y[parts[2]]
    mislabelled = train[1] != y[parts[0]]
    full = PrunableMLPClassifier((n_hidden,), max_iter=max_iter, random_state=seed).fit(*train)
    for n in sizes:
        held_out = pool[0][:n], pool[1][:n]
        networks, about = networks_by_method(full, train, held_out, seed)
        row = {
            "held_out": n,
            "seed": seed,
            **about,
            "accuracy": {name: 100 * one.score(*test) for name, one in networks.items()},
            "memorised": {
                name: 100 * one.score(train[0][mislabelled], train[1][mislabelled])
                for name, one in networks.items()
            },
        }
        show(row)
        yield row


def interval(values):
    """Mean, and half the width of its 95 % t-interval; None of one value."""
    values = np.asarray(values, dtype=float)
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values) if len(values) > 1 else None
    return {"mean": float(values.mean()), "half_width": None if half is None else float(half)}


def summary(rows):
    """Gains and memorisation by number of held-out samples, and what pruning adds to a refit."""
    result = []
    for n in sorted({row["held_out"] for row in rows}):
        some = [row for row in rows if row["held_out"] == n]

        def gains(name, than="as trained", some=some):
            return [row["accuracy"][name] - row["accuracy"][than] for row in some]

        result += [
            {
                "held_out": n,
                "method": name,
                "gain": interval(gains(name)),
                "memorised": interval([row["memorised"][name] for row in some]),
            }
            for name in some[0]["accuracy"]
        ]
        result.append(
            {
                "held_out": n,
                "method": "what pruning adds to the refit",
                "gain": interval(gains(BOTH, than=REFITTED)),
            }
        )
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-home", help="scikit-learn's data home with MNIST")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="digits; nothing is saved")
    arguments = parser.parse_args()
    use_threads(joblib.cpu_count())
    show(machine())
    name, n_rows, n_hidden, max_iter = "mnist", (10_000, 10_000, 20_000), 256, 30
    sizes, seeds = (250, 500, 1_000, 2_500, 5_000, 10_000), arguments.seeds
    if arguments.quick:
        name, n_rows, n_hidden, max_iter = "digits", (600, 400, 700), 20, 5
        sizes, seeds = (200, 400), 2
    images = load_images(name, data_home=arguments.data_home)
    rows = []
    for seed in range(seeds):
        for row in one_seed(images, seed, n_rows, n_hidden, max_iter, sizes):
            rows.append(row)
            table = summary(rows)
            if not arguments.quick:  # not to be lost with the last minute
                save(
                    "label_noise", rows, tables={"summary": table}, n_rows=n_rows, sizes=sizes,
                    n_hidden=n_hidden, max_iter=max_iter, noise=NOISE, **RECOMMENDED,
                )  # fmt: skip
    for line in table:
        show(line)


if __name__ == "__main__":
    main()
