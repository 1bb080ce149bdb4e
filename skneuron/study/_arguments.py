"""What `run_study` is given, checked before anything is loaded."""

from collections.abc import Callable, Iterable
from os import PathLike
from typing import Any, NamedTuple

from skneuron.study._data_split import InvalidStudyError
from skneuron.surgery import check_refit
from skneuron.utils import MAX_SEED, checked_flag, checked_int, checked_n_jobs, is_real

# More neurons fit into no array that kernels are compiled for.
MAX_NEURONS = 2**31 - 1


# Of options that are for tables only.
TABLE_DEFAULTS: dict[str, Any] = {"task": "auto", "drop": (), "test": None, "encoding": "utf-8"}
TASKS = ("auto", "classification", "regression")


class StudyArguments(NamedTuple):
    """The networks to train, once for every seed."""

    hidden: list[tuple[int, ...]]
    seeds: list[int]


def checked_arguments(
    hidden: Any,
    seeds: Any,
    *,
    data_home: Any = None,
    max_iter: Any = None,
    n_train: Any = None,
    label_noise: Any = 0.0,
    refit: Any = None,
    n_jobs: Any = None,
    verbose: Any = False,
    **callbacks: Any,
) -> StudyArguments:
    """Arguments of `run_study`, as far as they can be checked without the data.

    Raises
    ------
    InvalidStudyError
        If one of them is of the wrong type, empty or out of range; it names the argument.
    """
    sizes = [_sizes(each, hidden) for each in _listed("hidden", hidden, "such as [(100, 50)]")]
    listed = _listed("seeds", seeds, "such as [0, 1]")
    for seed in listed:
        _checked("seeds: seed", checked_int, seed, 0, MAX_SEED)
    for name, value in [("max_iter", max_iter), ("n_train", n_train)]:
        if value is not None:
            _checked(name, checked_int, value, 1, None)
    if not is_real(label_noise) or not 0 <= label_noise < 1:
        raise InvalidStudyError(
            f"label_noise={label_noise!r} must be a number of at least 0 and below 1."
        )
    if refit is not None:
        _checked("refit", lambda name, value: check_refit(value, name=name), refit)
    if data_home is not None and not isinstance(data_home, str | PathLike):
        raise InvalidStudyError(f"data_home={data_home!r} must be None or a path.")
    _checked("verbose", checked_flag, verbose)
    _checked("n_jobs", checked_n_jobs, n_jobs)
    for name, value in callbacks.items():
        if not callable(value):
            raise InvalidStudyError(f"{name}={value!r} must be a function.")
    return StudyArguments(sizes, [int(seed) for seed in listed])


def checked_table_arguments(target: Any, **options: Any) -> None:
    """What `run_study` is told about a table of one's own.

    Raises
    ------
    InvalidStudyError
        If one of them is of the wrong type, or there is no table that it could be about.
    """
    if target is None:
        for name, value in options.items():
            if value != TABLE_DEFAULTS[name] and value != []:
                raise InvalidStudyError(
                    f"{name}={value!r} is for a CSV file: name its column to predict with target."
                )
        return
    if not isinstance(target, str):
        raise InvalidStudyError(f"target={target!r} must be the name of a column, or None.")
    task, drop, test, encoding = (options[name] for name in TABLE_DEFAULTS)
    if task not in TASKS:
        raise InvalidStudyError(f"task={task!r} is unknown: use one of {', '.join(TASKS)}.")
    # No iterator: it would be empty after this look at it.
    if not isinstance(drop, list | tuple) or not all(isinstance(column, str) for column in drop):
        raise InvalidStudyError(f"drop={drop!r} must be a list of names of columns.")
    if test is not None and not isinstance(test, str | PathLike):
        raise InvalidStudyError(f"test={test!r} must be None or a path.")
    if not isinstance(encoding, str):
        raise InvalidStudyError(f"encoding={encoding!r} must be a name such as 'utf-8'.")


def _listed(name: str, values: Any, such_as: str) -> list[Any]:
    is_list = isinstance(values, Iterable) and not isinstance(values, str | bytes | dict)
    listed = list(values) if is_list else []
    if not listed:
        raise InvalidStudyError(
            f"{name}={values!r} must be a list with an entry at least, {such_as}."
        )
    return listed


def _sizes(sizes: Any, hidden: Any) -> tuple[int, ...]:
    name = f"hidden={hidden!r}"
    if not isinstance(sizes, Iterable) or isinstance(sizes, str | bytes | dict):
        raise InvalidStudyError(f"{name} must hold tuples of layer sizes; {sizes!r} is none.")
    listed = list(sizes)
    if not listed:
        raise InvalidStudyError(f"{name} must hold networks with a hidden layer at least.")
    for size in listed:
        _checked(f"{name}: size", checked_int, size, 1, MAX_NEURONS)
    return tuple(map(int, listed))


def _checked(name: str, check: Callable[..., Any], value: Any, *limits: int | None) -> None:
    try:
        check(name, value, *limits)
    except ValueError as error:
        raise InvalidStudyError(str(error)) from None
