"""The innermost loop of a matrix product, written for LLVM so that sums stay in registers.

A tile is ``TILE_ROWS`` rows by one to three vectors of the result. Per step of the inner
dimension it loads the vectors of B once and multiplies them with one number of A for every row,
by fused multiply-adds in an order that is fixed: every element of the result is one chain of
sums, so its bits depend neither on the tile that computes it nor on the thread.

Compilers do not find this from loops: numba's reach a fifth of the speed at best. A BLAS does, but
copies both operands first, and rounds differently on other processors and numbers of threads.

docs/tile_kernel.md explains all this with a picture, to readers new to vector instructions.
"""

import platform
from typing import Any

import numba
from llvmlite import binding, ir
from numba import types
from numba.extending import intrinsic

# Rows of padded matrices are multiples of this; the widest vector in use, in bytes.
ALIGNMENT = 64
WIDEST_TILE = 3
_ANY_PROCESSOR = (4, 16, False)
# What all processors of a level have; a name that is not here may be that of any.
_SHAPES_BY_NAME = {"x86-64-v3": (4, 32, True), "x86-64-v4": (8, 64, True)}


def _tile_shape() -> tuple[int, int, bool]:
    """Rows and bytes per vector for this processor, and whether it has fused multiply-adds."""
    if numba.config.CPU_NAME or numba.config.CPU_FEATURES:  # another processor than this one
        name = "" if numba.config.CPU_FEATURES else numba.config.CPU_NAME
        return _SHAPES_BY_NAME.get(str(name), _ANY_PROCESSOR)
    if platform.machine().lower() in ("aarch64", "arm64"):
        return 8, 16, True
    try:
        features = binding.get_host_cpu_features()
    except RuntimeError:  # LLVM does not know how to find out
        return _ANY_PROCESSOR
    if features.get("avx512f"):
        return 8, 64, True
    if features.get("avx2") and features.get("fma"):
        return 4, 32, True
    return _ANY_PROCESSOR


TILE_ROWS, VECTOR_BYTES, _FUSED = _tile_shape()

_POINTER_INT = ir.IntType(64)
_REAL = {32: ir.FloatType(), 64: ir.DoubleType()}


def _const(value: int) -> ir.Constant:
    return ir.Constant(_POINTER_INT, value)


class _Emitter:
    """LLVM instructions on addresses that are plain integers."""

    def __init__(self, builder: Any, bits: int):
        self.builder = builder
        self.lanes = VECTOR_BYTES * 8 // bits
        self.real = _REAL[bits]
        self.vector = ir.VectorType(self.real, self.lanes)
        self.bytes = bits // 8

    def address(self, base: Any, index: Any, step: int | Any) -> Any:
        step = _const(step) if isinstance(step, int) else step
        return self.builder.add(base, self.builder.mul(index, step))

    def load(self, address: Any, kind: Any, alignment: int) -> Any:
        value = self.builder.load(self.builder.inttoptr(address, kind.as_pointer()))
        value.align = alignment
        return value

    def store(self, value: Any, address: Any) -> None:
        pointer = self.builder.inttoptr(address, self.vector.as_pointer())
        self.builder.store(value, pointer).align = self.bytes

    def broadcast(self, value: Any) -> Any:
        undefined = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(first, undefined, mask)

    def multiply_add(self, a: Any, b: Any, c: Any) -> Any:
        if not _FUSED:
            return self.builder.fadd(self.builder.fmul(a, b), c)
        name = f"llvm.fma.v{self.lanes}f{self.bytes * 8}"
        function = self.builder.module.globals.get(name) or ir.Function(
            self.builder.module, ir.FunctionType(self.vector, [self.vector] * 3), name
        )
        return self.builder.call(function, [a, b, c])


