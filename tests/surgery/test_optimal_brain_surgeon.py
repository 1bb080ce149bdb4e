"""Tests of surgery._optimal_brain_surgeon, against slow and obvious computations of the same."""

import numpy as np
import pytest
from helpers import oracle
from helpers.networks import ACTIVATIONS, KINDS, make
from helpers.replacements import ILL, ill_conditioned
from helpers.surgeon import brute_force, curvature_by_differences, loss_of_keeping, raw_outputs
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, softmax, xlogy
from threadpoolctl import threadpool_limits

from skneuron.surgery import (
    Network,
    curvature_rows,
    eliminated,
    hidden_activations,
    output_curvature,
    removal_costs,
)

# ---- networks


def divergence(z, other, out_activation):
    """Kullback-Leibler, summed over outputs, of what they are distributions of."""
    if out_activation == "softmax":
        p, q = softmax(z, axis=1), softmax(other, axis=1)
        return (xlogy(p, p) - xlogy(p, q)).sum(axis=1)
    if out_activation == "logistic":
        p, q = expit(z), expit(other)
        return (xlogy(p, p / q) + xlogy(1 - p, (1 - p) / (1 - q))).sum(axis=1)
    if out_activation == "exp":
        return (np.exp(z) * (z - other) - np.exp(z) + np.exp(other)).sum(axis=1)
    return ((z - other) ** 2).sum(axis=1) / 2


def problem_of(kind="multiclass", activation="tanh", hidden=(6, 5, 4), layer=0, **options):
    case = make(kind, hidden, activation, n=60, **options)
    network = Network.from_mlp(case.mlp)
    A = hidden_activations(network, case.X, layer)
    return network, A, network.later_layers(layer)


def covariance_of(A):
    return np.atleast_2d(np.cov(A.T.astype(np.float64), ddof=0))


# ---- curvature


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_curvature_of_every_kind_of_network(kind, activation, layer):
    _, A, later = problem_of(kind, activation, layer=layer)
    found, expected = output_curvature(later, A), curvature_by_differences(later, A)
    assert found.shape == (later.coefs[0].shape[1],) * 2
    assert_allclose(found, expected, rtol=1e-5, atol=1e-7 * np.abs(expected).max())


@pytest.mark.parametrize("kind", KINDS)
def test_curvature_is_that_of_the_divergence_in_nats(kind):
    _, A, later = problem_of(kind)
    z = A @ later.coefs[0] + later.intercepts[0]
    d = np.random.default_rng(0).normal(size=z.shape[1]) * 1e-3
    found = divergence(
        raw_outputs(later, z), raw_outputs(later, z + d), later.out_activation
    ).mean()
    assert_allclose(d @ output_curvature(later, A) @ d / 2, found, rtol=0.02)


@pytest.mark.parametrize("kind", ["multiclass", "multilabel", "poisson"])
def test_curvature_in_float32_and_in_blocks(kind, monkeypatch):
    _, A, later = problem_of(kind)
    expected = output_curvature(later, A)
    single = output_curvature(later.in_dtype(np.dtype(np.float32)), A.astype(np.float32))
    assert single.dtype == np.float64
    assert_allclose(single, expected, rtol=1e-3, atol=1e-5 * expected.max())
    name = "skneuron.surgery._optimal_brain_surgeon.rows_per_block"
    monkeypatch.setattr(name, lambda row_bytes: 7)
    assert_allclose(output_curvature(later, A), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("hidden", [(6,), (6, 5)])
@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_probabilities_that_round_to_one_still_have_a_curvature(kind, hidden):
    case = make(kind, hidden, "tanh", n=60)
    case.mlp.intercepts_[-1][:] = 60 + 5 * np.arange(len(case.mlp.intercepts_[-1]))
    network = Network.from_mlp(case.mlp)
    if kind == "multiclass":  # as far apart as the others are from 0
        network.intercepts[-1][:] *= np.array([1, 2, 3, 4])
    A = hidden_activations(network, case.X, 0)
    found = output_curvature(network.later_layers(0), A)
    assert 0 < np.trace(found) < 1e-12
    assert np.linalg.eigvalsh(found).min() > -1e-12 * np.trace(found)


# ---- removals


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_removals_are_those_of_brute_force(kind, layer):
    network, A, later = problem_of(kind, layer=layer, seed=layer)
    outgoing, curvature = network.coefs[layer + 1], output_curvature(later, A)
    n = A.shape[1]
    found = eliminated(covariance_of(A), outgoing, curvature, n)
    order, costs = brute_force(A, outgoing, curvature, n)
    assert found.order.tolist() == order
    assert_allclose(found.costs, costs, rtol=1e-4, atol=1e-7 * max(costs))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_costs_of_single_removals_are_those_of_brute_force(activation):
    network, A, later = problem_of("multiclass", activation, (9, 5))
    outgoing, curvature = network.coefs[1], output_curvature(later, A)
    found = removal_costs(covariance_of(A), outgoing, curvature)
    everything = list(range(A.shape[1]))
    expected = [
        loss_of_keeping([k for k in everything if k != j], A, outgoing, curvature)
        for j in everything
    ]
    # Three features: of nine linear neurons, any other eight make up for the ninth.
    assert_allclose(found, expected, rtol=1e-4, atol=1e-6 if activation == "identity" else 1e-9)


def test_the_sum_of_costs_is_the_divergence_of_all_removals_together():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(400, 80)) @ rng.normal(size=(80, 80)) * 10.0 ** rng.integers(-3, 3, 80)
    outgoing = rng.normal(size=(80, 12)) / A.std(axis=0)[:, None]
    roots = rng.normal(size=(12, 5))
    found = eliminated(covariance_of(A), outgoing, roots @ roots.T, 75)
    assert len(set(found.order)) == 75  # and the inverse has been computed afresh, twice
    kept = np.setdiff1d(np.arange(80), found.order)
    assert_allclose(
        found.costs.sum(), loss_of_keeping(kept, A, outgoing, roots @ roots.T), rtol=1e-5
    )


