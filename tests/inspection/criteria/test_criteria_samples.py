"""Tests of inspection._criteria._criteria: samples in every form, and their weights."""

import tracemalloc

import numpy as np
import pytest
from helpers.criteria import WEIGHTS_ONLY, all_criteria, assert_same
from helpers.networks import KINDS, make
from numpy.testing import assert_array_equal
from scipy import sparse

from skneuron.inspection._criteria import _activation_bins
from skneuron.inspection._criteria._criteria import CRITERIA, neuron_criterion
from skneuron.surgery import _network


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("kind", KINDS)
def test_integer_weights_are_repeated_rows(kind, activation):
    case = make(kind, (4, 3), activation)
    weight = np.random.default_rng(0).integers(0, 4, 40)
    X, y = np.repeat(case.X, weight, axis=0), np.repeat(case.y, weight, axis=0)
    assert_same(
        all_criteria(case, sample_weight=weight), all_criteria(case, X, y), rtol=1e-8, atol=1e-12
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("block_rows", [1, 16])
def test_blocks_of_rows_do_not_matter(monkeypatch, kind, block_rows):
    case = make(kind, (4, 3), "relu")
    full = all_criteria(case)
    monkeypatch.setattr(_network, "BLOCK_ROWS", block_rows)
    assert_same(all_criteria(case), full, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_sparse_rows(kind):
    case = make(kind, (4, 3), "tanh")
    X = np.where(case.X > 0, case.X, 0)
    dense = all_criteria(case, X)
    assert_same(all_criteria(case, sparse.csr_matrix(X)), dense, rtol=1e-12)
    assert_same(all_criteria(case, sparse.csc_array(X)), dense, rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_float32_is_float64_to_its_precision(kind):
    case = make(kind, (4, 3), dtype=np.float32)
    single, double = all_criteria(case), all_criteria(case, case.X.astype(float))
    for name in ("entropy", "mutual_information"):  # a row may change its bin
        single.pop(name, None)
        double.pop(name, None)
    assert all(column.dtype == np.float64 for column in single.values())
    assert_same(single, double, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in CRITERIA if name not in WEIGHTS_ONLY])
def test_activations_of_all_rows_are_never_held(monkeypatch, name):
    monkeypatch.setattr(_network, "BLOCK_ROWS", 256)
    monkeypatch.setattr(_activation_bins, "QUANTILE_ROWS", 256)
    case = make("multiclass", (100,), n=6000)
    neuron_criterion(case.mlp, case.X, case.y, criterion=name)  # what is imported or compiled once
    tracemalloc.start()
    neuron_criterion(case.mlp, case.X, case.y, criterion=name)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6000 * 100 * 8 / 2


def test_nothing_is_changed():
    case = make(hidden=(4, 3))
    arrays = [*case.mlp.coefs_, *case.mlp.intercepts_, case.X, case.y]
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    all_criteria(case, sample_weight=np.ones(40))
    for array, old in zip(arrays, before, strict=True):
        assert_array_equal(array, old)
