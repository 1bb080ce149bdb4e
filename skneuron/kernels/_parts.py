"""Kernels whose work comes in parts, with or without threads.

`parts` calls a function for part 0, 1, ... by a *driver*: a tiny compiled loop that all kernels
share. Who drives is an argument, so that a kernel is compiled once for both. numba's own way, a
``prange`` in the kernel, would compile everything that the loop uses three more times.

What a part computes must not depend on the others: which thread computes it is left to chance.
"""

from collections.abc import Callable
from functools import cache, update_wrapper
from typing import Any, cast

import numba
from llvmlite import ir
from numba import prange, types
from numba.core import cgutils
from numba.extending import intrinsic

from skneuron.kernels._held import without_owner
from skneuron.kernels._jit import kernel, machine_code, with_threads

_INT = ir.IntType(64)
_PART = ir.FunctionType(ir.VoidType(), [_INT, _INT])
_DRIVER = ir.FunctionType(ir.VoidType(), [_INT] * 5)
# Every thread has a counter in the frame of the kernel, a cache line from the next.
MAX_THREADS = 256
_COUNTER_BYTES = 64


class Kernel:
    """A compiled function that Python calls, in the thread of the caller or with more of them.

    Attributes
    ----------
    dispatcher : callable
        Whose first argument is a driver: its address, or 0, and a number of threads.
    """

    def __init__(self, function: Callable[..., Any]):
        update_wrapper(cast(Any, self), function)
        self.dispatcher: Any = function if numba.config.DISABLE_JIT else kernel(function)

    @property
    def n_loaded(self) -> int:
        """How much machine code is here, its own and the loop's: more if it was just loaded."""
        if numba.config.DISABLE_JIT:
            return 0
        return len(self.dispatcher.overloads) + len(_drive.overloads)

    def serial(self, *arguments: Any) -> Any:
        """Call it in this thread alone."""
        return self.dispatcher((0, 1), *arguments)

    def parallel(self, *arguments: Any) -> Any:
        """Call it with numba's threads, as many as ``numba.get_num_threads()``."""
        n_threads = min(numba.get_num_threads(), MAX_THREADS)
        return self.dispatcher((_threads(), n_threads), *arguments)


@intrinsic
def _call_part(typing_context, part_function, job, part):
    def codegen(context, builder, signature, arguments):
        part_function, job, part = arguments
        builder.call(builder.inttoptr(part_function, _PART.as_pointer()), [job, part])
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp), codegen


@intrinsic
def _count_up(typing_context, address):
    """Add 1 to the integer at ``address``, of which no other thread gets the same; the old one."""

    def codegen(context, builder, signature, arguments):
        pointer = builder.inttoptr(arguments[0], _INT.as_pointer())
        return builder.atomic_rmw("add", pointer, _INT(1), "monotonic")

    return types.intp(types.intp), codegen


@with_threads
def _drive(n_threads, counters, part_function, job, n_parts):
    """Every thread does its share of the parts, then what is left of the others' shares.

    So nobody waits for a thread that a busy core has not let begin, and each thread has the same
    parts from call to call, whose data are in its cache.
    """
    for thread in prange(n_threads):
        for ahead in range(n_threads):
            share = (thread + ahead) % n_threads
            counter = counters + _COUNTER_BYTES * share
            start, stop = n_parts * share // n_threads, n_parts * (share + 1) // n_threads
            part = start + _count_up(counter)
            while part < stop:
                _call_part(part_function, job, part)
                part = start + _count_up(counter)


@cache
def _threads() -> int:
    if numba.config.DISABLE_JIT:
        return 0
    return machine_code(_drive, types.void(*[types.intp] * 5))


