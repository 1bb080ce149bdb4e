"""Work for joblib's workers, be they threads or processes."""

from collections.abc import Callable, Iterable
from typing import Any

import joblib
from joblib.parallel import get_active_backend
from sklearn import config_context, get_config
from sklearn.utils.parallel import Parallel, delayed


def _configured(config: dict[str, Any], function: Callable[..., Any], *args: Any) -> Any:
    with config_context(**config):
        return function(*args)


def spread(
    function: Callable[..., Any],
    arguments: Iterable[tuple],
    n_jobs: int | None,
    *,
    prefer: str | None = None,
) -> list[Any]:
    """Results for many arguments, by joblib's workers with scikit-learn's configuration.

    Of other processes as by scikit-learn's ``Parallel``, which hands on filters of warnings as
    well. Within a process these are for all threads at once, and that would leave them as any
    other thread has found them.
    """
    backend, _ = get_active_backend(prefer=prefer)
    if getattr(backend, "uses_threads", False) or joblib.effective_n_jobs(n_jobs) == 1:
        config = get_config()
        tasks = (joblib.delayed(_configured)(config, function, *args) for args in arguments)
        return joblib.Parallel(n_jobs=n_jobs, prefer=prefer)(tasks)
    return Parallel(n_jobs=n_jobs, prefer=prefer)(delayed(function)(*args) for args in arguments)
