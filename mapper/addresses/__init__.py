"""Addresses: the DNC merger and the 6-bit L1 address under which every neuron sends.

Contract of an algorithm, ``algorithm(problem, draft, context, **options) -> Mapping``:

* It gets placement and merging and replaces ``addresses`` only.
* A neuron sends on ``merging.block_to_dnc`` of its block; blocks that are silent (-1) get no address.
* No two cells share an address on a bus; at most ``sources_per_bus`` addresses are in use; only addresses in
  `models.hardware.mergers.ADDRESSES` are given out.
* ``decoder_groups`` runs after ``inputs`` and gives new addresses to neurons and sources alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from mapper.addresses.alternating import alternating
from mapper.addresses.decoder_groups import decoder_groups
from mapper.addresses.high_first import high_first
from mapper.addresses.low_first import low_first
from models.mapping import Mapping as Draft

__all__ = ["ALGORITHMS", "alternating", "decoder_groups", "high_first", "low_first"]

ALGORITHMS: Final[Mapping[str, Callable[..., Draft]]] = {
    "alternating": alternating,
    "decoder_groups": decoder_groups,
    "high_first": high_first,
    "low_first": low_first,
}
