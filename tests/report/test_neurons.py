"""What is to be said of every neuron."""

import copy

import numpy as np
import pytest

from skneuron import neuron_ablation
from skneuron.report._comparison import HeldOut
from skneuron.report._examples import Examples
from skneuron.report._neurons import (
    Effects,
    can_be_tested,
    classes_of,
    extremes,
    neurons_of,
    ranked,
)
from skneuron.surgery import Network


def test_effects_of_accuracy_are_those_of_the_verdicts(digits, digits_pruner):
    ablation = neuron_ablation(digits_pruner.pruning_path_.estimator, *digits[2:])
    found, verdicts = Effects.of(ablation), ablation.verdicts()
    assert np.array_equal(found.effects, ablation.importances)
    np.testing.assert_allclose(found.low, verdicts.confidence_intervals[:, 0])
    assert np.array_equal(found.verdict, verdicts.verdict)


def test_effects_of_r2_are_shares_of_the_variance(regression):
    pruner, X, y = regression
    ablation = neuron_ablation(pruner.pruning_path_.estimator, X, y)
    found, verdicts = Effects.of(ablation), ablation.verdicts()
    np.testing.assert_allclose(found.effects, verdicts.effects / y.var(), rtol=1e-6, atol=1e-9)
    ends = np.stack([found.low, found.high], axis=1)
    np.testing.assert_allclose(ends, verdicts.confidence_intervals / y.var(), rtol=1e-6, atol=1e-9)


def test_a_copy_that_cannot_be_tested_has_no_verdicts(digits, digits_pruner):
    scoring = "balanced_accuracy"
    ablation = neuron_ablation(
        digits_pruner.pruning_path_.estimator, *digits[2:], scoring=scoring
    )  # fmt: skip
    assert can_be_tested(ablation)
    assert np.isfinite(Effects.of(ablation).low).all()
    fresh = neuron_ablation(digits_pruner.pruning_path_.estimator, *digits[2:], scoring=scoring)
    lost = copy.copy(fresh)
    assert not can_be_tested(lost)
    found = Effects.of(lost)
    assert set(found.verdict) == {"undecided"}
    assert np.isnan(found.high).all()
    assert np.array_equal(found.effects, fresh.importances)


def test_ranks():
    effects = np.array([0.2, np.nan, -0.1, 0.0])
    assert ranked(effects).tolist() == [2, 3, 0, 1]


@pytest.mark.parametrize(
    ("n", "positions"), [(0, set()), (1, {0}), (2, {0, 4}), (3, {0, 1, 4}), (9, {0, 1, 2, 3, 4})]
)
def test_extremes(n, positions):
    assert extremes(np.arange(5.0), n) == positions


def test_classes():
    losses = np.array([0.01, -0.02, 0.0, np.nan, 0.05, 0.02, 0.03])
    helped, hurt, n_helped, n_hurt = classes_of(losses, list("abcdefg"))
    assert helped == [("e", 0.05), ("g", 0.03), ("f", 0.02)]
    assert hurt == [("b", -0.02)]
    assert (n_helped, n_hurt) == (4, 1)


@pytest.fixture(scope="module")
def neurons(digits, digits_pruner):
    mlp = digits_pruner.pruning_path_.estimator
    X, y = digits[2:]
    removed = ~digits_pruner.support_
    names = [f"digit {label}" for label in range(10)]
    features = [f"pixel {i}" for i in range(64)]
    examples = Examples(HeldOut(mlp, X, y), dict(enumerate(names)), features, (8, 8), None)
    return neurons_of(
        neuron_ablation(mlp, X, y), removed, names, network=Network.from_mlp(mlp),
        feature_names=features, image_shape=(8, 8), examples=examples, n_images=6, n_examples=4,
    )  # fmt: skip


def test_all_neurons_are_there(neurons, digits_pruner):
    assert len(neurons) == 26
    assert (neurons[0].name, neurons[-1].name) == ("hidden0_neuron0", "hidden1_neuron9")
    assert [neuron.is_removed for neuron in neurons] == (~digits_pruner.support_).tolist()


def test_pictures_and_examples_are_of_the_extremes(neurons):
    effects = np.array([neuron.effect for neuron in neurons])
    with_image = {i for i, neuron in enumerate(neurons) if neuron.image is not None}
    assert with_image == extremes(effects, 6)
    with_examples = {i for i, neuron in enumerate(neurons) if neuron.fixed or neuron.broken}
    assert with_examples
    assert with_examples <= extremes(effects, 4)


def test_counts_and_classes_are_those_of_the_ablation(neurons, digits, digits_pruner):
    ablation = neuron_ablation(digits_pruner.pruning_path_.estimator, *digits[2:])
    assert [neuron.n_broken for neuron in neurons] == ablation.n_broken.tolist()
    best = int(np.argmax(ablation.importances))
    label = int(np.argmax(ablation.class_importances[best]))
    assert neurons[best].helped[0] == (
        f"digit {label}", pytest.approx(ablation.class_importances[best, label]),
    )  # fmt: skip


def test_layers_that_were_left_out(digits, digits_pruner):
    mlp = digits_pruner.pruning_path_.estimator
    removed = np.zeros(26, dtype=bool)
    removed[16 + 3] = True
    found = neurons_of(
        neuron_ablation(mlp, *digits[2:], layers=1), removed, list("0123456789"),
        network=Network.from_mlp(mlp), feature_names=[str(i) for i in range(64)],
    )  # fmt: skip
    assert [neuron.name for neuron in found if neuron.is_removed] == ["hidden1_neuron3"]
    assert all(len(neuron.features) == 4 for neuron in found)
