"""Tests of kernels.ablation.lost_digits: which columns are set aside, and how."""

import numpy as np
import pytest
from helpers.leaves import callable_from_python
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.kernels.ablation import lost_digits
from skneuron.kernels.ablation.row_scores import LABEL, MULTILABEL, POISSON_REGRESSION, REGRESSION

find_lost_rows = callable_from_python(lost_digits.find_lost_rows)
harmless_share = lost_digits.harmless_share
harmless_share_in_kernels = callable_from_python(lost_digits._harmless_share)
may_lose_digits = callable_from_python(lost_digits.may_lose_digits)
rounding_of_sums = callable_from_python(lost_digits.rounding_of_sums)
set_aside = callable_from_python(lost_digits.set_aside)

DTYPES = [np.float32, np.float64]
TASKS = [LABEL, MULTILABEL, REGRESSION, POISSON_REGRESSION]
each_dtype = pytest.mark.parametrize("dtype", DTYPES)
each_task = pytest.mark.parametrize("task", TASKS)
SIZES = np.array([3, 20, 10, 2])


def like(dtype):
    return np.zeros((1, 1), dtype)


def lost(task, z, residual, *, harmless=1.0, with_losses=False):
    """Positions of the lost columns of ``z``, (outputs, rows)."""
    z = np.ascontiguousarray(z)
    real = z.dtype.type
    columns = np.full(z.shape[1] + 1, 99, np.uint64)
    residual = np.asarray(residual, z.dtype)
    n_lost = find_lost_rows(
        task, z, z.shape[1], residual, real(harmless), rounding_of_sums(SIZES, z), with_losses,
        columns,
    )  # fmt: skip
    assert_array_equal(columns[n_lost:], 99)
    return columns[:n_lost].tolist()


def may_be_lost(task, z, residual, *, harmless=1.0, n=None):
    z = np.ascontiguousarray(z)
    residual = np.asarray(residual, z.dtype)
    n = z.shape[1] if n is None else n
    return may_lose_digits(task, z, n, residual, z.dtype.type(harmless))


@each_dtype
def test_rounding_is_that_of_the_widest_hidden_layer(dtype):
    rounding = rounding_of_sums(SIZES, like(dtype))
    assert_allclose(rounding, 22 * np.finfo(dtype).eps / 2)
    # Neither features nor outputs are added up after a removal's subtraction.
    assert rounding_of_sums(np.array([900, 4, 500]), like(dtype)) == 6 * np.finfo(dtype).eps / 2


@each_dtype
def test_a_harmless_share_takes_a_quarter_of_the_digits(dtype):
    share = harmless_share(dtype)
    assert_allclose(share * np.finfo(dtype).eps, np.finfo(dtype).eps ** 0.75, rtol=1e-6)
    assert_allclose(harmless_share_in_kernels(np.dtype(dtype)), share, rtol=1e-6)


@each_task
@each_dtype
def test_nothing_subtracted_loses_nothing(dtype, task):
    z = np.array([[1, 0, 3], [1, 0, -2]], dtype)  # ties among them
    assert not may_be_lost(task, z, [0, 0, 0])
    assert lost(task, z, [0, 0, 0], with_losses=True) == []


@each_dtype
def test_labels_whose_margin_is_less_than_the_rounding(dtype):
    unit = harmless_share(dtype) * rounding_of_sums(SIZES, like(dtype))
    margins = np.array([0.5, 2, 0.5, 2]) * unit
    best = np.array([0, 0, 0, 0])
    z = np.array([best, best - margins, best - 5], dtype)
    # The second largest output may be any; signs of what was subtracted do not matter.
    assert lost(LABEL, z, [1, 1, -1, -1]) == [0, 2]
    assert lost(LABEL, z[::-1], [1, 1, -1, -1]) == [0, 2]
    assert lost(LABEL, z, [4, 4, 0.1, 4]) == [0, 1, 3]
    assert lost(LABEL, z, [8, 8, 0.2, 8], harmless=2.0) == [0, 1, 3]


@each_dtype
def test_several_labels_whose_output_next_to_zero_may_have_the_other_sign(dtype):
    unit = harmless_share(dtype) * rounding_of_sums(SIZES, like(dtype))
    z = np.array([[5, 5, -0.5 * unit], [-2 * unit, 0.5 * unit, 7]], dtype)
    assert lost(MULTILABEL, z, [1, 1, 1]) == [1, 2]
    # As a single label, none of these is close to another one.
    assert lost(LABEL, z, [1, 1, 1]) == []


