"""Updates of the parameters from a gradient: Adam, and SGD with (Nesterov) momentum."""

import math

import numpy as np

from skneuron.kernels._jit import compiled

NO_UPDATE, SGD, ADAM = range(3)
OPTIMIZER_CODES = {"lbfgs": NO_UPDATE, "sgd": SGD, "adam": ADAM}
N_MOMENTS = {"lbfgs": 0, "sgd": 1, "adam": 2}


@compiled
def _adam(p, g, m, v, step, beta_1, rest_1, beta_2, rest_2, epsilon):
    # Kingma & Ba, "Adam: a method for stochastic optimization" (2014), end of section 2.
    for i in range(len(p)):
        m[i] = beta_1 * m[i] + rest_1 * g[i]
        v[i] = beta_2 * v[i] + rest_2 * (g[i] * g[i])
        p[i] -= step * m[i] / (math.sqrt(v[i]) + epsilon)


@compiled
def _sgd(p, g, velocity, step, momentum):
    for i in range(len(p)):
        velocity[i] = momentum * velocity[i] - step * g[i]
        p[i] += velocity[i]


@compiled
def _nesterov(p, g, velocity, step, momentum):
    for i in range(len(p)):
        velocity[i] = momentum * velocity[i] - step * g[i]
        p[i] += momentum * velocity[i] - step * g[i]


@compiled
def adam_step(learning_rate, beta_1, beta_2, n_updates):
    """Adam's learning rate at one update, counted from 1."""
    return learning_rate * math.sqrt(1 - beta_2**n_updates) / (1 - beta_1**n_updates)


@compiled
def update(state, start, stop, settings, alpha, total_weight):
    """Turn sums into the gradient from ``start`` to ``stop``, and update these parameters by it.

    Parameters
    ----------
    state : State
    start, stop : int
        Bounds in the flat vectors.
    settings : Settings
    alpha : float
        Strength of the L2 penalty for this slice; biases have none.
    total_weight : float
        Of the mini-batch's samples: what the sum over them is divided by.
    """
    p, g = state.parameters[start:stop], state.gradient[start:stop]
    real = p.dtype.type
    decay, scale = real(alpha), real(1 / total_weight)
    for i in range(len(p)):
        g[i] = (g[i] + decay * p[i]) * scale
    if settings.optimizer == ADAM:
        beta_1, beta_2 = settings.beta_1, settings.beta_2
        _adam(
            p, g, state.first[start:stop], state.second[start:stop],
            real(adam_step(settings.learning_rate, beta_1, beta_2, state.n_updates[0])),
            real(beta_1), real(1 - beta_1), real(beta_2), real(1 - beta_2),
            # An epsilon that float32 rounds to 0 would make NaN of parameters without gradient.
            real(max(settings.epsilon, float(np.finfo(p.dtype).tiny))),
        )  # fmt: skip
    elif settings.optimizer == SGD:
        step, momentum = real(settings.learning_rate), real(settings.momentum)
        if settings.nesterov:
            _nesterov(p, g, state.first[start:stop], step, momentum)
        else:
            _sgd(p, g, state.first[start:stop], step, momentum)
