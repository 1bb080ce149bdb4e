"""How many threads BLAS and numba have, and machines with more of them."""

import joblib
import numba
import pytest
import scipy.linalg  # noqa: F401  (loads the BLAS that the limits are for)
from threadpoolctl import ThreadpoolController, threadpool_limits

# Looking for libraries takes milliseconds, asking them takes none.
_BLAS = ThreadpoolController().select(user_api="blas")


def blas_threads():
    return {library["filepath"]: library["num_threads"] for library in _BLAS.info()}


@pytest.fixture
def three_blas_threads():
    """The number of threads of every BLAS library, set to three."""
    with threadpool_limits(3, user_api="blas"):
        before = blas_threads()
        assert before
        assert set(before.values()) == {3}
        yield before
        assert blas_threads() == before


@pytest.fixture
def eight_numba_threads(monkeypatch):
    """A machine with four free cores on which numba is set to eight threads."""
    setting = [8]
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 0)
    monkeypatch.setattr(numba, "get_num_threads", lambda: setting[0])
    monkeypatch.setattr(numba, "set_num_threads", lambda n: setting.__setitem__(0, n))
    monkeypatch.setattr(joblib, "cpu_count", lambda: 4)
