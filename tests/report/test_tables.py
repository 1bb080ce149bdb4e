"""Rows of tables: the main figure beside the name."""

import numpy as np
import pytest
from helpers.report import R2, comparison, network, with_verdicts

import skneuron.study
from skneuron.report._tables import comparison_rows, layer_rows, p_value_text, summary_rows


@pytest.mark.parametrize(
    ("p", "text"),
    [(1.0, "1"), (0.2265, "0.23"), (0.001, "0.001"), (0.00099, "< 0.001"), (np.nan, "–")],
)
def test_p_values(p, text):
    assert p_value_text(p) == text


def test_a_study_writes_them_the_same_way():
    assert skneuron.study._score_tables.p_value_text is p_value_text


def test_comparisons():
    together = comparison(-0.19, 0.03, 40, name="all rotten ones at once", score=0.76)
    rows = comparison_rows(network(chosen=comparison(note="at random: 90 %"), together=together))
    assert rows[0] == [
        "network", "change, points", "95 % interval", "accuracy", "neurons removed", "fixed",
        "broken", "p",
    ]  # fmt: skip
    assert rows[1][:5] == ["whole", "–", "", "95.0 %", "0"]
    assert rows[2] == ["pruned", "+0.2", "−0.8 to 1.2", "95.2 %", "10", "5", "3", "0.7"]
    assert rows[3] == ["at random: 90 %", *[""] * 7]
    assert rows[4][:2] == ["all rotten ones at once", "−19.0"]
    assert len({len(row) for row in rows}) == 1


def test_a_regression_has_no_counts():
    chosen = comparison(n_fixed=None, n_broken=None)
    rows = comparison_rows(network(score_words=R2, chosen=chosen))
    assert rows[0] == [
        "network",
        "change, R²",
        "95 % interval",
        "R²",
        "neurons removed",
        "p",
    ]
    assert {len(row) for row in rows} == {6}
    assert rows[2][1:4] == ["+0.002", "−0.008 to 0.012", "0.952"]


def test_of_a_network_that_lost_nothing_there_is_nothing_to_test():
    contents = network(chosen=comparison(0.0, 0.01, 0, n_fixed=0, n_broken=0, p_value=1.0))
    assert comparison_rows(contents)[2] == ["pruned", "0.0", "", "95.0 %", "0", "", "", ""]
    assert summary_rows([contents, contents])[1][1:5] == ["0.0", "", "95.0 %", "0 of 6"]


def test_nothing_to_compare():
    assert comparison_rows(network()) == []


def test_layers():
    contents = with_verdicts(network((3, 2)), rotten=[0], useful=[3, 4])
    assert layer_rows(contents) == [
        ["neurons of the", "rotten", "undecided", "useful", "all"],
        ["first hidden layer (hidden0)", "1", "2", "0", "3"],
        ["second hidden layer (hidden1)", "0", "0", "2", "2"],
    ]


def test_a_summary_has_a_mean_over_seeds():
    networks = [
        network((6,), seed=0, chosen=comparison(-0.004, 0.01, 1)),
        network((4, 2), seed=0, chosen=comparison(0.0, 0.01, 2)),
        network((6,), seed=1, chosen=comparison(0.002, 0.01, 3), test_score=0.97),
    ]
    rows = summary_rows(networks)
    assert [row[0] for row in rows[1:]] == [
        "One hidden layer of 6 neurons, seed 0",
        "One hidden layer of 6 neurons, seed 1",
        "mean of 2 seeds: one hidden layer of 6 neurons",
        "Two hidden layers of 4 and 2 neurons, seed 0",
    ]
    assert rows[1][1:] == ["−0.4", "−1.4 to 0.6", "95.0 %", "1 of 6", "0", "0"]
    assert rows[3][1:] == ["−0.1", "seeds: −0.4 to 0.2", "96.0 %", "1 to 3", "0", "0"]


def test_a_network_alone_needs_no_summary():
    assert summary_rows([network()]) == []


def test_networks_that_lost_nothing():
    rows = summary_rows([network(), network()])
    assert rows[1][1:5] == ["–", "", "95.0 %", "0"]
    assert rows[3][1:5] == ["–", "", "95.0 %", "0"]
