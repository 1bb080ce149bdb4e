"""Ways in which programs run others' code, and what of ours they run.

`main(way)` does everything in the main thread first, so that numba's threads are awake, then in
one of the ways, and prints what came out of both as JSON.
"""

import asyncio
import json
import multiprocessing
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from hashlib import blake2b

import joblib
import numba
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from skneuron import (
    PrunableMLPClassifier,
    RottenNeuronPruner,
    RottenNeuronPrunerCV,
    neuron_ablation,
    neuron_pruning_path,
)
from skneuron.neural_network import _trainer
from skneuron.utils import _threads

SECONDS = (
    60  # for one way of running everything; workers that are killed would be awaited for ever
)
X, Y = load_digits(return_X_y=True)
X, Y = X[:200] / 16, Y[:200]


def _network():
    return PrunableMLPClassifier((6, 5), batch_size=50, max_iter=3, random_state=0)


def _fit():
    network = _network().fit(X, Y)
    return [*network.coefs_, *network.intercepts_, network.predict_proba(X)]


def _ablate():
    result = neuron_ablation(_network().fit(X, Y), X, Y, replacement="linear", X_ref=X)
    return [np.asarray(result[key]) for key in sorted(result)]


def _path():
    result = neuron_pruning_path(_network().fit(X, Y), X, Y)
    return [result[key] for key in ("importances", "index", "layer", "order", "scores")]


def _search():
    search = RottenNeuronPrunerCV(RottenNeuronPruner(_network(), random_state=0), cv=2)
    return [search.fit(X, Y).predict_proba(X), *search.estimator_.coefs_]


ACTIONS = {"fit": _fit, "ablation": _ablate, "path": _path, "search": _search}


def _wake_threads_for_little():
    """In this process, whatever the machine has."""
    _threads.FEW_OPERATIONS = _trainer.OPERATIONS_PER_PART = 1
    joblib.cpu_count = lambda *_, **__: 2


def outcome(name):
    """(name, "bits", a fingerprint of all results), or the exception's type and text instead."""
    _wake_threads_for_little()
    warnings.simplefilter("ignore", ConvergenceWarning)
    try:
        arrays = ACTIONS[name]()
    except Exception as error:  # noqa: BLE001 -- the tests say which are allowed
        return name, type(error).__name__, str(error)
    bits = b"".join(array.tobytes() for array in arrays)
    return name, "bits", blake2b(bits, digest_size=12).hexdigest()


def _with_joblib(backend):
    return lambda: joblib.Parallel(2, backend=backend, timeout=SECONDS)(
        joblib.delayed(outcome)(name) for name in ACTIONS
    )


def _with_processes(method, n_workers=1):
    def run():
        with multiprocessing.get_context(method).Pool(n_workers) as pool:
            found = pool.map_async(outcome, ACTIONS, chunksize=1).get(SECONDS)
            # So that workers end by themselves, and leave no semaphores.
            pool.close()
            pool.join()
            return found

    return run


def _in_threads():
    with ThreadPoolExecutor(2 * len(ACTIONS)) as executor:
        return list(executor.map(outcome, [*ACTIONS, *ACTIONS], timeout=SECONDS))


def _awaited(start):
    async def wait():
        return await asyncio.wait_for(asyncio.gather(*map(start, ACTIONS)), SECONDS)

    return asyncio.run(wait())


def _in_executor():
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as executor:
        return _awaited(
            lambda name: asyncio.get_running_loop().run_in_executor(executor, outcome, name)
        )


WAYS = {
    "main thread": lambda: list(map(outcome, ACTIONS)),
    "threads": _in_threads,
    "joblib threading": _with_joblib("threading"),
    "joblib loky": _with_joblib("loky"),
    "joblib multiprocessing": _with_joblib("multiprocessing"),
    "spawn": _with_processes("spawn"),
    "fork": _with_processes("fork", 2),
    "forkserver": _with_processes("forkserver"),
    "asyncio to_thread": lambda: _awaited(lambda name: asyncio.to_thread(outcome, name)),
    "asyncio executor": _in_executor,
}


def main(way):
    first = WAYS["main thread"]()
    try:
        layer = numba.threading_layer()
    except ValueError:  # none was needed, or none was found
        layer = None
    print(json.dumps({"layer": layer, "before": first, "found": WAYS[way]()}))
