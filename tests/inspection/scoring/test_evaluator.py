"""Tests of inspection._scoring._evaluator: evaluators of networks without single neurons."""

import functools
import re

import joblib
import numpy as np
import pandas as pd
import pytest
from helpers import oracle
from helpers.networks import KINDS, REGRESSIONS, SINGLE_LABEL, cases, deterministic, make
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context, get_config
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    get_scorer,
    log_loss,
    make_scorer,
    r2_score,
)

from skneuron.inspection._scoring import _evaluator, _sweep
from skneuron.inspection._scoring._evaluator import RemovalScores, check_one_scorer, evaluator_for
from skneuron.kernels.ablation.sweep import ablate_each_neuron
from skneuron.surgery._network import Network
from skneuron.surgery._replacement import LayerReplacement, layer_replacements


def removal_scores_of(case, ablated=None, replacements=None, scores_only=False, **options):
    network = Network.from_mlp(case.mlp)
    ablated = np.full(sum(network.hidden_layer_sizes), True) if ablated is None else ablated
    if replacements is None:
        replacements = layer_replacements(network, "zero", None)
    return evaluator_for(case.mlp, case.X, case.y, **options)(
        network, replacements, ablated, scores_only=scores_only
    )


def plain(name):
    """A scorer that scikit-learn does not know as one of its own."""
    scorer = get_scorer(name)
    return lambda *args, **weights: scorer(*args, **weights)


@pytest.fixture
def calls(monkeypatch):
    """The names of the scorers for which outputs were computed."""
    seen = []
    original = _evaluator.scores_from_outputs

    def scores_from_outputs(scorers, *args, **options):
        seen.extend(scorers)
        return original(scorers, *args, **options)

    monkeypatch.setattr(_evaluator, "scores_from_outputs", scores_from_outputs)
    return seen


# ---- which way scores come


@pytest.mark.parametrize("kind", KINDS)
def test_usual_scores_come_from_one_pass(kind, calls):
    case = make(kind)
    scorings = [None, *(["r2"] if kind in REGRESSIONS else ["accuracy"])]
    if kind in SINGLE_LABEL:
        scorings += ["balanced_accuracy", "neg_log_loss", "f1_macro", ["accuracy", "f1_micro"]]
    for scoring in scorings:
        removal_scores_of(case, scoring=scoring)
    assert calls == []


def test_other_scores_come_from_outputs(calls):
    case = make("multiclass")
    scoring = ["accuracy", "roc_auc_ovr", "f1_macro", "top_k_accuracy"]
    removal_scores_of(case, scoring=scoring)
    assert sorted(calls) == ["roc_auc_ovr", "top_k_accuracy"]


def test_scores_of_confusion_matrices_that_do_not_fit_come_from_outputs(calls, monkeypatch):
    case = make("multiclass")
    expected = removal_scores_of(case, scoring="balanced_accuracy")
    assert calls == []
    monkeypatch.setattr(_sweep, "CONFUSION_BYTES", 4 * 4 * 16 - 1)
    removal_scores = removal_scores_of(case, scoring="balanced_accuracy")
    assert calls == ["score"]
    assert_allclose(removal_scores.scores, expected.scores, rtol=1e-13)
    assert "confusion_matrices" not in removal_scores.columns
    assert "confusion_matrix" not in removal_scores.facts
    assert_array_equal(removal_scores.columns["n_fixed"], expected.columns["n_fixed"])
    assert_array_equal(
        removal_scores_of(case).scores, removal_scores_of(case, scoring=plain("accuracy")).scores
    )


@pytest.mark.parametrize("kind", KINDS)
def test_networks_are_scored_with_their_own_score(kind):
    case = make(kind)
    removal_scores = removal_scores_of(case)
    assert type(removal_scores) is RemovalScores
    assert_allclose(removal_scores.baseline_score, case.mlp.score(case.X, case.y), rtol=1e-13)
    assert_array_equal(
        removal_scores.importances, removal_scores.baseline_score - removal_scores.scores
    )


def test_evaluators_leave_the_network_alone():
    case = make("regression")
    case.X = pd.DataFrame(case.X, columns=["a", "b", "c"])
    case.mlp.feature_names_in_ = np.array(["a", "b", "c"], dtype=object)
    before = joblib.hash(case.mlp)
    removal_scores_of(case)
    removal_scores_of(case, scoring="neg_mean_absolute_error")
    assert joblib.hash(case.mlp) == before


# ---- lean evaluations


