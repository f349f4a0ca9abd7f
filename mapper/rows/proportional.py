"""marocco's synapse assignment: rows in proportion to synapses, then one free cell after the other.

Sources: marocco ``SynapseManager``, ``SynapseStepper``, ``SynapseRouting``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.demand import CellTables, Demand, demand, targets_table
from mapper.kernels.cells import assign
from mapper.problem import Problem
from mapper.requirements import Requirements, requirements
from mapper.rows.exact import causes
from mapper.rows.reduction import Kind, distribute
from models.hardware.coordinates import N_HICANNS
from models.mapping import Drivers, Mapping, Rows, SynapseCells


def proportional(problem: Problem, draft: Mapping, context: Context) -> Mapping:
    """Set the rows of all chains and assign a hardware synapse to every synapse, or a cause why not."""
    wanted = demand(problem, draft.placement, draft.addresses)
    rows = _rows(wanted, requirements(problem, draft), draft.drivers)
    n = len(problem.synapses)
    row, column = np.full(n, -1, np.int16), np.full(n, -1, np.int16)
    tables = CellTables.of(problem, draft.placement, draft.addresses)
    address, projection = (
        draft.addresses.address.astype(np.int64),
        problem.synapses.projection.astype(np.int64),
    )
    grouped = wanted.synapse.copy()
    for pairs, dead in _batches(problem, wanted, rows):
        assign(
            pairs, wanted.start, grouped, rows.start, rows.row, rows.side, rows.decoder, rows.stp,
            tables.column, tables.width, tables.receptors, address, tables.pre, tables.post, projection,
            tables.receptor, tables.stp, targets_table(), dead, row, column,
        )  # fmt: skip
    cells = SynapseCells(row, column, causes(problem, draft, wanted, row))
    return replace(draft, rows=rows.to_rows(draft.drivers), synapses=cells)


@dataclass(frozen=True, slots=True)
class _PairRows:
    """Rows of every pair: start (n_pairs + 1,); of every row chain, number, side, both decoders, STP mode."""

    start: NDArray[np.int64]
    chain: NDArray[np.int32]
    row: NDArray[np.int16]
    side: NDArray[np.int8]
    decoder: NDArray[np.int8]
    stp: NDArray[np.int8]

    def to_rows(self, drivers: Drivers) -> Rows:
        """Return the rows in which at least one half row listens."""
        used = (self.decoder >= 0).any(axis=1)
        chain = self.chain[used]
        return Rows(
            drivers.hicann[chain],
            self.row[used],
            chain,
            self.side[used],
            self.decoder[used, 0],
            self.decoder[used, 1],
            self.stp[used],
        )


def _rows(wanted: Demand, required: Requirements, drivers: Drivers) -> _PairRows:
    """Distribute the drivers of every pair; chains of one pair count as one."""
    key = wanted.net.astype(np.int64) * N_HICANNS + wanted.hicann
    owner = np.searchsorted(key, drivers.net.astype(np.int64) * N_HICANNS + drivers.hicann)
    chains: dict[int, list[int]] = {}
    for chain, pair in enumerate(owner.tolist()):
        chains.setdefault(pair, []).append(chain)
    first, last = drivers.first.tolist(), drivers.last.tolist()
    table: list[tuple[int, ...]] = []
    count = np.zeros(wanted.n_pairs + 1, np.int64)
    for pair, needs in _needs(key, required):
        if pair not in chains:
            continue
        owner_of = {d: c for c in chains[pair] for d in range(first[c], last[c] + 1, 2)}
        settings = distribute(needs, sorted(owner_of))
        table += [
            (owner_of[s.driver], 2 * s.driver + s.which, s.side, s.decoder[0], s.decoder[1], s.stp) for s in settings
        ]
        count[pair + 1] = len(settings)
    values = np.array(table, dtype=np.int64).reshape(-1, 6)
    return _PairRows(
        np.cumsum(count),
        values[:, 0].astype(np.int32),
        values[:, 1].astype(np.int16),
        values[:, 2].astype(np.int8),
        values[:, 3:5].astype(np.int8),
        values[:, 5].astype(np.int8),
    )


def _needs(
    key: NDArray[np.int64], required: Requirements
) -> Iterator[tuple[int, dict[tuple[int, int, int, int], Kind]]]:
    """Yield every pair of the demand, ascending, with its half rows."""
    pair_of = np.searchsorted(key, required.net.astype(np.int64) * N_HICANNS + required.hicann)
    bounds = np.searchsorted(required.half_pair, np.arange(len(pair_of) + 1)).tolist()
    kinds = list(
        zip(
            required.half_stp.tolist(),
            required.half_side.tolist(),
            required.half_parity.tolist(),
            required.half_decoder.tolist(),
            strict=True,
        )
    )
    half_rows, synapses = required.half_rows.tolist(), required.half_synapses.tolist()
    for i, pair in enumerate(pair_of.tolist()):
        yield (
            pair,
            {kinds[k]: Kind(half_rows[k], synapses[k]) for k in range(bounds[i], bounds[i + 1])},
        )


def _batches(
    problem: Problem, wanted: Demand, rows: _PairRows
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Yield pairs with rows, and the dead synapses (448, 256) of their HICANN; (0, 0) if it has none."""
    served = np.flatnonzero(np.diff(rows.start) > 0)
    faulty = np.isin(wanted.hicann[served], problem.wafer.hicanns_with_dead_cells)
    yield served[~faulty], np.zeros((0, 0), np.bool_)
    for hicann in np.unique(wanted.hicann[served[faulty]]):
        yield served[wanted.hicann[served] == hicann], problem.wafer.dead_synapses(int(hicann))
