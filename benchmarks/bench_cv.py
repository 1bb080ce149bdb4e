"""What it costs to choose a threshold: `RottenNeuronPrunerCV` against GridSearchCV and training.

    python benchmarks/bench_cv.py --data-home FOLDER

MNIST, 13 thresholds, the same folds and networks for all. "training" fits the networks that the
search needs, one a fold and one for all rows, and nothing else: the floor. "grid" is GridSearchCV
over the pruner's threshold, which trains a network for every candidate and fold, with the gain
not estimated. All in turn, in one process; the choices are compared as well.
"""

import argparse

import joblib
import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from timing import interleaved, machine, save, show, use_threads

from skneuron import PrunableMLPClassifier, RottenNeuronPruner, RottenNeuronPrunerCV
from skneuron.datasets import load_images
from skneuron.pruning._pruner_cv import THRESHOLDS
from skneuron.pruning._split import train_evaluation_split

LIMITS = {"cv_over_training": 1.5, "cv_over_grid": 0.2}


def trainings(pruner, X, y, cv):
    """Fit the networks of a search."""
    everything = np.arange(len(X))
    for rows in [*(train for train, _ in cv.split(X, y)), everything]:
        train, _ = train_evaluation_split(y[rows], pruner.cv, stratify=True, random_state=0)
        clone(pruner.estimator).fit(X[rows][train], y[rows][train])


def bench(X, y, hidden, max_iter, repeats, replacement):
    mlp = PrunableMLPClassifier(hidden, max_iter=max_iter, random_state=0)
    pruner = RottenNeuronPruner(mlp, replacement=replacement, estimate_gain=False, random_state=0)
    cv = StratifiedKFold(5)
    ours = RottenNeuronPrunerCV(pruner, cv=cv)
    grid = GridSearchCV(pruner, {"threshold": list(THRESHOLDS)}, cv=cv)
    seconds = interleaved(
        {
            "ours": lambda: ours.fit(X, y),
            "training": lambda: trainings(pruner, X, y, cv),
            "grid": lambda: grid.fit(X, y),
        },
        repeats,
        {"grid": 1},
    )
    row = {
        "hidden": hidden,
        "replacement": replacement,
        **{f"{name}_s": s for name, s in seconds.items()},
        "cv_over_training": seconds["ours"] / seconds["training"],
        "cv_over_grid": seconds["ours"] / seconds["grid"],
        "same_choice": ours.best_params_ == grid.best_params_,
        "threshold": ours.best_threshold_,
    }
    show(row)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-home", help="scikit-learn's data home with MNIST")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="digits; nothing is saved")
    arguments = parser.parse_args()
    use_threads(joblib.cpu_count())
    show(machine())
    name, n_rows, hidden, max_iter = "mnist", 10_000, (100,), 30
    if arguments.quick:
        name, n_rows, hidden, max_iter = "digits", 400, (12,), 3
    images = load_images(name, data_home=arguments.data_home)
    X, y = images.X_train[:n_rows], images.y_train[:n_rows]
    repeats = 1 if arguments.quick else arguments.repeats
    rows = [
        bench(X, y, hidden, max_iter, repeats, replacement) for replacement in ("zero", "linear")
    ]
    for row in rows:
        for limit, most in LIMITS.items():
            print(f"{row['replacement']}: {limit} {row[limit]:.2f}, at most {most} wanted")
    if not arguments.quick:
        print("saved", save("cv", rows, n_rows=n_rows, max_iter=max_iter, n_splits=5))


if __name__ == "__main__":
    main()
