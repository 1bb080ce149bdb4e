"""Tests of inspection._scoring._sweep: sums over blocks of rows, and how large blocks are."""

import tracemalloc

import numpy as np
import pytest
from helpers import oracle
from helpers.networks import KINDS, REGRESSIONS, SINGLE_LABEL, make
from helpers.sweeps import case_of, one_chunk_a_block
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import metrics

from skneuron.inspection._scoring import _blocks
from skneuron.inspection._scoring._samples import samples_for
from skneuron.inspection._scoring._sweep import new_changes, sweep
from skneuron.inspection._scoring._wanted_sums import SCORES_ONLY, WantedSums
from skneuron.kernels.ablation.row_scores import LABEL
from skneuron.surgery import _network
from skneuron.surgery._network import Network
from skneuron.surgery._replacement import layer_replacements

WEIGHTS = [None, np.random.default_rng(0).random(1000), np.arange(1000.0) % 3]


def ablated(case, replacement="zero", weight=None, neurons=None, **options):
    network = Network.from_mlp(case.mlp)
    samples = samples_for(case.mlp, case.X, case.y, weight)
    replacements = layer_replacements(network, replacement, case.X_ref)
    neurons = case.net.neurons if neurons is None else neurons
    addresses = np.array(neurons, dtype=int).reshape(-1, 2).T
    return sweep(network, samples, replacements, *addresses, **options)


def assert_same_pass(actual, expected, **tolerance):
    for part in ("baseline", "changes"):
        a, e = getattr(actual, part), getattr(expected, part)
        names = e._fields if hasattr(e, "_fields") else vars(e)
        for name in names:
            mine, other = getattr(a, name), getattr(e, name)
            if np.asarray(other).dtype.kind in "iu" or not tolerance:
                assert_array_equal(mine, other, err_msg=name)
            else:
                assert_allclose(mine, other, err_msg=name, **tolerance)


# ---- sums over blocks


@pytest.mark.parametrize("weight", WEIGHTS, ids=["plain", "weighted", "zeros"])
@pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])
@pytest.mark.parametrize("kind", KINDS)
def test_many_blocks_add_up_to_one(kind, replacement, weight, monkeypatch):
    case = case_of(kind)
    expected = ablated(case, replacement, weight)
    one_chunk_a_block(monkeypatch)
    actual = ablated(case, replacement, weight)
    assert_same_pass(actual, expected, rtol=1e-11, atol=1e-9)
    case.X = sparse.csr_array(case.X)
    assert_same_pass(ablated(case, replacement, weight), actual)


