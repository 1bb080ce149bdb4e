"""Tests of study._arguments: what `run_study` is given, checked before anything is loaded."""

import re
from pathlib import Path

import numpy as np
import pytest

from skneuron.study import InvalidStudyError
from skneuron.study._arguments import (
    MAX_NEURONS,
    MAX_SEED,
    checked_arguments,
    checked_table_arguments,
)


def test_good_arguments_become_lists_of_pythons_ints():
    hidden, seeds = checked_arguments([(np.int64(3), 2), [4]], np.arange(2), n_train=5, max_iter=1)
    assert (hidden, seeds) == ([(3, 2), (4,)], [0, 1])
    assert {type(number) for number in [*hidden[0], *hidden[1], *seeds]} == {int}


def test_the_largest_numbers():
    assert checked_arguments([(MAX_NEURONS,)], [MAX_SEED]) == ([(MAX_NEURONS,)], [MAX_SEED])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hidden": []}, "hidden=[] must be a list with an entry at least, such as [(100, 50)]"),
        ({"hidden": 64}, "hidden=64 must be a list with an entry at least"),
        ({"hidden": [64]}, "hidden=[64] must hold tuples of layer sizes; 64 is none"),
        ({"hidden": [()]}, "hidden=[()] must hold networks with a hidden layer at least"),
        ({"hidden": [(0,)]}, "hidden=[(0,)]: size=0 must be an int from 1 to 2147483647"),
        ({"hidden": [(10**30,)]}, f"size={10**30} must be an int from 1 to 2147483647"),
        ({"seeds": []}, "seeds=[] must be a list with an entry at least, such as [0, 1]"),
        ({"seeds": 3}, "seeds=3 must be a list"),
        ({"seeds": [-1]}, "seeds: seed=-1 must be an int from 0 to 4294967295"),
        ({"n_train": 0}, "n_train=0 must be an int of at least 1"),
        ({"max_iter": 1.5}, "max_iter=1.5 must be an int of at least 1"),
        ({"label_noise": 2}, "label_noise=2 must be a number of at least 0 and below 1"),
        ({"data_home": 3}, "data_home=3 must be None or a path"),
        ({"verbose": "a"}, "verbose='a' is neither True nor False"),
        ({"refit": "all"}, "refit='all' is unknown; use None or one of ['outputs', 'behind', 'sp"),
        ({"on_start": 3}, "on_start=3 must be a function"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(InvalidStudyError, match=re.escape(message)):
        checked_arguments(**{"hidden": [(3,)], "seeds": [0]} | arguments)


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        (None, {"drop": ["id"]}, "drop=['id'] is for a CSV file: name its column"),
        (None, {"task": "regression"}, "task='regression' is for a CSV file"),
        (None, {"test": "a.csv"}, "test='a.csv' is for a CSV file"),
        (3, {}, "target=3 must be the name of a column"),
        ("y", {"task": "ranking"}, "task='ranking' is unknown: use one of auto, classification"),
        ("y", {"drop": "id"}, "drop='id' must be a list of names of columns"),
        ("y", {"drop": [3]}, "drop=[3] must be a list of names"),
        ("y", {"drop": iter(["a"])}, "must be a list of names of columns"),
        (None, {"test": Path("a.csv")}, "is for a CSV file"),
        (None, {"encoding": None}, "encoding=None is for a CSV file"),
        ("y", {"test": 3}, "test=3 must be None or a path"),
        ("y", {"encoding": 8}, "encoding=8 must be a name such as 'utf-8'"),
    ],
)
def test_bad_table_arguments(target, options, message):
    defaults = {"task": "auto", "drop": [], "test": None, "encoding": "utf-8"}
    with pytest.raises(InvalidStudyError, match=re.escape(message)):
        checked_table_arguments(target, **defaults | options)


def test_good_table_arguments(tmp_path):
    checked_table_arguments(None, task="auto", drop=[], test=None, encoding="utf-8")
    checked_table_arguments("y", task="regression", drop=["a"], test=tmp_path, encoding="cp1252")
