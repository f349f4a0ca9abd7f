"""The one place where numba compiles."""

from collections.abc import Callable
from typing import Any

import numba


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel of scalars and numpy arrays at its first call, with a cache on disk."""
    compiled: Callable[..., Any] = numba.njit(cache=True, error_model="numpy", nogil=True)(function)
    return compiled
