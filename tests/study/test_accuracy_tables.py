"""Tables of pruned networks and controls."""

from helpers.study import fake_network

from skneuron.study._accuracy_tables import (
    CONTROL_NAMES,
    REMOVAL_NAMES,
    control_rows,
    removal_rows,
)
from skneuron.study._control_methods import CONTROLS


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
    assert list(network.removals) == list(REMOVAL_NAMES)
    assert list(network.controls) == list(CONTROLS) == list(CONTROL_NAMES)
