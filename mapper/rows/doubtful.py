"""Pairs that lose synapses in their rows although better rows may exist, and what an integer program makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.demand import CellTables, Demand, targets_table
from mapper.problem import Problem
from mapper.rows.program import Pair, best_setting

Ints = NDArray[np.int64]

#: Share of the remaining time for all pairs.
_TIME_SHARE = 0.5
#: Pairs per ten seconds of a deterministic budget; as many without any limit.
_PAIRS = 100
#: Kind of cells whose parities have different numbers of columns, more than one in total.
_ODD = -1


@dataclass(slots=True)
class Filled:
    """Rows of all pairs, changed in place.

    Attributes
    ----------
    start : (n_pairs + 1,) int64
        Pair i has the drivers ``start[i]:start[i + 1]``.
    driver : (n_drivers,) int64
        Their numbers on the HICANN.
    setting : (n_drivers, 2, 4) int64
        Side, even group, odd group, STP mode of their rows, -1 if unused.
    row, column : (n_synapses,) int16
        Hardware synapse of every synapse, -1 if none.
    """

    start: Ints
    driver: Ints
    setting: Ints
    row: NDArray[np.int16]
    column: NDArray[np.int16]


def improve(problem: Problem, tables: CellTables, wanted: Demand, filled: Filled, context: Context) -> None:
    """Set the rows of doubtful pairs anew where that serves more synapses, those that lose most first."""
    pairs = doubtful(problem, tables, wanted, filled)
    if context.remaining == float("inf"):
        pairs = pairs[: context.work(_PAIRS)]
    part = context.part(_TIME_SHARE)
    for index in pairs.tolist():
        if part.over:
            return
        _improve_pair(problem, tables, wanted, filled, index, part)


def doubtful(problem: Problem, tables: CellTables, wanted: Demand, filled: Filled) -> Ints:
    """Return the pairs with drivers that lose synapses and may have better rows, those that lose most first."""
    lost = np.append(0, np.cumsum(filled.row[wanted.synapse] < 0))[wanted.start]
    missing = np.diff(lost) * (np.diff(filled.start) > 0)
    kind = kinds_of(tables.receptors, tables.width)
    dead = np.isin(wanted.hicann, problem.wafer.hicanns_with_dead_cells)
    if not missing.any() or (_optimal(np.unique(kind[tables.width > 0])) and not dead.any()):
        return np.empty(0, np.int64)
    of_synapse = kind[tables.post[wanted.synapse]]
    least = np.minimum.reduceat(of_synapse, wanted.start[:-1])
    most = np.maximum.reduceat(of_synapse, wanted.start[:-1])
    pairs = np.flatnonzero((missing > 0) & (dead | (least != most) | (most == _ODD)))
    return pairs[np.argsort(-missing[pairs], kind="stable")]


def kinds_of(receptors: Ints, width: Ints) -> Ints:
    """Return a number of every cell: marginal gains are optimal where all have the same one, unless it is _ODD.

    Twice the receptors, plus 1 for width 1.  With four receptors a half row never shares one with another, so that
    any width will do.
    """
    kind = np.where(receptors == 4, 8, np.where((width > 1) & (width % 2 == 1), _ODD, 2 * receptors + (width == 1)))
    return kind.astype(np.int64)


def _optimal(kinds: Ints) -> bool:
    """Tell whether marginal gains are optimal for cells of these kinds, if all of their columns work."""
    return len(kinds) == 1 and int(kinds[0]) != _ODD


def _improve_pair(
    problem: Problem, tables: CellTables, wanted: Demand, filled: Filled, index: int, context: Context
) -> None:
    """Set the rows of one pair anew if more synapses can be served."""
    synapse = wanted.synapse[wanted.start[index] : wanted.start[index + 1]]
    drivers = slice(int(filled.start[index]), int(filled.start[index + 1]))
    cells = np.unique(tables.post[synapse])
    row = (2 * filled.driver[drivers, None] + np.arange(2)).astype(np.int64)
    alive = ~problem.wafer.dead_synapses(int(wanted.hicann[index]))[row.ravel()]
    pair = pair_of(tables, synapse, alive)
    kinds = np.unique(kinds_of(tables.receptors[cells], tables.width[cells]))
    if _optimal(kinds) and (pair.room == pair.room[:1, :1]).all():
        return
    known = int((filled.row[synapse] >= 0).sum())
    setting = best_setting(pair, known, context)
    if setting is None:
        return
    which, column = _cells_for(tables, synapse, alive, setting.reshape(-1, 4))
    served = which >= 0
    if int(served.sum()) > known:
        filled.setting[drivers] = setting
        filled.row[synapse] = np.where(served, row.ravel()[which], -1)
        filled.column[synapse] = column


def pair_of(tables: CellTables, synapse: Ints, alive: NDArray[np.bool_]) -> Pair:
    """Return what the program needs to know of a pair.

    Parameters
    ----------
    synapse : (m,) int64
        Its synapses.
    alive : (2 drivers, 256) bool
        Working cells of its rows, driver by driver.
    """
    cells, local = np.unique(tables.post[synapse], return_inverse=True)
    counts = np.zeros((len(cells), 4, 4, 3), dtype=np.int64)
    group = tables.decoder[tables.pre[synapse]]
    np.add.at(counts, (local, tables.receptor[synapse], group, tables.stp[synapse]), 1)
    room = np.zeros((len(alive), len(cells), 2), dtype=np.int64)
    for n, cell in enumerate(cells.tolist()):
        first, end = int(tables.column[cell]), int(tables.column[cell] + tables.width[cell])
        for parity in (0, 1):
            room[:, n, parity] = alive[:, first + (first + parity) % 2 : end : 2].sum(axis=1)
    target = targets_table()[tables.receptors[cells]].astype(np.int64)
    return Pair(counts, target, room.reshape(-1, 2, len(cells), 2))


def _cells_for(
    tables: CellTables, synapse: Ints, alive: NDArray[np.bool_], setting: Ints
) -> tuple[Ints, NDArray[np.int16]]:
    """Return index of the row and column of every synapse of a pair, -1 if its rows have no cell left."""
    targets = targets_table()
    free: dict[tuple[int, int, int, int], list[tuple[int, int]]] = {}
    for cell in np.unique(tables.post[synapse]).tolist():
        columns = range(int(tables.column[cell]), int(tables.column[cell] + tables.width[cell]))
        for which, (side, even, odd, mode) in enumerate(setting.tolist()):
            for c in columns if side >= 0 else ():
                group = odd if c % 2 else even
                if group >= 0 and alive[which, c]:
                    receptor = int(targets[tables.receptors[cell], c % 2, side])
                    free.setdefault((cell, receptor, group, mode), []).append((which, c))
    rows, column = np.full(len(synapse), -1, np.int64), np.full(len(synapse), -1, np.int16)
    left = {key: iter(places) for key, places in free.items()}
    group = tables.decoder[tables.pre[synapse]]
    kinds = np.stack([tables.post[synapse], tables.receptor[synapse], group, tables.stp[synapse]], axis=1)
    for i, key in enumerate(map(tuple, kinds.tolist())):
        rows[i], column[i] = next(left.get(key, iter(())), (-1, -1))
    return rows, column
