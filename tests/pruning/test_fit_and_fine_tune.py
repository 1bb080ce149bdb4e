"""The network that a pruner prunes: trained once, and trained further afterwards."""

import pickle

import numpy as np
import pandas as pd
import pytest
from helpers import networks
from joblib import Memory
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import compute_sample_weight

from skneuron import PrunableMLPClassifier, PrunableMLPRegressor, RottenNeuronPruner, prune_neurons
from skneuron.pruning._fit_and_fine_tune import (
    check_can_train_on,
    part,
    sizes_to_train,
    train_on,
    trained,
    weights_for_fit,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

CLASSES = [MLPClassifier, PrunableMLPClassifier, MLPRegressor, PrunableMLPRegressor]
each_class = pytest.mark.parametrize("cls", CLASSES)
rng = np.random.default_rng(0)
X = rng.normal(size=(60, 3))
WEIGHT = rng.integers(1, 5, 60).astype(float)


def targets(cls):
    return X[:, 0] if issubclass(cls, MLPRegressor) else (X[:, 0] > 0).astype(int)


y = targets(MLPClassifier)


def assert_same_network(a, b):
    for name in ("coefs_", "intercepts_"):
        for mine, theirs in zip(getattr(a, name), getattr(b, name), strict=True):
            assert_array_equal(mine, theirs)


def differ(a, b):
    return any((x != y).any() for x, y in zip(a.coefs_, b.coefs_, strict=True))


# ---- trained -----------------------------------------------------------------------------------


@each_class
def test_a_clone_is_fitted(cls):
    estimator = networks.small(cls)
    found = trained(estimator, X, targets(cls), {})
    assert type(found) is cls
    assert not hasattr(estimator, "coefs_")
    assert_same_network(found, clone(estimator).fit(X, targets(cls)))


def test_a_fitted_estimator_is_not_touched():
    estimator = networks.small().fit(X[:30], y[:30])
    before = pickle.dumps(estimator)
    assert differ(trained(estimator, X, y, {}), estimator)
    assert pickle.dumps(estimator) == before


def test_frozen_estimators_keep_what_they_have_learned():
    frozen = FrozenEstimator(networks.small().fit(X[:30], y[:30]))
    assert trained(frozen, X, y, {}).estimator is frozen.estimator


class Counting(PrunableMLPClassifier):
    """Remembers what it was fitted on."""

    fits: list = []  # noqa: RUF012

    def fit(self, X, y, sample_weight=None):
        self.fits.append((len(y), sample_weight is not None))
        return super().fit(X, y, sample_weight)


@pytest.fixture
def fits():
    Counting.fits.clear()
    return Counting.fits


@pytest.mark.parametrize("make_memory", [str, lambda path: Memory(path, verbose=0)])
def test_memory_trains_the_same_network_once(tmp_path, fits, make_memory):
    memory = make_memory(tmp_path)
    first = trained(networks.small(Counting), X, y, {}, memory)
    again = trained(networks.small(Counting), X.copy(), y.copy(), {}, memory)
    assert fits == [(60, False)]
    assert again is not first
    assert_same_network(again, first)


@pytest.mark.parametrize(
    ("changes", "rows", "weighted"),
    [
        ({"alpha": 1.0}, 60, False),
        ({}, 50, False),
        ({}, 60, True),
        ({"random_state": 1}, 60, False),
    ],
    ids=["parameter", "rows", "weights", "seed"],
)
def test_memory_trains_another_network_anew(tmp_path, fits, changes, rows, weighted):
    trained(networks.small(Counting), X, y, {}, str(tmp_path))
    weights = {"sample_weight": WEIGHT[:rows]} if weighted else {}
    other = networks.small(Counting, **changes)
    found = trained(other, X[:rows], y[:rows], weights, str(tmp_path))
    assert fits == [(60, False), (rows, weighted)]
    assert_same_network(found, clone(other).fit(X[:rows], y[:rows], **weights))


def test_without_memory_every_call_trains(fits):
    for _ in range(2):
        trained(networks.small(Counting), X, y, {})
    assert len(fits) == 2


@pytest.mark.parametrize(
    ("wrap", "name"),
    [
        (lambda mlp: mlp, "sample_weight"),
        (FrozenEstimator, "sample_weight"),
        (lambda mlp: make_pipeline(StandardScaler(), mlp), "counting__sample_weight"),
        (
            lambda mlp: make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), mlp)),
            "pipeline__counting__sample_weight",
        ),
    ],
    ids=["alone", "frozen", "pipeline", "nested"],
)
def test_weights_reach_the_network_alone(fits, wrap, name):
    estimator = wrap(networks.small(Counting))
    weights = weights_for_fit(estimator, WEIGHT)
    assert list(weights) == [name]
    assert weights_for_fit(estimator, None) == {}
    if isinstance(estimator, FrozenEstimator):
        estimator.estimator.fit(X, y)
    trained(estimator, X, y, weights)
    assert fits == [(60, not isinstance(estimator, FrozenEstimator))]
    scaler = getattr(estimator, "steps", [("", None)])[0][1]
    assert not hasattr(scaler, "mean_")


