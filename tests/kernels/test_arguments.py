"""Every kernel takes the fields of its named tuples one by one, under their names and in order.

numba does not take long named tuples (see `skneuron.kernels.training.loop.train`), so callers
unpack them, ``*truth, *before, *changes``, and kernels build them again. Two fields of the same
type that are swapped anywhere on the way would compile, and give wrong results. So parameters bear
the names of the fields, and no two tuples of a kernel have a field of the same name.
"""

import ast
import importlib
import inspect
import pkgutil
import textwrap

import numba
import pytest

import skneuron.kernels
from skneuron.kernels import Kernel
from skneuron.kernels.ablation.row_scores import Before, Changes, Truth
from skneuron.kernels.ablation.sweep import LostRows
from skneuron.kernels.training.buffers import Layout, Rows, Settings, State, Workspace

# The named tuples of each kernel that Python calls, in the order of its parameters.
TUPLES = {
    "layer_activations": [],
    "sparse_first_inputs": [],
    "train": [Rows, Layout, State, Workspace, Settings],
    "forward_with_residuals": [],
    "outputs_without_each_neuron": [],
    "score_full_network": [Truth, Before],
    "ablate_each_neuron": [LostRows, Truth, Before, Changes],
    "ablate_each_pair": [Truth, Before, Changes],
    "ablate_along_permutations": [Truth, Before, Changes],
}
# A network is a plain tuple everywhere, from `Network.kernel_arguments`.
NETWORK = ("parameters", "sizes", "activation")
KERNELS_OF_NETWORKS = TUPLES.keys() - {"train", "score_full_network", "sparse_first_inputs"}


def all_kernels():
    """Every `Kernel` anywhere in `skneuron.kernels`, by name."""
    found = {}
    packages = pkgutil.walk_packages(skneuron.kernels.__path__, "skneuron.kernels.")
    for module in [skneuron.kernels, *(importlib.import_module(p.name) for p in packages)]:
        for value in vars(module).values():
            if isinstance(value, Kernel):
                found[value.__wrapped__.__code__.co_name] = value
    return found


def plain(name):
    """A kernel by its name, as plain Python."""
    return all_kernels()[name].__wrapped__


def parameters_of(function):
    return list(inspect.signature(function).parameters)


def assert_contiguous(function, names):
    """``names`` are parameters of the function, next to each other and in this order."""
    parameters = parameters_of(function)
    n = len(names)
    runs = [parameters[at : at + n] for at in range(len(parameters) - n + 1)]
    assert list(names) in runs, f"{function.__name__}{parameters} has no {list(names)} in a row"


def rebuilt_by(function):
    """Calls of named tuples in the function's source: their names, and the arguments' names."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    names = {tuple_type.__name__ for tuples in TUPLES.values() for tuple_type in tuples}
    return [
        (node.func.id, [ast.unparse(argument) for argument in node.args])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    ]


def check_arguments(function, tuples):
    """The kernel takes and rebuilds these named tuples and no others."""
    assert_contiguous(function, [name for each in tuples for name in each._fields])
    expected = [(each.__name__, list(each._fields)) for each in tuples]
    assert rebuilt_by(function) == expected, function.__name__


def test_the_table_names_every_kernel():
    assert all_kernels().keys() == TUPLES.keys()


@pytest.mark.parametrize("name", TUPLES)
def test_parameters_are_the_fields_of_the_named_tuples(name):
    check_arguments(plain(name), TUPLES[name])


@pytest.mark.parametrize("name", sorted(KERNELS_OF_NETWORKS))
def test_networks_come_in_one_order(name):
    assert_contiguous(plain(name), NETWORK)


@pytest.mark.parametrize("name", TUPLES)
def test_the_driver_comes_first(name):
    assert parameters_of(plain(name))[0] == "driver"


@pytest.mark.parametrize("name", TUPLES)
def test_threads_are_an_argument_of_the_same_function(monkeypatch, name):
    kernel, calls = all_kernels()[name], []
    compiled_from = getattr(kernel.dispatcher, "py_func", kernel.dispatcher)
    assert compiled_from is kernel.__wrapped__
    monkeypatch.setattr(kernel, "dispatcher", lambda *arguments: calls.append(arguments))
    kernel.serial("a", 7)
    kernel.parallel("a", 7)
    (alone, *rest), (threaded, *same) = calls
    assert rest == same == ["a", 7]
    assert alone == (0, 1)
    assert threaded[1] == numba.get_num_threads()
    assert (threaded[0] != 0) == (not numba.config.DISABLE_JIT)


# ---- planted mistakes


def right(inputs, task, codes, targets, sample_weight, predicted, row_losses, row_squares):
    truth = Truth(task, codes, targets, sample_weight)
    return inputs, truth, Before(predicted, row_losses, row_squares)


def swapped_parameters(
    inputs, task, codes, targets, sample_weight, predicted, row_squares, row_losses
):
    truth = Truth(task, codes, targets, sample_weight)
    return inputs, truth, Before(predicted, row_losses, row_squares)


def swapped_tuples(
    inputs, predicted, row_losses, row_squares, task, codes, targets, sample_weight
):
    truth = Truth(task, codes, targets, sample_weight)
    return inputs, truth, Before(predicted, row_losses, row_squares)


def swapped_where_rebuilt(
    inputs, task, codes, targets, sample_weight, predicted, row_losses, row_squares
):
    truth = Truth(task, codes, targets, sample_weight)
    return inputs, truth, Before(predicted, row_squares, row_losses)


def something_between(
    task, codes, targets, sample_weight, inputs, predicted, row_losses, row_squares
):
    truth = Truth(task, codes, targets, sample_weight)
    return inputs, truth, Before(predicted, row_losses, row_squares)


def another_tuple_as_well(
    inputs, task, codes, targets, sample_weight, predicted, row_losses, row_squares
):
    truth = Truth(task, codes, targets, sample_weight)
    before = Before(predicted, row_losses, row_squares)
    return inputs, truth, before, Layout(codes, targets, codes, targets)


MISTAKES = [
    swapped_parameters,
    swapped_tuples,
    swapped_where_rebuilt,
    something_between,
    another_tuple_as_well,
]


@pytest.mark.parametrize("function", MISTAKES)
def test_mistakes_are_found(function):
    check_arguments(right, [Truth, Before])
    with pytest.raises(AssertionError):
        check_arguments(function, [Truth, Before])
