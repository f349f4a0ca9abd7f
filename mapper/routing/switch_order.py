"""The order in which marocco puts crossbar switches into its routing graph; it decides between equal routes.

The shuffle is libstdc++'s ``std::shuffle`` with a linear congruential engine, reproduced number by number.

Sources: marocco ``L1RoutingGraph`` and its parameters; libstdc++ ``bits/stl_algo.h`` (two swaps from one
random number), ``bits/uniform_int_dist.h`` (rejection by scaling), ``bits/random.h`` (both engines).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.errors import OptionError
from models.hardware.coordinates import N_HICANNS
from models.hardware.layer1 import N_CROSSBAR_SWITCHES

#: marocco's names of the orders.
BY_HICANN: Final = "shuffle_switches_with_hicann_enum_as_seed"
BY_GIVEN_SEED: Final = "shuffle_switches_with_given_seed"
UNSHUFFLED: Final = "switches_in_filled_in_order"
ORDERINGS: Final = (BY_HICANN, BY_GIVEN_SEED, UNSHUFFLED)

#: marocco L1Routing parameters: default of ``shuffle_switches_seed``.
DEFAULT_SEED: Final = 424242

_MODULUS: Final = 2**31 - 1
#: Multipliers of minstd_rand and of minstd_rand0, which is libstdc++'s default_random_engine.
_MINSTD: Final = 48271
_MINSTD0: Final = 16807
#: Largest minus smallest value of both engines.
_RANGE: Final = _MODULUS - 2


def switch_orders(ordering: str, seed: int, present: NDArray[np.bool_]) -> NDArray[np.int16]:
    """Return the crossbar switches of every HICANN in the order of marocco's routing graph.

    Parameters
    ----------
    ordering : str
        One of ORDERINGS.
    seed : int
        Seed of the order by given seed; the others ignore it.
    present : (384,) bool
        HICANNs in the graph; only they consume random numbers of the given seed.

    Returns
    -------
    (384, 512) int16
        Switch numbers 8 h + v // 32; ascending for HICANNs that are not present.

    Raises
    ------
    ValueError
        If the ordering is unknown.
    """
    orders = np.tile(np.arange(N_CROSSBAR_SWITCHES, dtype=np.int16), (N_HICANNS, 1))
    if ordering == BY_HICANN:
        for hicann in np.flatnonzero(present):
            orders[hicann] = _shuffled_by(int(hicann))
    elif ordering == BY_GIVEN_SEED:
        numbers = _engine(seed, _MINSTD0)
        for hicann in np.flatnonzero(present):
            orders[hicann] = _shuffled(numbers)
    elif ordering != UNSHUFFLED:
        raise OptionError(f"unknown order of crossbar switches {ordering!r}: known are {', '.join(ORDERINGS)}")
    return orders


@lru_cache(maxsize=N_HICANNS)
def _shuffled_by(seed: int) -> NDArray[np.int16]:
    return _shuffled(_engine(seed, _MINSTD))


def _engine(seed: int, multiplier: int) -> Iterator[int]:
    """Yield the engine's numbers minus its minimum, 0.._RANGE; a seed of 0 counts as 1."""
    state = seed % _MODULUS or 1
    while True:
        state = state * multiplier % _MODULUS
        yield state - 1


def _uniform(numbers: Iterator[int], count: int) -> int:
    """Return a number 0..count-1."""
    scale = _RANGE // count
    limit = scale * count
    for number in numbers:
        if number < limit:
            return number // scale
    raise AssertionError("the engine never ends")


def _shuffled(numbers: Iterator[int]) -> NDArray[np.int16]:
    """Return the shuffled switch numbers, (512,): after the first swap, one random number makes two swaps."""
    items = list(range(N_CROSSBAR_SWITCHES))
    other = _uniform(numbers, 2)
    items[1], items[other] = items[other], items[1]
    for i in range(2, N_CROSSBAR_SWITCHES, 2):
        first, second = divmod(_uniform(numbers, (i + 1) * (i + 2)), i + 2)
        items[i], items[first] = items[first], items[i]
        items[i + 1], items[second] = items[second], items[i + 1]
    return np.array(items, dtype=np.int16)
