"""Results as text, CSV and JSON."""

import csv
import io
import json

import numpy as np
import pytest
from sklearn.utils import Bunch

from skneuron.study import _tables
from skneuron.study._control_methods import CONTROLS
from skneuron.study._held_out_evaluation import Control, RemovalResult


def fake_network(importances, layer=None, hidden=(6,)):
    importances = np.array(importances)
    n = len(importances)
    layer = np.zeros(n, dtype=int) if layer is None else np.array(layer)
    return Bunch(
        hidden=hidden,
        baseline_accuracy=0.95,
        test_importances=-importances,
        ablation=Bunch(
            layer=layer,
            index=np.arange(n),
            importances=importances,
            n_fixed=np.arange(n),
            n_broken=np.arange(n) + 1,
        ),
        removals={
            "greedy": RemovalResult(
                2, [2], 0.97, 0.945, 3, 8, 0.2265, np.array([0.9, 0.92, 0.94])
            ),
            "one_shot": RemovalResult(0, [0], 0.97, 0.95, 0, 0, 1.0, np.array([0.95, 0.95])),
        },
        controls={
            "early_stopping": Control("epoch 12", 0.5, 0.975, 15, 2, 0.0002),
            "small_from_scratch": Control("hidden (3, 2)", 0.4, 0.9, 1, 26, 0.04),
        },
    )


def test_verdicts_are_counted_by_sign_and_layer():
    network = fake_network([-0.1, 0.0, 0.2, 0.0, -0.3, 0.1], [0, 0, 0, 1, 1, 1], hidden=(3, 3))
    assert _tables.verdict_counts(network) == [
        {"layer": 0, "rotten": 1, "neutral": 1, "useful": 1},
        {"layer": 1, "rotten": 1, "neutral": 1, "useful": 1},
    ]
    assert _tables.verdict_rows(network)[2] == ["hidden layer 1", "1", "1", "1"]


def test_extreme_neurons_are_sorted_and_of_the_right_sign():
    network = fake_network([0.1, -0.2, 0.0, 0.3, -0.4, 0.3])
    rotten, useful = _tables.extreme_neurons(network, n=3)
    assert rotten.tolist() == [4, 1]
    assert useful.tolist() == [3, 5, 0]


def test_still_rotten_counts_those_that_are_so_on_test_too():
    network = fake_network([-0.1, -0.2, 0.3])
    assert _tables.still_rotten(network) == (2, 0)
    network.test_importances = np.array([-0.1, 0.0, -1.0])
    assert _tables.still_rotten(network) == (2, 1)


@pytest.mark.parametrize(
    ("p", "text"), [(1.0, "1"), (0.2265, "0.23"), (0.001, "0.001"), (0.00099, "< 0.001")]
)
def test_p_values(p, text):
    assert _tables.p_value_text(p) == text


def test_removal_rows():
    rows = _tables.removal_rows(fake_network([-0.1, 0.2]))
    assert rows[1][:3] == ["whole network", "0", "95.00 %"]
    assert rows[2][1:] == ["2", "94.50 %", "-0.50", "3", "8", "0.23"]
    assert rows[3][1:4] == ["2", "92.00 %", "-3.00 ± 2.00"]
    assert len(rows) == 5  # nothing removed: no random control


def test_control_rows():
    rows = _tables.control_rows(fake_network([-0.1, 0.2]))
    assert rows == [
        ["instead of removal", "chosen", "accuracy", "change", "fixed", "broken", "p"],
        ["early stopping", "epoch 12", "97.50 %", "+2.50", "15", "2", "< 0.001"],
        ["small from scratch", "hidden (3, 2)", "90.00 %", "-5.00", "1", "26", "0.04"],
    ]


def test_every_removal_and_control_has_a_name(noisy_study):
    network = noisy_study.networks[0]
    assert list(network.removals) == list(_tables.REMOVAL_NAMES)
    assert list(network.controls) == list(CONTROLS) == list(_tables.CONTROL_NAMES)


def test_noise_is_in_the_head_and_controls_below_the_removals(noisy_study):
    text = _tables.format_study(noisy_study)
    assert text.splitlines()[1].startswith("label noise: 40 % of the training and validation ")
    for network, section in zip(noisy_study.networks, text.split("\nhidden (")[1:], strict=True):
        parts = ["on test images  ", "automatic, honest size", "instead of removal", "dropout"]
        places = [section.index(part) for part in parts]
        assert places == sorted(places)
        control = network.controls["early_stopping"]
        line = next(li for li in section.splitlines() if "early stopping" in li)
        assert control.choice in line
        assert f"{100 * control.test_accuracy:.2f} %" in line
    assert max(map(len, text.splitlines())) <= 110


