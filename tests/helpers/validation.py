"""Networks, samples to train them on, and samples to look at them with after every epoch."""

import numpy as np
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression

from skneuron import PrunableMLPClassifier, PrunableMLPRegressor

N, N_TRAIN = 90, 60


def _labels(n_classes):
    return make_classification(
        N, 5, n_informative=4, n_redundant=0, n_classes=n_classes, flip_y=0.2, random_state=0
    )


def _numbers(n_targets=1):
    X, y = make_regression(N, 5, n_targets=n_targets, random_state=0)
    return X, y / 50


X, LABELS = _labels(3)
TASKS = {
    "binary": _labels(2),
    "multiclass": (X, LABELS),
    "texts": (X, np.array(["a", "b", "c"])[LABELS]),
    "multilabel": make_multilabel_classification(N, 5, n_classes=3, random_state=0),
    "regression": _numbers(),
    "multioutput": _numbers(2),
    "poisson": (_numbers()[0], np.abs(2 * _numbers()[1]).astype(int)),
}
REGRESSIONS = ("regression", "multioutput", "poisson")
WEIGHT = np.random.default_rng(0).random(N) + 0.5
CURVES = ("validation_loss_curve_", "dead_neurons_")


def network(task="multiclass", **parameters):
    parameters = {"hidden_layer_sizes": (8, 5), "max_iter": 7, "random_state": 0} | parameters
    if task not in REGRESSIONS:
        return PrunableMLPClassifier(**parameters)
    loss = {"loss": "poisson"} if task == "poisson" else {}
    return PrunableMLPRegressor(**loss, **parameters)


def parts(task="multiclass"):
    X, y = TASKS[task]
    return X[:N_TRAIN], y[:N_TRAIN], {"X_val": X[N_TRAIN:], "y_val": y[N_TRAIN:]}


def fitted(task="multiclass", **parameters):
    X, y, validation = parts(task)
    return network(task, **parameters).fit(X, y, **validation)