@intrinsic(prefer_literal=False)
def _parts(typing_context, driver, function, arguments, n_parts):
    callee = function.get_call_type(typing_context, (*arguments.types, types.intp), {})
    signature = types.void(types.UniTuple(types.intp, 2), function, arguments, types.intp)

    def codegen(context, builder, signature, values):
        driver, _, given, n_parts = values
        driver, n_threads = cgutils.unpack_tuple(builder, driver, 2)
        result = function.dispatcher.get_compile_result(callee)
        context.active_code_library.add_linking_library(result.library)
        convention, int32 = context.call_conv, ir.IntType(32)

        # What parts get: the arguments, and where the status of one that failed goes.
        excinfo = convention._get_excinfo_argument(builder.function).type.pointee
        job_type = ir.LiteralStructType([given.type, int32, excinfo])
        job = cgutils.alloca_once(builder, job_type)
        builder.store(given, cgutils.gep_inbounds(builder, job, 0, 0))
        builder.store(int32(0), cgutils.gep_inbounds(builder, job, 0, 1))

        # As many numbers, not as an array: that numba would fill with zeros, number by number.
        counters = cgutils.alloca_once(builder, _INT, size=_INT(MAX_THREADS * _COUNTER_BYTES // 8))
        counters.align = _COUNTER_BYTES

        name = builder.module.get_unique_name(f"part.{result.fndesc.mangled_name}")
        part_function = ir.Function(builder.module, _PART, name)
        part_function.linkage = "internal"
        part_function.attributes.add("noinline")  # one copy for both ways of calling it
        inner = ir.IRBuilder(part_function.append_basic_block("entry"))
        there = inner.inttoptr(part_function.args[0], job_type.as_pointer())
        received = [
            inner.load(cgutils.gep_inbounds(inner, there, 0, 0, i))
            for i in range(len(given.type.elements))
        ]
        have = (*arguments.types, types.intp)
        received = [
            without_owner(
                context, inner, wanted_type, context.cast(inner, value, given_type, wanted_type)
            )
            for value, given_type, wanted_type in zip(
                [*received, part_function.args[1]], have, result.fndesc.argtypes, strict=True
            )
        ]
        status, _ = convention.call_function(
            inner, context.declare_function(builder.module, result.fndesc),
            result.fndesc.restype, result.fndesc.argtypes, received,
        )  # fmt: skip
        with inner.if_then(status.is_error, likely=False):
            inner.store(status.excinfoptr, cgutils.gep_inbounds(inner, there, 0, 2))
            inner.store(status.code, cgutils.gep_inbounds(inner, there, 0, 1))
        inner.ret_void()

        def call(part: Any) -> None:
            builder.call(part_function, [builder.ptrtoint(job, _INT), part])

        is_threaded = builder.icmp_signed("!=", driver, _INT(0))
        with builder.if_else(is_threaded) as (threaded, alone):
            with threaded:
                n_bytes = builder.mul(n_threads, _INT(_COUNTER_BYTES))
                cgutils.memset(builder, counters, n_bytes, 0)
                there = [
                    builder.ptrtoint(pointer, _INT) for pointer in (counters, part_function, job)
                ]
                builder.call(
                    builder.inttoptr(driver, _DRIVER.as_pointer()), [n_threads, *there, n_parts]
                )
            with alone, cgutils.for_range(builder, n_parts) as loop:
                call(loop.index)
        code = builder.load(cgutils.gep_inbounds(builder, job, 0, 1))
        with builder.if_then(builder.icmp_signed("!=", code, int32(0)), likely=False):
            failed = builder.load(cgutils.gep_inbounds(builder, job, 0, 2))
            convention.return_status_propagate(
                builder, status._replace(code=code, excinfoptr=failed)
            )
        return context.get_dummy_value()

    return signature, codegen


def _parts_in_python(driver, function, arguments, n_parts):
    for part in range(n_parts):
        function(*arguments, part)


# ``parts(driver, function, arguments, n_parts)``: ``function(*arguments, part)`` for every part.
parts = _parts_in_python if numba.config.DISABLE_JIT else _parts
