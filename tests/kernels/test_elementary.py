"""Tests of skneuron.kernels.elementary against NumPy's extended precision."""

import numba
import numpy as np
import pytest
from helpers.leaves import callable_from_python
from numpy.testing import assert_array_equal

from skneuron.kernels._jit import compiled
from skneuron.kernels.elementary import exp, log, logistic, tanh

DTYPES = [np.float32, np.float64]
LIMITS = {np.float32: 87, np.float64: 708}
# Plain Python takes a few microseconds a number.
N_RANDOM = 3000 if numba.config.DISABLE_JIT else 300_000


@callable_from_python
@compiled
def fill_exp(x, out):
    for i in range(len(x)):
        out[i] = exp(x[i], x)


@callable_from_python
@compiled
def fill_log(x, out):
    for i in range(len(x)):
        out[i] = log(x[i], x)


@callable_from_python
@compiled
def fill_tanh(x, out):
    for i in range(len(x)):
        out[i] = tanh(x[i], x)


@callable_from_python
@compiled
def fill_logistic(x, out):
    for i in range(len(x)):
        out[i] = logistic(x[i], x)


def filled_by(fill):
    """``fill`` as a function of an array."""

    def apply(x):
        out = np.full_like(x, np.nan)
        fill(x, out)
        return out

    return apply


exp_of, log_of = filled_by(fill_exp), filled_by(fill_log)
tanh_of, logistic_of = filled_by(fill_tanh), filled_by(fill_logistic)


def neighbours(spots, dtype, n):
    """The ``n`` numbers before and after each spot, and the spot itself, one row a spot."""
    integer = {np.float32: np.int32, np.float64: np.int64}[dtype]
    bits = np.asarray(spots, dtype).view(integer)
    rows = (bits[:, None] + np.arange(-n, n + 1, dtype=integer)).view(dtype)
    return np.sort(rows, axis=1)  # bits of negative numbers count downwards


