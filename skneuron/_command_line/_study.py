"""The command `study`: networks on images, a table, and files."""

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TextIO

from skneuron._command_line._interrupts import Interrupts, checking
from skneuron._command_line._options import CANNOT_WRITE
from skneuron._command_line._workers import NoWorkersError, workers
from skneuron.datasets import DATASET_NAMES, DataUnavailableError
from skneuron.study import (
    DEFAULT_HIDDEN,
    InvalidStudyError,
    MissingExtraError,
    MissingPandasError,
    Study,
    files_that_need_more,
    format_study,
    loss_text,
    model_files,
    neurons_csv,
    report_html,
    results_json,
    run_study,
    wrapped,
)
from skneuron.utils import (
    check_writable,
    missing_folders,
    progress_bar,
    remove_empty,
    write_files,
)

# Files that need an extra.
MAY_BE_MISSING = ("report.html", "model.onnx")


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
    _check_names(names, arguments.target, fail)
    folders = _folders(arguments.out, names)
    interrupts.left_behind = "no results were written"
    made: list[Path] = []
    try:
        for folder in folders.values():
            try:
                with interrupts.held_back():
                    made += missing_folders(folder)
                    check_writable(folder)
            except OSError as error:
                fail(_cannot_write(folder, error))
        with workers(arguments) as n_jobs:
            return max(
                _study(name, arguments, n_jobs, folders.get(name), interrupts) for name in names
            )
    except (
        DataUnavailableError,
        InvalidStudyError,
        MissingPandasError,
        NoWorkersError,
    ) as error:
        fail(str(error))
    except MemoryError as error:
        fail(f"not enough memory for these networks: {error}")
    finally:
        with interrupts.held_back():
            remove_empty(made)


def _check_names(names: list[str], target: str | None, fail: Callable[[str], NoReturn]) -> None:
    if target is not None:
        if len(names) > 1:
            fail(f"--target is for one CSV file, but there are {len(names)}: {', '.join(names)}")
        return
    for name in names:
        if name not in DATASET_NAMES and Path(name).suffix:
            fail(f"{name!r}: name the column to predict, with --target COLUMN")
        if name not in DATASET_NAMES:
            fail(
                f"unknown data set {name!r}: choose one of {', '.join(DATASET_NAMES)}, or a CSV "
                "file with --target COLUMN"
            )


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
    status, notes = 0, list[str]()
    if folder is not None:
        notes, status = _write(folder, study, interrupts)
    elif not arguments.quiet:
        notes = ["for the page, the pictures, the files and the pruned network, add --out DIR"]
        interrupts.left_behind = "the table may not be complete"
    if not arguments.quiet:
        sys.stdout.write(format_study(study, _terminal_width(sys.stdout)))
        sys.stdout.flush()
    width = _terminal_width(sys.stderr)
    sys.stderr.writelines(f"{line}\n" for note in notes for line in wrapped(note, width))
    return status


def _terminal_width(stream: TextIO) -> int | None:
    """Columns of the terminal; None if ``stream`` is none."""
    return shutil.get_terminal_size().columns if stream.isatty() else None


def _run(
    name: str, arguments: argparse.Namespace, n_jobs: int | None, interrupts: Interrupts
) -> Study:
    with progress_bar(sys.stderr, quiet=arguments.quiet) as bar:
        return run_study(
            name,
            # Each once, whatever is repeated.
            hidden=list(dict.fromkeys(arguments.hidden or DEFAULT_HIDDEN)),
            seeds=list(dict.fromkeys(arguments.seeds)),
            target=arguments.target,
            task=arguments.task,
            drop=arguments.drop,
            test=arguments.test,
            encoding=arguments.encoding,
            refit=arguments.refit,
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
    contents: dict[str, str | bytes] = {}
    notes = []
    try:
        contents["report.html"] = report_html(study)
    except MissingExtraError as error:
        notes.append(str(error))
    contents |= {"results.json": results_json(study), "neurons.csv": neurons_csv(study)}
    contents |= model_files(study)
    notes += [
        f"the {name} in {folder} is from an earlier study"
        for name in MAY_BE_MISSING
        if name not in contents and (folder / name).exists()
    ]
    try:
        with interrupts.held_back():
            write_files(folder, contents)
            # Of several data sets, those before are complete as well, and the next is not begun.
            interrupts.left_behind = f"the results in {folder} are complete"
    except OSError as error:
        # The table is printed, at least.
        return [f"skneuron: error: {_cannot_write(folder, error)}"], CANNOT_WRITE
    needs = {file: need for file, need in files_that_need_more().items() if file not in contents}
    why = "".join(f" (no {file}: needs {need})" for file, need in needs.items())
    loss = loss_text(study)
    return [f"wrote {', '.join(contents)} to {folder}{why}", *notes, *([loss] if loss else [])], 0


def _cannot_write(folder: Path, error: OSError) -> str:
    return f"cannot write to --out {str(folder)!r}: {error.strerror or error}"
