"""Networks with neurons that they can do without, for tests."""

import numpy as np
import pytest
from helpers import oracle
from helpers.networks import ACTIVATIONS, make
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.surgery._network import Network
from skneuron.surgery._redundant import without_redundant_neurons

# A multiple of (weights, bias) of which the activation is known from that of (weights, bias).
MULTIPLES = {"relu": 2.7, "tanh": -1.0, "logistic": -1.0, "identity": -0.3}
# Multiples that are none: the function would change.
NO_MULTIPLES = {"relu": [-1.0, -2.0], "tanh": [2.0, -0.5], "logistic": [2.0, -0.5], "identity": []}

KEPT = [0, 6, 7]  # of the eight neurons of a layer in which `plant` has planted

each_owner = pytest.mark.parametrize("ours", [False, True])
each_activation = pytest.mark.parametrize("activation", ACTIVATIONS)


def weights(mlp, layer, index):
    """Views of the incoming weights, of the array with the bias, and of the outgoing weights."""
    return (
        mlp.coefs_[layer][:, index],
        mlp.intercepts_[layer][index : index + 1],
        mlp.coefs_[layer + 1][index],
    )


def disconnect(mlp, layer, index, bias=None):
    """Make a neuron constant."""
    incoming, b, _ = weights(mlp, layer, index)
    incoming[:] = 0
    if bias is not None:
        b[:] = bias


def multiply(mlp, layer, index, factor, of):
    """Make the inputs of a neuron a multiple of those of another one."""
    for mine, others in zip(weights(mlp, layer, index)[:2], weights(mlp, layer, of), strict=False):
        mine[:] = factor * others


def enliven(mlp):
    """Change parameters so that no ReLU is dead by chance."""
    for c, b in zip(mlp.coefs_[:-1], mlp.intercepts_[:-1], strict=True):
        b[:] = np.abs(b) + 3
        for source in (0, 3, 4):  # what `plant` merges
            c[source : source + 1] = np.abs(c[source : source + 1])


def plant(case, layers):
    """Five neurons, of every kind of redundancy, in layers of eight."""
    enliven(case.mlp)
    for layer in layers:
        weights(case.mlp, layer, 1)[2][:] = 0
        disconnect(case.mlp, layer, 2, bias=0.5)
        disconnect(case.mlp, layer, 5, bias=-1)
        multiply(case.mlp, layer, 3, 1, of=0)
        multiply(case.mlp, layer, 4, MULTIPLES[case.mlp.activation], of=0)
    return case


def planted(kind="multiclass", activation="relu", n_layers=2, **parameters):
    case = make(kind, (8,) * n_layers, activation, **parameters)
    return plant(case, range(n_layers))


def unseen(case, n=50, seed=1):
    X = np.random.default_rng(seed).normal(size=(n, case.X.shape[1])) * 3
    return X.astype(case.X.dtype)


def outputs(estimator, X):
    return getattr(estimator, "predict_proba", estimator.predict)(X)


def sizes(mlp):
    return [c.shape[1] for c in mlp.coefs_[:-1]]


def kept(mlp, box=None):
    """Indices of the neurons that stay, layer by layer."""
    _, masks = without_redundant_neurons(Network.from_mlp(mlp), box)
    return [np.flatnonzero(mask).tolist() for mask in masks]


def assert_equal_networks(one, other):
    assert one is not other
    assert one.get_params() == other.get_params()
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        assert_array_equal(a, b)


def assert_same_function(smaller, case, X, rtol=1e-11, atol=1e-13):
    """The outputs are those that the oracle has for the network as it was."""
    expected = oracle.output(case.net, X)
    actual = outputs(smaller, X)
    if actual.ndim == 2 and actual.shape[1] == 2 and expected.shape[1] == 1:
        actual = actual[:, 1:]
    assert_allclose(actual.reshape(expected.shape), expected, rtol=rtol, atol=atol)


def in_box(X, n=200):
    """Inputs in the box of the columns' ranges: random ones, and its corners."""
    low, high = X.min(axis=0), X.max(axis=0)
    inside = np.random.default_rng(0).uniform(low, high, (n, len(low)))
    corners = np.array(np.meshgrid(*np.transpose([low, high]))).reshape(len(low), -1).T
    return np.concatenate([inside, corners])


def relu_with_top(top, dtype=np.float64):
    """Two ReLUs on features in [-1, 2] and [0, 3]; the second one's input is at most ``top``."""
    case = make("regression", (2,), n_features=2, dtype=dtype)
    case.mlp.coefs_[0][:, 1] = [2, -1]
    case.mlp.intercepts_[0][1] = top - 4
    case.mlp.coefs_[1][:] = 1
    return case


BOX = np.array([[-1, 3], [2, 0], [0, 1]], dtype=float)