def exp_arguments(dtype):
    """Numbers of every size, and those where the power of two changes."""
    rng, limit = np.random.default_rng(0), LIMITS[dtype]
    halves = (np.arange(-limit // 0.7, limit // 0.7) + 0.5) * np.log(2)
    small = np.exp(rng.uniform(np.log(1e-20), 0, N_RANDOM)) * rng.choice([-1, 1], N_RANDOM)
    everywhere = rng.uniform(-limit, limit, N_RANDOM)
    steps = neighbours(halves, dtype, 2).ravel()
    x = np.concatenate([everywhere, small, steps, [-limit, limit]]).astype(dtype)
    return x[abs(x) <= limit]


def log_arguments(dtype):
    """Normal numbers of every size, those next to 1, and those where the power changes."""
    rng, info = np.random.default_rng(1), np.finfo(dtype)
    powers = np.ldexp(1.0, np.arange(info.minexp + 1, info.maxexp))
    everywhere = np.exp(rng.uniform(np.log(info.tiny) + 1e-3, np.log(info.max) - 1e-3, N_RANDOM))
    near_one = 1 + np.exp(rng.uniform(-20, 0, N_RANDOM)) * rng.choice([-0.5, 1], N_RANDOM)
    steps = [neighbours(spots, dtype, 2).ravel() for spots in (powers, powers / np.sqrt(2))]
    x = np.concatenate([everywhere, near_one, *steps, [info.tiny, info.max]]).astype(dtype)
    return x[x >= info.tiny]


def errors(actual, exact):
    """In units in the last place of the exact result."""
    ulp = np.spacing(abs(exact).astype(actual.dtype)).astype(np.longdouble)
    return abs(actual.astype(np.longdouble) - exact) / ulp


@pytest.mark.parametrize("dtype", DTYPES)
def test_exp_is_right_to_the_last_digits(dtype):
    x = exp_arguments(dtype)
    assert errors(exp_of(x), np.exp(x.astype(np.longdouble))).max() < 2


@pytest.mark.parametrize("dtype", DTYPES)
def test_log_is_right_to_the_last_digits(dtype):
    x = log_arguments(dtype)
    assert errors(log_of(x), np.log(x.astype(np.longdouble))).max() < 2


def squashed_arguments(dtype):
    """Numbers of every size, small ones, and those where one formula takes over from the other."""
    rng = np.random.default_rng(3)
    small = np.exp(rng.uniform(np.log(1e-18), 1, N_RANDOM)) * rng.choice([-1, 1], N_RANDOM)
    steps = neighbours([0.625, -0.625], dtype, 50).ravel()
    everywhere = rng.uniform(-30, 30, N_RANDOM)
    return np.concatenate([small, everywhere, steps, [0.0]]).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_tanh_is_right_to_the_last_digits(dtype):
    x = squashed_arguments(dtype)
    assert errors(tanh_of(x), np.tanh(x.astype(np.longdouble))).max() < 3


@pytest.mark.parametrize("dtype", DTYPES)
def test_logistic_is_right_to_the_last_digits(dtype):
    x = squashed_arguments(dtype)
    exact = 1 / (1 + np.exp(-x.astype(np.longdouble)))
    assert errors(logistic_of(x), exact).max() < 3


@pytest.mark.parametrize("dtype", DTYPES)
def test_squashed_ends(dtype):
    large = np.array([1e3, 1e30, np.inf], dtype)
    assert_array_equal(tanh_of(large), 1)
    assert_array_equal(tanh_of(-large), -1)
    assert_array_equal(logistic_of(large), 1)
    assert_array_equal(logistic_of(-large), 0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_not_a_number_stays_so(dtype):
    x = np.full(100, np.nan, dtype)
    for function in (exp_of, log_of, tanh_of, logistic_of):
        assert np.isnan(function(x)).all()
        assert np.isnan(function(-x)).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_exp_of_arguments_beyond_the_limits_is_that_of_the_limits(dtype):
    limit, info = LIMITS[dtype], np.finfo(dtype)
    ends = exp_of(np.array([-limit, limit], dtype))
    assert info.tiny < ends[0]
    assert ends[1] < info.max
    for beyond in (np.nextafter(dtype(limit), dtype(np.inf)), limit + 1, 1e6, info.max, np.inf):
        assert_array_equal(exp_of(np.array([-beyond, beyond], dtype)), ends)


@pytest.mark.parametrize("dtype", DTYPES)
def test_exact_results(dtype):
    assert exp_of(np.array([0.0, -0.0], dtype)).tolist() == [1, 1]
    assert log_of(np.ones(1, dtype)).tolist() == [0]
    # So small that 1 is the nearest number to the result.
    tiny = np.array([-np.finfo(dtype).tiny, np.finfo(dtype).tiny, 1e-20, -1e-20], dtype)
    assert exp_of(tiny).tolist() == [1] * 4


@callable_from_python
@compiled
def both_of_first(x):
    return np.array([exp(x[0], x)]), np.array([log(x[0], x)])


@pytest.mark.parametrize("dtype", DTYPES)
def test_results_have_the_type_of_the_arguments(dtype):
    """A wider result would make all that is computed from it slower."""
    x = np.array([0.75], dtype)
    for values, function in zip(both_of_first(x), (exp_of, log_of), strict=True):
        assert values.dtype == dtype
        assert_array_equal(values, function(x))


@pytest.mark.parametrize("dtype", DTYPES)
def test_exp_does_not_fall_where_the_power_of_two_changes(dtype):
    spots = (np.array([-100, -20, -3, -2, -1, 0, 1, 2, 19, 99]) + 0.5) * np.log(2)
    values = exp_of(neighbours(spots, dtype, 40).ravel()).reshape(len(spots), -1)
    assert (np.diff(values, axis=1) >= 0).all()
    assert (values[:, -1] > values[:, 0]).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_log_does_not_fall_where_the_power_of_two_changes(dtype):
    powers = np.ldexp(1.0, np.array([-100, -3, -1, 0, 1, 2, 90]))
    for spots in (powers, powers / np.sqrt(2)):
        # Far from 1 several neighbours have the same logarithm.
        values = log_of(neighbours(spots, dtype, 40).ravel()).reshape(len(spots), -1)
        assert (np.diff(values, axis=1) >= 0).all()
        assert (values[:, -1] >= values[:, 0]).all()
    assert (np.diff(log_of(neighbours([1.0], dtype, 40)[0])) > 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_log_undoes_exp(dtype):
    x = np.linspace(-LIMITS[dtype], LIMITS[dtype], 999).astype(dtype)
    np.testing.assert_allclose(log_of(exp_of(x)), x, rtol=0, atol=4 * np.finfo(dtype).eps * 700)


@pytest.mark.parametrize("dtype", DTYPES)
def test_bits_do_not_depend_on_length_position_and_neighbours(dtype):
    """The ends of arrays do not go through vector instructions."""
    rng = np.random.default_rng(2)
    x = np.exp(rng.uniform(-5, 4, 150)).astype(dtype)
    for function in (exp_of, log_of, tanh_of, logistic_of):
        together = function(x)
        for n in (*range(1, 70), 149):
            assert_array_equal(function(x[:n]), together[:n])
            assert_array_equal(function(x[-n:]), together[-n:])
        order = rng.permutation(len(x))
        assert_array_equal(function(x[order]), together[order])
        hostile = np.full_like(x, np.finfo(dtype).max)
        hostile[::7] = x[::7]
        assert_array_equal(function(hostile)[::7], together[::7])
