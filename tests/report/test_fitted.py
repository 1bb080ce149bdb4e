"""From fitted things to what a page is about."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import (
    PrunableMLPClassifier,
    RottenNeuronPruner,
    RottenNeuronPrunerCV,
    neuron_pruning_path,
)
from skneuron.report._fitted import _gain_in_words, subject_of
from skneuron.report._score import plain, signed
from skneuron.surgery import Network, with_network
from skneuron.utils import training_in_full


@pytest.fixture(scope="module")
def path(digits, digits_pruner):
    return neuron_pruning_path(digits_pruner.pruning_path_.estimator, *digits[2:])


def test_a_pruner(digits, digits_pruner):
    X, y = digits[2:]
    subject = subject_of(digits_pruner, X, y, unit="images")
    assert subject.unit == "images"
    assert subject.estimator is digits_pruner.pruning_path_.estimator
    assert subject.chosen is digits_pruner
    assert np.array_equal(subject.removed, ~digits_pruner.support_)
    assert not subject.same_samples
    assert subject.scores_chosen_on["whole"] == digits_pruner.baseline_score_
    assert subject.scores_chosen_on["chosen"] == digits_pruner.pruned_score_
    assert dict(subject.facts)["pruned by"] == (
        "strategy greedy, replacement zero, threshold 0.003, scoring accuracy"
    )
    assert dict(subject.facts)["chosen on"] == "180 samples that did not train the network"
    assert dict(subject.facts)["seed of the network"] == "1"
    assert "180 samples" in subject.chosen_on


def test_the_path_of_a_pruner_leads_to_its_network(digits, digits_pruner):
    X, y = digits[2:]
    subject = subject_of(digits_pruner, X, y, unit="images")
    n_neurons, score, network = subject.path[-1]
    assert (n_neurons, score) == (digits_pruner.n_neurons_, digits_pruner.pruning_path_.scores[-1])
    last = with_network(subject.estimator, network())
    assert np.array_equal(last.predict(X), digits_pruner.predict(X))


def test_all_rotten_neurons_at_once_score_as_told_where_they_were_chosen(digits, digits_pruner):
    X, y = digits[2:]
    subject = subject_of(digits_pruner, X, y, unit="images")
    rotten = digits_pruner.ablation_.importances < 0
    assert subject.n_removed["together"] == rotten.sum()
    assert 0 < subject.scores_chosen_on["together"] <= 1
    # A copy no longer has the samples.
    loaded = pickle.loads(pickle.dumps(digits_pruner))
    assert np.isnan(subject_of(loaded, X, y, unit="images").scores_chosen_on["together"])


def test_random_removals_are_as_large(digits, digits_pruner):
    subject = subject_of(digits_pruner, *digits[2:], unit="images")
    full = Network.from_mlp(subject.estimator).hidden_layer_sizes
    for network in subject.random:
        assert sum(full) - sum(network.hidden_layer_sizes) == subject.removed.sum()


def test_of_a_network_that_came_trained_nobody_knows_on_what(digits, digits_pruner):
    X, y = digits[2:]
    whole = digits_pruner.pruning_path_.estimator
    facts = dict(
        subject_of(RottenNeuronPruner(whole, cv="prefit").fit(X, y), X, y, unit="images").facts
    )
    assert facts["chosen on"] == (
        "400 samples given to fit, to which the network was given trained"
    )


@pytest.mark.parametrize("wrap", [FrozenEstimator, lambda pruner: make_pipeline(pruner)])
def test_wrapped_pruners(wrap, digits, digits_pruner):
    X, y = digits[2:]
    subject = subject_of(wrap(digits_pruner), X, y, unit="images")
    assert np.array_equal(subject.chosen.predict(X), digits_pruner.predict(X))
    assert np.array_equal(
        subject.estimator.predict(X), digits_pruner.pruning_path_.estimator.predict(X)
    )


def test_a_pipeline_keeps_its_other_steps(table, table_pipeline):
    frame, y = table
    subject = subject_of(table_pipeline, frame, y, unit="rows")
    inner = table_pipeline[-1].pruning_path_.estimator
    expected = inner.predict(table_pipeline[:-1].transform(frame))
    assert np.array_equal(subject.estimator.predict(frame), expected)
    assert subject.removed.sum() == 3


def test_other_estimators_are_refused(digits):
    X, y = digits[0][:300], digits[1][:300]
    other = make_pipeline(StandardScaler(), LogisticRegression())
    with pytest.raises(TypeError, match="must be a fitted MLPClassifier"):
        subject_of(other.fit(X, y), X, y, unit="images")


def test_a_cross_validated_pruner(digits, digits_pruner):
    search = RottenNeuronPrunerCV(digits_pruner)
    search.pruner_, search.cv_results_ = digits_pruner, {}
    subject = subject_of(search, *digits[2:], unit="images")
    assert subject.chosen is search
    assert subject.estimator is digits_pruner.pruning_path_.estimator


def test_a_path_is_about_the_smallest_network_that_is_no_worse(path, digits):
    subject = subject_of(path, *digits[2:], unit="images")
    n_left = int(path.n_neurons[np.flatnonzero(path.scores >= path.scores[0])[-1]])
    assert (~subject.removed).sum() == n_left
    assert sum(subject.chosen.hidden_layer_sizes_) == n_left
    assert not subject.same_samples


def test_a_size_on_a_path(path, digits):
    subject = subject_of(path, *digits[2:], 20, unit="images")
    assert set(np.flatnonzero(subject.removed)) == set(path.order[:6].tolist())
    by_layer = subject_of(path, *digits[2:], [15, 9], unit="images")
    assert [by_layer.removed[:16].sum(), by_layer.removed[16:].sum()] == [1, 1]


def test_a_network_is_chosen_from_and_judged_on_the_same_samples(digits, digits_pruner):
    subject = subject_of(digits_pruner.pruning_path_.estimator, *digits[2:], unit="images")
    assert subject.same_samples
    assert subject.chosen_on == "these test samples"


def test_replacements_that_need_samples_are_not_compared_with(digits, digits_pruner):
    path = neuron_pruning_path(
        digits_pruner.pruning_path_.estimator, *digits[2:], replacement="mean", X_ref=digits[0]
    )
    subject = subject_of(path, *digits[2:], unit="images")
    assert subject.replacement == "mean"
    assert (subject.together, subject.random) == (None, ())


def test_errors(digits, digits_pruner):
    X, y = digits[2:]
    with pytest.raises(ValueError, match="n_neurons=5 chooses a network on a NeuronPruningPath"):
        subject_of(digits_pruner, X, y, 5, unit="images")
    lost = copy.copy(digits_pruner)
    del lost.pruning_path_
    with pytest.raises(ValueError, match="has lost its pruning_path_"):
        subject_of(lost, X, y, unit="images")


def test_repairs_are_told(digits, digits_pruner):
    pruner = RottenNeuronPruner(
        clone(digits_pruner.estimator), n_neurons_to_select=20, fine_tune=2, estimate_gain=False
    )
    with training_in_full():
        pruner.fit(digits[0][:300], digits[1][:300])
    facts = dict(subject_of(pruner, *digits[2:], unit="images").facts)
    assert facts["after removal"] == "2 epochs of training"
    assert "gain that the training data promised" not in facts


def other_path(digits, digits_pruner, scoring, **more):
    whole = digits_pruner.pruning_path_.estimator
    return neuron_pruning_path(whole, digits[0][:300], digits[1][:300], scoring=scoring, **more)


@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize(
    ("scoring", "words"), [("neg_log_loss", "log loss"), ("fidelity", "fidelity")]
)
def test_another_score_is_named_and_not_written_as_that_of_the_page(
    scoring, words, saved, digits, digits_pruner
):
    path = other_path(digits, digits_pruner, scoring)
    path = pickle.loads(pickle.dumps(path)) if saved else path
    subject = subject_of(path, *digits[2:], unit="images")
    assert dict(subject.facts)["chosen by"] == words
    assert np.isnan([score for _, score, _ in subject.path]).all()
    assert np.isnan(list(subject.scores_chosen_on.values())).all()
    assert subject.chosen_on == f"the 300 samples that chose by {words}"


def test_the_smallest_network_that_is_no_worse_by_another_score(digits, digits_pruner):
    path = other_path(digits, digits_pruner, "neg_log_loss")
    step = int(np.flatnonzero(path.scores >= path.scores[0])[-1])
    assert step > 0
    subject = subject_of(path, *digits[2:], unit="images")
    assert (~subject.removed).sum() == path.n_neurons[step]
    assert dict(subject.facts)["network compared"] == (
        "the smallest that is no worse than the whole one by log loss"
    )


def test_where_every_step_is_worse_it_is_the_end_of_the_path(digits, digits_pruner):
    mlp = PrunableMLPClassifier((6,), activation="tanh", max_iter=5, random_state=0)
    with training_in_full():
        mlp.fit(digits[0][:300], digits[1][:300])
    path = neuron_pruning_path(mlp, *digits[:2], scoring="fidelity", n_neurons_to_select=4)
    assert (path.scores[1:] < path.scores[0]).all()
    subject = subject_of(path, *digits[2:], unit="images")
    assert (~subject.removed).sum() == path.n_neurons[-1] == 4
    assert dict(subject.facts)["network compared"] == (
        "the end of the path, as every step is worse by fidelity"
    )
    assert "network compared" not in dict(subject_of(path, *digits[2:], 5, unit="images").facts)


def test_the_score_of_the_page_needs_no_word(path, digits):
    subject = subject_of(path, *digits[2:], unit="images")
    assert not {"chosen by", "network compared", "effects of single neurons"} & set(
        dict(subject.facts)
    )
    assert [score for _, score, _ in subject.path] == path.scores.tolist()


def test_a_gain_in_another_score_says_in_which(digits, digits_pruner):
    pruner = RottenNeuronPruner(
        clone(digits_pruner.estimator), scoring="neg_log_loss", threshold=0.003, random_state=0
    )
    with training_in_full():
        pruner.fit(digits[0][:400], digits[1][:400])
    facts = dict(subject_of(pruner, *digits[2:], scoring="accuracy", unit="images").facts)
    assert facts["gain that the training data promised"].endswith(", in units of log loss")
    for own_score in (pruner, digits_pruner):
        own = dict(subject_of(own_score, *digits[2:], unit="images").facts)
        assert "units" not in own["gain that the training data promised"]
    # As everything else on the page; this was in fractions.
    low, high = digits_pruner.gain_confidence_interval_
    assert own["gain that the training data promised"] == (
        f"{signed(100 * digits_pruner.gain_, 1)} ({plain(100 * low, 1)} to {plain(100 * high, 1)})"
        f", of as many at random {signed(100 * digits_pruner.null_gain_, 1)}, in points"
    )


def test_a_gain_of_a_regression_without_an_interval(regression):
    pruner = copy.copy(regression[0])
    pruner.gain_, pruner.null_gain_ = 0.0123, -0.4
    pruner.gain_confidence_interval_ = (np.nan, np.nan)
    assert _gain_in_words(pruner, "") == "+0.012, of as many at random −0.400"
    assert _gain_in_words(pruner, "r2").endswith("−0.400, in units of r2")


@pytest.mark.parametrize("replacement", ["mean", "linear"])
def test_what_effects_of_single_neurons_are_of(replacement, digits, digits_pruner):
    path = other_path(
        digits,
        digits_pruner,
        None,
        replacement=replacement,
        X_ref=digits[0],
        n_neurons_to_select=20,
    )
    facts = dict(subject_of(path, *digits[2:], unit="images").facts)
    assert "on the test samples" in facts["effects of single neurons"]


def test_bad_samples_are_named_as_users_know_them(path, digits, digits_pruner):
    X, y = digits[2:]
    for fitted in (path, digits_pruner, path.estimator):
        with pytest.raises(ValueError, match=r"^X_test: X has 5 features"):
            subject_of(fitted, X[:, :5], y, unit="images")
        with pytest.raises(ValueError, match=r"^y_test: y has 3 entries"):
            subject_of(fitted, X, y[:3], unit="images")
        with pytest.raises(ValueError, match=r"^y_test: y contains labels never seen"):
            subject_of(fitted, X, y + 50, unit="images")
