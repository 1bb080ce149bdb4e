"""Tests of skneuron.inspection._criteria._activation_bins: bins, entropy, mutual information."""

import numpy as np
import pytest
from helpers import oracle
from helpers.activations import random_weight, source_of
from helpers.networks import cases, deterministic, make
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import mutual_info_score

from skneuron.inspection._criteria import _activation_bins
from skneuron.inspection._criteria._activation_bins import (
    activation_entropies,
    bin_weights,
    equal_frequency_edges,
    equal_width_edges,
    mutual_informations,
)
from skneuron.surgery import _network


def identity_on(columns):
    """A sample whose only hidden layer has the columns of this array as its activations."""
    X = np.asarray(columns, dtype=float)
    case = make("regression", (X.shape[1],), "identity", n_features=X.shape[1])
    case.mlp.coefs_[0][:] = np.eye(X.shape[1])
    case.mlp.intercepts_[0][:] = 0
    return lambda weight=None: source_of(case, weight, X=X)


def counts(source, edges):
    one_class = np.zeros(len(source.weight), dtype=int)
    return [of_layer[:, :, 0] for of_layer in bin_weights(source, edges, one_class, 1)]


# ---- edges


def test_bins_of_equal_width():
    source = identity_on([[0.0, -1], [1, 7], [10, 9]])()
    (edges,) = equal_width_edges(source, 5)
    assert_allclose(edges, [[2, 4, 6, 8], [1, 3, 5, 7]], rtol=1e-13)
    assert_array_equal(counts(source, [edges - 0.1])[0], [[2, 0, 0, 0, 1], [1, 0, 0, 0, 2]])


def test_rows_without_weight_do_not_widen_bins():
    source = identity_on([[0.0], [-50], [4], [99]])
    (edges,) = equal_width_edges(source([1, 0, 1, 0]), 4)
    assert_allclose(edges, [[1, 2, 3]])


@pytest.mark.parametrize("value", [0.0, 3.0, -1e9])
def test_a_constant_neuron_is_in_one_bin(value):
    column = np.full((20, 1), value)
    column[::2] = np.nextafter(value, 10) if value else 0
    source = identity_on(column)()
    for edges in (equal_width_edges(source), equal_frequency_edges(source)):
        assert_array_equal(counts(source, edges)[0], [[20, *[0] * 9]])
    assert activation_entropies(source)[0] == 0
    assert mutual_informations(source, np.arange(20) % 2, 2)[0] == 0


@pytest.mark.parametrize("n_bins", [2, 5, 10])
def test_bins_of_equal_frequency(n_bins):
    values = np.random.default_rng(0).permutation(40.0 + np.arange(40) ** 2)
    source = identity_on(values[:, None])()
    (bins,) = counts(source, equal_frequency_edges(source, n_bins))
    assert_array_equal(bins, [[40 / n_bins] * n_bins])


def test_a_frequent_value_has_a_bin_for_itself():
    values = np.maximum(0, np.arange(-60, 40.0))
    source = identity_on(values[:, None])()
    (bins,) = counts(source, equal_frequency_edges(source, 10))
    assert bins[0, 0] == 61
    assert bins[0].max() == 61
    assert_array_equal(np.sort(bins[0])[-4:], [10, 10, 10, 61])


def test_weights_are_repetitions_for_edges_of_equal_frequency():
    rng = np.random.default_rng(0)
    values, weight = rng.normal(size=(40, 3)), rng.integers(0, 4, 40)
    weighted = equal_frequency_edges(identity_on(values)(weight))
    repeated = equal_frequency_edges(identity_on(np.repeat(values, weight, axis=0))())
    assert_allclose(weighted, repeated, rtol=1e-14)


def test_quantiles_of_many_rows_come_from_some(monkeypatch):
    monkeypatch.setattr(_activation_bins, "QUANTILE_ROWS", 100)
    values = np.random.default_rng(0).normal(size=(5000, 2))
    source = identity_on(values)()
    (edges,) = equal_frequency_edges(source)
    some = identity_on(values[np.linspace(0, 4999, 100).astype(int)])()
    assert_array_equal(edges, equal_frequency_edges(some)[0])
    assert_allclose(counts(source, [edges])[0], 500, atol=250)


# ---- weights of bins and classes


@deterministic(max_examples=40)
@given(cases(), st.booleans(), st.sampled_from([equal_width_edges, equal_frequency_edges]))
def test_weights_of_bins_and_classes_are_those_of_a_loop(case, weighted, edges_of):
    weight = random_weight(40) if weighted else np.ones(40)
    source, codes = source_of(case, weight), np.arange(40) * 7 % 3
    edges = edges_of(source, 4)
    for layer, actual in enumerate(bin_weights(source, edges, codes, 3)):
        expected = np.zeros_like(actual)
        for row, activations in enumerate(oracle.hidden(case.net, case.X, layer)):
            for neuron, a in enumerate(activations):
                below = sum(a > edge * (1 + 1e-14) for edge in edges[layer][neuron])
                expected[neuron, below, codes[row]] += weight[row]
        assert_allclose(actual, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("block_rows", [1, 7, 16])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_blocks_add_up_to_the_whole(monkeypatch, activation, block_rows):
    source, codes = source_of(make("multiclass", (4, 3), activation)), np.arange(40) % 3
    full = [*activation_entropies(source), *mutual_informations(source, codes, 3)]
    monkeypatch.setattr(_network, "BLOCK_ROWS", block_rows)
    blocks = [*activation_entropies(source), *mutual_informations(source, codes, 3)]
    for one, other in zip(blocks, full, strict=True):
        assert_allclose(one, other, rtol=1e-12, atol=1e-14)


# ---- entropy and mutual information


def test_entropy_of_a_fair_die_is_the_logarithm_of_its_sides():
    (entropies,) = activation_entropies(identity_on(np.repeat(np.arange(10.0), 3)[:, None] ** 1)())
    assert_allclose(entropies, np.log(10), rtol=1e-12)


def test_a_neuron_that_knows_the_class_shares_its_entropy():
    codes = np.arange(60) % 3
    source = identity_on(np.column_stack([codes, -codes, np.arange(60) // 3]))()
    (information,) = mutual_informations(source, codes, 3)
    assert_allclose(information[:2], np.log(3), rtol=1e-12)
    assert_allclose(information[2], 0, atol=1e-12)
    assert (information >= 0).all()


@deterministic(max_examples=30)
@given(cases(["multiclass", "binary", "strings"]))
def test_mutual_information_is_scikit_learns(case):
    source = source_of(case)
    codes = np.searchsorted(case.classes, case.y)
    edges = equal_frequency_edges(source)
    informations = mutual_informations(source, codes, len(case.classes))
    for layer, actual in enumerate(informations):
        for neuron, a in enumerate(oracle.hidden(case.net, case.X, layer).T):
            bins = np.searchsorted(edges[layer][neuron], a)
            assert_allclose(actual[neuron], mutual_info_score(bins, case.y), atol=1e-12)


@pytest.mark.parametrize("scale", [1e-6, 0.1, 1e6])
def test_scale_and_shift_of_activations_do_not_matter(scale):
    values = np.random.default_rng(0).normal(size=(40, 3))
    codes = (values[:, 0] > 0).astype(int)
    plain, other = identity_on(values)(), identity_on(values * scale + 3 * scale)()
    assert_allclose(activation_entropies(other), activation_entropies(plain), rtol=1e-12)
    assert_allclose(
        mutual_informations(other, codes, 2), mutual_informations(plain, codes, 2), rtol=1e-12
    )
