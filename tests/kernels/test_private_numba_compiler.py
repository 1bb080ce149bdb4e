"""How numba's compiler and its objects behave, where kernels rely on more than signatures.

Those are in `test_private_numba.py`. A new numba that changes any of it breaks these tests.
"""

import ctypes
import os
import pickle
import threading
from typing import Any, NamedTuple

import numba
import pytest
from numba.core import callconv, codegen, typed_passes, types
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher, cpu_target
from numba.core.typing.templates import AttributeTemplate

from skneuron.kernels import _forks, _jit

needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: nothing is compiled"
)


@pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT) or os.environ.get("SKNEURON_LINKED_KERNELS") == "0",
    reason="told not to link",
)
def test_kernels_are_linked():
    """If this fails alone, look at `_jit._linking_pipelines`: a name is not there any more."""
    assert _jit.LINKED
    linked, whole = _jit._linking_pipelines()
    assert linked is not whole


def test_libraries_are_of_a_class_that_can_be_replaced():
    """`_jit.numbas_own_linked` does so by an attribute that hides the class's."""
    generator = cpu_target.target_context.codegen()
    assert generator is cpu_target.target_context.codegen()
    assert "_library_class" not in vars(generator)
    assert generator._library_class is codegen.JITCodeLibrary
    try:
        generator._library_class = type("Other", (codegen.JITCodeLibrary,), {})
        assert type(generator.create_library("a library")).__name__ == "Other"
    finally:
        del generator._library_class


@pytest.mark.parametrize(
    "name",
    ["_codegen", "_final_module", "_finalized", "_linking_libraries", "codegen"],
)
def test_libraries_have_what_linked_ones_use(name):
    library = cpu_target.target_context.codegen().create_library("a library")
    library.enable_object_caching()
    assert hasattr(library, name)


def test_modules_to_load_again_are_inherited_since_numba_0_61():
    library = cpu_target.target_context.codegen().create_library("a library")
    assert isinstance(getattr(library, "_reload_init", set()), set)
    assert hasattr(library, "_reload_init") or numba.__version__.startswith("0.60.")


def test_types_are_annotated_before_lowering():
    """`_jit.Pipeline` chooses the library between the two."""
    names = [
        step.__name__
        for step, _ in numba.core.compiler.DefaultPassBuilder.define_nopython_pipeline(
            State()
        ).passes
    ]
    annotated = names.index(typed_passes.AnnotateTypes.__name__)
    assert annotated < names.index(typed_passes.NativeLowering.__name__)


class State(dict):
    """As much of a compiler's state as `DefaultPassBuilder` looks at."""

    flags = numba.core.compiler.Flags()

    def __getattr__(self, name):
        return None


def test_the_compiler_has_one_lock():
    with global_compiler_lock, global_compiler_lock:
        assert global_compiler_lock.is_locked()


def test_the_lock_is_one_that_threads_may_take_again():
    """`_forks` takes it by itself: numba's own way would tell listeners of events as well."""
    lock = global_compiler_lock._lock
    assert lock is _forks._compiler_lock()
    assert isinstance(lock, type(threading.RLock()))
    with global_compiler_lock:
        assert lock._is_owned()


def test_a_status_knows_its_code_and_exception():
    assert {"code", "excinfoptr", "is_error"} <= set(callconv.Status._fields)


def test_templates_may_resolve_attributes_of_any_name():
    """`_held._HeldAttributes`."""
    assert hasattr(AttributeTemplate, "generic_resolve")
    assert issubclass(numba.extending.models.PrimitiveModel, numba.extending.models.DataModel)


@pytest.mark.parametrize("values", [(1, 2), (1, 2.5)], ids=["one type", "two types"])
def test_types_of_named_tuples_know_their_fields(values):
    of = numba.typeof(Pair(*values))
    assert isinstance(of, types.BaseTuple)
    assert isinstance(of, types.BaseNamedTuple)
    assert tuple(of.fields) == ("first", "second")
    assert list(of.types) == [numba.typeof(value) for value in values]
    assert of.instance_class is Pair


class Pair(NamedTuple):
    first: Any
    second: Any


def plus_one(x):
    return x + 1


class Recorder:
    """Says what numba asks of a cache."""

    cache_path = "nowhere"

    def __init__(self):
        self.asked = []

    def load_overload(self, *given):
        self.asked.append(("load", *given))

    def save_overload(self, *given):
        self.asked.append(("save", *given))

    def flush(self):
        self.asked.append(("flush",))


@needs_jit
def test_dispatchers_take_any_cache():
    """`_jit._cached` gives them a `KernelCache`."""
    dispatcher = numba.njit(plus_one)  # noqa: TID251 -- not for the package
    assert isinstance(dispatcher, CPUDispatcher)
    assert dispatcher.py_func is plus_one
    dispatcher._cache = cache = Recorder()
    assert dispatcher(1.5) == 2.5
    assert dispatcher(2.5) == 3.5
    (load, key, context), (save, same_key, compiled) = cache.asked
    assert (load, save) == ("load", "save")
    assert key == same_key == (types.float64,)
    assert context is cpu_target.target_context
    assert isinstance(compiled, numba.core.compiler.CompileResult)
    assert compiled.codegen is context.codegen()
    assert not compiled.library.has_dynamic_globals
    for name in ("llvm_cfunc_wrapper_name", "mangled_name", "restype", "argtypes"):
        assert hasattr(compiled.fndesc, name)
    assert dispatcher.stats.cache_path == "nowhere"
    dispatcher.recompile()
    assert ("flush",) in cache.asked


@needs_jit
def test_results_of_compilers_can_be_kept():
    """`KernelCache` keeps what `_reduce` gives, and passes it to `_rebuild`."""
    dispatcher = numba.njit(plus_one)  # noqa: TID251 -- not for the package
    dispatcher._cache = cache = Recorder()
    dispatcher(1.5)
    context, compiled = cache.asked[0][2], cache.asked[1][2]
    kept = pickle.loads(numba.core.serialize.dumps(compiled._reduce()))
    rebuilt = numba.core.compiler.CompileResult._rebuild(context, *kept)
    assert rebuilt.signature == compiled.signature
    assert rebuilt.entry_point(2.5) == 3.5


@needs_jit
def test_signatures_find_compiled_results():
    """`_parts` and `_jit.machine_code` ask for them, with and without the type of the result."""
    dispatcher = numba.njit(plus_one)  # noqa: TID251 -- not for the package
    found = dispatcher.get_compile_result(types.float64(types.float64))
    address = found.library.get_pointer_to_function(found.fndesc.llvm_cfunc_wrapper_name)
    assert ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(address)(1.5) == 2.5
    assert numba.typeof(dispatcher).dispatcher is dispatcher
