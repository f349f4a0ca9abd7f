"""Counter-based random numbers: the same seed, unit and counter give the same number in every thread.

Source of the mixing functions: splitmix64 (Steele, Lea & Flood, OOPSLA 2014; finaliser "variant 13") and
``lowbias32`` (C. Wellons, hash-prospector).
"""

from __future__ import annotations

import numpy as np

from emulator.kernels.jit import jit

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_TWO53 = 1.0 / (1 << 53)


@jit
def mix64(x):
    """Return a 64-bit word whose bits all depend on all bits of ``x``."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@jit
def word(key, counter):
    """Return word number ``counter`` of the stream ``key``."""
    return mix64(key + (np.uint64(counter) + np.uint64(1)) * _GOLDEN)


@jit
def unit(x):
    """Return a number in (0, 1] from a 64-bit word."""
    return (np.float64(x >> np.uint64(11)) + 1.0) * _TWO53


@jit
def normal_sum(x):
    """Return the standardised sum of the four 16-bit parts of a word: mean 0, deviation 1, within 3.4642.

    Irwin-Hall of order 4; close to a normal distribution up to two standard deviations.
    """
    mask = np.uint64(0xFFFF)
    total = (x & mask) + ((x >> np.uint64(16)) & mask) + ((x >> np.uint64(32)) & mask) + (x >> np.uint64(48))
    return (np.float64(np.int64(total)) / 65536.0 + 2.0 / 65536.0 - 2.0) * 1.7320508075688772


@jit
def mix32(x):
    """Return a 32-bit word whose bits all depend on all bits of ``x``; numba computes in 64 bits unless told."""
    x = np.uint32((x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D))
    x = np.uint32((x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B))
    return np.uint32(x ^ (x >> np.uint32(16)))
