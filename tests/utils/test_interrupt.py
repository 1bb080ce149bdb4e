"""Training that somebody waits for."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers.networks import small

from skneuron.utils._interrupt import interruptible, training_in_full, watched_fit


def interrupt(n=1):
    raise KeyboardInterrupt


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_ctrl_c_ends_training(data, method):
    mlp = small()
    options = {"classes": [0, 1]} if method == "partial_fit" else {}
    with (
        mlp.epochs_reported_to(interrupt),
        pytest.raises(KeyboardInterrupt),
        training_in_full(),
    ):
        getattr(mlp, method)(*data, **options)


def test_epochs_that_run_out_are_no_news(data):
    with training_in_full():
        small().fit(*data)  # All warnings are errors here.


def test_other_warnings_stay_warnings_and_other_errors_errors():
    with pytest.warns(UserWarning, match="something"), training_in_full():
        warnings.warn("something", UserWarning, stacklevel=1)
    with pytest.raises(UserWarning, match="something"), training_in_full():
        raise UserWarning("something")


def test_filters_are_restored():
    before = list(warnings.filters)
    with training_in_full():
        assert list(warnings.filters) != before
    assert list(warnings.filters) == before


def test_other_threads_do_not_touch_filters():
    """Which are for all threads, and would be restored in any order."""
    before = list(warnings.filters)

    def seen():
        with interruptible():
            return list(warnings.filters)

    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(seen).result(timeout=60) == before
    assert seen() != before


def test_fit_is_that_of_the_network(data):
    with training_in_full():
        watched, plain = watched_fit(small(), *data), small().fit(*data)
    for a, b in zip(watched.coefs_, plain.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_every_epoch_is_told_of_and_then_those_saved(data):
    told = []
    with training_in_full():
        mlp = watched_fit(small(max_iter=20, tol=1e3, n_iter_no_change=3), *data, told.append)
    assert mlp.n_iter_ < 20
    assert told == [1] * mlp.n_iter_ + [20 - mlp.n_iter_]


def test_ctrl_c_in_the_callback_ends_the_fit(data):
    with pytest.raises(KeyboardInterrupt), training_in_full():
        watched_fit(small(), *data, interrupt)
