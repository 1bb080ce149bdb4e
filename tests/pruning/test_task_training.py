"""`pruning_task`: which samples train the network, and which ones it is evaluated on."""

from contextlib import contextmanager

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from skneuron import PrunableMLPClassifier, RottenNeuronPruner
from skneuron.pruning import _task
from skneuron.pruning._routing import RoutedParams
from skneuron.pruning._settings import PrunerSettings
from skneuron.pruning._task import pruning_task

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = load_digits(return_X_y=True)
X, y = X[:200] / 16, y[:200]
WEIGHT = np.arange(1.0, 201)
SPLIT = [(np.arange(120), np.arange(120, 200))]


def network(**options):
    return PrunableMLPClassifier((6,), max_iter=3, random_state=0, **options)


def prepare(estimator=None, *, weight=None, fit_params=None, stage=None, **options):
    pruner = RottenNeuronPruner(
        network() if estimator is None else estimator, random_state=0, **{"cv": SPLIT, **options}
    )
    more = {} if stage is None else {"stage": stage}
    params = RoutedParams(weight, fit_params or {}, {})
    return pruning_task(PrunerSettings.of(pruner), X, y, params, **more)


def test_one_part_trains_and_the_other_one_evaluates():
    task = prepare(replacement="mean")
    assert_array_equal(task.X_train, X[:120])
    assert_array_equal(task.y_train, y[:120])
    assert task.weight_train is None
    assert_array_equal(task.X_eval, X[120:])
    assert_array_equal(task.y_eval, y[120:])
    full = network().fit(X[:120], y[:120])
    assert_array_equal(task.full.coefs_[0], full.coefs_[0])
    assert task.network.hidden_layer_sizes == (6,)


def test_weights_are_split_alike():
    task = prepare(weight=WEIGHT, fit_params={"sample_weight": WEIGHT})
    assert_array_equal(task.weight_train, WEIGHT[:120])
    assert_array_equal(task.weight_eval, WEIGHT[120:])
    task = prepare(fit_params={"sample_weight": WEIGHT})
    full = network().fit(X[:120], y[:120], sample_weight=WEIGHT[:120])
    assert_array_equal(task.full.coefs_[0], full.coefs_[0])


@pytest.mark.parametrize("wrap", [FrozenEstimator, lambda mlp: mlp], ids=["frozen", "as it is"])
def test_all_samples_evaluate_a_network_that_is_fitted(wrap):
    full = wrap(network().fit(X, y))
    task = prepare(full, cv="prefit")
    assert task.full is full
    assert task.X_train is task.y_train is task.weight_train is None
    assert_array_equal(task.X_eval, X)


def test_a_share_of_every_class_evaluates():
    task = prepare(cv=0.25)
    assert len(task.y_eval) == 50
    assert set(task.y_eval) == set(task.y_train) == set(range(10))


def test_the_stage_is_around_the_training():
    seen = []

    @contextmanager
    def stage(estimator=None):
        seen.append(hasattr(estimator, "coefs_"))
        yield
        seen.append(hasattr(estimator, "coefs_"))

    prepare(stage=stage)
    assert seen == [False, True]
    prepare(network().fit(X, y), cv="prefit", stage=stage)
    assert len(seen) == 2


def test_the_estimator_that_is_given_stays_unfitted():
    mlp = network()
    prepare(mlp)
    assert not hasattr(mlp, "coefs_")


@pytest.mark.parametrize(
    ("estimator", "options", "error", "words"),
    [
        (network(), {"cv": "prefit"}, NotFittedError, ["PrunableMLPClassifier"]),
        (LogisticRegression(), {"cv": "prefit"}, TypeError, ["LogisticRegression"]),
        (LogisticRegression(), {}, TypeError, ["LogisticRegression"]),
        (network(), {"cv": "prefit", "fine_tune": 2}, ValueError, ["fine_tune=2", "prefit"]),
        (MLPClassifier(solver="lbfgs"), {"fine_tune": 2}, ValueError, ["fine_tune=2", "lbfgs"]),
        (network(), {"cv": SPLIT * 2}, ValueError, ["cv"]),
        (network(), {"cv": [(np.arange(9), [])]}, ValueError, ["cv", "without samples"]),
        (network(), {"scoring": "acuracy"}, ValueError, ["scoring", "acuracy"]),
        (network(), {"n_neurons_to_select": 7}, ValueError, ["n_neurons_to_select=7"]),
        (network(), {"n_neurons_to_select": [1, 1]}, ValueError, ["n_neurons_to_select=[1, 1]"]),
        (network(), {"layers": 1}, ValueError, ["layers=1"]),
        (network(), {"threshold": "auto", "cv": 0.1}, ValueError, ["'auto'", "20 (cv=0.1)"]),
        (network(), {"weight": WEIGHT[1:]}, ValueError, ["sample_weight", "(199,)"]),
        (
            network(), {"weight": WEIGHT, "scoring": lambda estimator, X, y: 0.0},
            TypeError, ["scoring=", "no sample_weight"],
        ),
    ],
)  # fmt: skip
def test_errors_name_what_is_wrong_before_training(monkeypatch, estimator, options, error, words):
    monkeypatch.setattr(_task, "trained", None)
    with pytest.raises(error) as caught:
        prepare(estimator, **options)
    for word in words:
        assert word in str(caught.value)
