"""Callees that are linked only: the same bits as numba's own way, which others find unchanged."""

import gc
import threading

import numba
import numpy as np
import pytest
from helpers import tiny_kernels
from helpers.child_python import run_python
from helpers.tiny_kernels import TESTS, without_cache
from numba.core import errors
from numba.core.registry import cpu_target

from skneuron.kernels import _jit

needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: nothing is compiled"
)
needs_linking = pytest.mark.skipif(
    not _jit.LINKED, reason="nothing is linked: NUMBA_DISABLE_JIT=1 or SKNEURON_LINKED_KERNELS=0"
)


# The kernels of a fit and an ablation, and what they write.
FIT = """
import hashlib, json, warnings
import numpy as np
from sklearn.datasets import load_digits
from skneuron.inspection import neuron_ablation
from skneuron.kernels import _jit
from skneuron.kernels._notice import NOTICE
from skneuron.neural_network import PrunableMLPClassifier
warnings.simplefilter("ignore")  # three epochs do not converge
X, y = load_digits(return_X_y=True)
X, y = X[:300] / 16, y[:300]
network = PrunableMLPClassifier((6, 4), max_iter=3, random_state=0).fit(X, y)
result = neuron_ablation(network, X, y)
arrays = [*network.coefs_, *network.intercepts_]
for name in sorted(result):
    values = result[name] if isinstance(result[name], (list, tuple)) else [result[name]]
    arrays += [v for v in values if isinstance(v, np.ndarray) and v.dtype.kind in "biuf"]
digest = hashlib.sha256()
for array in arrays:
    digest.update(repr((array.shape, array.dtype)).encode())
    digest.update(np.ascontiguousarray(array).tobytes())
print(json.dumps({
    "linked": _jit.LINKED, "bits": digest.hexdigest(), "n_arrays": len(arrays),
    "compiled": sorted({done.kernel for done in NOTICE.done}),
}))
"""


@needs_linking
def test_numbas_own_way_gives_the_same_bits(tmp_path):
    """The first child fills the cache that the tests share, if need be: the second has to."""
    linked, again = run_python(FIT).result, run_python(FIT).result
    plain, _ = run_python(FIT, SKNEURON_LINKED_KERNELS="0", NUMBA_CACHE_DIR=str(tmp_path))
    assert (linked["linked"], plain["linked"]) == (True, False)
    assert linked["n_arrays"] > 8
    assert plain["bits"] == linked["bits"] == again["bits"]
    assert {"train", "ablate_each_neuron"} <= set(plain["compiled"])
    assert again["compiled"] == []


@needs_jit
@pytest.mark.parametrize("switch", ["", "0"])
def test_kernels_of_both_ways(tmp_path, switch):
    """And where numba is not what it was, which the second child imitates."""
    script = (
        "import json, numba, numpy as np\n"
        "from numba.core import codegen\n"
        "if {broken}:\n"
        "    del codegen.JITCodeLibrary\n"
        "from helpers.tiny_kernels import halve, half_of_next\n"
        "from skneuron.kernels import _jit\n"
        "a = np.array([1.0, 3.0])\n"
        "halve(a)\n"
        "try:\n"
        "    called = half_of_next(3.0)\n"
        "except RuntimeError as error:\n"
        "    called = type(error).__name__\n"
        "print(json.dumps([_jit.LINKED, a.tolist(), called]))"
    )
    for broken in (False, True):
        result, _ = run_python(
            script.format(broken=broken),
            path=TESTS,
            NUMBA_CACHE_DIR=str(tmp_path),
            SKNEURON_LINKED_KERNELS=switch,
        )
        is_linked = not broken and not switch
        assert result == [is_linked, [1, 2], "RuntimeError" if is_linked else 2]


@needs_linking
@pytest.mark.parametrize(
    "call",
    [
        "plus_one(1.0)",
        "half_of_next(1.0)",
        "half_of_next(x=1.0)",
        "half_of_next()",
        "half_of_next(None)",
        "half_of_next(np.ones(2))",
    ],
)
def test_callees_are_not_for_python(call, capfd):
    """Before and after kernels that have them are compiled; nothing is printed beside it."""
    names = {
        "plus_one": tiny_kernels.plus_one,
        "half_of_next": tiny_kernels.half_of_next,
        "np": np,
    }
    for _ in range(2):
        with pytest.raises(RuntimeError, match=f"{call.split('(')[0]} is compiled for other"):
            eval(call, names)
        a = np.array([1.0, 3.0])
        tiny_kernels.halve(a)  # calls both
        assert a.tolist() == [1, 2]
    assert "PyObject" not in capfd.readouterr().err


