"""Compilation: not at import, once a machine, and possible where no cache can be written."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

import skneuron
from skneuron.kernels import _jit
from skneuron.kernels.forward import layer_activations

PACKAGE = Path(skneuron.__file__).parent

needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: nothing is compiled"
)

# Runs one pair of twins and prints how often each was compiled, and loaded from the cache.
RUN_KERNEL = """
import joblib, json, numba, numpy as np
from skneuron.utils import run_kernel
from skneuron.kernels.forward import ACTIVATION_CODES, layer_activations as twins
joblib.cpu_count = lambda: 2
X, parameters, sizes = np.ones((600, 2)), np.full(13, 0.5), np.array([2, 3, 1])
bits = set()
for n_threads in (1, 2):
    numba.set_num_threads(n_threads)
    out = np.empty((600, 3))
    run_kernel(twins, X, parameters, sizes, ACTIVATION_CODES["tanh"], 0, out)
    np.testing.assert_allclose(out, np.tanh(1.5), rtol=1e-15)
    bits.add(out.tobytes())
assert len(bits) == 1
stats = [twin.stats for twin in twins]
print(json.dumps({
    "compiled": [sum(s.cache_misses.values()) for s in stats],
    "loaded": [sum(s.cache_hits.values()) for s in stats],
}))
"""


def run_python(script, **environment):
    child = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"NUMBA_NUM_THREADS": "2"} | environment,
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout)


def cached_files(cache, suffix):
    return sorted(path.name for path in cache.rglob(f"*.{suffix}"))


def test_import_is_light(tmp_path):
    """It compiles nothing, starts no numba threads and leaves heavy packages alone."""
    state = run_python(
        "import json, sys, numba\n"
        # scikit-learn imports some of them itself.
        "import sklearn.frozen, sklearn.model_selection, sklearn.neural_network\n"
        "before = set(sys.modules)\n"
        "import skneuron, skneuron.inspection\n"
        "heavy = {'matplotlib', 'pandas', 'jinja2', 'rich'} & (set(sys.modules) - before)\n"
        "from numba.np.ufunc import parallel\n"
        "print(json.dumps([sorted(heavy), parallel._is_initialized]))",
        NUMBA_CACHE_DIR=str(tmp_path),
    )
    assert state == [[], False]
    assert cached_files(tmp_path, "nbi") == cached_files(tmp_path, "nbc") == []


@needs_jit
def test_second_process_compiles_nothing():
    """With the cache that the tests share, which the first process fills if need be."""
    run_python(RUN_KERNEL)
    assert run_python(RUN_KERNEL) == {"compiled": [0, 0], "loaded": [1, 1]}


@needs_jit
def test_twins_have_cache_entries_of_their_own():
    names = [twin.py_func.__qualname__ for twin in layer_activations]
    digest = _jit._kernels_digest()
    assert names == [f"layer_activations_{kind}_{digest}" for kind in ("serial", "parallel")]


@needs_jit
def test_works_where_no_cache_can_be_written(tmp_path):
    result = run_python(
        "import json, numpy as np\n"
        "from numba.core import caching\n"
        "caching.CacheImpl._locator_classes = []\n"  # neither the package nor the home folder
        "from skneuron.kernels.forward import ACTIVATION_CODES, activate\n"
        "z = np.array([[-1.0, 2.0]])\n"
        "activate(ACTIVATION_CODES['relu'], z)\n"
        "print(json.dumps([z.tolist(), len(activate.signatures)]))",
        NUMBA_CACHE_DIR=str(tmp_path),
    )
    assert result == [[[0.0, 2.0]], 1]
    assert cached_files(tmp_path, "nbi") == []


def test_digest_covers_all_kernel_files_and_numba(tmp_path, monkeypatch):
    """Or an edited callee in another file would go on running as it was."""
    monkeypatch.setattr(_jit, "__file__", str(tmp_path / "_jit.py"))
    (tmp_path / "_jit.py").write_text("options")
    (tmp_path / "callee.py").write_text("return 1")
    digest = _jit._kernels_digest.__wrapped__
    first = digest()
    assert digest() == first
    (tmp_path / "callee.py").write_text("return 2")
    edited = digest()
    (tmp_path / "added.py").write_text("")
    (tmp_path / "added.py").write_text("more")
    added = digest()
    monkeypatch.setattr(numba, "__version__", "0.0")
    assert len({first, edited, added, digest()}) == 4


@needs_jit
def test_options_of_twins():
    def squares(out):
        for i in numba.prange(len(out)):
            out[i] = i * i

    twins = _jit.parallel_twins(squares)
    options = [twin.targetoptions for twin in twins]
    assert [bool(o.get("parallel")) for o in options] == [False, True]
    assert all(o["nogil"] and o["error_model"] == "numpy" for o in options)
    assert not any(o.get("fastmath") for o in options)  # it would round the twins differently
    for twin in twins:
        out = np.zeros(4)
        twin(out)
        assert out.tolist() == [0, 1, 4, 9]


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
    functions = {}
    exec(LONG, functions)
    expected = functions["called"](-0.25)
    called = functions["called"] = getattr(_jit, name)(functions["called"])
    assert called.targetoptions["nogil"]
    assert not called.targetoptions.get("fastmath")
    caller = _jit.compiled(functions["caller"])
    out = np.array([-0.25, 0.25])
    caller(out)
    assert out.tolist() == [expected] * 2
    (code,) = caller.inspect_llvm().values()
    calls = [line for line in code.splitlines() if " call " in line and "called" in line]
    assert len(calls) == n_calls


def test_plain_functions_without_jit(monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    assert _jit.parallel_twins(run_python) == (run_python, run_python)
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
