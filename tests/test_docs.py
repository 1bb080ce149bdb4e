"""The site: pages that are made of other files, and what all pages keep to.

Code on pages is run by `make doctest`, the site is built by `make docs`.
"""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from helpers.pages import blocks, is_python
from helpers.site import benchmark_pages, check_in_chromium, page_texts, search_words

import skneuron

ROOT = Path(__file__).parents[1]
DOCS, RESULTS = ROOT / "docs", ROOT / "benchmarks" / "results"
README = ROOT / "README.md"

PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)

# What blocks of code may be besides Python and directives of the site's: commands, which
# test_docs_commands.py runs, and what is no code.
NOT_PYTHON = {"console", "dockerfile", "text", "indented"}
# Directives in which there is no code.
DIRECTIVES = ("{toctree}", "{include}", "{eval-rst}", "{glossary}")
# Python that is no session: doctest would take numba's messages, on the same page, for one.
SCRIPTS = "tile_kernel.md"


def text_of(path):
    return path.read_text(encoding="utf-8")


def not_run(text, are_scripts=False):
    """Blocks that are Python and no session, or of a kind of which that is not known."""
    for kind, code in blocks(text):
        if kind == "python":
            is_fine = are_scripts or code.startswith(">>> ")
        else:
            is_fine = (kind in NOT_PYTHON and not is_python(code)) or kind.startswith(DIRECTIVES)
        if not is_fine:
            yield code


@each_page
def test_code_is_run_or_known_not_to_be(path):
    assert list(not_run(text_of(path), path.name == SCRIPTS)) == []


@pytest.mark.parametrize(
    "block",
    [
        "```python\nimport numpy\n```",
        "```py\n>>> 1\n```",
        "```text\nnetwork.fit(X, y)\n```",
        "```{code-block} python\n>>> 1\n```",
        "~~~\nX = 1\n~~~",
        "    from skneuron import warmup\n    warmup()",
        "- An item\n\n      warmup()",
        "- An item\n\n  ```python\n  warmup()\n  ```",
    ],
)
def test_code_that_is_not_run_is_found(block):
    assert len(list(not_run(f"Text.\n\n{block}\n\nText.\n"))) == 1


def test_code_is_in_blocks():
    assert [path.name for path in PAGES if re.search("<pre|<code", text_of(path))] == []


def test_scripts_run(tmp_path, compiled):
    loops, script = (code for kind, code in blocks(text_of(DOCS / SCRIPTS)) if kind == "python")
    rng = np.random.default_rng(0)
    A, B, out = rng.normal(size=(3, 4)), rng.normal(size=(4, 5)), np.zeros((3, 5))
    exec(loops, {"n": 3, "K": 4, "m": 5, "A": A, "B": B, "out": out})
    np.testing.assert_allclose(out, A @ B)
    (tmp_path / "script.py").write_text(script, encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.splitlines()) > 100  # instructions


def test_every_page_is_in_the_contents():
    listed = set()
    for path in DOCS.glob("*.md"):
        for kind, body in blocks(text_of(path)):
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


def test_every_example_has_its_place_in_the_gallery():
    (order,) = re.findall(r"^EXAMPLES = (\[.*?^\])", text_of(DOCS / "conf.py"), re.M | re.S)
    examples = [path.name for path in sorted((ROOT / "examples").glob("plot_*.py"))]
    assert sorted(ast.literal_eval(order)) == examples


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
        ("[a](../examples/plot_text.py)", "[a](auto_examples/plot_text.rst)"),
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


# ---- search, and what is looked at in a browser


def test_pages_that_are_found_are_there():
    assert {path.stem for path in DOCS.glob("*.md")} >= set(search_words.PAGES)
    answers = set().union(*check_in_chromium.SEARCHES.values())
    assert answers <= set(search_words.PAGES)


def test_words_to_search_for_come_after_the_title():
    text = search_words.with_entries("# Title\n\nText.\n", "thresholds")
    title, block, rest = text.partition("```{eval-rst}\n.. index::\n   ! single: prune\n")
    assert title == "# Title\n\n"
    assert block
    assert rest.endswith("```\n\nText.\n")
    assert search_words.with_entries("# Title\n\nText.\n", "no_such_page") == "# Title\n\nText.\n"


@pytest.mark.parametrize(
    ("complaint", "expected"),
    [
        ({"type": "log", "args": [{"value": "auto mode"}]}, None),
        ({"type": "error", "args": [{"value": "no"}, {"description": "mode"}]}, "no mode"),
        ({"type": "warning", "args": [{"value": 1}]}, "1"),
        ({"entry": {"level": "info", "text": "hint"}}, None),
        ({"entry": {"level": "error", "text": "404", "url": "a.ico"}}, "404 a.ico"),
        ({"exceptionDetails": {"text": "Uncaught"}}, "Uncaught"),
        (
            {"exceptionDetails": {"text": "Uncaught", "exception": {"description": "Error: x"}}},
            "Error: x",
        ),
    ],
)
def test_messages_of_the_console(complaint, expected):
    assert check_in_chromium.message(complaint) == expected
