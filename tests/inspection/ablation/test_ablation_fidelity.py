"""Tests of neuron_ablation without labels: how far removals take a network from itself."""

import numpy as np
import pytest
from helpers import oracle
from helpers.ablations import assert_same, each_replacement, options_for
from helpers.drowning import INDEX, drown
from helpers.networks import KINDS, REGRESSIONS, cases, deterministic, make
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import neuron_ablation, prune_neurons
from skneuron.metrics import agreement_scorer, fidelity_scorer
from skneuron.plotting import NeuronAblationDisplay

# Kernels that run as plain Python warn of what compiled ones do in silence.
OVERFLOWS = pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
CLASSIFICATIONS = [kind for kind in KINDS if kind not in REGRESSIONS]


def classes_of(case):
    return getattr(case.mlp, "classes_", None)


def of_float32(case):
    """The same network and samples in float32, and what the oracle takes."""
    case.mlp.coefs_ = [W.astype(np.float32) for W in case.mlp.coefs_]
    case.mlp.intercepts_ = [b.astype(np.float32) for b in case.mlp.intercepts_]
    case.X = case.X.astype(np.float32)
    return case


# ---- against the oracle


@deterministic(max_examples=80)
@given(
    case=cases([*KINDS, "single class"]),
    replacement=st.sampled_from(["zero", "mean", "linear"]),
    weighted=st.booleans(),
    is_sparse=st.booleans(),
    single=st.booleans(),
)
def test_fidelity_is_the_oracles(case, replacement, weighted, is_sparse, single):
    case = of_float32(case) if single else case
    weight = np.arange(40) % 3 + 0.5 if weighted else None
    X = sparse.csr_array(case.X) if is_sparse else case.X
    options = options_for(case, replacement)
    found = neuron_ablation(case.mlp, X, scoring="fidelity", sample_weight=weight, **options)
    wanted = oracle.fidelities(
        case.net, case.X, classes_of(case), weight, options["X_ref"], replacement == "linear"
    )
    tolerance = {"rtol": 2e-4, "atol": 2e-6} if single else {"rtol": 1e-9, "atol": 1e-13}
    if single and replacement == "linear":
        tolerance["atol"] = 1e-3 * max(1, np.abs(wanted).max())  # coefficients of collinear ones
    assert_allclose(found.scores, wanted, **tolerance)
    assert found.baseline_score == 0
    assert found.importances.min() >= (-1e-12 if replacement == "linear" else 0)
    assert found.baseline_loss == 0
    if not single:  # where changes of a few roundings are none; see `columns_and_facts`
        negligible = 1e-7 if replacement == "linear" else 1e-11
        assert_allclose(found.loss_importances, found.importances, rtol=1e-9, atol=negligible)


@each_replacement
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", CLASSIFICATIONS)
def test_agreement_and_what_changes(kind, weighted, replacement):
    case = make(kind, (4, 3), n=200, seed=2)
    weight = np.arange(200) % 3 + 0.5 if weighted else None
    weights = np.ones(200) if weight is None else weight
    options = options_for(case, replacement)
    found = neuron_ablation(case.mlp, case.X, scoring="agreement", sample_weight=weight, **options)
    before = case.mlp.predict(case.X)
    assert found.baseline_score == 1
    assert_array_equal(found.n_fixed, 0)
    assert found.n_broken.max() > 0
    for at, neuron in enumerate(case.net.neurons):
        smaller = prune_neurons(case.mlp, [neuron], replacement=replacement, X=options["X_ref"])
        same = (smaller.predict(case.X) == before).reshape(200, -1).all(axis=1)
        assert found.n_broken[at] == (~same).sum()
        assert_allclose(found.scores[at], np.average(same, weights=weights), rtol=1e-12)
        if kind != "multilabel":
            wanted = [1 - np.average(same[before == c], weights=weights[before == c])
                      for c in case.classes if (before == c).any()]  # fmt: skip
            known = found.class_importances[at][~np.isnan(found.class_importances[at])]
            assert_allclose(known, wanted, atol=1e-12)


def test_confusion_with_the_predicted_classes():
    case = make("multiclass", (4,), n=100)
    found = neuron_ablation(case.mlp, case.X, scoring="fidelity")
    counts = np.unique(case.mlp.predict(case.X), return_counts=True)
    wanted = np.zeros((4, 4))
    np.fill_diagonal(wanted, [dict(zip(*counts, strict=True)).get(c, 0) for c in case.classes])
    assert_array_equal(found.confusion_matrix, wanted)
    assert_array_equal(found.confusion_matrices.sum(axis=(1, 2)), 100)