def test_weights_train_as_by_hand():
    pipeline = make_pipeline(StandardScaler(), networks.small())
    found = trained(pipeline, X, y, weights_for_fit(pipeline, WEIGHT))
    rows = StandardScaler().fit_transform(X)
    assert_same_network(found[-1], networks.small().fit(rows, y, sample_weight=WEIGHT))


@pytest.mark.parametrize("values", [X, pd.DataFrame(X, columns=list("abc")), y, y.tolist()])
def test_parts(values):
    rows = np.array([7, 0, 31])
    found = part(values, rows)
    assert type(found) is type(values)
    assert_array_equal(found, np.asarray(values)[rows])


def test_no_part_of_nothing():
    assert part(None, np.arange(3)) is None


@pytest.fixture(params=[networks.Interrupted, networks.OursInterrupted], ids=["plain", "ours"])
def interrupted(request, monkeypatch):
    monkeypatch.setattr(request.param, "calm", False)
    return request.param


@pytest.mark.parametrize("has_memory", [False, True])
def test_ctrl_c_ends_training_and_leaves_nothing_in_memory(interrupted, tmp_path, has_memory):
    mlp = interrupted((4,), max_iter=5, random_state=0)
    memory = str(tmp_path) if has_memory else None
    with pytest.raises(KeyboardInterrupt):
        trained(mlp, X, y, {}, memory)
    interrupted.calm = True
    assert trained(mlp, X, y, {}, memory).n_iter_ == 5


def test_ctrl_c_ends_fine_tuning(interrupted):
    interrupted.calm = True
    mlp = interrupted((4,), max_iter=5, random_state=0).fit(X, y)
    interrupted.calm = False
    with pytest.raises(KeyboardInterrupt):
        train_on(mlp, X, y, None, 3)


# ---- train_on ----------------------------------------------------------------------------------


@each_class
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["equal", "weighted"])
def test_training_goes_on_as_by_partial_fit(cls, solver, early_stopping, weight):
    y = targets(cls)
    full = networks.small(cls, solver=solver, early_stopping=early_stopping).fit(X, y)
    pruned = prune_neurons(full, [(0, 1)])
    by_hand = prune_neurons(full, [(0, 1)]).set_params(early_stopping=False)
    by_hand.best_loss_ = np.inf  # early stopping has none
    weights = {} if weight is None else {"sample_weight": weight}
    for _ in range(3):
        by_hand.partial_fit(X, y, **weights)
    train_on(pruned, X, y, weight, 3)
    assert_same_network(pruned, by_hand)
    assert pruned.early_stopping is early_stopping
    assert pruned.best_loss_ == (None if early_stopping else by_hand.best_loss_)
    assert pruned.t_ == by_hand.t_ == full.t_ + 3 * 60


@each_class
def test_the_sliced_optimizer_state_is_used(cls):
    """Not a new one: Adam's first step from nothing is another."""
    y = targets(cls)
    pruned = prune_neurons(networks.small(cls).fit(X, y), [(0, 1)])
    fresh = prune_neurons(networks.small(cls).fit(X, y), [(0, 1)])
    for moments in (fresh._optimizer.ms, fresh._optimizer.vs):
        for moment in moments:
            moment[...] = 0
    for mlp in (pruned, fresh):
        train_on(mlp, X, y, None, 1)
    assert differ(pruned, fresh)


def test_no_epochs_change_nothing():
    mlp = networks.small().fit(X, y)
    before = pickle.dumps(mlp)
    train_on(mlp, X, y, None, 0)
    assert pickle.dumps(mlp) == before


