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
from numba.core.cpu import CPUTargetOptions

from skneuron.kernels import _held, _jit, _parts, _tile

# Name -> who relies on it, and its signatures from the lowest numba that is allowed to the newest.
SIGNATURES = {
    "llvmlite.binding.ModuleRef.link_in": (
        "_jit.LinkedLibrary",
        ["(self, other, preserve=False)"],
    ),
    "llvmlite.binding.get_host_cpu_features": ("_tile._tile_shape", ["()"]),
    "llvmlite.ir.Constant": ("_tile", ["(typ, constant)"]),
    "llvmlite.ir.Function": (
        "_tile._Emitter.multiply_add, _parts._parts",
        ["(module, ftype, name)"],
    ),
    "llvmlite.ir.FunctionType": ("_parts", ["(return_type, args, var_arg=False)"]),
    "llvmlite.ir.IRBuilder.atomic_rmw": (
        "_parts._count_up",
        ["(self, op, ptr, val, ordering, name='')"],
    ),
    "llvmlite.ir.IRBuilder.bitcast": ("_held", ["(self, value, typ, name='')"]),
    "llvmlite.ir.IRBuilder.call": (
        "_parts",
        [
            "(self, fn, args, name='', cconv=None, tail=False, fastmath=(), attrs=(),"
            " arg_attrs=None)"
        ],
    ),
    "llvmlite.ir.IRBuilder.extract_value": ("_held.without_owner", ["(self, agg, idx, name='')"]),
    "llvmlite.ir.IRBuilder.fma": ("_tile._fused", ["(self, a, b, c)"]),
    "llvmlite.ir.IRBuilder.icmp_signed": (
        "_tile._emit_tile, _parts._parts",
        ["(self, cmpop, lhs, rhs, name='')"],
    ),
    "llvmlite.ir.IRBuilder.if_else": ("_parts._parts", ["(self, pred, likely=None)"]),
    "llvmlite.ir.IRBuilder.if_then": (
        "_tile._emit_tile, _parts._parts",
        ["(self, pred, likely=None)"],
    ),
    "llvmlite.ir.IRBuilder.insert_element": (
        "_tile._Emitter.broadcast",
        ["(self, vector, value, idx, name='')"],
    ),
    "llvmlite.ir.IRBuilder.insert_value": (
        "_held.without_owner",
        ["(self, agg, value, idx, name='')"],
    ),
    "llvmlite.ir.IRBuilder.inttoptr": ("_tile, _parts", ["(self, value, typ, name='')"]),
    "llvmlite.ir.IRBuilder.load": (
        "_tile._Emitter.load, _held, _parts",
        ["(self, ptr, name='', align=None)", "(self, ptr, name='', align=None, typ=None)"],
    ),
    "llvmlite.ir.IRBuilder.mul": ("_parts._parts", ["(self, lhs, rhs, name='')"]),
    "llvmlite.ir.IRBuilder.phi": ("_tile._emit_tile", ["(self, typ, name='', flags=())"]),
    "llvmlite.ir.IRBuilder.ptrtoint": ("_parts._parts", ["(self, value, typ, name='')"]),
    "llvmlite.ir.IRBuilder.select": (
        "_tile._emit_tile",
        ["(self, cond, lhs, rhs, name='', flags=())"],
    ),
    "llvmlite.ir.IRBuilder.shuffle_vector": (
        "_tile._Emitter.broadcast",
        ["(self, vector1, vector2, mask, name='')"],
    ),
    "llvmlite.ir.IRBuilder.store": (
        "_tile._Emitter.store, _parts",
        ["(self, value, ptr, align=None)"],
    ),
    "llvmlite.ir.LiteralStructType": ("_parts._parts", ["(elems, packed=False)"]),
    "llvmlite.ir.Module.declare_intrinsic": (
        "_tile.prefetch",
        ["(self, intrinsic, tys=(), fnty=None)"],
    ),
    "llvmlite.ir.Module.get_unique_name": ("_parts._parts", ["(self, name='')"]),
    "llvmlite.ir.Type.as_pointer": ("_tile, _held, _parts", ["(self, addrspace=0)"]),
    "llvmlite.ir.VectorType": ("_tile._Emitter", ["(element, count)"]),
    "numba.core.base.BaseContext.cast": ("_parts._parts", ["(self, builder, val, fromty, toty)"]),
    "numba.core.base.BaseContext.declare_function": ("_parts._parts", ["(self, module, fndesc)"]),
    "numba.core.base.BaseContext.get_dummy_value": ("_tile, _parts", ["(self)"]),
    "numba.core.base.BaseContext.get_value_type": ("_held._get_field", ["(self, ty)"]),
    "numba.core.base.BaseContext.make_array": ("_held.without_owner", ["(self, typ)"]),
    "numba.core.base.BaseContext.refresh": ("_cache.KernelCache", ["(self)"]),
    "numba.core.caching.Cache.flush": ("_cache.KernelCache", ["(self)"]),
    "numba.core.caching.Cache.load_overload": (
        "_cache.KernelCache",
        ["(self, sig, target_context)"],
    ),
    "numba.core.caching.Cache.save_overload": ("_cache.KernelCache", ["(self, sig, data)"]),
    "numba.core.callconv.CPUCallConv._get_excinfo_argument": ("_parts._parts", ["(self, func)"]),
    "numba.core.callconv.CPUCallConv.call_function": (
        "_parts._parts",
        ["(self, builder, callee, resty, argtys, args, attrs=None)"],
    ),
    "numba.core.callconv.CPUCallConv.return_status_propagate": (
        "_parts._parts",
        ["(self, builder, status)"],
    ),
    "numba.core.cgutils.alloca_once": (
        "_parts._parts",
        ["(builder, ty, size=None, name='', zfill=False)"],
    ),
    "numba.core.cgutils.alloca_once_value": (
        "_held._hold",
        ["(builder, value, name='', zfill=False)"],
    ),
    "numba.core.cgutils.for_range": ("_parts._parts", ["(builder, count, start=None, intp=None)"]),
    "numba.core.cgutils.gep_inbounds": ("_held, _parts", ["(builder, ptr, *inds, **kws)"]),
    "numba.core.cgutils.get_null_value": ("_held.without_owner", ["(ltype)"]),
    "numba.core.cgutils.memset": ("_parts._parts", ["(builder, ptr, size, value)"]),
    "numba.core.cgutils.unpack_tuple": ("_parts._parts", ["(builder, tup, count=None)"]),
    "numba.core.codegen.CPUCodegen.magic_tuple": ("_cache", ["(self)"]),
    "numba.core.codegen.JITCPUCodegen.set_env": (
        "_jit.WithoutEnvironments",
        ["(self, env_name, env)"],
    ),
    "numba.core.codegen.JITCodeLibrary": ("_jit.ChooseLibrary", ["(codegen, name)"]),
    "numba.core.codegen.JITCodeLibrary._ensure_finalized": ("_jit.LinkedLibrary", ["(self)"]),
    "numba.core.codegen.JITCodeLibrary._finalize_dynamic_globals": (
        "_jit.LinkedLibrary",
        ["(self)"],
    ),
    "numba.core.codegen.JITCodeLibrary._get_module_for_linking": (
        "_jit.LinkedLibrary",
        ["(self)"],
    ),
    "numba.core.codegen.JITCodeLibrary.add_linking_library": (
        "_parts._parts",
        ["(self, library)"],
    ),
    "numba.core.codegen.JITCodeLibrary.enable_object_caching": ("_jit.ChooseLibrary", ["(self)"]),
    "numba.core.codegen.JITCodeLibrary.finalize": ("_jit.LinkedLibrary", ["(self)"]),
    "numba.core.codegen.JITCodeLibrary.get_pointer_to_function": (
        "_jit.LinkedLibrary, machine_code",
        ["(self, name)"],
    ),
    "numba.core.compiler.CompileResult._rebuild": (
        "_cache.KernelCache",
        [
            "(target_context, libdata, fndesc, env, signature, objectmode, lifted, typeann,"
            " reload_init, referenced_envs)"
        ],
    ),
    "numba.core.compiler.CompileResult._reduce": ("_cache.KernelCache", ["(self)"]),
    "numba.core.compiler.CompilerBase.compile_extra": ("_jit.Pipeline", ["(self, func)"]),
    "numba.core.compiler.CompilerBase.define_pipelines": ("_jit.Pipeline", ["(self)"]),
    "numba.core.compiler.DefaultPassBuilder.define_nopython_pipeline": (
        "_jit.Pipeline",
        ["(state, name='nopython')"],
    ),
    "numba.core.compiler_machinery.AnalysisPass.run_pass": (
        "_jit.ChooseLibrary",
        ["(self, *args, **kwargs)"],
    ),
    "numba.core.compiler_machinery.PassManager.add_pass_after": (
        "_jit.Pipeline",
        ["(self, pass_cls, location)"],
    ),
    "numba.core.compiler_machinery.PassManager.finalize": ("_jit.Pipeline", ["(self)"]),
    "numba.core.compiler_machinery.register_pass": (
        "_jit.ChooseLibrary",
        ["(mutates_CFG, analysis_only)"],
    ),
    "numba.core.cpu.CPUContext.codegen": ("_jit, _cache", ["(self)"]),
    "numba.core.dispatcher.Dispatcher.compile": ("_cache", ["(self, sig)"]),
    "numba.core.dispatcher.Dispatcher.get_compile_result": (
        "_parts, _jit.machine_code",
        ["(self, sig)"],
    ),
    "numba.core.serialize.dumps": ("_cache.KernelCache", ["(obj)"]),
    "numba.core.types.Dispatcher.get_call_type": ("_parts._parts", ["(self, context, args, kws)"]),
    "numba.extending.infer_getattr": ("_held", ["(item)"]),
    "numba.extending.intrinsic": ("_tile, _held, _parts", ["(*args, **kwargs)"]),
    "numba.extending.lower_getattr_generic": ("_held._get_field", ["(ty)"]),
    "numba.extending.models.PrimitiveModel": ("_held._HeldModel", ["(dmm, fe_type, be_type)"]),
    "numba.extending.register_model": ("_held._HeldModel", ["(typecls)"]),
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


@pytest.mark.parametrize("module", [_held, _parts, _tile], ids=["_held", "_parts", "_tile"])
@pytest.mark.parametrize(
    ("owner", "source"), [("ir", ir), ("binding", binding), ("builder", ir.IRBuilder)]
)
def test_llvmlite_has_all_that_instructions_are_written_with(module, owner, source):
    builder_state = {"block", "function", "module"} if owner == "builder" else set()
    used = set(used_of(module, owner))
    assert used or (owner == "binding" and module is not _tile)
    assert {name for name in used - builder_state if not hasattr(source, name)} == set()


def test_builders_know_their_block_function_and_module():
    module = ir.Module()
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), []), "f")
    block = function.append_basic_block()
    builder = ir.IRBuilder(block)
    assert builder.function is function
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


@pytest.mark.parametrize(
    "name",
    [
        "BOUNDSCHECK",
        "CACHE_DIR",
        "CPU_FEATURES",
        "CPU_NAME",
        "DEBUGINFO_DEFAULT",
        "DISABLE_JIT",
        "OPT",
    ],
)
def test_numba_still_has_the_settings_that_are_read(name):
    assert hasattr(numba.config, name)


@pytest.mark.parametrize("option", [*_jit.OPTIONS, *_jit._NO_WRAPPERS, "parallel", "forceinline"])
def test_the_compiler_knows_the_options_that_it_is_given(option):
    assert hasattr(CPUTargetOptions, option)
