"""Values and derivatives, against SciPy's distributions and finite differences."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import trapezoid
from scipy.special import rel_entr

from skneuron.surgery._refit._divergences import DIVERGENCES

KINDS = sorted(DIVERGENCES)


def outputs(seed=0, n=7, k=4, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, k)) * 3).astype(dtype), rng.normal(size=(n, k)).astype(dtype)


def value(kind, z, whole):
    divergence = DIVERGENCES[kind]
    targets = divergence.targets(whole)
    return divergence.losses(z.copy(), targets)[0] - divergence.least(targets)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_diverges_from_itself(kind, dtype):
    z, _ = outputs(dtype=dtype)
    np.testing.assert_allclose(value(kind, z, z), 0, atol=3e-5 if dtype == np.float32 else 1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_others_diverge(kind):
    assert np.all(value(kind, *outputs()) > 0)


def test_softmax_is_relative_entropy():
    z, whole = outputs()
    p, q = (np.exp(each) / np.exp(each).sum(axis=1, keepdims=True) for each in (whole, z))
    np.testing.assert_allclose(value("softmax", z, whole), rel_entr(p, q).sum(axis=1))


def test_logistic_is_relative_entropy_of_every_label():
    z, whole = outputs()
    p, q = (1 / (1 + np.exp(-each)) for each in (whole, z))
    expected = (rel_entr(p, q) + rel_entr(1 - p, 1 - q)).sum(axis=1)
    np.testing.assert_allclose(value("logistic", z, whole), expected)


def test_numbers_are_means_of_normal_distributions():
    z, whole = outputs(n=1, k=1)
    grid = np.linspace(-30, 30, 20_001)
    p, q = (stats.norm.pdf(grid, each[0, 0]) for each in (whole, z))
    np.testing.assert_allclose(value("identity", z, whole), trapezoid(rel_entr(p, q), grid))


def test_exp_are_means_of_poisson_distributions():
    z, whole = outputs(n=1, k=1)
    counts = np.arange(1000)
    p, q = (stats.poisson.pmf(counts, np.exp(each[0, 0])) for each in (whole, z))
    np.testing.assert_allclose(value("exp", z, whole), rel_entr(p, q).sum())


@pytest.mark.parametrize("kind", KINDS)
def test_derivatives_are_those_of_finite_differences(kind):
    z, whole = outputs()
    targets = DIVERGENCES[kind].targets(whole)
    _, derivative = DIVERGENCES[kind].losses(z.copy(), targets)
    step = 1e-6
    for at in np.ndindex(z.shape):
        up, down = z.copy(), z.copy()
        up[at] += step
        down[at] -= step
        difference = value(kind, up, whole)[at[0]] - value(kind, down, whole)[at[0]]
        np.testing.assert_allclose(derivative[at], difference / (2 * step), rtol=1e-5, atol=1e-7)


def test_large_outputs_are_finite():
    z = np.array([[3e4, -3e4, 0.0]], np.float32)
    whole = np.array([[-3e4, 3e4, 0.0]], np.float32)
    for kind in ("softmax", "logistic"):
        assert value(kind, z, whole) == pytest.approx(6e4)


def test_sure_probabilities_have_no_entropy():
    for kind in ("softmax", "logistic"):
        least = DIVERGENCES[kind].least(np.array([[1.0, 0.0]]))
        assert least.tolist() == [0.0]
