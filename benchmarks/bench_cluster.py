"""How a study scales over a cluster's workers, and what is sent to them.

    python benchmarks/bench_cluster.py --data-home FOLDER

Four networks with one hidden layer of 100 on 12,000 images of MNIST, one a seed: in
this process with one thread and with two, by joblib's processes, and by dask workers on this
machine, one and two, with one thread each. In turn, after one untimed round. The bytes are those
that leave this process: data goes to every worker once, tasks to one of them.
"""

import argparse
import contextlib

import cloudpickle
import joblib
import numba
from timing import interleaved, save, show

from skneuron.study import run_study

N_SEEDS = 4


def study(name, max_iter, n_train, data_home, n_threads=None, **options):
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(n_threads or before)
        return run_study(
            name,
            hidden=[(100,)],
            seeds=list(range(N_SEEDS)),
            max_iter=max_iter,
            n_train=n_train,
            data_home=data_home,
            **options,
        )
    finally:
        numba.set_num_threads(before)


def on_dask(client, run, n_workers):
    # Of one worker alone, joblib would do the work in this process.
    some = list(client.ncores())[:n_workers]

    def called():
        with joblib.parallel_config("dask", client=client, workers=some):
            return run()

    return called


@contextlib.contextmanager
def counted(client):
    """Bytes that leave this process, to all workers together."""
    sizes = {"data": 0, "tasks": 0}
    scatter, submit, n_workers = client.scatter, client.submit, len(client.ncores())

    def scattered(content, *args, broadcast=False, **options):
        size = len(cloudpickle.dumps(content))
        sizes["data" if broadcast else "tasks"] += size * (n_workers if broadcast else 1)
        return scatter(content, *args, broadcast=broadcast, **options)

    def submitted(function, *args, tasks, **options):
        sizes["tasks"] += len(cloudpickle.dumps((function, tasks)))
        return submit(function, *args, tasks=tasks, **options)

    client.scatter, client.submit = scattered, submitted
    try:
        yield sizes
    finally:
        del client.scatter, client.submit


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-home", help="an OpenML data home with MNIST")
    parser.add_argument("--quick", action="store_true", help="digits, one round, nothing saved")
    args = parser.parse_args()
    name, max_iter, n_train, repeats = "mnist", 5, 12_000, 2
    if args.quick:
        name, max_iter, n_train, repeats = "digits", 3, None, 1

    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            silence_logs="CRITICAL",
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):

        def run(**options):
            return study(name, max_iter, n_train, args.data_home, **options)

        competitors = {
            "one_thread": lambda: run(n_threads=1),
            "all_threads": run,
            "two_processes": lambda: run(n_jobs=2),
            "one_worker": on_dask(client, run, 1),
            "two_workers": on_dask(client, run, 2),
        }
        seconds = interleaved(competitors, repeats)
        with counted(client) as sizes:
            found = on_dask(client, run, 2)()
    row = {
        "data": name,
        "networks": N_SEEDS,
        "images_bytes": found.data.X_train.nbytes + found.data.X_test.nbytes,
        "data_bytes_to_two_workers": sizes["data"],
        "tasks_bytes": sizes["tasks"],
        **{f"{competitor}_s": value for competitor, value in seconds.items()},
        "two_workers_over_one": seconds["one_worker"] / seconds["two_workers"],
        "one_worker_over_one_thread": seconds["one_worker"] / seconds["one_thread"],
    }
    show(row)
    if not args.quick:
        print("saved", save("cluster", [row], max_iter=max_iter, n_train=n_train, repeats=repeats))


if __name__ == "__main__":
    main()
