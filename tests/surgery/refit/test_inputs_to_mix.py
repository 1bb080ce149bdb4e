"""Mixtures for which there is no room: their inputs are mixed again from those of the samples."""

import numpy as np
import pytest
from helpers import refits

from skneuron.surgery import refit_network
from skneuron.surgery._refit import _refit_network, _stage_samples
from skneuron.surgery._refit._mixed_samples import MixedSamples, mixtures
from skneuron.surgery._refit._stage_samples import StageSamples, inputs_to_mix

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2500, 3))
ROWS = np.sort(RNG.permutation(2500)[:1800])
WEIGHTS = RNG.uniform(size=1800)
M = RNG.normal(size=(3, 4))


def row_sums(targets):
    return targets.sum(axis=1)


@pytest.fixture
def parts():
    samples = MixedSamples(X, X.dtype, ROWS, WEIGHTS)
    return [samples, mixtures(samples, 2700, np.random.default_rng(1))]


def test_they_are_what_would_be_computed(parts):
    calls = []

    def inputs_of(rows):
        calls.append(len(rows))
        return rows @ M - 1

    def targets_of(rows):
        return np.exp(rows[:, :2])

    computed = list(StageSamples(parts, inputs_of, targets_of, row_sums, n_kept=0).blocks())
    calls.clear()
    samples = StageSamples(
        parts,
        inputs_of,
        targets_of,
        row_sums,
        n_kept=0,
        inputs=inputs_to_mix(parts, inputs_of),
    )
    assert sum(calls) == 1800  # samples, and no mixtures
    for _ in range(2):
        blocks = list(samples.blocks())
        for block, expected in zip(blocks, computed, strict=True):
            np.testing.assert_allclose(block.inputs, expected.inputs)
            np.testing.assert_array_equal(block.targets, expected.targets)
            np.testing.assert_array_equal(block.least, expected.least)
            np.testing.assert_array_equal(block.weights, expected.weights)
    assert sum(calls) == 1800
    assert samples.total_weight == pytest.approx(WEIGHTS.sum() + parts[1].weights.sum())


# Of all samples; of those that are no mixtures; of some of these; of none.
@pytest.mark.parametrize("room", [10**9, 80_000, 20_000, 1])
def test_a_refit_is_the_same_however_much_room_there_is(monkeypatch, room):
    full, pruned, rows = refits.pair("multiclass", (8, 6), "relu", n=600)
    whole, smaller = refits.networks(full, pruned)
    expected = refit_network(smaller, whole, rows, layers="span", mixed=1.0, max_iter=10)
    mixed_again = []
    monkeypatch.setattr(_stage_samples, "CACHE_BYTES", room)
    monkeypatch.setattr(
        _refit_network,
        "inputs_to_mix",
        lambda *args: mixed_again.append(args) or inputs_to_mix(*args),
    )
    network = refit_network(smaller, whole, rows, layers="span", mixed=1.0, max_iter=10)
    assert len(mixed_again) == (room == 80_000)
    for part, other in zip(
        [*network.coefs, *network.intercepts],
        [*expected.coefs, *expected.intercepts],
        strict=True,
    ):
        np.testing.assert_allclose(part, other, rtol=1e-4, atol=1e-5)
