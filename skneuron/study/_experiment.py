"""The experiment: which hidden neurons help, which do harm, and is it true on other data?

For every network configuration and seed: train on one part of the training samples, remove every
hidden neuron in turn on the other part (validation), choose what to prune there, and evaluate
the choice on test samples that nothing was chosen on. If labels of training and validation samples
are wrong, also: does removal help more than what a sceptic would do instead?
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from os import PathLike
from typing import Any

from skneuron.pruning import MIN_EVALUATION_SAMPLES
from skneuron.study._arguments import checked_arguments, checked_table_arguments
from skneuron.study._data_split import DataSplit, InvalidStudyError, split_training_samples
from skneuron.study._distant_progress import distant_progress, reporter_into
from skneuron.study._network_study import NetworkStudy, study_network
from skneuron.study._own_table import table_data
from skneuron.study._study_data import StudyData, image_data
from skneuron.study._work_estimate import work_estimate
from skneuron.utils import ProgressReporter, Shared, has_processes, spread

#: Hidden layers of the networks that `run_study` trains if nothing else is said: one layer of 100
#: neurons, and two of 100 and 50.
DEFAULT_HIDDEN = ((100,), (100, 50))
# Epochs that are enough on each data set; more train longer without changing the picture.
DEFAULT_MAX_ITER = {"digits": 200, "mnist": 20, "fashion_mnist": 20, "svhn": 60}
# Of other tables: as many as show a network so many samples, but neither less nor more than these.
SAMPLES_SEEN = 300_000
LEAST_EPOCHS, MOST_EPOCHS = 10, 200


@dataclass(frozen=True)
class Study:
    """The networks studied on one data set, and how its samples were split.

    Attributes
    ----------
    data : StudyData
        The training and the test part, as networks take them.
    max_iter : int
        Epochs of each training, at most.
    n_fit, n_validation, n_test : int
        Samples to train on, to choose neurons by, and to evaluate the choice on.
    label_noise : float
        The share of random labels among the samples to train on and to choose by.
    refit : str or None
        What was repaired of networks that lost most of their neurons.
    networks : list of NetworkStudy
        For each seed in turn, every configuration.

    See Also
    --------
    run_study : Makes it.
    NetworkStudy : What was found out about one network.
    skneuron.report.report_html : Its page.
    """

    data: StudyData
    max_iter: int
    n_fit: int
    n_validation: int
    n_test: int
    label_noise: float
    refit: str | None
    networks: list[NetworkStudy]


def run_study(
    name: str | PathLike[str],
    *,
    target: str | None = None,
    task: str = "auto",
    drop: Sequence[str] = (),
    test: str | PathLike[str] | None = None,
    encoding: str = "utf-8",
    hidden: Sequence[tuple[int, ...]] = DEFAULT_HIDDEN,
    seeds: Sequence[int] = (0,),
    data_home: str | PathLike[str] | None = None,
    max_iter: int | None = None,
    n_train: int | None = None,
    label_noise: float = 0.0,
    refit: str | None = None,
    n_jobs: int | None = None,
    on_start: Callable[[float], None] = lambda total: None,
    on_progress: Callable[[float, str], None] = lambda work, phase: None,
    verbose: bool = False,
) -> Study:
    """Study networks on a data set of images, or on a table of one's own.

    Parameters
    ----------
    name : str or path-like
        As for `skneuron.datasets.load_images`; or with ``target`` a CSV file, whose first line
        names its columns.
    target : str, default=None
        The column of the CSV file that networks learn to predict from the others: missing
        numbers become medians, numbers are scaled, texts become a feature for each value.
    task : {"auto", "classification", "regression"}, default="auto"
        Whether ``target`` is a class or a number. "auto" takes it for a number if it holds more
        than 20 different ones.
    drop : sequence of str, default=()
        Columns that are not to be learnt from, such as numbers of customers.
    test : path-like, default=None
        A CSV file to evaluate on; None splits off a quarter of the rows, whatever the seeds.
    encoding : str, default="utf-8"
        Of the CSV files.
    hidden : sequence of tuple of int, default=((100,), (100, 50))
        Hidden layer sizes of the network configurations.
    seeds : sequence of int, default=(0,)
        Each configuration is trained once for each seed, by which the samples are split, too.
    data_home : path-like, default=None
        The data folder of scikit-learn, None for its default.
    max_iter : int, default=None
        Epochs at most; None means enough for the data set.
    n_train : int, default=None
        Use only so many training samples (validation included), drawn by the seed.
    label_noise : float, default=0.0
        The share of labels of training samples (validation included), at least 0 and below 1,
        that are replaced by random ones, drawn by the seed, which may be right by chance. Test
        labels stay as they are. If it is not 0, the automatic choice and controls are added,
        which takes several times as long. Not for a regression.
    refit : {"outputs", "behind", "span"}, default=None
        Also remove most neurons, and repair what is left without labels; see
        `skneuron.refit_pruned`.
    n_jobs : int, default=None
        Processes, or a cluster's workers if ``joblib.parallel_config`` names one: each of them
        studies a network at a time, with its share of the cores. None means 1, unless
        ``parallel_config`` says otherwise: a network after the other, with all cores. Results
        are the same.
    on_start : callable, default does nothing
        Called with the amount of work to do, in the units of ``on_progress``; with several
        processes once more, when the first of them has begun.
    on_progress : callable, default does nothing
        Called with (work, phase) when a piece of work is done: its amount, in multiply-adds, and
        what it was part of. With several processes, another thread calls it from time to time,
        with what they have done since; those on other machines tell of whole networks.
    verbose : bool, default=False
        Say on stderr when data is fetched.

    Returns
    -------
    study : Study
        All that was found out; ``skneuron.report.report_html`` makes a page of it.

    Raises
    ------
    ValueError
        If ``name`` is unknown.
    InvalidStudyError
        If ``n_train`` does not fit the data, the CSV file is no table with such columns, there is
        nothing to learn in it, or another parameter is not as above.
    DataUnavailableError
        If the data is neither in ``data_home`` nor to be downloaded.
    ImportError
        If a table is given and pandas is not installed.

    See Also
    --------
    skneuron.report.report_html : The page of a study.
    RottenNeuronPruner : Prunes one network.

    Examples
    --------
    >>> from skneuron.study import run_study
    >>> study = run_study("digits", hidden=[(20,)], max_iter=30)
    >>> study.networks[0].ablation.importances.shape
    (20,)
    """
    hidden, seeds = checked_arguments(
        hidden, seeds, data_home=data_home, max_iter=max_iter, n_train=n_train,
        label_noise=label_noise, refit=refit, n_jobs=n_jobs, verbose=verbose, on_start=on_start,
        on_progress=on_progress,
    )  # fmt: skip
    table: dict[str, Any] = {"task": task, "drop": drop, "test": test, "encoding": encoding}
    checked_table_arguments(target, **table)
    if target is None:
        data = image_data(str(name), data_home=data_home, verbose=verbose)
    else:
        data = table_data(name, target=target, **table)
    if label_noise and not data.is_classification:
        raise InvalidStudyError(
            f"label_noise={label_noise!r} is for classes, but {target!r} is a number."
        )
    splits = {seed: split_training_samples(data, n_train, seed) for seed in seeds}
    first = splits[seeds[0]]
    if max_iter is None:
        epochs = min(MOST_EPOCHS, max(LEAST_EPOCHS, SAMPLES_SEEN // len(first.train)))
        max_iter = DEFAULT_MAX_ITER.get(data.name, epochs)
    if label_noise:
        _check_can_choose(label_noise, min(len(split.validation) for split in splits.values()))
    runs = [(seed, sizes) for seed in seeds for sizes in hidden]
    work = [
        work_estimate(data, splits[seed], sizes, max_iter, label_noise > 0, refit).total
        for seed, sizes in runs
    ]
    progress = ProgressReporter(on_start, on_progress)
    options: dict[str, Any] = {
        "max_iter": max_iter, "label_noise": label_noise, "refit": refit,
    }  # fmt: skip
    if has_processes(n_jobs, len(runs)):
        networks = _studied_in_processes(data, splits, runs, options, n_jobs, work, progress)
    else:
        progress.start(sum(work))
        networks = [
            study_network(
                data,
                splits[seed],
                sizes,
                seed,
                progress=_naming(seed, progress) if len(splits) > 1 else progress,
                **options,
            )
            for seed, sizes in runs
        ]
    return Study(
        data=data,
        max_iter=max_iter,
        n_fit=len(first.train),
        n_validation=len(first.validation),
        n_test=len(data.y_test),
        label_noise=float(label_noise),
        refit=refit,
        networks=networks,
    )


def _studied_in_processes(
    data: StudyData,
    splits: dict[int, DataSplit],
    runs: list[tuple[int, tuple[int, ...]]],
    options: dict[str, Any],
    n_jobs: int | None,
    work: list[float],
    progress: ProgressReporter,
) -> list[NetworkStudy]:
    shared = Shared(data)
    parts = {seed: Shared(split) for seed, split in splits.items()}
    at = count()
    with distant_progress(work, progress) as (folder, watched):
        tasks = [
            (shared, parts[seed], sizes, seed, len(splits) > 1, options, folder, number)
            for number, (seed, sizes) in enumerate(runs)
        ]

        def tell(network: NetworkStudy) -> None:
            watched.ended(next(at), f"network {network.hidden}, seed {network.seed}")

        return spread(_studied, tasks, n_jobs, on_result=tell)


def _studied(
    data: StudyData,
    split: DataSplit,
    sizes: tuple[int, ...],
    seed: int,
    names_seed: bool,
    options: dict[str, Any],
    folder: str,
    number: int,
) -> NetworkStudy:
    with closing(reporter_into(folder, number)) as reporter:
        progress = _naming(seed, reporter) if names_seed else reporter
        return study_network(data, split, sizes, seed, progress=progress, **options)


def _naming(seed: int, progress: ProgressReporter) -> ProgressReporter:
    """Phases with the seed, where others have the same."""
    return progress._replace(
        advance=lambda work, phase: progress.advance(work, f"{phase}, seed {seed}")
    )


def _check_can_choose(label_noise: float, n_validation: int) -> None:
    if n_validation < MIN_EVALUATION_SAMPLES:
        raise InvalidStudyError(
            f"label_noise={label_noise!r} needs at least {MIN_EVALUATION_SAMPLES} validation "
            f"samples, which are a sixth of the training samples; there are {n_validation}."
        )