@needs_jit
def test_kernels_can_be_called_by_keyword_and_in_threads():
    arrays = [np.array([1.0, 3.0]) for _ in range(4)]
    threads = [
        threading.Thread(target=tiny_kernels.halve, kwargs={"a": array}) for array in arrays
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [array.tolist() for array in arrays] == [[1, 2]] * 4


def compiler_state():
    codegen = cpu_target.target_context.codegen()
    return "_library_class" in vars(codegen), codegen._library_class, gc.get_freeze_count() > 0


@needs_linking
@pytest.mark.parametrize("frozen", [False, True])
def test_numba_is_left_as_it_was(frozen):
    """Also the collector of garbage, which stands still while something is compiled."""
    seen = []

    def watched():
        pass

    @numba.extending.overload(watched)
    def watch():
        seen.append(compiler_state())
        return lambda: None

    @_jit.compiled
    def callee(x):
        watched()
        return x + 1

    def caller(x):
        return callee(x)

    # Python 3.12 itself has frozen some objects, which stay so.
    by_python = gc.get_freeze_count() > 0
    try:
        if frozen:
            gc.freeze()
        before = compiler_state()
        assert before[2] == (frozen or by_python)
        assert without_cache(caller)(1.5) == 2.5
        assert compiler_state() == before
        ((is_own, library_class, is_frozen),) = set(seen)
        assert is_own
        assert is_frozen
        assert library_class.__name__ == "LinkedLibrary"
    finally:
        gc.unfreeze()


def typing_error(a):
    return a.no_such_attribute


def typing_error_inside(a):
    return call_of_broken(a)


# numba 0.60 has one class for whatever it does not know.
UNSUPPORTED = getattr(errors, "UnsupportedBytecodeError", errors.UnsupportedError)


def unsupported(a):
    with open(a) as file:
        return file


@_jit.compiled
def call_of_broken(a):
    return a + "text"


@needs_linking
@pytest.mark.parametrize(
    ("function", "error"),
    [
        (typing_error, numba.TypingError),
        (typing_error_inside, numba.TypingError),
        (unsupported, UNSUPPORTED),
    ],
)
def test_numba_is_left_as_it_was_after_an_error(function, error):
    before = compiler_state()
    for _ in range(2):
        with pytest.raises(error):
            without_cache(function)(np.ones(2))
        assert compiler_state() == before
    a = np.array([1.0, 3.0])
    without_cache(tiny_kernels.halve.py_func)(a)
    assert a.tolist() == [1, 2]


@needs_linking
def test_numba_is_left_as_it_was_after_an_interrupt():
    before = compiler_state()

    def interrupted():
        pass

    @numba.extending.overload(interrupted)
    def interrupt():
        raise KeyboardInterrupt

    def caller(a):
        return interrupted()

    with pytest.raises(KeyboardInterrupt):
        without_cache(caller)(1)
    assert compiler_state() == before


# What a user compiles after us, of numba's functions that we have linked before.
USER = """
import json, numba, numpy as np
from numba import njit, prange
from helpers.user_kernels import ours, work
expected = work.py_func(5)
assert ours(5) == expected
plain = njit(work.py_func)
@njit(parallel=True)
def in_threads(n):
    firsts = np.empty(n)
    for i in prange(n):
        firsts[i] = np.zeros(3)[2] + i
    return firsts.sum()
@njit
def missing():
    numbers = [1.0]
    numbers.pop()
    return numbers.pop()
@njit
def kept():
    table = {1: 2.0}
    return table, np.zeros(3)
@njit
def called(function, x):
    return function(x)
@numba.vectorize(["float64(float64)"])
def ufunc(x):
    return min(x, np.zeros(2)[1])
@numba.cfunc("float64(float64)")
def callback(x):
    return np.empty(3).size + x
try:
    missing()
except IndexError as error:
    text = str(error)
table, zeros = kept()
found = [table[1], zeros.tolist()]
del table, zeros
print(json.dumps([
    bool(plain(5) == expected), in_threads(5), bool(called(plain, 5) == expected), text, found,
    ufunc(np.array([-1.0, 2.0])).tolist(), callback.ctypes(1.0),
]))
"""


@needs_linking
def test_numbas_own_functions_still_work_for_others(tmp_path):
    (tmp_path / "helpers").mkdir()
    (tmp_path / "helpers" / "user_kernels.py").write_text(
        "import numpy as np\n"
        "from skneuron.kernels._jit import compiled, kernel\n"
        "@compiled\n"
        "def work(n):\n"
        "    a = np.empty(n)\n"
        "    a[:] = np.arange(n)[::-1]\n"
        "    matrix = np.ascontiguousarray(np.zeros((n, n))[:, :2])\n"
        "    numbers = [1.0]\n"
        "    numbers.append(np.sort(a)[0])\n"
        "    table = {1: 2.0, n: a.max()}\n"
        "    return matrix.sum() + numbers.pop() + table[n]\n"
        "@kernel\n"
        "def ours(n):\n"
        "    return work(n)\n"
    )
    result, _ = run_python(USER, path=tmp_path, NUMBA_CACHE_DIR=str(tmp_path))
    assert result == [
        True, 10, True, "pop from empty list", [2, [0, 0, 0]], [-1, 0], 4,
    ]  # fmt: skip
