"""How often do verdicts on neurons err, where no neuron has an effect?

    python benchmarks/bench_calibration.py

First on accuracy: real networks on labels that have nothing to do with their inputs, so that no
neuron is rotten or useful, however many predictions it changes. What counts is the share of
networks of which any neuron is called rotten, or called anything. Half of the networks have random
weights, half were trained on other random labels.

Then on the loss, of which the mean change is not 0 on such labels (whatever makes a network less
sure of itself helps there). So for one neuron at a time, the rows' labels are drawn such that its
removal changes the loss by 0 in the mean; what counts is the share of neurons with p <= alpha.

Last on other scores that no neuron changes on labels without meaning, tested by the jackknife.
"""

import argparse
import time
import warnings

import numpy as np
from scipy.stats import binomtest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from timing import machine, save, use_threads

from skneuron import neuron_ablation
from skneuron.inspection._ablation._significance import METHODS, paired_t_p, verdicts

ALPHA = 0.05
N_FEATURES = 10
# Neurons whose removal changes fewer rows' losses are counted apart.
MANY_ROWS = 30
# Rows, hidden layers, classes.
CONFIGURATIONS = (
    (200, (20,), 2),
    (1000, (100,), 10),
    (1000, (30, 30), 10),
    (5000, (50,), 2),
)
# Scorers, and configurations as above.
SCORES = (
    ("balanced_accuracy", (200, (20,), 2)),
    ("balanced_accuracy", (1000, (20,), 10)),
    ("roc_auc", (200, (20,), 2)),
    ("roc_auc", (1000, (20,), 2)),
)


