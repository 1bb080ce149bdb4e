"""Named tuples by reference: the same fields, read and written, and no reference counted."""

import ast
import pkgutil
from importlib.util import find_spec
from pathlib import Path

import numba
import numpy as np
import pytest
from helpers import tiny_kernels
from helpers.references import all_given_back
from helpers.tiny_kernels import First, Mixed, Second

from skneuron import kernels
from skneuron.kernels import _held

needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: nothing is compiled"
)
each_way = pytest.mark.parametrize("way", ["serial", "parallel"])


def mixed(flag=True, dtype=np.float64):
    return Mixed(
        count=2,
        rate=0.5,
        flag=flag,
        values=np.array([1, 2, 3], dtype),
        table=np.array([[1, 2], [3, 4], [5, 6]], dtype),
        pair=(7, np.zeros(1, dtype)),
    )


@pytest.mark.parametrize(("flag", "expected"), [(True, 2.0), (False, 4.0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fields_of_every_kind(flag, expected, dtype):
    """Integers, floats and flags; arrays that are read and written; tuples."""
    given = mixed(flag, dtype)
    assert tiny_kernels.use_held(given) == expected
    assert given.values.tolist() == [2, 4, 3]
    assert given.table.tolist() == [[7, 2], [3, 4], [5, 6]]
    assert given.pair[1].tolist() == [-1]


@each_way
def test_parts_get_them_as_well(way):
    out = np.zeros(3)
    getattr(tiny_kernels.use_held_in_parts, way)(mixed(), out)
    assert out.tolist() == [0.5, 1, 1.5]


@needs_jit
def test_an_unknown_field_is_a_typing_error():
    with pytest.raises(numba.TypingError, match=r"Unknown attribute 'unknown' of type Held\(Mix"):
        tiny_kernels.use_unknown(mixed())


@pytest.mark.parametrize("second", [2, 2.5])
def test_classes_of_the_same_name_keep_their_own_fields(second):
    """With fields of one type, and of two: numba has a type of its own for each case."""
    assert tiny_kernels.x_of_both(First(1, second), Second(1, second)) == (1, second)


@needs_jit
def test_a_type_for_each_type_that_is_held():
    held = [
        _held.Held(numba.typeof(of))
        for of in (First(1, 2), Second(1, 2), First(1, 2.0), First(np.ones(1), 2))
    ]
    assert len(set(held)) == len(held)
    assert _held.Held(numba.typeof(First(5, 6))) == held[0]


@needs_jit
def test_references_are_given_back():
    given = mixed()
    tiny_kernels.use_held(given)
    with all_given_back(given.values, given.table, given.pair[1]):
        for _ in range(1000):
            tiny_kernels.use_held(given)


@needs_jit
@each_way
def test_references_are_given_back_by_parts(way):
    given, out = mixed(), np.zeros(3)
    run = getattr(tiny_kernels.use_held_in_parts, way)
    run(given, out)
    with all_given_back(given.values, given.table, given.pair[1], out):
        for _ in range(1000):
            run(given, out)


@pytest.mark.skipif(not numba.config.DISABLE_JIT, reason="only with NUMBA_DISABLE_JIT=1")
def test_plain_python_holds_the_tuple_itself():
    given = mixed()
    assert _held.hold(given) is given
    with pytest.raises(AttributeError):
        tiny_kernels.use_unknown(given)


def test_kernels_hold_nothing_but_their_arguments():
    """A reference keeps no array alive: what a kernel makes itself may be gone when it is read."""
    n_held = 0
    for module in pkgutil.walk_packages(kernels.__path__, f"{kernels.__name__}."):
        tree = ast.parse(Path(find_spec(module.name).origin).read_text(encoding="utf-8"))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            arguments = {each.arg for each in function.args.args}
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                if isinstance(call.func, ast.Name) and call.func.id == "hold":
                    (held,) = call.args
                    assert {each.id for each in held.args} <= arguments, ast.unparse(call)
                    assert [each.id for each in function.decorator_list] == ["Kernel"]
                    n_held += 1
    assert n_held > 10
