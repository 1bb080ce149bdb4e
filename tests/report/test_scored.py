"""Pages by any score: the same figures as `compare` has, which finds them in another way."""

from copy import copy

import numpy as np
import pytest
from helpers.report import PageParser
from sklearn.metrics import accuracy_score, make_scorer

from skneuron import RottenNeuronPruner, neuron_ablation, neuron_pruning_path, write_report
from skneuron.report._comparison import HeldOut
from skneuron.report._fitted import subject_of
from skneuron.report._network import ablation_contents, network_contents
from skneuron.report._scored import ScoredHeldOut
from skneuron.utils import training_in_full


def contents_of(fitted, X, y, **options):
    return network_contents(subject_of(fitted, X, y, unit="samples", **options))


@pytest.fixture(scope="module")
def by_log_loss(digits, digits_pruner):
    pruner = RottenNeuronPruner(
        digits_pruner.pruning_path_.estimator, scoring="neg_log_loss", threshold=0.01,
        random_state=0, estimate_gain=False,
    )  # fmt: skip
    with training_in_full():
        return pruner.fit(*digits[:2])


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "minus log loss"),
        ({"scoring": "balanced_accuracy"}, "balanced accuracy"),
        ({"scoring": "fidelity"}, "fidelity"),
        ({"scoring": make_scorer(accuracy_score), "sample_weight": np.arange(400.0)}, "accuracy"),
        ({"scoring": "accuracy"}, "accuracy"),
    ],
)
def test_figures_are_those_of_compare(options, name, digits, by_log_loss):
    X, y = digits[2:]
    found = contents_of(by_log_loss, X, y, **options)
    expected = by_log_loss.compare(X, y, **options)
    assert found.score_words.name == name == expected.scoring
    assert found.test_score == pytest.approx(expected.score.whole)
    assert found.chosen.score == pytest.approx(expected.score.pruned)
    assert found.chosen.change == pytest.approx(expected.difference)
    assert (found.chosen.low, found.chosen.high) == pytest.approx(expected.confidence_interval)
    assert (found.chosen.n_fixed, found.chosen.n_broken) == (expected.n_fixed, expected.n_broken)
    at = int(np.flatnonzero(found.curve.n_neurons == found.curve.n_selected)[0])
    assert found.curve.test[at] == pytest.approx(expected.score.pruned)
    assert found.curve.low[at] == pytest.approx(expected.score.whole + found.chosen.low)
    assert found.test == ("mcnemar" if options == {"scoring": "accuracy"} else "jackknife")


def test_a_regression(regression):
    pruner, X, y = regression
    weights = np.linspace(0, 1, len(y))
    for options in ({"scoring": "neg_mean_absolute_error"}, {"sample_weight": weights}):
        found = contents_of(pruner, X, y, **options)
        expected = pruner.compare(X, y, **options)
        assert found.chosen.change == pytest.approx(expected.difference)
        assert (found.chosen.low, found.chosen.high) == pytest.approx(expected.confidence_interval)
        assert found.test == "jackknife"
        assert found.trivial is None
    assert contents_of(pruner, X, y, scoring="r2").test == "squares"


def test_the_score_that_chose_is_written_where_it_is_that_of_the_page(digits, by_log_loss):
    own = contents_of(by_log_loss, *digits[2:])
    assert own.chosen_on_score == pytest.approx(by_log_loss.pruning_path_.scores[0])
    assert own.chosen.chosen_on_score == pytest.approx(by_log_loss.pruned_score_)
    assert own.smallest is None  # Of a loss nobody knows what is next to nothing.
    other = contents_of(by_log_loss, *digits[2:], scoring="accuracy")
    assert np.isnan(other.chosen_on_score)
    assert other.chosen_on.endswith("by log loss")


def test_effects_of_neurons_are_in_the_same_score(digits, by_log_loss):
    found = contents_of(by_log_loss, *digits[2:], scoring="balanced_accuracy")
    assert found.ablation.baseline_score == pytest.approx(found.test_score)


@pytest.mark.parametrize(
    "scoring", ["neg_log_loss", make_scorer(accuracy_score, greater_is_better=False)]
)
def test_an_ablation_alone_calls_its_score_as_other_pages_do(scoring, digits, digits_pruner):
    whole, (X, y) = digits_pruner.pruning_path_.estimator, digits[2:]
    alone = ablation_contents(neuron_ablation(whole, X, y, scoring=scoring))
    named = contents_of(digits_pruner, X, y, scoring=scoring)
    assert alone.score_words == named.score_words
    assert alone.score_words.name.startswith("minus ")
    assert not alone.has_learnt_nothing


