"""Named tuples that kernels pass on by reference.

By value, a tuple of seven arrays is some sixty arguments of every function that it goes through.
LLVM takes a second to read and remove them again.
"""

from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    infer_getattr,
    intrinsic,
    lower_getattr_generic,
    models,
    register_model,
)

_POINTER = ir.IntType(8).as_pointer()


def without_owner(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """LLVM's ``value`` of numba's type ``kind``, whose arrays count no references.

    Threads that count the references of the same array wait for each other at every use of it.
    """
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        for i, element in enumerate(kind.types):
            old = builder.extract_value(value, i)
            value = builder.insert_value(value, without_owner(context, builder, element, old), i)
    return value


class Held(types.Type):
    """A named tuple in the frame of the kernel that called `hold`; has its attributes."""

    def __init__(self, held: Any):
        self.held = held
        super().__init__(f"Held({held})")

    @property
    def key(self) -> Any:  # not the name: classes of the same name may have other attributes
        return self.held


@register_model(Held)
class _HeldModel(models.PrimitiveModel):
    def __init__(self, manager: Any, held: Any):
        super().__init__(manager, held, _POINTER)


@intrinsic
def _hold(typing_context, named_tuple):
    def codegen(context, builder, signature, arguments):
        there = cgutils.alloca_once_value(builder, arguments[0])
        return builder.bitcast(there, _POINTER)

    return Held(named_tuple)(named_tuple), codegen


@infer_getattr
class _HeldAttributes(AttributeTemplate):
    key = Held

    def generic_resolve(self, held: Held, name: str) -> Any:
        fields = held.held.fields
        return held.held.types[fields.index(name)] if name in fields else None


@lower_getattr_generic(Held)
def _get_field(context, builder, held, value, name):
    index = held.held.fields.index(name)
    there = builder.bitcast(value, context.get_value_type(held.held).as_pointer())
    field = builder.load(cgutils.gep_inbounds(builder, there, 0, index))
    return without_owner(context, builder, held.held.types[index], field)


def _as_it_is(named_tuple: Any) -> Any:
    return named_tuple


# Of a named tuple whose arrays came to the kernel as arguments: a reference keeps no array alive.
hold = _as_it_is if numba.config.DISABLE_JIT else _hold
