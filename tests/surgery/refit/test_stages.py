"""Which layers stages change, and that their parts make up the network again."""

import numpy as np
import pytest
from helpers import refits
from helpers.networks import ACTIVATIONS

from skneuron.surgery._refit._mixed_samples import MixedSamples
from skneuron.surgery._refit._objective import layer_inputs
from skneuron.surgery._refit._stages import REFITS, _same_columns, behind_stage, span_stage

STAGES = {name: make for stages in REFITS.values() for name, make in stages}


def stage_of(name, hidden, activation="relu", dtype=np.float64):
    full, pruned, X = refits.pair(hidden=hidden, activation=activation, dtype=dtype)
    whole, smaller = (n.in_dtype(np.dtype(dtype)) for n in refits.networks(full, pruned))
    samples = MixedSamples(X, np.dtype(dtype), np.arange(len(X)))
    return STAGES[name](smaller, whole, samples), smaller, whole, X


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(6,), (6, 5), (6, 5, 4)])
@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_parts_are_the_network(name, hidden, activation, dtype):
    stage, smaller, _, X = stage_of(name, hidden, activation, dtype)
    inputs = stage.inputs_of(X)
    assert inputs.shape == (len(X), stage.n_inputs)
    close = {"rtol": 1e-3, "atol": 1e-4} if dtype == np.float32 else {"rtol": 1e-9, "atol": 1e-9}
    expected = layer_inputs(smaller, X)[-1]
    np.testing.assert_allclose(layer_inputs(stage.free, inputs)[-1], expected, **close)
    whole_again = stage.finish(stage.free)
    assert whole_again.hidden_layer_sizes == smaller.hidden_layer_sizes
    assert whole_again.dtype == dtype
    np.testing.assert_allclose(layer_inputs(whole_again, X)[-1], expected, **close)


@pytest.mark.parametrize("name", STAGES)
def test_changes_of_the_parts_are_changes_of_the_network(name):
    stage, _, _, X = stage_of(name, (6, 5))
    rng = np.random.default_rng(0)
    for array in (*stage.free.coefs, *stage.free.intercepts):
        array += rng.normal(size=array.shape) / 10
    np.testing.assert_allclose(
        layer_inputs(stage.finish(stage.free), X)[-1],
        layer_inputs(stage.free, stage.inputs_of(X))[-1],
        atol=1e-9,
    )


@pytest.mark.parametrize(("name", "n_free"), [("outputs", 1), ("behind", 3), ("span", 4)])
def test_numbers_of_free_layers(name, n_free):
    stage, *_ = stage_of(name, (6, 5, 4))
    assert len(stage.free.coefs) == n_free


def test_the_span_gets_centred_inputs_in_one_unit():
    stage, _, whole, X = stage_of("span", (6, 5))
    inputs = stage.inputs_of(X)
    np.testing.assert_allclose(inputs.mean(axis=0), 0, atol=1e-12)
    assert np.mean(inputs**2) == pytest.approx(1)
    z = X @ whole.coefs[0]
    np.testing.assert_allclose(inputs * (z - z.mean(axis=0)).std(), z - z.mean(axis=0), atol=1)
    assert stage.one_unit


def test_refits_follow_each_other():
    assert {name: [stage for stage, _ in stages] for name, stages in REFITS.items()} == {
        "outputs": ["outputs"],
        "behind": ["behind"],
        "span": ["behind", "span"],
    }


def test_neurons_that_were_mixed_before_are_found_again():
    """A network that has been refitted once: its first layer is not a part of the whole one's."""
    stage, _, whole, X = stage_of("span", (6, 5))
    stage.free.coefs[0][:] = np.random.default_rng(1).normal(size=stage.free.coefs[0].shape)
    mixed = stage.finish(stage.free)
    samples = MixedSamples(X, np.dtype(np.float64), np.arange(len(X)))
    again = span_stage(mixed, whole, samples)
    np.testing.assert_allclose(
        layer_inputs(again.free, again.inputs_of(X))[-1], layer_inputs(mixed, X)[-1], atol=1e-8
    )


def test_other_neurons_are_no_mixtures():
    full, pruned, X = refits.pair(n_features=9, hidden=(4, 3))
    whole, smaller = refits.networks(full, pruned)
    smaller.coefs[0][:, 1] = np.random.default_rng(0).normal(size=9)
    samples = MixedSamples(X, np.dtype(np.float64), np.arange(len(X)))
    with pytest.raises(
        ValueError, match=r"layers='span': hidden0_neuron1 .* no mixture.*'behind'"
    ):
        span_stage(smaller, whole, samples)
    behind_stage(smaller, whole, samples)


def test_each_of_the_same_neurons_is_taken_once():
    a, b = np.array([[1.0], [2.0]]), np.array([[3.0], [4.0]])
    assert _same_columns(np.hstack([a, b, a]), np.hstack([a, a])).tolist() == [0, 2]
    assert _same_columns(np.hstack([a, b]), np.hstack([b])).tolist() == [1]
    assert _same_columns(np.hstack([a, a]), np.hstack([b])) is None


def test_constant_features_have_no_scale():
    full, pruned, X = refits.pair()
    X[:] = X[0]
    whole, smaller = refits.networks(full, pruned)
    stage = span_stage(smaller, whole, MixedSamples(X, np.dtype(np.float64), np.arange(len(X))))
    np.testing.assert_allclose(
        layer_inputs(stage.free, stage.inputs_of(X))[-1], layer_inputs(smaller, X)[-1], atol=1e-9
    )
