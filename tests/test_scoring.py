"""Tests of skneuron.inspection._scoring: evaluators of networks without single neurons."""

import re

import joblib
import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import ACTIVATIONS, KINDS, REGRESSIONS, SINGLE_LABEL, cases, deterministic, make
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import balanced_accuracy_score, get_scorer, log_loss, r2_score

from skneuron._network import Network
from skneuron.inspection._scoring import (
    AccuracyEvaluator,
    ScorerEvaluator,
    checked_target,
    class_codes,
    evaluator_for,
    one_logit_per_class,
)
from skneuron.kernels.sweep import count_changes


def effects_of(case, swept=None, replacement_constants=None, **options):
    network = Network.from_mlp(case.mlp)
    n_hidden = sum(network.hidden_layer_sizes)
    swept = np.full(n_hidden, True) if swept is None else swept
    constants = np.zeros(n_hidden) if replacement_constants is None else replacement_constants
    return evaluator_for(case.mlp, case.X, case.y, **options)(network, constants, swept)


# ---- one_logit_per_class


@pytest.mark.parametrize("kind", [*SINGLE_LABEL, "single class"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_logit_per_class_predicts_as_sklearn(kind, dtype):
    case = make(kind, (4, 3), dtype=dtype, dyadic=True)  # exact arithmetic, so ties are ties
    padded = one_logit_per_class(Network.from_mlp(case.mlp), len(case.classes))
    assert padded.coefs[-1].shape == (3, len(case.classes))
    assert padded.dtype == dtype
    assert padded.coefs[-1].flags.c_contiguous
    net = oracle.Net(padded.coefs, padded.intercepts, padded.activation, "softmax")
    largest = oracle.logits(net, case.X).argmax(axis=1)
    assert_array_equal(case.classes[largest], case.mlp.predict(case.X))


def test_one_logit_per_class_on_the_decision_boundary():
    case = make("binary")
    case.mlp.coefs_[-1][:] = case.mlp.intercepts_[-1][:] = 0  # the logit is 0, a draw
    case.y[:] = case.mlp.predict(case.X)
    assert effects_of(case).baseline_score == 1


def test_one_logit_per_class_leaves_multiclass_networks_alone():
    network = Network.from_mlp(make("multiclass").mlp)
    assert one_logit_per_class(network, 4) is network


# ---- targets


@pytest.mark.parametrize(
    ("y", "classes", "codes"),
    [
        ([5, -5, 5], [-5, 5, 7], [1, 0, 1]),
        (["b", "a", "b"], ["a", "b"], [1, 0, 1]),
        (np.array(["b", "a"], dtype=object), ["a", "b"], [1, 0]),
        ([1.0, 2.0], [0, 1, 2], [1, 2]),
        ([True, False], [False, True], [1, 0]),
    ],
)
def test_class_codes(y, classes, codes):
    actual = class_codes(np.asarray(y), np.asarray(classes))
    assert actual.tolist() == codes
    assert actual.dtype == np.int32


@pytest.mark.parametrize(
    ("y", "classes", "unknown"),
    [
        ([0, 3, 2, 3], [0, 1, 2], "[3]"),
        (["a", "z"], ["a", "b"], "['z']"),
        (["1", "10"], [1, 2, 10], "['1', '10']"),
        ([1, 10], ["1", "2", "10"], "[1, 10]"),
        (list(range(10)), [0], "[1, 2, 3, 4, 5]"),
    ],
)
def test_class_codes_names_unknown_labels(y, classes, unknown):
    message = f"y contains labels never seen in training: {unknown}; the network knows {classes}"
    with pytest.raises(ValueError, match=re.escape(message)):
        class_codes(np.array(y), np.array(classes))


def test_checked_target_makes_columns_flat():
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        assert checked_target(np.zeros((2, 1)), [[1], [2]]).tolist() == [1, 2]
    assert checked_target(np.zeros((2, 1)), [[1, 0], [2, 0]]).shape == (2, 2)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "y=None: the ablation needs the true targets"),
        ([1.0, np.nan], "Input y contains NaN"),
        ([1, 2, 3], "inconsistent numbers of samples: [2, 3]"),
    ],
)
def test_checked_target_names_errors(y, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        checked_target(np.zeros((2, 1)), y)


# ---- evaluator_for


@pytest.mark.parametrize("scoring", [None, "accuracy"])
@pytest.mark.parametrize("kind", SINGLE_LABEL)
def test_accuracy_of_single_label_classifiers_is_fused(kind, scoring):
    case = make(kind)
    assert isinstance(evaluator_for(case.mlp, case.X, case.y, scoring=scoring), AccuracyEvaluator)


@pytest.mark.parametrize("kind", ["multilabel", *REGRESSIONS])
def test_other_networks_are_scored_with_their_own_score(kind):
    case = make(kind)
    evaluate = evaluator_for(case.mlp, case.X, case.y)
    assert isinstance(evaluate, ScorerEvaluator)
    effects = effects_of(case)
    assert effects.baseline_score == case.mlp.score(case.X, case.y)
    assert effects.counts == {}


def test_evaluators_leave_the_network_alone():
    case = make("regression")
    case.X = pd.DataFrame(case.X, columns=["a", "b", "c"])
    case.mlp.feature_names_in_ = np.array(["a", "b", "c"], dtype=object)
    before = joblib.hash(case.mlp)
    effects_of(case)
    assert joblib.hash(case.mlp) == before


@deterministic(max_examples=25)
@given(cases(SINGLE_LABEL), st.booleans())
def test_fused_accuracy_is_that_of_the_scorer(case, weighted):
    weight = np.random.default_rng(0).random(len(case.y)) if weighted else None
    fused = effects_of(case, scoring="accuracy", sample_weight=weight)
    scorer = get_scorer("accuracy")
    scored = effects_of(
        case, scoring=lambda *args, **kw: scorer(*args, **kw), sample_weight=weight
    )
    assert_allclose(fused.scores, scored.scores, rtol=1e-12 if weighted else 0)
    assert_allclose(fused.baseline_score, scored.baseline_score, rtol=1e-12)
    for name, column in fused.counts.items():
        assert_array_equal(column, scored.counts[name])


SCORINGS = {
    "binary": ["balanced_accuracy", "neg_log_loss", "roc_auc", "f1"],
    "multiclass": ["balanced_accuracy", "neg_log_loss"],
    "strings": ["balanced_accuracy", "neg_log_loss"],
    "multilabel": ["accuracy", "f1_macro"],
    "regression": ["r2", "neg_mean_absolute_error"],
    "multioutput": ["r2", "neg_mean_squared_error"],
    "poisson": ["r2", "neg_mean_poisson_deviance"],
}


@pytest.mark.parametrize(
    ("kind", "scoring"), [(kind, scoring) for kind in KINDS for scoring in SCORINGS[kind]]
)
@pytest.mark.parametrize("activation", ACTIVATIONS[:2])
def test_scoring_behind_the_neuron_is_scoring_the_whole_network(kind, scoring, activation):
    case = make(kind, (3, 2, 4), activation, n=60)
    constants = np.random.default_rng(0).normal(size=9)
    scorer = get_scorer(scoring)
    behind = effects_of(case, replacement_constants=constants, scoring=scorer)
    whole = effects_of(
        case, replacement_constants=constants, scoring=lambda mlp, X, y: scorer(mlp, X, y)
    )
    assert behind.baseline_score == whole.baseline_score == scorer(case.mlp, case.X, case.y)
    assert_allclose(behind.scores, whole.scores, rtol=1e-11, atol=1e-13)


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
    effects = effects_of(case, scoring=scoring)
    expected = [
        metric(case.y, classes, oracle.output(case.net, case.X, {neuron: 0}))
        for neuron in case.net.neurons
    ]
    assert_allclose(effects.scores, expected, rtol=1e-10)


@pytest.mark.parametrize("scoring", ["balanced_accuracy", lambda mlp, X, y: mlp.score(X, y), None])
def test_only_swept_neurons_are_scored(scoring):
    case = make(hidden=(3, 2, 2))
    swept = np.array([False] * 3 + [True, False] + [False, True])
    effects = effects_of(case, swept, scoring=scoring)
    assert_array_equal(np.isnan(effects.scores), ~swept)
    assert_array_equal(effects.scores[swept], effects_of(case, scoring=scoring).scores[swept])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("kind", "scoring"), [("regression", "r2"), ("binary", "neg_log_loss")])
