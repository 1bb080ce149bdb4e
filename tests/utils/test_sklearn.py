"""What is taken from scikit-learn's private parts, and where."""

import ast
import inspect
import pkgutil
import re
import warnings
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import sklearn
from helpers.private_sklearn import PRIVATE_ATTRIBUTES, PRIVATE_NAMES
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, check_scoring, make_scorer
from sklearn.neural_network import MLPClassifier, MLPRegressor

import skneuron
from skneuron import PrunableMLPClassifier
from skneuron.utils import _sklearn

has_callbacks = find_spec("sklearn.callback") is not None  # scikit-learn 1.9 and later

PACKAGE = Path(skneuron.__file__).parent
MODULES = {
    ".".join(("skneuron", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in PACKAGE.rglob("*.py")
}


def imports_of(path):
    """Every import statement of a file as (relative level, module, name or None)."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.level, node.module or "", alias.name) for alias in node.names)


def is_private(module, name):
    parts = [*module.split("."), *([name] if name else [])]
    return parts[0] == "sklearn" and any(part.startswith("_") for part in parts)


def test_private_names_of_scikit_learn_are_imported_in_one_file():
    users = {
        module
        for module, path in MODULES.items()
        if any(is_private(source, name) for _, source, name in imports_of(path))
    }
    assert users == {"skneuron.utils._sklearn"}


@pytest.mark.parametrize("name", _sklearn.__all__)
def test_listed_names_exist(name):
    assert getattr(_sklearn, name) is not None


@pytest.mark.parametrize("base", [MLPClassifier, MLPRegressor])
def test_scikit_learn_still_has_the_methods_that_are_extended(base):
    """An override of a method that is gone would never be called."""
    extended = ("_fit", "_fit_stochastic", "_fit_lbfgs", "_backprop", "_forward_pass_fast")
    for name in (*extended, "_update_no_improvement_count"):
        assert callable(getattr(base, name))


# ---- private names are what they were


@pytest.mark.parametrize("name", PRIVATE_NAMES)
def test_signatures_are_those_that_are_relied_on(name):
    if name.startswith("sklearn.callback.") and not has_callbacks:
        pytest.skip("scikit-learn before 1.9 has no callbacks")
    relied_on_by, signatures = PRIVATE_NAMES[name]
    todo = f"Relied on by: {relied_on_by}. Mend that, then PRIVATE_NAMES in tests/helpers."
    try:
        signature = str(inspect.signature(pkgutil.resolve_name(name)))
    except (ImportError, AttributeError):
        pytest.fail(f"scikit-learn {sklearn.__version__} has no {name} any more. {todo}")
    assert signature in signatures, (
        f"scikit-learn {sklearn.__version__} has changed {name} to {signature}. {todo}"
    )


def test_all_imported_names_are_pinned():
    imported = {
        f"{module}.{name}"
        for _, module, name in imports_of(Path(_sklearn.__file__))
        if is_private(module, name)
    }
    assert len(imported) > 10
    assert {
        name
        for name in imported
        if not any(f"{pinned}.".startswith(f"{name}.") for pinned in PRIVATE_NAMES)
    } == set()


def private_names(thing):
    return {name for name in dir(thing) if name.startswith("_") and not name.startswith("__")}


@pytest.fixture(scope="module")
def fitted(data):
    """Objects of scikit-learn's with all their private attributes, by what they are."""
    few = {"hidden_layer_sizes": (3,), "max_iter": 2, "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier = MLPClassifier(**few, early_stopping=True).fit(*data)
        regressor = MLPRegressor(**few, solver="lbfgs").fit(*data)
    return {
        "classifier": classifier,
        "regressor": regressor,
        "scorer": make_scorer(accuracy_score),
        "scorers": check_scoring(classifier, scoring=["accuracy"]),
    }


def test_private_attributes_are_still_there(fitted):
    known = set().union(*map(private_names, fitted.values()))
    if has_callbacks:
        source = inspect.getsource(import_module("sklearn.callback._callback_support"))
        known |= {"_skl_callbacks", "_parent_callback_ctx"} & set(re.findall(r"\w+", source))
    else:
        known |= {"_skl_callbacks", "_parent_callback_ctx"}
    gone = {name: user for name, user in PRIVATE_ATTRIBUTES.items() if name not in known}
    assert gone == {}, f"scikit-learn {sklearn.__version__} no longer has them; mend what does"


@pytest.mark.parametrize(
    ("solver", "names"),
    [
        ("sgd", "learning_rate learning_rate_init momentum nesterov velocities"),
        ("adam", "learning_rate learning_rate_init beta_1 beta_2 epsilon ms t vs"),
    ],
)
def test_optimizers_have_the_attributes_that_training_copies(data, solver, names):
    optimizer = MLPClassifier((4,), solver=solver).partial_fit(*data, classes=[0, 1])._optimizer
    assert set(names.split()) <= set(vars(optimizer))


# ---- and nothing but the one file knows them


def names_used(module):
    """Attributes and strings in a module's code, but for what classes of ours call their own."""
    is_network = module.startswith("skneuron.neural_network")
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Attribute):
            if is_network or not (isinstance(node.value, ast.Name) and node.value.id == "self"):
                yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif is_network and isinstance(node, ast.FunctionDef):
            yield node.name


def test_private_attributes_are_named_in_one_file(fitted):
    private = set(PRIVATE_ATTRIBUTES).union(*map(private_names, fitted.values()))
    used = {
        module: names
        for module in MODULES
        if module != "skneuron.utils._sklearn" and (names := private & set(names_used(module)))
    }
    assert used.pop("skneuron.neural_network._mlp") == {"_parameter_constraints"}
    overridden = used.pop("skneuron.neural_network._training")
    assert used == {}
    mlps = re.compile(r"sklearn\.neural_network\._multilayer_perceptron\.\w+\.(\w+)")
    pinned = {found[1] for name in PRIVATE_NAMES if (found := mlps.fullmatch(name))}
    assert overridden == pinned - {"_update_no_improvement_count"}


# ---- functions


@pytest.mark.parametrize(
    ("solver", "moments"), [("adam", ["ms", "vs"]), ("sgd", ["velocities"])], ids=["adam", "sgd"]
)
def test_moments_of_the_optimizers_are_all_known(data, solver, moments):
    """Every attribute with an array for each parameter is one that surgery cuts."""
    optimizer = MLPClassifier((4,), solver=solver).partial_fit(*data, classes=[0, 1])._optimizer
    found = {
        name
        for name, value in vars(optimizer).items()
        if isinstance(value, list) and [np.ndim(v) for v in value] == [2, 2, 1, 1]
    }
    assert found == set(moments)
    assert tuple(moments) == _sklearn._OPTIMIZER_MOMENTS[type(optimizer).__name__]


@pytest.mark.parametrize("written", [(7, 5), [7, 5], 7])
def test_fitted_sizes_are_in_effect_for_a_while(written):
    mlp = PrunableMLPClassifier(written)
    with _sklearn.fitted_sizes_in_effect(mlp, (3, 2)):
        assert mlp.hidden_layer_sizes == (3, 2)
    assert mlp.hidden_layer_sizes is written
    with pytest.raises(MemoryError), _sklearn.fitted_sizes_in_effect(mlp, (3, 2)):
        raise MemoryError
    assert mlp.hidden_layer_sizes is written


def test_moments_left_from_another_network_are_dropped(data):
    """lbfgs trains without an optimizer object, and leaves an older one where it is."""
    mlp = PrunableMLPClassifier((6,), random_state=0).partial_fit(*data, classes=[0, 1])
    mlp.set_params(solver="lbfgs", hidden_layer_sizes=(4,)).fit(*data)
    mlp.prune_neurons([(0, 1)])
    assert mlp.hidden_layer_sizes_ == (3,)
    assert not hasattr(mlp, "_optimizer")
