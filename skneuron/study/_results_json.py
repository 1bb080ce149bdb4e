"""The file results.json: everything but the single neurons."""

import json
import platform
from dataclasses import asdict
from typing import Any

import joblib
import numba
import numpy as np
import scipy
import sklearn

import skneuron
from skneuron.study._experiment import Study
from skneuron.study._network_study import NetworkStudy
from skneuron.study._neuron_tables import layer_counts, still_rotten


def results_json(study: Study) -> str:
    """Everything but the single neurons, with the versions that computed it."""
    modules = (skneuron, sklearn, np, scipy, numba, joblib)
    return json.dumps(
        {
            "data_set": study.images.name,
            "n_fit": study.n_fit,
            "n_validation": study.n_validation,
            "n_test": study.n_test,
            "max_iter": study.max_iter,
            **({"label_noise": study.label_noise} if study.label_noise else {}),
            "networks": [_network_data(network) for network in study.networks],
            "versions": {"python": platform.python_version()}
            | {module.__name__: module.__version__ for module in modules},
        },
        indent=1,
    )


def _network_data(network: NetworkStudy) -> dict[str, Any]:
    n_rotten, n_still = still_rotten(network)
    return {
        "hidden": list(network.hidden),
        "seed": network.seed,
        "n_epochs": network.mlp.n_iter_,
        "validation_accuracy": network.ablation.baseline_score,
        "test_accuracy": network.baseline_accuracy,
        "layers": layer_counts(network),
        "n_rotten": n_rotten,
        "n_rotten_on_test_too": n_still,
        "removals": {
            name: {
                "n_removed": removal.n_removed,
                "removed_per_layer": removal.removed_per_layer,
                "validation_accuracy": removal.validation_accuracy,
                "test_accuracy": removal.test_accuracy,
                "n_fixed": removal.n_fixed,
                "n_broken": removal.n_broken,
                "p_value": removal.p_value,
                "random_test_accuracies": removal.random_accuracies.tolist(),
            }
            for name, removal in network.removals.items()
        },
        **({"controls": _controls_data(network)} if network.controls else {}),
        "path": {name: values.tolist() for name, values in network.path.items()},
    }


def _controls_data(network: NetworkStudy) -> dict[str, Any]:
    return {name: asdict(control) for name, control in network.controls.items()}
