"""`table_data`: the table of a CSV file, as a study takes it."""

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split

from skneuron.study._csv_file import check_columns, read_csv
from skneuron.study._data_split import InvalidStudyError
from skneuron.study._study_data import AS_IT_IS, Scaling, StudyData
from skneuron.study._table_features import (
    LARGEST,
    as_read,
    preprocessor_of,
    readable_features,
    sorted_columns,
)
from skneuron.study._table_notes import (
    dates,
    far_numbers,
    kind_of_names,
    many_texts,
    names_of_rows,
    numbers_of_rows,
    numbers_with_units,
    to_beat,
)
from skneuron.utils import NDArray

# Split off of a table that comes without a test table.
TEST_SHARE = 0.25
LEAST_ROWS = 40
# Of every class: one at least has to reach each part.
LEAST_OF_CLASS = 8
# Numbers that take more values than this are no names of classes.
MOST_CLASSES = 20
# Beyond it, not every whole number is a floating-point number.
LARGEST_WHOLE = 2**53


class Table(NamedTuple):
    """Rows with a target.

    Attributes
    ----------
    frame : DataFrame
        Without the target.
    y : ndarray of shape (n_rows,)
    """

    frame: Any
    y: NDArray[Any]


def table_data(
    path: str | PathLike[str],
    *,
    target: str,
    task: str = "auto",
    drop: Sequence[str] = (),
    test: str | PathLike[str] | None = None,
    encoding: str = "utf-8",
) -> StudyData:
    """Read a table, and make features of its columns.

    Parameters
    ----------
    path : path-like
        A CSV file.
    target : str
        The column that is predicted. Rows without a value there are left out.
    task : {"auto", "classification", "regression"}, default="auto"
        "auto" takes a target for names of classes, unless it holds more than 20 numbers.
    drop : sequence of str, default=()
        Columns that are not to be learnt from.
    test : path-like, default=None
        Another file with rows to evaluate on; None splits off a quarter of the rows, the same
        for all seeds.
    encoding : str, default="utf-8"

    Returns
    -------
    data : StudyData

    Raises
    ------
    InvalidStudyError
        If something of it is not there, or there is nothing to learn.
    """
    if not isinstance(path, str | PathLike):
        raise InvalidStudyError(f"name={path!r} must be the path of a CSV file.")
    name = Path(path).name
    frame, reading = read_csv(path, encoding)
    check_columns(frame, [target], name, "--target")
    check_columns(frame, list(drop), name, "--drop")
    if target in drop:
        raise InvalidStudyError(f"--drop {target!r} is the target: nothing would be predicted.")
    table = _rows_with_target(frame, target, drop)
    asked, task = task, _task_of(table.y) if task == "auto" else task
    table = table._replace(y=_targets(table.y, task, target))
    notes = _notes_on_rows(frame, table, target)
    _check_enough(table.y, task, target, name)
    if test is None:
        rows = np.arange(len(table.y))
        classes = table.y if task == "classification" else None
        train_rows, test_rows = train_test_split(
            rows, test_size=TEST_SHARE, random_state=0, stratify=classes
        )
        train, tested = _part(table, train_rows), _part(table, test_rows)
        notes.append(f"{100 * TEST_SHARE:g} % of the rows, drawn by seed 0, are the test part")
    else:
        train = table
        tested = _test_table(test, table, target, drop, task, encoding)
        notes.append(f"the test part is {Path(test).name}")
    options = {"--test": test, "--task": asked, "--encoding": encoding}
    usual = {"--test": None, "--task": "auto", "--encoding": "utf-8"}
    command = [str(path), "--target", target]
    for column in drop:
        command += ["--drop", column]
    for option, value in options.items():
        command += [option, str(value)] if value != usual[option] else []
    data = _study_data(name, train, tested, task, target, notes)
    return replace(data, command=command, reading=reading)


