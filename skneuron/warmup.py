"""`warmup`: kernels compiled beforehand, so that no user waits for them.

Each task calls public functions on a few samples, which compile the kernels that real calls use,
for the same types of arguments. No two tasks compile the same kernel at the same time: those that
need another's come after it. They run in worker processes, which end with the call.
"""

import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import numba
import numpy as np
from joblib.externals.loky import ProcessPoolExecutor
from scipy import sparse
from sklearn.neural_network import MLPClassifier

from skneuron import kernels
from skneuron.inspection import (
    neuron_ablation,
    neuron_criterion,
    neuron_shapley,
    pairwise_ablation,
)
from skneuron.kernels import (
    Kernel,
    ablation,
    cache_folders,
    compilation_notice,
    layer_activations,
    training,
)
from skneuron.neural_network import PrunableMLPClassifier
from skneuron.surgery import Network
from skneuron.utils import checked_n_jobs

DTYPES = ("float32", "float64")
# So few that kernels run in the caller's thread: threads have a task of their own.
N_SAMPLES = 8


class CacheWarning(RuntimeWarning):
    """Compiled code cannot be kept."""


@cache
def _samples() -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(0).normal(size=(N_SAMPLES, 3))
    return X, np.arange(N_SAMPLES) % 2


def _network(dtype: np.dtype) -> MLPClassifier:
    """Fitted, by scikit-learn alone."""
    X, y = _samples()
    return MLPClassifier((3, 2), random_state=0).partial_fit(X.astype(dtype), y, classes=[0, 1])


def _ablate(dtype: np.dtype) -> None:
    X, y = _samples()
    neuron_ablation(_network(dtype), X.astype(dtype), y)


def _train(dtype: np.dtype) -> None:
    X, y = _samples()
    PrunableMLPClassifier((3, 2), random_state=0).partial_fit(X.astype(dtype), y, classes=[0, 1])


def _train_on_other_samples(dtype: np.dtype) -> None:
    """On narrower ones than the weights: they are not copied."""
    X, y = _samples()
    network = PrunableMLPClassifier.from_sklearn(_network(dtype))
    network.partial_fit(X.astype(np.float32), y)


def _activate(dtype: np.dtype) -> None:
    X, _ = _samples()
    neuron_criterion(_network(dtype), X.astype(dtype), criterion="mean_activation")


def _call_scorers(dtype: np.dtype) -> None:
    X, y = _samples()
    neuron_ablation(_network(dtype), X.astype(dtype), y, scoring="roc_auc")


def _use_threads(dtype: np.dtype) -> None:
    """However few cores there are: containers are made on other machines than they run on."""
    X = _samples()[0].astype(dtype)
    network = Network.from_mlp(_network(dtype))
    out = np.empty((len(X), network.hidden_layer_sizes[0]), dtype)
    layer_activations.parallel(X, *network.kernel_arguments(), 0, out)


def _ablate_pairs(dtype: np.dtype) -> None:
    X, y = _samples()
    pairwise_ablation(_network(dtype), X.astype(dtype), y)


def _draw_permutations(dtype: np.dtype) -> None:
    X, y = _samples()
    neuron_shapley(_network(dtype), X.astype(dtype), y, max_permutations=2, random_state=0)


def _use_sparse_samples(dtype: np.dtype) -> None:
    """On weights of any type that the samples do not have to be rounded to."""
    X, _ = _samples()
    for of_weights in map(np.dtype, DTYPES):
        if np.result_type(of_weights, dtype) == dtype:
            rows = sparse.csr_array(X.astype(dtype))
            neuron_criterion(_network(of_weights), rows, criterion="mean_activation")


class _Task(NamedTuple):
    """Calls that compile some kernels.

    Attributes
    ----------
    run : callable
        Makes the calls, for samples and weights of a dtype.
    after : tuple of str
        Tasks that compile kernels which these calls need as well.
    is_rare : bool
        Whether training, ablation, pruning and the study can do without.
    once : bool
        Whether it is the same for all dtypes.
    dtypes : tuple of str
        Those that there is something to compile for.
    """

    run: Callable[[np.dtype], None]
    after: tuple[str, ...] = ()
    is_rare: bool = False
    once: bool = False
    dtypes: tuple[str, ...] = DTYPES


