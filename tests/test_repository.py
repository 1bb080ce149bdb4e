"""What the repository's texts, docstrings and workflows refer to is there."""

import ast
import builtins
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib
from contextlib import suppress
from functools import reduce
from itertools import chain
from pathlib import Path
from zipfile import ZipFile

import pytest
from sklearn import model_selection
from sklearn.neural_network import MLPClassifier
from sklearn.utils.discovery import all_estimators, all_functions

import skneuron

ROOT = Path(__file__).parents[1]
TEXTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, flags=re.MULTILINE))
LANES = [
    lane.split()
    for lane in re.findall(
        r"^\(lane ([a-z ]+?) &&", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE
    )
]

each_text = pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)


def missing(paths, *folders):
    """Those of some paths, which may have patterns in them, that stand in none of the folders."""
    return [p for p in paths if not any(any(folder.glob(p)) for folder in folders)]


def links_of(path):
    """What a text links to, but for addresses elsewhere."""
    code = r"^```.*?^```|`[^`\n]*`"
    text = re.sub(code, "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    return [link.split("#")[0] for link in links if not re.match(r"https?:|mailto:|#", link)]


@each_text
def test_links_lead_somewhere(path):
    assert missing(links_of(path), path.parent) == []


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/design.md"])
def test_files_that_are_named_exist(name):
    """Paths between backticks: from the root, or from the package."""
    text = (ROOT / name).read_text(encoding="utf-8")
    named = re.findall(r"`([\w./*-]+(?:/|\.py|\.md|\.json|\.toml|\.yml|\.jinja))`", text)
    assert len(named) > 20
    named = [n.strip("/") for n in named if "foo" not in n]
    assert missing(named, ROOT, ROOT / "skneuron", ROOT / "benchmarks" / "results") == []


def test_names_of_the_code_that_texts_explain_exist():
    """Names in capitals between backticks are tables of the package or its tests."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`(?!NUMBA_)([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)*)`", text))
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("skneuron", "tests")
        for path in (ROOT / folder).rglob("*.py")
    )
    assert names
    assert [n for n in names if not re.search(rf"^{n}\b.* = ", code, re.MULTILINE)] == []


def steps_of(text):
    for command in re.findall(r"\bmake ((?:[a-z]+ ?)+)(?=[`A-Z\s]|$)", text):
        yield from command.split()


def test_steps_that_are_named_are_in_the_makefile():
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(steps_of(" ".join(re.findall(r"`[^`]+`", contributing))))
    for path in WORKFLOWS:
        named |= set(steps_of(path.read_text(encoding="utf-8")))
    for lane in LANES:
        named |= set(lane)
    assert named >= {"dev", "lint", "types", "docs", "coverage", "lowest", "prerelease", "dist"}
    assert named <= TARGETS


def test_every_step_of_the_makefile_is_explained():
    explained = set(re.findall(r"^([a-z]+):.*## \S", MAKEFILE, flags=re.MULTILINE))
    assert explained == TARGETS


def linked_files():
    """Files and folders that texts link to, from the root."""
    for path in TEXTS:
        for link in links_of(path):
            yield str((path.parent / link).resolve().relative_to(ROOT))


def files_of_steps():
    """Those that the Makefile, .ci/run, the workflows and the hooks name."""
    folders = r"(?:\.ci|\.github|benchmarks|docs|examples|skneuron|tests)"
    steps = [ROOT / "Makefile", ROOT / ".ci" / "run", ROOT / ".pre-commit-config.yaml", *WORKFLOWS]
    for path in steps:
        text = re.sub(r"^\s*#.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        yield str(path.relative_to(ROOT))
        named = re.findall(rf"(?<![\w./$)-])({folders}/[\w./*]+)", text)
        yield from (name for name in named if not name.endswith("_"))  # make adds the rest


def made(path):
    """Whether steps make a path: git ignores it, and a clone has none."""
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    return any(f"{path}/".startswith(line) for line in lines)


def test_the_source_distribution_has_what_texts_and_steps_refer_to():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    targets = project["tool"]["hatch"]["build"]["targets"]
    included = [path.strip("/") for path in targets["sdist"]["include"]]
    assert missing(included, ROOT) == []
    included += ["README.md", "LICENSE", "pyproject.toml"]  # hatchling takes these by itself
    wanted = {path for path in (*linked_files(), *files_of_steps()) if not made(path)}
    # Texts and steps are read well enough to find these.
    assert wanted >= {
        "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "CITATION.cff", "Makefile", ".ci/run",
        ".ci/lowest.py", ".ci/tool", "docs/design.md", "docs/persistence.md",
        "benchmarks/results/quality.json", ".github/workflows/ci.yml", ".pre-commit-config.yaml",
        "examples/plot_neuron_ablation.py", "examples/images/mnist_neurons.png",
    }  # fmt: skip
    assert not made("docs/design.md")
    assert missing(wanted, ROOT) == []
    assert [
        path for path in wanted if not any(path == i or path.startswith(f"{i}/") for i in included)
    ] == []


def test_typed_marker_is_in_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (package,) = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert (ROOT / package / "py.typed").is_file()


@pytest.mark.parametrize(
    ("listed", "installed", "printed"),
    [
        ("1.9.1, 1.9.0, 1.9.0rc1", "1.9.1", ""),
        ("2.0rc1, 1.9.1", "1.9.1", "scikit-learn==2.0rc1\n"),
        ("1.10.0, 1.9.1", "1.9.1", ""),  # a release, which other lanes are for
        ("1.9.0rc1, 1.8.0", "1.9.0.dev0", "scikit-learn==1.9.0rc1\n"),
    ],
)
def test_prerelease_is_found(listed, installed, printed, tmp_path):
    """The script of `make prerelease`, with what pip and the environment say put in."""
    script = (ROOT / ".ci" / "prerelease.py").read_text(encoding="utf-8")
    stubs = f"""
import importlib.metadata, subprocess, types
importlib.metadata.version = lambda name: {installed!r}
subprocess.run = lambda *a, **k: types.SimpleNamespace(stdout="Available versions: {listed}\\n")
"""
    result = subprocess.run(
        [sys.executable, "-c", stubs + script.split('"""', 2)[2]],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == printed
    assert "scikit-learn" in result.stderr


@pytest.mark.parametrize(
    ("urls", "text", "said"),
    [
        (["Documentation", "Source"], "[a](https://a.example) ![b](https://b.example/b.png)", []),
        (["Documentation", "Source"], "[a](#a) [b](mailto:b@b.example)", []),
        (["Documentation", "Paper"], "", ["Source"]),
        ([], "![a](a.png) [b](docs/b.md#c)", ["Documentation", "Source", "a.png", "docs/b.md"]),
    ],
)
def test_what_would_lead_nowhere_is_not_released(urls, text, said, tmp_path):
    """The script of `make release`."""
    lines = [f"Project-URL: {label}, https://{label.lower()}.example" for label in urls]
    wheel = tmp_path / "skneuron-1.0-py3-none-any.whl"
    with ZipFile(wheel, "w") as files:
        files.writestr("skneuron-1.0.dist-info/METADATA", "\n".join([*lines, "", text]))
        files.writestr("skneuron/__init__.py", "")
    result = subprocess.run(
        [sys.executable, ROOT / ".ci" / "release.py", wheel], capture_output=True, text=True
    )
    faults = result.stderr.splitlines()
    assert len(faults) == len(said)
    assert all(what in fault for what, fault in zip(said, faults, strict=True))
    assert result.returncode == bool(said)


def test_lanes_know_the_same_steps():
    """So that each step is done by the lane that comes to it first."""
    first, second = map(set, LANES)
    assert first ^ second == {"test", "lowest"}


# ---- references in docstrings


def names_of(module):
    """Names that the docstrings of other files may use for what is in a module."""
    yield from (module.__name__, module.__name__.rpartition(".")[2])
    for name, value in vars(module).items():
        if name.startswith("__"):
            continue
        yield name
        yield f"{module.__name__.rpartition('.')[2]}.{name}"
        if inspect.isclass(value) and value.__module__.startswith("skneuron"):
            for attribute in {*dir(value), *getattr(value, "__annotations__", ())}:
                yield from (attribute, f"{name}.{attribute}")


def is_importable(name):
    """Whether it is the full name of a module, or of something in one."""
    parts = name.split(".")
    for n in range(len(parts), 0, -1):
        with suppress(ImportError, AttributeError):
            reduce(getattr, parts[n:], importlib.import_module(".".join(parts[:n])))
            return True
    return False


@pytest.fixture(scope="module")
def known_names():
    modules = pkgutil.walk_packages(skneuron.__path__, "skneuron.")
    own = (names_of(importlib.import_module(module.name)) for module in modules)
    found = {*chain.from_iterable(own), *vars(builtins), *MLPClassifier().get_params()}
    found |= {name for name, _ in [*all_estimators(), *all_functions()]}
    return found | set(model_selection.__all__)


def references(path):
    """What stands between single backticks in the docstrings of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            # Code is no reference, and words of the glossary have a test of their own.
            code_or_term = r"``.*?``|:term:`[^`]*`"
            text = re.sub(code_or_term, "", ast.get_docstring(node) or "", flags=re.DOTALL)
            yield from re.findall(r"`([A-Za-z_][\w.]*)`", text)


SOURCES = sorted((ROOT / "skneuron").rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_docstrings_refer_to_what_there_is(path, known_names):
    assert [r for r in references(path) if r not in known_names and not is_importable(r)] == []


def test_references_are_found():
    found = set(chain.from_iterable(map(references, SOURCES)))
    assert found >= {"neuron_ablation", "Network", "GridSearchCV"}
