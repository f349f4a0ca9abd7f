"""Arrays that grow."""

from __future__ import annotations

import numpy as np

from emulator.kernels.jit import jit


@jit
def grown(array, needed):
    """Return the array, or a longer copy if it has less than ``needed`` entries."""
    if needed <= array.shape[0]:
        return array
    longer = np.empty(max(needed, 2 * array.shape[0]), array.dtype)
    for i in range(array.shape[0]):  # a slice assignment would take seconds to compile
        longer[i] = array[i]
    return longer


@jit
def appended(unit, time, count, units, times):
    """Append an event; return the new count and both arrays."""
    if count == units.shape[0]:
        units, times = grown(units, count + 1), grown(times, count + 1)
    units[count], times[count] = unit, time
    return count + 1, units, times
