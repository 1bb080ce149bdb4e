"""By which score a path chose neurons."""

import numpy as np
import pytest
from helpers.networks import make

from skneuron import NeuronPruningPath, neuron_pruning_path
from skneuron.report._chosen_by import of_page, other_score, step_to_show, who_chose


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
    assert who_chose(path) == "the 60 samples that chose" + f" by {words}" * bool(words)


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
    found = step_to_show(path_of(scores, words))
    assert found == (step, why + f" by {words}" * bool(why))