@pytest.mark.parametrize("scoring", [None, "accuracy", ["accuracy"]])
@pytest.mark.parametrize("kind", [*SINGLE_LABEL, "multilabel"])
def test_lean_accuracy_leaves_out_all_else(kind, scoring):
    case = make(kind, (4, 3))
    full, scores_only = (
        removal_scores_of(case, scoring=scoring, scores_only=scores_only)
        for scores_only in (False, True)
    )
    assert_array_equal(scores_only.scores, full.scores)
    assert scores_only.baseline_score == full.baseline_score
    left_out = {"loss_importances", "loss_std", "confusion_matrices"}
    assert full.columns.keys() - scores_only.columns.keys() == left_out & full.columns.keys()
    assert "loss_importances" in full.columns
    for name, column in scores_only.columns.items():
        assert_array_equal(column, full.columns[name])


@pytest.mark.parametrize("scoring", ["neg_log_loss", "f1_macro", ["accuracy", "neg_log_loss"]])
def test_lean_evaluations_keep_what_scores_need(scoring):
    case = make("multiclass", (4, 3))
    full, scores_only = (
        removal_scores_of(case, scoring=scoring, scores_only=scores_only)
        for scores_only in (False, True)
    )
    assert_array_equal(scores_only.scores, full.scores)


# ---- whichever way they come, scores are the same


@deterministic(max_examples=40)
@given(cases(SINGLE_LABEL), st.booleans(), st.sampled_from(["accuracy", "f1_macro"]))
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_scores_from_the_pass_are_those_of_the_scorer(case, weighted, scoring):
    weight = np.random.default_rng(0).random(len(case.y)) if weighted else None
    summed = removal_scores_of(case, scoring=scoring, sample_weight=weight)
    scored = removal_scores_of(case, scoring=plain(scoring), sample_weight=weight)
    assert_allclose(summed.scores, scored.scores, rtol=1e-12)
    assert_allclose(summed.baseline_score, scored.baseline_score, rtol=1e-12)
    for name, column in summed.columns.items():
        assert_array_equal(column, scored.columns[name])


SCORINGS = {
    "binary": ["balanced_accuracy", "neg_log_loss", "roc_auc", "f1", "average_precision"],
    "multiclass": ["balanced_accuracy", "neg_log_loss", "roc_auc_ovr"],
    "strings": ["balanced_accuracy", "neg_log_loss", "roc_auc_ovo"],
    "multilabel": ["accuracy", "f1_macro", "roc_auc"],
    "regression": ["r2", "neg_mean_absolute_error"],
    "multioutput": ["r2", "neg_mean_squared_error"],
    "poisson": ["r2", "neg_mean_poisson_deviance", "d2_absolute_error_score"],
}


@pytest.mark.parametrize(
    ("kind", "scoring"), [(kind, scoring) for kind in KINDS for scoring in SCORINGS[kind]]
)
@pytest.mark.parametrize(
    ("activation", "replacement"), [("relu", "random"), ("tanh", "random"), ("tanh", "linear")]
)
def test_scoring_behind_the_neuron_is_scoring_the_whole_network(
    kind, scoring, activation, replacement
):
    case = make(kind, (3, 2, 4), activation, n=60)
    rng = np.random.default_rng(0)
    replacements = [LayerReplacement(rng.normal(size=n)) for n in (3, 2, 4)]
    if replacement == "linear":
        replacements = layer_replacements(Network.from_mlp(case.mlp), "linear", case.X_ref)
    scorer = get_scorer(scoring)
    behind = removal_scores_of(case, replacements=replacements, scoring=scorer)
    full = removal_scores_of(case, replacements=replacements, scoring=plain(scoring))
    assert full.baseline_score == scorer(case.mlp, case.X, case.y)
    assert_allclose(behind.baseline_score, full.baseline_score, rtol=1e-11)
    assert_allclose(behind.scores, full.scores, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("kind", "scoring", "metric"),
    [
        ("regression", "r2", lambda y, net, out: r2_score(y, out)),
        ("poisson", "r2", lambda y, net, out: r2_score(y, out)),
        ("multiclass", "neg_log_loss", lambda y, net, out: -log_loss(y, out)),
        ("binary", "neg_log_loss", lambda y, net, out: -log_loss(y, out)),
        (
            "multiclass",
            "balanced_accuracy",
            lambda y, classes, out: balanced_accuracy_score(y, classes[out.argmax(axis=1)]),
        ),
    ],
)
def test_scores_match_the_oracle(kind, scoring, metric):
    case = make(kind, (3, 4), "tanh", n=60)
    classes = getattr(case.mlp, "classes_", None)
    removal_scores = removal_scores_of(case, scoring=scoring)
    expected = [
        metric(case.y, classes, oracle.output(case.net, case.X, {neuron: 0}))
        for neuron in case.net.neurons
    ]
    assert_allclose(removal_scores.scores, expected, rtol=1e-10)


