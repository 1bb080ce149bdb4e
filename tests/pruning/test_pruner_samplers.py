"""Pipelines with steps that sample, as imbalanced-learn has them."""

import numpy as np
import pytest
from helpers import networks
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, clone
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import RottenNeuronPruner, neuron_ablation

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 4))
y = (X[:, 0] + X[:, 1] > 1).astype(int)
CUT = (np.arange(120), np.arange(120, 200))


class Doubling(BaseEstimator):
    """Adds synthetic samples."""

    def fit_resample(self, X, y):
        self.n_seen_ = len(X)
        return np.concatenate([X, X + 0.01]), np.concatenate([y, y])


class SamplingPipeline(Pipeline):
    """The few lines of imbalanced-learn's that matter here."""

    def _steps_for_predicting(self):
        return [one for _, one in self.steps[:-1] if not hasattr(one, "fit_resample")]

    def _validate_steps(self):
        pass

    def fit(self, X, y):
        self.steps = [(name, clone(one)) for name, one in self.steps]
        for _, one in self.steps[:-1]:
            if hasattr(one, "fit_resample"):
                X, y = one.fit_resample(X, y)
            else:
                X = one.fit(X, y).transform(X)
        self.steps[-1][1].fit(X, y)
        return self

    def predict(self, X):
        for one in self._steps_for_predicting():
            X = one.transform(X)
        return self.steps[-1][1].predict(X)


def by_hand(*steps):
    return SamplingPipeline([(f"step{at}", one) for at, one in enumerate(steps)])


def imbalanced_learn(*steps):
    reason = "imbalanced-learn is not installed: its pipelines are not tested"
    pipeline = pytest.importorskip("imblearn.pipeline", reason=reason)
    return pipeline.make_pipeline(*steps)


@pytest.fixture(params=[by_hand, imbalanced_learn], ids=["by hand", "imbalanced-learn"])
def make(request):
    return request.param


def network():
    return networks.small(MLPClassifier, hidden_layer_sizes=(6,), learning_rate_init=0.05)


ORDERS = {
    "sampler last": (StandardScaler, Doubling),
    "sampler first": (Doubling, StandardScaler),
    "sampler alone": (Doubling,),
    "between": (StandardScaler, Doubling, StandardScaler),
}


@pytest.mark.parametrize("order", ORDERS)
def test_ablation_skips_them(make, order):
    pipeline = make(*(cls() for cls in ORDERS[order]), network()).fit(X, y)
    ablation = neuron_ablation(pipeline, X, y, replacement="mean", X_ref=X)
    assert ablation.baseline_score == np.mean(pipeline.predict(X) == y)
    rows = X
    for _, step in pipeline.steps[:-1]:
        rows = step.transform(rows) if hasattr(step, "transform") else rows
    expected = neuron_ablation(pipeline.steps[-1][1], rows, y, replacement="mean", X_ref=rows)
    assert_allclose(ablation.scores, expected.scores, rtol=1e-12)


@pytest.mark.parametrize("fine_tune", [0, 2])
def test_nothing_synthetic_is_evaluated_on(make, fine_tune):
    pipeline = make(StandardScaler(), Doubling(), network())
    pruner = RottenNeuronPruner(
        pipeline, cv=[CUT], random_state=0, replacement="mean", fine_tune=fine_tune
    ).fit(X, y)
    assert pruner.estimator_.steps[1][1].n_seen_ == 120
    assert pruner.ablation_.n_samples == 80
    full = clone(pipeline).fit(X[:120], y[:120])
    assert pruner.baseline_score_ == np.mean(full.predict(X[120:]) == y[120:])
    assert pruner.pruned_score_ == np.mean(pruner.predict(X[120:]) == y[120:])
    assert_array_equal(pruner.transform(X).shape, (200, pruner.n_neurons_))