@pytest.mark.parametrize("scoring", ["fidelity", "agreement"])
def test_classes_and_counts_are_of_the_targets_whatever_the_score(scoring, digits, digits_pruner):
    found, plain = (
        contents_of(digits_pruner, *digits[2:], scoring=score) for score in (scoring, None)
    )
    assert np.array_equal(found.ablation.class_importances, plain.ablation.class_importances)
    for one, other in zip(found.neurons, plain.neurons, strict=True):
        assert (one.n_fixed, one.n_broken) == (other.n_fixed, other.n_broken)
        assert (one.helped, one.hurt) == (other.helped, other.hurt)
    assert any(neuron.n_fixed for neuron in found.neurons)


def test_r2_of_targets_that_never_vary_is_that_of_scikit_learn(regression):
    pruner, X, _ = regression
    found = contents_of(pruner, X, np.ones(len(X)))
    whole = pruner.pruning_path_.estimator
    assert found.test_score == whole.score(X, np.ones(len(X))) == found.ablation.baseline_score
    assert not found.has_learnt_nothing


def test_p_values_and_groups_that_a_score_does_not_like(digits, digits_pruner):
    X, y = digits[2:]
    whole = digits_pruner.pruning_path_.estimator
    same = ScoredHeldOut(whole, X, y, "balanced_accuracy").judged("same", whole, n_removed=0)
    assert (same.change, same.low, same.high, same.p_value) == (0.0, 0.0, 0.0, 1.0)
    # Without the group that has the only 0, there is no ROC AUC.
    rows = np.r_[np.flatnonzero(y == 0)[:1], np.flatnonzero(y != 0)[:99]]
    scarce = ScoredHeldOut(whole, X[rows], y[rows], "roc_auc_ovr")
    found = scarce.judged("pruned", digits_pruner, n_removed=1)
    assert np.isnan([found.low, found.high, found.p_value]).all()
    assert np.isfinite(found.change)


def test_what_needs_no_other_tests(digits, digits_pruner):
    whole = digits_pruner.pruning_path_.estimator
    assert ScoredHeldOut(whole, *digits[2:], scoring="accuracy").is_plain
    assert not ScoredHeldOut(whole, *digits[2:], scoring="neg_log_loss").is_plain
    weighted = ScoredHeldOut(whole, *digits[2:], sample_weight=np.ones(400))
    assert not weighted.is_plain
    assert weighted.whole_score == pytest.approx(HeldOut(whole, *digits[2:]).whole_score)


def test_samples_without_weight_are_neither_fixed_nor_broken(digits, digits_pruner):
    """They were counted, and ``compare`` does not count them."""
    weights = np.tile([0.0, 0.0, 1.0, 2.0], 100)
    found = contents_of(digits_pruner, *digits[2:], sample_weight=weights).chosen
    expected = digits_pruner.compare(*digits[2:], sample_weight=weights)
    assert (found.n_fixed, found.n_broken) == (expected.n_fixed, expected.n_broken)
    everything = digits_pruner.compare(*digits[2:])
    assert found.n_fixed + found.n_broken < everything.n_fixed + everything.n_broken


def test_a_scorer_of_the_pruner_that_takes_no_weights(digits, digits_pruner, tmp_path):
    """Its own TypeError did not say which parameter to change."""

    def without_weights(estimator, X, y):
        return estimator.score(X, y)

    pruner = copy(digits_pruner).set_params(scoring=without_weights)
    with pytest.raises(TypeError, match=r"^scoring=.*takes no sample_weight"):
        write_report(pruner, *digits[2:], tmp_path / "p.html", sample_weight=np.ones(400))


def test_a_page_of_one_sample_that_counts(digits, digits_pruner, tmp_path):
    """It ended in a ZeroDivisionError."""
    weights = (np.arange(400) == 5).astype(float)
    page = write_report(digits_pruner, *digits[2:], tmp_path / "p.html", sample_weight=weights)
    assert "no interval is known" in page.read_text(encoding="utf-8")


def test_pages_say_by_what(digits, digits_pruner, tmp_path):
    path = neuron_pruning_path(
        digits_pruner.pruning_path_.estimator, *digits[:2], n_neurons_to_select=20
    )
    page = write_report(
        path, *digits[2:], tmp_path / "p.html", scoring="neg_log_loss",
        sample_weight=np.linspace(0.5, 1, 400),
    )  # fmt: skip
    text = PageParser(page.read_text(encoding="utf-8")).text
    assert "test minus log loss stays at" in text
    assert "change, minus log loss" in text
    assert "a jackknife that leaves out each of 20 groups" in text
    assert "McNemar" not in text
    assert "samples have weights in all scores" in text
    assert "chosen on: 900 other samples; network compared" in text
    assert "; chosen by: accuracy." in text
