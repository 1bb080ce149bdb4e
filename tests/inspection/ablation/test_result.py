"""Tests of NeuronAblation: what neuron_ablation returns, as a table, a text and verdicts."""

import copy
import pickle
import sys

import joblib
import numpy as np
import pytest
from helpers.networks import KINDS, REGRESSIONS, make
from helpers.results import assert_declared
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from sklearn.utils import Bunch

from skneuron import NeuronAblation, neuron_ablation, prune_neurons
from skneuron.inspection._ablation._result import as_ablation
from skneuron.inspection._scoring._evaluator import RemovalScores


def ablation_of(kind="multiclass", hidden=(4, 3), **options):
    case = make(kind, hidden, n=60)
    options = {"random_state": 0} | options
    return neuron_ablation(case.mlp, case.X, case.y, **options)


# ---- as_ablation


def test_only_ablated_neurons_have_entries():
    removal_scores = RemovalScores(
        0.5,
        np.array([0.25, np.nan, 0.75, np.nan, 0.5]),
        {"n_fixed": np.array([1, 2, 3]), "class_importances": np.zeros((3, 2))},
        {"n_samples": 4},
    )
    ablated = np.array([True, False, True, False, True])
    ablation = as_ablation(removal_scores, (2, 3), ablated, np.array(["a", "b"]))
    assert type(ablation) is NeuronAblation
    assert isinstance(ablation, Bunch)
    assert ablation.layer.tolist() == [0, 1, 1]
    assert ablation.index.tolist() == [0, 0, 2]
    assert ablation.scores.tolist() == [0.25, 0.75, 0.5]
    assert ablation.importances.tolist() == [0.25, -0.25, 0]
    assert ablation.n_fixed.tolist() == [1, 2, 3]
    assert ablation.n_samples == 4
    assert ablation.classes.tolist() == ["a", "b"]


def test_without_class_importances_there_are_no_classes():
    removal_scores = RemovalScores(0.5, np.array([0.25]))
    ablation = as_ablation(removal_scores, (1,), np.array([True]), np.array([0, 1]))
    assert "classes" not in ablation
    assert set(ablation) == {"layer", "index", "baseline_score", "scores", "importances"}


# ---- attributes


def test_every_entry_is_declared_and_every_declaration_is_an_entry():
    found = set()
    for kind in KINDS:
        for options in ({}, {"losses": False}, {"replacement": "resample"}):
            ablation = ablation_of(kind, **options)
            assert_declared(ablation)
            found |= set(ablation)
        assert_declared(ablation_of(kind).verdicts())
    assert found == set(NeuronAblation.__annotations__)


# ---- tables

FIRST = ["layer", "index", "name", "score", "importance"]
LAST = ["loss_importance", "loss_std"]
COLUMNS = {
    "strings": ["n_fixed", "n_broken", "importance_setosa", "importance_versicolor",
                "importance_virginica"],
    "binary": ["n_fixed", "n_broken", "importance_0", "importance_1"],
    "multiclass": ["n_fixed", "n_broken", "importance_-5", "importance_5", "importance_15",
                   "importance_25"],
    "multilabel": ["n_fixed", "n_broken"],
} | {kind: [] for kind in REGRESSIONS}  # fmt: skip


@pytest.mark.parametrize("replacement", ["zero", "resample"])
@pytest.mark.parametrize("kind", KINDS)
def test_columns(kind, replacement):
    ablation = ablation_of(kind, replacement=replacement)
    spread = ["importance_std"] if replacement == "resample" else []
    assert list(ablation._columns()) == FIRST + spread + COLUMNS[kind] + LAST
    assert {len(column) for column in ablation._columns().values()} == {7}
    frame = ablation.to_frame()
    assert frame.columns.tolist() == list(ablation._columns())
    for name, column in ablation._columns().items():
        assert_array_equal(frame[name], column)


