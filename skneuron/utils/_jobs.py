"""Work for joblib's workers: threads, processes, or a cluster's."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import joblib
from joblib.parallel import BACKENDS, get_active_backend
from sklearn import config_context, get_config
from sklearn.utils.parallel import Parallel, delayed

from skneuron.utils._checks import checked_n_jobs
from skneuron.utils._shared import Shared, opened
from skneuron.utils._threads import n_cores, on_one_core

_ON_THIS_MACHINE = ("sequential", "threading", "loky", "multiprocessing")


def _ignore(result: Any) -> None:
    pass


def _configured(config: dict[str, Any], function: Callable[..., Any], *args: Any) -> Any:
    with config_context(**config):
        return function(*args)


def _in_process(knows_its_cores: bool, function: Callable[..., Any], *args: Any) -> Any:
    # A task has no workers of its own: the others have tasks as well.
    with joblib.parallel_config("sequential"):
        arguments = map(opened, args)
        return function(*arguments) if knows_its_cores else on_one_core(function, *arguments)


def spread(
    function: Callable[..., Any],
    arguments: Iterable[tuple[Any, ...]],
    n_jobs: int | None,
    *,
    prefer: str | None = None,
    on_result: Callable[[Any], None] = _ignore,
) -> list[Any]:
    """``function(*args)`` for all ``args`` in ``arguments``, by joblib's workers.

    They have the caller's configuration of scikit-learn. Worker processes get it, and the
    filters of warnings, from scikit-learn's ``Parallel``. Worker threads do not go through it:
    filters belong to the process, and threads that set and restore them at the same time would
    leave behind each other's.

    Parameters
    ----------
    function : callable
    arguments : iterable of tuple
        A task each. What is wrapped in `Shared` comes to the function without it, and to a worker
        once.
    n_jobs : int or None
        As joblib's; but no more workers than there are tasks, or cores on this machine. A
        cluster's workers are as many as it has.
    prefer : str, default=None
        As joblib's.
    on_result : callable, default does nothing
        Called with every result, in the order of the arguments.
    """
    tasks = list(arguments)
    backend, n_jobs, in_processes = _workers(n_jobs, len(tasks), prefer)
    if not in_processes:
        call = joblib.delayed(partial(_configured, get_config()))
        parallel, argument_for = joblib.Parallel, _content
    else:
        # loky tells each of its processes how many of the cores are its share.
        knows_its_cores = type(backend) is BACKENDS["loky"]
        call, parallel = delayed(partial(_in_process, knows_its_cores)), Parallel
        argument_for = partial(_for_process, backend)
    calls = [call(function, *map(argument_for, args)) for args in tasks]
    as_they_come = getattr(backend, "supports_return_generator", False)
    results = []
    run = parallel(n_jobs=n_jobs, prefer=prefer, return_as="generator" if as_they_come else "list")
    for result in run(calls):
        on_result(result)
        results.append(result)
    return results


def n_workers(n_jobs: int | None, n_tasks: int, prefer: str | None = None) -> int:
    """Among how many workers `spread` would divide so many tasks."""
    _, n_jobs, _ = _workers(n_jobs, n_tasks, prefer)
    return joblib.effective_n_jobs(n_jobs)


def has_processes(n_jobs: int | None, n_tasks: int) -> bool:
    """Whether `spread` would send so many tasks to other processes."""
    return _workers(n_jobs, n_tasks, None)[2]


def _workers(n_jobs: int | None, n_tasks: int, prefer: str | None) -> tuple[Any, Any, bool]:
    """joblib's backend, how many workers to ask it for, and whether these are processes."""
    n_jobs = checked_n_jobs("n_jobs", n_jobs)
    backend, _ = get_active_backend(prefer=prefer)
    here = tuple(BACKENDS[name] for name in _ON_THIS_MACHINE if name in BACKENDS)
    if type(backend) not in here:  # ray's is a subclass of one
        # With one worker, joblib does the work here.
        is_elsewhere = not getattr(backend, "uses_threads", False)
        return backend, n_jobs, is_elsewhere and joblib.effective_n_jobs(n_jobs) > 1
    n_jobs = max(1, min(joblib.effective_n_jobs(n_jobs), n_tasks, n_cores()))
    return backend, n_jobs, n_jobs > 1 and not getattr(backend, "uses_threads", False)


def _content(argument: Any) -> Any:
    return argument.content if isinstance(argument, Shared) else argument


def _for_process(backend: Any, argument: Any) -> Any:
    return argument.for_backend(backend) if isinstance(argument, Shared) else argument
