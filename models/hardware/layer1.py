"""Layer 1: horizontal and vertical buses, crossbar switches, repeaters, phases, and the graph of a wafer.

A bus *segment* is one line on one HICANN: id = 320 hicann + line, where line 0..63 is HLine ``line`` and
64..319 is VLine ``line - 64``.  Segments are joined by crossbar switches (on one HICANN) and by hops to the same
line, shifted by two, of a neighbouring HICANN; every hop is owned by one repeater.

The *slot* of a line is ``h // 2`` (HLine), ``31 - v % 32`` (left VLine) or ``v % 32`` (right VLine).  A switch
joins equal slots; a hop east adds 1, west -1, south 2, north -2.  So the *phase*
``(slot - x - 2 y) % 32`` is constant along every route and layer 1 falls into 32 independent components.

Sources: halco l1.cpp (line numbering, repeaters), halbe Crossbar.cpp (switches); the phase is derived from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from models.hardware.coordinates import EAST, N_HICANNS, NEIGHBOUR, NORTH, SOUTH, WEST, X, Y

if TYPE_CHECKING:
    import networkx as nx

N_HLINES: Final = 64
N_VLINES: Final = 256
N_LINES: Final = N_HLINES + N_VLINES
N_SEGMENTS: Final = N_HICANNS * N_LINES
N_CROSSBAR_SWITCHES: Final = 512
N_PHASES: Final = 32

_V: Final = np.arange(N_VLINES)
_H: Final = np.arange(N_HLINES)
_LEFT: Final = _V < 128

#: Slot 0..31 of every line (HLines first), shape (320,).
SLOT: Final[NDArray[np.int8]] = np.concatenate([_H // 2, np.where(_LEFT, 31 - _V % 32, _V % 32)]).astype(np.int8)


def _shift(direction: int) -> NDArray[np.int16]:
    """Return for every line (320,) its number on the neighbour in ``direction``, or -1."""
    table = np.full(N_LINES, -1, dtype=np.int16)
    if direction in (EAST, WEST):
        table[:N_HLINES] = (_H + (2 if direction == EAST else -2)) % N_HLINES
    else:
        step = np.where(_LEFT, -2, 2) * (1 if direction == SOUTH else -1)
        table[N_HLINES:] = N_HLINES + np.where(_LEFT, (_V + step) % 128, 128 + (_V - 128 + step) % 128)
    return table


#: ``LINE_AFTER_HOP[direction, line]``: the line on the neighbour in that direction or -1, shape (4, 320).
LINE_AFTER_HOP: Final = np.stack([_shift(d) for d in (NORTH, EAST, SOUTH, WEST)])

#: Direction of the repeater of each line as seen from its HICANN, shape (320,).
REPEATER_SIDE: Final[NDArray[np.int8]] = np.concatenate(
    [
        np.where(_H % 2 == 0, WEST, EAST),
        np.where(_LEFT, np.where(_V % 2 == 0, SOUTH, NORTH), np.where(_V % 2 == 0, NORTH, SOUTH)),
    ]
).astype(np.int8)

#: Crossbar: ``SWITCH_HLINE[s]``, ``SWITCH_VLINE[s]`` of switch s = 8 h + v // 32, shape (512,).
SWITCH_HLINE: Final[NDArray[np.int16]] = (np.arange(N_CROSSBAR_SWITCHES) // 8).astype(np.int16)
_SWITCH_BLOCK = np.arange(N_CROSSBAR_SWITCHES) % 8
SWITCH_VLINE: Final[NDArray[np.int16]] = (
    32 * _SWITCH_BLOCK + np.where(_SWITCH_BLOCK < 4, 31 - SWITCH_HLINE // 2, SWITCH_HLINE // 2)
).astype(np.int16)


def segment(hicann: int, line: int) -> int:
    """Return the segment id of a line (HLine h: h, VLine v: 64 + v) on a HICANN."""
    return hicann * N_LINES + line


def hline(hicann: int, h: int) -> int:
    """Return the segment id of HLine ``h`` on a HICANN."""
    return hicann * N_LINES + h


def vline(hicann: int, v: int) -> int:
    """Return the segment id of VLine ``v`` on a HICANN."""
    return hicann * N_LINES + N_HLINES + v


def segment_name(seg: int) -> str:
    """Return e.g. ``HLine 38 on HICANN 174``."""
    hicann, line = divmod(seg, N_LINES)
    kind = f"HLine {line}" if line < N_HLINES else f"VLine {line - N_HLINES}"
    return f"{kind} on HICANN {hicann}"


def switch_exists(v: int, h: int) -> bool:
    """Tell whether the crossbar has a switch between VLine ``v`` and HLine ``h``."""
    return bool(v % 32 == (31 - h // 2 if v < 128 else h // 2))


def switch_number(v: int, h: int) -> int:
    """Return the number 8 h + v // 32 of the crossbar switch between VLine ``v`` and HLine ``h``.

    Raises
    ------
    ValueError
        If there is no such switch.
    """
    if not switch_exists(v, h):
        raise ValueError(f"no crossbar switch between VLine {v} and HLine {h}")
    return 8 * h + v // 32


def vlines_of_hline(h: int) -> list[int]:
    """Return the eight VLines, four left and four right, that HLine ``h`` can be switched to."""
    return [int(v) for v in SWITCH_VLINE[8 * h : 8 * h + 8]]


def hlines_of_vline(v: int) -> tuple[int, int]:
    """Return the two HLines that VLine ``v`` can be switched to."""
    slot = int(SLOT[N_HLINES + v])
    return 2 * slot, 2 * slot + 1


def next_segment(seg: int, direction: int) -> int:
    """Return the segment that continues ``seg`` on the neighbour in ``direction``, or -1."""
    hicann, line = divmod(seg, N_LINES)
    neighbour, after = int(NEIGHBOUR[hicann, direction]), int(LINE_AFTER_HOP[direction, line])
    return -1 if neighbour < 0 or after < 0 else neighbour * N_LINES + after


def repeater_of_hop(seg: int, direction: int) -> int:
    """Return the segment id whose repeater owns the hop from ``seg`` in ``direction``, or -1 without such a hop."""
    other = next_segment(seg, direction)
    if other < 0:
        return -1
    return seg if REPEATER_SIDE[seg % N_LINES] == direction else other


def vrepeater_number(v: int) -> int:
    """Return the number 128 y + v // 2 of the repeater of VLine ``v``, y = 0 at the top, 1 at the bottom."""
    return 128 * int(REPEATER_SIDE[N_HLINES + v] == SOUTH) + v // 2


