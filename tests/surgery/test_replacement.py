"""Tests of surgery._replacement: replacements of networks, and what analysis makes of them."""

import re

import numpy as np
import pytest
from helpers import oracle
from helpers.networks import KINDS, cases, deterministic, make
from helpers.replacements import (
    ILL,
    of_activations,
    predicted,
)
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import neuron_ablation, prune_neurons
from skneuron.surgery import _network
from skneuron.surgery._network import Network
from skneuron.surgery._replacement import (
    check_replacement,
    layer_replacements,
    reference_rows,
)

# ---- of networks


@pytest.mark.parametrize("kind", KINDS)
def test_means_and_zeros(kind):
    case = make(kind, (4, 3, 2), "logistic")
    network = Network.from_mlp(case.mlp)
    zeros = layer_replacements(network, "zero", None)
    assert [r.means.tolist() for r in zeros] == [[0] * 4, [0] * 3, [0] * 2]
    means = layer_replacements(network, "mean", case.X_ref)
    for layer, replacement in enumerate(means):
        expected = oracle.hidden(case.net, case.X_ref, layer).mean(axis=0)
        assert_allclose(replacement.means, expected, rtol=1e-12)
        assert replacement.precision is None


@deterministic(max_examples=40)
@given(st.one_of(cases(activation=name) for name in ("tanh", "logistic")))
def test_linear_predictions_are_the_oracles(case):
    network = Network.from_mlp(case.mlp)
    found = layer_replacements(network, "linear", case.X_ref)
    for layer, replacement in enumerate(found):
        A = oracle.hidden(case.net, case.X_ref, layer)
        new = oracle.hidden(case.net, case.X, layer)
        assert_allclose(replacement.means, A.mean(axis=0), rtol=1e-12, atol=1e-15)
        for index in range(A.shape[1]):
            kept = [j for j in range(A.shape[1]) if j != index]
            expected = oracle.prediction(A, kept, index)(new)
            actual = predicted(replacement, new, np.arange(A.shape[1]) == index)
            assert_allclose(actual[:, 0], expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])
def test_no_hidden_layers(replacement):
    case = make(hidden=())
    assert layer_replacements(Network.from_mlp(case.mlp), replacement, case.X_ref) == []


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("replacement", ["mean", "linear"])
def test_blocks_of_rows_add_up(replacement, form, monkeypatch):
    case = make("multiclass", (6, 4), "tanh")
    network = Network.from_mlp(case.mlp)
    X_ref = form(np.random.default_rng(0).normal(size=(1000, 3)) + 5)
    one = layer_replacements(network, replacement, X_ref)
    monkeypatch.setattr(_network, "BLOCK_ROWS", 256)  # one whole chunk, and at the end a part
    several = layer_replacements(network, replacement, X_ref)
    for a, b in zip(one, several, strict=True):
        assert_allclose(b.means, a.means, rtol=1e-13)
        if a.precision is not None:
            assert_allclose(b.precision, a.precision, rtol=1e-7, atol=1e-7 * a.precision.max())


def test_means_of_many_float32_rows_are_not_lost():
    # Summed in float32, a million times 0.1 is 958 too much.
    case = make("regression", (1,), "identity", n_features=1, dtype=np.float32)
    case.mlp.coefs_[0][:], case.mlp.intercepts_[0][:] = 1, 0
    X_ref = np.full((1_000_000, 1), 0.1, np.float32)
    network = Network.from_mlp(case.mlp)
    for replacement in ("mean", "linear"):
        (found,) = layer_replacements(network, replacement, X_ref)
        assert_allclose(found.means, np.float64(np.float32(0.1)), rtol=1e-12)


def test_small_variations_of_large_activations_are_not_lost():
    # Means of 1e4 whose squares, in float64, leave no digit of a variance of 1e-10.
    rng = np.random.default_rng(0)
    case = make("regression", (3,), "identity", n_features=3)
    case.mlp.coefs_[0][:] = [[1e-5, 0, 1e-5], [0, 1e-5, 1e-5], [0, 0, 1e-5]]
    case.mlp.intercepts_[0][:] = 1e4
    X_ref = rng.normal(size=(500, 3))
    (found,) = layer_replacements(Network.from_mlp(case.mlp), "linear", X_ref)
    A = X_ref @ case.mlp.coefs_[0]  # without the mean
    expected, _ = of_activations(A).predictor(np.array([False, False, True]))
    actual, _ = found.predictor(np.array([False, False, True]))
    assert_allclose(expected[:, 0], [1, 1], atol=0.1)
    assert_allclose(actual, expected, atol=1e-4)


# ---- whatever the coefficients are, analysis and surgery share them


