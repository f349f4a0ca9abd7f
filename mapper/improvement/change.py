"""A change of placement, merging or addresses, and the demand that it leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.demand import Demand
from mapper.problem import Problem
from models.mapping import Addresses, Merging, Placement, nets_of


@dataclass(frozen=True, slots=True)
class Change:
    """Other decisions of the first stages.

    Attributes
    ----------
    placement, merging, addresses
        The new decisions.
    nets : (n,) int64
        Nets whose cells or addresses differ.
    hicanns : (m,) int64
        HICANNs whose neurons differ.
    """

    placement: Placement
    merging: Merging
    addresses: Addresses
    nets: NDArray[np.int64]
    hicanns: NDArray[np.int64]


def demand_of(problem: Problem, change: Change) -> Demand:
    """Return the demand of the pairs that a change concerns, in the order of `mapper.demand`."""
    synapses, placement, address = problem.synapses, change.placement, change.addresses.address
    net_of = nets_of(placement, change.addresses)
    new_net, new_home = _flags(change)
    pre_changed = new_net[net_of]
    post_changed = new_home[placement.hicann]
    chosen = np.flatnonzero(pre_changed[synapses.pre] | post_changed[synapses.post])
    net, hicann = net_of[synapses.pre[chosen]], placement.hicann[synapses.post[chosen]]
    real = (net >= 0) & (hicann >= 0)
    chosen, net, hicann = chosen[real], net[real].astype(np.int64), hicann[real].astype(np.int64)
    decoder = address[synapses.pre[chosen]].astype(np.int64) >> 4
    inner = (synapses.receptor[chosen].astype(np.int64) * 3 + synapses.stp[chosen]) * 4 + decoder
    outer = (net * 384 + hicann) * problem.n_cells + synapses.post[chosen]
    order = np.lexsort((inner, outer))
    chosen, pair = chosen[order], (net * 384 + hicann)[order]
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    return Demand(
        (pair[first] // 384).astype(np.int32), (pair[first] % 384).astype(np.int32),
        np.append(first, len(chosen)).astype(np.int64), chosen.astype(np.int64),
    )  # fmt: skip


def merged(
    old: Demand, curve: NDArray[np.int32], change: Change, fresh: Demand, new: NDArray[np.int32]
) -> tuple[Demand, NDArray[np.int32]]:
    """Return demand and curves with the pairs that a change concerns replaced by fresh ones."""
    new_net, new_home = _flags(change)
    kept = np.flatnonzero(~(new_net[old.net] | new_home[old.hicann]))
    net = np.concatenate([old.net[kept], fresh.net])
    hicann = np.concatenate([old.hicann[kept], fresh.hicann])
    begin = np.concatenate([old.start[kept], fresh.start[:-1] + len(old.synapse)])
    size = np.concatenate([old.size[kept], fresh.size])
    order = np.argsort(net.astype(np.int64) * 384 + hicann, kind="stable")
    start = np.append(0, np.cumsum(size[order])).astype(np.int64)
    source = np.repeat(begin[order] - start[:-1], size[order]) + np.arange(start[-1])
    synapse = np.concatenate([old.synapse, fresh.synapse])[source]
    curves = np.concatenate([curve[kept], new])[order]
    return Demand(net[order], hicann[order], start, synapse), curves


def _flags(change: Change) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which nets and which HICANNs differ, both with a last entry, False, for -1: nowhere."""
    net, hicann = np.zeros(3072 + 1, np.bool_), np.zeros(384 + 1, np.bool_)
    net[change.nets], hicann[change.hicanns] = True, True
    return net, hicann
