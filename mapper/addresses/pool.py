"""The 59 L1 addresses of a bus in the order in which a strategy gives them out.

Source: marocco ``L1AddressPool``, ``L1AddressAssignment``; halbe ``L1Address`` for what is reserved.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mapper.problem import Problem
from models.errors import ResourceExhausted
from models.hardware.coordinates import name as hicann_name
from models.hardware.mergers import ADDRESSES
from models.mapping import Addresses, Mapping

I1 = NDArray[np.int8]


def _alternating() -> I1:
    order = np.empty_like(ADDRESSES)
    order[0::2] = ADDRESSES[: len(order[0::2])]
    order[1::2] = ADDRESSES[::-1][: len(order[1::2])]
    return order


#: Addresses in the order in which each strategy takes them, each (59,).
ORDERS: Final[dict[str, I1]] = {
    "high_first": ADDRESSES[::-1].copy(),
    "low_first": ADDRESSES.copy(),
    "alternating": _alternating(),
}


def assign(problem: Problem, draft: Mapping, strategy: str) -> Mapping:
    """Give all placed neurons addresses: block by block, on a block in the order of placement.

    Raises
    ------
    ResourceExhausted
        If a bus carries more neurons than there are addresses.
    """
    placement = draft.placement
    neurons = np.flatnonzero(placement.column >= 0)
    hicann, block = placement.hicann[neurons], placement.block[neurons]
    dnc = draft.merging.block_to_dnc[hicann, block]
    sends = dnc >= 0
    neurons, hicann, block, dnc = neurons[sends], hicann[sends], block[sends], dnc[sends]
    net = hicann.astype(np.int32) * 8 + dnc
    order = np.lexsort((placement.sequence[neurons], block, net))
    first = np.flatnonzero(np.diff(net[order], prepend=-1))
    length = np.diff(first, append=len(order))
    rank = np.arange(len(order)) - np.repeat(first, length)
    _check(problem, net[order][first], length)
    addresses = Addresses.empty(problem.n_cells)
    addresses.dnc[neurons] = dnc
    addresses.address[neurons[order]] = ORDERS[strategy][rank]
    return replace(draft, addresses=addresses)


def _check(problem: Problem, net: NDArray[np.int32], length: NDArray[np.int64]) -> None:
    limit = problem.limits.sources_per_bus
    if (length > limit).any():
        i = int(np.argmax(length))
        where = f"DNC merger {net[i] % 8} of {hicann_name(int(net[i]) // 8)}"
        raise ResourceExhausted(
            f"{where} carries {length[i]} neurons but a bus has {limit} addresses: merge fewer neuron blocks"
        )