def singular(kind):
    """A case with two hidden layers of 6 neurons, in which the first is ill-conditioned."""
    case = make("multiclass", (6, 5), "relu", n=60, n_features=4)
    W, b = case.mlp.coefs_[0], case.mlp.intercepts_[0]
    if kind == "dead":
        W[:, 2], b[2] = 0, -1
    elif kind == "constant":
        W[:, 2], b[2] = 0, 3
    elif kind == "duplicate":
        W[:, 2], b[2] = W[:, 4], b[4]
    elif kind == "opposite":
        W[:, 2], b[2] = -W[:, 4], 1 - b[4]
    elif kind == "collinear":
        W[:], b[:] = np.abs(W) / 4, 9  # without a kink on these rows: 6 neurons of 4 features
    elif kind in ("few rows", "one row"):
        case.X_ref = case.X_ref[: 4 if kind == "few rows" else 1]
    elif kind == "tiny":
        W[:, 2], b[2] = W[:, 2] * 1e-12, b[2] * 1e-12
    return case


@pytest.mark.parametrize("replacement", ["mean", "linear"])
@pytest.mark.parametrize("kind", ILL)
def test_analysis_is_surgery_where_coefficients_are_not_determined(kind, replacement):
    case = singular(kind)
    options = {"replacement": replacement}
    ablation = neuron_ablation(
        case.mlp, case.X, case.y, scoring="neg_log_loss", X_ref=case.X_ref, **options
    )
    for at, neuron in enumerate(case.net.neurons):
        pruned = prune_neurons(case.mlp, [neuron], X=case.X_ref, **options)
        predictions = pruned.predict(case.X)
        again = neuron_ablation(case.mlp, case.X, predictions, X_ref=case.X_ref, **options)
        assert again.scores[at] == 1
        matrix = oracle.confusion(case.y, predictions, np.ones(60), case.classes)
        assert_array_equal(ablation.confusion_matrices[at], matrix)
        expected = -np.mean(oracle.row_losses(oracle.net_of(pruned), case.X, case.y, case.classes))
        assert_allclose(ablation.scores[at], expected, rtol=1e-9)


# ---- check_replacement, reference_rows


@pytest.mark.parametrize("replacement", ["Zero", "median", None, 0, ["zero"], np.zeros(2)])
def test_unknown_replacements_are_named(replacement):
    message = f"replacement={replacement!r} is unknown; use one of ['linear', 'mean', 'zero']."
    with pytest.raises(ValueError, match=re.escape(message)):
        check_replacement(replacement, has_reference=True, name="X")


def test_callers_may_allow_more():
    check_replacement("resample", has_reference=False, name="X", more=("resample",))
    message = "use one of ['linear', 'mean', 'resample', 'zero']."
    with pytest.raises(ValueError, match=re.escape(message)):
        check_replacement("median", has_reference=True, name="X", more=("resample",))
    with pytest.raises(ValueError, match="replacement='resample' is unknown"):
        check_replacement("resample", has_reference=True, name="X")


def test_missing_reference_data_are_named():
    check_replacement("zero", has_reference=False, name="rows")
    for replacement in ("mean", "linear"):
        check_replacement(replacement, has_reference=True, name="rows")
        message = f"replacement='{replacement}' needs reference data: pass rows, for example"
        with pytest.raises(ValueError, match=message):
            check_replacement(replacement, has_reference=False, name="rows")


def test_reference_rows_go_through_the_transformers():
    case = make()
    scaler = StandardScaler().fit(case.X * 2 + 1)
    for replacement in ("mean", "linear"):
        rows = reference_rows(case.mlp, [scaler], replacement, case.X_ref, name="X")
        assert_allclose(rows, scaler.transform(case.X_ref), rtol=1e-15)
    assert reference_rows(case.mlp, [scaler], "zero", case.X_ref, name="X") is None
    more = {"name": "X", "more": ("resample",)}
    assert reference_rows(case.mlp, [], "resample", None, **more) is None
    assert reference_rows(case.mlp, [], "resample", case.X_ref, **more).shape == (16, 3)


def test_reference_rows_are_checked():
    case = make()
    estimator = make_pipeline(StandardScaler().fit(case.X), case.mlp)
    for wrong, message in [
        (np.zeros((5, 2)), "X has 2 features"),
        (np.full((5, 3), np.nan), "NaN"),
        (np.zeros((0, 3)), r"Found array with 0 sample\(s\)"),
    ]:
        for replacement in ("mean", "linear"):
            with pytest.raises(ValueError, match=message):
                prune_neurons(estimator, [(0, 0)], replacement=replacement, X=wrong)
