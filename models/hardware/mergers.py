"""The merger tree of a HICANN: which neuron block can leave on which DNC merger, and L1 addresses.

The tree has 15 mergers: Merger0[0..7] (inputs: background generator i, neuron block i), Merger1[0..3],
Merger2[0..1], Merger3[0]; numbered 0..14 here in that order.  Eight DNC mergers tap it.  Every neuron block goes
to the *first enabled tap* on its way up, so a map block -> DNC merger is realisable iff every active block's DNC
merger is the first one on its path that is used by anybody.  There are 2**7 = 128 complete maps.

Sources: halco merger*onhicann.h; halbe ``L1Address``; marocco ``MergerTreeGraph``, ``L1AddressPool``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

N_MERGERS: Final = 15
N_DNC_MERGERS: Final = 8
#: First node number of each merger level.
LEVEL_START: Final = (0, 8, 12, 14)

#: Merger modes.  LEFT_ONLY and RIGHT_ONLY pass one input, MERGE both.
LEFT_ONLY: Final = 0
RIGHT_ONLY: Final = 1
MERGE: Final = 2
MODE_NAMES: Final = ("LEFT_ONLY", "RIGHT_ONLY", "MERGE")

#: Node that each DNC merger taps with its right input: M0[0] M1[0] M0[2] M3[0] M0[4] M2[1] M1[3] M0[7].
TAP: Final = (0, 8, 2, 14, 4, 13, 11, 7)
#: Modes after power-on, node by node: every block on the DNC merger of its own number.
DEFAULT_MODES: Final = (2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 0, 1, 0, 0)

#: Gbit link (high-speed event link) directions of a DNC merger.
LINK_OFF: Final = 0
LINK_TO_DNC: Final = 1
LINK_TO_HICANN: Final = 2


def node(level: int, index: int) -> int:
    """Return the node number 0..14 of Merger``level``[``index``]."""
    return LEVEL_START[level] + index


def node_name(number: int) -> str:
    """Return e.g. ``Merger1[2]`` for a node number."""
    level = max(i for i, start in enumerate(LEVEL_START) if number >= start)
    return f"Merger{level}[{number - LEVEL_START[level]}]"


def upward_path(block: int) -> tuple[int, int, int, int]:
    """Return the four merger nodes from neuron block ``block`` to the root."""
    return (block, 8 + block // 2, 12 + block // 4, 14)


def _paths() -> tuple[tuple[int, ...], ...]:
    tap_of_node = {n: dnc for dnc, n in enumerate(TAP)}
    return tuple(tuple(tap_of_node[n] for n in upward_path(b) if n in tap_of_node) for b in range(8))


#: DNC mergers that block b can reach, in the order met on the way up.
PATHS: Final = _paths()


def map_for_taps(taps: Sequence[int]) -> tuple[int, ...]:
    """Return the DNC merger of each of the 8 blocks when the DNC mergers ``taps`` (and 3) listen to their tap."""
    enabled = {3, *taps}
    return tuple(next(dnc for dnc in path if dnc in enabled) for path in PATHS)


def complete_maps() -> list[tuple[int, ...]]:
    """Return the 128 complete maps block -> DNC merger, fewest buses first."""
    others = (0, 1, 2, 4, 5, 6, 7)
    return [map_for_taps(taps) for n in range(8) for taps in combinations(others, n)]


def is_realisable(block_to_dnc: Sequence[int]) -> bool:
    """Tell whether the merger tree can realise a map block -> DNC merger (-1: nothing leaves the block).

    An external input on DNC merger k counts as active block k with DNC merger k, because its background
    generator has to travel alone on tap k.
    """
    used = {dnc for dnc in block_to_dnc if dnc >= 0}
    return all(
        next((d for d in PATHS[block] if d in used), None) == dnc for block, dnc in enumerate(block_to_dnc) if dnc >= 0
    )


def is_monotone(block_to_dnc: Sequence[int]) -> bool:
    """Tell whether the DNC merger never falls with the block number (all that marocco's configurator takes)."""
    used = [d for d in block_to_dnc if d >= 0]
    return all(a <= b for a, b in pairwise(used))


def modes_for_map(block_to_dnc: Sequence[int]) -> tuple[int, ...]:
    """Return the modes (15,) of the merger tree that realise a map (-1: the block is silent).

    Raises
    ------
    ValueError
        If no setting of the tree realises the map.
    """
    if not is_realisable(block_to_dnc):
        raise ValueError(f"the merger tree cannot realise the map block -> DNC merger {tuple(block_to_dnc)}")
    wanted: dict[int, set[int]] = {}
    for block, dnc in enumerate(block_to_dnc):
        if dnc < 0:
            continue
        path = upward_path(block)
        for below, above in pairwise(path):
            if below == TAP[dnc]:
                break
            wanted.setdefault(above, set()).add(_input_side(below))
    modes = list(DEFAULT_MODES)
    for merger, sides in wanted.items():
        modes[merger] = MERGE if len(sides) == 2 else sides.pop()
    return tuple(modes)


def _input_side(below: int) -> int:
    """Return LEFT_ONLY or RIGHT_ONLY: the side at which node ``below`` enters the next level."""
    level = max(i for i, start in enumerate(LEVEL_START) if below >= start)
    return RIGHT_ONLY if (below - LEVEL_START[level]) % 2 else LEFT_ONLY


def blocks_at_taps(modes: Sequence[int]) -> list[set[int]]:
    """Return for each DNC merger the set of blocks (neurons and background generator) that its tap carries."""
    carried: list[set[int]] = [set() for _ in range(N_MERGERS)]
    for block in range(8):
        carried[block] = {block}
    for level in (1, 2, 3):
        for index in range(8 >> level):
            n = node(level, index)
            left, right = (node(level - 1, 2 * index + side) for side in (0, 1))
            if modes[n] in (LEFT_ONLY, MERGE):
                carried[n] |= carried[left]
            if modes[n] in (RIGHT_ONLY, MERGE):
                carried[n] |= carried[right]
    return [carried[TAP[dnc]] for dnc in range(N_DNC_MERGERS)]


def sending_repeater(dnc: int) -> int:
    """Return the sending repeater 0..7 of a DNC merger."""
    return 7 - dnc


def sending_hline(dnc: int) -> int:
    """Return the HLine that DNC merger ``dnc`` drives, 62 - 8 dnc."""
    return 62 - 8 * dnc


#: Background generators send this address to keep repeaters locked; never given to a source (halbe).
LOCKING_ADDRESS: Final = 0
#: Synapse decoder value of an unused synapse: no source may have it as its 4 LSB (calibtic).
DISABLED_DECODER: Final = 1


def _usable_addresses() -> NDArray[np.int8]:
    address: NDArray[np.int8] = np.arange(64, dtype=np.int8)
    ok = (address != LOCKING_ADDRESS) & (address % 16 != DISABLED_DECODER)
    usable: NDArray[np.int8] = address[ok]
    return usable


#: The 59 L1 addresses that a bus can give to sources, ascending.
ADDRESSES: Final = _usable_addresses()


def driver_decoder(address: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return the 2 most significant bits of 6-bit L1 addresses: the decoder group 0..3."""
    return address >> 4


def synapse_decoder(address: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return the 4 least significant bits of 6-bit L1 addresses."""
    return address & 15


#: How many usable addresses each decoder group has: 14, 15, 15, 15.
GROUP_CAPACITY: Final = tuple(int(np.count_nonzero(driver_decoder(ADDRESSES) == d)) for d in range(4))
