"""The package as a whole: public names, version, documentation and its examples."""

import dataclasses
import doctest
import importlib.util
import inspect
import pkgutil
import re
from pathlib import Path

import pytest
from helpers.public_names import PUBLIC_MODULES
from packaging.version import Version

import skneuron

# Modules that need an extra, and what of it: they say so when they are imported without.
EXTRAS = {"skneuron.onnx": "skl2onnx"}
MISSING = {name for name, needed in EXTRAS.items() if importlib.util.find_spec(needed) is None}
FOUND = ["skneuron", *(m.name for m in pkgutil.walk_packages(skneuron.__path__, "skneuron."))]
NAMES = [name for name in FOUND if name not in MISSING]
MODULES = {name: importlib.import_module(name) for name in NAMES}
PUBLIC = {
    getattr(MODULES[path], name): None  # in order, and once
    for path, names in PUBLIC_MODULES.items()
    for name in names
    if callable(getattr(MODULES[path], name))
}


def ids(documented):
    return documented.__qualname__


@pytest.mark.parametrize("name", [name for name, m in MODULES.items() if hasattr(m, "__all__")])
def test_listed_names_exist(name):
    module = MODULES[name]
    assert len(module.__all__) == len(set(module.__all__))
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("name", PUBLIC_MODULES)
def test_the_list_of_public_names(name):
    """A change of it is a change for users: it belongs into the changelog."""
    module, names = MODULES[name], PUBLIC_MODULES[name]
    assert sorted(getattr(module, "__all__", names)) == sorted(names)
    assert [name for name in names if not hasattr(module, name)] == []


def test_public_names_are_listed():
    public = {
        name
        for name, value in vars(skneuron).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert public == set(skneuron.__all__)


def test_version():
    assert str(Version(skneuron.__version__)) == skneuron.__version__


def sections(documented):
    """Section titles of a numpydoc docstring -> their text."""
    text = inspect.getdoc(documented)
    assert text, documented
    parts = re.split(r"^(\w[\w ]*)\n-+$", text, flags=re.MULTILINE)
    assert re.match(r".+\.(\n\n|$)", parts[0]), f"no summary line: {parts[0]!r}"
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def documented_parameters(documented, section="Parameters"):
    text = sections(documented).get(section, "")
    listed = re.findall(r"^\*{0,2}(\w.*?)(?: :.*)?$", text, flags=re.MULTILINE)
    return [name.strip() for names in listed for name in names.split(",")]


def parameters(function):
    return [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]


def members(cls, kind):
    """Public members of ``cls`` that this package defines."""
    for name, member in inspect.getmembers(cls, kind):
        if not name.startswith("_") and any(
            name in vars(base) for base in cls.__mro__ if base.__module__.startswith("skneuron")
        ):
            yield member


FUNCTIONS = [obj for obj in PUBLIC if inspect.isfunction(obj)] + [
    method for cls in PUBLIC if inspect.isclass(cls) for method in members(cls, callable)
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=ids)
def test_functions_are_documented(function):
    found, listed = sections(function), documented_parameters(function)
    # Some refer to the class or to another function.
    if re.search(r"\b[Ss]ee (the class|`\w+`)", inspect.getdoc(function)):
        assert set(listed) <= set(parameters(function))
    else:
        assert listed == parameters(function)
    returns_nothing = inspect.signature(function).return_annotation is None
    assert "Returns" in found or returns_nothing or not parameters(function)


@pytest.mark.parametrize("cls", [obj for obj in PUBLIC if inspect.isclass(obj)], ids=ids)
def test_classes_are_documented(cls):
    found = sections(cls)
    if dataclasses.is_dataclass(cls):
        fields = [field.name for field in dataclasses.fields(cls)]
        assert documented_parameters(cls, "Attributes") == fields
    elif "__init__" in vars(cls):
        assert documented_parameters(cls) == parameters(cls)
        assert "Attributes" in found
    for attribute in members(cls, inspect.isdatadescriptor):
        assert inspect.getdoc(attribute)


RESULTS = {"NeuronAblation", "NeuronPruningPath", "NeuronShapley", "PairwiseAblation"}


@pytest.mark.parametrize("name", sorted({*skneuron.__all__} - RESULTS))
def test_public_names_have_examples(name):
    assert ">>> " in sections(getattr(skneuron, name))["Examples"]


EXAMPLES = [
    pytest.param(test, id=test.name)
    for module in MODULES.values()
    for test in doctest.DocTestFinder(exclude_empty=True).find(module)
    if test.examples
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_run(example):
    source = "".join(part.source for part in example.examples)
    for package in re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE):
        pytest.importorskip(package, reason=f"{package} is not installed: its example needs it")
    report = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    result = runner.run(example, out=report.append)
    assert result.attempted > 0
    assert result.failed == 0, "".join(report)


def test_readme_has_no_gap_left_to_fill():
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert not re.findall(r"@[A-Z]+@|TODO|TBD", readme)
    assert readme.count("python -m pip install") == 2