def test_columns_of_controls_end_below_each_other(noisy_study):
    lines = _tables.format_study(noisy_study).splitlines()
    starts = [i for i, line in enumerate(lines) if "instead of removal" in line]
    assert len(starts) == 2
    for start in starts:
        head, *rows = lines[start : start + 1 + len(CONTROLS)]
        for row in rows:
            assert row.index(" %") + 2 == head.index("accuracy") + len("accuracy")
            assert len(row) == len(head)


def test_clean_study_says_nothing_of_noise(digits_study):
    assert _tables.label_noise_text(digits_study) == ""
    text = _tables.format_study(digits_study)
    assert not any(word in text for word in ("noise", "automatic", "instead of removal"))
    data = json.loads(_tables.results_json(digits_study))
    assert "label_noise" not in data
    assert "controls" not in data["networks"][0]


@pytest.mark.parametrize(("noise", "text"), [(0.4, "40 %"), (0.005, "0.5 %"), (0.123, "12.3 %")])
def test_label_noise_in_per_cent(noise, text):
    assert _tables.label_noise_text(Bunch(label_noise=noise)).startswith(f"{text} of the")


def test_json_of_a_noisy_study(noisy_study):
    data = json.loads(_tables.results_json(noisy_study))
    assert data["label_noise"] == 0.4
    for network, expected in zip(data["networks"], noisy_study.networks, strict=True):
        removal = network["removals"]["automatic"]
        assert removal["n_removed"] == expected.removals["automatic"].n_removed
        assert len(removal["random_test_accuracies"]) == 20
        assert list(network["controls"]) == list(CONTROLS)
        for name, control in network["controls"].items():
            assert Control(**control) == expected.controls[name]


def test_neuron_rows_name_address_counts_and_the_effect_on_test():
    rows = _tables.neuron_rows(fake_network([-0.1, 0.25]), np.array([1]), "title")
    assert rows == [
        ["title", "importance", "fixed", "broken", "importance on test"],
        ["hidden0_neuron1", "+25.00", "1", "2", "-25.00"],
    ]


def test_columns_are_aligned():
    lines = list(_tables._aligned([["a", "b"], ["long", "1"], ["c", "234"]]))
    assert lines == ["  a        b", "  long     1", "  c      234"]


def test_text_says_what_was_judged_on_what(digits_study):
    text = _tables.format_study(digits_study)
    assert text.startswith("digits: 1,080 images to train on, 217 to judge neurons on")
    assert "hidden (12,), seed 0, 40 epochs" in text
    assert "hidden (10, 6), seed 0, 40 epochs" in text
    assert "hidden layer 1" in text
    assert "all rotten at once" in text
    assert max(map(len, text.splitlines())) <= 110


def test_csv_has_one_line_a_neuron(digits_study):
    rows = list(csv.DictReader(io.StringIO(_tables.neurons_csv(digits_study))))
    assert len(rows) == 12 + 16
    ablation = digits_study.networks[1].ablation
    second = [row for row in rows if row["hidden"] == "10-6"]
    assert [int(row["layer"]) for row in second] == ablation.layer.tolist()
    assert [int(row["n_broken"]) for row in second] == ablation.n_broken.tolist()
    assert [float(row["importance"]) for row in second] == ablation.importances.tolist()
    per_class = [float(row["importance_7"]) for row in second]
    assert per_class == ablation.class_importances[:, 7].tolist()
    tested = [float(row["test_importance"]) for row in second]
    assert tested == digits_study.networks[1].test_importances.tolist()


def test_csv_names_classes_by_their_names(digits_study):
    images = Bunch(**digits_study.images)
    images.class_names = [f"class {i}" for i in range(10)]
    study = Bunch(images=images, networks=digits_study.networks)
    header = _tables.neurons_csv(study).splitlines()[0]
    assert header.endswith("n_broken," + ",".join(
        f"importance_class {i}" for i in range(10)
    ) + ",loss_importance,loss_std,test_importance")  # fmt: skip


def test_json_holds_the_results_and_versions(digits_study):
    data = json.loads(_tables.results_json(digits_study))
    assert data["data_set"] == "digits"
    assert data["n_fit"] + data["n_validation"] == 1297
    assert {"python", "skneuron", "sklearn", "numpy", "numba"} <= set(data["versions"])
    network = data["networks"][1]
    assert network["hidden"] == [10, 6]
    assert sum(network["layers"][0][v] for v in ("rotten", "neutral", "useful")) == 10
    assert network["removals"]["greedy"]["n_removed"] <= 14
    assert len(network["removals"]["one_shot"]["random_test_accuracies"]) == 20
    assert len(network["path"]["test_accuracy"]) == 15
