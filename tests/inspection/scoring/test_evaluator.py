"""Tests of inspection._scoring._evaluator: evaluators of networks without single neurons."""

import functools
import re

import joblib
import numpy as np
import pandas as pd
import pytest
from helpers import oracle
from helpers.evaluations import plain, removal_scores_of
from helpers.leaves import n_compiled
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

from skneuron.inspection._scoring import _evaluator, _wanted_sums
from skneuron.inspection._scoring._evaluator import RemovalScores, check_one_scorer
from skneuron.kernels.ablation.sweep import ablate_each_neuron
from skneuron.surgery._network import Network
from skneuron.surgery._replacement import LayerReplacement, layer_replacements


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
    monkeypatch.setattr(_wanted_sums, "CONFUSION_BYTES", 4 * 4 * 16 - 1)
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
    # Samples that no neuron is active for are ties: of sums that are exact, on every processor.
    has_ties = activation == "relu" and scoring.startswith(("roc_auc", "average_precision"))
    case = make(kind, (3, 2, 4), activation, n=60, dyadic=has_ties)
    rng = np.random.default_rng(0)
    constants = [rng.normal(size=n) for n in (3, 2, 4)]
    replacements = [LayerReplacement(np.round(c * 4) / 4 if has_ties else c) for c in constants]
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


def test_read_only_weights_do_not_compile_again():
    case, weight = make(), np.ones(40)
    removal_scores_of(case, sample_weight=weight)
    before = n_compiled(ablate_each_neuron)
    weight.flags.writeable = False
    removal_scores_of(case, sample_weight=weight)
    assert n_compiled(ablate_each_neuron) == before


@pytest.mark.parametrize("kind", ["multilabel", "multioutput"])
def test_targets_of_data_frames_do_not_compile_again(kind):
    case = make(kind)
    expected = removal_scores_of(case)
    before = n_compiled(ablate_each_neuron)
    case.y = pd.DataFrame(case.y)
    assert_array_equal(removal_scores_of(case).scores, expected.scores)
    assert n_compiled(ablate_each_neuron) == before


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
