"""`prune_neurons` with a repair right after it."""

import numpy as np
import pytest
from helpers import refits
from helpers.networks import KINDS
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import PrunableMLPClassifier, prune_neurons, refit_pruned
from skneuron.surgery import REFITS

GONE = [(0, 0), (0, 3), (1, 2)]


def parameters(mlp):
    return [*mlp.coefs_, *mlp.intercepts_]


@pytest.mark.parametrize("refit", REFITS)
@pytest.mark.parametrize("replacement", ["zero", "linear"])
def test_it_is_surgery_then_refit(refit, replacement):
    full, _, X = refits.pair(n=120)
    smaller = prune_neurons(full, GONE, replacement=replacement, X=X)
    at_once = prune_neurons(full, GONE, replacement=replacement, X=X, refit=refit)
    assert refits.mean_divergence(full, at_once, X) < refits.mean_divergence(full, smaller, X)
    apart = refit_pruned(smaller, full, X, layers=refit, random_state=0)
    # Another seed holds out other samples.
    assert [p.shape for p in parameters(at_once)] == [p.shape for p in parameters(apart)]
    again = prune_neurons(full, GONE, replacement=replacement, X=X, refit=refit)
    for a, b in zip(parameters(at_once), parameters(again), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", KINDS)
def test_methods_do_it_in_place(kind):
    full, _, X = refits.pair(kind, n=120, ours=True)
    expected = prune_neurons(full, GONE, refit="behind", X_refit=X)
    full.prune_neurons(GONE, refit="behind", X_refit=X)
    for a, b in zip(parameters(full), parameters(expected), strict=True):
        np.testing.assert_array_equal(a, b)


def test_samples_of_the_refit_come_before_those_of_the_replacement():
    full, _, X = refits.pair(n=120)
    one = prune_neurons(full, GONE, replacement="mean", X=X, refit="outputs", X_refit=X[:60])
    other = prune_neurons(full, GONE, replacement="mean", X=X, refit="outputs")
    assert not np.array_equal(one.coefs_[-1], other.coefs_[-1])


def test_samples_pass_through_a_pipeline():
    full, _, X = refits.pair(n=120)
    scaler = StandardScaler().fit(X * 100)
    model = make_pipeline(scaler, full)
    bare = prune_neurons(full, GONE, refit="behind", X_refit=scaler.transform(X * 100))
    piped = prune_neurons(model, GONE, refit="behind", X_refit=X * 100)
    for a, b in zip(parameters(bare), parameters(piped[-1]), strict=True):
        np.testing.assert_array_equal(a, b)


def test_training_begins_anew():
    full, _, X = refits.pair(n=120, ours=True)
    y = full.predict(X)
    assert hasattr(prune_neurons(full, GONE), "_optimizer")
    repaired = prune_neurons(full, GONE, refit="behind", X_refit=X)
    assert not hasattr(repaired, "_optimizer")
    repaired.partial_fit(X, y)


BAD = {
    "unknown": ({"refit": "all", "X_refit": 1}, "refit='all' is unknown; use None or one of"),
    "no samples": ({"refit": "span"}, r"refit='span' needs samples, but no labels: pass X_refit"),
    "no refit": ({"X_refit": np.zeros((30, 3))}, "X_refit is for a repair, but refit=None"),
    "few samples": ({"refit": "span", "X_refit": np.zeros((5, 3))}, "X_refit has 5 samples"),
    "NaN": ({"refit": "span", "X_refit": np.full((30, 3), np.nan)}, "X_refit.*NaN"),
    "features": ({"refit": "span", "X_refit": np.zeros((30, 2))}, "X_refit"),
}


@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("case", BAD)
def test_bad_input_changes_nothing(case, in_place):
    full, _, _ = refits.pair(ours=True)
    before = [p.copy() for p in parameters(full)]
    options, words = BAD[case]
    prune = full.prune_neurons if in_place else lambda *a, **k: prune_neurons(full, *a, **k)
    with pytest.raises(ValueError, match=words):
        prune(GONE, **options)
    for a, b in zip(before, parameters(full), strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_that_are_no_numbers_cannot_be_met():
    full, _, X = refits.pair(n=60)
    full.coefs_[0][0, 0] = np.nan
    prune_neurons(full, GONE)
    with pytest.raises(ValueError, match=r"coefs_\[0\]\[0, 0\] is nan"):
        prune_neurons(full, GONE, refit="behind", X_refit=X)


def test_nothing_to_repair():
    full, _, X = refits.pair(n=60)
    same = prune_neurons(full, [], refit="span", X_refit=X)
    for a, b in zip(parameters(same), parameters(full), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_frames_keep_their_names():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    X = pandas.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["a", "b", "c"])
    mlp = PrunableMLPClassifier((6,), max_iter=3, random_state=0, tol=10, n_iter_no_change=1)
    mlp.fit(X, np.arange(60) % 3)
    repaired = prune_neurons(mlp, [(0, 1)], refit="behind", X_refit=X)
    assert repaired.feature_names_in_.tolist() == ["a", "b", "c"]
    repaired.predict(X)