@pytest.mark.parametrize("depth", [1, 2])
def test_pipelines_train_on_transformed_rows(depth):
    estimator = networks.small()
    for _ in range(depth):
        estimator = make_pipeline(StandardScaler(), estimator)
    estimator.fit(X * 9 + 3, y)
    by_hand = clone(networks.small()).fit(StandardScaler().fit_transform(X * 9 + 3), y)
    by_hand.partial_fit(StandardScaler().fit_transform(X * 9 + 3), y)
    train_on(estimator, X * 9 + 3, y, None, 1)
    for _ in range(depth):
        estimator = estimator[-1]
    for mine, theirs in zip(estimator.coefs_, by_hand.coefs_, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9 if depth == 2 else 0)


@each_class
def test_frames_train_without_losing_their_names(cls):
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    named = networks.small(cls).fit(frame, targets(cls))
    nameless = networks.small(cls).fit(X, targets(cls))
    train_on(named, frame, targets(cls), None, 2)
    train_on(nameless, X, targets(cls), None, 2)
    assert_same_network(named, nameless)
    assert_array_equal(named.feature_names_in_, ["a", "b", "c"])


@each_class
@pytest.mark.parametrize("early_stopping", [False, True])
def test_early_stopping_is_restored_after_errors(cls, early_stopping):
    mlp = networks.small(cls, early_stopping=early_stopping).fit(X, targets(cls))
    best_loss = mlp.best_loss_
    with pytest.raises(ValueError, match=r"y has .* entries, but X has|inconsistent"):
        train_on(mlp, X, targets(cls)[:-1], None, 1)
    assert mlp.early_stopping is early_stopping
    assert mlp.best_loss_ == best_loss


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["equal", "weighted"])
@pytest.mark.parametrize(
    ("kind", "class_weight"),
    [
        ("single label", "balanced"),
        ("multilabel", "balanced"),
        ("multilabel", ["balanced", "balanced"]),
    ],
)
def test_balance_is_that_of_all_rows(kind, class_weight, weight):
    several = np.column_stack([y, X[:, 1] > 1]).astype(int)
    labels = y if kind == "single label" else several
    mlp = networks.small(class_weight=class_weight).fit(X, labels)
    balance = np.ones(60)
    for column in labels.reshape(60, -1).T:
        balance *= compute_sample_weight("balanced", column)
    if weight is not None:
        balance = np.ones(60)
        for column in labels.reshape(60, -1).T:
            balance *= np.sum(weight) / 2 / np.bincount(column, weight)[column]
        balance *= weight
    by_hand = prune_neurons(mlp, []).set_params(class_weight=None)
    for _ in range(2):
        by_hand.partial_fit(X, labels, sample_weight=balance)
    train_on(mlp, X, labels, weight, 2)
    for mine, theirs in zip(mlp.coefs_, by_hand.coefs_, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-10)
    assert mlp.class_weight == class_weight


# ---- check_can_train_on ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrap", [lambda mlp: mlp, FrozenEstimator, lambda mlp: make_pipeline(StandardScaler(), mlp)]
)
def test_lbfgs_has_no_epochs(wrap):
    with pytest.raises(ValueError, match="fine_tune=3 counts epochs, which solver='lbfgs'"):
        check_can_train_on(wrap(networks.small(solver="lbfgs")), 3)
    assert check_can_train_on(wrap(networks.small(solver="lbfgs")), 0) is None
    assert check_can_train_on(wrap(networks.small(solver="sgd")), 3) is None


def test_other_estimators_have_no_network():
    with pytest.raises(TypeError, match=r"got LogisticRegression\."):
        check_can_train_on(LogisticRegression(), 0)


def test_unfitted_pruners_are_no_networks():
    with pytest.raises(TypeError, match=r"(?s)estimator=RottenNeuronPruner\(.* is not fitted"):
        check_can_train_on(RottenNeuronPruner(networks.small()), 0)


class ChoosesItself(MLPClassifier):
    def fit(self, X, y):
        self.hidden_layer_sizes = (3,)
        return super().fit(X, y)


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (networks.small(hidden_layer_sizes=7), (7,)),
        (networks.small(hidden_layer_sizes=[5, np.int64(3)]), (5, 3)),
        (make_pipeline(StandardScaler(), networks.small(hidden_layer_sizes=())), ()),
        (networks.small(hidden_layer_sizes=(4, 0)), None),  # refused by fit
        (FrozenEstimator(networks.small()), None),
        (ChoosesItself(()), None),
    ],
)
def test_sizes_are_known_before_training(estimator, expected):
    assert sizes_to_train(estimator) == expected


def test_only_fitted_networks_are_trained_on():
    with pytest.raises(NotFittedError):
        train_on(networks.small(), X, y, None, 1)
