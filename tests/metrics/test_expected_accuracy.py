"""Tests of metrics._expected_accuracy, and of the scorer's way through the sweep."""

import numpy as np
import pytest
from helpers.networks import deterministic, make
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import cross_val_score

from skneuron import (
    PrunableMLPClassifier,
    RottenNeuronPruner,
    neuron_ablation,
    neuron_pruning_path,
    neuron_shapley,
    pairwise_ablation,
    prune_neurons,
)
from skneuron.metrics import SCORERS, expected_accuracy_score, expected_accuracy_scorer

LABELS = np.array(["ant", "bee", "cat"])


def probabilities(n, n_classes, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(n_classes), n)


def brute(y, P, classes, weight=None):
    total = norm = 0.0
    for i, label in enumerate(y):
        w = 1.0 if weight is None else weight[i]
        total += w * P[i][list(classes).index(label)]
        norm += w
    return total / norm


@deterministic(max_examples=50)
@given(st.integers(2, 5), st.integers(1, 30), st.integers(0, 99), st.booleans())
def test_is_the_mean_probability_of_the_right_class(n_classes, n, seed, weighted):
    rng = np.random.default_rng(seed)
    P, y = probabilities(n, n_classes, seed), rng.integers(n_classes, size=n)
    weight = rng.random(n) + 0.1 if weighted else None
    found = expected_accuracy_score(y, P, labels=range(n_classes), sample_weight=weight)
    assert type(found) is float
    assert_allclose(found, brute(y, P, range(n_classes), weight), rtol=1e-12)


def test_is_half_of_the_absolute_error_that_is_left():
    P, y = probabilities(50, 3), np.arange(50) % 3
    error = mean_absolute_error(np.eye(3)[y], P) * 3  # of the sums over classes
    assert_allclose(expected_accuracy_score(y, P), 1 - error / 2, rtol=1e-12)


def test_labels_may_be_strings():
    P, y = probabilities(30, 3), LABELS[np.arange(30) % 3]
    found = expected_accuracy_score(y, P, labels=LABELS)
    assert_allclose(found, brute(y, P, LABELS), rtol=1e-12)


@pytest.mark.parametrize("labels", [LABELS[::-1], [*LABELS, LABELS[0]]])
def test_labels_in_another_order_than_the_columns_are_refused(labels):
    P, y = probabilities(30, 3), LABELS[np.arange(30) % 3]
    with pytest.raises(ValueError, match=r"labels=.* are not sorted, or one is there twice"):
        expected_accuracy_score(y, P, labels=labels)


@pytest.mark.parametrize("first", [-1.0, np.nan, np.inf, -0.0])
def test_weights_that_are_no_weights_are_refused(first):
    with pytest.raises(ValueError, match="sample_weight must be finite numbers of at least 0"):
        expected_accuracy_score([0, 1], np.eye(2), sample_weight=[first, 0.0])


def test_probabilities_of_a_sample_add_up_to_one():
    P = probabilities(30, 3).astype(np.float32)
    assert expected_accuracy_score(np.arange(30) % 3, P) > 0
    P[17] *= 0.9
    with pytest.raises(ValueError, match=r"y_proba: .* add up to 1; those of sample 17 to 0.9"):
        expected_accuracy_score(np.arange(30) % 3, P)


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_of_two_classes_the_second_ones_probability_is_enough(shape):
    P, y = probabilities(20, 2), np.arange(20) % 2
    found = expected_accuracy_score(y, P[:, 1].reshape(shape))
    assert_allclose(found, expected_accuracy_score(y, P), rtol=1e-12)


@pytest.mark.parametrize("share", [0.2, 0.4])
def test_wrong_labels_leave_the_order_of_classifiers_as_it_is(share):
    """The expected score of uniformly wrong labels, as the docstring has it."""
    P, y = probabilities(40, 4, seed=1), np.arange(40) % 4
    right = expected_accuracy_score(y, P)
    by_each = [expected_accuracy_score(np.full(40, c), P, labels=range(4)) for c in range(4)]
    noisy = (1 - share) * right + share * np.mean(by_each)
    assert_allclose(noisy, (1 - share) * right + share / 4, rtol=1e-12)
    # And by drawing them: within four standard errors of that.
    rng = np.random.default_rng(0)
    drawn = [
        expected_accuracy_score(
            np.where(rng.random(40) < share, rng.integers(4, size=40), y), P, labels=range(4)
        )
        for _ in range(2000)
    ]
    assert abs(np.mean(drawn) - noisy) < 4 * np.std(drawn) / np.sqrt(2000)


@pytest.mark.parametrize(
    ("y", "P", "labels", "message"),
    [
        (
            [0, 1, 2],
            probabilities(3, 2),
            None,
            "y_proba has 2 columns, but there are 3 classes in",
        ),
        ([0, 0], probabilities(2, 2), None, "1 classes in y_true: pass labels"),
        ([0, 1], probabilities(2, 2), [0, 1, 2], r"classes in labels=\[0, 1, 2\]"),
        ([0, 3], probabilities(2, 2), [0, 1], r"y_true has .*3.*, which is not in labels"),
        ([0, 1], [[1.5, -0.5], [0.5, 0.5]], None, "y_proba has values from -0.5 to 1.5"),
        ([0, 1], [[np.nan, 0.5], [0.5, 0.5]], None, "NaN"),
        ([0.5, 1.5], probabilities(2, 2), None, "y_true has no labels, but 'continuous' values"),
        ([0, 1, 1], probabilities(2, 2), None, "but y_true has 3 labels"),
    ],
)
def test_bad_input_is_named(y, P, labels, message):
    with pytest.raises(ValueError, match=message):
        expected_accuracy_score(y, P, labels=labels)


