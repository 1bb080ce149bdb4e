"""Where the documentation is: the metadata's address, a checkout's own site, or nowhere."""

import re
from email.message import Message
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from skneuron.utils import _addresses
from skneuron.utils._addresses import documentation_address, project_addresses


@pytest.fixture(autouse=True)
def fresh():
    project_addresses.cache_clear()
    yield
    project_addresses.cache_clear()


@pytest.fixture
def built(monkeypatch, tmp_path):
    """A site that was built in the checkout."""
    monkeypatch.setattr(_addresses, "BUILT_SITE", tmp_path)
    (tmp_path / "index.html").write_text("<p>the site</p>", encoding="utf-8")
    return tmp_path


def with_metadata(monkeypatch, *urls):
    message = Message()
    for url in urls:
        message["Project-URL"] = url
    monkeypatch.setattr(_addresses, "metadata", lambda name: message)


def test_the_project_has_the_addresses_of_its_pyproject():
    assert project_addresses()["Paper"].startswith("https://doi.org/")


def test_a_checkouts_site_is_where_make_docs_builds_it():
    root = Path(__file__).parents[2]
    steps = (root / "Makefile").read_text(encoding="utf-8")
    (built_by_make,) = re.findall(r"sphinx .* -b html docs (\S+)$", steps, re.MULTILINE)
    assert root / built_by_make == _addresses.BUILT_SITE


def test_a_published_site_comes_first(monkeypatch, built):
    with_metadata(
        monkeypatch, "Paper, https://doi.org/1", "Documentation, https://docs.example/a,b/"
    )
    assert project_addresses() == {
        "Paper": "https://doi.org/1",
        "Documentation": "https://docs.example/a,b/",
    }
    assert documentation_address() == "https://docs.example/a,b"


def test_a_site_that_was_built_here_is_the_next_best(monkeypatch, built):
    with_metadata(monkeypatch, "Paper, https://doi.org/1")
    assert documentation_address() == built.as_uri()
    assert documentation_address().startswith("file://")


def test_half_a_site_is_none(monkeypatch, built):
    with_metadata(monkeypatch)
    (built / "index.html").unlink()
    assert project_addresses() == {}
    assert documentation_address() == ""


def test_sources_that_are_not_installed(monkeypatch, built):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(_addresses, "metadata", missing)
    assert project_addresses() == {}
    assert documentation_address() == built.as_uri()
