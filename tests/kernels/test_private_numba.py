"""What kernels use of numba and llvmlite that may change without notice.

A new numba that changes any of it breaks these tests, whose messages say who relies on what.
"""

import ast
import inspect
import pkgutil
from pathlib import Path

import llvmlite
import numba
import pytest
from llvmlite import binding, ir
from numba.core.caching import CompileResultCacheImpl
from numba.core.cpu import CPUTargetOptions

from skneuron.kernels import _jit, _tile

# Name -> who relies on it, and its signatures from the lowest numba that is allowed to the newest.
SIGNATURES = {
    "llvmlite.binding.get_host_cpu_features": ("_tile._tile_shape", ["()"]),
    "llvmlite.ir.Constant": ("_tile", ["(typ, constant)"]),
    "llvmlite.ir.Function": ("_tile._Emitter.multiply_add", ["(module, ftype, name)"]),
    "llvmlite.ir.IRBuilder.fma": ("_tile._fused", ["(self, a, b, c)"]),
    "llvmlite.ir.IRBuilder.icmp_signed": (
        "_tile._emit_tile",
        ["(self, cmpop, lhs, rhs, name='')"],
    ),
    "llvmlite.ir.IRBuilder.if_then": ("_tile._emit_tile", ["(self, pred, likely=None)"]),
    "llvmlite.ir.IRBuilder.insert_element": (
        "_tile._Emitter.broadcast",
        ["(self, vector, value, idx, name='')"],
    ),
    "llvmlite.ir.IRBuilder.inttoptr": ("_tile", ["(self, value, typ, name='')"]),
    "llvmlite.ir.IRBuilder.load": (
        "_tile._Emitter.load",
        ["(self, ptr, name='', align=None)", "(self, ptr, name='', align=None, typ=None)"],
    ),
    "llvmlite.ir.IRBuilder.phi": ("_tile._emit_tile", ["(self, typ, name='', flags=())"]),
    "llvmlite.ir.IRBuilder.select": (
        "_tile._emit_tile",
        ["(self, cond, lhs, rhs, name='', flags=())"],
    ),
    "llvmlite.ir.IRBuilder.shuffle_vector": (
        "_tile._Emitter.broadcast",
        ["(self, vector1, vector2, mask, name='')"],
    ),
    "llvmlite.ir.IRBuilder.store": ("_tile._Emitter.store", ["(self, value, ptr, align=None)"]),
    "llvmlite.ir.Module.declare_intrinsic": (
        "_tile.prefetch",
        ["(self, intrinsic, tys=(), fnty=None)"],
    ),
    "llvmlite.ir.Type.as_pointer": ("_tile", ["(self, addrspace=0)"]),
    "llvmlite.ir.VectorType": ("_tile._Emitter", ["(element, count)"]),
    "numba.core.base.BaseContext.get_dummy_value": ("_tile, for results of nothing", ["(self)"]),
    "numba.extending.intrinsic": ("_tile", ["(*args, **kwargs)"]),
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_are_those_that_are_relied_on(name):
    relied_on_by, signatures = SIGNATURES[name]
    versions = f"numba {numba.__version__} with llvmlite {llvmlite.__version__}"
    todo = f"Relied on by: skneuron.kernels.{relied_on_by}. Mend that, then SIGNATURES here."
    try:
        signature = str(inspect.signature(pkgutil.resolve_name(name)))
    except (ImportError, AttributeError):
        pytest.fail(f"{versions} has no {name} any more. {todo}")
    assert signature in signatures, f"{versions} has changed {name} to {signature}. {todo}"


def used_of(module, owner):
    """Names of the attributes that a file takes from what it calls ``owner``."""
    for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith(owner):
            yield node.attr


@pytest.mark.parametrize(
    ("owner", "source"), [("ir", ir), ("binding", binding), ("builder", ir.IRBuilder)]
)
def test_llvmlite_has_all_that_tiles_are_written_with(owner, source):
    builder_state = {"block", "module"} if owner == "builder" else set()
    used = set(used_of(_tile, owner))
    assert used
    assert {name for name in used - builder_state if not hasattr(source, name)} == set()


def test_builders_know_their_block_and_module():
    module = ir.Module()
    block = ir.Function(module, ir.FunctionType(ir.VoidType(), []), "f").append_basic_block()
    builder = ir.IRBuilder(block)
    assert builder.block is block
    assert builder.module is module
    assert module.globals.get("f") is not None
    assert module.globals.get("g") is None


def test_loads_and_stores_take_an_alignment_afterwards():
    module = ir.Module()
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), []), "f")
    builder = ir.IRBuilder(function.append_basic_block())
    pointer = builder.inttoptr(ir.Constant(ir.IntType(64), 64), ir.DoubleType().as_pointer())
    value = builder.load(pointer)
    value.align = 32
    builder.store(value, pointer).align = 16
    assert "align 32" in str(module)
    assert "align 16" in str(module)


def test_types_of_numbers_know_their_bits():
    assert [numba.types.float32.bitwidth, numba.types.float64.bitwidth] == [32, 64]


@pytest.mark.parametrize("name", ["CPU_FEATURES", "CPU_NAME", "DISABLE_JIT"])
def test_numba_still_has_the_settings_that_are_read(name):
    assert hasattr(numba.config, name)


@pytest.mark.parametrize("option", [*_jit.OPTIONS, "parallel", "forceinline"])
def test_the_compiler_knows_the_options_that_it_is_given(option):
    assert hasattr(CPUTargetOptions, option)


def test_machine_code_is_cached_by_qualified_name():
    """With the fingerprint in it, edits anywhere in the kernels are noticed."""

    def kernel():
        pass

    kernel.__qualname__ = "kernel_serial_0123456789ab"
    cache = CompileResultCacheImpl(kernel)
    assert cache.filename_base.startswith(f"{Path(__file__).stem}.kernel_serial_0123456789ab-")


def test_no_place_for_the_cache_is_a_runtime_error(monkeypatch):
    """What `_jit` catches, to compile without a cache."""
    monkeypatch.setattr(CompileResultCacheImpl, "_locator_classes", [])
    with pytest.raises(RuntimeError, match="no locator available"):
        CompileResultCacheImpl(lambda: None)
