"""Tests of skneuron.kernels.product against plain NumPy."""

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from helpers.leaves import callable_from_python
from helpers.networks import deterministic
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.kernels import product as module
from skneuron.kernels._tile import ALIGNMENT, TILE_ROWS, VECTOR_BYTES
from skneuron.kernels.product import aligned_zeros, padded

padded_width = callable_from_python(module.padded_width)
prefetch_rows = callable_from_python(module.prefetch_rows)
product = callable_from_python(module.product)
product_skipping_zeros = callable_from_python(module.product_skipping_zeros)
transpose = callable_from_python(module.transpose)

needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: the sums are in BLAS's order"
)

DTYPES = [(np.float32, np.float32), (np.float64, np.float64), (np.float32, np.float64)]
TOLERANCE = {np.float32: {"rtol": 1e-5, "atol": 1e-5}, np.float64: {"rtol": 1e-13, "atol": 1e-13}}


class Factors:
    """Random arguments of `product`: the rows of A lie scattered in ``a``, padded by NaN."""

    def __init__(
        self, n_rows=11, n_steps=7, n_columns=20, dtypes=DTYPES[0], *, transposed=False, seed=0
    ):
        rng = np.random.default_rng(seed)
        a_dtype, self.dtype = dtypes
        self.A = rng.normal(size=(n_rows, n_steps)).astype(a_dtype)
        width = padded(n_columns, self.dtype)
        self.b = rng.normal(size=(n_steps, width)).astype(self.dtype)
        self.start = rng.normal(size=(n_rows, width)).astype(self.dtype)
        stored = self.A.T if transposed else self.A
        places = rng.permutation(len(stored) + 3)[: len(stored)]
        memory = np.full((len(stored) + 3, stored.shape[1] + 2), np.nan, a_dtype)
        memory[places, : stored.shape[1]] = stored
        self.a = memory.ravel()
        offsets = places * memory.shape[1], np.arange(stored.shape[1])
        self.row_offsets, self.step_offsets = reversed(offsets) if transposed else offsets

    def product(self, rows=slice(None), steps=slice(None), columns=slice(None), start=None):
        b = np.ascontiguousarray(self.b[steps, columns])
        start = np.ascontiguousarray((self.start if start is None else start)[:, columns])
        start = start[rows] if len(start) > 1 else start
        out = np.full((len(self.row_offsets[rows]), b.shape[1]), np.nan, self.dtype)
        product(self.a, self.row_offsets[rows], self.step_offsets[steps], b, start, out)
        return out

    def assert_right(self, out, start):
        expected = start.astype(np.float64) + self.A.astype(np.float64) @ self.b
        assert out.dtype == self.dtype
        assert_allclose(out, expected, **TOLERANCE[self.dtype])


@pytest.mark.parametrize(
    ("n", "dtype", "expected"),
    [
        (0, np.float32, 0),
        (1, np.float32, 16),
        (16, np.float32, 16),
        (17, np.dtype("float32"), 32),
        (1, np.float64, 8),
        (8, np.float64, 8),
        (9, np.float64, 16),
    ],
)
def test_padded_rounds_up_to_whole_cache_lines(n, dtype, expected):
    assert padded(n, dtype) == expected
    assert expected * np.dtype(dtype).itemsize % ALIGNMENT == 0


@pytest.mark.parametrize(
    ("n", "itemsize", "expected"), [(0, 4, 0), (1, 4, 16), (17, 4, 32), (9, 8, 16)]
)
def test_padded_width_fills_cache_lines(n, itemsize, expected):
    assert padded_width(n, itemsize) == expected


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [0, 1, 5, 1000])
def test_aligned_zeros(n, dtype):
    for _ in range(5):
        zeros = aligned_zeros(n, dtype)
        assert (zeros.shape, zeros.dtype) == ((n,), dtype)
        assert not zeros.any()
        assert n == 0 or zeros.ctypes.data % ALIGNMENT == 0
        zeros[:] = 1  # ours to write to


