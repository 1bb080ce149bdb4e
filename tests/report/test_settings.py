"""How a pruner was told to prune, in the names of its parameters."""

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import make_scorer, mean_pinball_loss

from skneuron import RottenNeuronPruner, RottenNeuronPrunerCV
from skneuron.report._settings import is_prefit, score_that_chose, settings_in_words


@pytest.fixture(scope="module")
def whole(digits_pruner):
    return digits_pruner.pruning_path_.estimator


def fitted(whole, digits, **settings):
    X, y = digits[2:]
    return RottenNeuronPruner(whole, cv="prefit", **settings).fit(X[:150], y[:150])


def by_bias(estimator, X, y):
    return np.concatenate(estimator.intercepts_[:-1])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "threshold 0, scoring accuracy"),
        ({"threshold": "mean"}, "threshold mean, scoring accuracy"),
        ({"n_neurons_to_select": 0.5}, "n_neurons_to_select 0.5, scoring accuracy"),
        ({"n_neurons_to_select": [9, 8]}, "n_neurons_to_select [9, 8], scoring accuracy"),
        ({"max_parameters": 900}, "max_parameters 900, scoring accuracy"),
        ({"max_bytes": 9000}, "max_bytes 9000, scoring accuracy"),
        ({"tol": 0.01, "scoring": "fidelity"}, "tol 0.01, scoring fidelity"),
        ({"alpha": 0.1}, "threshold 0, alpha 0.1, scoring accuracy"),
        ({"scoring": "neg_log_loss"}, "threshold 0, scoring neg_log_loss"),
        (
            {"criterion": by_bias, "n_neurons_to_select": 20},
            "n_neurons_to_select 20, criterion by_bias, scoring accuracy",
        ),
    ],
)
def test_what_was_given_or_used(settings, words, whole, digits):
    pruner = fitted(whole, digits, **settings)
    assert settings_in_words(pruner) == f"strategy greedy, replacement zero, {words}"


def test_other_strategies(whole, digits):
    pruner = fitted(whole, digits, strategy="one_shot", replacement="mean")
    assert settings_in_words(pruner).startswith("strategy one_shot, replacement mean, ")


def test_a_search_has_the_threshold_that_it_chose(digits, whole):
    X, y = digits[2:]
    pruner = RottenNeuronPruner(FrozenEstimator(whole), random_state=0)
    search = RottenNeuronPrunerCV(pruner, thresholds=[0.002], cv=2).fit(X[:200], y[:200])
    assert ", threshold 0.002, " in settings_in_words(search.pruner_)


def test_scorers_that_are_functions_have_names_too(regression):
    pruner, X, y = regression
    assert score_that_chose(pruner) == "R²"
    scorer = make_scorer(mean_pinball_loss, greater_is_better=False)
    whole = pruner.pruning_path_.estimator
    other = RottenNeuronPruner(whole, cv="prefit", scoring=scorer).fit(X, y)
    assert settings_in_words(other).endswith(f", scoring {score_that_chose(other)}")
    assert "pinball" in score_that_chose(other)


def test_networks_that_came_trained(digits_pruner, whole):
    assert is_prefit(RottenNeuronPruner(whole, cv="prefit"))
    assert is_prefit(RottenNeuronPruner(FrozenEstimator(whole)))
    assert not is_prefit(digits_pruner)
    assert not is_prefit(RottenNeuronPruner(whole, cv=[(np.arange(3), np.arange(3, 5))]))
