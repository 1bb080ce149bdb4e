"""Tables of pruned networks and controls."""

from dataclasses import replace

import numpy as np
from helpers.study import fake_network

from skneuron.study._control_methods import CONTROLS
from skneuron.study._repair import RepairedNetwork
from skneuron.study._score_tables import (
    CONTROL_NAMES,
    REMOVAL_NAMES,
    control_rows,
    layers_text,
    removal_rows,
    repair_rows,
)


def test_removal_rows():
    rows = removal_rows(fake_network([-0.1, 0.2]))
    assert rows[1][:3] == ["whole network", "0", "95.00 %"]
    assert rows[2][1:] == ["2", "94.50 %", "-0.50", "3", "8", "0.23"]
    assert rows[3][1:4] == ["2", "92.00 %", "-3.00 ± 2.00"]
    assert len(rows) == 5  # nothing removed: no random control


def test_control_rows():
    rows = control_rows(fake_network([-0.1, 0.2]))
    assert rows == [
        ["instead of removal", "chosen", "accuracy", "change", "fixed", "broken", "p"],
        ["early stopping", "epoch 12", "97.50 %", "+2.50", "15", "2", "< 0.001"],
        ["small from scratch", "hidden (3, 2)", "90.00 %", "-5.00", "1", "26", "0.04"],
    ]


def test_every_removal_and_control_has_a_name(noisy_study):
    network = noisy_study.networks[0]
    assert [*network.removals, "repaired"] == list(REMOVAL_NAMES)
    assert list(network.controls) == list(CONTROLS) == list(CONTROL_NAMES)


def test_numbers_have_no_fixed_and_broken_samples():
    network = fake_network([-0.1, 0.2], score_name="R2")
    removal = replace(network.removals["greedy"], n_fixed=None, n_broken=None)
    network.removals = {"repaired": replace(removal, random_scores=np.empty(0))}
    assert removal_rows(network) == [
        ["on test samples", "removed", "R2", "change", "p"],
        ["whole network", "0", "0.9500", "", ""],
        ["most neurons, repaired", "2", "0.9450", "-0.0050", "0.23"],
    ]


def test_repair_rows():
    network = fake_network([-0.1, 0.2], hidden=(6, 4))
    network.repairs = [
        RepairedNetwork((3, 2), 40, 0.95, 0.94, 0.9, is_chosen=True),
        RepairedNetwork((1, 1), 1400, 0.9, 0.91, 0.5),
    ]
    assert repair_rows(network) == [
        ["neurons that stay", "parameters", "not repaired", "repaired", "change"],
        ["6 + 4", "24", "", "95.00 %", ""],
        ["3 + 2 (chosen)", "40", "90.00 %", "94.00 %", "-1.00"],
        ["1 + 1", "1,400", "50.00 %", "91.00 %", "-4.00"],
    ]
    assert layers_text((7,)) == "7"
