"""Tests of skneuron.kernels.ablation.pairs: the sums of every pair, and their bits."""

import numba
import numpy as np
import pytest
from helpers import oracle
from helpers.leaves import serial_only
from helpers.networks import make
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.inspection._scoring._blocks import blocks_of
from skneuron.inspection._scoring._lost_digits import harmless_residuals
from skneuron.inspection._scoring._samples import samples_for
from skneuron.inspection._scoring._sweep import new_changes, scored_before
from skneuron.inspection._scoring._wanted_sums import WantedSums
from skneuron.kernels.ablation.pairs import ablate_each_pair
from skneuron.surgery._network import Network
from skneuron.surgery._replacement import layer_replacements
from skneuron.utils import _threads

SERIAL = serial_only(ablate_each_pair)
REPLACEMENTS = ["zero", "mean", "linear"]


def ablated_pairs(
    case, layer, indices, *, replacement="zero", kernel=SERIAL, weight=None, losses=True
):
    """`Changes` of all pairs of some neurons of a layer."""
    samples = samples_for(case.mlp, case.X, case.y, weight)
    network = samples.network_to_score(Network.from_mlp(case.mlp))
    replacements = layer_replacements(network, replacement, case.X_ref)
    mixing = replacements[layer].residuals()[0]
    mixing = (np.zeros((0, 0)) if mixing is None else mixing).astype(network.dtype)
    n_pairs = len(indices) * (len(indices) - 1) // 2
    n_lost = np.zeros(n_pairs, np.int64)
    changes = new_changes(samples, n_pairs, WantedSums(confusion=True, losses=losses))
    for block in blocks_of(network, samples.X, replacements):
        before = scored_before(samples, network, block)
        _threads.run_kernel(
            kernel, block.inputs, block.residuals, *block.arguments, layer,
            np.asarray(indices, np.int64), mixing, harmless_residuals(network, samples), n_lost,
            *samples.truth_of(block.rows), *before, *changes,
        )  # fmt: skip
    return changes


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize(
    ("hidden", "layer"), [((4,), 0), ((3, 3), 0), ((3, 4), 1), ((3, 2, 2), 0)]
)
def test_pairs_match_the_oracle(kind, activation, hidden, layer):
    case = make(kind, hidden, activation, n=300)  # two chunks
    indices = list(range(hidden[layer]))
    changes = ablated_pairs(case, layer, indices)
    before = oracle.labels(case.net, case.X, case.classes)
    pairs = [(a, b) for a in indices for b in indices if a < b]
    assert len(changes.n_fixed) == len(pairs)
    for at, (a, b) in enumerate(pairs):
        gone = {(layer, a): 0.0, (layer, b): 0.0}
        after = oracle.labels(case.net, case.X, case.classes, gone)
        assert changes.n_fixed[at] == ((before != case.y) & (after == case.y)).sum()
        assert changes.n_broken[at] == ((before == case.y) & (after != case.y)).sum()


def test_only_the_named_neurons_are_paired():
    case = make(hidden=(6,), n=100)
    everything, some = ablated_pairs(case, 0, range(6)), ablated_pairs(case, 0, [1, 4, 5])
    pairs = [(a, b) for a in range(6) for b in range(6) if a < b]
    at = [pairs.index(pair) for pair in [(1, 4), (1, 5), (4, 5)]]
    for name in ("n_fixed", "n_broken", "cells", "losses"):
        assert_array_equal(getattr(some, name), getattr(everything, name)[at])


def test_a_neuron_without_effect_adds_nothing():
    case = make(hidden=(4,), n=60)
    case.mlp.coefs_[1][2] = 0
    changes = ablated_pairs(case, 0, [0, 2])
    alone = ablated_pairs(case, 0, [2, 0])
    assert_array_equal(changes.n_fixed, alone.n_fixed)
    assert_allclose(changes.losses, alone.losses, rtol=1e-12)


@pytest.mark.parametrize("replacement", REPLACEMENTS)
@pytest.mark.parametrize("hidden", [(5,), (5, 3)])
def test_order_within_a_pair_does_not_matter(replacement, hidden):
    case = make(hidden=hidden, n=60)
    one = ablated_pairs(case, 0, [1, 3], replacement=replacement)
    other = ablated_pairs(case, 0, [3, 1], replacement=replacement)
    assert_array_equal(one.n_fixed - one.n_broken, other.n_fixed - other.n_broken)
    assert_allclose(one.losses, other.losses, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("replacement", REPLACEMENTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("hidden", [(5,), (4, 3)])
def test_bits_do_not_depend_on_threads(compiled, replacement, dtype, hidden):
    case = make(hidden=hidden, n=600, dtype=dtype)
    weight = np.random.default_rng(0).random(600)
    expected = ablated_pairs(case, 0, range(4), replacement=replacement, weight=weight)
    before = numba.get_num_threads()
    try:
        for n_threads in {1, numba.config.NUMBA_NUM_THREADS}:
            numba.set_num_threads(n_threads)
            actual = ablated_pairs(
                case, 0, range(4), replacement=replacement, weight=weight, kernel=ablate_each_pair
            )
            for name, column in expected._asdict().items():
                assert_array_equal(getattr(actual, name), column, err_msg=name)
    finally:
        numba.set_num_threads(before)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("replacement", REPLACEMENTS)
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize(("hidden", "layer"), [((9,), 0), ((5, 4), 0), ((3, 8), 1)])
def test_without_losses_all_else_is_the_same(kind, replacement, activation, hidden, layer):
    """Rows too far from another prediction are left out, to the last bit without a difference."""
    case = make(kind, hidden, activation, n=300)
    indices = range(hidden[layer])
    expected = ablated_pairs(case, layer, indices, replacement=replacement)
    changes = ablated_pairs(case, layer, indices, replacement=replacement, losses=False)
    assert changes.n_broken.any() or kind == "binary"  # a network that hardly cares
    for name in ("n_fixed", "n_broken", "hits", "cells"):
        assert_array_equal(getattr(changes, name), getattr(expected, name), err_msg=name)