def network(rng, sizes, n_classes, is_trained):
    """A network that cannot know anything about labels drawn later."""
    X = rng.normal(size=(100, N_FEATURES))
    y = np.arange(100) % n_classes
    seed = int(rng.integers(2**31))
    mlp = MLPClassifier(sizes, max_iter=10, learning_rate_init=0.01, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mlp = mlp.fit(X, y) if is_trained else mlp.partial_fit(X, y, classes=np.unique(y))
    if not is_trained:
        for coefs in mlp.coefs_:
            coefs[:] = rng.normal(size=coefs.shape) * np.sqrt(2 / len(coefs))
    return mlp


def share(n_hits, n_runs):
    """A share, and its confidence interval at 95 %, by Clopper and Pearson."""
    interval = binomtest(int(n_hits), n_runs).proportion_ci(0.95, method="exact")
    return {"share": n_hits / n_runs, "low": interval.low, "high": interval.high}


def accuracy_row(n_samples, sizes, n_classes, n_runs, rng):
    """One row of the first table."""
    rotten, any_verdict = (dict.fromkeys(METHODS, 0) for _ in range(2))
    n_changed = []
    for run in range(n_runs):
        mlp = network(rng, sizes, n_classes, is_trained=bool(run % 2))
        X, y = rng.normal(size=(n_samples, N_FEATURES)), rng.integers(n_classes, size=n_samples)
        ablation = neuron_ablation(mlp, X, y)
        fixed, broken = ablation.n_fixed, ablation.n_broken
        n_changed.append(np.median(fixed + broken))
        for method in METHODS:
            verdict = verdicts(
                n_samples=n_samples, n_fixed=fixed, n_broken=broken, alpha=ALPHA, method=method
            ).verdict
            rotten[method] += bool((verdict == "rotten").any())
            any_verdict[method] += bool((verdict != "undecided").any())
    return {
        "n_samples": n_samples,
        "hidden": list(sizes),
        "n_classes": n_classes,
        "n_runs": n_runs,
        "median_rows_fixed_or_broken": float(np.median(n_changed)),
        "any_rotten": {method: share(rotten[method], n_runs) for method in METHODS},
        "any_verdict": {method: share(any_verdict[method], n_runs) for method in METHODS},
    }


def loss_changes(mlp, X):
    """Per neuron and row, by what the log-loss grows without it if the label is 1, and if 0."""
    hidden = np.maximum(X @ mlp.coefs_[0] + mlp.intercepts_[0], 0)
    outgoing = mlp.coefs_[1][:, 0]
    before = hidden @ outgoing + mlp.intercepts_[1][0]
    after = before - hidden.T * outgoing[:, np.newaxis]
    if_1 = np.logaddexp(0, -after) - np.logaddexp(0, -before)
    if_0 = np.logaddexp(0, after) - np.logaddexp(0, before)
    return if_1, if_0


def loss_row(n_samples, n_hidden, n_runs, rng):
    """One row of the second table."""
    # The t-test wants a mean that is about normal, which that of a few rows is not.
    n_wrong, n_tests = (dict.fromkeys(("many", "few"), 0) for _ in range(2))
    for run in range(n_runs):
        mlp = network(rng, (n_hidden,), 2, is_trained=bool(run % 2))
        if_1, if_0 = loss_changes(mlp, rng.normal(size=(n_samples, N_FEATURES)))
        moves = if_1 != if_0
        p_of_1 = np.divide(if_0, if_0 - if_1, out=np.zeros_like(if_0), where=moves)
        changes = np.where(rng.random(if_1.shape) < p_of_1, if_1, if_0)
        p_values = paired_t_p(changes.mean(axis=1), changes.std(axis=1), n_samples)
        n_moved = moves.sum(axis=1)
        for name, group in {
            "many": n_moved >= MANY_ROWS,
            "few": (n_moved > 0) & (n_moved < MANY_ROWS),
        }.items():
            n_wrong[name] += int((p_values[group] <= ALPHA).sum())
            n_tests[name] += int(group.sum())
    row = {"n_samples": n_samples, "hidden": [n_hidden], "n_runs": n_runs, "n_tests": n_tests}
    found = {name: share(n_wrong[name], n) if n else None for name, n in n_tests.items()}
    return row | {"p_at_most_alpha": found}


def score_row(scoring, n_samples, sizes, n_classes, n_runs, rng):
    """One row of the third table."""
    n_wrong = n_tests = any_rotten = 0
    for run in range(n_runs):
        mlp = network(rng, sizes, n_classes, is_trained=bool(run % 2))
        X, y = rng.normal(size=(n_samples, N_FEATURES)), rng.integers(n_classes, size=n_samples)
        found = neuron_ablation(mlp, X, y, scoring=scoring).verdicts(alpha=ALPHA)
        any_rotten += bool((found.verdict == "rotten").any())
        n_wrong += int((found.p_values <= ALPHA).sum())
        n_tests += int(np.isfinite(found.p_values).sum())
    return {
        "scoring": scoring,
        "n_samples": n_samples,
        "hidden": list(sizes),
        "n_classes": n_classes,
        "n_runs": n_runs,
        "n_tests": n_tests,
        "any_rotten": share(any_rotten, n_runs),
        "p_at_most_alpha": share(n_wrong, n_tests),
    }


def show(found):
    """Percentages of `share`."""
    if found is None:
        return "-"
    return f"{100 * found['share']:5.1f} [{100 * found['low']:4.1f}, {100 * found['high']:4.1f}]"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--quick", action="store_true", help="few runs; nothing is saved")
    arguments = parser.parse_args()
    n_runs = 4 if arguments.quick else arguments.runs
    use_threads(1)  # work this small only waits for other threads
    rng = np.random.default_rng(0)

    print(", ".join(f"{key} {value}" for key, value in machine().items()))
    print(f"% of networks with any neuron called rotten (alpha {ALPHA}), 95 % interval")
    print(f"{'rows':>6} {'hidden':>8} {'classes':>8}" + "".join(f"{m:>20}" for m in METHODS))
    start = time.perf_counter()
    rows = []
    for n_samples, sizes, n_classes in CONFIGURATIONS:
        row = accuracy_row(n_samples, sizes, n_classes, n_runs, rng)
        rows.append(row)
        cells = "".join(f"{show(row['any_rotten'][method]):>20}" for method in METHODS)
        hidden = "-".join(map(str, sizes))
        print(f"{n_samples:>6} {hidden:>8} {n_classes:>8}{cells}", flush=True)

    print(f"% of neurons with p <= {ALPHA} for the loss, expected change 0, 95 % interval")
    print(f"{'rows':>6}{f'changing >= {MANY_ROWS}':>20}{'fewer rows':>20}")
    losses = []
    for n_samples in (50, 200, 1000, 3000):
        row = loss_row(n_samples, 20, max(n_runs // 4, 1), rng)
        losses.append(row)
        cells = "".join(f"{show(found):>20}" for found in row["p_at_most_alpha"].values())
        print(f"{n_samples:>6}{cells}", flush=True)
    print("% of networks with any neuron called rotten; % of neurons with p <= alpha: jackknife")
    scores = []
    for scoring, (n_samples, sizes, n_classes) in SCORES:
        row = score_row(scoring, n_samples, sizes, n_classes, max(n_runs // 10, 1), rng)
        scores.append(row)
        cells = f"{show(row['any_rotten']):>20}{show(row['p_at_most_alpha']):>20}"
        print(f"{scoring:>20}{n_samples:>6}{cells}", flush=True)
    print(f"took {time.perf_counter() - start:.0f} s")
    if not arguments.quick:
        path = save(
            "calibration",
            rows,
            tables={"loss": losses, "score": scores},
            alpha=ALPHA,
            many=MANY_ROWS,
        )
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