def test_columns_are_the_fields():
    ablation = ablation_of("strings", replacement="resample")
    frame = ablation.to_frame()
    fields = {
        "score": "scores", "importance": "importances", "importance_std": "importances_std",
        "n_fixed": "n_fixed", "loss_importance": "loss_importances", "loss_std": "loss_std",
    }  # fmt: skip
    for column, field in fields.items():
        assert_array_equal(frame[column], ablation[field])
    assert_array_equal(frame["importance_virginica"], ablation.class_importances[:, 2])


def test_without_losses_the_rest_is_there():
    ablation = ablation_of(losses=False)
    assert list(ablation._columns()) == FIRST + COLUMNS["multiclass"]
    assert ablation.verdicts().test == "mcnemar"


def test_to_frame_without_pandas(monkeypatch):
    ablation = ablation_of()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"to_frame needs pandas: pip install"):
        ablation.to_frame()
    assert len(ablation._columns()) == 13


# ---- texts


def test_repr_counts_signs():
    ablation = ablation_of(hidden=(4,))
    ablation.importances = np.array([-0.1, 0.0, 0.0, 0.2])
    ablation.baseline_score = 0.875
    assert repr(ablation) == (
        "NeuronAblation(n_neurons=4, baseline_score=0.875, n_rotten=1, n_neutral=2, n_useful=1)"
    )


def test_repr_does_not_count_what_is_no_number():
    ablation = ablation_of(hidden=(4,))
    ablation.importances = np.full(4, np.nan)
    ablation.baseline_score = np.nan
    assert repr(ablation) == (
        "NeuronAblation(n_neurons=4, baseline_score=nan, n_rotten=0, n_neutral=0, n_useful=0)"
    )


# ---- copies


@pytest.mark.parametrize("replacement", ["zero", "resample"])
@pytest.mark.parametrize("kind", KINDS)
def test_results_can_be_pickled_and_copied(kind, replacement):
    ablation = ablation_of(kind, replacement=replacement)
    ablation.verdicts()
    for twin in (pickle.loads(pickle.dumps(ablation)), copy.deepcopy(ablation)):
        assert type(twin) is NeuronAblation
        assert twin.keys() == ablation.keys()
        for name in ablation:
            assert_array_equal(twin[name], ablation[name], err_msg=name)
        assert_array_equal(twin.verdicts().p_values, ablation.verdicts().p_values)
        assert repr(twin) == repr(ablation)


def test_results_hold_no_estimator_and_no_data():
    ablation = ablation_of("multiclass")
    case = make("multiclass", (4, 3), n=60)
    for name, value in ablation.items():
        assert isinstance(value, np.ndarray | float | int | str), name
        for other in (case.X, case.y):
            assert not np.array_equal(value, other)
    assert not np.shares_memory(ablation.scores, ablation.importances)


def test_results_are_as_they_were_after_looking_at_them():
    ablation = ablation_of("strings")
    before = joblib.hash(dict(ablation))
    ablation.verdicts()
    ablation.verdicts(test="loss")
    frame = ablation.to_frame()
    frame.loc[:, "score"] = 0.0
    ablation._repr_html_()
    assert joblib.hash(dict(ablation)) == before


# ---- verdicts


def test_auto_is_mcnemars_test_of_accuracy():
    ablation = ablation_of("multiclass")
    auto, mcnemar = ablation.verdicts(), ablation.verdicts(test="mcnemar")
    assert auto.test == "mcnemar"
    assert_array_equal(auto.p_values, mcnemar.p_values)
    assert_allclose(auto.effects, (ablation.n_broken - ablation.n_fixed) / 60)
    assert_allclose(auto.effects, ablation.importances, atol=1e-14)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("regression", {}),
        ("multiclass", {"scoring": "neg_log_loss"}),
        ("multiclass", {"scoring": "neg_log_loss", "sample_weight": np.ones(60)}),
        ("multiclass", {"scoring": "neg_log_loss", "replacement": "resample"}),
    ],
)
def test_auto_is_the_losses_test_of_losses(kind, options):
    ablation = ablation_of(kind, **options)
    auto = ablation.verdicts()
    assert auto.test == "loss"
    assert_array_equal(auto.effects, ablation.loss_importances)
    assert_array_equal(auto.p_values, ablation.verdicts(test="loss").p_values)


