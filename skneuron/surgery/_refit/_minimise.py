"""L-BFGS on the free layers, stopped where samples that are held out say so."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from weakref import proxy

import numpy as np
from scipy.optimize import minimize

from skneuron.surgery._network import Network
from skneuron.surgery._refit._objective import (
    as_vector,
    divergence_and_gradient,
    mean_divergence,
    root_mean_squares,
)
from skneuron.surgery._refit._stage_samples import StageSamples
from skneuron.utils import FloatArray

N_CORRECTIONS = 20
# Iterations between two looks at what is held out, and looks without progress until the end.
LOOK_EVERY, PATIENCE = 5, 8
# An input that is almost always 0 would get steps without limit.
LEAST_RMS = 1e-3

# (iterations, mean divergence of the held-out samples), at every look
OnLook = Callable[[int, float], None]


class _NoProgressError(Exception):
    """Nothing is wrong: it ends the minimisation, whatever version of SciPy it is."""


def step_sizes(network: Network, samples: StageSamples, *, one_unit: bool) -> FloatArray:
    """The unit in which every parameter is changed: 1 over its input's root mean square.

    So steps change what neurons get by the same amount, whatever the scale of their inputs. With
    ``one_unit``, inputs of the network have one for all.
    """
    parts = []
    for layer, (rms, weights) in enumerate(
        zip(root_mean_squares(network, samples), network.coefs, strict=True)
    ):
        if one_unit and layer == 0:
            rms = np.full_like(rms, np.sqrt(np.mean(rms**2)))
        rms = np.where(rms > LEAST_RMS * rms.max(), rms, rms.max() or 1.0)
        n_neurons = weights.shape[1]
        parts += [np.repeat(1 / rms, n_neurons), np.ones(n_neurons)]
    return np.concatenate(parts)


def minimised(
    network: Network,
    fit: StageSamples,
    held_out: StageSamples,
    *,
    one_unit: bool,
    max_iter: int,
    on_look: OnLook,
) -> Network:
    """The network on the way to the least divergence that diverges least on held-out samples.

    It is ``network`` itself if no other diverges less.
    """
    start = as_vector([part for pair in _pairs(network) for part in pair])
    units = step_sizes(network, fit, one_unit=one_unit)
    best, n_iter = (mean_divergence(network, held_out), 0, network), 0
    on_look(0, best[0])

    def at(u: FloatArray) -> Network:
        return _with_parameters(network, start + units * u)

    def value_and_gradient(u: FloatArray) -> tuple[float, FloatArray]:
        value, by_weights, by_biases = divergence_and_gradient(at(u), fit)
        parts = [p for pair in zip(by_weights, by_biases, strict=True) for p in pair]
        return value, units * as_vector(parts)

    def consider(u: FloatArray, n: int) -> bool:
        nonlocal best
        candidate = at(u)
        divergence = mean_divergence(candidate, held_out)
        on_look(n, divergence)
        is_better = divergence < best[0]
        if is_better:
            best = (divergence, n, candidate)
        return is_better

    def count(u: FloatArray) -> None:
        nonlocal n_iter
        n_iter += 1
        is_over = n_iter - best[1] >= PATIENCE * LOOK_EVERY
        if n_iter % LOOK_EVERY == 0 and not consider(u, n_iter) and is_over:
            raise _NoProgressError

    options = {
        "maxiter": max_iter, "maxcor": N_CORRECTIONS, "maxfun": 10 * max_iter,
        "ftol": 1e-9, "gtol": 1e-7,
    }  # fmt: skip
    with suppress(_NoProgressError):
        # Older versions of SciPy (1.11) leave the function in a cycle: samples would stay until
        # Python looks for cycles.
        found = minimize(
            proxy(value_and_gradient), np.zeros_like(start), jac=True, method="L-BFGS-B",
            callback=count, options=options,
        )  # fmt: skip
        if n_iter % LOOK_EVERY:
            consider(found.x, n_iter)
    return best[2]


def _pairs(network: Network) -> list[tuple[FloatArray, FloatArray]]:
    return list(zip(network.coefs, network.intercepts, strict=True))


def _with_parameters(network: Network, vector: FloatArray) -> Network:
    coefs: list[FloatArray] = []
    intercepts: list[FloatArray] = []
    at = 0
    for weights, bias in _pairs(network):
        for old, new in ((weights, coefs), (bias, intercepts)):
            part = vector[at : at + old.size].reshape(old.shape)
            new.append(part.astype(network.dtype))
            at += old.size
    return replace(network, coefs=tuple(coefs), intercepts=tuple(intercepts))
