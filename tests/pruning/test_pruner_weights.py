"""A weight of 2 is a sample twice, and one of 0 none, where the split does not depend on them.

scikit-learn's own check of this gives `cv` three splits, which no pruner takes, and where splits
count samples, those that are repeated shift the others: see `HELD_OUT` in tests/test_common.py.
Means and linear predictions that replace neurons count every sample once, so this is about "zero".
"""

import numpy as np
import pytest
from helpers import networks
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skneuron import (
    PrunableMLPClassifier,
    PrunableMLPRegressor,
    RottenNeuronPruner,
    RottenNeuronPrunerCV,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(160, 5))
WEIGHT = rng.integers(0, 4, size=160)
TWICE = np.repeat(np.arange(160), WEIGHT)
TARGETS = {
    "classifier": (X[:, 0] + X[:, 1] * X[:, 2] + rng.normal(size=160) > 0).astype(int),
    "regressor": X[:, 0] * X[:, 1] + rng.normal(size=160),
}


class BySample:
    """Splits that look at every sample alone, so that copies of it stay together."""

    def __init__(self, column):
        self.column = column

    def split(self, X, y=None, groups=None):
        held_out = X[:, self.column] > 0.3
        yield np.flatnonzero(~held_out), np.flatnonzero(held_out)

    def get_n_splits(self, X=None, y=None, groups=None):
        return 1


def pruner(cls, **options):
    mlp = networks.small(cls, hidden_layer_sizes=(8,), learning_rate_init=0.02, max_iter=40)
    return RottenNeuronPruner(mlp, cv=BySample(3), estimate_gain=False, random_state=0, **options)


def search(cls, **options):
    # Folds by another column, so that both parts of each have samples for the pruner's split.
    return RottenNeuronPrunerCV(
        pruner(cls, **options), thresholds=[-np.inf, 0.0, 0.01], cv=[*BySample(4).split(X)]
    )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"strategy": "one_shot"},
        {"strategy": "swap", "n_neurons_to_select": 4},
        {"n_neurons_to_select": 3},
        {"scoring": "neg_log_loss"},
        {"fine_tune": 3},
        {"threshold": "median", "criterion": "l2_incoming"},
    ],
    ids=lambda options: "-".join(map(str, options.values())) or "default",
)
@pytest.mark.parametrize(
    "cls", [MLPClassifier, MLPRegressor, PrunableMLPClassifier, PrunableMLPRegressor]
)
def test_weights_are_repeated_samples(cls, options):
    kind = "regressor" if issubclass(cls, MLPRegressor) else "classifier"
    if kind == "regressor" and "scoring" in options:
        options = {"scoring": "neg_mean_absolute_error"}
    y = TARGETS[kind]
    weighted = pruner(cls, **options).fit(X, y, sample_weight=WEIGHT)
    repeated = pruner(cls, **options).fit(X[TWICE], y[TWICE])
    assert_array_equal(weighted.support_, repeated.support_)
    assert 0 < weighted.n_neurons_ < 8
    assert_allclose(weighted.pruned_score_, repeated.pruned_score_, rtol=1e-7)
    method = "predict" if kind == "regressor" else "predict_proba"
    assert_allclose(getattr(weighted, method)(X), getattr(repeated, method)(X), rtol=1e-6)
    assert_allclose(weighted.transform(X), repeated.transform(X), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("cls", [MLPClassifier, PrunableMLPRegressor])
def test_weights_are_repeated_samples_in_a_search(cls):
    y = TARGETS["regressor" if issubclass(cls, MLPRegressor) else "classifier"]
    weighted = search(cls).fit(X, y, sample_weight=WEIGHT)
    repeated = search(cls).set_params(cv=[*BySample(4).split(X[TWICE])]).fit(X[TWICE], y[TWICE])
    for name in ("mean_test_score", "split0_test_score"):
        found, expected = weighted.cv_results_[name], repeated.cv_results_[name]
        assert_allclose(found, expected, rtol=1e-7)
    assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-6)
