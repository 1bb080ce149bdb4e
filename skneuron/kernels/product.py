"""Matrix products of mini-batches, on rows that need not be copied together first."""

import numba
import numpy as np

from skneuron.kernels._jit import compiled
from skneuron.kernels._tile import (
    ALIGNMENT,
    TILE_ROWS,
    VECTOR_BYTES,
    address,
    packed_1,
    packed_2,
    packed_3,
    prefetch,
    tile_1,
    tile_2,
    tile_3,
)

# Rows of a product are packed together as far as they fit into this.
PACKED_BYTES = 2**21
# Rows that `transpose` turns into columns at a time.
TRANSPOSED_ROWS = 8


def _padded(n_columns, itemsize):
    """``n_columns`` rounded up to whole cache lines, and so to whole vectors of any processor."""
    lanes = ALIGNMENT // itemsize
    return (n_columns + lanes - 1) // lanes * lanes


padded_width = compiled(_padded)


def padded(n_columns, dtype):
    """As `padded_width`, for a dtype and outside kernels."""
    return _padded(n_columns, np.dtype(dtype).itemsize)


def aligned_zeros(n, dtype):
    """A flat array of zeros that starts on a cache line."""
    dtype = np.dtype(dtype)
    raw = np.zeros(n * dtype.itemsize + ALIGNMENT, dtype=np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + n * dtype.itemsize].view(dtype)


@compiled
def multiples(n, step):
    """0, ``step``, 2 ``step``, ...: ``n`` offsets for `product`.

    An expression of arrays takes a tenth of a second more to compile, each.
    """
    result = np.empty(n, np.int64)
    for i in range(n):
        result[i] = i * step
    return result


@compiled
def copy_to(source, target):
    """``target[:] = source``, of two dimensions and the same shape.

    numba's own assignment takes a second more to compile, for it brings its error message, and
    with that most of what numba knows of text.
    """
    for i in range(source.shape[0]):
        for j in range(source.shape[1]):
            target[i, j] = source[i, j]


@compiled
def fill(target, value):
    """``target[:] = value``, of one dimension; see `copy_to`."""
    for i in range(target.shape[0]):
        target[i] = value


@compiled
def transpose(z, out):
    """``out`` = the first columns of ``z``, as rows."""
    n_full = out.shape[1] // TRANSPOSED_ROWS * TRANSPOSED_ROWS
    for first in range(0, n_full, TRANSPOSED_ROWS):
        for k in range(out.shape[0]):
            for i in range(TRANSPOSED_ROWS):
                out[k, first + i] = z[first + i, k]
    for k in range(out.shape[0]):
        for i in range(n_full, out.shape[1]):
            out[k, i] = z[i, k]


@compiled
def _panel_width(n_left):
    """Vectors in the next tile's rows: up to 3, but of 4 that are left, 2, as 2 + 2 beat 3 + 1."""
    return n_left if n_left < 3 else (2 if n_left == 4 else 3)


@compiled
def _run_tile(width, arguments):
    if width == 3:
        tile_3(*arguments)
    elif width == 2:
        tile_2(*arguments)
    else:
        tile_1(*arguments)


@compiled
def _run_packed_tile(width, arguments):
    if width == 3:
        packed_3(*arguments)
    elif width == 2:
        packed_2(*arguments)
    else:
        packed_1(*arguments)


@compiled
def _product(
    a, row_offsets, step_offsets, n_rows, n_steps, b, b_stride, start, start_stride, out,
    out_stride, n_vectors, a_like, like,
):  # fmt: skip
    """`product` of addresses: so it is compiled once for all layouts of arrays."""
    done = 0
    while done < n_vectors:
        width = _panel_width(n_vectors - done)
        offset = done * VECTOR_BYTES
        for i in range(0, n_rows, TILE_ROWS):
            arguments = (
                a, row_offsets + 8 * i, step_offsets, n_steps, b + offset, b_stride,
                start + i * start_stride + offset, start_stride,
                out + i * out_stride + offset, out_stride, min(TILE_ROWS, n_rows - i), a_like,
                like,
            )  # fmt: skip
            _run_tile(width, arguments)
        done += width


