"""Small calls as users meet them: in a loop, after a rest, and after a product of NumPy's.

    python benchmarks/bench_states.py [--quick]

Fit, predict and ablate scikit-learn's digits with 32 hidden neurons, next to scikit-learn's fit
and predict: each by itself in each of the states, then all in turn a hundred times. A call of a
millisecond is done before other threads are awake, and takes ten times as long where it has to
wait for cores on which BLAS's threads still wait for their next product.
"""

import argparse
import time
import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from timing import STATES, in_states, save

from skneuron import PrunableMLPClassifier, neuron_ablation

REPEATS, IN_TURN = 30, 100
WANTED = 3  # times what it takes in a loop, at most


def runs():
    X, y = load_digits(return_X_y=True)
    X = X / 16
    options = {"hidden_layer_sizes": (32,), "max_iter": 20, "random_state": 0}
    ours, theirs = PrunableMLPClassifier(**options), MLPClassifier(**options)
    mlp, peer = PrunableMLPClassifier(**options).fit(X, y), MLPClassifier(**options).fit(X, y)
    return {
        "fit": lambda: ours.fit(X, y),
        "predict": lambda: mlp.predict(X),
        "ablate": lambda: neuron_ablation(mlp, X, y),
        "sklearn fit": lambda: theirs.fit(X, y),
        "sklearn predict": lambda: peer.predict(X),
    }


def in_turn(competitors, repeats):
    """Median and 90 % quantile in milliseconds of each, called one after the other."""
    milliseconds = {name: [] for name in competitors}
    for _ in range(repeats):
        for name, run in competitors.items():
            start = time.perf_counter()
            run()
            milliseconds[name].append(1e3 * (time.perf_counter() - start))
    found = {name: np.quantile(each, [0.5, 0.9]) for name, each in milliseconds.items()}
    return {name: {"median": float(m), "p90": float(p)} for name, (m, p) in found.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one repeat; saves nothing")
    options = parser.parse_args()
    repeats, turns = (1, 1) if options.quick else (REPEATS, IN_TURN)
    warnings.simplefilter("ignore", ConvergenceWarning)
    competitors = runs()
    states = {name: in_states(run, repeats) for name, run in competitors.items()}
    for name, found in in_turn(competitors, turns).items():
        states[name]["in_turn"] = found
    print(
        f"milliseconds, median (90 %):{'':8}" + "".join(f"{s:>20}" for s in (*STATES, "in_turn"))
    )
    rows = []
    for name, found in states.items():
        cells = (f"{one['median']:.2f} ({one['p90']:.2f})" for one in found.values())
        print(f"{name:36}" + "".join(f"{cell:>20}" for cell in cells))
        loop = found["tight_loop"]["median"]
        slowest = max(one["median"] for one in found.values()) / loop
        rows.append({"call": name, "ms": found, "slowest_over_tight_loop": slowest})
    for row in rows:
        if not row["call"].startswith("sklearn"):
            times = row["slowest_over_tight_loop"]
            print(f"wanted: {row['call']} within {WANTED} times its tight loop; took {times:.2f}")
    if not options.quick:
        print("saved", save("states", rows, repeats=repeats, in_turn=turns))


if __name__ == "__main__":
    main()
