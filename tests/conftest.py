"""Fixtures shared by all tests."""

from helpers import other_processors  # first: it changes modules while they are imported

# isort: split
import signal

import matplotlib as mpl
import numba
import numpy as np
import pytest
from helpers.data_home import copy_data_home
from helpers.fake_openml import openml, small  # noqa: F401  (fixtures)

from skneuron.study import run_study

mpl.use("Agg")

# As in a terminal, also where a shell has started the tests in the background, or nohup has.
for name, handler in [("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)]:
    number = getattr(signal, name, None)
    if number is not None and signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)


def pytest_report_header():
    numbas = (
        f"numba {numba.__version__}, JIT {'disabled' if numba.config.DISABLE_JIT else 'enabled'}"
    )
    return [numbas, *other_processors.report()]


@pytest.fixture
def compiled():
    """Skip where kernels run as plain Python, a thousand times slower."""
    if numba.config.DISABLE_JIT:
        pytest.skip("too slow with NUMBA_DISABLE_JIT=1: kernels run as plain Python")


@pytest.fixture
def plt():
    """`matplotlib.pyplot`; every figure is closed after the test."""
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")


@pytest.fixture(scope="session")
def data_home(tmp_path_factory):
    """A scratch copy of the shared real data; skips where there is none."""
    return copy_data_home(tmp_path_factory)


@pytest.fixture(scope="session")
def digits_study():
    """A small study; tests read it and do not change it."""
    return run_study("digits", hidden=[(12,), (10, 6)], max_iter=40)


@pytest.fixture(scope="session")
def noisy_study():
    """As `digits_study`, with wrong labels."""
    # Of the larger network, the automatic choice removes some neurons; of the other, none.
    return run_study(
        "digits",
        hidden=[(24,), (10, 6)],
        seeds=[2],
        max_iter=100,
        n_train=600,
        label_noise=0.4,
    )


@pytest.fixture(scope="session")
def data():
    """Sixty samples of two classes."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    return X, (X[:, 0] > 0).astype(int)
