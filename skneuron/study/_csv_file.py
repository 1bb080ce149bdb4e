"""A CSV file as a data frame, whoever has written it."""

import csv
import re
import shlex
import warnings
from collections import Counter
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from skneuron.study._data_split import InvalidStudyError

SEPARATORS = ",;\t|"
# Enough lines to see what separates columns.
SNIFFED_CHARACTERS = 65_536
FIRST_VALUES = 1_000
# How ZIP archives, of which Excel files are some, old Excel files and gzip's begin.
PACKED = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")


class CsvTable(NamedTuple):
    """What is in a CSV file.

    Attributes
    ----------
    frame : pandas.DataFrame
    options : dict
        What ``pandas.read_csv`` has to be told to read it, beside its name.
    """

    frame: Any
    options: dict[str, Any]


def read_csv(path: str | PathLike[str], encoding: str = "utf-8") -> CsvTable:
    """Read a file with a line of column names.

    Columns are separated by commas, semicolons, tabs or bars, whichever it is. Where they are
    separated by semicolons, numbers may have decimal commas; and if all numbers of a column
    allow it, thousands are separated by what is no decimal sign, as in 1,024.50.

    Parameters
    ----------
    path : path-like
    encoding : str, default="utf-8"

    Returns
    -------
    table : CsvTable

    Raises
    ------
    InvalidStudyError
        If there is no such file, or no table in it, or two columns have one name.
    MissingPandasError
        If pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingPandasError(
            "tables are read by pandas, which is not installed: "
            "python -m pip install 'skneuron[plot]'"
        ) from error
    file = Path(path)
    name = str(file)
    if not file.is_file():
        what = "is a folder" if file.is_dir() else "does not exist"
        raise InvalidStudyError(f"{name!r} {what}: pass a CSV file with a line of column names.")
    encoding = "utf-8-sig" if encoding.lower().replace("_", "-") == "utf-8" else encoding
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            options: dict[str, Any] = {"encoding": encoding, "sep": _separator(file, encoding)}
            names = pd.read_csv(file, header=None, nrows=1, dtype=str, **options).iloc[0].dropna()
            if any(name != name.lstrip() for name in names):
                options["skipinitialspace"] = True
            # Rows that are longer than the first line would have their first field for a name.
            frame = pd.read_csv(file, low_memory=False, index_col=False, **options)
            signs = _signs_in_numbers(frame, options["sep"])
            if "thousands" in signs:  # What is a number without them may be another one with them.
                texts = pd.read_csv(file, dtype=str, index_col=False, **options)
                signs = _signs_in_numbers(texts, options["sep"])
            if signs:
                options |= signs
                frame = pd.read_csv(file, low_memory=False, index_col=False, **options)
    except pd.errors.ParserWarning:
        raise InvalidStudyError(
            f"{name!r} is no table: its rows have more fields than its first line has names."
        ) from None
    except UnicodeDecodeError as error:
        likely = "utf-16" if error.object[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"
        raise InvalidStudyError(
            f"{name!r} is not {error.encoding.removesuffix('-sig')} text (byte "
            f"{error.object[error.start]:#x}): say what it is, for example with "
            f"--encoding {likely}, or save it as UTF-8."
        ) from None
    except LookupError:
        raise InvalidStudyError(
            f"encoding={encoding!r} is unknown: use 'utf-8', 'latin-1' or 'cp1252', for example."
        ) from None
    except (pd.errors.EmptyDataError, pd.errors.ParserError, csv.Error, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else "it is empty"
        reason = reason.removeprefix("Error tokenizing data. C error: ").rstrip(". ")
        raise InvalidStudyError(f"{name!r} is no table: {reason}.") from None
    except OSError as error:
        raise InvalidStudyError(f"{name!r} cannot be read: {error.strerror or error}.") from None
    frame.columns = [stripped(column) for column in frame.columns]
    twice = [column for column, n in Counter(map(stripped, names)).items() if n > 1]
    if twice:
        raise InvalidStudyError(
            f"{name!r} has more than one column called {twice[0]!r}: give each a name of its own."
        )
    return CsvTable(frame, options)


def stripped(column: Any) -> str:
    """The name of a column, without the spaces around it that nobody sees."""
    return str(column).strip()


class MissingPandasError(ImportError):
    """Tables need pandas."""


def _separator(file: Path, encoding: str) -> str:
    """What separates most columns in the first line, and as many in the second."""
    with file.open("rb") as start:
        if start.read(4).startswith(PACKED):
            raise ValueError("it is an Excel file, or packed: save it as CSV, or unpack it")
    with file.open(encoding=encoding, newline="") as text:
        lines = text.read(SNIFFED_CHARACTERS).splitlines()[:2]
    if not lines or not lines[0].strip():
        raise ValueError("its first line, of column names, is empty")
    counts = {one: _n_columns(lines, one) for one in SEPARATORS}
    return max(SEPARATORS, key=counts.__getitem__)


def _n_columns(lines: list[str], separator: str) -> int:
    lengths = {len(row) for row in csv.reader(lines, delimiter=separator)}
    return min(lengths) if len(lengths) == 1 else 1


def _signs_in_numbers(frame: Any, separator: str) -> dict[str, str]:
    """Which signs make numbers of columns that pandas has taken for texts."""
    texts = frame.select_dtypes(include=["object", "string"])
    columns = [texts[column].dropna().astype(str) for column in texts]
    columns = [column for column in columns if len(column)]
    if separator == ";":
        commas = {"decimal": ","}
        if any(_all_are(r"\s*[+-]?\d+,\d+\s*", column) for column in columns):
            return commas | _thousands(columns, thousands=".", decimal=",")
        if thousands := _thousands(columns, thousands=".", decimal=","):
            return commas | thousands
    return _thousands(columns, thousands=",", decimal=".")


def _thousands(columns: list[Any], thousands: str, decimal: str) -> dict[str, str]:
    """What separates thousands, if a column has some, and it makes no numbers of anything else."""
    sign, point = re.escape(thousands), re.escape(decimal)
    number = rf"\s*[+-]?(?:\d{{1,3}}(?:{sign}\d{{3}})+|\d+)(?:{point}\d+)?\s*"
    alike = rf"\s*[+-]?[\d{sign}]+(?:{point}\d*)?\s*"
    numbers = [_all_are(number, column) for column in columns]
    of_numbers, others = (
        [column for column, is_one in zip(columns, numbers, strict=True) if is_one is wanted]
        for wanted in (True, False)
    )
    has_some = any(column.str.contains(thousands, regex=False).any() for column in of_numbers)
    if not has_some or any(column.str.fullmatch(alike).any() for column in others):
        return {}
    return {"thousands": thousands}


def _all_are(pattern: str, column: Any) -> bool:
    # The first values nearly always say it, and there may be millions.
    first = column.iloc[:FIRST_VALUES]
    return bool(first.str.fullmatch(pattern).all() and column.str.fullmatch(pattern).all())


def _near(typed: str, names: list[str]) -> str:
    """What was probably meant: the shortest name that holds all of it, or one like it."""
    longer = [name for name in names if len(typed) > 1 and typed in name]
    return min(longer, key=len, default="") or next(iter(get_close_matches(typed, names, n=1)), "")


def check_columns(frame: Any, wanted: list[str], where: str, option: str) -> None:
    """Raise InvalidStudyError, with what was probably meant, if a column is not there."""
    there = list(frame.columns)
    folded = {column.casefold(): column for column in there}
    for column in wanted:
        if column not in there:
            parts = [stripped(part) for part in column.split(",")]
            if option == "--drop" and len(parts) > 1 and all(part in there for part in parts):
                each = " ".join(f"--drop {shlex.quote(part)}" for part in parts)
                raise InvalidStudyError(f"{option} {column!r}: repeat it for each column: {each}.")
            near = _near(stripped(column).casefold(), list(folded))
            meant = f"; did you mean {folded[near]!r}?" if near else "."
            shown = ", ".join(there[:20]) + (", ..." if len(there) > 20 else "")
            raise InvalidStudyError(
                f"{option} {column!r} is no column of {where}{meant} It has: {shown}."
            )