# ---- what effects say


@pytest.mark.parametrize(
    "scoring", ["balanced_accuracy", "roc_auc_ovr", lambda mlp, X, y: mlp.score(X, y), None]
)
def test_only_swept_neurons_are_scored(scoring):
    case = make(hidden=(3, 2, 2), n=60)
    ablated = np.array([False] * 3 + [True, False] + [False, True])
    removal_scores = removal_scores_of(case, ablated, scoring=scoring)
    everything = removal_scores_of(case, scoring=scoring)
    assert_array_equal(np.isnan(removal_scores.scores), ~ablated)
    assert_array_equal(removal_scores.scores[ablated], everything.scores[ablated])
    for name, column in removal_scores.columns.items():
        assert_array_equal(column, everything.columns[name][ablated])


@pytest.mark.parametrize("scoring", [None, "roc_auc_ovr", plain("accuracy")])
def test_no_neurons_at_all_may_be_swept(scoring):
    case = make(hidden=(3, 2), n=60)
    removal_scores = removal_scores_of(case, np.full(5, False), scoring=scoring)
    assert np.isnan(removal_scores.scores).all()
    assert removal_scores.baseline_score == removal_scores_of(case, scoring=scoring).baseline_score
    assert {len(column) for column in removal_scores.columns.values()} == {0}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("kind", "scoring"),
    [
        ("regression", "r2"), ("regression", "neg_mean_absolute_error"),
        ("binary", "neg_log_loss"), ("binary", "roc_auc"), ("multiclass", "neg_log_loss"),
        ("multilabel", "roc_auc"), ("poisson", "neg_mean_poisson_deviance"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("seed", range(3))
def test_neurons_without_effect_have_importance_zero_exactly(kind, scoring, dtype, seed):
    case = make(kind, (30, 20), "tanh", n=60, n_features=20, dtype=dtype, seed=seed)
    case.mlp.coefs_[1][4] = case.mlp.coefs_[2][7] = 0
    removal_scores = removal_scores_of(case, scoring=scoring)
    for values in (
        removal_scores.importances,
        *(removal_scores.columns[n] for n in ("loss_std",)),
    ):
        assert values[4] == values[30 + 7] == 0
    assert removal_scores.columns["loss_importances"][4] == 0
    assert np.count_nonzero(removal_scores.importances) > 20


def test_workers_have_scikit_learns_configuration():
    def configured(estimator, X, y):
        return float(get_config()["assume_finite"])

    with config_context(assume_finite=True):
        removal_scores = removal_scores_of(
            make("multiclass", (4, 3)), scoring=configured, n_jobs=2
        )
    assert removal_scores.scores.tolist() == [1.0] * 7


@pytest.mark.parametrize("found", [None, "0.5%", [0.5, 0.6]])
def test_scores_that_are_no_numbers_are_named(found):
    def unhelpful(estimator, X, y):
        return found

    with pytest.raises(TypeError, match=r"scoring=<function .*unhelpful.* which is no number"):
        removal_scores_of(make("multiclass", (4, 3)), scoring=unhelpful)


@pytest.mark.parametrize("scoring", ["acuracy", ["accuracy"], {"a": "accuracy"}])
def test_what_is_not_one_scorer(scoring):
    with pytest.raises(ValueError, match="scoring"):
        check_one_scorer(scoring)


def test_functions_without_weights():
    def plain(estimator, X, y):
        return 0.0

    def weighted(estimator, X, y, sample_weight=None):
        return 0.0

    def with_options(estimator, X, y, **options):
        return 0.0

    class Called:
        def __call__(self, estimator, X, y):
            return 0.0

    wrapped = functools.wraps(plain)(with_options)
    for scoring in (None, "accuracy", weighted, wrapped, make_scorer(accuracy_score)):
        check_one_scorer(scoring, is_weighted=True)
    for scoring in (plain, Called(), functools.partial(plain, y=0)):
        check_one_scorer(scoring)
        with pytest.raises(TypeError, match=r"scoring=.* takes no sample_weight"):
            check_one_scorer(scoring, is_weighted=True)


def test_n_jobs_does_not_change_scores():
    for case, scoring in [
        (make("regression", (5, 4)), "neg_mean_absolute_error"),
        (make("multiclass", (5, 4)), lambda mlp, X, y: mlp.score(X, y)),
        (make("regression", (1,)), "neg_median_absolute_error"),
    ]:
        one = removal_scores_of(case, scoring=scoring, n_jobs=1)
        two = removal_scores_of(case, scoring=scoring, n_jobs=2)
        assert_allclose(two.scores, one.scores, rtol=1e-13)
        assert two.baseline_score == one.baseline_score


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_scores_may_be_no_numbers(value):
    case = make(hidden=(2, 2))
    removal_scores = removal_scores_of(case, scoring=lambda mlp, X, y: value)
    assert_array_equal(removal_scores.scores, [value] * 4)
    assert_array_equal(removal_scores.baseline_score, value)


@pytest.mark.parametrize(
    ("scoring", "weight", "test"),
    [
        (None, None, "mcnemar"),
        ("accuracy", None, "mcnemar"),
        ("accuracy", np.ones(40), "loss"),
        ("balanced_accuracy", None, "loss"),
        (plain("accuracy"), None, "loss"),
    ],
)
def test_mcnemars_test_judges_accuracy_without_weights(scoring, weight, test):
    removal_scores = removal_scores_of(make(), scoring=scoring, sample_weight=weight)
    assert removal_scores.facts["default_test"] == test


def test_losses_that_differ_by_rounding_only_do_not_change():
    # A duplicate is predicted by its twin up to rounding, which is no evidence for anything.
    case = make("multiclass", (4, 3), "tanh", n=300)
    case.mlp.coefs_[0][:, 1] = case.mlp.coefs_[0][:, 2] = 1
    case.mlp.intercepts_[0][1] = case.mlp.intercepts_[0][2]
    network = Network.from_mlp(case.mlp)
    twins = np.array([[1.0, 0, 0, 0], [0, 1, -1, 0], [0, -1, 1, 0], [0, 0, 0, 1]])
    replacements = [LayerReplacement(np.zeros(4), twins), LayerReplacement(np.zeros(3), np.eye(3))]
    removal_scores = removal_scores_of(case, replacements=replacements)
    for name in ("loss_importances", "loss_std"):
        assert removal_scores.columns[name][[1, 2]].tolist() == [0, 0]
        assert (removal_scores.columns[name][[0, 3]] != 0).all()
    assert network.hidden_layer_sizes == (4, 3)


def test_read_only_weights_do_not_compile_again():
    case, weight = make(), np.ones(40)
    removal_scores_of(case, sample_weight=weight)
    before = [len(getattr(twin, "signatures", ())) for twin in ablate_each_neuron]
    weight.flags.writeable = False
    removal_scores_of(case, sample_weight=weight)
    assert [len(getattr(twin, "signatures", ())) for twin in ablate_each_neuron] == before


@pytest.mark.parametrize("kind", ["multilabel", "multioutput"])
def test_targets_of_data_frames_do_not_compile_again(kind):
    case = make(kind)
    expected = removal_scores_of(case)
    before = [len(getattr(twin, "signatures", ())) for twin in ablate_each_neuron]
    case.y = pd.DataFrame(case.y)
    assert_array_equal(removal_scores_of(case).scores, expected.scores)
    assert [len(getattr(twin, "signatures", ())) for twin in ablate_each_neuron] == before


@pytest.mark.parametrize(
    ("kind", "y", "options", "message"),
    [
        ("multiclass", None, {"scoring": "unknown"}, "'scoring' parameter .* Got 'unknown'"),
        ("multiclass", None, {"scoring": 3}, r"'scoring' parameter .* Got 3 instead"),
        ("multiclass", None, {"sample_weight": np.zeros(40)}, "zero"),
        ("multiclass", None, {"sample_weight": -np.ones(40)}, "Negative values .*sample_weight"),
        ("multiclass", None, {"sample_weight": np.ones(3)}, r"sample_weight.shape == \(3,\)"),
        ("multiclass", None, {"sample_weight": np.full(40, np.nan)}, "sample_weight contains NaN"),
        ("regression", None, {"sample_weight": np.zeros(40)}, "zero"),
        ("multiclass", np.full(40, 3), {}, r"y contains labels never seen in training: \[3\]"),
        ("multilabel", np.arange(40) % 3, {}, "multilabel-indicator"),
        ("multiclass", np.ones((40, 2), int), {}, "multilabel-indicator"),
        ("regression", np.zeros((40, 2)), {}, r"y has 2 column\(s\), but .* 1 output"),
    ],
)
def test_bad_arguments_are_named(kind, y, options, message):
    case = make(kind)
    if y is not None:
        case.y = y
    with pytest.raises(ValueError, match=message):
        removal_scores_of(case, **options)


def test_scorers_errors_are_not_swallowed():
    def scoring(mlp, X, y):
        raise ZeroDivisionError("from the scorer")

    with pytest.raises(ZeroDivisionError, match=re.escape("from the scorer")):
        removal_scores_of(make(), scoring=scoring)