# ---- y, and other scorers


@pytest.mark.parametrize("kind", KINDS)
def test_targets_are_not_looked_at(kind):
    case = make(kind, (4, 3))
    without = neuron_ablation(case.mlp, case.X, scoring="fidelity")
    assert_same(neuron_ablation(case.mlp, case.X, case.y, scoring="fidelity"), without)
    unknown = np.array(["unknown"] * 40) if kind == "strings" else np.full(40, 99)
    assert_same(neuron_ablation(case.mlp, case.X, unknown, scoring="fidelity"), without)
    with pytest.raises(ValueError, match="39"):
        neuron_ablation(case.mlp, case.X, unknown[:39], scoring="fidelity")


@pytest.mark.parametrize("scoring", [None, "accuracy", ["fidelity", "accuracy"], "neg_log_loss"])
def test_other_scorers_need_targets(scoring):
    case = make()
    with pytest.raises(ValueError, match=r"y=None: .*scoring=.*Pass y, or use scoring='fidelity'"):
        neuron_ablation(case.mlp, case.X, scoring=scoring)


@pytest.mark.parametrize("kind", REGRESSIONS)
@pytest.mark.parametrize("scoring", ["agreement", ["agreement", "r2"]])
def test_regressors_have_no_agreement(kind, scoring):
    case = make(kind)
    with pytest.raises(ValueError, match=r"scoring='agreement' compares predicted classes"):
        neuron_ablation(case.mlp, case.X, case.y, scoring=scoring)


@pytest.mark.parametrize("losses", [True, False])
@pytest.mark.parametrize("replacement", ["zero", "resample"])
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_beside_other_scorers_all_are_as_alone(kind, replacement, losses):
    case = make(kind, (4, 3))
    usual = "r2" if kind == "regression" else "neg_log_loss"
    options = {"replacement": replacement, "random_state": 0, "losses": losses}
    second = "neg_mean_squared_error" if kind == "regression" else "accuracy"
    names = {"mine": usual, "close": "fidelity", "second": second}
    found = neuron_ablation(case.mlp, case.X, case.y, scoring=names, **options)
    assert list(found) == list(names)
    for name, scoring in names.items():
        alone = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring, **options)
        if losses:
            assert_same(found[name], alone)
        else:
            assert_array_equal(found[name].scores, alone.scores)
    form = neuron_ablation(case.mlp, case.X, case.y, scoring=[usual, "fidelity"], **options)
    assert_array_equal(form["fidelity"].scores, found["close"].scores)
    assert "loss_std" in form["fidelity"]  # of which the score is made


# ---- other networks


@pytest.mark.parametrize("kind", KINDS)
def test_scorers_for_use_outside_find_the_same(kind):
    case = make(kind, (4, 3), n=100)
    found = neuron_ablation(case.mlp, case.X, scoring="fidelity")
    slow = neuron_ablation(case.mlp, case.X, case.y, scoring=fidelity_scorer(case.mlp))
    assert_allclose(found.scores, slow.scores, rtol=1e-9, atol=1e-13)
    if kind in CLASSIFICATIONS:
        found = neuron_ablation(case.mlp, case.X, scoring="agreement")
        slow = neuron_ablation(case.mlp, case.X, case.y, scoring=agreement_scorer(case.mlp))
        assert_allclose(found.scores, slow.scores, rtol=1e-12)


def test_a_pipeline():
    case = make("multiclass", (4, 3))
    scaler = StandardScaler().fit(case.X)
    found = neuron_ablation(make_pipeline(scaler, case.mlp), case.X, scoring="fidelity")
    wanted = neuron_ablation(case.mlp, scaler.transform(case.X), scoring="fidelity")
    assert_same(found, wanted)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("outgoing", [True, False])
@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel", "regression"])
def test_a_neuron_that_drowns_the_others(kind, outgoing, dtype):
    case = make(kind, (5,), "tanh" if outgoing else "relu", n=60, dtype=dtype)
    for W in case.mlp.coefs_:
        W[:] = W.astype(dtype)
    drown(case.mlp, 0, 1e6, outgoing=outgoing)
    case = of_float32(case) if dtype == np.float32 else case
    found = neuron_ablation(case.mlp, case.X, scoring="fidelity")
    wanted = oracle.fidelities(case.net, case.X, classes_of(case))
    single = dtype == np.float32
    tolerance = {"rtol": 1e-3 if single else 1e-9, "atol": 1e-5 if single else 1e-12}
    assert_allclose(found.scores[INDEX], wanted[INDEX], **tolerance)
    # Effects of the others have the digits that the drowning one's outputs leave.
    size = np.abs(oracle.logits(case.net, case.X)).max()
    assert size > 1e5
    tolerance["atol"] = size * np.finfo(dtype).eps * 100
    assert_allclose(found.scores, wanted, **tolerance)