def _rows_with_target(frame: Any, target: str, drop: Sequence[str]) -> Table:
    known = frame[frame[target].notna()]
    return Table(
        known.drop(columns=[target, *drop]).reset_index(drop=True), known[target].to_numpy()
    )


def _part(table: Table, rows: Any) -> Table:
    return Table(table.frame.iloc[rows].reset_index(drop=True), table.y[rows])


def _task_of(y: NDArray[Any]) -> str:
    is_number = y.dtype.kind in "iuf"
    return "regression" if is_number and len(np.unique(y)) > MOST_CLASSES else "classification"


def _targets(y: NDArray[Any], task: str, target: str) -> NDArray[Any]:
    """Numbers for a regression; for classes one type, by which they can be sorted."""
    if task == "regression":
        try:
            numbers: NDArray[Any] = y.astype(np.float64)
        except (TypeError, ValueError):
            raise InvalidStudyError(
                f"--task regression: target {target!r} is no number, for example "
                f"{next(value for value in y if not _is_number(value))!r}."
            ) from None
        if not np.isfinite(numbers).all():
            raise InvalidStudyError(f"target {target!r} is infinite in some rows.")
        if numbers.any() and not 1 / LARGEST < np.abs(numbers).max() < LARGEST:
            raise InvalidStudyError(
                f"target {target!r} reaches {np.abs(numbers).max():g}, whose square is no number: "
                "give it in another unit."
            )
        return numbers
    if y.dtype.kind != "f":
        return y if y.dtype.kind in "biu" else y.astype(str)
    # Whole numbers in a column with gaps.
    if (y == np.round(y)).all() and np.abs(y).max(initial=0) <= LARGEST_WHOLE:
        return y.astype(np.int64)
    return np.array([str(value).removesuffix(".0") for value in y.tolist()])


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _check_enough(y: NDArray[Any], task: str, target: str, name: str) -> None:
    if len(y) < LEAST_ROWS:
        raise InvalidStudyError(
            f"{name} has {len(y)} rows with a target: a study needs at least {LEAST_ROWS}. "
            "(Nothing, NA, None, null and nan say that there is none.)"
        )
    values, counts = np.unique(y, return_counts=True)
    if len(values) == 1:
        raise InvalidStudyError(
            f"target {target!r} is {values[0]} in every row: there is nothing to predict."
        )
    if task == "classification" and _has_few_again(counts):
        kind = kind_of_names(y)
        may_be_number = kind == "numbers" or y.dtype.kind in "iu"
        raise InvalidStudyError(
            f"target {target!r} looks like {kind}, not classes: it has {len(values):,} different "
            f"values in {len(y):,} rows, such as {str(y[0])!r}. Name a column in which the same "
            f"values come again{', or use --task regression' * may_be_number}."
        )
    if task == "classification" and counts.min() < LEAST_OF_CLASS:
        rarest = values[counts.argmin()]
        raise InvalidStudyError(
            f"target {target!r}: class {str(rarest)!r} of {len(values)} has {counts.min()} of the "
            f"rows, and needs at least {LEAST_OF_CLASS}: leave these rows out, join them with "
            "another class or, if they are numbers, use --task regression."
        )


def _has_few_again(counts: NDArray[Any]) -> bool:
    """Whether most values come so seldom that they name rows, or are all of another kind."""
    return len(counts) > MOST_CLASSES and bool(np.median(counts) < LEAST_OF_CLASS / 2)


def _notes_on_rows(frame: Any, table: Table, target: str) -> list[str]:
    n_missing = len(frame) - len(table.y)
    if not n_missing:
        return []
    rows = "1 row" if n_missing == 1 else f"{n_missing:,} rows"
    return [f"{rows} without {target} {'is' if n_missing == 1 else 'are'} left out"]


