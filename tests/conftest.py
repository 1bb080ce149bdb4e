"""Fixtures shared by all tests."""

import pytest
from data_home import copy_data_home


@pytest.fixture(scope="session")
def data_home(tmp_path_factory):
    """A scratch copy of the shared real data; skips where there is none."""
    return copy_data_home(tmp_path_factory)
