"""Tests of skneuron.kernels.training.optimizers against scikit-learn's optimizers."""

from itertools import pairwise

import numpy as np
import pytest
from helpers.leaves import callable_from_python
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.kernels.training import optimizers
from skneuron.kernels.training.buffers import Settings, make_layout, make_state
from skneuron.kernels.training.optimizers import N_MOMENTS, OPTIMIZER_CODES
from skneuron.utils._sklearn import AdamOptimizer, SGDOptimizer

adam_step = callable_from_python(optimizers.adam_step)
update = callable_from_python(optimizers.update)

DTYPES = [np.float32, np.float64]
TOLERANCE = {np.float32: {"rtol": 1e-4, "atol": 1e-6}, np.float64: {"rtol": 1e-11, "atol": 1e-14}}
ALPHA, TOTAL_WEIGHT, N_STEPS = 0.3, 2.5, 6
SLICE = slice(5, 40)

SGD = {"learning_rate": 0.1, "momentum": 0.9}
ADAM = {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-6}
OPTIMIZERS = {
    "sgd": ("sgd", SGD | {"nesterov": False}),
    "nesterov": ("sgd", SGD | {"nesterov": True}),
    "plain": ("sgd", SGD | {"momentum": 0.0}),
    "adam": ("adam", ADAM),
}


def settings_of(solver, **settings):
    optimizer = OPTIMIZER_CODES[solver]
    return Settings(activation=0, output=0, optimizer=optimizer, alpha=9.0, **settings)


def scikit_learns(solver, parameters, learning_rate, momentum=0.0, nesterov=False, **adam):
    if solver == "adam":
        return AdamOptimizer(parameters, learning_rate, **adam)
    return SGDOptimizer(parameters, learning_rate, momentum=momentum, nesterov=nesterov)


def random_state(solver, dtype):
    rng = np.random.default_rng(0)
    state = make_state(make_layout([4, 3, 2], dtype), dtype, N_MOMENTS[solver])
    for flat in state[:4]:
        flat[:] = rng.normal(size=len(flat))
    np.abs(state.second, out=state.second)
    return state, rng


@pytest.mark.parametrize("alpha", [0.0, ALPHA])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_updates_are_scikit_learns(name, dtype, alpha):
    solver, options = OPTIMIZERS[name]
    state, rng = random_state(solver, dtype)
    for moments in (state.first, state.second):
        moments[:] = 0
    expected = state.parameters[SLICE].copy()
    optimizer = scikit_learns(solver, [expected], **options)
    for t in range(1, N_STEPS + 1):
        gradient = rng.normal(size=len(state.gradient)).astype(dtype)
        state.gradient[:] = gradient
        state.n_updates[0] = t
        settings = settings_of(solver, **options)
        update(state, SLICE.start, SLICE.stop, settings, alpha, TOTAL_WEIGHT)

        mean = (gradient[SLICE] + alpha * expected) / TOTAL_WEIGHT
        assert_allclose(state.gradient[SLICE], mean, **TOLERANCE[dtype])
        optimizer.update_params([expected], [mean.astype(dtype)])
        assert_allclose(state.parameters[SLICE], expected, **TOLERANCE[dtype])
    names = [("ms", "first"), ("vs", "second")] if solver == "adam" else [("velocities", "first")]
    for theirs, ours in names:
        moments = getattr(optimizer, theirs)[0]
        assert_allclose(getattr(state, ours)[SLICE], moments, **TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_update_only_finishes_the_gradient(dtype):
    state, _ = random_state("lbfgs", dtype)
    parameters, gradient = state.parameters.copy(), state.gradient.copy()
    update(state, SLICE.start, SLICE.stop, settings_of("lbfgs"), ALPHA, TOTAL_WEIGHT)
    assert_array_equal(state.parameters, parameters)
    expected = (gradient + ALPHA * parameters) / TOTAL_WEIGHT
    assert_allclose(state.gradient[SLICE], expected[SLICE], **TOLERANCE[dtype])


@pytest.mark.parametrize("solver", ["lbfgs", "sgd", "adam"])
def test_only_the_slice_changes(solver):
    state, _ = random_state(solver, np.float64)
    before = [array.copy() for array in state]
    options = {"lbfgs": {}, "sgd": SGD, "adam": ADAM}[solver]
    state.n_updates[0] = before[-1][0] = 1
    update(state, SLICE.start, SLICE.stop, settings_of(solver, **options), ALPHA, TOTAL_WEIGHT)
    for name, array, copy in zip(state._fields, state, before, strict=True):
        if name in ("parameters", "gradient", "first", "second") and len(array):
            changes = name != "parameters" or solver != "lbfgs"
            assert (array[SLICE] != copy[SLICE]).all() == changes
            copy[SLICE] = array[SLICE]
        assert_array_equal(array, copy, err_msg=name)


@pytest.mark.parametrize("solver", ["lbfgs", "sgd", "adam"])
def test_slices_have_the_bits_of_the_full_vector(solver):
    options = {"lbfgs": {}, "sgd": SGD, "adam": ADAM}[solver]
    settings = settings_of(solver, **options)
    results = []
    for cuts in ([5, 40], [5, 6, 23, 23, 40]):
        state, _ = random_state(solver, np.float32)
        state.n_updates[0] = 3
        for start, stop in pairwise(cuts):
            update(state, start, stop, settings, ALPHA, TOTAL_WEIGHT)
        results.append(state)
    for full, parts in zip(*results, strict=True):
        assert_array_equal(parts, full)


@pytest.mark.parametrize("n_updates", [1, 2, 1000, 10**7])
def test_adam_step_is_scikit_learns(n_updates):
    optimizer = AdamOptimizer([np.zeros(1)], 0.01, beta_1=0.9, beta_2=0.999)
    optimizer.t = n_updates - 1
    optimizer.update_params([np.zeros(1)], [np.zeros(1)])
    ours = adam_step(0.01, 0.9, 0.999, n_updates)
    assert_allclose(ours, optimizer.learning_rate, rtol=1e-14)


def test_parameters_without_a_gradient_stay_zero():
    """As padding has to."""
    for solver, options in OPTIMIZERS.values():
        state = make_state(make_layout([4, 3], np.float32), np.float32, N_MOMENTS[solver])
        for _ in range(2):
            state.n_updates[0] += 1
            n = len(state.parameters)
            update(state, 0, n, settings_of(solver, **options), ALPHA, TOTAL_WEIGHT)
        assert not state.parameters.any()
