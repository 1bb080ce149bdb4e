"""Refits of networks: what they gain, memory, and bits."""

import tracemalloc

import numpy as np
import pytest
from helpers import refits
from helpers.networks import ACTIVATIONS, KINDS
from scipy import sparse
from threadpoolctl import threadpool_limits

from skneuron.surgery import REFITS, refit_network
from skneuron.surgery._refit import _stage_samples
from skneuron.surgery._refit._objective import layer_inputs, mean_divergence


def refitted(kind="multiclass", activation="relu", layers="behind", n=600, **options):
    full, pruned, X = refits.pair(kind, (8, 6), activation, n=n)
    whole, smaller = refits.networks(full, pruned)
    return refit_network(smaller, whole, X, layers=layers, **options), smaller, whole, X


def divergence(network, whole, X):
    return mean_divergence(network, refits.stage_samples(whole, X))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_each_refit_comes_closer_than_the_one_before(kind, activation):
    new = refits.pair(kind, (8, 6), activation, n=2000, seed=0)[2][1000:]
    found = []
    for layers in REFITS:
        network, smaller, whole, _ = refitted(kind, activation, layers)
        found.append(divergence(network, whole, new))
        assert network.hidden_layer_sizes == smaller.hidden_layer_sizes
    start = divergence(smaller, whole, new)
    assert found[0] < start
    # To a hundredth of the start: where nothing is left to gain, samples decide.
    assert found[1] < found[0] + start / 100
    assert found[2] < found[1] + start / 100


@pytest.mark.parametrize("layers", REFITS)
def test_only_free_layers_change(layers):
    network, smaller, *_ = refitted(layers=layers)
    same = [np.array_equal(a, b) for a, b in zip(network.coefs, smaller.coefs, strict=True)]
    assert (
        same
        == {
            "outputs": [True, True, False],
            "behind": [True, False, False],
            "span": [False, False, False],
        }[layers]
    )


@pytest.mark.parametrize("layers", REFITS)
def test_the_first_layer_stays_in_the_span_of_the_whole_one(layers):
    network, _, whole, _ = refitted(layers=layers)
    basis = whole.coefs[0]
    projected = basis @ np.linalg.lstsq(basis, network.coefs[0], rcond=None)[0]
    np.testing.assert_allclose(projected, network.coefs[0], atol=1e-9)