def test_fewer_removals_are_the_first_ones_of_more():
    network, A, later = problem_of(hidden=(60, 5))
    arguments = covariance_of(A), network.coefs[1], output_curvature(later, A)
    all_of_them, some = eliminated(*arguments, 60), eliminated(*arguments, 20)
    assert_array_equal(some.order, all_of_them.order[:20])
    assert_array_equal(some.costs, all_of_them.costs[:20])
    assert_allclose(some.costs[0], removal_costs(*arguments).min(), rtol=1e-12)
    assert len(eliminated(*arguments, 0).order) == 0


@pytest.mark.parametrize("kind", ILL)
def test_dead_neurons_and_copies_go_first_and_cost_nothing(kind):
    A = ill_conditioned(kind)
    rng = np.random.default_rng(1)
    found = eliminated(covariance_of(A), rng.normal(size=(A.shape[1], 3)), np.eye(3), A.shape[1])
    assert np.isfinite(found.costs).all()
    assert (found.costs >= 0).all()
    assert found.costs[0] <= 1e-6 * found.costs.sum()
    assert sorted(found.order) == list(range(A.shape[1]))


def test_units_of_neurons_do_not_matter():
    network, A, later = problem_of(hidden=(7, 5))
    curvature, factors = output_curvature(later, A), 2.0 ** np.arange(7)
    one = eliminated(covariance_of(A), network.coefs[1], curvature, 7)
    other = eliminated(
        covariance_of(A * factors), network.coefs[1] / factors[:, None], curvature, 7
    )
    assert_array_equal(one.order, other.order)
    assert_allclose(one.costs, other.costs, rtol=1e-6, atol=1e-12)


def test_without_curvature_the_first_ones_go_for_nothing():
    network, A, _ = problem_of(hidden=(5, 4))
    found = eliminated(covariance_of(A), network.coefs[1], np.zeros((4, 4)), 3)
    assert found.order.tolist() == [0, 1, 2]
    assert found.costs.tolist() == [0, 0, 0]


def test_bits_do_not_depend_on_threads():
    network, A, later = problem_of(hidden=(200, 150), n_features=30)
    covariance, bits = covariance_of(A), []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            curvature = output_curvature(later, A)
            found = eliminated(covariance, network.coefs[1], curvature, 100)
        bits.append([part.tobytes() for part in (curvature, found.order, found.costs)])
    assert bits[0] == bits[1]


# ---- samples


@pytest.mark.parametrize(
    ("n_samples", "n_outputs", "n_neurons", "n_rows"),
    [
        (30, 3, 4, 30),
        (5_000, 10, 300, 5_000),
        (60_000, 10, 300, 5_000),
        (60_000, 200, 300, 1_000),
        (60_000, 5_000, 300, 200),
        (60_000, 10, 8_388, 1_000),
        (60_000, 10, 10**6, 200),
        (100, 5_000, 300, 100),
    ],
)
def test_samples_are_bounded_and_evenly_spaced(n_samples, n_outputs, n_neurons, n_rows):
    empty = np.empty((0, n_neurons)), np.broadcast_to(0.0, (1, n_outputs))
    network = Network(empty, (), "relu", "softmax")
    rows = curvature_rows(network, n_samples)
    assert len(rows) == n_rows
    assert rows[0] == 0
    assert rows[-1] < n_samples
    steps = np.diff(rows)
    assert steps.min() >= n_samples // n_rows
    assert steps.max() <= n_samples // n_rows + 1


def test_the_oracle_computes_what_networks_do():
    for kind in ("multiclass", "poisson"):
        network, A, later = problem_of(kind)
        case = make(kind, (6, 5, 4), "tanh", n=60)
        z = raw_outputs(later, A @ later.coefs[0] + later.intercepts[0])
        outputs = softmax(z, axis=1) if kind == "multiclass" else np.exp(z)
        assert network.out_activation == later.out_activation
        assert_allclose(outputs, oracle.output(case.net, case.X).reshape(z.shape), rtol=1e-9)


def test_rows_of_millions_of_samples():
    network = Network(
        (np.ones((2, 3)), np.ones((3, 2))), (np.ones(3), np.ones(2)), "relu", "softmax"
    )
    rows = curvature_rows(network, 10**7)
    assert rows.dtype == np.int64
    assert rows[0] == 0
    assert 0 < rows[-1] < 10**7
    assert np.all(np.diff(rows) > 0)
