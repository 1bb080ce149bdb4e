"""Tests of `skneuron.pairwise_ablation`: every pair is scored as surgery would have it."""

import numpy as np
import pytest
from helpers.networks import KINDS, REGRESSIONS, SINGLE_LABEL, cases, deterministic, make
from helpers.results import assert_declared
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import check_scoring, get_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import neuron_ablation, pairwise_ablation, prune_neurons
from skneuron.inspection._interactions import _pairs

REPLACEMENTS = ["zero", "mean", "linear"]


def surgical_scores(case, pairs, scoring, replacement, weight=None):
    """Joint importances by surgery; NaN where a layer would lose all its neurons."""
    scorer = check_scoring(case.mlp, scoring=scoring)
    options = {} if weight is None else {"sample_weight": weight}
    neurons = list(zip(pairs.layer.tolist(), pairs.index.tolist(), strict=True))
    joint = np.full((len(neurons), len(neurons)), np.nan)
    for a, first in enumerate(neurons):
        for b, second in enumerate(neurons):
            sizes = np.array(case.net.sizes)
            for layer, _ in {first, second}:
                sizes[layer] -= 1
            if sizes.min() > 0:
                smaller = prune_neurons(
                    case.mlp, [first, second], replacement=replacement, X=case.X_ref
                )
                score = scorer(smaller, case.X, case.y, **options)
                joint[a, b] = pairs.baseline_score - score
    return joint


def assert_is_surgery(case, scoring=None, replacement="zero", weight=None, **options):
    pairs = pairwise_ablation(
        case.mlp, case.X, case.y, scoring=scoring, replacement=replacement, X_ref=case.X_ref,
        sample_weight=weight, **options,
    )  # fmt: skip
    expected = surgical_scores(case, pairs, scoring, replacement, weight)
    known = ~np.isnan(expected)
    assert known.any()
    assert np.isfinite(pairs.joint_importances).all()
    assert_allclose(
        pairs.joint_importances[known], expected[known], rtol=1e-6, atol=1e-7, err_msg=scoring
    )
    return pairs


# ---- against surgery


@deterministic(max_examples=60)
@given(
    st.one_of(
        cases(KINDS, hidden=hidden, n=60, ours=False) for hidden in [(4,), (3, 3), (2, 3, 2)]
    ),
    st.sampled_from(["zero", "mean"]),
    st.booleans(),
)
def test_joint_scores_are_those_of_surgery(case, replacement, weighted):
    weight = np.random.default_rng(1).random(60) if weighted else None
    assert_is_surgery(case, replacement=replacement, weight=weight)


@pytest.mark.parametrize("hidden", [(4,), (3, 4), (3, 2, 3)])
@pytest.mark.parametrize("kind", [*SINGLE_LABEL, "regression"])
def test_linear_replacement_of_both(kind, hidden):
    case = make(kind, hidden, "tanh", n=80, n_features=6)
    case.X_ref = np.random.default_rng(3).normal(size=(60, 6))  # more rows than neurons
    assert_is_surgery(case, replacement="linear")


SCORINGS = [
    ("multiclass", "f1_macro"),  # from confusion matrices
    ("multiclass", "neg_log_loss"),  # from losses
    ("binary", "roc_auc"),  # from outputs
    ("multilabel", "accuracy"),
    ("multioutput", "neg_mean_absolute_error"),
    ("poisson", "neg_mean_poisson_deviance"),
]


@pytest.mark.parametrize(("kind", "scoring"), SCORINGS)
@pytest.mark.parametrize("hidden", [(4,), (3, 3)])
def test_any_scorer(kind, scoring, hidden):
    assert_is_surgery(make(kind, hidden, "tanh", n=60), scoring)


