"""Fetch memory into the cache ahead of its use: the processor's own prefetching does not follow blocks of fields."""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

from emulator.kernels.jit import jit

#: Bytes of a line of the cache.
LINE: Final = 64


@intrinsic
def fetch(_context: Any, array: Any, index: Any) -> Any:
    """Ask for the line of ``array[index]``; it is no error if there is no such entry."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        pointer = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        flag = ir.IntType(32)
        function = builder.module.declare_intrinsic(
            "llvm.prefetch", [pointer.type], ir.FunctionType(ir.VoidType(), [pointer.type, flag, flag, flag])
        )
        builder.call(function, [pointer, flag(1), flag(3), flag(1)])  # to be written, keep, data
        return context.get_dummy_value()

    return types.none(array, types.intp), generate


@jit
def prefetch(array, begin, end):
    """Ask for the entries ``begin`` to ``end`` of a flat array."""
    for i in range(begin, end, LINE // array.itemsize):
        fetch(array, i)
