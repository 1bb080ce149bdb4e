"""What can be done with the network that `RottenNeuronPruner` leaves, and with the pruner."""

import pickle

import numpy as np
import pytest
from helpers import networks
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import PrunableMLPClassifier, PrunableMLPRegressor, RottenNeuronPruner, prune_neurons

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

OURS = [PrunableMLPClassifier, PrunableMLPRegressor]
each_class = pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor, *OURS])
each_of_ours = pytest.mark.parametrize("cls", OURS)
each_replacement = pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])

X, digits = load_digits(return_X_y=True)
X = X[:200] / 16


def targets(cls):
    return digits[:200] * 1.0 if issubclass(cls, MLPRegressor) else digits[:200]


def pruned(cls, *, wrap=lambda mlp: mlp, replacement="mean", **parameters):
    """A pruner that has left (5, 3) of (8, 6) neurons."""
    mlp = networks.small(cls, hidden_layer_sizes=(8, 6), **parameters)
    pruner = RottenNeuronPruner(
        wrap(mlp), n_neurons_to_select=[5, 3], replacement=replacement, estimate_gain=False,
        random_state=0,
    )  # fmt: skip
    return pruner.fit(X, targets(cls))


def sizes_of(mlp):
    return tuple(c.shape[1] for c in mlp.coefs_[:-1])


def has_moved(mlp, before):
    assert sizes_of(mlp) == (5, 3)
    assert np.isfinite(mlp.predict(X) * 1.0).all()
    return any((a != b).any() for a, b in zip(mlp.coefs_, before, strict=True))


# ---- sizes -------------------------------------------------------------------------------------


@each_of_ours
@each_replacement
def test_the_parameter_stays_and_the_attribute_tells_the_sizes(cls, replacement):
    pruner = pruned(cls, replacement=replacement)
    assert pruner.estimator_.hidden_layer_sizes == (8, 6)
    assert pruner.estimator_.hidden_layer_sizes_ == sizes_of(pruner.estimator_) == (5, 3)
    assert pruner.estimator.hidden_layer_sizes == (8, 6)


@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_the_parameter_of_scikit_learn_s_own_follows(cls):
    pruner = pruned(cls)
    assert pruner.estimator_.hidden_layer_sizes == sizes_of(pruner.estimator_) == (5, 3)
    assert pruner.estimator.hidden_layer_sizes == (8, 6)


# ---- training on -------------------------------------------------------------------------------


@each_class
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_partial_fit_goes_on_with_the_optimizer_s_state(cls, solver):
    pruner = pruned(cls, solver=solver)
    mlp, y = pruner.estimator_, targets(cls)
    before, n_before = [c.copy() for c in mlp.coefs_], mlp.t_
    moments = mlp._optimizer.ms if solver == "adam" else mlp._optimizer.velocities
    assert [m.shape for m in moments] == [a.shape for a in (*mlp.coefs_, *mlp.intercepts_)]
    assert any(m.any() for m in moments)
    mlp.partial_fit(X, y)
    assert has_moved(mlp, before)
    assert mlp.t_ == n_before + 200


@each_class
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_warm_starts_go_on_from_the_smaller_network(cls, solver, early_stopping):
    options = {"solver": solver, "early_stopping": early_stopping, "warm_start": True}
    mlp = pruned(cls, **options).estimator_
    start = [c.copy() for c in mlp.coefs_]
    mlp.set_params(max_iter=20, learning_rate_init=1e-4).fit(X, targets(cls))
    assert has_moved(mlp, start)
    if solver == "adam":  # 20 of its steps of at most 1e-4 times the batches
        assert max(np.abs(a - b).max() for a, b in zip(mlp.coefs_, start, strict=True)) < 0.01


@each_class
def test_lbfgs_refits_start_where_pruning_ended(cls):
    mlp = pruned(cls, solver="lbfgs", warm_start=True, max_iter=60).estimator_
    start = [c.copy() for c in mlp.coefs_]
    mlp.set_params(max_iter=1).fit(X, targets(cls))
    anew = clone(mlp).set_params(hidden_layer_sizes=(5, 3)).fit(X, targets(cls))
    assert has_moved(mlp, start)

    def distance(network):
        return sum(np.abs(a - b).sum() for a, b in zip(network.coefs_, start, strict=True))

    assert distance(mlp) < distance(anew) / 2


