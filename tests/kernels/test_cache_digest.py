"""What a kernel's place in the cache follows from: its own source and that of all it imports."""

import ast
import os
import pkgutil
import shutil
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numba
import pytest
from helpers.child_python import run_python

import skneuron
from skneuron import kernels
from skneuron.kernels import _cache

PACKAGE = Path(skneuron.__file__).parent
MODULES = sorted(
    module.name for module in pkgutil.walk_packages(kernels.__path__, f"{kernels.__name__}.")
)
with_kernels = pytest.mark.parametrize("module", MODULES)
DIGESTS = f"""
import json, skneuron
from skneuron.kernels._cache import code_digest
print(json.dumps([skneuron.__file__, {{name: code_digest(name) for name in {MODULES}}}]))
"""


def digests(path):
    """Of all kernel modules of the package in the folder or zip ``path``."""
    (file, found), _ = run_python(DIGESTS, path=path)
    assert file.startswith(str(path))
    return found


def imported(module):
    """Kernel modules that ``module`` imports in whatever way, as Python's own parser reads it."""
    for node in ast.walk(ast.parse(Path(find_spec(module).origin).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import, which no digest sees"
            yield node.module
            # Modules that are imported as if they were functions.
            yield from {f"{node.module}.{alias.name}" for alias in node.names} & set(MODULES)


def imported_by_all(module):
    """``module`` and whatever it imports of kernels, but for what compiles nothing."""
    found, pending = set(), [module]
    while pending:
        name = pending.pop()
        if name not in found | _cache._NOT_COMPILED:
            found.add(name)
            pending += [other for other in imported(name) if other.startswith(kernels.__name__)]
    return found


def test_there_are_modules():
    assert {f"skneuron.kernels.{name}" for name in ("_tile", "training.loop")} <= set(MODULES)


@with_kernels
def test_sources_are_all_that_is_imported(module):
    sources = _cache.sources(module)
    assert set(sources) == imported_by_all(module)
    assert list(sources) == sorted(sources)
    for name, source in sources.items():
        assert source == Path(find_spec(name).origin).read_text(encoding="utf-8")


@with_kernels
def test_how_things_are_compiled_is_part_of_every_kernel(module):
    if "skneuron.kernels._jit" in set(imported(module)):
        assert "skneuron.kernels._jit" in _cache.sources(module)


def test_what_finds_machine_code_compiles_none():
    """So an edit there makes nothing stale."""
    assert set(_cache._NOT_COMPILED) == {f"skneuron.kernels.{n}" for n in ("_cache", "_notice")}
    for name in _cache._NOT_COMPILED:
        assert set(imported(name)) & set(MODULES) <= _cache._NOT_COMPILED
        assert "intrinsic" not in Path(find_spec(name).origin).read_text(encoding="utf-8")


def edit(path, text="\n# edited\n"):
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A folder with a copy of the package, and its digests."""
    folder = tmp_path_factory.mktemp("copied")
    shutil.copytree(PACKAGE, folder / "skneuron", ignore=shutil.ignore_patterns("__pycache__"))
    return folder, digests(folder)


def test_the_place_does_not_matter(copied):
    assert copied[1] == {name: _cache.code_digest(name) for name in MODULES}


def test_a_zip_has_the_same_digests(copied, tmp_path):
    folder, expected = copied
    with zipfile.ZipFile(tmp_path / "skneuron.zip", "w") as file:
        for path in folder.rglob("*"):
            file.write(path, path.relative_to(folder))
    assert digests(tmp_path / "skneuron.zip") == expected


@pytest.mark.parametrize(
    ("edited", "is_changed"),
    [
        ("_tile", "a tile is in every product"),
        ("_notice", "what is said is in none"),
        ("product", "products are in both rooms"),
        ("training.optimizers", "training has nothing to do with ablation"),
        ("ablation.removal", "nor has ablation with training"),
    ],
)
def test_an_edit_changes_what_imports_the_file_alone(copied, edited, is_changed):
    folder, before = copied
    edited = f"skneuron.kernels.{edited}"
    path = folder.joinpath(*edited.split(".")).with_suffix(".py")
    content = path.read_text(encoding="utf-8")
    edit(path)
    try:
        after = digests(folder)
    finally:
        path.write_text(content, encoding="utf-8")
    changed = {name for name in MODULES if after[name] != before[name]}
    assert changed == {name for name in MODULES if edited in imported_by_all(name)}, is_changed
    if edited.endswith("optimizers"):
        assert "skneuron.kernels.training.loop" in changed
        assert "skneuron.kernels.ablation.sweep" not in changed


def test_code_outside_of_kernels_changes_nothing(copied):
    folder, before = copied
    edit(folder / "skneuron" / "surgery" / "__init__.py")
    edit(folder / "skneuron" / "utils" / "_threads.py")
    assert digests(folder) == before


def changed_by(patch, *change):
    digest = _cache.code_digest
    before = digest("skneuron.kernels.product")
    assert digest("skneuron.kernels.product") == before
    with patch.context() as inner:
        inner.setattr(*change)
        return digest("skneuron.kernels.product") != before


@pytest.mark.parametrize("owner", [numba, _cache.llvmlite], ids=["numba", "llvmlite"])
def test_versions_change_it(owner, monkeypatch):
    assert changed_by(monkeypatch, owner, "__version__", "0.0")


def test_the_version_of_python_changes_it(monkeypatch):
    assert changed_by(monkeypatch, "sys.version", "2.7")


# With one of them, tiles have another shape, also if it names the processor that is there.
PROCESSOR = ["CPU_NAME", "CPU_FEATURES"]


@pytest.mark.parametrize("setting", ["BOUNDSCHECK", "OPT", "DEBUGINFO_DEFAULT", *PROCESSOR])
def test_numbas_settings_change_it(setting, monkeypatch):
    other = None if getattr(numba.config, setting) else "1"
    assert changed_by(monkeypatch, numba.config, setting, other)


def test_what_is_linked_is_not_read_without_linking(monkeypatch):
    """Or the switch would not get rid of code that is wrong because of the linking."""
    monkeypatch.delenv("SKNEURON_LINKED_KERNELS", raising=False)
    environment = os.environ | {"SKNEURON_LINKED_KERNELS": "0"}
    assert changed_by(monkeypatch, os, "environ", environment)


def test_folders_of_numba_do_not_change_it(tmp_path, monkeypatch):
    assert not changed_by(monkeypatch, numba.config, "CACHE_DIR", str(tmp_path))


def test_types_and_processors_have_files_of_their_own(tmp_path):
    class Processor:
        def __init__(self, name):
            self.name = name

        def magic_tuple(self):
            return ("x86_64", self.name, "+avx2")

    cache = _cache.KernelCache("train", "skneuron.kernels.training.loop", None)
    other = _cache.KernelCache("train", "skneuron.kernels.ablation.sweep", None)
    real, single = (numba.types.float64,), (numba.types.float32,)
    names = [
        cache._file_name(real, Processor("skylake")),
        cache._file_name(single, Processor("skylake")),
        cache._file_name(real, Processor("znver3")),
        other._file_name(real, Processor("skylake")),
    ]
    assert len(set(names)) == 4
    assert cache._file_name(real, Processor("skylake")) == names[0]


def test_modules_without_sources_are_empty():
    assert _cache._source("skneuron.kernels.nothing_of_that_name") == ""
    assert _cache._source("time") == ""
