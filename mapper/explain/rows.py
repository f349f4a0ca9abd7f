"""Half rows that the lost synapses of a pair needed and that its chain had."""

from __future__ import annotations

import numpy as np

from mapper.explain.situation import Situation
from mapper.problem import columns_for
from models.hardware.synapses import STP_NAMES, TARGETS
from models.mapping import NO_ROW


def half_rows(at: Situation, pair: int) -> tuple[str, int, int]:
    """Return what lost most in a pair: its name, the half rows that it needs, and those that it got.

    The unit is a decoder group of a receptor and an STP mode.  Needed are the half rows of its hungriest neuron if all
    of the neuron's columns of either parity are used.
    """
    problem, placement = at.problem, at.mapping.placement
    synapses = problem.synapses
    member = at.wanted.synapse[at.wanted.start[pair] : at.wanted.start[pair + 1]]
    decoder = at.mapping.addresses.address[synapses.pre[member]].astype(np.int64) >> 4
    kind = (synapses.receptor[member].astype(np.int64) * 4 + decoder) * 3 + synapses.stp[member]
    lost = at.mapping.synapses.cause[member] == NO_ROW
    worst = int(np.bincount(kind[lost], minlength=48).argmax())
    receptor, group, stp = worst // 12, worst // 3 % 4, worst % 3
    neuron, count = np.unique(synapses.post[member[kind == worst]], return_counts=True)
    columns = columns_for(
        problem.network.receptor_count[neuron],
        np.full(len(neuron), receptor, dtype=np.int8),
        placement.column[neuron],
        placement.width[neuron],
    )
    # the side that serves the receptor in more columns; both parities of it take turns
    by_parity = columns[np.arange(len(neuron)), columns.sum(axis=2).argmax(axis=1)]
    widest = np.maximum(by_parity.max(axis=1), 1)
    needed = int((-(-count // widest)).max())
    return _kind_name(at, int(neuron[0]), receptor, group, stp), needed, _granted(at, pair, receptor, group, stp)


def _kind_name(at: Situation, neuron: int, receptor: int, group: int, stp: int) -> str:
    count = int(at.problem.network.receptor_count[neuron])
    name = ("excitatory", "inhibitory")[receptor] if count == 2 else f"receptor {receptor}"
    plastic = f" with {STP_NAMES[stp]}" if stp else ""
    return f"{name} synapses of decoder group {group}{plastic}"


def _granted(at: Situation, pair: int, receptor: int, group: int, stp: int) -> int:
    rows, drivers = at.mapping.rows, at.mapping.drivers
    net, hicann = at.wanted.net[pair], at.wanted.hicann[pair]
    chains = np.flatnonzero((drivers.net == net) & (drivers.hicann == hicann))
    mine = np.isin(rows.chain, chains) & (rows.stp == stp)
    first = at.wanted.synapse[at.wanted.start[pair]]
    targets = TARGETS[int(at.problem.network.receptor_count[at.problem.synapses.post[first]])]
    total = 0
    for parity, decoder in enumerate((rows.decoder_even, rows.decoder_odd)):
        sides = [side for side in (0, 1) if targets[parity][side] == receptor]
        total += int((mine & (decoder == group) & np.isin(rows.side, sides)).sum())
    return total
