"""Forks wait for compilations, as a child has none of the threads that held its parent's locks.

numba compiles, and loads what is compiled, under one lock. In a child forked meanwhile by another
thread nobody would ever release it, and what was half done would stay so: the child's first call
would never end. So whoever forks takes the lock, and both processes release it. A fork beside a
first call takes as long as what is being compiled, some seconds at most. A thread that forks while
it compiles has the lock already, and does not wait.

What is registered are C functions, between whose steps no Ctrl-C can come: one that comes while a
fork waits ends the waiting, and Python reports it as ignored. `subprocess` runs none of this: its
children are other programs.
"""

import os
from functools import partial
from typing import Any

# No kernel takes so long. Whoever holds the lock waits for the thread that forks then, perhaps:
# that one goes ahead, as it would without us.
PATIENCE = 120.0  # seconds


def _compiler_lock() -> Any:
    """numba's lock, which one thread may take many times; None where it is not what it was."""
    try:
        from numba.core.compiler_lock import global_compiler_lock

        return global_compiler_lock._lock
    except (ImportError, AttributeError):
        return None


def hold_at_forks(lock: Any, patience: float = PATIENCE) -> None:
    """Whoever forks from now on has ``lock``, unless another thread keeps it for too long."""
    if lock is not None and hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=partial(lock.acquire, timeout=patience),
            after_in_parent=lock.release,
            after_in_child=lock.release,
        )


hold_at_forks(_compiler_lock())
