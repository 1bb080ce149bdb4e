"""Tests of neuron_ablation: against the oracle, scikit-learn, and for its invariant."""

import numpy as np
import pytest
from helpers import oracle
from helpers.ablations import assert_is_the_oracles, each_replacement, options_for
from helpers.networks import KINDS, REGRESSIONS, SINGLE_LABEL, cases, deterministic, make
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import metrics
from sklearn.metrics import r2_score

from skneuron import neuron_ablation, prune_neurons


def for_the_oracle(case, replacement):
    return {
        "X_ref": None if replacement == "zero" else case.X_ref,
        "linear": replacement == "linear",
    }


def assert_losses_are_the_oracles(ablation, expected, tolerance):
    assert_allclose(ablation.baseline_loss, expected.baseline, rtol=1e-10)
    assert_allclose(ablation.loss_importances, expected.means, rtol=tolerance, atol=tolerance)
    assert_allclose(ablation.loss_std, expected.stds, rtol=tolerance, atol=tolerance)


def losses_tolerance(case, replacement):
    # Collinear neurons, as without a curve, leave the coefficients determined to half the digits.
    return (
        1e-6 if replacement == "linear" and case.mlp.activation in ("identity", "relu") else 1e-9
    )


def loss_by_sklearn(kind, mlp, X, y, weight=None):
    """The loss whose changes are reported, from scikit-learn's metrics and predictions."""
    if kind == "multilabel":
        p = mlp.predict_proba(X)
        columns = zip(y.T, p.T, strict=True)
        return sum(metrics.log_loss(t, q, sample_weight=weight, labels=[0, 1]) for t, q in columns)
    if kind in SINGLE_LABEL:
        p = mlp.predict_proba(X)
        return metrics.log_loss(y, p, sample_weight=weight, labels=mlp.classes_)
    metric = metrics.mean_poisson_deviance if kind == "poisson" else metrics.mean_squared_error
    return metric(y, mlp.predict(X), sample_weight=weight)


replacements = st.sampled_from(["zero", "mean", "linear"])


# ---- against the oracle


@deterministic(max_examples=120)
@given(
    cases([*SINGLE_LABEL, "single class"]),
    replacements,
    st.booleans(),
    st.sampled_from([None, 0, -1]),
)
def test_single_label_classifiers_match_the_oracle(case, replacement, weighted, layers):
    weight = np.random.default_rng(1).random(len(case.y)) if weighted else None
    ablation = neuron_ablation(
        case.mlp, case.X, case.y, layers=layers, sample_weight=weight,
        **options_for(case, replacement),
    )  # fmt: skip
    last = len(case.net.sizes) - 1
    chosen = {None: range(last + 1), 0: [0], -1: [last]}[layers]
    arguments = {
        "classes": case.classes,
        "weight": weight,
        "neurons": [neuron for neuron in case.net.neurons if neuron[0] in chosen],
        **for_the_oracle(case, replacement),
    }
    assert_is_the_oracles(ablation, oracle.ablation(case.net, case.X, case.y, **arguments))
    assert_losses_are_the_oracles(
        ablation,
        oracle.loss_changes(case.net, case.X, case.y, **arguments),
        losses_tolerance(case, replacement),
    )
    assert_array_equal(ablation.classes, case.classes)


@deterministic(max_examples=50)
@given(
    case=st.one_of(
        cases(SINGLE_LABEL, dyadic=True, activation=activation, dtype=np.float32)
        for activation in ("relu", "identity")
    ),
    replacement=st.sampled_from(["zero", "mean"]),
)
def test_ties_in_float32_match_the_oracle(case, replacement):
    # Few bits a weight: float32 is exact here, so that even a tie must be decided alike.
    ablation = neuron_ablation(case.mlp, case.X, case.y, **options_for(case, replacement))
    X_ref = for_the_oracle(case, replacement)["X_ref"]
    expected = oracle.ablation(case.net, case.X, case.y, case.classes, X_ref=X_ref)
    assert_is_the_oracles(ablation, expected)


@deterministic(max_examples=80)
@given(cases([*REGRESSIONS, "multilabel"]), replacements, st.booleans())
def test_other_networks_match_the_oracle(case, replacement, weighted):
    weight = np.random.default_rng(1).random(len(case.y)) if weighted else None
    options = options_for(case, replacement)
    ablation = neuron_ablation(case.mlp, case.X, case.y, sample_weight=weight, **options)
    multilabel = case.y.dtype.kind != "f"

    def score(out):
        if multilabel:
            right = (out > 0.5).astype(int)
            return metrics.accuracy_score(case.y, right, sample_weight=weight)
        return r2_score(case.y, out, sample_weight=weight)

    like = for_the_oracle(case, replacement)
    full = oracle.output(case.net, case.X)
    without = [
        oracle.output(case.net, case.X, oracle.gone(case.net, [neuron], **like))
        for neuron in case.net.neurons
    ]
    tolerance = losses_tolerance(case, replacement)
    assert_allclose(ablation.baseline_score, score(full), rtol=1e-9, atol=1e-12)
    assert_allclose(ablation.scores, [score(out) for out in without], rtol=tolerance, atol=1e-9)
    assert_array_equal(ablation.importances, ablation.baseline_score - ablation.scores)
    expected = oracle.loss_changes(
        case.net, case.X, case.y, case.classes if multilabel else None, weight, **like
    )
    assert_losses_are_the_oracles(ablation, expected, tolerance)
    if multilabel:
        before = (case.y == (full > 0.5)).all(axis=1)
        after = [(case.y == (out > 0.5)).all(axis=1) for out in without]
        assert ablation.n_fixed.tolist() == [int((~before & right).sum()) for right in after]
        assert ablation.n_broken.tolist() == [int((before & ~right).sum()) for right in after]


