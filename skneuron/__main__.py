"""The command line: ``python -m skneuron``, also installed as ``skneuron``."""

import argparse
import os
import sys
import uuid
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from skneuron import __version__
from skneuron.datasets import DATASET_NAMES, DataUnavailableError
from skneuron.study import (
    DEFAULT_HIDDEN,
    InvalidStudyError,
    MissingExtraError,
    Study,
    format_study,
    neurons_csv,
    report_html,
    results_json,
    run_study,
)
from skneuron.utils import progress_bar
from skneuron.warmup import DTYPES, CacheWarning, warmup

BAD_INPUT = 2
INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: error: {message}\n")


def _positive(text: str) -> int:
    value = int(text) if text.strip().isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return value


def _hidden(text: str) -> tuple[int, ...]:
    try:
        return tuple(_positive(size) for size in text.split(","))
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of layer sizes from 1 up, such as 64,32"
        ) from None


def _seeds(text: str) -> tuple[int, ...]:
    seeds = text.split(",")
    if not all(seed.strip().isdecimal() and int(seed) < 2**32 for seed in seeds):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of seeds from 0 to 4294967295, such as 0,1,2"
        )
    return tuple(int(seed) for seed in seeds)


def _noise(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a share from 0 and below 1, such as 0.4"
        )
    return share


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="skneuron", description="Look into scikit-learn's neural networks, neuron by neuron."
    )
    parser.add_argument("--version", action="version", version=f"skneuron {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_study(commands)
    _add_warmup(commands)
    return parser


def _add_study(commands: Any) -> None:
    study = commands.add_parser(
        "study",
        help="train networks on images, remove every neuron in turn, prune, report",
        description="Train networks on an image data set, remove every hidden neuron in turn on "
        "validation images, prune the rotten ones, and evaluate the result on test images.",
    )
    study.add_argument("name", metavar="NAME", help=f"data set: {', '.join(DATASET_NAMES)}")
    study.add_argument(
        "--hidden",
        metavar="N[,N...]",
        type=_hidden,
        action="append",
        help="hidden layer sizes, such as 64,32; may be repeated (default: 100 and 100,50)",
    )
    study.add_argument(
        "--seeds", metavar="N[,N...]", type=_seeds, default=(0,), help="random seeds (default: 0)"
    )
    study.add_argument("--data-home", metavar="DIR", help="scikit-learn's data folder")
    study.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        help="write results.json, neurons.csv and report.html into this folder",
    )
    study.add_argument(
        "--max-iter", metavar="N", type=_positive, help="epochs (default: enough for the data set)"
    )
    study.add_argument(
        "--n-train", metavar="N", type=_positive, help="use only so many training images"
    )
    study.add_argument(
        "--label-noise",
        metavar="SHARE",
        type=_noise,
        default=0.0,
        help="make this share of the training and validation labels random, from 0 and below 1, "
        "and compare removal with what else helps then (default: 0)",
    )
    study.add_argument("--quiet", action="store_true", help="no progress, no table")


def _add_warmup(commands: Any) -> None:
    command = commands.add_parser(
        "warmup",
        help="compile beforehand what the first calls would wait for",
        description="Compile what training, ablation, pruning and the study need, for this "
        "processor, into the user's cache folder or NUMBA_CACHE_DIR.",
    )
    command.add_argument(
        "--dtype", nargs="+", choices=DTYPES, default=DTYPES, help="types of numbers (both)"
    )
    command.add_argument(
        "--all",
        action="store_true",
        help="also for sparse samples, pairs of neurons and Shapley values",
    )
    command.add_argument(
        "--jobs", metavar="N", type=_positive, help="processes (default: as many as cores)"
    )
    command.add_argument("--quiet", action="store_true", help="no progress, no result")


def _check_writable(folder: Path) -> None:
    """Raise OSError now rather than after the computation."""
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / f".{uuid.uuid4().hex}"
    probe.touch()
    probe.unlink()


def write_files(folder: Path, contents: dict[str, str]) -> None:
    """Write text files so that none is ever seen half-written under its name.

    Parameters
    ----------
    folder : Path
    contents : dict of str to str
        Text by file name.
    """
    unfinished = {name: folder / f".{name}.{uuid.uuid4().hex}" for name in contents}
    try:
        for name, path in unfinished.items():
            path.write_text(contents[name], encoding="utf-8")
        for name, path in unfinished.items():
            os.replace(path, folder / name)
    finally:
        for path in unfinished.values():
            path.unlink(missing_ok=True)