# The longest ones first.
TASKS = {
    "ablation": _Task(_ablate),
    "training": _Task(_train),
    "training on other samples": _Task(_train_on_other_samples, is_rare=True, dtypes=("float64",)),
    "activations": _Task(_activate),
    "threads": _Task(_use_threads, after=("activations",), once=True),
    "Shapley values": _Task(_draw_permutations, after=("ablation",), is_rare=True),
    "pairs": _Task(_ablate_pairs, after=("ablation",), is_rare=True),
    "other scorers": _Task(_call_scorers, after=("ablation",)),
    "sparse samples": _Task(_use_sparse_samples, after=("activations",), is_rare=True),
}


class _Job(NamedTuple):
    """A task for one dtype."""

    name: str
    dtype: str

    def __str__(self) -> str:
        return self.name if TASKS[self.name].once else f"{self.name}, {self.dtype}"

    def may_follow(self, done: Iterable["_Job"]) -> bool:
        return all(_Job(name, self.dtype) in done for name in TASKS[self.name].after)


def _jobs(dtypes: Sequence[str], everything: bool) -> list[_Job]:
    if numba.config.DISABLE_JIT:
        return []
    return [
        _Job(name, dtype)
        for name, task in TASKS.items()
        if everything or not task.is_rare
        for dtype in (dtypes[:1] if task.once else dtypes)
        if dtype in task.dtypes
    ]


# ---- in the worker processes


class _Report(NamedTuple):
    """What has become of a job, or of several.

    Attributes
    ----------
    compiled : list of str
        Names of the kernels that were not in the cache.
    needed : set of str
        Kernels with the types of their arguments, in the cache or not.
    problems : list of str
        Warnings of the cache.
    """

    compiled: list[str]
    needed: set[str]
    problems: list[str]


def _loaded() -> set[str]:
    """Kernels of this process, with the types of their arguments."""
    named = (vars(room).values() for room in (kernels, training, ablation))
    dispatchers: set[Any] = {k.dispatcher for k in chain(*named) if isinstance(k, Kernel)}
    return {f"{each.__name__}{types}" for each in dispatchers for types in each.overloads}