@pytest.mark.parametrize("weight", WEIGHTS, ids=["plain", "weighted", "zeros"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_network(kind, weight, monkeypatch):
    one_chunk_a_block(monkeypatch)
    case = case_of(kind)
    found = ablated(case, weight=weight).baseline
    w = np.ones(1000) if weight is None else weight
    assert found.n_samples == 1000
    assert_allclose(found.weight, w.sum(), rtol=1e-13)
    assert_allclose(found.squared_weight, (w**2).sum(), rtol=1e-13)
    classes = None if kind in REGRESSIONS else case.classes
    losses = oracle.row_losses(case.net, case.X, case.y, classes)
    assert_allclose(found.loss, np.average(losses, weights=w), rtol=1e-11)
    predicted = case.mlp.predict(case.X)
    if kind in SINGLE_LABEL:
        cells = metrics.confusion_matrix(case.y, predicted, labels=case.classes)
        assert_array_equal(found.cells, cells)
        weighted = metrics.confusion_matrix(
            case.y, predicted, labels=case.classes, sample_weight=w
        )
        assert_allclose(found.weighted_cells, weighted, rtol=1e-12)
        assert_allclose(found.class_weight, weighted.sum(axis=1), rtol=1e-12)
        assert_allclose(found.hits, np.diag(weighted), rtol=1e-12)
    elif kind == "multilabel":
        assert_allclose(found.hits, [w[(case.y == predicted).all(axis=1)].sum()], rtol=1e-12)
    else:
        errors = (case.y - predicted).reshape(1000, -1) ** 2
        assert_allclose(found.squares, w @ errors, rtol=1e-11)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", REGRESSIONS)
def test_squared_errors_without_each_neuron(kind, weighted, monkeypatch):
    one_chunk_a_block(monkeypatch)
    case = case_of(kind)
    weight = WEIGHTS[1] if weighted else None
    found = ablated(case, weight=weight)
    for at, neuron in enumerate(case.net.neurons):
        out = oracle.output(case.net, case.X, {neuron: 0})
        errors = np.ones(1000) if weight is None else weight
        errors = errors @ (case.y.reshape(out.shape) - out) ** 2
        assert_allclose(found.baseline.squares + found.changes.squares[at], errors, rtol=1e-10)


def test_losses_of_many_float32_rows_are_not_lost():
    # A mean of losses in float32 would be off by more than the effect of a weak neuron.
    case = case_of("multiclass", n=200_000, dtype=np.float32)
    case.mlp.coefs_[2][0] *= 1e-3
    found = ablated(case, neurons=[(1, 0)])
    before, after = (
        np.mean(oracle.row_losses(case.net, case.X, case.y, case.classes, replaced))
        for replaced in ({}, {(1, 0): 0})
    )
    assert_allclose(found.baseline.loss, before, rtol=1e-6)
    assert_allclose(found.changes.losses[0, 0] / 200_000, after - before, rtol=1e-3)


# ---- what is wanted


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("confusion", [False, True])
@pytest.mark.parametrize("losses", [False, True])
def test_only_what_is_wanted_has_room(kind, weighted, confusion, losses):
    case = case_of(kind, n=40)
    samples = samples_for(case.mlp, case.X, case.y, np.ones(40) if weighted else None)
    changes = new_changes(samples, 7, WantedSums(confusion, losses))
    is_label = samples.task == LABEL
    assert len(changes.cells) == (7 if is_label and confusion else 0)
    assert len(changes.weighted_cells) == (7 if is_label and confusion and weighted else 0)
    assert len(changes.losses) == (7 if losses else 0)
    assert len(changes.squares) == (7 if kind in REGRESSIONS else 0)
    assert changes.hits.shape == (7, len(case.classes) if is_label else 1)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_left_out_changes_nothing_else(kind):
    case = case_of(kind, n=300)
    full, scores_only = ablated(case), ablated(case, wanted=SCORES_ONLY)
    for name in ("n_fixed", "n_broken", "hits", "squares"):
        assert_array_equal(getattr(scores_only.changes, name), getattr(full.changes, name))
    assert scores_only.baseline.loss == full.baseline.loss


def test_no_neurons():
    case = case_of(n=300)
    found = ablated(case, neurons=[])
    assert found.changes.n_fixed.shape == (0,)
    assert_array_equal(found.baseline.cells, ablated(case).baseline.cells)


def test_neurons_in_any_order_and_twice():
    case = case_of(n=300)
    order = [(1, 2), (0, 4), (1, 2), (0, 0)]
    everything, found = ablated(case), ablated(case, neurons=order)
    at = [case.net.neurons.index(neuron) for neuron in order]
    for name in everything.changes._fields:
        expected = getattr(everything.changes, name)
        if len(expected):
            assert_array_equal(getattr(found.changes, name), expected[at], err_msg=name)


# ---- memory, and arrays that must not be written to


@pytest.mark.parametrize("replacement", ["zero", "linear"])
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_memory_does_not_grow_with_the_rows(kind, replacement, monkeypatch):
    monkeypatch.setattr(_blocks, "BLOCK_BYTES", 2**19)
    monkeypatch.setattr(_network, "BLOCK_ROWS", 1024)
    peaks = []
    for n in (10_000, 60_000):
        case = make(kind, (20, 10), n=n, n_features=4)
        case.X_ref = case.X
        ablated(case, replacement)  # compiles
        tracemalloc.start()
        ablated(case, replacement)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Targets are kept, which are few numbers a row (40 activations and outputs would be 320
    # bytes, and the rows themselves 32), and so are temporary sums over them.
    assert peaks[1] - peaks[0] < 50_000 * 32


@pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_read_only_and_memory_mapped_rows(dtype, replacement, tmp_path, monkeypatch):
    one_chunk_a_block(monkeypatch)
    case = case_of(dtype=dtype)
    expected = ablated(case, replacement)
    X = case.X
    np.save(tmp_path / "X.npy", X)
    case.X = X.copy()
    case.X.flags.writeable = False
    assert_same_pass(ablated(case, replacement), expected)
    case.X = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert_same_pass(ablated(case, replacement), expected)
    assert_array_equal(case.X, X)
