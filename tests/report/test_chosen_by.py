"""By which score a path chose neurons."""

import numpy as np
import pytest
from helpers.networks import make
from sklearn.metrics import accuracy_score, make_scorer

from skneuron import NeuronPruningPath, neuron_pruning_path
from skneuron.report._chosen_by import (
    of_page,
    other_score,
    other_than,
    page_scoring,
    step_to_show,
    who_chose,
)


@pytest.mark.parametrize(
    ("name", "score", "is_classifier", "expected"),
    [
        ("accuracy", 0.97, True, True),
        ("accuracy", -0.97, True, False),  # of a scorer that wants little of it
        ("r2", -3.0, False, True),
        ("accuracy", 0.97, False, False),
        ("log loss", -0.2, True, False),
        ("fidelity", 0.0, True, False),
        ("balanced accuracy", 0.97, True, False),
        ("", 0.97, True, True),
        ("", -0.2, True, False),
        ("", 7.0, False, False),
    ],
)
def test_which_scores_are_those_of_the_page(name, score, is_classifier, expected):
    assert of_page(name, score, is_classifier) == expected


@pytest.mark.parametrize(
    ("kind", "scoring", "words"),
    [
        ("strings", None, ""),
        ("strings", "accuracy", ""),
        ("strings", "neg_log_loss", "log loss"),
        ("strings", "balanced_accuracy", "balanced accuracy"),
        ("strings", "agreement", "agreement"),
        ("multilabel", None, ""),
        ("multioutput", None, ""),
        ("poisson", None, ""),
        ("multioutput", "neg_mean_squared_error", "mean squared error"),
    ],
)
def test_paths_know_by_what_they_chose(kind, scoring, words):
    case = make(kind, (4, 3), n=60)
    path = neuron_pruning_path(case.mlp, case.X, case.y, scoring=scoring, n_neurons_to_select=5)
    assert other_score(path) == words
    assert other_than(path, None) == words
    assert who_chose(path, words) == "the 60 samples that chose" + f" by {words}" * bool(words)


def path_of(scores, words):
    """A path of which only scores and their name are asked for."""
    case = make("strings", (4, 3), n=60)
    path = neuron_pruning_path(case.mlp, case.X, case.y, n_neurons_to_select=6)
    path = NeuronPruningPath(**path | {"scores": np.array(scores)})
    vars(path.ablation)["in_words"] = {"score": words}
    return path


@pytest.mark.parametrize(
    ("scores", "words", "step", "why"),
    [
        ([0.9, 0.9, 0.8], "accuracy", 1, ""),
        ([0.9, 0.8, 0.7], "accuracy", 0, ""),
        ([-0.5, -0.4, -0.6], "log loss", 1, "the smallest that is no worse than the whole one"),
        ([0.0, -0.1, -0.2], "fidelity", 2, "the end of the path, as every step is worse"),
        ([0.0], "fidelity", 0, ""),
    ],
)
def test_which_network_is_shown(scores, words, step, why):
    path = path_of(scores, words)
    found = step_to_show(path, other_score(path))
    assert found == (step, why + f" by {words}" * bool(why))


@pytest.mark.parametrize(
    ("chose", "of_page", "other"),
    [
        ("neg_log_loss", "neg_log_loss", ""),
        ("neg_log_loss", "accuracy", "log loss"),
        (None, "accuracy", ""),
        (None, make_scorer(accuracy_score, greater_is_better=False), "accuracy"),
        (None, "balanced_accuracy", "accuracy"),
        ("balanced_accuracy", "neg_log_loss", "balanced accuracy"),
    ],
)
def test_a_page_by_a_score_of_ones_own(chose, of_page, other):
    case = make("strings", (4, 3), n=60)
    path = neuron_pruning_path(case.mlp, case.X, case.y, scoring=chose, n_neurons_to_select=5)
    assert other_than(path, of_page) == other
    assert other_than(path, of_page, own_scoring=of_page) == ""


def test_pages_are_by_the_score_of_the_pruner():
    assert page_scoring(None, None) is None
    assert page_scoring(None, "neg_log_loss") == "neg_log_loss"
    assert page_scoring("accuracy", "neg_log_loss") == "accuracy"
    # A page has targets, and says how good the whole network is.
    assert page_scoring(None, "fidelity") is page_scoring(None, "agreement") is None
    assert page_scoring("fidelity", None) == "fidelity"
