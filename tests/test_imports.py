"""Imports point one way, room by room: the contracts of pyproject.toml, and that they bite."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import skneuron

PACKAGE = Path(skneuron.__file__).parent
ROOT = Path(__file__).parents[1]
MODULES = {
    ".".join(("skneuron", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in PACKAGE.rglob("*.py")
}


def executed(node):
    """A node of a syntax tree and those in it, without what only type checkers read."""
    yield node
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    for child in ast.iter_child_nodes(node):
        yield from executed(child)


def imports_of(path):
    """Every import statement that is executed, as (relative level, module, name or None)."""
    for node in executed(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.level, node.module or "", alias.name) for alias in node.names)


def modules_imported_by(path):
    """The modules that a file imports; `from a import b` imports a.b if that is one."""
    for _, module, name in imports_of(path):
        inner = f"{module}.{name}"
        yield inner if inner in MODULES else module


def own_imports(module):
    return {m for m in modules_imported_by(MODULES[module]) if m.split(".")[0] == "skneuron"}


def belongs_to(module, prefixes):
    return any(f"{module}.".startswith(f"{prefix}.") for prefix in prefixes)


def lint_imports(folder):
    """Check the contracts on the package in a folder."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_contracts_hold():
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


PLANTED = {
    "a room from a higher one": ("surgery/_neurons.py", "skneuron.pruning", "lower floors only"),
    "a study from the page": ("report/_page.py", "skneuron.study", "lower floors only"),
    "a sub-room from its sibling's user": (
        "inspection/_scoring/_samples.py", "skneuron.inspection._ablation", "inside inspection",
    ),
    "training from ablation": (
        "kernels/training/loop.py", "skneuron.kernels.ablation", "inside kernels",
    ),
    "a file behind a door": ("pruning/_split.py", "skneuron.utils._targets", "a room's door"),
    "a file behind the door of a sub-room": (
        "pruning/_split.py", "skneuron.inspection._scoring._samples", "a room's door",
    ),
    "a kernel behind its door": (
        "surgery/_network.py", "skneuron.kernels.forward", "Kernels have a door",
    ),
    "kernels from a pruner": (
        "pruning/_split.py", "skneuron.kernels.ablation", "through the rooms between",
    ),
    "estimators from a display": (
        "plotting/_style.py", "skneuron.neural_network", "knows no estimators",
    ),
    "a kernel from utils": (
        "utils/_threads.py", "skneuron.kernels.training", "Utils know no kernel",
    ),
    "what a data set needs": ("datasets.py", "skneuron.utils", "lower floors only"),
}  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_import_breaks_a_contract(planted, tmp_path):
    file, module, contract = PLANTED[planted]
    shutil.copytree(PACKAGE, tmp_path / "skneuron", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "skneuron" / file).open("a") as opened:
        opened.write(f"\nimport {module}\n")
    result = lint_imports(tmp_path)
    assert result.returncode == 1
    assert [line for line in result.stdout.splitlines() if contract in line and " BROKEN" in line]


def test_imports_are_absolute():
    relative = {m for m, path in MODULES.items() if any(level for level, *_ in imports_of(path))}
    assert not relative


def test_no_two_modules_import_each_other():
    graph = {module: own_imports(module) - {"skneuron"} for module in MODULES}
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError
    assert order.index("skneuron.utils._threads") < order.index("skneuron.surgery._network")


@pytest.mark.parametrize(
    ("user", "allowed"),
    [
        ("skneuron.kernels", ["skneuron.kernels", "numba", "llvmlite", "numpy"]),
        ("skneuron.utils._threads",
         ["skneuron.kernels", "skneuron.utils._blas_threads", "numba", "joblib"]),
        ("skneuron.utils._blas_threads", ["threadpoolctl", "scipy"]),
        ("skneuron.utils._sklearn", ["sklearn", "numpy", "skneuron.utils._addresses"]),
    ],
)  # fmt: skip
def test_foundations_import_little(user, allowed):
    imported = {
        module
        for name, path in MODULES.items()
        if belongs_to(name, [user])
        for module in modules_imported_by(path)
        if module.split(".")[0] not in sys.stdlib_module_names
    }
    assert {m for m in imported if not belongs_to(m, allowed)} == set()
    assert imported


