"""Tests of skneuron.utils._jobs: what joblib's workers know, and what they leave as it was."""

import os
import warnings

import joblib
import pytest
from sklearn import config_context, get_config

from skneuron.utils._jobs import spread


def _seen(number):
    return number, get_config()["assume_finite"], os.getpid(), list(warnings.filters)


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("backend", ["sequential", "threading", "loky"])
def test_workers_have_scikit_learns_configuration(n_jobs, backend):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="nothing to see here")
        before = list(warnings.filters)
        with joblib.parallel_config(backend), config_context(assume_finite=True):
            found = spread(_seen, [(number,) for number in range(5)], n_jobs)
        assert list(warnings.filters) == before
    assert [one[:2] for one in found] == [(number, True) for number in range(5)]
    is_other_process = (backend, n_jobs) == ("loky", 2)
    assert all((one[2] != os.getpid()) == is_other_process for one in found)
    assert all("nothing to see here" in str(one[3]) for one in found)


def _meddling(number):
    warnings.filterwarnings("ignore", message=f"number {number}")


def test_threads_do_not_restore_filters_of_warnings():
    """In any order that they end in, what each of them has set would be lost."""
    with warnings.catch_warnings():
        spread(_meddling, [(number,) for number in range(8)], 2, prefer="threads")
        found = str(warnings.filters)
    assert all(f"number {number}" in found for number in range(8))
