"""Slopes and curvatures of losses by differences, as slow as it gets."""

import numpy as np
from helpers import oracle
from scipy.special import logsumexp

from skneuron.utils._targets import output_targets

STEP = 1e-6


def targets_of(case):
    return output_targets(case.mlp, case.y)


def activation(case, neuron):
    layer, index = neuron
    return oracle.hidden(case.net, case.X, layer)[:, index]


def losses(net, y, z):
    """`oracle.losses` from the output layer's input, so that nothing is lost near 0 and 1."""
    if net.out_activation == "softmax":
        return np.sum(y * (logsumexp(z, axis=1, keepdims=True) - z), axis=1)
    if net.out_activation == "logistic":
        return np.sum(np.logaddexp(0, z) - y * z, axis=1)
    return oracle.losses(net, y, oracle.apply(net.out_activation, z))


def loss_when(case, neuron, values):
    """Loss of every row when the neuron's activation is set to these values."""
    z = oracle.logits(case.net, case.X, {neuron: values})
    return losses(case.net, targets_of(case), z)


def slopes(case, neuron):
    a = activation(case, neuron)
    up, down = loss_when(case, neuron, a + STEP), loss_when(case, neuron, a - STEP)
    return (up - down) / (2 * STEP)


def curvatures(case, neuron, step=1e-3):
    a = activation(case, neuron)
    up, down = loss_when(case, neuron, a + step), loss_when(case, neuron, a - step)
    return (up - 2 * loss_when(case, neuron, a) + down) / step**2


def output_hessian(out_activation, p):
    """Second derivatives of one row's loss by the output layer's input."""
    return {
        "identity": np.eye(len(p)) / len(p),
        "softmax": np.diag(p) - np.outer(p, p),
        "logistic": np.diag(p * (1 - p)),
        "exp": np.diag(p),
    }[out_activation]


def gauss_newton(case, neuron):
    a = activation(case, neuron)
    up = oracle.logits(case.net, case.X, {neuron: a + STEP})
    down = oracle.logits(case.net, case.X, {neuron: a - STEP})
    jacobian = (up - down) / (2 * STEP)
    output = oracle.output(case.net, case.X)
    hessians = [output_hessian(case.net.out_activation, p) for p in output]
    return np.array([j @ h @ j for j, h in zip(jacobian, hessians, strict=True)])


def slow_first_order(case, weight):
    return [
        np.average(-slopes(case, neuron) * activation(case, neuron), weights=weight)
        for neuron in case.net.neurons
    ]


def slow_second_order(case, weight, curvature=gauss_newton):
    return [
        np.average(curvature(case, neuron) * activation(case, neuron) ** 2 / 2, weights=weight)
        for neuron in case.net.neurons
    ]
