"""`refit_pruned`, as users call it."""

import numpy as np
import pytest
from helpers import refits
from helpers.networks import KINDS, WRAPPERS, make
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import PrunableMLPClassifier, RottenNeuronPruner, prune_neurons, refit_pruned
from skneuron.surgery import REFITS
from skneuron.surgery._refit._refit_pruned import check_refit
from skneuron.utils import training_in_full

TWO_OF_THREE = [(0, index) for index in range(20)]


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


@pytest.fixture(scope="module")
def trained(digits):
    with training_in_full():
        return PrunableMLPClassifier((30, 20), max_iter=60, random_state=0).fit(*digits)


def weights(estimator):
    return [array.copy() for array in (*estimator.coefs_, *estimator.intercepts_)]


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("layers", REFITS)
@pytest.mark.parametrize("kind", KINDS)
def test_outputs_come_back(kind, layers, ours):
    full, pruned, X = refits.pair(kind, (8, 6), n=600, ours=ours)
    before = weights(pruned), weights(full)
    repaired = refit_pruned(pruned, full, X, layers=layers, random_state=0)
    assert type(repaired) is type(pruned)
    assert [c.shape for c in repaired.coefs_] == [c.shape for c in pruned.coefs_]
    assert refits.mean_divergence(full, repaired, X) < refits.mean_divergence(full, pruned, X)
    for old, new in zip(before, (weights(pruned), weights(full)), strict=True):
        for a, b in zip(old, new, strict=True):
            np.testing.assert_array_equal(a, b)


def test_most_of_digits_without_labels(trained, digits):
    X, y = digits
    smaller = prune_neurons(trained, TWO_OF_THREE)
    scores = [smaller.score(X, y)]
    scores += [
        refit_pruned(smaller, trained, X, layers=layers, random_state=0).score(X, y)
        for layers in REFITS
    ]
    assert scores[0] < 0.8
    assert scores[1] > scores[0]
    assert scores[2] > 0.93
    assert scores[3] > 0.97