def product(a, row_offsets, step_offsets, b, start, out):
    """``out[i, j] = start[i, j] + sum over k of a[row_offsets[i] + step_offsets[k]] * b[k, j]``.

    Parameters
    ----------
    a : ndarray
        Flat array of float32 or float64, no wider than ``out``'s.
    row_offsets, step_offsets : ndarray of int64
        Where the elements of the left matrix are: together they describe rows anywhere in
        ``a``, and its transpose.
    b : ndarray of shape (n_steps, n_columns)
        Rows contiguous, and ``n_columns`` rounded up by `padded`.
    start : ndarray of shape (n_rows or 1, n_columns)
        What is added; may be ``out`` itself.
    out : ndarray of shape (n_rows, n_columns)
        Changed in place.
    """
    _product(
        address(a), address(row_offsets), address(step_offsets), len(row_offsets),
        len(step_offsets), address(b), b.strides[0], address(start),
        start.strides[0] if start.shape[0] > 1 else 0, address(out), out.strides[0],
        out.shape[1] * out.itemsize // VECTOR_BYTES, a.dtype.type(0), out.dtype.type(0),
    )  # fmt: skip


@compiled
def _pack(a, is_needed, packed, steps):
    """Copy the columns of a tile's rows ``a`` that are not all 0, as rows of ``packed``.

    ``steps`` becomes the columns' numbers. Returns how many there are, at least 1.
    """
    zero = a.dtype.type(0)
    fill(is_needed, np.uint8(0))
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            is_needed[k] |= a[i, k] != zero
    n = 0
    for k in range(a.shape[1]):
        steps[n] = k
        n += is_needed[k]
    n = max(n, 1)
    if a.shape[0] == TILE_ROWS:
        for at in range(n):
            for i in range(TILE_ROWS):
                packed[at, i] = a[i, steps[at]]
    else:
        for i in range(a.shape[0]):
            for at in range(n):
                packed[at, i] = a[i, steps[at]]
    return n


def product_skipping_zeros(a, b, start, out):
    """``out = start + a @ b``, without the columns of ``a`` in which all rows of a tile are 0.

    Most pixels of an image's borders are. The result has the same bits as `product`'s: adding 0
    changes nothing.

    Parameters
    ----------
    a : ndarray of shape (n_rows, n_steps), C order
    b, start, out
        As in `product`.
    """
    n_rows, n_steps = a.shape
    n_tiles = (n_rows + TILE_ROWS - 1) // TILE_ROWS
    n_packed = PACKED_BYTES // (TILE_ROWS * a.itemsize * (n_steps + 1))
    n_packed = max(np.int64(1), min(n_tiles, n_packed))
    steps = np.empty((n_packed, n_steps + 1), np.int64)
    packed = np.empty((n_packed, n_steps + 1, np.int64(TILE_ROWS)), a.dtype)
    counts = np.empty(n_packed, np.int64)
    is_needed = np.empty(n_steps, np.uint8)
    a_like, like = a.dtype.type(0), out.dtype.type(0)
    start_stride = start.strides[0] if start.shape[0] > 1 else 0
    n_vectors = out.shape[1] * out.itemsize // VECTOR_BYTES
    for first in range(0, n_tiles, n_packed):
        n_here = min(n_packed, n_tiles - first)
        for t in range(n_here):
            i = (first + t) * TILE_ROWS
            counts[t] = _pack(a[i : i + TILE_ROWS], is_needed, packed[t], steps[t])
        done = 0
        while done < n_vectors:
            width = _panel_width(n_vectors - done)
            offset = done * VECTOR_BYTES
            for t in range(n_here):
                i = (first + t) * TILE_ROWS
                arguments = (
                    address(packed) + t * packed.strides[0], 0,
                    address(steps) + t * steps.strides[0],
                    counts[t], address(b) + offset, b.strides[0],
                    address(start) + i * start_stride + offset, start_stride,
                    address(out) + i * out.strides[0] + offset, out.strides[0],
                    min(TILE_ROWS, n_rows - i), a_like, like,
                )  # fmt: skip
                _run_packed_tile(width, arguments)
            done += width


def prefetch_rows(a, row_offsets, n_columns):
    """Bring rows of ``a`` into the cache while the processor computes something else."""
    for offset in row_offsets:
        first = address(a) + offset * a.itemsize
        for line in range(first, first + n_columns * a.itemsize, 64):
            prefetch(line)


if numba.config.DISABLE_JIT:

    def product(a, row_offsets, step_offsets, b, start, out):
        out[:] = start + a[row_offsets[:, None] + step_offsets].astype(b.dtype) @ b

    def product_skipping_zeros(a, b, start, out):
        out[:] = start + a.astype(b.dtype) @ b

    def prefetch_rows(a, row_offsets, n_columns):
        pass

else:
    product = compiled(product)
    product_skipping_zeros = compiled(product_skipping_zeros)
    prefetch_rows = compiled(prefetch_rows)
