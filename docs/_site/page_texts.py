"""Texts of Markdown files as the site shows them.

The same files are read in the repository, where a link to `../CONTRIBUTING.md` is right, and by
doctest, for which an empty line ends what a line of code prints.
"""

import re
from functools import cache
from pathlib import Path

import search_words

# What a link leads to in the repository, seen from docs/ -> the page of the site.
PAGES = {
    "../CONTRIBUTING.md": "contributing.md",
    "../CHANGELOG.md": "changelog.md",
    "../SECURITY.md": "security.md",
}
CODE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
REFERENCE = Path(__file__).parents[1] / "reference.md"
RESULT = re.compile(r"\]\(\.\./benchmarks/results/(\w+)\.json\)")
EXAMPLE = re.compile(r"\]\(\.\./examples/(plot_\w+)\.py\)")


@cache
def listed_names():
    """Names of the API as the reference lists them, with their modules."""
    return re.findall(r"^   (skneuron\.[\w.]+)$", REFERENCE.read_text("utf-8"), re.MULTILINE)


def with_names_linked(text):
    """Prose in which names of the API lead to the reference."""

    full_names = {name.rpartition(".")[2]: name for name in listed_names()}

    def linked(found):
        name = full_names.get(found[1])
        return f"{{py:obj}}`~{name}`" if name else found[0]

    return re.sub(r"(?<![\[`}])`(\w+)`(?![\]`])", linked, text)


def rewritten(text):
    """A page's text with links of the site, and no empty line at the end of code."""
    for link, page in PAGES.items():
        text = text.replace(f"]({link}", f"]({page}")
    text = EXAMPLE.sub(r"](auto_examples/\1.rst)", RESULT.sub(r"](benchmarks/\1.md)", text))
    text = text.replace("\n\n```\n", "\n```\n")
    parts = CODE.split(text)  # every other one is code
    return "".join(part if n % 2 else with_names_linked(part) for n, part in enumerate(parts))


def rewrite(app, docname, source):
    """For Sphinx's event "source-read"."""
    if str(app.env.doc2path(docname)).endswith(".md"):
        source[0] = search_words.with_entries(rewritten(source[0]), docname)


def rewrite_included(app, path, docname, source):
    """For Sphinx's event "include-read": files of the root, whose links begin there."""
    text = source[0].replace("](docs/", "](")
    for link, page in PAGES.items():
        text = text.replace(f"]({link.removeprefix('../')}", f"]({page}")
    source[0] = rewritten(text.replace("](benchmarks/results/", "](../benchmarks/results/"))