def _do(job: _Job, cache_dir: str) -> _Report:
    numba.config.CACHE_DIR = cache_dir  # as in the process that asks, where it may have been set
    n_before = len(compilation_notice.done)
    with (
        compilation_notice.told_to(lambda kernel: None),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always", RuntimeWarning)
        TASKS[job.name].run(np.dtype(job.dtype))
    return _Report(
        [one.kernel for one in compilation_notice.done[n_before:]],
        _loaded() | ({"threads"} if TASKS[job.name].run is _use_threads else set()),
        [str(one.message) for one in caught if issubclass(one.category, RuntimeWarning)],
    )


# ---- in the process that asks


@dataclass(frozen=True)
class WarmupResult:
    """What `warmup` has done.

    Attributes
    ----------
    n_compiled, n_found : int
        Kernels that have been compiled, each for one type of numbers, and that were there already.
    seconds : float
        How long it took.
    folder : Path
        Where they are.
    n_bytes : int
        Size of all machine code in that folder.
    """

    n_compiled: int
    n_found: int
    seconds: float
    folder: Path
    n_bytes: int

    def __repr__(self) -> str:
        return (
            f"WarmupResult(n_compiled={self.n_compiled}, n_found={self.n_found}, "
            f"seconds={self.seconds:.1f}, folder={str(self.folder)!r}, n_bytes={self.n_bytes})"
        )

    def __str__(self) -> str:
        found = f", {self.n_found} were there" if self.n_found else ""
        return (
            f"{self.n_compiled} kernels compiled in {self.seconds:.0f} s{found}\n"
            f"{self.n_bytes / 1e6:.1f} MB of machine code in {self.folder}"
        )


def warmup(
    dtypes: Sequence[str] = DTYPES,
    *,
    everything: bool = False,
    n_jobs: int | None = None,
    progress: Callable[[str, int, int], object] | None = None,
) -> WarmupResult:
    """Compile the kernels (machine code) beforehand, so that no later call has to wait for them.

    Without it, the first call that needs a kernel compiles it, which takes seconds. All processes
    read them from one folder: ``skneuron`` in the user's cache folder, or in ``NUMBA_CACHE_DIR``.
    Kernels are for the processor that compiled them: for containers see ``docs/containers.md``.

    Parameters
    ----------
    dtypes : sequence of {"float32", "float64"}, default=("float32", "float64")
        Types of the samples and networks to compile for.
    everything : bool, default=False
        Whether to compile rare kernels too: for sparse samples, mixed dtypes, pairs and Shapley.
    n_jobs : int, default=None
        Number of processes, of some 400 MB each. None means one a core, negative as for joblib.
    progress : callable, default=None
        Called with (task, n_done, n_tasks): before the first task, and after each.

    Returns
    -------
    result : WarmupResult
        How many kernels were compiled, how many were there, and where they are.

    Raises
    ------
    ValueError
        If a dtype is another one, or ``n_jobs`` is 0.

    Warns
    -----
    RuntimeWarning
        If no folder can be written to. Then nothing is compiled.

    See Also
    --------
    show_versions : Prints what this machine has.

    Examples
    --------
    >>> import skneuron
    >>> result = skneuron.warmup(["float64"])
    >>> result.n_compiled + result.n_found
    7
    """
    started = time.perf_counter()
    jobs = _jobs(_checked(dtypes), everything)
    folder, problem = _folder_to_write()
    report = _Report([], set(), [] if problem is None else [problem])
    if problem is None:
        report = _run(jobs, _n_workers(n_jobs, len(jobs)), progress or (lambda *_: None))
    if report.problems:
        warnings.warn(report.problems[0], CacheWarning, stacklevel=2)
    return WarmupResult(
        n_compiled=len(report.compiled),
        n_found=max(0, len(report.needed) - len(report.compiled)),
        seconds=time.perf_counter() - started,
        folder=folder,
        n_bytes=sum(path.stat().st_size for path in folder.glob("*.nbc")),
    )


def _checked(dtypes: Any) -> list[str]:
    is_one = isinstance(dtypes, str) or not isinstance(dtypes, Iterable)
    given, names = ([dtypes] if is_one else list(dtypes)), []
    for each in given:
        with suppress(TypeError):
            names.append(np.dtype("O" if each is None else each).name)
    if not names or len(names) < len(given) or not {*names} <= {*DTYPES}:
        raise ValueError(f"dtypes={dtypes!r} must be one or both of {list(DTYPES)}.")
    return list(dict.fromkeys(names))


def _n_workers(n_jobs: int | None, n_tasks: int) -> int:
    n_jobs = joblib.cpu_count() if n_jobs is None else checked_n_jobs("n_jobs", n_jobs)
    return max(1, min(joblib.effective_n_jobs(n_jobs), n_tasks))


def _folder_to_write() -> tuple[Path, str | None]:
    """Where compiled code goes, and what is wrong if it cannot."""
    problems = []
    for folder in cache_folders():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder, None
        except OSError as error:
            problems.append(f"{folder} ({error.strerror})")
    return cache_folders()[0], (
        f"compiled code cannot be kept: no writing to {' or '.join(problems)}; the environment "
        "variable NUMBA_CACHE_DIR names another folder"
    )


@contextmanager
def _workers(n_workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that end with the context, whatever happens in it: joblib's own would stay."""
    executor = ProcessPoolExecutor(n_workers)
    try:
        yield executor
    finally:
        executor.shutdown(kill_workers=True)  # They have nothing to do any more, or must not.


def _run(
    jobs: Sequence[_Job], n_workers: int, progress: Callable[[str, int, int], object]
) -> _Report:
    """Do all jobs, each as soon as those that it comes after are done."""
    total = _Report([], set(), [])
    if not jobs:
        return total
    pending, done = list(jobs), set[_Job]()
    running: dict[Future[_Report], _Job] = {}
    progress("compiling", 0, len(jobs))
    with _workers(n_workers) as executor:
        while pending or running:
            ready = [job for job in pending if job.may_follow(done)]
            # No queue: workers that are killed with more to do leave a traceback behind.
            for job in ready[: n_workers - len(running)]:
                pending.remove(job)
                running[executor.submit(_do, job, numba.config.CACHE_DIR)] = job
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                report, job = future.result(), running.pop(future)
                total.compiled.extend(report.compiled)
                total.needed.update(report.needed)
                total.problems.extend(report.problems)
                done.add(job)
                progress(str(job), len(done), len(jobs))
    return total