def _emit_tile(
    builder: Any, n_vectors: int, packed: bool, a_bits: int, bits: int, arguments: Any
) -> None:
    a, row_offsets, step_offsets, n_steps, b, b_stride, start, start_stride, out, out_stride, m = (
        arguments
    )
    emit = _Emitter(builder, bits)
    a_real = _REAL[a_bits]
    last_row = builder.sub(m, _const(1))
    columns = [_const(v * VECTOR_BYTES) for v in range(n_vectors)]

    # Rows beyond the last one compute the last one again, and are not stored.
    rows = [
        builder.select(builder.icmp_signed("<", _const(i), m), _const(i), last_row)
        for i in range(TILE_ROWS)
    ]
    # Packed numbers need one address; one for every row would not leave registers for the rest.
    a_rows = [] if packed else [
        emit.address(a, emit.load(emit.address(row_offsets, row, 8), _POINTER_INT, 8), a_bits // 8)
        for row in rows
    ]  # fmt: skip
    initial = [
        emit.load(builder.add(emit.address(start, row, start_stride), c), emit.vector, emit.bytes)
        for row in rows
        for c in columns
    ]

    before = builder.block
    loop = builder.append_basic_block("step")
    after = builder.append_basic_block("done")
    builder.branch(loop)
    builder.position_at_end(loop)
    step = builder.phi(_POINTER_INT)
    next_b_row = builder.phi(_POINTER_INT)
    sums = [builder.phi(emit.vector) for _ in initial]
    step_offset = emit.load(emit.address(step_offsets, step, 8), _POINTER_INT, 8)
    b_row = emit.address(b, step_offset, b_stride) if packed else next_b_row
    b_vectors = [emit.load(builder.add(b_row, c), emit.vector, emit.bytes) for c in columns]
    new_sums = []
    if packed:
        a_step = emit.address(a, step, TILE_ROWS * a_bits // 8)
        addresses = [builder.add(a_step, _const(i * a_bits // 8)) for i in range(TILE_ROWS)]
    else:
        addresses = [emit.address(a_row, step_offset, a_bits // 8) for a_row in a_rows]
    for i, address in enumerate(addresses):
        value = emit.load(address, a_real, a_bits // 8)
        if a_bits != bits:
            value = builder.fpext(value, emit.real)
        a_vector = emit.broadcast(value)
        new_sums += [
            emit.multiply_add(a_vector, b_vector, sums[i * n_vectors + v])
            for v, b_vector in enumerate(b_vectors)
        ]
    next_step = builder.add(step, _const(1))
    phis = [(step, _const(0), next_step), (next_b_row, b, builder.add(next_b_row, b_stride))]
    for phi, first, following in [*phis, *zip(sums, initial, new_sums, strict=True)]:
        phi.add_incoming(first, before)
        phi.add_incoming(following, loop)
    builder.cbranch(builder.icmp_signed("<", next_step, n_steps), loop, after)

    builder.position_at_end(after)
    for i in range(TILE_ROWS):
        with builder.if_then(builder.icmp_signed("<", _const(i), m)):
            for v, c in enumerate(columns):
                address = builder.add(emit.address(out, _const(i), out_stride), c)
                emit.store(new_sums[i * n_vectors + v], address)


def _make_tile(n_vectors: int, *, packed: bool = False) -> Any:
    @intrinsic
    def tile(
        typing_context, a, row_offsets, step_offsets, n_steps, b, b_stride, start, start_stride,
        out, out_stride, m, a_like, like,
    ):  # fmt: skip
        """``out[i] = start[i] + sum over k of a[row_offsets[i] + step_offsets[k]] * b[k]``.

        All but the last two are integers: addresses; the number of steps, at least 1; strides
        in bytes; the number of rows, at most ``TILE_ROWS``. ``a_like`` and ``like`` are of the
        real types of ``a`` and of the rest.

        Packed, ``a`` has ``TILE_ROWS`` numbers for every step, next to each other, and
        ``step_offsets`` says which row of ``b`` they are multiplied with.
        """
        signature = types.void(*[types.intp] * 11, a_like, like)

        def codegen(context, builder, signature, arguments):
            *integers, _, _ = arguments
            _emit_tile(builder, n_vectors, packed, a_like.bitwidth, like.bitwidth, integers)
            return context.get_dummy_value()

        return signature, codegen

    return tile


tile_1, tile_2, tile_3 = (_make_tile(n) for n in range(1, WIDEST_TILE + 1))
packed_1, packed_2, packed_3 = (_make_tile(n, packed=True) for n in range(1, WIDEST_TILE + 1))


@intrinsic
def address(typing_context, array):
    """Of an array's first element, as an integer."""

    def codegen(context, builder, signature, arguments):
        there = context.make_array(array)(context, builder, arguments[0])
        return builder.ptrtoint(there.data, _POINTER_INT)

    return types.intp(array), codegen


@intrinsic
def prefetch(typing_context, address):
    """Ask for the cache line at ``address``, an integer, without waiting for it."""
    signature = types.void(types.intp)

    def codegen(context, builder, signature, arguments):
        pointer = builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())
        int32 = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, int32, int32, int32])
        function = builder.module.declare_intrinsic("llvm.prefetch", [pointer.type], kind)
        # For reading; into the second-level cache; data.
        builder.call(function, [pointer, int32(0), int32(2), int32(1)])
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def _fused(typing_context, a, b, c):
    def codegen(context, builder, signature, arguments):
        a, b, c = arguments
        return builder.fma(a, b, c) if _FUSED else builder.fadd(builder.fmul(a, b), c)

    return a(a, a, a), codegen


if numba.config.DISABLE_JIT:

    def multiply_add(a: Any, b: Any, c: Any) -> Any:
        return a * b + c

else:
    # ``a * b + c``, rounded once where processors do that faster than twice. The compiler does
    # not do it by itself: it might not do so everywhere alike.
    multiply_add = _fused
