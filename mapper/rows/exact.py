"""Exact distribution of the granted drivers' rows by marginal gain.

Model, for one (net, target HICANN) pair with its granted drivers:

Variables
    For every driver an STP mode; for every row an input side; for every half row (row, column parity) a decoder
    group or nothing; for every synapse a cell (row, column) of its target neuron or loss.
Constraints
    A cell holds one synapse; it reaches the receptor that its column parity and its row's side select; its half
    row's group is the source's; its driver's STP mode is the projection's; defective cells hold nothing.
Objective
    Most synapses served.

The kinds (receptor, group, STP mode) have disjoint synapses.  For a kind, the h-th half row serves
``sum_n min(cap, max(0, c_n - (h - 1) cap))`` synapses, which falls with h when every neuron has the same number of
columns of both parities (even width), or a single column (width 1; the two parities are then separate problems).
A row takes two half rows of one side, so the gains of a side's successive rows fall too, and so do those of a
driver's for one STP mode: taking the best remaining row, driver by driver, is optimal.  That holds for neurons of
equally many receptors, all of even width or all of width 1.  For odd widths of 3 and more, neurons of several of
these kinds, and with defective cells, the same rule is a heuristic; where it loses synapses, the option ``ilp`` lets
the integer program of `mapper.rows.program` look for something better.  On random networks of odd widths or mixed
receptors it found nothing better than the rule, on HICANNs with dead cells it does.

Source of the rules: halbe RowConfig, SynapseDecoder; marocco ``SynapseTargetMapping`` for receptors and sides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.demand import CellTables, Demand, demand, targets_table
from mapper.kernels.rows import fill_rows
from mapper.problem import Problem
from mapper.rows.doubtful import Filled, improve
from models.mapping import (
    NO_DRIVER,
    NO_ROUTE,
    NO_ROW,
    NOT_PLACED,
    REALISED,
    Drivers,
    Mapping,
    Rows,
    SynapseCells,
)


def exact(problem: Problem, draft: Mapping, context: Context, *, ilp: bool = False) -> Mapping:
    """Assign a hardware synapse to as many synapses as the granted drivers can serve.

    Parameters
    ----------
    ilp : bool
        Whether an integer program looks for better rows of pairs that lose synapses and for which marginal gains are
        a heuristic, those that lose most first, while the budget lasts.
    """
    tables = CellTables.of(problem, draft.placement, draft.addresses)
    wanted = demand(problem, draft.placement, draft.addresses)
    chains = _drivers_by_pair(wanted, draft.drivers)
    n = len(problem.synapses)
    row, column = np.full(n, -1, np.int16), np.full(n, -1, np.int16)
    setting = np.full((len(chains.driver), 2, 4), -1, dtype=np.int64)
    dead_hicanns = problem.wafer.hicanns_with_dead_cells
    for clean in (True, False):
        pairs = np.flatnonzero(np.isin(wanted.hicann, dead_hicanns) != clean)
        for group in [pairs] if clean else [pairs[wanted.hicann[pairs] == h] for h in dead_hicanns]:
            if len(group) == 0:
                continue
            dead = np.zeros((0, 0), np.bool_) if clean else problem.wafer.dead_synapses(int(wanted.hicann[group[0]]))
            fill_rows(
                group, wanted.start, wanted.synapse, chains.start, chains.driver, tables.column, tables.width,
                tables.receptors, tables.decoder, tables.pre, tables.post, tables.receptor, tables.stp,
                targets_table(), dead, setting, row, column,
            )  # fmt: skip
    if ilp:
        improve(problem, tables, wanted, Filled(chains.start, chains.driver, setting, row, column), context)
    cells = SynapseCells(row, column, causes(problem, draft, wanted, row))
    return replace(draft, rows=_rows(draft.drivers, chains, setting), synapses=cells)


def causes(problem: Problem, draft: Mapping, wanted: Demand, row: NDArray[np.int16]) -> NDArray[np.int8]:
    """Return for every synapse REALISED or the first stage that lost it, (n_synapses,)."""
    cause = np.full(len(problem.synapses), NOT_PLACED, dtype=np.int8)
    key = wanted.net.astype(np.int64) * 384 + wanted.hicann
    routing, drivers = draft.routing, draft.drivers
    routed = np.isin(key, routing.arrival_net.astype(np.int64) * 384 + routing.arrival_hicann)
    driven = np.isin(key, drivers.net.astype(np.int64) * 384 + drivers.hicann)
    of_pair = np.where(driven, NO_ROW, np.where(routed, NO_DRIVER, NO_ROUTE)).astype(np.int8)
    cause[wanted.synapse] = np.repeat(of_pair, wanted.size)
    cause[row >= 0] = REALISED
    return cause


@dataclass(frozen=True, slots=True)
class _PairDrivers:
    """Drivers of every pair, chain after chain: start (n_pairs + 1,), driver and chain index (n_drivers,)."""

    start: NDArray[np.int64]
    driver: NDArray[np.int64]
    chain: NDArray[np.int64]


def _drivers_by_pair(wanted: Demand, drivers: Drivers) -> _PairDrivers:
    key = wanted.net.astype(np.int64) * 384 + wanted.hicann
    pair = np.searchsorted(key, drivers.net.astype(np.int64) * 384 + drivers.hicann)
    length = (drivers.last.astype(np.int64) - drivers.first) // 2 + 1
    order = np.argsort(pair, kind="stable")
    chain = np.repeat(order, length[order])
    begin = np.cumsum(length[order]) - length[order]
    offset = np.arange(len(chain)) - np.repeat(begin, length[order])
    driver = drivers.first[chain].astype(np.int64) + 2 * offset
    start = np.zeros(wanted.n_pairs + 1, dtype=np.int64)
    np.cumsum(np.bincount(pair, weights=length, minlength=wanted.n_pairs).astype(np.int64), out=start[1:])
    return _PairDrivers(start, driver, chain)


def _rows(drivers: Drivers, chains: _PairDrivers, setting: NDArray[np.int64]) -> Rows:
    used = (setting[:, :, 1:3] >= 0).any(axis=2)
    which, row_in_driver = np.nonzero(used)
    chosen = setting[which, row_in_driver]
    return Rows(
        hicann=drivers.hicann[chains.chain[which]],
        row=(2 * chains.driver[which] + row_in_driver).astype(np.int16),
        chain=chains.chain[which].astype(np.int32),
        side=chosen[:, 0].astype(np.int8),
        decoder_even=chosen[:, 1].astype(np.int8),
        decoder_odd=chosen[:, 2].astype(np.int8),
        stp=chosen[:, 3].astype(np.int8),
    )
