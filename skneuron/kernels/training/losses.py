"""Output activations with the losses that belong to them.

In each pair the loss's derivative by the output layer's input is output minus target. (Of squared
errors, which are averaged over the outputs, that is the derivative of their sum: scikit-learn does
the same.)
"""

import math

import numpy as np

from skneuron.kernels._jit import compiled

SQUARED, LOG, BINARY_LOG, POISSON = range(4)
OUTPUT_CODES = {"identity": SQUARED, "softmax": LOG, "logistic": BINARY_LOG, "exp": POISSON}


@compiled
def _softmax(z):
    top = z[0]
    for j in range(1, len(z)):
        top = max(top, z[j])
    total = z.dtype.type(0)
    for j in range(len(z)):
        z[j] = math.exp(z[j] - top)
        total += z[j]
    for j in range(len(z)):
        z[j] /= total


@compiled
def _y_log(y, p, smallest):
    """``y * log(p)`` with p kept from 0 and 1, and 0 where y is 0."""
    if y == 0:
        return 0.0
    return float(y) * math.log(min(max(float(p), smallest), 1 - smallest))


@compiled
def _row_output_and_loss(output, z, y, smallest):
    loss = 0.0
    if output == SQUARED:
        for j in range(len(z)):
            loss += 0.5 * float(z[j] - y[j]) ** 2 / len(z)
    elif output == LOG:
        _softmax(z)
        for j in range(len(z)):
            loss -= _y_log(y[j], z[j], smallest)
    elif output == BINARY_LOG:
        one = z.dtype.type(1)
        for j in range(len(z)):
            z[j] = one / (one + math.exp(-z[j]))
            loss -= _y_log(y[j], z[j], smallest) + _y_log(one - y[j], one - z[j], smallest)
    else:
        for j in range(len(z)):
            z[j] = math.exp(z[j])
            loss += float(z[j] - y[j])
            if y[j] != 0:
                loss += float(y[j]) * math.log(float(y[j]) / float(z[j]))
    return loss


@compiled
def output_and_loss(output, targets, sample_weight, order, z, delta):
    """Turn the output layer's input into its output, in place; returns the sum of the losses.

    Parameters
    ----------
    output : int
        One of `OUTPUT_CODES`.
    targets : ndarray of shape (n_samples, n_outputs)
    sample_weight : ndarray of shape (n_samples,) or (0,)
        Empty if all samples count the same.
    order : ndarray of shape (n_rows,)
        Indices of the samples that the rows belong to.
    z, delta : ndarray of shape (n_rows, padded n_outputs)
        ``delta`` becomes output minus target, times the weight.
    """
    n_outputs = targets.shape[1]
    smallest = float(np.finfo(z.dtype).eps)
    total = 0.0
    for i in range(len(order)):
        y = targets[order[i]]
        out = z[i, :n_outputs]
        loss = _row_output_and_loss(output, out, y, smallest)
        weight = z.dtype.type(1)
        if len(sample_weight) > 0:
            weight = sample_weight[order[i]]
        for j in range(n_outputs):
            delta[i, j] = (out[j] - y[j]) * weight
        total += loss * weight
    return total
