"""Compilation: the only user of ``numba.njit``, and so the one place for its options.

``compiled`` makes a function that other kernels call, ``inlined`` one that is called for every
number of an array, and ``kernel`` what Python calls, together with all that it calls: one module
of LLVM, optimised and turned into machine code once, and cached.

numba would do so for every function by itself, and again for everything that calls it, which takes
four times as long. So callees are linked only: of numba's library class, a subclass leaves
out what comes after the linking. These names are private to numba; `LINKED` is False where they
are not what they were, and everything is compiled in numba's own way then, with the same results.
"""

import ctypes
import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numba
from numba.core.registry import CPUDispatcher

from skneuron.kernels._cache import KernelCache
from skneuron.kernels._notice import NOTICE

# No fastmath: it would let the compiler round differently with every change of the code around a
# sum. The numpy error model drops the division-by-zero checks that stop vectorisation.
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
# Without a caller in Python there is nobody to convert arguments for.
_NO_WRAPPERS = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


# Any function that raises an error if numba calls it as a wrapper: nobody should get that far.
_STUB = ctypes.pythonapi.PyObject_Call


def _linking_pipelines() -> tuple[Any, Any]:
    """numba's compiler, changed: for functions that are linked only, and for kernels."""
    from numba.core import typed_passes
    from numba.core.codegen import JITCodeLibrary
    from numba.core.compiler import CompilerBase, DefaultPassBuilder
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.compiler_machinery import AnalysisPass, register_pass

    class WithoutEnvironments:
        """A code generator for libraries that the engine does not know, nor any name in them."""

        def __init__(self, codegen: Any):
            self._codegen = codegen

        def __getattr__(self, name: str) -> Any:
            return getattr(self._codegen, name)

        def set_env(self, env_name: str, env: Any) -> None:
            pass

    class LinkedLibrary(JITCodeLibrary):
        """Code that other libraries link: neither optimised nor machine code by itself."""

        @property
        def codegen(self) -> Any:
            return WithoutEnvironments(self._codegen)

        def finalize(self) -> None:
            for library in dict.fromkeys(self._linking_libraries):
                if hasattr(self, "_reload_init"):  # not before numba 0.61
                    self._reload_init.update(library._reload_init)
                self._final_module.link_in(library._get_module_for_linking(), preserve=True)
            self._finalize_dynamic_globals()
            self._finalized = True

        def get_pointer_to_function(self, name: str) -> int:
            self._ensure_finalized()
            return ctypes.cast(_STUB, ctypes.c_void_p).value or 0

    def into(library_class: Any) -> Any:
        @register_pass(mutates_CFG=False, analysis_only=True)
        class ChooseLibrary(AnalysisPass):
            _name = f"skneuron_{library_class.__name__}"

            def __init__(self) -> None:
                super().__init__()

            def run_pass(self, state: Any) -> bool:
                name = state.func_id.func_qualname
                state.library = library_class(state.targetctx.codegen(), name)
                state.library.enable_object_caching()
                return False

        return ChooseLibrary

    compilations: list[Any] = []  # that this one is part of

    @contextmanager
    def numbas_own_linked(codegen: Any) -> Iterator[None]:
        """Inside, numba's own functions (``np.empty``) become libraries of the same kind.

        After Ctrl-C anywhere in here, everything is as before or will be after the next time.
        """
        is_outermost = not compilations
        freeze = is_outermost and gc.get_freeze_count() == 0
        try:
            compilations.append(codegen)
            codegen._library_class = LinkedLibrary
            # The collector would go through all of numba's and scikit-learn's objects many times.
            if freeze:
                gc.freeze()
            yield
        finally:
            if is_outermost:
                compilations.clear()
                vars(codegen).pop("_library_class", None)
                if freeze:
                    gc.unfreeze()
            else:
                compilations.pop()

    def pipeline(library_class: Any) -> Any:
        choose_library = into(library_class)

        class Pipeline(CompilerBase):
            def define_pipelines(self) -> list[Any]:
                passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
                passes.add_pass_after(choose_library, typed_passes.AnnotateTypes)
                passes.finalize()
                return [passes]

            def compile_extra(self, func: Any) -> Any:
                with global_compiler_lock, numbas_own_linked(self.state.targetctx.codegen()):
                    return super().compile_extra(func)

        return Pipeline

    return pipeline(LinkedLibrary), pipeline(JITCodeLibrary)


def _found_pipelines() -> tuple[dict[str, Any], dict[str, Any]]:
    """Options for functions that are linked only, and for kernels; none without `LINKED`."""
    if numba.config.DISABLE_JIT or os.environ.get("SKNEURON_LINKED_KERNELS") == "0":
        return {}, {}
    try:
        linked, whole = _linking_pipelines()
    except (ImportError, AttributeError):
        return {}, {}
    return {"pipeline_class": linked, **_NO_WRAPPERS}, {"pipeline_class": whole}


_FOR_CALLEES, _FOR_KERNELS = _found_pipelines()
LINKED = bool(_FOR_KERNELS)


class _ForKernels(CPUDispatcher):
    """What `compiled` makes: Python cannot call it, for it has no machine code of its own."""

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError(
            f"{self.py_func.__name__} is compiled for other kernels only, not for Python."
        )


def compiled(function: Callable[..., Any], **more: Any) -> Callable[..., Any]:
    """Compile ``function``, for use inside kernels."""
    if numba.config.DISABLE_JIT:
        return function
    dispatcher = numba.njit(**OPTIONS, **_FOR_CALLEES, **more)(function)
    if LINKED:
        dispatcher.__class__ = _ForKernels
    return dispatcher


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """As `compiled`, for loops that become vector instructions only if the call disappears."""
    return compiled(function, forceinline=True)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile ``function``, which Python calls, at its first call, or read it from the cache."""
    return _cached(numba.njit(no_cfunc_wrapper=True, **OPTIONS, **_FOR_KERNELS)(function))


def with_threads(function: Callable[..., Any]) -> Any:
    """Compile ``function``, whose ``numba.prange`` runs in threads."""
    if numba.config.DISABLE_JIT:
        return function
    return _cached(numba.njit(parallel=True, **OPTIONS)(function))


def machine_code(dispatcher: Any, signature: Any) -> int:
    """Address of what ``dispatcher`` is compiled to, as long as ``dispatcher`` exists."""
    found = dispatcher.get_compile_result(signature)
    return found.library.get_pointer_to_function(found.fndesc.llvm_cfunc_wrapper_name)


def _cached(dispatcher: Any) -> Any:
    function = dispatcher.py_func
    dispatcher._cache = KernelCache(function.__name__, function.__module__, NOTICE)
    return dispatcher