def names_in(requirement):
    """The package, and those that it brings if asked, without the version; none of our extras."""
    if requirement.startswith("skneuron["):
        return []
    return re.findall(r"[a-zA-Z][\w-]*", re.split(r"[<>=;]", requirement)[0])


def requirements():
    """Names of packages that pyproject.toml asks for: always, and in extras for users."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for_users = [each for name in extras if name not in ("test", "bench") for each in extras[name]]
    return [
        {name for requirement in listed for name in names_in(requirement)}
        for listed in (project["dependencies"], for_users)
    ]


def others_imported_by(nodes):
    """Packages of others that import statements among the nodes of a syntax tree name."""
    for node in nodes:
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module]
        else:
            continue
        for package in {module.partition(".")[0] for module in modules}:
            if package != "skneuron" and package not in sys.stdlib_module_names:
                yield {"sklearn": "scikit-learn"}.get(package, package)


def at_once(node):
    """The nodes that are executed when a module is imported: not those inside functions."""
    is_for_type_checkers = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    if isinstance(node, ast.FunctionDef) or is_for_type_checkers:
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from at_once(child)


def test_what_is_imported_is_declared():
    hard, extra = requirements()
    imported = {
        package
        for path in MODULES.values()
        for package in others_imported_by(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert imported - hard - extra == set()
    assert hard - imported == set()


def test_the_extra_all_has_all_extras_and_is_tested():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    extras = tomllib.loads(text)["project"]["optional-dependencies"]
    assert "skneuron[all]" in extras["test"]
    has = re.match(r"skneuron\[(.+)\]", extras["all"][0])[1].split(",")
    # "docs" builds the site, in an environment of its own.
    assert {*has, "all"} == extras.keys() - {"test", "bench", "docs", "ray"}
    listed = [requirement for name in (*has, "all") for requirement in extras[name]]
    names = {name for requirement in listed for name in names_in(requirement)}
    wanted = {"onnx", "onnxruntime", "skl2onnx", "skops", "dask", "distributed", "matplotlib"}
    assert names >= wanted


def test_extras_are_imported_where_they_are_used():
    """Not with the package: without them it works but for what needs them."""
    hard, _ = requirements()
    with_module = {
        (module, package)
        for module, path in MODULES.items()
        for package in others_imported_by(at_once(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert {package for _, package in with_module if package in hard} == hard
    assert {found for found in with_module if found[1] not in hard} == {
        ("skneuron.onnx", "skl2onnx")
    }


@pytest.mark.parametrize("user", ["skneuron.inspection", "skneuron.surgery"])
def test_analysis_and_surgery_know_no_estimators_of_ours(user):
    above = ["skneuron.neural_network", "skneuron.pruning", "skneuron.plotting"]
    users = [module for module in MODULES if belongs_to(module, [user])]
    assert users
    for module in users:
        assert not {m for m in own_imports(module) if belongs_to(m, above)}


@pytest.mark.parametrize("folder", ["skneuron", "tests"])
def test_no_file_is_longer_than_400_lines(folder):
    lengths = {
        path: len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / folder).rglob("*.py")
    }
    assert {str(path): n for path, n in lengths.items() if n > 400} == {}


def test_no_test_imports_another_test():
    imported = {
        module for path in (ROOT / "tests").rglob("*.py") for _, module, _ in imports_of(path)
    }
    assert not {module for module in imported if "test_" in module}


def test_every_module_has_a_test_file_in_the_folder_of_its_room():
    """Its name begins with the module's, so that it is found without a search."""
    lacking = []
    for module, path in MODULES.items():
        rooms = [room.strip("_") for room in path.relative_to(PACKAGE).parent.parts]
        tests = ROOT.joinpath("tests", *rooms).glob(f"test_{path.stem.strip('_')}*.py")
        if path.stem != "__init__" and not any(tests):
            lacking.append(module)
    assert lacking == []


def test_every_door_says_what_is_inside():
    """Each file of a room is named in the docstring of its ``__init__.py``."""
    for module, path in MODULES.items():
        if path.stem != "__init__" or module in ("skneuron", "skneuron.inspection"):
            continue
        door = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        inside = {file.stem for file in path.parent.glob("*.py")} - {"__init__"}
        assert {file for file in inside if f"`{file}`" not in door} == set(), module
