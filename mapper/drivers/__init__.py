"""Drivers: which synapse drivers every arriving bus gets on its target HICANN.

Contract of an algorithm, ``algorithm(problem, draft, context, **options) -> Mapping``:

* It gets everything up to ``routing`` and replaces ``drivers``; ``set_packing`` may also let a bus arrive on another
  VLine of its tree.
* An arrival gets a chain for every synapse switch that a VLine may close: adjacent drivers of one quadrant, at most
  ``limits.driver_chain_length`` of them, one of which, the primary, has a working synapse switch to the arriving
  VLine.  A VLine of the west or east neighbour feeds the drivers of the facing side.
* A driver belongs to one chain; only ``problem.wafer.drivers`` and ``problem.wafer.synapse_switches`` are
  used.
* An arrival without a chain loses all its synapses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from mapper.drivers.annealed import annealed
from mapper.drivers.fieres import fieres
from mapper.drivers.set_packing import set_packing
from models.mapping import Mapping as Draft

__all__ = ["ALGORITHMS", "annealed", "fieres", "set_packing"]

ALGORITHMS: Final[Mapping[str, Callable[..., Draft]]] = {
    "annealed": annealed,
    "fieres": fieres,
    "set_packing": set_packing,
}
