"""Tests of inspection._criteria._criteria: what the numbers mean."""

import numpy as np
import pytest
from helpers import oracle
from helpers.criteria import FOR_ANY, WITH_CLASSES
from helpers.networks import SINGLE_LABEL, cases, deterministic, make
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal

from skneuron import neuron_ablation
from skneuron.inspection._criteria._criteria import neuron_criterion


def rescale(case, neuron, scale):
    """Change a relu neuron's scale, which changes nothing behind it."""
    layer, index = neuron
    case.mlp.coefs_[layer][:, index] *= scale
    case.mlp.intercepts_[layer][index] *= scale
    case.mlp.coefs_[layer + 1][index] /= scale


@pytest.mark.parametrize("scale", [1e-3, 0.7, 1e3])
@pytest.mark.parametrize("neuron", [(0, 0), (0, 4), (1, 2)])
@pytest.mark.parametrize("name", ["l1_product", "l2_product", "obs"])
def test_a_relu_neuron_of_another_scale_is_as_important(name, neuron, scale):
    case = make("multiclass", (5, 4), n=60)
    at = case.net.neurons.index(neuron)
    before = neuron_criterion(case.mlp, case.X, criterion=name)[at]
    rescale(case, neuron, scale)
    after = neuron_criterion(case.mlp, case.X, criterion=name)[at]
    assert_allclose(after, before, rtol=1e-10)


@pytest.mark.parametrize("name", ["apoz", "taylor1", "taylor2", "entropy", *WITH_CLASSES])
def test_relu_neurons_of_other_scales_are_all_as_important(name):
    case = make("multiclass", (5, 4), n=60)
    before = neuron_criterion(case.mlp, case.X, case.y, criterion=name)
    for neuron, scale in zip(case.net.neurons, np.geomspace(1e-3, 1e3, 9), strict=True):
        rescale(case, neuron, scale)
    after = neuron_criterion(case.mlp, case.X, case.y, criterion=name)
    assert_allclose(after, before, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in FOR_ANY if name != "random"])
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_a_dead_neuron_is_the_least_important(kind, name):
    case = make(kind, (4,))
    case.mlp.coefs_[0][:, 2] = case.mlp.coefs_[1][2] = 0
    case.mlp.intercepts_[0][2] = -1
    importances = neuron_criterion(case.mlp, case.X, case.y, criterion=name)
    assert importances[2] == 0
    if not name.startswith("taylor"):
        assert importances.min() == 0


@pytest.mark.parametrize("name", WITH_CLASSES)
def test_a_dead_neuron_knows_nothing_about_classes(name):
    case = make("multiclass", (4,))
    case.mlp.intercepts_[0][2] = -1e3
    importances = neuron_criterion(case.mlp, case.X, case.y, criterion=name)
    assert importances[2] == 0
    assert importances[[0, 1, 3]].min() > 0


@deterministic(max_examples=40)
@given(cases(SINGLE_LABEL))
def test_class_selectivity_is_from_0_to_1(case):
    selectivity = neuron_criterion(case.mlp, case.X, case.y, criterion="class_selectivity")
    assert (selectivity >= 0).all()
    assert (selectivity <= 1 + 1e-12).all()


def test_class_selectivity_is_morcos_where_activations_are_positive():
    case = make("multiclass", (4,), "logistic")
    selectivity = neuron_criterion(case.mlp, case.X, case.y, criterion="class_selectivity")
    a = oracle.hidden(case.net, case.X, 0)
    means = np.sort([a[case.y == label].mean(axis=0) for label in case.classes], axis=0)
    highest, others = means[-1], means[:-1].mean(axis=0)
    assert_allclose(selectivity, (highest - others) / (highest + others), rtol=1e-12)


def test_classes_without_rows_are_left_out():
    case = make("multiclass", (4,), "tanh")
    chosen = case.y != case.classes[1]
    for name in WITH_CLASSES:
        some = neuron_criterion(case.mlp, case.X[chosen], case.y[chosen], criterion=name)
        weightless = neuron_criterion(
            case.mlp, case.X, case.y, criterion=name, sample_weight=chosen.astype(float)
        )
        assert np.isfinite(some).all()
        assert_allclose(weightless, some, rtol=1e-11)


def test_taylor_predicts_small_ablations():
    case = make("multiclass", (30,), "tanh", n=300, n_features=5)
    case.mlp.coefs_[1] /= 30
    true = neuron_ablation(case.mlp, case.X, case.y, scoring="neg_log_loss").importances
    errors = {}
    for name in ("taylor1", "taylor2"):
        predicted = neuron_criterion(case.mlp, case.X, case.y, criterion=name)
        errors[name] = np.abs(predicted - true).max() / np.abs(true).max()
    assert errors["taylor1"] < 0.1
    assert errors["taylor2"] < errors["taylor1"] / 10


def test_random_is_reproducible_and_keeps_to_its_neuron():
    case = make(hidden=(3, 2, 4))
    numbers = neuron_criterion(case.mlp, criterion="random", random_state=3)
    assert_array_equal(numbers, neuron_criterion(case.mlp, criterion="random", random_state=3))
    assert (numbers != neuron_criterion(case.mlp, criterion="random", random_state=4)).all()
    last = neuron_criterion(case.mlp, criterion="random", random_state=3, layers=-1)
    assert_array_equal(last, numbers[5:])
    state = np.random.RandomState(3)
    assert_array_equal(numbers, neuron_criterion(case.mlp, criterion="random", random_state=state))
    assert len(set(neuron_criterion(case.mlp, criterion="random"))) == 9
