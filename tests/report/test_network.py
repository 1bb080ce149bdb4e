"""What is to be said of a network, found on its test samples."""

import numpy as np
import pytest
from helpers.networks import make
from helpers.report import ACCURACY

from skneuron import neuron_ablation, neuron_pruning_path
from skneuron.report._contents import Subject
from skneuron.report._fitted import subject_of
from skneuron.report._network import (
    MOST_LOST,
    N_SIZES,
    ablation_contents,
    checked_class_names,
    network_contents,
    random_in_words,
    smallest_without_loss,
    some_steps,
)
from skneuron.report._neuron_rows import neuron_rows
from skneuron.report._pictures import effects_in_words
from skneuron.report._tables import layer_rows


@pytest.fixture(scope="module")
def contents(digits, digits_pruner):
    subject = subject_of(digits_pruner, *digits[2:], unit="images", image_shape=(8, 8))
    return network_contents(subject)


def test_scores(contents, digits, digits_pruner):
    X, y = digits[2:]
    assert contents.sizes == (16, 10)
    assert contents.n_test == len(y)
    whole = digits_pruner.pruning_path_.estimator.score(X, y)
    assert contents.test_score == pytest.approx(whole, abs=1e-12)
    assert contents.chosen.score == pytest.approx(digits_pruner.score(X, y), abs=1e-12)
    assert contents.chosen.n_removed == 26 - digits_pruner.n_neurons_
    assert contents.chosen_on_score == digits_pruner.baseline_score_
    assert contents.best is contents.chosen


def test_as_many_at_random(contents):
    assert contents.chosen.note.startswith("as many of every layer at random, 20 draws: ")


def test_the_curve_is_that_of_predictions(contents, digits, digits_pruner):
    X, y = digits[2:]
    path, curve = digits_pruner.pruning_path_, contents.curve
    assert curve.n_neurons.tolist() == path.n_neurons.tolist()
    np.testing.assert_allclose(curve.test, path.pareto(X, y).score)
    assert np.array_equal(curve.chosen_on, path.scores)
    assert (curve.low[1:] < curve.test[1:]).all()
    assert (curve.test[1:] < curve.high[1:]).all()
    assert curve.low[0] == curve.test[0] == curve.high[0]
    assert curve.n_selected == digits_pruner.n_neurons_


def test_images(contents):
    assert all(neuron.image is not None for neuron in contents.neurons)
    assert any(neuron.broken for neuron in contents.neurons)


def test_a_table(table, table_pipeline):
    frame, y = table
    found = network_contents(subject_of(table_pipeline, frame[250:], y[250:], unit="rows"))
    assert all(neuron.image is None for neuron in found.neurons)
    names = {name for neuron in found.neurons for name, _ in neuron.features}
    assert "age" in names
    assert any(name.startswith("city: ") for name in names)
    assert found.class_names == ["<i>stays</i>", "goes"]


def test_a_regression(regression):
    pruner, X, y = regression
    found = network_contents(subject_of(pruner, X, y, unit="samples"))
    assert found.score_words.name == "R²"
    assert found.test_score == pytest.approx(pruner.pruning_path_.estimator.score(X, y))
    assert all(neuron.n_fixed is None and not neuron.helped for neuron in found.neurons)


@pytest.mark.parametrize("kind", ["binary", "strings", "multilabel", "multioutput", "poisson"])
def test_all_kinds_of_targets(kind):
    case = make(kind, (4, 3), n=60)
    subject = subject_of(
        neuron_pruning_path(case.mlp, case.X, case.y), case.X, case.y, unit="rows"
    )
    found = network_contents(subject)
    assert len(found.neurons) == 7
    ends = np.array([[neuron.low, neuron.effect, neuron.high] for neuron in found.neurons])
    assert (ends[:, 0] <= ends[:, 2]).all()
    assert found.test_score == pytest.approx(case.mlp.score(case.X, case.y))


def test_an_ablation_alone(digits, digits_pruner):
    ablation = neuron_ablation(digits_pruner.pruning_path_.estimator, *digits[2:])
    found = ablation_contents(ablation)
    assert found.sizes == (16, 10)
    assert found.score_words == ACCURACY
    assert (found.chosen, found.curve, found.best) == (None, None, None)
    assert len(found.neurons) == 26
    f1 = neuron_ablation(digits_pruner.pruning_path_.estimator, *digits[2:], scoring="f1_macro")
    assert ablation_contents(f1).score_words.name != "accuracy"


def test_errors(digits, digits_pruner):
    X, y = digits[2:]
    with pytest.raises(ValueError, match=r"image_shape=\(7, 7\) has 49 pixels, but 64 features"):
        network_contents(subject_of(digits_pruner, X, y, unit="images", image_shape=(7, 7)))
    with pytest.raises(ValueError, match="class_names has 2 names, but the network knows 10"):
        network_contents(subject_of(digits_pruner, X, y, unit="images", class_names=["a", "b"]))


def test_class_names():
    assert checked_class_names(None, np.array([1, 2])) == ["1", "2"]
    assert checked_class_names(["a", 3], np.array([1, 2])) == ["a", "3"]


def test_some_steps():
    sizes = np.arange(1000, 0, -1)
    steps = some_steps(sizes, 777)
    assert len(steps) <= N_SIZES + 1
    assert {0, 999, 223} <= set(steps)
    assert some_steps(np.array([3, 2, 1]), 9) == [0, 1, 2]


def subject(scores, removed=0, **more):
    path = [(10 - i, score, None) for i, score in enumerate(scores)]
    return Subject(None, None, None, "rows", np.arange(10) < removed, path=path, **more)


def test_the_smallest_network_that_loses_next_to_nothing():
    scores = [0.9, 0.92, 0.9 - MOST_LOST / 2, 0.8, 0.897, 0.5]
    assert smallest_without_loss(subject(scores))[:2] == (6, 0.897)
    assert smallest_without_loss(subject(scores, removed=4)) is None
    assert smallest_without_loss(subject(scores, same_samples=True)) is None
    assert smallest_without_loss(subject([])) is None


def test_random_scores_in_words():
    assert random_in_words(ACCURACY, np.array([0.9, 0.92, 0.94])) == (
        "as many of every layer at random, 3 draws: 92.0 % ± 2.0 points (standard deviation)"
    )


@pytest.mark.parametrize(("layer", "n", "ordinal"), [(0, 16, "first"), (1, 10, "second")])
def test_an_ablation_of_a_layer_says_nothing_of_the_network(
    layer, n, ordinal, digits, digits_pruner
):
    whole = digits_pruner.pruning_path_.estimator
    found = ablation_contents(neuron_ablation(whole, *digits[2:], layers=[layer]))
    assert found.n_neurons == n
    assert found.n_layers is None
    assert layer_rows(found)[1:][0][0] == f"{ordinal} hidden layer (hidden{layer})"
    assert f". {ordinal} hidden layer, {n} neurons: " in effects_in_words(found)
    assert {row["layer"] for row in neuron_rows(found)} == {f"{ordinal} hidden layer"}


@pytest.mark.parametrize("scoring", ["neg_log_loss", "fidelity"])
def test_scores_of_another_kind_are_not_those_of_the_page(scoring, digits, digits_pruner):
    path = neuron_pruning_path(digits_pruner.pruning_path_.estimator, *digits[:2], scoring=scoring)
    found = network_contents(subject_of(path, *digits[2:], unit="images"))
    assert np.isnan(found.curve.chosen_on).all()
    assert np.isnan([found.chosen_on_score, found.chosen.chosen_on_score]).all()
    assert found.smallest is None
    assert found.chosen.n_removed > 0
