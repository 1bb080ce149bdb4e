"""Tests of skneuron.inspection._ablation._html: what a notebook shows."""

import re

import numpy as np
import pytest
from helpers.html_tables import Table
from helpers.networks import make

from skneuron import NeuronAblation, neuron_ablation
from skneuron.inspection._ablation._html import ablation_html
from skneuron.plotting import _style


def ablation_of(importances, **columns):
    importances = np.array(importances, dtype=float)
    n = len(importances)
    return NeuronAblation(
        layer=np.arange(n) // 10, index=np.arange(n) % 10, importances=importances,
        baseline_score=0.875, scores=0.875 - importances, **columns,
    )  # fmt: skip


def test_a_few_neurons_are_all_shown_by_importance():
    ablation = ablation_of(
        [0.02, -0.1, 0.0, 0.25], n_fixed=np.arange(4), n_broken=np.arange(4) * 2
    )
    table = Table(ablation_html(ablation))
    assert table.rows == [
        ["layer", "index", "name", "importance", "", "fixed", "broken"],
        ["0", "1", "hidden0_neuron1", "-0.1", "", "1", "2"],
        ["0", "2", "hidden0_neuron2", "+0", "", "2", "4"],
        ["0", "0", "hidden0_neuron0", "+0.02", "", "0", "0"],
        ["0", "3", "hidden0_neuron3", "+0.25", "", "3", "6"],
    ]
    assert table.widths == [32, 0, 6, 80]
    assert table.code == repr(ablation)


@pytest.mark.parametrize(("n", "n_rows"), [(10, 10), (11, 11), (40, 11)])
def test_of_many_neurons_the_most_rotten_and_the_most_useful_are_shown(n, n_rows):
    importances = np.random.default_rng(0).permutation(np.arange(n)) - n / 2
    table = Table(ablation_html(ablation_of(importances)))
    rows = table.rows[1:]
    assert len(rows) == n_rows
    shown = [float(row[3]) for row in rows if row[3] != "…"]
    expected = sorted(importances)
    assert shown == (expected if n == 10 else expected[:5] + expected[-5:])
    if n > 10:
        assert rows[5] == ["…"] * 5
    assert {len(row) for row in table.rows} == {5}


def test_without_counts_there_are_no_columns_for_them():
    table = Table(ablation_html(ablation_of([0.1])))
    assert table.rows[0] == ["layer", "index", "name", "importance", ""]


def test_means_of_counts_are_shown_as_such():
    counts = {"n_fixed": np.array([1.5]), "n_broken": np.array([0.2])}
    table = Table(ablation_html(ablation_of([0.1], **counts)))
    assert table.rows[1][5:] == ["1.5", "0.2"]


def test_no_neurons():
    table = Table(ablation_html(ablation_of([])))
    assert table.rows == [["layer", "index", "name", "importance", ""]]
    assert "n_neurons=0" in table.code


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_importances_that_are_no_numbers_are_left_out(bad):
    table = Table(ablation_html(ablation_of([0.1, bad, -0.3, bad])))
    assert [row[1] for row in table.rows[1:]] == ["2", "0"]
    assert table.widths == [80, 27]
    assert "n_neurons=4" in table.code
    assert Table(ablation_html(ablation_of([bad, bad]))).rows[1:] == []


def test_neutral_neurons_have_bars_of_no_width():
    assert Table(ablation_html(ablation_of([0.0, 0.0]))).widths == [0, 0]


def test_signs_have_colors():
    page = ablation_html(ablation_of([-1, 0, 1]))
    colors = re.findall(r"background:(#\w+)", page)
    assert colors == [_style.ROTTEN, _style.NEUTRAL, _style.USEFUL]


def test_everything_is_escaped():
    class Angry(NeuronAblation):
        def __repr__(self):
            return "<script>alert('&')</script>"

    page = ablation_html(Angry(**ablation_of([0.1])))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert Table(page).code == "<script>alert('&')</script>"


@pytest.mark.parametrize("kind", ["strings", "regression", "multilabel"])
@pytest.mark.parametrize("replacement", ["zero", "resample"])
def test_notebooks_show_it(kind, replacement):
    case = make(kind, (4, 3))
    ablation = neuron_ablation(case.mlp, case.X, case.y, replacement=replacement)
    page = ablation._repr_html_()
    assert page == ablation_html(ablation)
    assert len(Table(page).rows) == 8
