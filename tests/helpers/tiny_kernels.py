"""Kernels that compile in a moment, to test how kernels are compiled, cached and called.

In a file that can be imported, for it is a kernel's source that its place in the cache follows
from: functions of test files have none that the cache can read.
"""

from collections import namedtuple
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
from numba.core.caching import NullCache

from skneuron.kernels._held import hold
from skneuron.kernels._jit import compiled, kernel
from skneuron.kernels._parts import Kernel, parts

plain_or_kernel = (lambda function: function) if numba.config.DISABLE_JIT else kernel


@compiled
def plus_one(x):
    return x + 1


@compiled
def half_of_next(x):
    return plus_one(x) / 2


@plain_or_kernel
def halve(a):
    """Calls what calls another one."""
    for i in range(len(a)):
        a[i] = half_of_next(a[i])


@compiled
def _count(visits, part):
    visits[part] += 1


@Kernel
def count_parts(driver, visits, n_parts):
    parts(driver, _count, (visits,), n_parts)


@compiled
def _count_slowly(visits, results, n_slow, part):
    x = results[part]
    for _ in range(n_slow if part == 0 else 1):
        x = x * 0.5 + 0.25  # a chain that no compiler shortens
    results[part] = x
    visits[part] += 1


@Kernel
def count_with_slow_part(driver, visits, results, n_slow):
    parts(driver, _count_slowly, (visits, results, n_slow), len(visits))


@compiled
def _fail(fails, visits, part):
    visits[part] += 1
    if fails[part] == 1:
        raise ValueError("this part is broken")
    if fails[part] == 2:
        raise KeyError("no such part", 7)


@Kernel
def fail_in_parts(driver, fails, visits):
    parts(driver, _fail, (fails, visits), len(visits))
    visits += 100


@compiled
def _write_beyond(out, part):
    out[part] = part


@Kernel
def write_beyond(driver, out, n_parts):
    """With more parts than ``out`` has elements, for numba's check of bounds."""
    parts(driver, _write_beyond, (out,), n_parts)


@compiled
def _add_nested(nested, scale, out, part):
    (a, (b, k)), c = nested
    out[part] = scale * (a[part] + b[part, k] + c[part])


@Kernel
def add_nested(driver, a, b, c, out):
    parts(driver, _add_nested, (((a, (b, 1)), c), out.dtype.type(2), out), len(out))


@compiled
def _sum_rows(matrix, sums, part):
    copied = np.empty(matrix.shape[1], matrix.dtype)  # parts that get memory and give it back
    copied[:] = matrix[part]
    total = matrix.dtype.type(0)
    for x in copied:
        total += x * x
    sums[part] = total


@Kernel
def sum_rows(driver, matrix, sums):
    parts(driver, _sum_rows, (matrix, sums), len(sums))


@Kernel
def count_twice(driver, visits, sums, matrix):
    """Two calls of `parts`, the second as often as there are rows."""
    for _ in range(len(visits)):
        parts(driver, _count, (visits,), len(visits))
    parts(driver, _sum_rows, (matrix, sums), len(sums))


# For processes that import this module.
TESTS = Path(__file__).parents[1]


class Mixed(NamedTuple):
    """A field of every kind that kernels pass on."""

    count: int
    rate: float
    flag: bool
    values: Any
    table: Any
    pair: Any


@compiled
def _use(held):
    for i in range(held.count):
        held.values[i] += held.rate * held.table[i, 1]
    held.table[0, 0] = held.pair[0]
    held.pair[1][0] = -1
    return held.values[0] if held.flag else held.values[1]


@compiled
def _pass_on(held):
    return _use(held)


@plain_or_kernel
def use_held(mixed):
    return _pass_on(hold(mixed))


@compiled
def _use_part(held, out, part):
    out[part] = held.values[part] * held.rate


@Kernel
def use_held_in_parts(driver, mixed, out):
    parts(driver, _use_part, (hold(mixed), out), len(out))


@compiled
def _use_unknown(held):
    return held.unknown


@plain_or_kernel
def use_unknown(mixed):
    return _use_unknown(hold(mixed))


# Two classes that differ in the order of their fields alone.
First = namedtuple("Same", ["x", "y"])
Second = namedtuple("Same", ["y", "x"])


@compiled
def _x(held):
    return held.x


@plain_or_kernel
def x_of_both(first, second):
    return _x(hold(first)), _x(hold(second))


@plain_or_kernel
def knows_its_process(a):
    """Has an address of its process in it, and so cannot be kept."""
    a[0] = numba.get_num_threads()


def without_cache(function):
    """A kernel that is compiled at its first call, whatever other processes have compiled."""
    made = kernel(function)
    made._cache = NullCache()
    return made
