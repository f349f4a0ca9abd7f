"""Drivers: which synapse drivers every arriving bus gets on its target HICANN.

Contract of an algorithm, ``algorithm(problem, draft, context, **options) -> Mapping``:

* It gets everything up to ``routing`` and replaces ``drivers`` only.
* An arrival gets at most one chain: adjacent drivers of one quadrant, at most ``limits.driver_chain_length``
  of them, one of which, the primary, has a working synapse switch to the arriving VLine.
* A driver belongs to one chain; only ``problem.wafer.drivers`` and ``problem.wafer.synapse_switches`` are
  used.
* An arrival without a chain loses all its synapses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from mapper.drivers.fieres import fieres
from mapper.drivers.set_packing import set_packing
from models.mapping import Mapping as Draft

__all__ = ["ALGORITHMS", "fieres", "set_packing"]

ALGORITHMS: Final[Mapping[str, Callable[..., Draft]]] = {"fieres": fieres, "set_packing": set_packing}
