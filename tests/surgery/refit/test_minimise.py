"""The minimisation: the least divergence where that is known, and when it stops."""

import numpy as np
import pytest
from helpers import refits
from helpers.networks import KINDS

from skneuron.surgery import Network
from skneuron.surgery._refit._minimise import LOOK_EVERY, PATIENCE, minimised, step_sizes
from skneuron.surgery._refit._objective import mean_divergence


def ignore(n_iter, divergence):
    pass


def linear_network(seed, n_features=4, n_outputs=2, out_activation="identity"):
    rng = np.random.default_rng(seed)
    weights, bias = rng.normal(size=(n_features, n_outputs)), rng.normal(size=n_outputs)
    return Network((weights,), (bias,), "relu", out_activation)


def samples_of(whole, n=300, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, len(whole.coefs[0]))) * scale
    return refits.stage_samples(whole, X)


@pytest.mark.parametrize("out_activation", ["identity", "softmax", "logistic", "exp"])
def test_outputs_that_can_be_met_are_met(out_activation):
    """A single layer is convex; only softmax has more than one solution."""
    whole = linear_network(1, out_activation=out_activation)
    fit, held = samples_of(whole, scale=0.5), samples_of(whole, 100, 1, scale=0.5)
    found = minimised(
        linear_network(2, out_activation=out_activation), fit, held,
        one_unit=False, max_iter=500, on_look=ignore,
    )  # fmt: skip
    assert mean_divergence(found, held) < 1e-6
    if out_activation != "softmax":
        np.testing.assert_allclose(found.coefs[0], whole.coefs[0], atol=1e-2)


def test_numbers_are_met_by_least_squares():
    """Inputs of which the whole network sees more: the best that can be had is known."""
    whole = linear_network(1, n_features=6)
    X = np.random.default_rng(0).normal(size=(4000, 6)) @ np.random.default_rng(1).normal(
        size=(6, 6)
    )
    cut = Network((np.zeros((3, 2)),), (np.zeros(2),), "relu", "identity")
    stage = refits.stage_samples(whole, X, inputs_of=lambda rows: rows[:, :3])
    found = minimised(cut, stage, stage, one_unit=False, max_iter=500, on_look=ignore)
    design = np.column_stack([X[:, :3], np.ones(len(X))])
    targets = X @ whole.coefs[0] + whole.intercepts[0]
    expected = np.linalg.lstsq(design, targets, rcond=None)[0]
    np.testing.assert_allclose(found.coefs[0], expected[:3], atol=1e-3)
    np.testing.assert_allclose(found.intercepts[0], expected[3], atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_held_out_samples_decide(kind, dtype):
    full, pruned, X = refits.pair(kind, n=300, dtype=dtype)
    whole, smaller = (
        network.in_dtype(np.dtype(dtype)) for network in refits.networks(full, pruned)
    )
    fit, held = (refits.stage_samples(whole, rows) for rows in (X[:200], X[200:]))
    looks = []
    found = minimised(
        smaller, fit, held, one_unit=False, max_iter=100, on_look=lambda *look: looks.append(look)
    )
    assert looks[0] == (0, mean_divergence(smaller, held))
    assert mean_divergence(found, held) == min(divergence for _, divergence in looks)
    assert looks[-1][0] <= 100
    assert found.dtype == dtype


def test_nothing_changes_where_nothing_is_to_be_gained():
    whole = linear_network(1)
    fit, held = samples_of(whole), samples_of(whole, 100, 1)
    assert minimised(whole, fit, held, one_unit=False, max_iter=50, on_look=ignore) is whole


def test_it_stops_where_held_out_samples_say_so():
    """They are like nothing that it is fitted to."""
    whole, start = linear_network(1), linear_network(2)
    looks = []
    found = minimised(
        start, samples_of(whole), samples_of(start), one_unit=False, max_iter=500,
        on_look=lambda *look: looks.append(look),
    )  # fmt: skip
    assert found is start
    assert 0 < looks[-1][0] <= PATIENCE * LOOK_EVERY


@pytest.mark.parametrize("max_iter", [1, 3, 7])
def test_the_last_iteration_is_looked_at(max_iter):
    full, pruned, X = refits.pair()
    whole, smaller = refits.networks(full, pruned)
    samples, looks = refits.stage_samples(whole, X), []
    minimised(
        smaller, samples, samples, one_unit=False, max_iter=max_iter,
        on_look=lambda *look: looks.append(look),
    )  # fmt: skip
    assert looks[-1][0] == max_iter
    assert looks[-1][1] < looks[0][1]


def test_what_a_look_raises_is_raised():
    def stop(n_iter, divergence):
        if n_iter:
            raise KeyboardInterrupt

    full, pruned, X = refits.pair()
    whole, smaller = refits.networks(full, pruned)
    samples = refits.stage_samples(whole, X)
    with pytest.raises(KeyboardInterrupt):
        minimised(smaller, samples, samples, one_unit=False, max_iter=50, on_look=stop)


def test_steps_are_in_units_of_what_inputs_are():
    whole = linear_network(1, n_features=3)
    X = np.random.default_rng(0).normal(size=(500, 3)) * [1.0, 100.0, 0.0]
    samples = refits.stage_samples(whole, X)
    rms = np.sqrt(np.mean(X**2, axis=0))
    units = step_sizes(whole, samples, one_unit=False).reshape(4, 2)
    np.testing.assert_allclose(units[:2].T, [1 / rms[:2]] * 2)
    # One that is always 0 gets no larger steps than the others.
    np.testing.assert_allclose(units[2], 1 / rms[1])
    np.testing.assert_array_equal(units[3], 1)
    alike = step_sizes(whole, samples, one_unit=True).reshape(4, 2)
    np.testing.assert_allclose(alike[:3], 1 / np.sqrt(np.mean(X**2)))


def test_inputs_that_are_all_zero():
    whole = linear_network(1)
    samples = refits.stage_samples(whole, np.zeros((30, 4)))
    assert np.isfinite(step_sizes(whole, samples, one_unit=True)).all()
    found = minimised(
        linear_network(2), samples, samples, one_unit=False, max_iter=50, on_look=ignore
    )
    np.testing.assert_allclose(found.intercepts[0], whole.intercepts[0], atol=1e-4)
