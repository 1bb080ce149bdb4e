"""The site: pages that are made of other files, and what all pages keep to.

Code on pages is run by `make doctest`, the site is built by `make docs`.
"""

import ast
import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from helpers.site import benchmark_pages, page_texts

import skneuron
from skneuron._command_line import _options

ROOT = Path(__file__).parents[1]
DOCS, RESULTS = ROOT / "docs", ROOT / "benchmarks" / "results"
README = ROOT / "README.md"

PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)

# What blocks of code may be besides Python, which is run, and directives of the site's.
NOT_RUN = {"console", "dockerfile", "text"}
# Python that is no session: numba's own messages, and recipes for code that is yet to be written.
NO_SESSION = {"tile_kernel.md", "CONTRIBUTING.md", "containers.md"}


def text_of(path):
    return path.read_text(encoding="utf-8")


def blocks(path):
    """(what a block of code is, its text)."""
    return re.findall(r"^```(\S*)\n(.*?)^```$", text_of(path), flags=re.MULTILINE | re.DOTALL)


@each_page
def test_code_is_run_or_known_not_to_be(path):
    for kind, code in blocks(path):
        if kind == "python":
            assert path.name in NO_SESSION or code.startswith(">>> "), code
        else:
            assert kind in NOT_RUN or re.match(r"\{[\w-]+\}", kind), kind


def commands(path):
    """Calls of the command line that a page shows, from "study" or "warmup" on."""
    joined = text_of(path).replace("\\\n", " ")
    joined = re.sub(r"(?<!`)`[^`]{1,200}`(?!`)", lambda code: code[0].replace("\n", " "), joined)
    shown = re.findall(
        r"(?:^    |^\$ |`|&& ).*?\bskneuron ((?:study|warmup)\b[^`\n]*)", joined, re.M
    )
    for command in shown:
        words = shlex.split(re.split(r" && | \|\| |;|#", command)[0], comments=True)
        if not any(re.search(r"[A-Z]{4,}|\.\.\.|…|\||^--help$", word) for word in words):
            yield words


def test_commands_are_found():
    assert ["study", "digits"] in list(commands(README))


@each_page
def test_commands_are_taken(path):
    for words in commands(path):
        _options.parser().parse_args(words)


def test_every_page_is_in_the_contents():
    listed = set()
    for path in DOCS.glob("*.md"):
        for kind, body in blocks(path):
            if kind == "{toctree}":
                listed |= {line for line in body.splitlines() if line and not line.startswith(":")}
    assert {path.stem for path in DOCS.glob("*.md")} - {"index"} <= listed
    elsewhere = {"auto_examples/index", "benchmarks/index"}  # made by the build
    assert listed - elsewhere == {path.stem for path in DOCS.glob("*.md")} - {"index"}


def test_readme_is_short():
    assert len(text_of(README).split()) <= 900


def test_citation_is_of_this_version():
    citation = dict(re.findall(r"^([\w-]+): (.+)$", text_of(ROOT / "CITATION.cff"), re.MULTILINE))
    assert citation["version"] == skneuron.__version__
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", citation["date-released"])
    assert citation["title"].strip('"').startswith("skneuron")


def test_configuration_is_python_and_its_extensions_are_in_the_extra():
    ast.parse(text_of(DOCS / "conf.py"))
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    extra = " ".join(project["optional-dependencies"]["docs"])
    named = re.findall(r'^    "(myst_parser|numpydoc|sphinx_\w+)', text_of(DOCS / "conf.py"), re.M)
    assert len(named) == 4
    assert [n for n in named if n.replace("_", "-") not in extra] == []


# ---- pages of benchmarks


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_pages_of_benchmarks(path):
    results = json.loads(text_of(path))
    page = benchmark_pages.page(path.stem, results)
    assert page.startswith(f"# {benchmark_pages.TITLES[path.stem]}\n")
    (script,) = re.findall(r"`python (benchmarks/\w+\.py)`", page)
    assert (ROOT / script).is_file()
    assert results["machine"]["date"] in page
    assert f"| scikit-learn | {results['machine']['scikit-learn']} |" in page
    for name, rows in results.items():
        if isinstance(rows, list):
            assert f"## {name.replace('_', ' ').capitalize()}" in page
    lines = [line for line in page.splitlines() if line.startswith("|")]
    assert len(lines) > 10
    assert {line.count(" | ") + 1 for line in lines} <= set(range(1, 15))


def test_tables_of_benchmarks():
    rows = [{"a": 1.23456, "b": {"c": None}}, {"a": [1, 2.5], "d": "x|y"}]
    assert benchmark_pages.table(rows).splitlines() == [
        "| a | b.c | d |",
        "| --- | --- | --- |",
        "| 1.23 |  |  |",
        r"| 1, 2.5 |  | x\|y |",
    ]


def test_long_tables_say_that_they_are_cut():
    rows = [{"n": n} for n in range(1000)]
    page = benchmark_pages.page("cv", {"machine": {"date": "2026-01-01"}, "rows": rows})
    assert "The first 200 of 1000 rows" in page
    assert "| 199 |" in page
    assert "| 200 |" not in page


def test_pages_of_benchmarks_are_written_once(tmp_path):
    (tmp_path / "results").mkdir()
    results = {"machine": {"date": "2026-01-01"}, "rows": [{"n": 1}]}
    (tmp_path / "results" / "cv.json").write_text(json.dumps(results))
    folder = tmp_path / "pages"
    benchmark_pages.write(tmp_path / "results", folder)
    assert sorted(path.name for path in folder.iterdir()) == ["cv.md", "index.md"]
    written = (folder / "cv.md").stat().st_mtime_ns
    benchmark_pages.write(tmp_path / "results", folder)
    assert (folder / "cv.md").stat().st_mtime_ns == written


# ---- links


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](../CONTRIBUTING.md)", "[a](contributing.md)"),
        ("[a](../CONTRIBUTING.md#rules)", "[a](contributing.md#rules)"),
        ("[a](../benchmarks/results/cv.json)", "[a](benchmarks/cv.md)"),
        ("[a](repair.md#when)", "[a](repair.md#when)"),
        (">>> 1\n1\n\n```\ntext", ">>> 1\n1\n```\ntext"),
        ("see `warmup`", "see {py:obj}`~skneuron.warmup`"),
        ("see `load_images`", "see {py:obj}`~skneuron.datasets.load_images`"),
        ("[`warmup`](a.md) ``warmup`` `X`", "[`warmup`](a.md) ``warmup`` `X`"),
        ("```text\n`warmup`\n```", "```text\n`warmup`\n```"),
    ],
)
def test_texts_of_pages(text, expected):
    assert page_texts.rewritten(text) == expected


def test_links_of_files_of_the_root():
    source = ["[a](docs/design.md) [b](SECURITY.md) [c](benchmarks/results/cv.json)"]
    page_texts.rewrite_included(None, "CONTRIBUTING.md", "contributing", source)
    assert source == ["[a](design.md) [b](security.md) [c](benchmarks/cv.md)"]
