"""Public docstrings say all that numpydoc asks for, and the API reference lists every name."""

import importlib
import inspect
import re

import pytest
from helpers.public_names import PUBLIC_MODULES
from helpers.site import page_texts

LISTED = page_texts.listed_names()
# A module that needs an extra, whose import is all that there is to it.
MODULES = {"skneuron.onnx"}

# What numpydoc finds and is no fault here, and why.
ALLOWED = {
    "ES01": "a summary line may say it all",
    "RT02": "what is returned has a name, as in scikit-learn",
    "SS05": 'plurals at the beginning, "Names of the columns", are taken for verbs',
}
ALLOWED_IN_MEMBERS = {
    "EX01": "the example of the class shows how it is used",
    "SA01": "its neighbours stand beside it, on the page of its class",
}
MADE_HERE = "users do not construct it; its attributes are documented"
ITS_FUNCTION = "the function that makes it has the example"
RAISED = "only raised and caught"
EXCEPTIONS = {
    "skneuron.NeuronAblation": {"PR01": MADE_HERE},
    "skneuron.NeuronPruningPath": {"PR01": MADE_HERE},
    "skneuron.NeuronShapley": {"PR01": MADE_HERE},
    "skneuron.PairwiseAblation": {"PR01": MADE_HERE},
    "skneuron.study.NetworkStudy": {"PR01": MADE_HERE, "EX01": ITS_FUNCTION},
    "skneuron.study.Study": {"PR01": MADE_HERE, "EX01": ITS_FUNCTION},
    "skneuron.datasets.DataUnavailableError": {"EX01": RAISED},
    "skneuron.report.MissingExtraError": {"EX01": RAISED},
    "skneuron.study.InvalidStudyError": {"EX01": RAISED},
    "skneuron.metrics.expected_accuracy_scorer": {
        "GL08": "an object of scikit-learn's; expected_accuracy_score is documented"
    },
    "skneuron.PrunableMLPClassifier.epochs_reported_to": {
        "YD01": "a context manager, which yields nothing"
    },
    "skneuron.PrunableMLPRegressor.epochs_reported_to": {
        "YD01": "a context manager, which yields nothing"
    },
}
# scikit-learn makes and documents these.
GENERATED = re.compile(r"set_\w+_request")


def public_names():
    """Where each name is to be imported from: the first of the modules that have it."""
    modules = [name for name in PUBLIC_MODULES if name != "skneuron.inspection"]
    first = {name: module for module in reversed(modules) for name in PUBLIC_MODULES[module]}
    return {f"{module}.{name}" for name, module in first.items()}


def found_at(path):
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def members(cls):
    """Names of its methods and properties that this package defines."""
    own = [vars(base) for base in cls.__mro__ if base.__module__.startswith("skneuron")]
    for name, member in inspect.getmembers(cls):
        if name.startswith("_") or GENERATED.fullmatch(name):
            continue
        is_described = inspect.isroutine(member) or isinstance(member, property)
        if is_described and any(name in names for names in own):
            yield name


DOCUMENTED = [
    path for path in LISTED if path not in MODULES and callable(found_at(path))
]  # constants have no docstrings
CLASSES = [path for path in DOCUMENTED if inspect.isclass(found_at(path))]
MEMBERS = [f"{path}.{name}" for path in CLASSES for name in members(found_at(path))]


@pytest.fixture(scope="module")
def findings():
    """What numpydoc says of an object's docstring: texts by their codes."""
    reason = "numpydoc is not installed: see the extra 'test'"
    validate = pytest.importorskip("numpydoc.validate", reason=reason).validate
    get_doc_object = importlib.import_module("numpydoc.docscrape").get_doc_object

    def found(documented):
        if not isinstance(documented, str):
            documented = get_doc_object(documented)
        return dict(validate(documented)["errors"])

    return found


def test_the_reference_lists_every_public_name_once():
    assert sorted(LISTED) == sorted(public_names() | MODULES)


def test_members_are_found():
    found = {path.removeprefix("skneuron.") for path in MEMBERS}
    assert found >= {
        "NeuronAblation.verdicts",  # its own
        "RottenNeuronPruner.predict",  # inherited, and there if the network has it
        "RottenNeuronPrunerCV.best_threshold_",  # a property
        "PrunableMLPRegressor.from_sklearn",  # a method of the class
    }
    assert not any("_request" in path or "._" in path for path in found)


def test_exceptions_are_of_names_that_there_are():
    assert set(EXCEPTIONS) <= {*DOCUMENTED, *MEMBERS}


@pytest.mark.parametrize("path", DOCUMENTED)
def test_names_are_documented(path, findings):
    """An exception that has become needless fails as well."""
    found = {code: text for code, text in findings(path).items() if code not in ALLOWED}
    assert set(found) == set(EXCEPTIONS.get(path, ())), found


@pytest.mark.parametrize("path", MEMBERS)
def test_members_are_documented(path, findings):
    allowed = {*ALLOWED, *ALLOWED_IN_MEMBERS}
    found = {code: text for code, text in findings(path).items() if code not in allowed}
    assert set(found) == set(EXCEPTIONS.get(path, ())), found


def docstring_of(path):
    owner, _, name = path.rpartition(".")
    found = found_at(path) if path in DOCUMENTED else getattr(found_at(owner), name)
    return inspect.getdoc(found) or ""


def numbers_of_references(text):
    """Of those that there are, in order, and of those that are cited."""
    return re.findall(r"^\.\. \[(\d+)\] ", text, re.MULTILINE), re.findall(r"\[(\d+)\]_", text)


@pytest.mark.parametrize("path", [*DOCUMENTED, *MEMBERS])
def test_references_are_numbered_and_cited(path):
    numbers, cited = numbers_of_references(docstring_of(path))
    assert numbers == [str(n + 1) for n in range(len(numbers))]
    assert set(cited) == set(numbers)


def test_references_are_found():
    text = "A [1]_, B [3]_.\n\nReferences\n----------\n.. [1] A, 2001.\n.. [2] B, 2002."
    assert numbers_of_references(text) == (["1", "2"], ["1", "3"])
    numbers, cited = numbers_of_references(docstring_of("skneuron.neuron_criterion"))
    assert len(numbers) > 9
    assert "14" in cited


def parameter_left_out(one, other):
    """Add two numbers.

    Parameters
    ----------
    one : int
        The first.

    Returns
    -------
    total : int
        The sum.
    """
    return one + other


def parameter_without_description(one):
    """Return a number.

    Parameters
    ----------
    one : int

    Returns
    -------
    same : int
    """
    return one


def without_docstring():
    pass


@pytest.mark.parametrize(
    ("planted", "codes"),
    [
        (parameter_left_out, {"PR01", "EX01", "SA01"}),
        (parameter_without_description, {"PR07", "RT03", "EX01", "SA01"}),
        (without_docstring, {"GL08"}),
    ],
)
def test_planted_faults_are_found(planted, codes, findings):
    assert set(findings(planted)) - set(ALLOWED) == codes


def test_a_parameter_that_is_left_out_is_named(findings):
    assert "other" in findings(parameter_left_out)["PR01"]