def test_the_losses_test_is_a_paired_t_test_of_rows():
    case = make("multiclass", (4, 3), "tanh", n=60)
    ablation = neuron_ablation(case.mlp, case.X, case.y)

    def row_losses(mlp):
        p = mlp.predict_proba(case.X)[np.arange(60), np.searchsorted(mlp.classes_, case.y)]
        return -np.log(np.clip(p, np.finfo(float).eps, 1))

    expected = [
        stats.ttest_rel(row_losses(prune_neurons(case.mlp, [neuron])), row_losses(case.mlp)).pvalue
        for neuron in case.net.neurons
    ]
    assert_allclose(ablation.verdicts(test="loss").p_values, expected, rtol=1e-9)


def test_mcnemars_test_is_about_the_counts():
    ablation = ablation_of("multiclass")
    ablation.n_fixed = np.array([30, 0, 0, 5, 0, 0, 0])
    ablation.n_broken = np.array([0, 30, 0, 5, 1, 0, 0])
    found = ablation.verdicts(method="none")
    assert found.verdict.tolist() == ["rotten", "useful", *["undecided"] * 5]
    assert found.p_values[0] < 1e-8
    assert found.p_values[2] == found.q_values[2] == 1
    assert_array_equal(found.q_values, found.p_values)


@pytest.mark.parametrize("method", ["bh", "by", "none", None])
def test_options_reach_the_test(method):
    ablation = ablation_of("multiclass")
    found = ablation.verdicts(alpha=0.2, method=method, test="loss")
    assert (found.alpha, found.method, found.test) == (0.2, method or "none", "loss")
    if method in ("bh", "by"):
        expected = stats.false_discovery_control(found.p_values, method=method)
        assert_allclose(found.q_values, expected, rtol=1e-13)
    assert_array_equal(found.verdict != "undecided", found.q_values <= 0.2)
    shapes = {found[name].shape for name in ("p_values", "effects", "min_detectable")}
    assert shapes == {(7,)}
    assert found.confidence_intervals.shape == (7, 2)


@pytest.mark.parametrize(
    ("kind", "options", "arguments", "message"),
    [
        ("regression", {}, {"test": "mcnemar"}, r"test='mcnemar' needs n_fixed and n_broken"),
        (
            "multiclass",
            {"replacement": "resample"},
            {"test": "mcnemar"},
            r"test='mcnemar' needs removals that happen or do not; with replacement='resample'",
        ),
        (
            "regression",
            {"losses": False},
            {},
            r"test='loss' needs the changes of the loss.*call neuron_ablation with losses=True",
        ),
        ("multiclass", {}, {"test": "t"}, r"test='t' is unknown; use one of \['loss', 'mcnemar"),
        ("multiclass", {}, {"alpha": 0}, r"alpha=0 must be a number between 0 and 1"),
        ("multiclass", {}, {"alpha": 1.0}, r"alpha=1.0 must be a number between 0 and 1"),
        ("multiclass", {}, {"method": "holm"}, r"method='holm' is unknown"),
    ],
)
def test_bad_arguments_are_named(kind, options, arguments, message):
    with pytest.raises(ValueError, match=message):
        ablation_of(kind, **options).verdicts(**arguments)


def test_the_verdict_on_a_neuron_without_effect_is_undecided():
    case = make("multiclass", (6, 3), n=60)
    case.mlp.coefs_[1][2] = 0
    for scoring in ("accuracy", "neg_log_loss"):
        found = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring).verdicts()
        assert found.verdict[2] == "undecided"
        assert found.p_values[2] == 1
