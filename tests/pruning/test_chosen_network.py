"""What a fitted pruner has, made of a task by a function."""

import numpy as np
import pytest
from helpers.networks import make
from helpers.pruning_tasks import task_on

from skneuron import RottenNeuronPruner
from skneuron.pruning._chosen_network import fitted_attributes

OPTIONS = {"n_neurons_to_select": 4, "random_state": 0, "cv": "prefit"}


def test_every_attribute_that_the_pruner_documents():
    case = make("multiclass", (5, 4), n=60)
    found = fitted_attributes(task_on(case, **OPTIONS), estimate_gain=True)
    pruner = RottenNeuronPruner(case.mlp, **OPTIONS).fit(case.X, case.y)
    of_data = {"n_features_in_", "feature_names_in_"}
    assert set(found) == {n for n in vars(pruner) if n.endswith("_")} - of_data | {"_full_sizes"}
    assert found["_full_sizes"] == (5, 4)
    np.testing.assert_array_equal(found["support_"], pruner.support_)
    assert found["pruned_score_"] == pruner.pruned_score_


@pytest.mark.parametrize("estimate_gain", [True, False])
def test_a_gain_is_found_if_it_is_asked_for(estimate_gain):
    case = make("multiclass", (5, 4), n=60)
    found = fitted_attributes(task_on(case, **OPTIONS), estimate_gain=estimate_gain)
    assert np.isfinite(found["gain_"]) == estimate_gain
    assert np.isfinite(found["gain_confidence_interval_"]).all() == estimate_gain


def test_a_network_of_others_is_copied():
    case = make("multiclass", (5, 4), n=60)
    task = task_on(case, **OPTIONS)
    found = fitted_attributes(task, estimate_gain=False)
    assert found["pruning_path_"].estimator is not case.mlp
    trained = task_on(case, **OPTIONS | {"cv": 0.2})
    assert fitted_attributes(trained, estimate_gain=False)["pruning_path_"].estimator is case.mlp
