"""Matrix products of mini-batches, on rows that need not be copied together first."""

import numba
import numpy as np

from skneuron.kernels._jit import compiled
from skneuron.kernels._tile import (
    ALIGNMENT,
    TILE_ROWS,
    VECTOR_BYTES,
    prefetch,
    tile_1,
    tile_2,
    tile_3,
)


def padded(n_columns, dtype):
    """``n_columns`` rounded up to whole vectors, which is what `product` works in."""
    lanes = ALIGNMENT // np.dtype(dtype).itemsize
    return -(-n_columns // lanes) * lanes


def aligned_zeros(n, dtype):
    """A flat array of zeros that starts on a cache line."""
    dtype = np.dtype(dtype)
    raw = np.zeros(n * dtype.itemsize + ALIGNMENT, dtype=np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + n * dtype.itemsize].view(dtype)


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
        ``n_columns`` as rounded by `padded`; rows contiguous.
    start : ndarray of shape (n_rows or 1, n_columns)
        What is added; may be ``out`` itself.
    out : ndarray of shape (n_rows, n_columns)
        Changed in place.
    """
    n_rows, n_steps = len(row_offsets), len(step_offsets)
    a_like, like = a.dtype.type(0), out.dtype.type(0)
    start_stride = start.strides[0] if start.shape[0] > 1 else 0
    n_vectors = out.shape[1] * out.itemsize // VECTOR_BYTES
    done = 0
    while done < n_vectors:
        left = n_vectors - done
        width = left if left < 3 else (2 if left == 4 else 3)
        at = done * VECTOR_BYTES
        for i in range(0, n_rows, TILE_ROWS):
            m = min(TILE_ROWS, n_rows - i)
            row = (
                a.ctypes.data, row_offsets.ctypes.data + 8 * i, step_offsets.ctypes.data, n_steps,
                b.ctypes.data + at, b.strides[0],
                start.ctypes.data + i * start_stride + at, start_stride,
                out.ctypes.data + i * out.strides[0] + at, out.strides[0], m, a_like, like,
            )  # fmt: skip
            if width == 3:
                tile_3(*row)
            elif width == 2:
                tile_2(*row)
            else:
                tile_1(*row)
        done += width


def fetch_rows(a, row_offsets, n_columns):
    """Bring rows of ``a`` towards the processor while it computes something else."""
    for offset in row_offsets:
        first = a.ctypes.data + offset * a.itemsize
        for address in range(first, first + n_columns * a.itemsize, 64):
            prefetch(address)


if numba.config.DISABLE_JIT:

    def product(a, row_offsets, step_offsets, b, start, out):
        out[:] = start + a[row_offsets[:, None] + step_offsets].astype(b.dtype) @ b

    def fetch_rows(a, row_offsets, n_columns):
        pass

else:
    product = compiled(product)
    fetch_rows = compiled(fetch_rows)
