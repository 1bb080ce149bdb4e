"""Activation functions, against scikit-learn's networks and finite differences."""

import numpy as np
import pytest
from helpers.networks import make

from skneuron.kernels import ACTIVATION_CODES
from skneuron.surgery._activations import ACTIVATIONS, TIMES_DERIVATIVE

Z = np.array([[-30.0, -1.5, -0.2, 0.3, 2.0, 40.0]])


def value(name, z):
    result = z.copy()
    ACTIVATIONS[name](result)
    return result


def test_all_of_the_kernels_are_there():
    assert set(ACTIVATIONS) == set(TIMES_DERIVATIVE) == set(ACTIVATION_CODES)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_are_scikit_learns(name, dtype):
    mlp = make("regression", (1,), name, n_features=1).mlp
    mlp.coefs_ = [np.ones((1, 1)), np.ones((1, 1))]
    mlp.intercepts_ = [np.zeros(1), np.zeros(1)]
    found = value(name, Z.astype(dtype))
    assert found.dtype == dtype
    np.testing.assert_allclose(found[0], mlp.predict(Z.T), rtol=1e-6)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivatives_are_those_of_finite_differences(name):
    step = 1e-6
    expected = (value(name, Z + step) - value(name, Z - step)) / (2 * step)
    derivative = np.full_like(Z, 3.0)
    TIMES_DERIVATIVE[name](derivative, value(name, Z))
    np.testing.assert_allclose(derivative, 3 * expected, rtol=1e-6, atol=1e-8)


def test_large_inputs_do_not_overflow():
    extreme = np.array([[-1e300, 1e300]])
    with np.errstate(all="raise"):
        assert value("logistic", extreme).tolist() == [[0.0, 1.0]]
        assert value("tanh", extreme).tolist() == [[-1.0, 1.0]]
