"""Compilation: not at import, by one file of ours, with options that keep the bits."""

import ast
from pathlib import Path

import numba
import numpy as np
import pytest
from helpers import tiny_kernels
from helpers.child_python import run_python
from helpers.tiny_kernels import without_cache

import skneuron
from skneuron.kernels import _jit

PACKAGE = Path(skneuron.__file__).parent

needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: nothing is compiled"
)


def test_import_is_light(tmp_path):
    """It compiles nothing, starts no numba threads and leaves heavy packages alone."""
    state, _ = run_python(
        "import json, sys, numba\n"
        # scikit-learn imports some of them itself.
        "import sklearn.frozen, sklearn.model_selection, sklearn.neural_network\n"
        "before = set(sys.modules)\n"
        "import skneuron, skneuron.inspection\n"
        "from skneuron.kernels._notice import NOTICE\n"
        "heavy = {'matplotlib', 'pandas', 'jinja2', 'rich'} & (set(sys.modules) - before)\n"
        "from numba.np.ufunc import parallel\n"
        "print(json.dumps([sorted(heavy), parallel._is_initialized, NOTICE.done]))",
        NUMBA_CACHE_DIR=str(tmp_path),
    )
    assert state == [[], False, []]
    assert list(tmp_path.iterdir()) == []


@needs_jit
def test_options():
    made = [
        _jit.compiled(run_python),
        _jit.inlined(run_python),
        _jit.kernel(tiny_kernels.halve.py_func),
        _jit.with_threads(tiny_kernels.halve.py_func),
    ]
    options = [dispatcher.targetoptions for dispatcher in made]
    assert [bool(o.get("parallel")) for o in options] == [False, False, False, True]
    assert [bool(o.get("forceinline")) for o in options] == [False, True, False, False]
    assert all(o["nogil"] and o["error_model"] == "numpy" for o in options)
    assert not any(
        o.get("fastmath") for o in options
    )  # it would round as the code around it wants


# A function that compilers would not inline by themselves. Of no file, so that its machine code
# is not cached: numba keeps no readable form of what comes from there.
LONG = """
def called(x):
    {}
    return x

def caller(out):
    for i in range(len(out)):
        out[i] = called(out[i])
""".format("x = x * x + 0.5; " * 80)


@needs_jit
@pytest.mark.parametrize(("name", "n_calls"), [("inlined", 0), ("compiled", 1)])
def test_inlined_functions_leave_no_call_behind(name, n_calls):
    """Or the loops around them would not become vector instructions."""
    functions = {"__name__": __name__}
    exec(LONG, functions)
    expected = functions["called"](-0.25)
    called = functions["called"] = getattr(_jit, name)(functions["called"])
    assert called.targetoptions["nogil"]
    assert not called.targetoptions.get("fastmath")
    caller = without_cache(functions["caller"])
    out = np.array([-0.25, 0.25])
    caller(out)
    assert out.tolist() == [expected] * 2
    (code,) = caller.inspect_llvm().values()
    calls = [line for line in code.splitlines() if " call " in line and "called" in line]
    assert len(calls) == n_calls


def test_plain_functions_without_jit(monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    assert _jit._found_pipelines() == ({}, {})
    assert _jit.compiled(run_python) is run_python
    assert _jit.inlined(run_python) is run_python


COMPILERS = {"njit", "jit", "vectorize", "guvectorize", "stencil", "cfunc"}


def uses_of_the_compiler(source):
    """Names from numba that compile, as used in ``source``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "numba":
            yield from COMPILERS & {alias.name for alias in node.names}
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "numba":
            yield from COMPILERS & {node.attr}


def test_compiler_is_used_in_one_file_only():
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if set(uses_of_the_compiler(path.read_text()))
    }
    assert users == {"kernels/_jit.py"}
