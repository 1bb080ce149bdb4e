"""Fixtures of several of these tests."""

from helpers.thread_limits import eight_numba_threads, three_blas_threads  # noqa: F401
