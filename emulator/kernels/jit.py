"""The one place where numba compiles for the emulator.

The Python error model would put a branch for division by zero into every loop and keep it from being vectorised.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numba


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel that keeps IEEE 754 order of operations; cached on disk, runs without the interpreter lock."""
    compiled: Callable[..., Any] = numba.njit(cache=True, error_model="numpy", nogil=True)(function)
    return compiled


def resolved(kernel: Callable[..., Any], arguments: Sequence[Any]) -> Callable[..., Any]:
    """Return a compiled kernel for arguments of the types of these, compiled if it is not.

    The kernel itself looks at the types of all its arguments at every call, which for tuples of arrays takes a tenth of
    a millisecond.  The function returned does not, so every later call must have the same types.
    """
    dispatcher: Any = kernel
    typeof: Any = numba.typeof
    signature = tuple(typeof(argument) for argument in arguments)
    dispatcher.compile(signature)
    found: Callable[..., Any] = dispatcher.get_overload(signature)
    return found


def fast_jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel whose arithmetic may be re-ordered (fused, vectorised); no NaN may enter it."""
    compiled: Callable[..., Any] = numba.njit(cache=True, error_model="numpy", nogil=True, fastmath=True)(function)
    return compiled
