"""Work for joblib's workers, threads or processes."""

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
    arguments: Iterable[tuple[Any, ...]],
    n_jobs: int | None,
    *,
    prefer: str | None = None,
) -> list[Any]:
    """``function(*args)`` for all ``args`` in ``arguments``, by joblib's workers.

    They have the caller's configuration of scikit-learn. Worker processes get it, and the
    filters of warnings, from scikit-learn's ``Parallel``. Worker threads do not go through it:
    filters belong to the process, and threads that set and restore them at the same time would
    leave behind each other's.
    """
    backend, _ = get_active_backend(prefer=prefer)
    if getattr(backend, "uses_threads", False) or joblib.effective_n_jobs(n_jobs) == 1:
        config = get_config()
        tasks = (joblib.delayed(_configured)(config, function, *args) for args in arguments)
        return joblib.Parallel(n_jobs=n_jobs, prefer=prefer)(tasks)
    return Parallel(n_jobs=n_jobs, prefer=prefer)(delayed(function)(*args) for args in arguments)