@each_dtype
def test_losses_need_digits_where_predictions_do_not(dtype):
    z = np.array([[5.0, 5.0, 0.1], [-5.0, -5.0, -0.1]], dtype)
    for task in (LABEL, MULTILABEL):
        assert lost(task, z, [4, 6, 0.9]) == []
        assert lost(task, z, [4, 6, 0.9], with_losses=True) == [1]
        assert lost(task, z, [4, 6, 1.1], with_losses=True) == [1, 2]


@pytest.mark.parametrize("task", [REGRESSION, POISSON_REGRESSION])
@each_dtype
def test_regression_counts_in_units_of_the_targets(dtype, task):
    z = np.array([[1e6, 1e6, 0, 0]], dtype)
    assert lost(task, z, [9, 11, -9, -11], harmless=10.0) == [1, 3]
    assert may_be_lost(task, z, [9, 11, -9, -11], harmless=10.0)
    assert not may_be_lost(task, z, [9, 9, -9, -9], harmless=10.0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@each_task
@each_dtype
def test_what_is_not_finite_is_always_lost(dtype, task, value):
    z = np.array([[1, value, 3], [-1, 0, -3], [0.5, 9, 0.5]], dtype)
    assert lost(task, z, [0.01, 0.01, 0.01]) == [1]
    assert lost(task, z, [0.01, 0, 0.01]) == [1]


@each_task
@each_dtype
def test_columns_that_may_be_lost(dtype, task):
    z = np.array([[2, 2, 2], [0, 0, 0], [-3, -3, -3]], dtype)
    assert not may_be_lost(task, z, [0.5, -0.5, 0.5])
    assert may_be_lost(task, z, [0.5, 0.5, 50])
    assert may_be_lost(task, z, [0.5, -50, 0.5])
    assert not may_be_lost(task, z, [0.5, 0.5, 50], n=2)  # the last one fills a vector
    assert may_be_lost(task, z, [0.5, np.nan, 0.5])


@pytest.mark.parametrize("task", [LABEL, MULTILABEL])
@each_dtype
def test_nan_may_be_lost_whatever_was_subtracted(dtype, task):
    z = np.array([[2, np.nan], [0, 0], [-3, -3]], dtype)
    assert may_be_lost(task, z, [0.1, 0.1])
    assert not may_be_lost(task, z, [0.1, 0.1], n=1)


@pytest.mark.parametrize("task", [LABEL, MULTILABEL])
@pytest.mark.parametrize("with_losses", [False, True])
@each_dtype
def test_a_share_that_drowns_all_is_found_and_an_ordinary_one_is_not(dtype, with_losses, task):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(4, 500)).astype(dtype)
    residual = rng.normal(size=500).astype(dtype)
    harmless = float(harmless_share(dtype))
    options = {"harmless": harmless, "with_losses": with_losses}
    assert lost(task, z, residual, **options) == []
    huge = residual * dtype(4 / np.finfo(dtype).eps)
    found = lost(task, z, huge, **options)
    assert len(found) > 480
    assert may_be_lost(task, z, huge, harmless=harmless)


@each_dtype
def test_setting_columns_aside(dtype):
    z = np.arange(14, dtype=dtype).reshape(2, 7)
    rows = np.array([10, 11, 12, 13, 14, 15, 16], np.uint64)
    marks = np.zeros(20, np.uint8)
    columns = np.array([0, 2, 4, 99], np.uint64)
    n = set_aside(columns, 3, z, 5, rows, marks)
    assert n == 2
    assert np.flatnonzero(marks).tolist() == [10, 12, 14]
    assert sorted(rows[:n].tolist()) == [11, 13]
    # Outputs still belong to their rows.
    assert_array_equal(z[0, :n] + 10, rows[:n])
    assert_array_equal(z[1, :n] - 7 + 10, rows[:n])
    # What only fills the vectors stays where it is.
    assert_array_equal(z[:, 5:], [[5, 6], [12, 13]])


@pytest.mark.parametrize("columns", [[], [4], [0], [0, 1, 2, 3, 4]])
def test_setting_none_the_last_or_all_aside(columns):
    z, rows = np.zeros((1, 5)), np.arange(5).astype(np.uint64)
    marks = np.zeros(5, np.uint8)
    n = set_aside(np.array([*columns, 99], np.uint64), len(columns), z, 5, rows, marks)
    assert n == 5 - len(columns)
    assert np.flatnonzero(marks).tolist() == columns
    assert sorted(rows[:n].tolist()) == sorted(set(range(5)) - set(columns))
