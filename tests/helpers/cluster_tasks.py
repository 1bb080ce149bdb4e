"""What the tests of clusters run: importable by workers, as a user's own module would be."""

import os
import signal
import time
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import make_scorer, mutual_info_score
from sklearn.model_selection import GridSearchCV

import skneuron as sn
from skneuron.study import run_study


def whole_estimators_accuracy(estimator, X, y):
    """A plain callable, which gets what the user gave."""
    return float(np.mean(estimator.predict(X) == y))


MUTUAL_INFORMATION = make_scorer(mutual_info_score)


def data():
    X, y = load_digits(return_X_y=True)
    return X[:600] / 16, y[:600]


def network(size=10):
    return sn.PrunableMLPClassifier((size,), max_iter=5, tol=0, random_state=0)


def pruner(**options):
    return sn.RottenNeuronPruner(network(6), random_state=0, **options)


def ablation(mlp, X, y):
    return sn.neuron_ablation(mlp, X, y, scoring=MUTUAL_INFORMATION).scores


def ablation_by_a_callable(mlp, X, y):
    return sn.neuron_ablation(mlp, X, y, scoring=whole_estimators_accuracy).scores


def shapley(mlp, X, y):
    found = sn.neuron_shapley(
        mlp, X, y, scoring=MUTUAL_INFORMATION, max_permutations=4, random_state=0
    )
    return found.shapley_values


def pairs(mlp, X, y):
    found = sn.pairwise_ablation(mlp, X[:200], y[:200], scoring=MUTUAL_INFORMATION)
    return found.interactions


def cross_validation(mlp, X, y):
    search = sn.RottenNeuronPrunerCV(pruner(), thresholds=[0.0, 0.01], cv=4).fit(X, y)
    return search.cv_results_["mean_test_score"]


def grid_search(mlp, X, y):
    search = GridSearchCV(pruner(), {"threshold": [0.0, 0.01]}, cv=2).fit(X, y)
    return search.cv_results_["mean_test_score"]


def study(mlp, X, y):
    found = run_study("digits", hidden=[(6,), (4, 3)], seeds=[0, 1], max_iter=5, n_train=500)
    return np.concatenate([one.path.test_score for one in found.networks])


CALLS = {
    function.__name__: function
    for function in [
        ablation,
        ablation_by_a_callable,
        shapley,
        pairs,
        cross_validation,
        grid_search,
        study,
    ]
}


def dies_once(X, flag, number):
    """Of a few tasks, the first one kills its worker, if it is the first time."""
    try:
        Path(flag).touch(exist_ok=False)
    except FileExistsError:
        time.sleep(0.05)
        return float(X.sum()) + number
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("not reached")
