"""The file results.json."""

import json

from skneuron.study._control_methods import CONTROLS
from skneuron.study._held_out_evaluation import ControlResult
from skneuron.study._results_json import results_json


def test_json_of_a_noisy_study(noisy_study):
    data = json.loads(results_json(noisy_study))
    assert data["label_noise"] == 0.4
    for network, expected in zip(data["networks"], noisy_study.networks, strict=True):
        removal = network["removals"]["automatic"]
        assert removal["n_removed"] == expected.removals["automatic"].n_removed
        assert len(removal["random_test_scores"]) == 20
        assert list(network["controls"]) == list(CONTROLS)
        for name, control in network["controls"].items():
            assert ControlResult(**control) == expected.controls[name]


def test_json_holds_the_results_and_versions(digits_study):
    data = json.loads(results_json(digits_study))
    assert data["data_set"] == "digits"
    assert data["n_fit"] + data["n_validation"] == 1297
    assert {"python", "skneuron", "sklearn", "numpy", "numba"} <= set(data["versions"])
    network = data["networks"][1]
    assert network["hidden"] == [10, 6]
    assert sum(network["layers"][0][v] for v in ("rotten", "neutral", "useful")) == 10
    assert network["removals"]["greedy"]["n_removed"] <= 14
    assert len(network["removals"]["one_shot"]["random_test_scores"]) == 20
    assert len(network["path"]["test_score"]) == 15
