"""`PrunerSettings`: a pruner's parameters, and what can be said of them before training."""

from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest
from helpers.bad_input import classifier as fitted_network
from helpers.pruners import network
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPClassifier

from skneuron import PrunableMLPClassifier, RottenNeuronPruner
from skneuron.pruning._settings import (
    PrunerSettings,
    check_before_training,
    check_can_choose,
    check_is_prefit,
    estimator_to_prune,
)
from skneuron.pruning._split import MIN_EVALUATION_SAMPLES


def settings_of(estimator=None, **parameters):
    estimator = network() if estimator is None else estimator
    return PrunerSettings.of(RottenNeuronPruner(estimator, **parameters))


def test_they_are_the_pruner_s_parameters():
    pruner = RottenNeuronPruner(network(), threshold="mean", tol=0.1, fine_tune=2, layers=[0])
    settings = PrunerSettings.of(pruner)
    names = {field.name for field in fields(settings)}
    assert names == set(pruner.get_params(deep=False)) - {"estimate_gain"}
    assert all(getattr(settings, name) is getattr(pruner, name) for name in names)
    with pytest.raises(FrozenInstanceError):
        settings.tol = 0.2


def test_the_default_estimator_is_filled_in():
    estimator = PrunerSettings.of(RottenNeuronPruner(random_state=3)).estimator
    assert type(estimator) is PrunableMLPClassifier
    assert estimator.random_state == 3
    mlp = network()
    assert estimator_to_prune(mlp, 3) is mlp


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, False),
        ({"threshold": "auto"}, True),
        ({"threshold": "auto", "tol": 0.0}, False),
        ({"threshold": "auto", "n_neurons_to_select": 3}, False),
        ({"threshold": "auto", "n_neurons_to_select": np.array([3, 3])}, False),
    ],
)
def test_the_size_is_automatic_where_nothing_else_tells_it(parameters, expected):
    assert settings_of(**parameters).is_automatic is expected


def test_where_to_stop():
    stopping = settings_of(threshold="auto", step=3).stopping
    assert stopping.threshold == np.inf
    assert stopping.step == 3
    settings = settings_of(threshold=0.1)
    assert settings.stopping is settings.stopping
    assert replace(settings, threshold=0.2).stopping.threshold == 0.2


@pytest.mark.parametrize(
    ("estimator", "parameters", "message"),
    [
        (None, {"step": 0}, "step=0 is neither"),
        (None, {"min_neurons_per_layer": 0}, "min_neurons_per_layer=0 must be an int"),
        (None, {"n_neurons_to_select": 13}, "n_neurons_to_select=13 must be an int from 2 to 12"),
        (None, {"layers": 2}, "layers=2"),
        (None, {"scoring": "acuracy"}, "acuracy"),
        (None, {"fine_tune": 1, "cv": "prefit"}, "fine_tune=1 needs a training part"),
        (MLPClassifier(solver="lbfgs"), {"fine_tune": 1}, "fine_tune=1 counts epochs"),
    ],
)
def test_errors_that_show_before_training(estimator, parameters, message):
    with pytest.raises(ValueError, match=message):
        check_before_training(settings_of(estimator, **parameters), is_weighted=False)
    check_before_training(settings_of(), is_weighted=True)


def test_weights_for_a_scorer_that_takes_none():
    settings = settings_of(scoring=lambda estimator, X, y: 0.0)
    check_before_training(settings, is_weighted=False)
    with pytest.raises(TypeError, match="takes no sample_weight"):
        check_before_training(settings, is_weighted=True)


def test_samples_that_are_enough_for_auto():
    automatic = settings_of(threshold="auto")
    check_can_choose(automatic, MIN_EVALUATION_SAMPLES)
    check_can_choose(settings_of(), 1)
    with pytest.raises(ValueError, match=rf"there are {MIN_EVALUATION_SAMPLES - 1} \(cv=0.2\)"):
        check_can_choose(automatic, MIN_EVALUATION_SAMPLES - 1)


def test_networks_that_are_not_fitted_cannot_be_prefit():
    check_is_prefit(FrozenEstimator(fitted_network()))
    with pytest.raises(NotFittedError, match=r"(?s)cv='prefit' .* wrap the estimator in a Frozen"):
        check_is_prefit(network())


def test_a_switch_is_no_number_of_epochs():
    with pytest.raises(ValueError, match="fine_tune=True must be an int of at least 0"):
        check_before_training(settings_of(fine_tune=True), is_weighted=False)