COMMON = {"layer", "index", "baseline_score", "scores", "importances", "n_samples"}


COMMON |= {"default_test", "loss_importances", "loss_std", "baseline_loss"}


COUNTS = {"n_fixed", "n_broken"}


PER_CLASS = {"class_importances", "classes", "confusion_matrix", "confusion_matrices"}


@pytest.mark.parametrize("kind", KINDS)
def test_fields(kind):
    case = make(kind, (4, 3))
    ablation = neuron_ablation(case.mlp, case.X, case.y)
    of_kind = COUNTS if kind == "multilabel" else COUNTS | PER_CLASS
    of_kind = set() if kind in REGRESSIONS else of_kind
    assert set(ablation) == COMMON | of_kind
    assert ablation.n_samples == 40
    resampled = neuron_ablation(case.mlp, case.X, case.y, replacement="resample", n_repeats=2)
    assert set(resampled) == COMMON | of_kind | {"importances_std", "repeats", "n_repeats"}


# ---- the invariant: analysis tells what surgery does


@each_replacement
@pytest.mark.parametrize(
    ("hidden", "activation", "ours"),
    [((5,), "relu", False), ((4, 3), "tanh", True), ((3, 2, 3), "logistic", False)],
)
@pytest.mark.parametrize("kind", KINDS)
def test_analysis_is_what_surgery_does(kind, ours, hidden, activation, replacement):
    case = make(kind, hidden, activation, n=60, ours=ours)
    options = options_for(case, replacement)
    ablation = neuron_ablation(case.mlp, case.X, case.y, **options)
    before = loss_by_sklearn(kind, case.mlp, case.X, case.y)
    assert_allclose(ablation.baseline_loss, before, rtol=1e-11)
    for at, neuron in enumerate(case.net.neurons):
        pruned = prune_neurons(case.mlp, [neuron], replacement=replacement, X=options["X_ref"])
        predicted = pruned.predict(case.X)
        rise = loss_by_sklearn(kind, pruned, case.X, case.y) - before
        assert_allclose(ablation.loss_importances[at], rise, rtol=1e-9, atol=1e-12)
        # Sample for sample: the ablated network is never wrong about what the pruned one says.
        if kind not in REGRESSIONS:
            assert ablation.scores[at] == pruned.score(case.X, case.y)
            assert neuron_ablation(case.mlp, case.X, predicted, **options).scores[at] == 1
        else:
            assert_allclose(ablation.scores[at], pruned.score(case.X, case.y), rtol=1e-10)
            errors = neuron_ablation(
                case.mlp, case.X, predicted, scoring="neg_mean_absolute_error", **options
            )
            assert_allclose(errors.scores[at], 0, atol=1e-12)
        if kind in SINGLE_LABEL:
            matrix = metrics.confusion_matrix(case.y, predicted, labels=case.classes)
            assert_array_equal(ablation.confusion_matrices[at], matrix)


@each_replacement
@pytest.mark.parametrize("kind", ["multiclass", "multilabel", "regression", "poisson"])
def test_analysis_is_what_surgery_does_in_float32(kind, replacement):
    case = make(kind, (4, 3), n=200, dtype=np.float32)
    options = options_for(case, replacement)
    ablation = neuron_ablation(case.mlp, case.X, case.y, **options)
    before = loss_by_sklearn(kind, case.mlp, case.X, case.y)
    for at, neuron in enumerate(case.net.neurons):
        pruned = prune_neurons(case.mlp, [neuron], replacement=replacement, X=options["X_ref"])
        assert_allclose(ablation.scores[at], pruned.score(case.X, case.y), rtol=1e-5)
        rise = loss_by_sklearn(kind, pruned, case.X, case.y) - before
        assert_allclose(ablation.loss_importances[at], rise, rtol=1e-4, atol=1e-5)


@each_replacement
@pytest.mark.parametrize("kind", KINDS)
def test_analysis_is_what_surgery_does_with_weights(kind, replacement):
    case = make(kind, (4, 3), "tanh", n=60)
    weight = np.random.default_rng(0).integers(0, 3, 60) * 0.7  # and zero for every third row
    options = options_for(case, replacement)
    ablation = neuron_ablation(case.mlp, case.X, case.y, sample_weight=weight, **options)
    before = loss_by_sklearn(kind, case.mlp, case.X, case.y, weight)
    for at, neuron in enumerate(case.net.neurons):
        pruned = prune_neurons(case.mlp, [neuron], replacement=replacement, X=options["X_ref"])
        score = pruned.score(case.X, case.y, weight)
        assert_allclose(ablation.scores[at], score, rtol=1e-10)
        rise = loss_by_sklearn(kind, pruned, case.X, case.y, weight) - before
        assert_allclose(ablation.loss_importances[at], rise, rtol=1e-9, atol=1e-12)
        if kind in SINGLE_LABEL:
            matrix = metrics.confusion_matrix(
                case.y, pruned.predict(case.X), labels=case.classes, sample_weight=weight
            )
            assert_allclose(ablation.confusion_matrices[at], matrix, rtol=1e-12, atol=1e-12)