def test_plain_callables_are_given_whole_estimators():
    case = make(hidden=(3, 2), n=40)
    seen = []

    def score(mlp, X, y):
        seen.append([c.shape for c in mlp.coefs_])
        return mlp.score(X, y)

    pairs = pairwise_ablation(case.mlp, case.X, case.y, scoring=score)
    by_name = pairwise_ablation(case.mlp, case.X, case.y)
    assert_allclose(pairs.joint_importances, by_name.joint_importances, atol=1e-15)
    assert seen[0] == [c.shape for c in case.mlp.coefs_]


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss"])
def test_without_room_for_activations_rows_are_computed_again(monkeypatch, scoring):
    case = make(hidden=(3, 4), n=60)
    options = {"scoring": scoring, "replacement": "mean", "X_ref": case.X_ref}
    cached = pairwise_ablation(case.mlp, case.X, case.y, **options)
    monkeypatch.setattr(_pairs, "PAIRS_CACHE_BYTES", 0)
    streamed = pairwise_ablation(case.mlp, case.X, case.y, **options)
    assert_allclose(streamed.joint_importances, cached.joint_importances, atol=1e-12)


# ---- what the result is


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_structure_of_the_result(kind):
    case = make(kind, (3, 2), n=50)
    pairs = pairwise_ablation(case.mlp, case.X, case.y)
    single = neuron_ablation(case.mlp, case.X, case.y)
    assert_array_equal(pairs.layer, single.layer)
    assert_array_equal(pairs.index, single.index)
    assert pairs.baseline_score == single.baseline_score
    assert_array_equal(pairs.importances, single.importances)
    assert_array_equal(pairs.joint_importances, pairs.joint_importances.T)
    assert_array_equal(np.diag(pairs.joint_importances), single.importances)
    assert_array_equal(np.diag(pairs.interactions), 0)
    off = ~np.eye(5, dtype=bool)
    expected = pairs.joint_importances - single.importances[:, None] - single.importances
    assert_allclose(pairs.interactions[off], expected[off], atol=1e-15)


def test_copies_stand_in_for_each_other_and_opposites_cancel():
    case = make("regression", (4,), "relu", n=200)
    mlp = case.mlp
    mlp.coefs_[0][:, 1] = mlp.coefs_[0][:, 0]
    mlp.intercepts_[0][1] = mlp.intercepts_[0][0]
    mlp.coefs_[1][1] = -mlp.coefs_[1][0]
    case.y = mlp.predict(case.X)
    pairs = pairwise_ablation(mlp, case.X, case.y)
    # Alone each is missed; without both the network is the same.
    assert pairs.importances[0] > 0
    assert pairs.importances[1] > 0
    assert_allclose(pairs.joint_importances[0, 1], 0, atol=1e-12)
    assert pairs.interactions[0, 1] < 0


def test_every_entry_is_declared():
    case = make(hidden=(3, 2))
    pairs = pairwise_ablation(case.mlp, case.X, case.y)
    assert_declared(pairs)
    assert set(pairs) == set(type(pairs).__annotations__)


def test_repr_counts_pairs():
    case = make(hidden=(3, 2), n=50)
    pairs = pairwise_ablation(case.mlp, case.X, case.y)
    text = repr(pairs)
    assert text.startswith("PairwiseAblation(n_neurons=5, baseline_score=")
    assert "n_pairs=10" in text


@pytest.mark.parametrize(("layers", "n_neurons"), [(0, 3), (-1, 4), ([0, 2], 7), (None, 9)])
def test_layers(layers, n_neurons):
    case = make(hidden=(3, 2, 4), n=50)
    some = pairwise_ablation(case.mlp, case.X, case.y, layers=layers)
    everything = pairwise_ablation(case.mlp, case.X, case.y)
    at = np.flatnonzero(np.isin(everything.layer, np.unique(some.layer)))
    assert len(some.index) == n_neurons
    assert_allclose(some.joint_importances, everything.joint_importances[np.ix_(at, at)])


def test_a_single_neuron_has_no_pairs():
    case = make(hidden=(1,), n=30)
    pairs = pairwise_ablation(case.mlp, case.X, case.y)
    assert pairs.joint_importances.shape == (1, 1)
    assert_array_equal(pairs.joint_importances[0], pairs.importances)
    assert "n_pairs=0" in repr(pairs)