#: VLine of each vertical repeater number, shape (256,).
VLINE_OF_VREPEATER: Final[NDArray[np.int16]] = np.argsort([vrepeater_number(v) for v in range(N_VLINES)]).astype(
    np.int16
)


def phase(seg: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """Return the phase 0..31 of segments; no route ever leaves its phase."""
    seg = np.asarray(seg)
    hicann, line = seg // N_LINES, seg % N_LINES
    return (SLOT[line].astype(np.int64) - X[hicann] - 2 * Y[hicann]) % N_PHASES


def phase_of_source(hicann: int, dnc: int) -> int:
    """Return the phase (31 - 4 dnc - x - 2 y) mod 32 of the bus that a DNC merger drives."""
    return int((31 - 4 * dnc - X[hicann] - 2 * Y[hicann]) % N_PHASES)


def slot_at(phase_: int, hicann: int) -> int:
    """Return the slot in which a bus of a phase arrives on a HICANN, whatever its route."""
    return int((phase_ + X[hicann] + 2 * Y[hicann]) % N_PHASES)


@dataclass(frozen=True, slots=True)
class L1Graph:
    """The undirected graph of bus segments as arrays.

    Attributes
    ----------
    a, b : (n_edges,) int32
        Segment ids of both ends; for a hop, ``b`` is east or south of ``a``.
    owner : (n_edges,) int32
        Hop: segment id of the line whose repeater owns it.  Crossbar switch: -1.
    switch : (n_edges,) int32
        Crossbar switch: 512 hicann + switch number.  Hop: -1.
    working : (122880,) bool
        Segments that exist and work.
    """

    a: NDArray[np.int32]
    b: NDArray[np.int32]
    owner: NDArray[np.int32]
    switch: NDArray[np.int32]
    working: NDArray[np.bool_]

    @property
    def n_edges(self) -> int:
        """Return the number of edges."""
        return len(self.a)

    def adjacency(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """Return (start, neighbour, edge): the CSR neighbour lists, (122881,), (2 n_edges,), (2 n_edges,)."""
        ends = np.concatenate([self.a, self.b])
        others = np.concatenate([self.b, self.a])
        edges = np.tile(np.arange(self.n_edges, dtype=np.int32), 2)
        order = np.argsort(ends, kind="stable")
        start = np.zeros(N_SEGMENTS + 1, dtype=np.int32)
        np.cumsum(np.bincount(ends, minlength=N_SEGMENTS), out=start[1:])
        return start, others[order], edges[order]

    def to_networkx(self) -> nx.Graph[int]:
        """Return the graph for inspection: nodes are segment ids, edges carry ``kind``, ``owner`` or ``switch``."""
        import networkx

        graph: nx.Graph[int] = networkx.Graph()
        graph.add_nodes_from(np.flatnonzero(self.working).tolist())
        hop = self.switch < 0
        for a, b, owner in zip(self.a[hop], self.b[hop], self.owner[hop], strict=True):
            graph.add_edge(int(a), int(b), kind="hop", owner=int(owner))
        for a, b, switch in zip(self.a[~hop], self.b[~hop], self.switch[~hop], strict=True):
            graph.add_edge(int(a), int(b), kind="switch", switch=int(switch))
        return graph


@lru_cache(maxsize=1)
def full_graph() -> L1Graph:
    """Return the graph of a wafer without defects: 122,880 segments, 309,248 edges, 32 components."""
    hicanns = np.arange(N_HICANNS, dtype=np.int32)[:, None]
    numbers = np.arange(N_CROSSBAR_SWITCHES, dtype=np.int32)[None, :]
    parts: list[tuple[NDArray[np.signedinteger], ...]] = [
        (
            hicanns * N_LINES + SWITCH_HLINE[None, :],
            hicanns * N_LINES + N_HLINES + SWITCH_VLINE[None, :],
            np.full((N_HICANNS, N_CROSSBAR_SWITCHES), -1, dtype=np.int32),
            hicanns * N_CROSSBAR_SWITCHES + numbers,
        )
    ]
    parts += [_hops(direction) for direction in (EAST, SOUTH)]
    a, b, owner, switch = (np.concatenate([part[i].ravel() for part in parts]).astype(np.int32) for i in range(4))
    return L1Graph(a, b, owner, switch, np.ones(N_SEGMENTS, dtype=np.bool_))


def _hops(direction: int) -> tuple[NDArray[np.int32], ...]:
    lines = np.flatnonzero(LINE_AFTER_HOP[direction] >= 0)
    after = LINE_AFTER_HOP[direction, lines]
    here = np.flatnonzero(NEIGHBOUR[:, direction] >= 0)
    there = NEIGHBOUR[here, direction].astype(np.int32)
    a = here[:, None].astype(np.int32) * N_LINES + lines[None, :].astype(np.int32)
    b = there[:, None] * N_LINES + after[None, :].astype(np.int32)
    mine = (REPEATER_SIDE[lines] == direction)[None, :]
    return a, b, np.where(mine, a, b), np.full(a.shape, -1, dtype=np.int32)
