"""The command `study`: networks on images, a table, and files."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from skneuron._command_line._interrupts import Interrupts, checking
from skneuron._command_line._options import CANNOT_WRITE
from skneuron._command_line._output_files import check_writable, write_files
from skneuron._command_line._workers import NoWorkersError, workers
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


def study_command(
    arguments: argparse.Namespace, fail: Callable[[str], NoReturn], interrupts: Interrupts
) -> int:
    """Run a study; returns the exit status.

    Parameters
    ----------
    arguments : argparse.Namespace
        Those of `skneuron._command_line._options.STUDY`.
    fail : callable
        Ends the process because of bad input, which it is told in a sentence.
    interrupts : Interrupts
        Told what an interrupt leaves behind.
    """
    names = list(dict.fromkeys(arguments.names))
    for name in names:
        if name not in DATASET_NAMES:
            fail(f"unknown data set {name!r}: choose one of {', '.join(DATASET_NAMES)}")
    folders = _folders(arguments.out, names)
    interrupts.left_behind = "no results were written"
    for folder in folders.values():
        try:
            with interrupts.held_back():
                check_writable(folder)
        except OSError as error:
            fail(_cannot_write(folder, error))
    try:
        with workers(arguments) as n_jobs:
            return max(
                _study(name, arguments, n_jobs, folders.get(name), interrupts) for name in names
            )
    except (DataUnavailableError, InvalidStudyError, NoWorkersError) as error:
        fail(str(error))
    except MemoryError as error:
        fail(f"not enough memory for these networks: {error}")


def _folders(out: str | None, names: list[str]) -> dict[str, Path]:
    """Where the files of each data set go; of several ones, into folders of their own."""
    if out is None:
        return {}
    return {name: Path(out) / name if len(names) > 1 else Path(out) for name in names}


def _study(
    name: str,
    arguments: argparse.Namespace,
    n_jobs: int | None,
    folder: Path | None,
    interrupts: Interrupts,
) -> int:
    """Study one data set; returns the exit status."""
    study = _run(name, arguments, n_jobs, interrupts)
    status = 0
    if folder is not None:
        notes, status = _write(folder, study, interrupts)
        sys.stderr.writelines(f"{note}\n" for note in notes)
    elif not arguments.quiet:
        sys.stderr.write("for the pictures and files, add --out DIR\n")
        interrupts.left_behind = "the table may not be complete"
    if not arguments.quiet:
        sys.stdout.write(format_study(study))
        sys.stdout.flush()
    return status


def _run(
    name: str, arguments: argparse.Namespace, n_jobs: int | None, interrupts: Interrupts
) -> Study:
    with progress_bar(sys.stderr, quiet=arguments.quiet) as bar:
        return run_study(
            name,
            # Each once, whatever is repeated.
            hidden=list(dict.fromkeys(arguments.hidden or DEFAULT_HIDDEN)),
            seeds=list(dict.fromkeys(arguments.seeds)),
            data_home=arguments.data_home,
            max_iter=arguments.max_iter,
            n_train=arguments.n_train,
            label_noise=arguments.label_noise,
            n_jobs=n_jobs,
            on_start=bar.start,
            on_progress=checking(interrupts, bar.advance),
            verbose=not arguments.quiet,
        )


def _write(folder: Path, study: Study, interrupts: Interrupts) -> tuple[list[str], int]:
    """Write the study's files; returns what to tell the user, and the exit status."""
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
        with interrupts.held_back():
            write_files(folder, contents)
            # Of several data sets, those before are complete as well, and the next is not begun.
            interrupts.left_behind = f"the results in {folder} are complete"
    except OSError as error:
        # The table is printed, at least.
        return [f"skneuron: error: {_cannot_write(folder, error)}"], CANNOT_WRITE
    return [f"wrote {', '.join(contents)} to {folder}", *notes], 0


def _cannot_write(folder: Path, error: OSError) -> str:
    return f"cannot write to --out {str(folder)!r}: {error.strerror or error}"
