"""Code in the README writes files, as users do: into a folder of its own."""

import pytest

README = "README.md"


@pytest.fixture(autouse=True)
def folder_of_readme(request, monkeypatch):
    if request.node.path.name == README:
        monkeypatch.chdir(request.getfixturevalue("tmp_path"))
