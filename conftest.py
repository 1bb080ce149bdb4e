"""Code in Markdown files writes files, as users do: into a folder of its own.

The tables that it reads, those of docs/, lie there.
"""

import shutil
from pathlib import Path

import pytest

TABLES = Path(__file__).parent / "docs"


@pytest.fixture(autouse=True)
def folder_of_markdown(request):
    if request.node.path.suffix != ".md":
        return
    folder = request.getfixturevalue("tmp_path")
    for table in TABLES.glob("*.csv"):
        shutil.copy(table, folder)
    request.getfixturevalue("monkeypatch").chdir(folder)
