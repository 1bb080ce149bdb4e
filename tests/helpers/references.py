"""Whether compiled code gives back what it takes: references to arrays, and memory of its own."""

import sys
from contextlib import contextmanager

from numba.core.runtime import _nrt_python, rtsys


@contextmanager
def all_given_back(*arrays, n_allocations=0):
    """Fails if what is done inside keeps one of ``arrays`` or any of numba's memory.

    Parameters
    ----------
    *arrays : ndarray
        Whose references are counted.
    n_allocations : int, default=0
        How often memory has to be taken at least, or nothing would be tested.
    """
    counts = [sys.getrefcount(array) for array in arrays]
    was_counting = _nrt_python.memsys_stats_enabled()
    _nrt_python.memsys_enable_stats()
    try:
        before = rtsys.get_allocation_stats()
        yield
        after = rtsys.get_allocation_stats()
    finally:
        if not was_counting:
            _nrt_python.memsys_disable_stats()
    assert [sys.getrefcount(array) for array in arrays] == counts
    assert after.alloc - before.alloc >= n_allocations
    assert after.alloc - before.alloc == after.free - before.free
    assert after.mi_alloc - before.mi_alloc == after.mi_free - before.mi_free
