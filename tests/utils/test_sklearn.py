"""What is taken from scikit-learn's private parts, and where."""

import ast
from pathlib import Path

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

import skneuron
from skneuron import PrunableMLPClassifier
from skneuron.utils import _sklearn

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