@OVERFLOWS
def test_divergences_that_overflow():
    case = make("regression", (3,), "identity", n=20)
    case.mlp.coefs_[0][:, 1] = case.mlp.coefs_[0][:, 0]
    case.mlp.intercepts_[0][1] = case.mlp.intercepts_[0][0]
    case.mlp.coefs_[1][:2, 0] = 1e200, -1e200  # which cancel
    found = neuron_ablation(case.mlp, case.X, scoring="fidelity")
    assert found.scores[:2].tolist() == [-np.inf, -np.inf]
    assert found.scores[2] > -1e3


def test_infinite_outputs_are_refused():
    case = make("multiclass", (3,), "identity")
    case.mlp.intercepts_[-1][1] = np.nan
    with pytest.raises(ValueError, match="infinite or NaN for 40 of 40 samples"):
        neuron_ablation(case.mlp, case.X, scoring="fidelity")
    with pytest.raises(ValueError, match="infinite or NaN for 40 of 40 samples"):
        neuron_ablation(case.mlp, case.X, case.y, scoring=["accuracy", "agreement"])


@OVERFLOWS
@pytest.mark.parametrize("kind", ["multiclass", "multilabel", "multioutput"])
def test_a_network_of_infinite_weights_and_finite_outputs(kind):
    case = make(kind, (4,), "tanh")
    case.mlp.coefs_[0][0, 1] = np.inf
    found = neuron_ablation(case.mlp, case.X, scoring="fidelity")
    wanted = oracle.fidelities(case.net, case.X, classes_of(case))
    assert_allclose(found.scores, wanted, rtol=1e-9, atol=1e-13)
    assert found.baseline_score == 0


# ---- tests of effects, names


@pytest.mark.parametrize("kind", KINDS)
def test_verdicts_test_the_divergences(kind):
    case = make(kind, (4,), n=200)
    case.mlp.coefs_[-1][2] = 0  # a neuron without effect
    found = neuron_ablation(case.mlp, case.X, scoring="fidelity")
    verdicts = found.verdicts()
    assert verdicts.test == found.default_test == "loss"
    assert_allclose(verdicts.effects, found.importances, rtol=1e-9, atol=1e-13)
    assert "rotten" not in verdicts.verdict
    assert verdicts.verdict[2] == "undecided"
    assert "useful" in verdicts.verdict
    assert "divergence" in verdicts.tested or "half the squared difference" in verdicts.tested


@pytest.mark.parametrize("weighted", [False, True])
def test_verdicts_on_agreement(weighted):
    case = make("multiclass", (4,), n=200)
    weight = np.arange(200) % 2 + 1.0 if weighted else None
    found = neuron_ablation(case.mlp, case.X, scoring="agreement", sample_weight=weight)
    assert found.default_test == ("score" if weighted else "mcnemar")
    verdicts = found.verdicts()
    assert_allclose(verdicts.effects, found.importances, atol=1e-12)
    assert set(verdicts.verdict) <= {"useful", "undecided"}


@pytest.mark.parametrize("replacement", ["zero", "resample"])
@pytest.mark.parametrize("scoring", ["fidelity", "agreement"])
def test_jackknife_is_the_spread_of_the_mean(scoring, replacement):
    """Both are means over samples, whose jackknife is known."""
    case = make("multiclass", (4,), n=40)  # one sample a group
    found = neuron_ablation(
        case.mlp, case.X, scoring=scoring, replacement=replacement, random_state=0, n_repeats=1
    )
    verdicts = found.verdicts(test="score")
    errors = vars(found)["errors"]
    assert_allclose(errors.effects, found.importances, atol=1e-12)
    if scoring == "fidelity":
        assert_allclose(errors.standard_errors, found.loss_std / np.sqrt(39), rtol=1e-6)
    else:
        p = found.importances
        assert_allclose(errors.standard_errors, np.sqrt(p * (1 - p) / 39), rtol=1e-6, atol=1e-12)
    assert verdicts.tested.startswith(scoring)


def test_displays_need_no_targets_and_are_named():
    case = make("multiclass", (4,))
    display = NeuronAblationDisplay.from_estimator(case.mlp, case.X, scoring="fidelity")
    assert display.score_name == "fidelity"
