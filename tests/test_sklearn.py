"""What is taken from scikit-learn's private parts, and the direction of imports."""

import ast
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

import skneuron
from skneuron import PrunableMLPClassifier, _sklearn

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


def modules_imported_by(path):
    """The modules that a file imports; `from a import b` imports a.b if that is one."""
    for _, module, name in imports_of(path):
        inner = f"{module}.{name}"
        yield inner if inner in MODULES else module


def own_imports(module):
    return {m for m in modules_imported_by(MODULES[module]) if m.split(".")[0] == "skneuron"}


def is_private(module, name):
    parts = [*module.split("."), *([name] if name else [])]
    return parts[0] == "sklearn" and any(part.startswith("_") for part in parts)


def test_private_names_of_scikit_learn_are_imported_in_one_file():
    users = {
        module
        for module, path in MODULES.items()
        if any(is_private(source, name) for _, source, name in imports_of(path))
    }
    assert users == {"skneuron._sklearn"}


def test_imports_are_absolute():
    relative = {m for m, path in MODULES.items() if any(level for level, *_ in imports_of(path))}
    assert not relative


def test_imports_point_one_way():
    graph = {module: own_imports(module) - {"skneuron"} for module in MODULES}
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError
    assert order.index("skneuron._parallel") < order.index("skneuron._network")


def belongs_to(module, prefixes):
    return any(f"{module}.".startswith(f"{prefix}.") for prefix in prefixes)


@pytest.mark.parametrize(
    ("user", "allowed"),
    [
        ("skneuron.kernels", ["skneuron.kernels", "numba", "llvmlite", "numpy"]),
        (
            "skneuron._parallel",
            ["skneuron.kernels._jit", "numba", "joblib", "threadpoolctl", "scipy"],
        ),
        ("skneuron._sklearn", ["sklearn"]),
    ],
)
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


@pytest.mark.parametrize(
    "user",
    ["skneuron.inspection", "skneuron._network", "skneuron._neurons", "skneuron._surgery",
     "skneuron._prune", "skneuron._split", "skneuron._threshold"],
)  # fmt: skip
def test_analysis_and_surgery_know_no_estimators_of_ours(user):
    above = ["skneuron._mlp", "skneuron._pruner", "skneuron._delegation", "skneuron.plotting"]
    users = [module for module in MODULES if belongs_to(module, [user])]
    assert users
    for module in users:
        assert not {m for m in own_imports(module) if belongs_to(m, above)}


@pytest.mark.parametrize("name", _sklearn.__all__)
def test_listed_names_exist(name):
    assert getattr(_sklearn, name) is not None


@pytest.mark.parametrize("base", [MLPClassifier, MLPRegressor])
def test_scikit_learn_still_has_the_methods_that_are_extended(base):
    """An override of a method that is gone would never be called."""
    extended = ("_fit", "_fit_stochastic", "_fit_lbfgs", "_backprop", "_forward_pass_fast")
    for name in (*extended, "_update_no_improvement_count"):
        assert callable(getattr(base, name))


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