@pytest.mark.parametrize("layers", REFITS)
@pytest.mark.parametrize("mixed", [0.0, 0.7, 2.0])
def test_samples_may_be_sparse(layers, mixed):
    full, pruned, X = refits.pair(hidden=(8, 6), n=400)
    X[np.abs(X) < 0.7] = 0
    whole, smaller = refits.networks(full, pruned)
    dense, thin = (
        refit_network(smaller, whole, rows, layers=layers, mixed=mixed, max_iter=3)
        for rows in (X, sparse.csr_matrix(X))
    )
    for a, b in zip(dense.coefs, thin.coefs, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("room", [0, 5_000])  # for none, and for some of 400
@pytest.mark.parametrize("layers", REFITS)
def test_what_does_not_fit_in_memory_is_computed_again(layers, room, monkeypatch):
    kept, *_ = refitted(layers=layers, mixed=1.0, max_iter=5)
    monkeypatch.setattr(_stage_samples, "CACHE_BYTES", room)
    again, *_ = refitted(layers=layers, mixed=1.0, max_iter=5)
    for a, b in zip(kept.coefs, again.coefs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("layers", REFITS)
def test_bits_are_the_same_for_any_number_of_threads(layers):
    networks = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads, user_api="blas"):
            networks.append(refitted(layers=layers, n=3000)[0])
    for a, b in zip(networks[0].coefs, networks[1].coefs, strict=True):
        np.testing.assert_array_equal(a, b)


def test_seeds_decide_which_samples_are_held_out():
    one, again, other = (refitted(seed=seed)[0] for seed in (0, 0, 1))
    assert np.array_equal(one.coefs[-1], again.coefs[-1])
    assert not np.array_equal(one.coefs[-1], other.coefs[-1])


def test_a_weight_of_zero_is_no_sample():
    """Of another kind, they would drive the outputs elsewhere."""
    full, pruned, X = refits.pair("regression", (8, 6), n=600)
    whole, smaller = refits.networks(full, pruned)
    strange = np.concatenate([X, X + 50])
    weights = np.repeat([1.0, 0.0], 600)
    found = refit_network(smaller, whole, strange, layers="behind", sample_weight=weights)
    misled = refit_network(smaller, whole, strange, layers="behind")
    assert divergence(found, whole, X) < divergence(misled, whole, X)
    assert divergence(found, whole, X) < divergence(smaller, whole, X) / 2


def test_looks_tell_stages_and_divergence():
    looks = []
    network, smaller, whole, X = refitted(layers="span", on_look=looks.append)
    assert list(dict.fromkeys(look.stage for look in looks)) == ["behind", "span"]
    starts = [look.divergence for look in looks if look.n_iter == 0]
    best = min(look.divergence for look in looks if look.stage == "behind")
    # The second begins where the first was best.
    assert starts[1] == pytest.approx(best, rel=1e-6)
    assert divergence(network, whole, X) < divergence(smaller, whole, X)


@pytest.mark.parametrize("layers", REFITS)
@pytest.mark.parametrize("max_iter", [1, 6])
def test_iterations_are_limited(layers, max_iter):
    looks = []
    refitted(layers=layers, max_iter=max_iter, on_look=looks.append)
    assert max(look.n_iter for look in looks) <= max_iter


# All inputs of a stage are just kept (82 MB), or a part of them (of 154 MB).
@pytest.mark.parametrize("n_samples", [160_000, 300_000])
def test_memory_does_not_grow_with_the_samples(n_samples):
    full, pruned, _ = refits.pair(hidden=(64, 8), n_features=20)
    whole, smaller = refits.networks(full, pruned)
    X = np.random.default_rng(0).normal(size=(n_samples, 20))
    tracemalloc.start()
    refit_network(smaller, whole, X, layers="span", max_iter=2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 64 * 2**20 < peak < 128 * 2**20


def test_integers_are_samples_as_well():
    full, pruned, X = refits.pair(hidden=(8, 6), n=300)
    whole, smaller = refits.networks(full, pruned)
    X = np.round(3 * X) + 0.0  # integers know no -0.0
    found = [
        refit_network(smaller, whole, rows, layers="span", mixed=1.0)
        for rows in (X, X.astype(np.int64))
    ]
    outputs = [layer_inputs(network, X)[-1] for network in found]
    np.testing.assert_array_equal(*outputs)


@pytest.mark.parametrize("seed", range(8))
def test_few_samples_count(seed):
    """Others can neither be fitted to nor judge."""
    full, pruned, X = refits.pair(hidden=(8, 6), n=600)
    whole, smaller = refits.networks(full, pruned)
    weights = np.zeros(600)
    weights[:30] = 1
    options = {"layers": "behind", "seed": seed, "max_iter": 5}
    found = refit_network(smaller, whole, X, sample_weight=weights, **options)
    alone = refit_network(smaller, whole, X[:30], **options)
    for a, b in zip(found.coefs, alone.coefs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-9)
    weights[3:] = 0
    with pytest.raises(ValueError, match="X has 3 samples that count"):
        refit_network(smaller, whole, X, sample_weight=weights, **options)


@pytest.mark.parametrize("layers", REFITS)
def test_weights_of_sparse_features_keep_their_type(layers):
    full, pruned, X = refits.pair(hidden=(8, 6), n=300)
    X[np.abs(X) < 0.7] = 0
    whole, smaller = (
        network.in_dtype(np.dtype("f4")) for network in refits.networks(full, pruned)
    )
    thin = refit_network(smaller, whole, sparse.csr_matrix(X), layers=layers, max_iter=3)
    dense = refit_network(smaller, whole, X, layers=layers, max_iter=3)
    assert [c.dtype for c in thin.coefs] == ["f4", "f8", "f8"]
    for a, b in zip(thin.coefs, dense.coefs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)
