"""Data, networks and pruners that the tests of `RottenNeuronPruner` share."""

import numpy as np
import pandas as pd
from numpy.testing import assert_array_equal
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_digits, make_classification, make_regression
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit

from skneuron import PrunableMLPClassifier, RottenNeuronPruner

STRATEGIES = ["greedy", "one_shot"]


def classification():
    return make_classification(
        160, 8, n_informative=5, n_classes=3, flip_y=0.2, class_sep=0.7, random_state=0
    )


def noisy_digits():
    """Neurons that memorise wrong labels are rotten."""
    X, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    return X[:500] / 16, np.where(rng.random(500) < 0.4, rng.permutation(y[:500]), y[:500])


def regression():
    X, y = make_regression(120, 6, noise=20.0, random_state=0)
    return X, y / 100


DATA = {"digits": noisy_digits(), "classification": classification(), "regression": regression()}
X, y = DATA["classification"]


def network(cls=PrunableMLPClassifier, **parameters):
    parameters = {"hidden_layer_sizes": (7, 5), "max_iter": 30, "random_state": 0} | parameters
    return cls(learning_rate_init=0.02, **parameters)


def pruner(estimator=None, **parameters):
    estimator = network() if estimator is None else estimator
    return RottenNeuronPruner(estimator, **{"random_state": 0} | parameters)


def halves(estimator, data, cv=0.2):
    """What `fit` does first: the whole network, and the data that it is evaluated on."""
    X, y = data
    splitter = StratifiedShuffleSplit if is_classifier(estimator) else ShuffleSplit
    train, evaluation = next(splitter(1, test_size=cv, random_state=0).split(X, y))
    return clone(estimator).fit(X[train], y[train]), X[train], X[evaluation], y[evaluation]


def sizes_of(mlp):
    return [c.shape[1] for c in mlp.coefs_[:-1]]


def assert_same_fit(a, b):
    """Bit for bit."""
    assert_array_equal(a.support_, b.support_)
    assert_array_equal(a.importances_, b.importances_)
    assert_array_equal(a.pruning_path_.scores, b.pruning_path_.scores)
    assert_array_equal(a.predict_proba(X), b.predict_proba(X))
    assert_array_equal(a.transform(X), b.transform(X))


FRAME = pd.DataFrame(X, columns=[f"column {i}" for i in range(8)], index=np.arange(160)[::-1])