@pytest.mark.parametrize("layers", REFITS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_stays(layers, dtype):
    full, pruned, X = refits.pair(n=100)
    for network in (full, pruned):
        network.coefs_ = [c.astype(dtype) for c in network.coefs_]
        network.intercepts_ = [b.astype(dtype) for b in network.intercepts_]
    repaired = refit_pruned(pruned, full, X.astype(dtype), layers=layers, random_state=0)
    assert {array.dtype for array in weights(repaired)} == {np.dtype(dtype)}


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_networks_come_in_what_users_put_them_in(wrap):
    full, pruned, X = refits.pair(n=300)
    scaler = StandardScaler().fit(X)
    outer = wrap(scaler, pruned)
    repaired = refit_pruned(outer, wrap(scaler, full), X, random_state=0)
    assert type(repaired) is type(outer)
    assert repaired is not outer
    assert np.any(repaired.predict(X) != outer.predict(X))


def test_a_pipeline_in_one_line(digits):
    X, y = digits
    model = make_pipeline(
        StandardScaler(), MLPClassifier((30,), max_iter=300, random_state=0, tol=1e-2)
    ).fit(X, y)
    smaller = prune_neurons(model, TWO_OF_THREE, refit="span", X_refit=X)
    assert smaller.score(X, y) > 0.95
    assert smaller[-1].hidden_layer_sizes == (10,)
    again = refit_pruned(prune_neurons(model, TWO_OF_THREE), model, X, layers="span")
    assert again.score(X, y) > 0.95


def test_a_network_pruned_by_hand(digits):
    X, y = digits
    full = MLPClassifier((30,), max_iter=300, random_state=0, tol=1e-2).fit(X, y)
    by_hand = clone(full).set_params(hidden_layer_sizes=(10,), max_iter=1)
    by_hand.partial_fit(X, y, classes=full.classes_)
    by_hand.coefs_ = [full.coefs_[0][:, 20:], full.coefs_[1][20:]]
    by_hand.intercepts_ = [full.intercepts_[0][20:], full.intercepts_[1]]
    repaired = refit_pruned(by_hand, full, X, layers="span", random_state=0)
    assert by_hand.score(X, y) < 0.8
    assert repaired.score(X, y) > 0.95


def test_a_fitted_pruner(digits):
    X, y = digits
    mlp = PrunableMLPClassifier((30,), max_iter=30, random_state=0)
    with training_in_full():
        pruner = RottenNeuronPruner(mlp, n_neurons_to_select=8, random_state=0).fit(X, y)
    full = pruner.pruning_path_.estimator
    repaired = refit_pruned(pruner, full, X, random_state=0)
    assert isinstance(repaired, RottenNeuronPruner)
    assert repaired.score(X, y) > pruner.score(X, y)
    np.testing.assert_array_equal(repaired.support_, pruner.support_)


def test_training_goes_on_with_a_new_optimizer(trained, digits):
    smaller = prune_neurons(trained, TWO_OF_THREE)
    repaired = refit_pruned(smaller, trained, digits[0], random_state=0)
    before = repaired.score(*digits)
    for _ in range(5):
        repaired.partial_fit(*digits)
    assert repaired.score(*digits) > before - 0.02
    assert [c.shape for c in repaired.coefs_] == [(64, 10), (10, 20), (20, 10)]


@pytest.mark.parametrize("layers", REFITS)
def test_the_seed_decides(trained, digits, layers):
    smaller = prune_neurons(trained, TWO_OF_THREE)
    one, two, other = (
        refit_pruned(
            smaller, trained, digits[0], layers=layers, mixed=1.0, max_iter=10, random_state=seed
        )
        for seed in (0, 0, 1)
    )
    for a, b, c in zip(weights(one), weights(two), weights(other), strict=True):
        np.testing.assert_array_equal(a, b)
        if not np.array_equal(a, c):
            break
    else:
        pytest.fail("another seed gave the same network")


def test_samples_may_be_sparse(trained, digits):
    X = digits[0]
    smaller = prune_neurons(trained, TWO_OF_THREE)
    dense, thin = (
        refit_pruned(smaller, trained, rows, max_iter=5, random_state=0)
        for rows in (X, sparse.csr_matrix(X))
    )
    for a, b in zip(weights(dense), weights(thin), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_groups_and_weights_reach_the_refit(trained, digits):
    X = digits[0][:400]
    smaller = prune_neurons(trained, TWO_OF_THREE)
    plain, grouped, weighted = (
        refit_pruned(smaller, trained, X, max_iter=10, random_state=0, **more)
        for more in ({}, {"groups": np.arange(400) // 40}, {"sample_weight": np.arange(400)})
    )
    assert not np.array_equal(plain.coefs_[-1], grouped.coefs_[-1])
    assert not np.array_equal(plain.coefs_[-1], weighted.coefs_[-1])


def test_ctrl_c_leaves_everything_as_it_was(trained, digits):
    smaller = prune_neurons(trained, TWO_OF_THREE)
    before, looks = weights(smaller), []

    def interrupt(look):
        looks.append(look)
        if look.n_iter:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refit_pruned(smaller, trained, digits[0], callback=interrupt)
    assert [look.n_iter for look in looks] == [0, 5]
    for a, b in zip(before, weights(smaller), strict=True):
        np.testing.assert_array_equal(a, b)


X = np.random.default_rng(0).normal(size=(40, 3))
BAD = {
    "layers": ({"layers": "inputs"}, "layers='inputs' is unknown; use one of"),
    "no layers": ({"layers": None}, "layers=None is unknown"),
    "mixed": ({"mixed": -1}, "mixed=-1 is not a number of at least 0"),
    "mixed nan": ({"mixed": float("nan")}, "mixed=nan"),
    "mixed text": ({"mixed": "1"}, "mixed='1'"),
    "max_iter": ({"max_iter": 0}, "max_iter=0"),
    "max_iter float": ({"max_iter": 1.5}, "max_iter=1.5"),
    "random_state": ({"random_state": "x"}, "random_state='x'"),
    "negative weight": ({"sample_weight": np.full(40, -1.0)}, "sample_weight"),
    "short weight": ({"sample_weight": np.ones(3)}, "sample_weight"),
    "short groups": ({"groups": [1, 2]}, "groups has 2 entries, but X has 40 samples"),
    "one group": ({"groups": np.zeros(40)}, "groups has one group only"),
    "few samples": ({"X": X[:19]}, "X has 19 samples.*at least 20"),
    "NaN": ({"X": np.where(X > 1, np.nan, X)}, "X contains NaN"),
    "features": ({"X": X[:, :2]}, "2 features"),
    "scale": ({"X": X * 1e9}, "beyond any sense"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    full, pruned, _ = refits.pair()
    options, words = BAD[case]
    samples = options.get("X", X)
    with pytest.raises((ValueError, TypeError), match=words):
        refit_pruned(pruned, full, samples, **{k: v for k, v in options.items() if k != "X"})


def test_samples_beyond_any_sense_are_noticed_whichever_are_held_out():
    full, pruned, _ = refits.pair()
    for seed in range(60):
        with pytest.raises(ValueError, match="beyond any sense"):
            refit_pruned(pruned, full, X * 1e9, random_state=seed)


def test_the_wrong_way_round():
    full, pruned, _ = refits.pair()
    with pytest.raises(ValueError, match="Is it the other way round"):
        refit_pruned(full, pruned, X)


def test_what_is_no_network():
    full, pruned, _ = refits.pair()
    with pytest.raises(TypeError, match="MLPClassifier"):
        refit_pruned(pruned, StandardScaler(), X)
    with pytest.raises(NotFittedError):
        refit_pruned(clone(pruned), full, X)


def test_names_of_refits():
    for layers in REFITS:
        check_refit(layers)
    with pytest.raises(ValueError, match="refit=True is unknown; use None or one of"):
        check_refit(True)


def test_a_whole_network_stays_as_it_is():
    case = make("multiclass", (5,), n=60)
    same = refit_pruned(case.mlp, case.mlp, case.X, layers="span", random_state=0)
    for a, b in zip(weights(same), weights(case.mlp), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
