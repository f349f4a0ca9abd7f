"""How many synapse drivers and half rows a bus needs on a HICANN (marocco's rule).

A half row serves one decoder group of one STP mode through one input side, in the even or the odd columns.  Every
neuron picks for each of its (receptor, decoder, STP mode) the side and column parity with the fewest half rows;
half rows are shared by all neurons of the HICANN, so the bus needs the maximum over neurons.  What fits even and
odd columns equally well is handed out afterwards, one half row at a time, to the parity with fewer.

The choice of side and parity is made neuron by neuron and never revised, so the result is an upper bound: see
`mapper.demand` for the exact model.

Source: marocco ``SynapseDriverRequirements``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.problem import Problem, columns_for
from models.hardware.coordinates import N_HICANNS
from models.hardware.mergers import driver_decoder
from models.mapping import Mapping, Placement, nets_of

Ints = NDArray[np.int64]

#: Receptor x decoder x STP mode: what a half row of a neuron is about.
_KINDS = 4 * 4 * 3
#: Column parity of a half row that may stand in even or odd columns.
_ANY = 2
#: Half rows over a side or parity that does not serve the receptor at all.
_NEVER = 1 << 30


@dataclass(frozen=True, slots=True)
class Requirements:
    """What every used bus needs on every HICANN where it has synapses.

    Attributes
    ----------
    net, hicann : (n,) int32, int16
        The pairs, ascending by (net, hicann); each has at least one synapse.
    drivers : (n,) int32
        Synapse drivers required.
    synapses : (n,) int32
        Synapses from the net's cells to the HICANN's neurons.
    half_pair : (m,) int32
        Pair to which each kind of half row belongs; kinds are sorted by (pair, stp, side, parity, decoder).
    half_stp, half_side, half_parity, half_decoder : (m,) int8
        STP mode, input side (0 left, 1 right), column parity (0 even, 1 odd), decoder group 0..3.
    half_rows, half_synapses : (m,) int32
        Half rows of that kind, and the synapses that they are meant for.
    """

    net: NDArray[np.int32]
    hicann: NDArray[np.int16]
    drivers: NDArray[np.int32]
    synapses: NDArray[np.int32]
    half_pair: NDArray[np.int32]
    half_side: NDArray[np.int8]
    half_parity: NDArray[np.int8]
    half_decoder: NDArray[np.int8]
    half_stp: NDArray[np.int8]
    half_rows: NDArray[np.int32]
    half_synapses: NDArray[np.int32]


def requirements(problem: Problem, draft: Mapping) -> Requirements:
    """Return the requirements of all nets: synapses of addressed cells to placed neurons."""
    synapses = problem.synapses
    net = nets_of(draft.placement, draft.addresses)[synapses.pre]
    chosen = np.flatnonzero((net >= 0) & (draft.placement.hicann[synapses.post] >= 0))
    decoder = driver_decoder(draft.addresses.address)[synapses.pre[chosen]]
    wishes = _wishes(problem, draft.placement, chosen, net[chosen], decoder)
    table = _table(wishes)
    even, odd = _resolved(table)
    half_rows = np.stack([even, odd], axis=3)
    half_synapses = _half_synapses(wishes, table)
    pair, stp, side, parity, decoder_group = np.nonzero(half_rows)
    where = (pair, stp, side, parity, decoder_group)
    return Requirements(
        (wishes.pairs // N_HICANNS).astype(np.int32),
        (wishes.pairs % N_HICANNS).astype(np.int16),
        _drivers(even, odd),
        np.bincount(wishes.pair, wishes.count, len(wishes.pairs)).astype(np.int32),
        pair.astype(np.int32),
        side.astype(np.int8),
        parity.astype(np.int8),
        decoder_group.astype(np.int8),
        stp.astype(np.int8),
        half_rows[where].astype(np.int32),
        half_synapses[where].astype(np.int32),
    )


def drivers_of_bus(
    problem: Problem, placement: Placement, cells: NDArray[np.int32], addresses: NDArray[np.int8]
) -> tuple[int, NDArray[np.int16]]:
    """Return what one bus would need if exactly these cells sent on it.

    Parameters
    ----------
    cells, addresses : (n,) int32, int8
        The cells and their L1 addresses; the cells themselves need not be placed.

    Returns
    -------
    drivers : int
        Most drivers required on any target HICANN, 0 without synapses.
    targets : (k,) int16
        HICANNs with a target neuron, ascending.
    """
    start = problem.outgoing[0]
    synapse = problem.synapses_from(cells)
    decoder = np.repeat(driver_decoder(addresses), start[cells + 1] - start[cells])
    placed = placement.hicann[problem.synapses.post[synapse]] >= 0
    synapse, decoder = synapse[placed], decoder[placed]
    wishes = _wishes(problem, placement, synapse, np.zeros(len(synapse), np.int32), decoder)
    drivers = _drivers(*_resolved(_table(wishes)))
    return int(drivers.max(initial=0)), wishes.pairs.astype(np.int16)


@dataclass(frozen=True, slots=True)
class _Wishes:
    """Half rows that single neurons wish for: one entry per (pair, neuron, receptor, decoder, STP mode).

    ``pairs`` holds the keys 384 net + hicann, ``pair`` indexes it; ``capacity[:, parity]`` are the neuron's columns
    on the chosen side.
    """

    pairs: Ints
    pair: Ints
    stp: Ints
    side: Ints
    parity: Ints
    decoder: Ints
    count: Ints
    half_rows: Ints
    capacity: NDArray[np.int16]

    @property
    def cell(self) -> Ints:
        """Return the flat index into a (pair, stp, side, decoder) table."""
        return ((self.pair * 3 + self.stp) * 2 + self.side) * 4 + self.decoder


def _wishes(
    problem: Problem, placement: Placement, synapse: Ints, net: NDArray[np.int32], decoder: NDArray[np.int8]
) -> _Wishes:
    synapses = problem.synapses
    post = synapses.post[synapse]
    kind = (synapses.receptor[synapse] * np.int8(4) + decoder) * np.int8(3) + synapses.stp[synapse]
    key = net.astype(np.int64) * N_HICANNS + placement.hicann[post]
    key = (key * problem.n_cells + post) * _KINDS + kind
    key.sort()
    first = np.flatnonzero(np.diff(key, prepend=-1))
    count = np.diff(first, append=len(key))
    neuron, kind_of = np.divmod(key[first], _KINDS)
    pair_key, post_of = np.divmod(neuron, problem.n_cells)
    fresh = np.diff(pair_key, prepend=-1) != 0
    receptor, rest = np.divmod(kind_of, 12)
    capacity = columns_for(
        problem.network.receptor_count[post_of],
        receptor.astype(np.int8),
        placement.column[post_of],
        placement.width[post_of],
    )
    side, parity, half_rows = _choice(count, capacity)
    return _Wishes(
        pair_key[fresh],
        np.cumsum(fresh) - 1,
        rest % 3,
        side,
        parity,
        rest // 3,
        count,
        half_rows,
        capacity[np.arange(len(count)), side],
    )


def _choice(count: Ints, capacity: NDArray[np.int16]) -> tuple[Ints, Ints, Ints]:
    """Return side, parity (2: any) and number of the fewest half rows for each entry.

    Between equal sides the one that fits both parities wins, then the left one.  An entry that no column serves
    wishes for nothing.
    """
    rows = np.where(capacity > 0, -(-count[:, None, None] // np.maximum(capacity, 1)), _NEVER)
    even, odd = rows[:, :, 0], rows[:, :, 1]
    fewest = np.minimum(even, odd)
    parity = np.where(even < odd, 0, np.where(odd < even, 1, _ANY))
    left, right = fewest[:, 0], fewest[:, 1]
    tie_to_right = (left == right) & (parity[:, 0] != _ANY) & (parity[:, 1] == _ANY)
    side = ((right < left) | tie_to_right).astype(np.int64)
    entry = np.arange(len(count))
    half_rows = fewest[entry, side]
    return side, parity[entry, side], np.where(half_rows == _NEVER, 0, half_rows)


def _table(wishes: _Wishes) -> Ints:
    """Return the most half rows that any neuron wishes for, (n_pairs, stp 3, side 2, parity 3, decoder 4)."""
    shape = (len(wishes.pairs), 3, 2, 3, 4)
    table = np.zeros(shape, dtype=np.int64)
    flat = (((wishes.pair * 3 + wishes.stp) * 2 + wishes.side) * 3 + wishes.parity) * 4 + wishes.decoder
    np.maximum.at(table.ravel(), flat, wishes.half_rows)
    return table


def _handed_out(table: Ints) -> tuple[Ints, Ints]:
    """Return what hand-out of "any" half rows starts from, decoder by decoder.

    Returns
    -------
    lead : (n_pairs, 3, 2, 1)
        By how many half rows the even columns lead before the hand-out.
    before : (n_pairs, 3, 2, 4)
        "Any" half rows of smaller decoders.
    """
    fixed = table.sum(axis=4)
    lead = (fixed[..., 0] - fixed[..., 1])[..., None]
    free = table[..., _ANY, :]
    return lead, np.cumsum(free, axis=3) - free


def _evens(k: Ints, lead: Ints) -> Ints:
    """Return how many of the first ``k`` half rows, each given to the shorter parity (ties: even), become even."""
    behind = np.minimum(k, np.maximum(-lead, 0))
    evens: Ints = behind + (np.maximum(k - np.abs(lead), 0) + 1) // 2
    return evens


def _resolved(table: Ints) -> tuple[Ints, Ints]:
    """Return the half rows in even and in odd columns, both (n_pairs, stp 3, side 2, decoder 4)."""
    lead, before = _handed_out(table)
    free = table[..., _ANY, :]
    even = _evens(before + free, lead) - _evens(before, lead)
    return table[..., 0, :] + even, table[..., 1, :] + free - even


def _drivers(even: Ints, odd: Ints) -> NDArray[np.int32]:
    """Return the drivers for half rows by pair: both rows of a driver have one STP mode, (n_pairs,)."""
    rows = np.maximum(even.sum(axis=3), odd.sum(axis=3)).sum(axis=2)
    drivers: NDArray[np.int32] = ((rows + 1) // 2).sum(axis=1).astype(np.int32)
    return drivers


def _half_synapses(wishes: _Wishes, table: Ints) -> Ints:
    """Return the synapses meant for each kind of half row, (n_pairs, stp 3, side 2, parity 2, decoder 4).

    A neuron fills its "any" half rows in the order in which they were handed out.  All but the last one are full,
    because its even and its odd columns need equally many half rows.
    """
    lead, before = _handed_out(table)
    cell = wishes.cell
    behind, lead_of = before.ravel()[cell], np.repeat(lead.ravel(), 4)[cell]
    full = np.maximum(wishes.half_rows - 1, 0)
    evens_full = _evens(behind + full, lead_of) - _evens(behind, lead_of)
    last_is_even = _evens(behind + full + 1, lead_of) > _evens(behind + full, lead_of)
    even = evens_full * wishes.capacity[:, 0]
    odd = (full - evens_full) * wishes.capacity[:, 1]
    rest = wishes.count - even - odd
    even = np.where(last_is_even, even + rest, even)
    even = np.where(wishes.parity == _ANY, even, np.where(wishes.parity == 0, wishes.count, 0))
    even[wishes.half_rows == 0] = 0
    both = np.where(wishes.half_rows == 0, 0, wishes.count)
    shape = (len(wishes.pairs), 3, 2, 4)
    size = int(np.prod(shape))
    evens, totals = (np.bincount(cell, weights, size) for weights in (even, both))
    return np.stack([evens.reshape(shape), (totals - evens).reshape(shape)], axis=3).astype(np.int64)
