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
            "data_set": study.data.name,
            "score": study.data.score_name,
            "n_fit": study.n_fit,
            "n_validation": study.n_validation,
            "n_test": study.n_test,
            "max_iter": study.max_iter,
            **({"target": study.data.target} if study.data.target is not None else {}),
            **({"label_noise": study.label_noise} if study.label_noise else {}),
            **({"refit": study.refit} if study.refit is not None else {}),
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
        "validation_score": network.ablation.baseline_score,
        "test_score": network.baseline_score,
        "layers": layer_counts(network),
        "n_rotten": n_rotten,
        "n_rotten_on_test_too": n_still,
        "removals": {
            name: {
                "n_removed": removal.n_removed,
                "removed_per_layer": removal.removed_per_layer,
                "validation_score": removal.validation_score,
                "test_score": removal.test_score,
                "n_fixed": removal.n_fixed,
                "n_broken": removal.n_broken,
                "p_value": removal.p_value,
                "random_test_scores": removal.random_scores.tolist(),
            }
            for name, removal in network.removals.items()
        },
        **({"repairs": [asdict(one) for one in network.repairs]} if network.repairs else {}),
        **({"controls": _controls_data(network)} if network.controls else {}),
        "path": {name: values.tolist() for name, values in network.path.items()},
    }


def _controls_data(network: NetworkStudy) -> dict[str, Any]:
    return {name: asdict(control) for name, control in network.controls.items()}
