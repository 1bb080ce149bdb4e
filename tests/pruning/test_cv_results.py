"""`cv_results_` of a search, as a table and a page."""

import pickle
import sys

import numpy as np
import pandas as pd
import pytest
from helpers.html_tables import Table
from helpers.networks import make
from sklearn.frozen import FrozenEstimator

from skneuron import RottenNeuronPruner, RottenNeuronPrunerCV
from skneuron.pruning._cv_results import CVResults


@pytest.fixture(scope="module")
def search():
    case = make("multiclass", (6,), n=80)
    pruner = RottenNeuronPruner(FrozenEstimator(case.mlp), cv="prefit", estimate_gain=False)
    search = RottenNeuronPrunerCV(pruner, thresholds=[-np.inf, 0.0, "median"], cv=2)
    return search.fit(case.X, case.y)


def test_it_is_a_dict_of_columns(search):
    results = search.cv_results_
    assert isinstance(results, dict)
    assert type(results) is CVResults
    assert results["mean_test_score"] is results.mean_test_score
    frame = results.to_frame()
    pd.testing.assert_frame_equal(frame, pd.DataFrame(dict(results)))
    assert frame["param_threshold"].tolist() == [-np.inf, 0.0, "median"]
    assert frame["mean_n_neurons"][0] == 6


def test_a_page_has_what_readers_look_at(search):
    results = search.cv_results_
    table = Table(results._repr_html_())
    assert table.rows[0] == [
        "param_threshold", "mean_test_score", "std_test_score", "mean_n_neurons",
        "rank_test_score",
    ]  # fmt: skip
    assert [row[0] for row in table.rows[1:]] == ["-inf", "0", "median"]
    assert [row[3] for row in table.rows[1:]] == [f"{n:.4g}" for n in results.mean_n_neurons]


def test_a_text(search):
    best = search.best_score_
    assert repr(search.cv_results_) == (
        f"CVResults(3 candidates for threshold, highest mean_test_score={best:.4g} with "
        f"threshold={search.best_params_['threshold']!r})"
    )


def test_sizes_of_layers_are_candidates_as_well():
    case = make("multiclass", (5, 4), n=80)
    pruner = RottenNeuronPruner(FrozenEstimator(case.mlp), cv="prefit", estimate_gain=False)
    search = RottenNeuronPrunerCV(pruner, n_neurons_to_select=[[2, 2], 3], cv=2)
    results = search.fit(case.X, case.y).cv_results_
    assert "n_neurons_to_select=" in repr(results)
    assert [row[0] for row in Table(results._repr_html_()).rows[1:]] == ["[2, 2]", "3"]
    assert len(results.to_frame()) == 2


def test_it_is_saved_with_the_search(search):
    loaded = pickle.loads(pickle.dumps(search)).cv_results_
    assert type(loaded) is CVResults
    assert loaded._repr_html_() == search.cv_results_._repr_html_()


def test_without_pandas(search, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"CVResults\.to_frame needs pandas"):
        search.cv_results_.to_frame()