# ---- in ablation, pairs, Shapley values and paths


@pytest.mark.parametrize("kind", ["binary", "multiclass", "strings"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("hidden", [(4,), (4, 3)])
def test_ablation_by_name_is_that_of_the_scorer_on_smaller_networks(kind, weighted, hidden):
    case = make(kind, hidden, "tanh", n=60)
    weight = np.random.default_rng(0).random(60) if weighted else None
    given = {"sample_weight": weight} if weighted else {}
    found = neuron_ablation(
        case.mlp, case.X, case.y, scoring="expected_accuracy", sample_weight=weight
    )
    assert_allclose(
        found.baseline_score, expected_accuracy_scorer(case.mlp, case.X, case.y, **given),
        rtol=1e-12,
    )  # fmt: skip
    for neuron, score in zip(case.net.neurons, found.scores, strict=True):
        smaller = prune_neurons(case.mlp, [neuron])
        wanted = expected_accuracy_scorer(smaller, case.X, case.y, **given)
        assert_allclose(score, wanted, rtol=1e-12)
    assert np.ptp(found.scores) > 1e-4


def test_single_precision_is_as_exact_as_its_probabilities():
    case = make("multiclass", (6, 4), "relu", n=80)
    X = case.X.astype(np.float32)
    found = neuron_ablation(case.mlp, X, case.y, scoring="expected_accuracy")
    for neuron, score in zip(case.net.neurons, found.scores, strict=True):
        wanted = expected_accuracy_scorer(prune_neurons(case.mlp, [neuron]), case.X, case.y)
        assert_allclose(score, wanted, atol=1e-6)


@pytest.mark.parametrize(
    "scoring",
    [
        ["expected_accuracy", "accuracy", "neg_log_loss"],
        ("expected_accuracy", "accuracy", "neg_log_loss"),
        {"expected_accuracy": "expected_accuracy", "accuracy": "accuracy",
         "neg_log_loss": "neg_log_loss"},
    ],
    ids=["list", "tuple", "dict"],
)  # fmt: skip
def test_together_with_others_it_is_what_it_is_alone(scoring):
    case = make("multiclass", (4, 3), "tanh", n=60)
    together = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring)
    assert list(together) == ["expected_accuracy", "accuracy", "neg_log_loss"]
    for name, found in together.items():
        alone = neuron_ablation(case.mlp, case.X, case.y, scoring=name)
        assert_allclose(found.scores, alone.scores, rtol=0, atol=0)


def test_pairs_and_shapley_values():
    case = make("multiclass", (3, 3), "tanh", n=60)
    given = case.mlp, case.X, case.y
    pairs = pairwise_ablation(*given, scoring="expected_accuracy")
    full = expected_accuracy_scorer(*given)
    neurons = case.net.neurons
    for i, one in enumerate(neurons):
        for j, other in enumerate(neurons[:i]):
            smaller = prune_neurons(case.mlp, [one, other])
            lost = full - expected_accuracy_scorer(smaller, case.X, case.y)
            assert_allclose(pairs.joint_importances[i, j], lost, atol=1e-12)
    by_name = neuron_shapley(*given, scoring="expected_accuracy", random_state=0)
    # A function has no formula: it is called on every network on the way.
    called = neuron_shapley(
        *given, scoring=lambda *given: expected_accuracy_scorer(*given), random_state=0
    )
    assert_allclose(by_name.shapley_values, called.shapley_values, atol=1e-12)


def test_a_path_tells_the_scorers_scores():
    case = make("multiclass", (5, 3), "tanh", n=60)
    path = neuron_pruning_path(
        case.mlp, case.X, case.y, scoring="expected_accuracy", n_neurons_to_select=3
    )
    for n, score in zip(path.n_neurons, path.scores, strict=True):
        wanted = expected_accuracy_scorer(path.prune_to(int(n)), case.X, case.y)
        assert_allclose(score, wanted, rtol=1e-12)


def test_the_pruner_takes_the_name_and_scikit_learn_the_scorer():
    case = make("multiclass", (5,), "relu", n=120)
    network = PrunableMLPClassifier((8,), max_iter=5, random_state=0)
    pruner = RottenNeuronPruner(network, scoring="expected_accuracy", random_state=0)
    with pytest.warns(match="Maximum iterations"):
        pruner.fit(case.X, case.y)
    assert 0 < pruner.baseline_score_ <= pruner.pruned_score_ < 1
    with pytest.warns(match="Maximum iterations"):
        scores = cross_val_score(network, case.X, case.y, scoring=SCORERS["expected_accuracy"])
    assert ((scores > 0) & (scores < 1)).all()


@pytest.mark.parametrize("kind", ["regression", "multilabel"])
def test_other_networks_have_no_such_score(kind):
    case = make(kind, (4,), "tanh", n=60)
    with pytest.raises((ValueError, AttributeError), match=r"predict_proba|y_true|columns|1d"):
        neuron_ablation(case.mlp, case.X, case.y, scoring="expected_accuracy")
