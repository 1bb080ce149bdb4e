"""Docstrings link to words of the glossary, which has them all, and none that nobody uses."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GLOSSARY = ROOT / "docs" / "glossary.md"
SOURCES = sorted((ROOT / "skneuron").rglob("*.py"))
# As in `:term:`held-out`` of docstrings and `{term}`held-out`` of pages; a title may stand before.
LINK = re.compile(r"(?::term:|\{term\})`([^`]*)`", re.DOTALL)
# More would make a docstring a lesson in the words of this package.
MOST_LINKS = 5


def glossary_words(text):
    """Lines of the glossary that are no explanations, which are indented."""
    block = re.search(r"^```\{glossary\}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[1]
    return re.findall(r"^\S.*$", block, re.MULTILINE)


def links(text):
    """Words of the glossary that a text links to."""
    for found in LINK.findall(text):
        titled = re.search(r"<(.*)>$", found)
        yield " ".join((titled[1] if titled else found).split())


def docstrings(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield getattr(node, "name", path.stem), ast.get_docstring(node) or ""


WORDS = glossary_words(GLOSSARY.read_text(encoding="utf-8"))
LINKED = {
    f"{path.relative_to(ROOT)}: {name}": list(links(text))
    for path in SOURCES
    for name, text in docstrings(path)
    if LINK.search(text)
}


def test_links_and_words_are_found():
    """In a glossary and texts that have one of each kind."""
    text = "```{glossary}\nrefit\nrepair\n  Both.\n  Two lines.\n\nQ value\n  One.\n```\n"
    assert glossary_words(text) == ["refit", "repair", "Q value"]
    text = "A :term:`path`, :term:`Samples\n<reference  samples>` and {term}`gain`; no `path`."
    assert list(links(text)) == ["path", "reference samples", "gain"]


def test_words_are_in_order():
    assert sorted(set(WORDS), key=str.lower) == WORDS


@pytest.mark.parametrize("name", LINKED)
def test_docstrings_link_to_words_that_there_are_once(name):
    words = LINKED[name]
    assert set(words) <= set(WORDS)
    assert len(set(words)) == len(words) <= MOST_LINKS


def test_every_word_is_linked_to():
    """Here by docstrings; a page may do so in its stead."""
    linked = {word for words in LINKED.values() for word in words}
    for page in (ROOT / "docs").glob("*.md"):
        if page != GLOSSARY:
            linked |= set(links(page.read_text(encoding="utf-8")))
    assert set(WORDS) - linked == set()
