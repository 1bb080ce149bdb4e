"""Who does the work of a command: this process, others on this machine, or a cluster."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import joblib

# A scheduler that is there answers at once.
SECONDS_TO_CONNECT = 10.0


class NoWorkersError(RuntimeError):
    """What was asked for is not installed, or does not answer."""


@contextmanager
def workers(arguments: argparse.Namespace) -> Iterator[int | None]:
    """A context in which joblib's work goes where the options say.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``jobs``, ``backend`` and ``scheduler``.

    Yields
    ------
    n_jobs : int or None
        For whatever has such a parameter.

    Raises
    ------
    NoWorkersError
    """
    if arguments.backend is None:
        if arguments.scheduler is not None:
            raise NoWorkersError(
                f"--scheduler {arguments.scheduler} needs --backend: one of {', '.join(CLUSTERS)}"
            )
        yield arguments.jobs
        return
    try:
        opened = CLUSTERS[arguments.backend](arguments.scheduler, arguments.jobs)
    except ImportError as error:
        raise NoWorkersError(
            f"--backend {arguments.backend} needs {error.name}, which is not installed: "
            f"pip install {INSTALLED_BY[arguments.backend]}"
        ) from error
    except (OSError, ConnectionError, TimeoutError, ValueError) as error:
        at = "" if arguments.scheduler is None else f" at {arguments.scheduler}"
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise NoWorkersError(
            f"--backend {arguments.backend}: no scheduler answers{at} ({reason})"
        ) from error
    close, options = opened
    try:
        # As many tasks at a time as there are workers.
        with joblib.parallel_config(arguments.backend, **options):
            yield None
    finally:
        close()


def _dask(scheduler: str | None, n_jobs: int | None) -> tuple[Callable[[], Any], dict[str, Any]]:
    from distributed import Client, LocalCluster

    if scheduler is not None:
        client = Client(scheduler, timeout=SECONDS_TO_CONNECT, set_as_default=False)
        try:
            client.wait_for_workers(1, timeout=SECONDS_TO_CONNECT)
        except BaseException as error:
            client.close()
            if not isinstance(error, TimeoutError):
                raise
            raise NoWorkersError(
                f"--scheduler {scheduler} has no workers: start some with `dask worker "
                f"{scheduler} --nthreads 1`"
            ) from error
        return client.close, {"client": client}
    # A core for each: kernels use one in a worker.
    cluster = LocalCluster(
        n_workers=n_jobs or joblib.cpu_count(),
        threads_per_worker=1,
        dashboard_address="127.0.0.1:0",
    )
    client = Client(cluster, set_as_default=False)

    def close() -> None:
        client.close()
        cluster.close()

    return close, {"client": client}


def _ray(scheduler: str | None, n_jobs: int | None) -> tuple[Callable[[], Any], dict[str, Any]]:
    # Installed only where somebody wants it.
    import ray
    from ray.util.joblib import register_ray

    register_ray()
    n_cpus = (n_jobs or joblib.cpu_count()) if scheduler is None else None
    ray.init(address=scheduler, num_cpus=n_cpus, log_to_driver=False, include_dashboard=None)
    return ray.shutdown, {"n_jobs": n_jobs or -1}


CLUSTERS = {"dask": _dask, "ray": _ray}
INSTALLED_BY = {"dask": '"skneuron[dask]"', "ray": '"skneuron[ray]"'}