@each_class
@pytest.mark.parametrize("early_stopping", [False, True])
def test_cold_refits_have_the_sizes_of_the_parameter(cls, early_stopping):
    mlp = pruned(cls, early_stopping=early_stopping).estimator_
    mlp.fit(X, targets(cls))
    assert sizes_of(mlp) == ((8, 6) if cls in OURS else (5, 3)) == mlp.hidden_layer_sizes


# ---- copies ------------------------------------------------------------------------------------


@each_of_ours
def test_clones_are_of_the_whole_network(cls):
    copied = clone(pruned(cls).estimator_)
    assert not hasattr(copied, "coefs_")
    assert sizes_of(copied.fit(X, targets(cls))) == (8, 6)


def test_pickles_hold_no_samples():
    mlp = networks.small(PrunableMLPClassifier, hidden_layer_sizes=(4,))
    pruner = RottenNeuronPruner(
        mlp, scoring="balanced_accuracy", cv=0.5, estimate_gain=False, random_state=0
    )
    many, labels = np.tile(X, (20, 1)), np.tile(digits[:200], 20)
    pruner.fit(many, labels)
    pickled = pickle.dumps(pruner)
    assert len(pickled) < many.nbytes / 50
    restored = pickle.loads(pickled)
    with pytest.raises(ValueError, match="Call verdicts before you copy or pickle it"):
        restored.ablation_.verdicts()
    assert restored.ablation_.verdicts(test="mcnemar").test == "mcnemar"
    expected = pruner.ablation_.verdicts()
    found = pickle.loads(pickle.dumps(pruner)).ablation_.verdicts()
    assert_array_equal(found.p_values, expected.p_values)


@each_class
@each_replacement
def test_pickles_predict_and_train_on_alike(cls, replacement):
    pruner = pruned(cls, replacement=replacement)
    restored = pickle.loads(pickle.dumps(pruner))
    for fitted in (pruner, restored):
        fitted.estimator_.partial_fit(X, targets(cls))
    assert_array_equal(restored.predict(X), pruner.predict(X))
    assert_array_equal(restored.transform(X), pruner.transform(X))
    assert restored.n_parameters_ == pruner.n_parameters_


@each_of_ours
def test_scikit_learn_s_own_copy(cls):
    mlp = pruned(cls).estimator_
    plain = mlp.to_sklearn(keep_optimizer=True)
    assert type(plain) is cls._sklearn_class
    assert plain.hidden_layer_sizes == (5, 3)
    assert_allclose(plain.predict(X), mlp.predict(X), rtol=1e-10)
    for network in (plain, mlp):
        network.partial_fit(X, targets(cls))
    assert_allclose(plain.predict(X), mlp.predict(X), rtol=1e-6)
    assert sizes_of(cls.from_sklearn(plain)) == (5, 3)


# ---- surgery again -----------------------------------------------------------------------------


@each_class
def test_pruned_networks_are_pruned_again(cls):
    pruner = pruned(cls)
    again = RottenNeuronPruner(
        pruner.estimator_, cv="prefit", n_neurons_to_select=4, estimate_gain=False
    ).fit(X, targets(cls))
    assert len(again.support_) == 8
    assert sum(sizes_of(again.estimator_)) == again.n_neurons_ == 4
    assert sizes_of(pruner.estimator_) == (5, 3)


def test_pipelines_train_on_and_refit():
    pruner = pruned(PrunableMLPClassifier, wrap=lambda mlp: make_pipeline(StandardScaler(), mlp))
    pipeline, y = pruner.estimator_, targets(PrunableMLPClassifier)
    pipeline[-1].partial_fit(pipeline[:-1].transform(X), y)
    assert pipeline[-1].hidden_layer_sizes_ == (5, 3)
    assert_array_equal(pruner.predict(X), pipeline.predict(X))
    assert pipeline.fit(X, y)[-1].hidden_layer_sizes_ == (8, 6)


@pytest.mark.parametrize("early_stopping", [False, True])
@each_class
def test_fine_tuned_networks_live_on(cls, early_stopping):
    mlp = networks.small(cls, hidden_layer_sizes=(8, 6), early_stopping=early_stopping)
    options = {"n_neurons_to_select": [5, 3], "estimate_gain": False, "random_state": 0}
    pruner = RottenNeuronPruner(mlp, fine_tune=2, **options).fit(X, targets(cls))
    assert pruner.estimator_.early_stopping is early_stopping
    smaller = prune_neurons(pruner, [(0, 0)])
    assert smaller.n_neurons_ == 7
    fitted = smaller.estimator_.set_params(warm_start=True).fit(X, targets(cls))
    assert sizes_of(fitted) == (4, 3)