def _study(arguments: argparse.Namespace, fail: Callable[[str], NoReturn]) -> None:
    if arguments.name not in DATASET_NAMES:
        fail(f"unknown data set {arguments.name!r}: choose one of {', '.join(DATASET_NAMES)}")
    if arguments.out is not None:
        try:
            _check_writable(arguments.out)
        except OSError as error:
            fail(f"cannot write to --out {str(arguments.out)!r}: {error.strerror}")
    try:
        with progress_bar(sys.stderr, quiet=arguments.quiet) as bar:
            study = run_study(
                arguments.name,
                # Each once, whatever is repeated.
                hidden=list(dict.fromkeys(arguments.hidden or DEFAULT_HIDDEN)),
                seeds=list(dict.fromkeys(arguments.seeds)),
                data_home=arguments.data_home,
                max_iter=arguments.max_iter,
                n_train=arguments.n_train,
                label_noise=arguments.label_noise,
                on_start=bar.start,
                on_progress=bar.advance,
                verbose=not arguments.quiet,
            )
    except (DataUnavailableError, InvalidStudyError) as error:
        fail(str(error))
    except MemoryError as error:
        fail(f"not enough memory for these networks: {error}")

    notes = [] if arguments.out is None else _write(arguments.out, study, fail)
    if arguments.out is None and not arguments.quiet:
        notes = ["for the pictures and files, add --out DIR"]
    sys.stderr.writelines(f"{note}\n" for note in notes)
    if not arguments.quiet:
        sys.stdout.write(format_study(study))
        sys.stdout.flush()


def _write(folder: Path, study: Study, fail: Callable[[str], NoReturn]) -> list[str]:
    """Write the study's files; returns what to tell the user."""
    contents = {
        "results.json": results_json(study),
        "neurons.csv": neurons_csv(study),
    }
    notes = []
    try:
        contents["report.html"] = report_html(study)
    except MissingExtraError as error:
        notes.append(str(error))
        if (folder / "report.html").exists():
            notes.append(f"the report.html in {folder} is from an earlier study")
    try:
        write_files(folder, contents)
    except OSError as error:
        fail(f"cannot write to --out {str(folder)!r}: {error.strerror}")
    return [f"wrote {', '.join(contents)} to {folder}", *notes]


def _warmup(arguments: argparse.Namespace, fail: Callable[[str], NoReturn]) -> None:
    try:
        with progress_bar(sys.stderr, quiet=arguments.quiet) as bar, warnings.catch_warnings():
            warnings.simplefilter("error", CacheWarning)

            def show(task: str, n_done: int, n_tasks: int) -> None:
                if n_done == 0:
                    bar.start(n_tasks)
                bar.advance(min(1, n_done), task)

            result = warmup(
                arguments.dtype, everything=arguments.all, n_jobs=arguments.jobs, progress=show
            )
    except CacheWarning as problem:
        fail(str(problem))
    if not arguments.quiet:
        sys.stdout.write(f"{result}\n")
        sys.stdout.flush()


# What a command does, and what is left if it is interrupted.
COMMANDS = {
    "study": (_study, "no results were written"),
    "warmup": (_warmup, "what has been compiled stays"),
}


def _show_warning(message: Warning | str, *where: object, **more: object) -> None:
    sys.stderr.write(f"warning: {message}\n")


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : list of str, default=None
        Arguments; None means those of the process.

    Returns
    -------
    status : int
        0, or 130 after Ctrl-C. Bad input ends the process with status 2.
    """
    parser = _parser()
    arguments = parser.parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # "±" must not end a study on an ASCII terminal.
            stream.reconfigure(errors="replace")
    run, left_behind = COMMANDS[arguments.command]
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            run(arguments, parser.error)
        except KeyboardInterrupt:
            sys.stderr.write(f"interrupted: {left_behind}\n")
            return INTERRUPTED
        except BrokenPipeError:
            # The reader of the table has gone, as `head` does. Nobody is left to complain to, and
            # Python must not try to flush at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
