"""A scratch copy of the shared real data, for the tests that use it."""

import os
import shutil
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parents[2]


def copy_data_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the shared data home to a temporary folder; skip the test where there is none.

    A copy (81 MB), because scikit-learn deletes the files that it fails to parse. The original is
    taken from the environment variable SKNEURON_TEST_DATA, by default `../shared/data` next to
    the repository.
    """
    default = _REPOSITORY.parent / "shared" / "data" / "scikit_learn_data"
    source = Path(os.environ.get("SKNEURON_TEST_DATA", default))
    if not source.is_dir():
        pytest.skip(f"no real data: {source} does not exist (set SKNEURON_TEST_DATA)")
    target = tmp_path_factory.mktemp("data") / "scikit_learn_data"
    shutil.copytree(source, target, copy_function=shutil.copyfile)
    # The original is read-only, and `copytree` gives its permissions to the copied folders.
    for folder, _, _ in os.walk(target):
        os.chmod(folder, 0o755)
    return target
