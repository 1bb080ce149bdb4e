"""Every result that is a table has a frame and a page, with the same columns."""

import pickle
import sys

import numpy as np
import pytest
from helpers.html_tables import Table
from helpers.networks import make

from skneuron import (
    criterion_rank_correlation,
    neuron_ablation,
    neuron_criterion,
    neuron_pruning_path,
    neuron_shapley,
    pairwise_ablation,
    prune_neurons,
)

CASE = make("strings", (5, 4), n=90)
ARGUMENTS = CASE.mlp, CASE.X, CASE.y
NAMES = [f"hidden0_neuron{i}" for i in range(5)] + [f"hidden1_neuron{i}" for i in range(4)]


def criteria():
    return neuron_criterion(*ARGUMENTS, criterion=["taylor2", "l1_product"])


TABLES = {
    "NeuronVerdicts": lambda: neuron_ablation(*ARGUMENTS).verdicts(),
    "PairwiseAblation": lambda: pairwise_ablation(*ARGUMENTS),
    "NeuronShapley": lambda: neuron_shapley(*ARGUMENTS, max_permutations=4, random_state=0),
    "NeuronCriteria": criteria,
    "CriterionRankCorrelation": lambda: criterion_rank_correlation(criteria()),
    "NeuronPruningPath": lambda: neuron_pruning_path(*ARGUMENTS, threshold=np.inf),
    "SizesAndScores": lambda: TABLES["NeuronPruningPath"]().pareto(CASE.X, CASE.y),
}
each_table = pytest.mark.parametrize("name", TABLES)


@each_table
def test_pages_have_the_columns_of_the_frames(name):
    result = TABLES[name]()
    frame, table = result.to_frame(), Table(result._repr_html_())
    assert type(result).__name__ == name
    heads = [head for head in table.rows[0] if head]
    assert heads == [str(column) for column in frame.columns]
    assert table.code == repr(result)
    assert table.code.startswith(f"{name}(")
    assert len(table.code) < 300
    n_rows = len(frame) if len(frame) <= 20 else 22
    assert len(table.rows) == 1 + n_rows
    assert all(len(row) == len(table.rows[0]) for row in table.rows[:20])


@each_table
def test_frames_without_pandas(name, monkeypatch):
    result = TABLES[name]()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=rf"{name}\.to_frame needs pandas: pip install"):
        result.to_frame()
    assert result._repr_html_()


@each_table
def test_copies_have_the_same_page(name):
    result = TABLES[name]()
    assert pickle.loads(pickle.dumps(result))._repr_html_() == result._repr_html_()


@pytest.mark.parametrize("name", ["NeuronVerdicts", "NeuronShapley", "NeuronCriteria"])
def test_rows_say_which_neuron_they_are_of(name):
    frame = TABLES[name]().to_frame()
    assert frame["name"].tolist() == NAMES
    assert frame["layer"].tolist() == [0] * 5 + [1] * 4
    assert frame["index"].tolist() == [*range(5), *range(4)]
    # What is printed can be used.
    assert prune_neurons(CASE.mlp, list(frame["name"][:2])).coefs_[0].shape[1] == 3


def test_verdicts():
    ablation = neuron_ablation(*ARGUMENTS, layers=1)
    for test in ("mcnemar", "loss", "score"):
        found = ablation.verdicts(alpha=0.3, test=test)
        assert found.layer is ablation.layer
        assert found.index is ablation.index
        frame = found.to_frame()
        assert frame["name"].tolist() == NAMES[5:]
        for column, entry in [
            ("verdict", found.verdict), ("effect", found.effects), ("p_value", found.p_values),
            ("q_value", found.q_values), ("min_detectable", found.min_detectable),
            ("interval_low", found.confidence_intervals[:, 0]),
            ("interval_high", found.confidence_intervals[:, 1]),
        ]:  # fmt: skip
            np.testing.assert_array_equal(frame[column], entry)
        shown = [row[3:5] for row in Table(found._repr_html_()).rows[1:]]
        order = np.argsort(found.p_values, kind="stable")
        assert [row[0] for row in shown] == found.verdict[order].tolist()
    counts = [(found.verdict == v).sum() for v in ("rotten", "useful", "undecided")]
    assert repr(found) == (
        "NeuronVerdicts(n_rotten={}, n_useful={}, n_undecided={}, alpha=0.3, method='bh', "
        "tested={!r})".format(*counts, found.tested)
    )


def test_verdicts_that_do_not_know_whose_they_are():
    """As an earlier version has saved them."""
    found = neuron_ablation(*ARGUMENTS).verdicts()
    del found["layer"], found["index"]
    assert found.to_frame().columns[0] == Table(found._repr_html_()).rows[0][0] == "verdict"


def test_pairs():
    pairs = pairwise_ablation(*ARGUMENTS)
    frame = pairs.to_frame()
    assert len(frame) == 36
    for row in frame.itertuples():
        at, other = NAMES.index(row.name), NAMES.index(row.other_name)
        assert at < other
        assert (row.layer, row.index) == (pairs.layer[at], row.index)
        assert row.joint_importance == pairs.joint_importances[at, other]
        assert row.interaction == pairs.interactions[at, other]
    shown = [row[-1] for row in Table(pairs._repr_html_()).rows[1:-1] if row[-1] != "…"]
    ordered = np.sort(frame["interaction"])[::-1]
    assert shown == [f"{x:.4g}" for x in [*ordered[:10], *ordered[-10:]]]


def test_a_page_of_rank_correlations_names_the_rows():
    result = criterion_rank_correlation({"<a>": [1, 2, 3], "b": [3, 1, 2]})
    assert Table(result._repr_html_()).rows == [
        ["", "<a>", "b"], ["<a>", "1", "-0.5"], ["b", "-0.5", "1"],
    ]  # fmt: skip
