"""The one place where numba compiles for the emulator.

The Python error model would put a branch for division by zero into every loop and keep it from being vectorised.
"""

from collections.abc import Callable
from typing import Any

import numba


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel that keeps IEEE 754 order of operations; cached on disk, runs without the interpreter lock."""
    compiled: Callable[..., Any] = numba.njit(cache=True, error_model="numpy", nogil=True)(function)
    return compiled


def fast_jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel whose arithmetic may be re-ordered (fused, vectorised); no NaN may enter it."""
    compiled: Callable[..., Any] = numba.njit(cache=True, error_model="numpy", nogil=True, fastmath=True)(function)
    return compiled
