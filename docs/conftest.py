"""What the pages' code writes goes into a folder of its own; the tables they read lie there."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    for table in Path(__file__).parent.glob("*.csv"):
        shutil.copy(table, tmp_path)
    monkeypatch.chdir(tmp_path)
