"""Tests of skneuron.kernels.training.losses against the oracle."""

import math

import numba
import numpy as np
import pytest
from helpers import oracle
from helpers.leaves import callable_from_python
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.kernels.training import losses
from skneuron.kernels.training.losses import OUTPUT_CODES

output_and_loss = callable_from_python(losses.output_and_loss)

needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="math.exp raises OverflowError in Python"
)

OUTPUTS = list(OUTPUT_CODES)
DTYPES = [np.float32, np.float64]
TOLERANCE = {np.float32: {"rtol": 1e-5, "atol": 1e-6}, np.float64: {"rtol": 1e-12, "atol": 1e-13}}
N_OUTPUTS, WIDTH = 3, 5


def computed(output, targets, z, weights=(), order=None):
    """Activations, deltas and loss; the last columns are padding."""
    z = z.copy()
    delta = np.full_like(z, 7)
    order = np.arange(len(z)) if order is None else np.array(order)
    weights = np.array(weights, dtype=z.dtype)
    loss = output_and_loss(OUTPUT_CODES[output], targets, weights, order, z, delta)
    return z, delta, loss


def expected(output, targets, z, weights):
    net = oracle.Net([], [], "", output)
    z, targets = z.astype(np.float64), targets.astype(np.float64)
    p = oracle.apply(output, z)
    return p, (p - targets) * weights[:, None], weights @ oracle.losses(net, targets, p)


def problem(output, dtype, n_rows=9, n_outputs=N_OUTPUTS):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(n_rows, n_outputs + 2)).astype(dtype)
    targets = {
        "identity": rng.normal(size=(n_rows, n_outputs)),
        "softmax": np.eye(n_outputs)[rng.integers(n_outputs, size=n_rows)],
        "logistic": rng.integers(0, 2, (n_rows, n_outputs)),
        "exp": rng.poisson(1.0, (n_rows, n_outputs)),
    }[output]
    return targets.astype(dtype), z


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("output", OUTPUTS)
def test_outputs_deltas_and_losses_match_the_oracle(output, n_outputs, dtype, weighted):
    targets, z = problem(output, dtype, n_outputs=n_outputs)
    order = np.array([4, 0, 7, 7])
    weights = np.random.default_rng(1).random(9).astype(dtype) if weighted else np.ones(9)
    results = computed(output, targets, z[:4], weights if weighted else (), order)
    right = expected(output, targets[order], z[:4, :n_outputs], weights[order])
    for result, value in zip(results, right, strict=True):
        result = result[:, :n_outputs] if np.ndim(result) else result
        assert_allclose(result, value, **TOLERANCE[dtype])


@pytest.mark.parametrize("output", OUTPUTS)
def test_padding_is_left_alone(output):
    targets, z = problem(output, np.float64)
    z[:, N_OUTPUTS:] = np.nan
    out, delta, loss = computed(output, targets, z)
    assert np.isnan(out[:, N_OUTPUTS:]).all()
    assert (delta[:, N_OUTPUTS:] == 7).all()
    assert np.isfinite(out[:, :N_OUTPUTS]).all()
    assert np.isfinite(loss)


@pytest.mark.parametrize("output", OUTPUTS)
def test_delta_is_the_derivative_of_the_loss(output):
    targets, z = problem(output, np.float64)
    weights = np.random.default_rng(1).random(len(z))
    _, delta, _ = computed(output, targets, z, weights)
    h = 1e-5
    # scikit-learn's squared error is a mean over the outputs, but its gradient that of their sum.
    factor = N_OUTPUTS if output == "identity" else 1
    for i in range(len(z)):
        for j in range(N_OUTPUTS):
            step = np.zeros_like(z)
            step[i, j] = h
            above, below = (computed(output, targets, z + s, weights)[2] for s in (step, -step))
            assert_allclose(delta[i, j], factor * (above - below) / (2 * h), atol=1e-8)


@pytest.mark.parametrize("output", OUTPUTS)
def test_samples_of_weight_zero_do_not_count(output):
    targets, z = problem(output, np.float64, n_rows=2)
    _, delta, loss = computed(output, targets, z, [0.0, 2.0])
    _, of_second, loss_of_second = computed(output, targets, z[1:], (), [1])
    assert not delta[0, :N_OUTPUTS].any()
    assert_array_equal(delta[1, :N_OUTPUTS], 2 * of_second[0, :N_OUTPUTS])
    assert loss == 2 * loss_of_second


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("output", "top"), [("logistic", 50), ("softmax", 1e5)])
def test_certain_and_wrong_has_a_finite_loss(output, top, dtype):
    z = np.array([[top, -top]], dtype)
    right, wrong = np.array([[1, 0]], dtype), np.array([[0, 1]], dtype)
    eps = np.finfo(dtype).eps
    out, delta, loss = computed(output, wrong, z)
    assert_allclose(out, right, atol=1e-20)
    assert_allclose(delta, right - wrong, atol=1e-20)
    n_wrong = 2 if output == "logistic" else 1
    assert_allclose(loss, -n_wrong * math.log(eps), rtol=1e-6)
    _, delta, loss = computed(output, right, z)
    assert_allclose(delta, 0, atol=1e-20)
    assert_allclose(loss, n_wrong * eps, rtol=1e-6)  # clipped as well


@needs_jit
@pytest.mark.parametrize("dtype", DTYPES)
def test_huge_inputs(dtype):
    z = np.array([[1e5, -1e5]], dtype)
    out, _, loss = computed("logistic", np.array([[0, 1]], dtype), z)
    assert out.tolist() == [[1, 0]]
    assert_allclose(loss, -2 * math.log(np.finfo(dtype).eps), rtol=1e-6)
    out, delta, loss = computed("identity", np.zeros((1, 2), dtype), z)
    assert_array_equal(out, z)
    assert_array_equal(delta, z)
    assert_allclose(loss, 5e9)
    # exp() is not clipped, in scikit-learn neither.
    for count, z in [(0, 1e5), (1, 1e5), (1, -1e5)]:
        targets, z = np.array([[count]], dtype), np.array([[z]], dtype)
        with np.errstate(all="ignore"):
            right = expected("exp", targets, z, np.ones(1))
        for ours, theirs in zip(computed("exp", targets, z), right, strict=True):
            assert_array_equal(ours, theirs)
        assert not np.isfinite(right[-1])


@pytest.mark.parametrize("output", OUTPUTS)
def test_no_rows(output):
    targets, z = problem(output, np.float64)
    assert computed(output, targets, z[:0])[2] == 0