@deterministic(max_examples=150)
@given(
    n_rows=st.integers(1, 3 * TILE_ROWS + 1),
    n_steps=st.integers(1, 40),
    n_columns=st.integers(1, 150),
    dtypes=st.sampled_from(DTYPES),
    transposed=st.booleans(),
    one_start=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_products_match_numpy(n_rows, n_steps, n_columns, dtypes, transposed, one_start, seed):
    factors = Factors(n_rows, n_steps, n_columns, dtypes, transposed=transposed, seed=seed)
    start = factors.start[:1] if one_start else factors.start
    factors.assert_right(factors.product(start=start), start)


@pytest.mark.parametrize("dtypes", DTYPES)
@pytest.mark.parametrize("n_vectors", range(1, 10))
def test_every_number_of_vectors(n_vectors, dtypes):
    """Widths that come as three, two or one vector at a time; also less than whole cache lines."""
    factors = Factors(dtypes=dtypes, n_columns=9 * ALIGNMENT // 4)
    columns = slice(n_vectors * VECTOR_BYTES // np.dtype(dtypes[1]).itemsize)
    out = factors.product(columns=columns)
    factors.b, start = factors.b[:, columns], factors.start[:, columns]
    factors.assert_right(out, start)


@pytest.mark.parametrize("n_rows", [1, TILE_ROWS - 1, TILE_ROWS, TILE_ROWS + 1])
@pytest.mark.parametrize("n_steps", [1, 2])
def test_few_rows_and_steps(n_rows, n_steps):
    factors = Factors(n_rows, n_steps)
    factors.assert_right(factors.product(), factors.start)


@pytest.mark.parametrize("dtypes", DTYPES)
def test_start_may_be_out_itself(dtypes):
    factors = Factors(dtypes=dtypes)
    out = factors.start.copy()
    arguments = (factors.a, factors.row_offsets, factors.step_offsets, factors.b)
    product(*arguments, out, out)
    factors.assert_right(out, factors.start)


def test_zeros():
    factors = Factors()
    factors.b[:] = 0
    assert not factors.product(start=np.zeros_like(factors.start[:1])).any()
    assert_array_equal(factors.product(), factors.start)


def test_nothing_but_out_is_written_to():
    factors = Factors()
    inputs = (factors.a, factors.row_offsets, factors.step_offsets, factors.b, factors.start)
    before = [array.copy() for array in inputs]
    memory = np.full((13, factors.b.shape[1]), 7, factors.dtype)
    product(*inputs, memory[1:12])
    assert (memory[[0, -1]] == 7).all()
    for array, copy in zip(inputs, before, strict=True):
        assert_array_equal(array, copy)


def test_repeated_rows():
    factors = Factors()
    factors.row_offsets = factors.row_offsets[[3, 3, 0]]
    factors.A = factors.A[[3, 3, 0]]
    factors.assert_right(factors.product(start=factors.start[:1]), factors.start[:1])


@needs_jit
@pytest.mark.parametrize("dtypes", DTYPES)
def test_bits_do_not_depend_on_what_is_computed_together(dtypes):
    n_rows, n_steps, n_columns = 2 * TILE_ROWS + 3, 30, 100
    factors = Factors(n_rows, n_steps, n_columns, dtypes)
    together = factors.product()
    for i in range(n_rows):
        assert_array_equal(factors.product(slice(i, i + 1)), together[i : i + 1])
    for at in range(1, n_rows):
        parts = [factors.product(slice(at)), factors.product(slice(at, None))]
        assert_array_equal(np.concatenate(parts), together)
    lanes = ALIGNMENT // np.dtype(dtypes[1]).itemsize
    for at in range(lanes, n_columns, lanes):
        parts = [factors.product(columns=slice(at)), factors.product(columns=slice(at, None))]
        assert_array_equal(np.concatenate(parts, axis=1), together)
    for at in range(1, n_steps):
        first = factors.product(steps=slice(at))
        assert_array_equal(factors.product(steps=slice(at, None), start=first), together)


@needs_jit
@pytest.mark.parametrize("dtypes", DTYPES)
def test_bits_do_not_depend_on_where_the_rows_are(dtypes):
    straight = Factors(dtypes=dtypes).product()
    assert_array_equal(Factors(dtypes=dtypes, transposed=True).product(), straight)


# ---- product_skipping_zeros


def skipped(A, b, start):
    out = np.full((len(A), b.shape[1]), np.nan, b.dtype)
    product_skipping_zeros(np.ascontiguousarray(A), b, start, out)
    return out


@deterministic(max_examples=150)
@given(
    n_rows=st.integers(1, 3 * TILE_ROWS + 1),
    n_steps=st.integers(1, 40),
    n_columns=st.integers(1, 150),
    dtypes=st.sampled_from(DTYPES),
    share=st.sampled_from([0.0, 0.03, 0.5, 1.0]),
    one_start=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_zeros_are_skipped(n_rows, n_steps, n_columns, dtypes, share, one_start, seed):
    factors = Factors(n_rows, n_steps, n_columns, dtypes, seed=seed)
    factors.A[np.random.default_rng(seed).random(factors.A.shape) > share] = 0
    start = factors.start[:1] if one_start else factors.start
    factors.assert_right(skipped(factors.A, factors.b, start), start)


@needs_jit
@pytest.mark.parametrize("share", [0.1, 1.0])
@pytest.mark.parametrize("dtypes", DTYPES)
def test_skipping_zeros_does_not_change_a_bit(dtypes, share):
    factors = Factors(2 * TILE_ROWS + 3, 60, 100, dtypes)
    factors.A[np.random.default_rng(1).random(factors.A.shape) > share] = 0
    rows, steps = np.arange(len(factors.A)) * 60, np.arange(60)
    expected = np.empty_like(factors.start)
    product(factors.A.ravel(), rows, steps, factors.b, factors.start, expected)
    together = skipped(factors.A, factors.b, factors.start)
    assert_array_equal(together, expected)
    for i in range(len(factors.A)):  # other zeros in the tile
        alone = skipped(factors.A[i : i + 1], factors.b, factors.start[i : i + 1])
        assert_array_equal(alone, together[i : i + 1])


@pytest.mark.parametrize("n_rows", [1, TILE_ROWS, TILE_ROWS + 1])
def test_nothing_but_zeros(n_rows):
    factors = Factors(n_rows)
    found = skipped(np.zeros_like(factors.A), factors.b, factors.start)
    assert_array_equal(found, factors.start)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e-40])
def test_what_is_hardly_a_number_is_not_skipped(value):
    A = np.zeros((TILE_ROWS + 1, 3), np.float32)
    A[-1, 1] = value
    out = skipped(A, np.ones((3, 16), np.float32), np.zeros((1, 16), np.float32))
    assert_array_equal(out[-1], np.full(16, np.float32(value)))
    assert not out[:-1].any()


def test_skipping_writes_to_nothing_but_out():
    factors = Factors()
    inputs = (np.ascontiguousarray(factors.A), factors.b, factors.start)
    before = [array.copy() for array in inputs]
    memory = np.full((13, factors.b.shape[1]), 7, factors.dtype)
    product_skipping_zeros(*inputs, memory[1:12])
    assert (memory[[0, -1]] == 7).all()
    for array, copy in zip(inputs, before, strict=True):
        assert_array_equal(array, copy)


# ---- transpose


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_rows", [1, 7, 8, 9, 40])
@pytest.mark.parametrize("n_columns", [1, 5, 12])
def test_transpose(n_columns, n_rows, dtype):
    z = np.random.default_rng(0).normal(size=(n_rows, 12)).astype(dtype)
    out = np.full((n_columns, n_rows), np.nan, dtype)
    transpose(z, out)
    assert_array_equal(out, z[:, :n_columns].T)


# ---- prefetch_rows


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offsets", [[], [0], [20, 0, 10]])
@pytest.mark.parametrize("n_columns", [0, 1, 10])
def test_prefetch_rows_changes_nothing(offsets, n_columns, dtype):
    a = np.arange(30, dtype=dtype)
    prefetch_rows(a, np.array(offsets, dtype=np.int64), n_columns)
    assert_array_equal(a, np.arange(30))


GUARD = """
import ctypes, mmap
import numpy as np
from helpers.leaves import callable_from_python
from skneuron.kernels import product as module
from skneuron.kernels.product import padded

product = callable_from_python(module.product)
product_skipping_zeros = callable_from_python(module.product_skipping_zeros)

protect = ctypes.CDLL(None, use_errno=True).mprotect
protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
page, maps = mmap.PAGESIZE, []

def guarded(array):
    array = np.ascontiguousarray(array)
    size = -(-array.nbytes // page) * page
    maps.append(mmap.mmap(-1, size + page))
    buffer = np.frombuffer(maps[-1], np.uint8)
    assert protect(buffer.ctypes.data + size, page, 0) == 0
    copied = buffer[size - array.nbytes : size].view(array.dtype).reshape(array.shape)
    copied[...] = array
    return copied

rng = np.random.default_rng(0)
for dtype in (np.float32, np.float64):
    for n in (1, 7, 8, 9, 17):
        for k in (1, 3, 31):
            for c in (1, 16, 33, 130):
                width = padded(c, dtype)
                A = rng.random((n, k)).astype(dtype)
                B, D = (guarded(rng.random((m, width)).astype(dtype)) for m in (k, n))
                a = guarded(A.ravel())
                rows, steps = guarded(np.arange(n) * k), guarded(np.arange(k))
                start = guarded(rng.random((1, width)).astype(dtype))
                out, transposed = (guarded(np.zeros((m, width), dtype)) for m in (n, k))
                product(a, rows, steps, B, start, out)
                np.testing.assert_allclose(out, A @ B + start, rtol=1e-5)
                A[:, ::3] = 0
                A = guarded(A)
                product_skipping_zeros(A, B, start, out)
                np.testing.assert_allclose(out, A @ B + start, rtol=1e-5)
                product(a, steps, rows, D, start, transposed)
                np.testing.assert_allclose(transposed, a.reshape(n, k).T @ D + start, rtol=1e-5)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs mprotect")
def test_nothing_beyond_the_arrays_is_touched():
    """numba's bounds check does not see the tiles, which work on addresses."""
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path}
    subprocess.run([sys.executable, "-c", GUARD], env=environment, check=True)
