"""Tests of inspection._scoring._blocks: forward passes, and how large blocks are."""

import numpy as np
import pytest
from helpers import oracle
from helpers.sweeps import case_of, one_chunk_a_block
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.inspection._scoring import _blocks
from skneuron.inspection._scoring._blocks import Resampling, blocks_of, full_outputs
from skneuron.kernels.forward import CHUNK_ROWS
from skneuron.surgery._network import Network
from skneuron.surgery._replacement import layer_replacements


def blocks(case, replacement="zero", resampling=None):
    network = Network.from_mlp(case.mlp).for_rows(case.X)
    replacements = layer_replacements(network, replacement, case.X_ref)
    return blocks_of(network, case.X, replacements, resampling)


@pytest.mark.parametrize("n", [1, 255, 256, 257, 600])
def test_blocks_cover_all_rows_in_order(n, monkeypatch):
    one_chunk_a_block(monkeypatch)
    case = case_of(n=n)
    found = [(b.rows.start, b.rows.stop, b.n_rows) for b in blocks(case)]
    starts = range(0, n, CHUNK_ROWS)
    assert found == [(s, min(n, s + 256), min(n, s + 256) - s) for s in starts]


@pytest.mark.parametrize("n_chunks", [1, 2, 3, 100])
@pytest.mark.parametrize("kind", ["multiclass", "binary", "regression"])
def test_whole_outputs_are_those_of_scikit_learn_and_stay(kind, n_chunks, monkeypatch):
    case = case_of(kind)
    n_later = sum(case.net.sizes[1:])
    n_bytes = n_chunks * CHUNK_ROWS * 8 * (3 + 2 * 9 + n_later + case.mlp.n_outputs_)
    monkeypatch.setattr(_blocks, "BLOCK_BYTES", n_bytes)
    # Kept while later blocks are computed in the same place.
    outputs = [full_outputs(block) for block in blocks(case)]
    assert len(outputs) == -(-1000 // (CHUNK_ROWS * min(n_chunks, 4)))
    assert_allclose(np.concatenate(outputs), oracle.logits(case.net, case.X), rtol=1e-12)


@pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])
def test_residuals_are_activations_without_what_takes_their_place(replacement, monkeypatch):
    one_chunk_a_block(monkeypatch)
    case = case_of(n=600)
    linear, X_ref = replacement == "linear", None if replacement == "zero" else case.X_ref
    for block in blocks(case, replacement):
        rows = case.X[block.rows]
        for at, neuron in enumerate(case.net.neurons):
            layer, index = neuron
            value = oracle.gone(case.net, [neuron], X_ref, linear=linear)[neuron]
            full = oracle.hidden(case.net, rows, layer)
            expected = full[:, index] - (value(full) if callable(value) else value)
            actual = block.residuals[:, at].reshape(-1)[: block.n_rows]
            assert_allclose(actual, expected, rtol=1e-8, atol=1e-10)


def test_residuals_of_resampling():
    case = case_of(n=300)
    rows = np.random.default_rng(0).permutation(300)
    (block,) = blocks(case, resampling=Resampling(case.X, rows))
    for at, (layer, index) in enumerate(case.net.neurons):
        activations = oracle.hidden(case.net, case.X, layer)[:, index]
        actual = block.residuals[:, at].reshape(-1)[:300]
        assert_allclose(actual, activations - activations[rows], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])
def test_blocks_know_what_takes_neurons_places_unless_it_is_resampled(replacement):
    case = case_of(n=40)
    (block,) = blocks(case, replacement)
    found = layer_replacements(Network.from_mlp(case.mlp), replacement, case.X_ref)
    mixings, constants = zip(*(r.residuals() for r in found), strict=True)
    assert_array_equal(block.constants, np.concatenate(constants))
    if replacement == "linear":
        assert_array_equal(block.mixing, np.concatenate([M.ravel() for M in mixings]))
    else:
        assert len(block.mixing) == 0
    (block,) = blocks(case, replacement, Resampling(case.X, np.arange(40)[::-1]))
    assert len(block.constants) == 0


def test_blocks_are_no_larger_than_they_may_be(monkeypatch):
    case = case_of(n=100_000)
    assert next(iter(blocks(case))).n_rows == _blocks.MAX_BLOCK_ROWS
    for n_bytes in (2**18, 2**20):
        monkeypatch.setattr(_blocks, "BLOCK_BYTES", n_bytes)
        block = next(iter(blocks(case)))
        used = block.inputs.nbytes + block.residuals.nbytes + block.n_rows * 3 * 8
        assert 0.7 * n_bytes < used <= n_bytes