@pytest.mark.parametrize("seed", range(3))
def test_neurons_without_effect_have_importance_zero_exactly(kind, scoring, dtype, seed):
    case = make(kind, (30, 20), "tanh", n=60, n_features=20, dtype=dtype, seed=seed)
    case.mlp.coefs_[1][4] = case.mlp.coefs_[2][7] = 0
    importances = effects_of(case, scoring=scoring).importances
    assert importances[4] == importances[30 + 7] == 0


def test_n_jobs_does_not_change_scores():
    for case, scoring in [
        (make("regression", (5, 4)), "r2"),
        (make("multiclass", (5, 4)), lambda mlp, X, y: mlp.score(X, y)),
        (make("regression", (1,)), "r2"),
    ]:
        one = effects_of(case, scoring=scoring, n_jobs=1)
        two = effects_of(case, scoring=scoring, n_jobs=2)
        assert_allclose(two.scores, one.scores, rtol=1e-13)
        assert two.baseline_score == one.baseline_score


def test_scores_may_be_nan():
    case = make(hidden=(2, 2))
    effects = effects_of(case, scoring=lambda mlp, X, y: np.nan)
    assert np.isnan(effects.scores).all()
    assert np.isnan(effects.baseline_score)


def test_read_only_weights_do_not_compile_again():
    case, weight = make(), np.ones(40)
    effects_of(case, sample_weight=weight)
    before = [len(getattr(twin, "signatures", ())) for twin in count_changes]
    weight.flags.writeable = False
    effects_of(case, sample_weight=weight)
    assert [len(getattr(twin, "signatures", ())) for twin in count_changes] == before


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
        ("regression", np.zeros((40, 2)), {}, "y_true and y_pred have different number of output"),
    ],
)
def test_bad_arguments_are_named(kind, y, options, message):
    case = make(kind)
    if y is not None:
        case.y = y
    with pytest.raises(ValueError, match=message):
        effects_of(case, **options)
