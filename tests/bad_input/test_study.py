"""Bad input for the study: nothing is loaded, nothing is trained."""

from functools import partial

import numpy as np
import pytest
from helpers.bad_input import JUNK, check, check_good, table

from skneuron.report import report_html
from skneuron.study import run_study

SMALL = {"name": "digits", "hidden": [(3,)], "max_iter": 1, "n_train": 120}
HIDDEN = [64, (64,), [64], [()], [], (), "64", ["64"], None, {}, {64: 1}, [(0,)], [(-1,)],
          [(1.5,)], [("a",)], [(None,)], [(True,)], [(np.nan,)], [((3,),)], [(10**30,)], [(3, 0)],
          3.5]  # fmt: skip
COUNTS = [0, -1, 1.5, "a", "", True, np.nan, *JUNK]
BAD = {
    "name": ["a", "", None, 3, [], ["digits"], {}, b"digits"],
    "hidden": HIDDEN,
    "seeds": [3, [], (), None, "0", [-1], [2**32], [1.5], ["a"], [None], [True], [np.nan], {},
              [[0]]],
    "data_home": [3, 1.5, [], {}, True],
    "max_iter": COUNTS,
    "n_train": [*COUNTS, 50, 10**9],
    "label_noise": [2, 1, -0.1, "a", "", None, True, np.nan, *JUNK],
    "n_jobs": [0, 1.5, "a", True, np.nan, *JUNK],
    "on_start": [3, "a", None, []],
    "on_progress": [3, "a", None, []],
    "verbose": ["a", None, 3, []],
}  # fmt: skip


def study():
    return partial(run_study, **SMALL), {}


def report():
    return report_html, {}


@pytest.mark.parametrize("case", table("run_study", study, BAD))
def test_study(case):
    check(case)


@pytest.mark.parametrize("case", table("report", report, {"study": ["a", None, 3, {}, object()]}))
def test_report(case):
    check(case)


def test_good_arguments():
    check_good(study)