# ---- kinds of input


def test_estimators_around_the_network():
    case = make(hidden=(3, 2), n=50)
    plain = pairwise_ablation(case.mlp, case.X, case.y)
    scaler = StandardScaler(with_mean=False, with_std=False).fit(case.X)
    for estimator in (make_pipeline(scaler, case.mlp), FrozenEstimator(case.mlp)):
        wrapped = pairwise_ablation(estimator, case.X, case.y)
        assert_array_equal(wrapped.joint_importances, plain.joint_importances)
    by_sparse = pairwise_ablation(case.mlp, sparse.csr_matrix(case.X), case.y)
    assert_array_equal(by_sparse.joint_importances, plain.joint_importances)


def test_nothing_of_the_estimator_changes():
    case = make(hidden=(3, 2), n=50)
    before = [c.copy() for c in case.mlp.coefs_ + case.mlp.intercepts_]
    pairwise_ablation(case.mlp, case.X, case.y, replacement="linear", X_ref=case.X_ref)
    for array, copy in zip(case.mlp.coefs_ + case.mlp.intercepts_, before, strict=True):
        assert_array_equal(array, copy)


@pytest.mark.parametrize("kind", REGRESSIONS)
def test_float32(kind):
    case = make(kind, (3, 3), "tanh", n=60, dtype=np.float32)
    pairs = pairwise_ablation(case.mlp, case.X, case.y)
    expected = surgical_scores(case, pairs, None, "zero")
    assert_allclose(pairs.joint_importances, expected, rtol=1e-4, atol=1e-4)


# ---- bad input


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scoring": ["accuracy", "f1_macro"]}, "scoring=.* names several scorers"),
        ({"scoring": "unknown"}, "'scoring' parameter .* Got 'unknown'"),
        ({"replacement": "resample"}, "replacement='resample' is unknown; use one of"),
        ({"replacement": "mean"}, "replacement='mean' needs reference data: pass X_ref"),
        ({"layers": 3}, "layers=3 names hidden layer 3"),
        ({"sample_weight": np.ones(3)}, r"sample_weight.shape == \(3,\)"),
    ],
)
def test_bad_arguments_are_named(options, message):
    case = make(hidden=(3,))
    with pytest.raises(ValueError, match=message):
        pairwise_ablation(case.mlp, case.X, case.y, **options)


def test_estimators_that_do_not_fit():
    case = make(hidden=(3,))
    with pytest.raises(TypeError, match="estimator must be a fitted MLPClassifier"):
        pairwise_ablation(LogisticRegression(), case.X, case.y)
    with pytest.raises(NotFittedError):
        pairwise_ablation(type(case.mlp)(), case.X, case.y)
    with pytest.raises(ValueError, match="features"):
        pairwise_ablation(case.mlp, case.X[:, :2], case.y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss"])
@pytest.mark.parametrize("factor", [1.0, 1.0001])
def test_near_copies_predicted_from_the_others(factor, scoring, dtype):
    """Residuals of single removals are nothing but rounding there."""
    case = make("multiclass", (6,), "relu", n=300, dtype=dtype)
    case.mlp.coefs_[0][:, 1] = case.mlp.coefs_[0][:, 0] * factor
    case.mlp.intercepts_[0][1] = case.mlp.intercepts_[0][0] * factor
    options = {"replacement": "linear", "X_ref": case.X}
    pairs = pairwise_ablation(case.mlp, case.X, case.y, scoring=scoring, **options)
    pruned = prune_neurons(case.mlp, [(0, 0), (0, 1)], replacement="linear", X=case.X)
    score = get_scorer(scoring)(pruned, case.X, case.y)
    found = pairs.baseline_score - pairs.joint_importances[0, 1]
    assert_allclose(found, score, rtol=1e-5 if dtype == np.float32 else 1e-8)
