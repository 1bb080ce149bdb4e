"""The engines that joblib knows, dask's and ray's: the same answers, data sent once a worker."""

import cloudpickle
import joblib
import numpy as np
import pytest
from helpers import cluster_tasks
from helpers.cluster_tasks import CALLS
from numpy.testing import assert_array_equal

from skneuron import neuron_ablation
from skneuron.utils import Shared, spread

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.long,
]


@pytest.fixture(scope="module")
def expected():
    """What every call returns in this process."""
    X, y = cluster_tasks.data()
    mlp = cluster_tasks.network().fit(X, y)
    return {name: call(mlp, X, y) for name, call in CALLS.items()}


@pytest.fixture(scope="module")
def client():
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    # Not its port for a dashboard, which two test processes would want.
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            silence_logs="CRITICAL",
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.usefixtures("compiled", "client")
@pytest.mark.parametrize("name", CALLS)
def test_dask_finds_what_one_process_finds(name, expected):
    X, y = cluster_tasks.data()
    with joblib.parallel_config("dask"):
        found = CALLS[name](cluster_tasks.network().fit(X, y), X, y)
    assert_array_equal(found, expected[name])


@pytest.mark.usefixtures("compiled")
def test_ray_finds_what_one_process_finds(expected):
    ray = pytest.importorskip("ray", reason="ray is not installed")
    from ray.util.joblib import register_ray

    register_ray()
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
    try:
        X, y = cluster_tasks.data()
        mlp = cluster_tasks.network().fit(X, y)
        with joblib.parallel_config("ray", n_jobs=2):
            for name in ("ablation", "cross_validation"):
                assert_array_equal(CALLS[name](mlp, X, y), expected[name])
    finally:
        ray.shutdown()


@pytest.fixture
def sent(client, monkeypatch):
    """Bytes that leave this process: with all workers' copies of data, and with tasks."""
    sizes = {"data": [], "tasks": []}
    scatter, submit, n_workers = client.scatter, client.submit, len(client.ncores())

    def scattered(content, *args, broadcast=False, **options):
        # What joblib scatters by itself, once for each task, goes to one worker.
        size = len(cloudpickle.dumps(content))
        sizes["data" if broadcast else "tasks"].append(size * (n_workers if broadcast else 1))
        return scatter(content, *args, broadcast=broadcast, **options)

    def submitted(function, *args, tasks, **options):
        sizes["tasks"].append(len(cloudpickle.dumps((function, tasks))))
        return submit(function, *args, tasks=tasks, **options)

    monkeypatch.setattr(client, "scatter", scattered)
    monkeypatch.setattr(client, "submit", submitted)
    return sizes


@pytest.mark.usefixtures("compiled")
def test_data_is_sent_once_a_worker(sent):
    X, y = cluster_tasks.data()
    X = np.repeat(X, 5, axis=1)  # 1.5 MB
    mlp = cluster_tasks.network(8).fit(X, y)
    with joblib.parallel_config("dask"):
        neuron_ablation(mlp, X, y, scoring=cluster_tasks.whole_estimators_accuracy)
        in_tasks = sum(sent["tasks"])
        assert X.nbytes < sum(sent["data"]) < 2 * 1.2 * X.nbytes
        assert in_tasks < 0.02 * X.nbytes
        cluster_tasks.cross_validation(mlp, X, y)
    assert sum(sent["data"]) < 2 * 2 * 1.2 * X.nbytes
    assert len(sent["tasks"]) >= 4 + 2
    assert sum(sent["tasks"]) < 0.05 * X.nbytes


@pytest.mark.usefixtures("compiled")
def test_data_is_sent_once_for_all_steps_of_a_call(sent):
    """A call that asks scorers in many rounds, as pairs do."""
    X, y = cluster_tasks.data()
    X = np.repeat(X, 5, axis=1)
    mlp = cluster_tasks.network(5).fit(X, y)
    with joblib.parallel_config("dask"):
        cluster_tasks.pairs(mlp, X, y)
    n_rounds = len(sent["data"])
    assert n_rounds > 4
    assert sum(sent["data"]) < 2 * 1.5 * X[:200].nbytes + n_rounds * 30 * mlp.coefs_[0].nbytes


def test_a_worker_that_dies_is_replaced(client, tmp_path):
    X = np.arange(100_000.0)
    shared, flag = Shared(X), str(tmp_path / "died")
    with joblib.parallel_config("dask"):
        found = spread(cluster_tasks.dies_once, [(shared, flag, i) for i in range(6)], None)
    assert found == [X.sum() + i for i in range(6)]
    assert (tmp_path / "died").exists()
    client.wait_for_workers(2, timeout=60)
