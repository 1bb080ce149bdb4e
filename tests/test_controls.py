"""Tests of skneuron._controls: noisy labels, the automatic choice, and what is done instead."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from skneuron import PrunableMLPClassifier
from skneuron._controls import (
    ALPHAS,
    CONTROLS,
    DROPOUTS,
    N_CONTROL_TRAININGS,
    automatically_pruned,
    with_wrong_labels,
)
from skneuron.metrics import expected_accuracy_scorer

pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")


def network(sizes, **parameters):
    """Trained long enough to learn noise by heart."""
    return PrunableMLPClassifier(
        sizes, max_iter=60, batch_size=50, learning_rate_init=0.01, random_state=0, **parameters
    )


@pytest.fixture(scope="module")
def parts():
    """Digits to train on and to choose by, 40 % of the labels noise; a network; right digits."""
    X, y = load_digits(return_X_y=True)
    X, rng = X / 16, np.random.default_rng(0)
    train = X[:500], with_wrong_labels(y[:500], 0.4, rng)
    evaluation = X[500:1000], with_wrong_labels(y[500:1000], 0.4, rng)
    mlp = network((40,)).fit(*train)
    return mlp, train, evaluation, (X[1000:], y[1000:])


@pytest.mark.parametrize("share", [0.1, 0.4, 0.9])
def test_so_many_labels_are_drawn_from_the_others(share):
    y = np.repeat(np.arange(10), 2000)
    noisy = with_wrong_labels(y, share, np.random.default_rng(1))
    expected = 0.9 * share
    error = np.sqrt(expected * (1 - expected) / len(y))
    assert abs((noisy != y).mean() - expected) < 4 * error
    # Whatever the label was, the new one may be any.
    wrong = noisy[(y == 3) & (noisy != 3)]
    assert set(wrong) == set(range(10)) - {3}


def test_no_noise_leaves_labels_and_random_numbers_alone():
    y, rng = np.arange(5), np.random.default_rng(0)
    assert with_wrong_labels(y, 0.0, rng) is y
    assert rng.random() == np.random.default_rng(0).random()


def test_automatic_choice_gains_where_noise_was_memorised(parts):
    mlp, _, evaluation, test = parts
    pruner = automatically_pruned(mlp, *evaluation, seed=0)
    assert 1 <= pruner.n_neurons_ < 40
    assert pruner.gain_ > 0
    assert pruner.score(*test) > mlp.score(*test)
    assert mlp.hidden_layer_sizes_ == (40,), "the network as trained is left alone"
    whole = expected_accuracy_scorer(mlp, *evaluation)
    assert pruner.baseline_score_ == pytest.approx(whole)


def test_automatic_choice_is_the_same_for_the_same_seed(parts):
    mlp, _, evaluation, _ = parts
    one, other = (automatically_pruned(mlp, *evaluation, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.support_, other.support_)


def test_early_stopping_takes_the_epoch_that_evaluates_best(parts):
    mlp, train, evaluation, _ = parts
    found = CONTROLS["early stopping"](mlp, train, evaluation, (7,))
    other, scores = network((40,)), []
    for _ in range(mlp.max_iter):
        other.partial_fit(*train, classes=np.arange(10))
        scores.append(other.score(*evaluation))
    assert found.score(*evaluation) == max(scores)
    assert found.t_ == 500 * (1 + int(np.argmax(scores))) < 500 * mlp.max_iter


@pytest.mark.parametrize(
    ("name", "parameter", "values"),
    [("stronger alpha", "alpha", ALPHAS), ("dropout", "dropout", DROPOUTS)],
)
def test_the_best_value_by_the_evaluation_rows_is_taken(parts, name, parameter, values):
    mlp, train, evaluation, _ = parts
    found = CONTROLS[name](mlp, train, evaluation, (7,))
    scores = {getattr(mlp, parameter): mlp.score(*evaluation)}
    for value in values:
        scores[value] = network((40,), **{parameter: value}).fit(*train).score(*evaluation)
    assert found.score(*evaluation) == max(scores.values())
    assert getattr(found, parameter) == max(scores, key=scores.get)


def test_small_network_is_trained_like_the_large_one(parts):
    mlp, train, evaluation, _ = parts
    small = CONTROLS["small from scratch"](mlp, train, evaluation, (7,))
    assert small.hidden_layer_sizes_ == (7,)
    assert (small.max_iter, small.batch_size) == (60, 50)
    again = network((7,)).fit(*train)
    np.testing.assert_array_equal(small.coefs_[0], again.coefs_[0])


def test_number_of_trainings_is_counted_right(parts, monkeypatch):
    mlp, train, evaluation, _ = parts
    n_fits, fit = [], PrunableMLPClassifier.fit
    monkeypatch.setattr(
        PrunableMLPClassifier, "fit", lambda *given: n_fits.append(1) or fit(*given)
    )
    for control in CONTROLS.values():
        control(mlp, train, evaluation, (7,))
    # Early stopping trains epoch by epoch, as many as a fit.
    assert len(n_fits) + 1 == N_CONTROL_TRAININGS
