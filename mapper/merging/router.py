"""marocco's greedy router through the merger tree of one HICANN.

A fixed list of DNC mergers is tried; each takes its own neuron block and as many neighbours as addresses allow.

Two departures.  marocco removes only the path of the main block from the tree, so that a block can be claimed by
two DNC mergers, or travel unseen past the tap of a third.  Here a claim must leave a map that the tree can realise
with every block that is still waiting on the DNC merger of its own number; otherwise an accepted claim loses its
last blocks until it does.  And an occupied block is never claimed twice.

Source: marocco ``MergerTreeRouter``, ``MergerTreeGraph``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.hardware.mergers import TAP, is_realisable, upward_path

#: Every block onto DNC merger 3, or nothing.
_ALL = -1
#: DNC mergers in the order in which they are tried; from the fourth on only those whose own block is waiting.
_ORDER = (_ALL, 5, 3, 6, 3, 5, 3, 1, 3, 0, 1, 2, 3, 4, 5, 6, 7)
_TRIED_ALWAYS = 3

#: Tells whether a DNC merger may carry these blocks together.
Accept = Callable[[int, Sequence[int]], bool]


class Unroutable(Exception):
    """A neuron block cannot reach the DNC merger of its own number: ``dnc``."""

    def __init__(self, dnc: int) -> None:
        super().__init__(f"neuron block {dnc} cannot reach DNC merger {dnc}")
        self.dnc = dnc


def greedy_map(
    counts: Sequence[int], nodes: Sequence[bool], dncs: Sequence[bool], limit: int, accept: Accept
) -> tuple[int, ...]:
    """Return the DNC merger of each neuron block, -1 for blocks without neurons, (8,).

    Parameters
    ----------
    counts : (8,)
        Neurons on each block.
    nodes, dncs : (15,), (8,)
        Which mergers of the tree and which DNC mergers work.
    limit : int
        Most neurons on one DNC merger.
    accept : callable
        Further constraint on a DNC merger and the blocks that it would carry.

    Raises
    ------
    Unroutable
        If a DNC merger that is tried cannot reach its own block.
    """
    tree = [list(nodes), list(dncs)]
    chosen: dict[int, int] = {}
    pending = {block for block in range(8) if counts[block] > 0}
    for attempt, entry in enumerate(_ORDER):
        if not pending:
            break
        dnc = 3 if entry == _ALL else entry
        if attempt >= _TRIED_ALWAYS and dnc not in pending:
            continue
        blocks = _claim(dnc, counts, tree, limit, chosen)
        if entry == _ALL and len(blocks) < 8:
            continue
        occupied = [block for block in _trimmed(blocks, counts) if counts[block] > 0]
        if not accept(dnc, occupied):
            continue
        legal = _legal(dnc, occupied, chosen, pending)
        if legal != occupied and not accept(dnc, legal):
            continue
        for node in _way(dnc, dnc):
            tree[0][node] = False
        chosen.update(dict.fromkeys(legal, dnc))
        pending.difference_update(legal)
    return tuple(chosen.get(block, block) if counts[block] > 0 else -1 for block in range(8))


def _way(block: int, dnc: int) -> tuple[int, ...]:
    """Return the tree nodes from a block to the tap of a DNC merger, empty if there is no way."""
    path = upward_path(block)
    return path[: path.index(TAP[dnc]) + 1] if TAP[dnc] in path else ()


def reaches(block: int, dnc: int, nodes: Sequence[bool], dncs: Sequence[bool]) -> bool:
    """Tell whether a block can reach a DNC merger through mergers that work."""
    way = _way(block, dnc)
    return bool(way) and bool(dncs[dnc]) and all(nodes[node] for node in way)


def _claim(dnc: int, counts: Sequence[int], tree: list[list[bool]], limit: int, chosen: dict[int, int]) -> list[int]:
    """Return the blocks around block ``dnc`` that fit: to the left first, then to the right."""
    nodes, dncs = tree
    if not reaches(dnc, dnc, nodes, dncs):
        raise Unroutable(dnc)
    blocks, total = [dnc], counts[dnc]
    for direction in (range(dnc - 1, -1, -1), range(dnc + 1, 8)):
        for block in direction:
            total_with = total + counts[block]
            if total_with > limit or block in chosen or not reaches(block, dnc, nodes, dncs):
                break
            blocks.append(block)
            total = total_with
    return sorted(blocks)


def _trimmed(blocks: list[int], counts: Sequence[int]) -> list[int]:
    """Drop empty blocks at the outer ends, so that their DNC mergers stay free for input."""
    while blocks and counts[blocks[0]] == 0 and blocks[0] <= 2:
        blocks = blocks[1:]
    while blocks and counts[blocks[-1]] == 0 and blocks[-1] >= 4:
        blocks = blocks[:-1]
    return blocks


def _legal(dnc: int, blocks: list[int], chosen: dict[int, int], pending: set[int]) -> list[int]:
    """Drop blocks from the right until the tree can realise the map, with the others on their own number."""

    def legal(candidate: list[int]) -> bool:
        final = {block: block for block in pending} | chosen | dict.fromkeys(candidate, dnc)
        return is_realisable([final.get(block, -1) for block in range(8)])

    while blocks and not legal(blocks):
        blocks = blocks[:-1]
    return blocks