def _test_table(
    path: str | PathLike[str],
    table: Table,
    target: str,
    drop: Sequence[str],
    task: str,
    encoding: str,
) -> Table:
    name = Path(path).name
    frame, _ = read_csv(path, encoding)
    check_columns(frame, [target, *table.frame.columns], name, "column")
    wanted = _rows_with_target(frame[[*table.frame.columns, target]], target, ())
    if not len(wanted.y):
        raise InvalidStudyError(f"{name} has no rows with a {target}.")
    wanted = wanted._replace(y=_targets(wanted.y, task, target))
    if task == "classification":
        # A file with gaps, or with other classes, holds the same ones as other types.
        known = {str(value): value for value in np.unique(table.y)}
        found, of_row = np.unique(wanted.y.astype(str), return_inverse=True)
        unknown = [label for label in found if label not in known]
        if unknown:
            raise InvalidStudyError(
                f"{name}: class {str(unknown[0])!r} of {target!r} is in none of the rows to train "
                "on."
            )
        wanted = wanted._replace(y=np.array([known[label] for label in found])[of_row])
    if np.array_equal(wanted.y, table.y) and wanted.frame.equals(table.frame):
        raise InvalidStudyError(
            f"--test {str(path)!r} holds the very rows that are trained on: pass others, or leave "
            "it away, and a quarter of the rows is held out."
        )
    return wanted


def _study_data(
    name: str, train: Table, test: Table, task: str, target: str, notes: list[str]
) -> StudyData:
    numbers, texts, left_out = sorted_columns(train.frame)
    if not numbers and not texts:
        reasons = "; ".join(f"{column} is {reason}" for column, reason in left_out.items())
        raise InvalidStudyError(
            f"{name} has no column to learn from beside {target!r}"
            + (f": {reasons}." if reasons else ", or all are dropped.")
        )
    notes += [f"column {column} is left out ({reason})" for column, reason in left_out.items()]
    notes += names_of_rows(train.frame, numbers) + dates(train.frame)
    notes += numbers_with_units(train.frame) + many_texts(train.frame, texts)
    preprocessor = preprocessor_of(numbers, texts).set_output(transform="default")
    try:
        of_training = as_read(train.frame, numbers, texts)
        of_test = as_read(test.frame, numbers, texts)
    except ValueError as error:
        raise InvalidStudyError(
            f"{name}, or its test part: {error}: mend it, or leave it out with --drop."
        ) from error
    X_train, X_test = preprocessor.fit_transform(of_training), preprocessor.transform(of_test)
    classes: Sequence[Any] = list(np.unique(train.y)) if task == "classification" else []
    scaling = AS_IT_IS if task == "classification" else _scaling_of(train.y)
    if task == "classification":
        notes += to_beat(test.y)
    is_number = task == "regression"
    columns = f"{len(numbers)} column{'s' * (len(numbers) != 1)} of numbers, {len(texts)} of texts"
    about = f"{columns}; {task} of {target!r}"
    return StudyData(
        name=name,
        DESCR="; ".join([about, *notes]),
        task=task,
        unit="rows",
        X_train=X_train,
        y_train=_scaled(train.y, scaling),
        X_test=X_test,
        y_test=_scaled(test.y, scaling),
        command=[],
        class_names=[str(label) for label in classes],
        feature_names=readable_features(preprocessor),
        preprocessor=preprocessor,
        frame_test=test.frame,
        target=target,
        y_scaling=scaling,
        warnings=_warnings(np.concatenate([train.y, test.y]), target) if is_number else [],
    )


def _warnings(y: NDArray[Any], target: str) -> list[str]:
    return numbers_of_rows(y, target) + far_numbers(y, target)


def _scaling_of(y: NDArray[Any]) -> Scaling:
    """Networks learn numbers of any size slowly, or not at all."""
    return Scaling(float(y.mean()), float(y.std()) or 1.0)


def _scaled(y: NDArray[Any], scaling: Scaling) -> NDArray[Any]:
    if scaling == AS_IT_IS:
        return y
    scaled: NDArray[Any] = (y - scaling.shift) / scaling.unit
    return scaled
