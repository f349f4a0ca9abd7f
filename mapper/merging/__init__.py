"""Merging: on which DNC merger the neurons of every neuron block leave.

Contract of an algorithm, ``algorithm(problem, draft, context, **options) -> Mapping``:

* It gets placement and replaces ``merging`` only.
* ``block_to_dnc`` holds the DNC merger of every block with neurons, -1 for silent blocks; on every HICANN
  `models.hardware.mergers.is_realisable` holds.  The DNC mergers in use have mode OUTPUT.
* No DNC merger carries more than ``sources_per_bus`` neurons.
* All cells of a view in ``instance.shared_buses`` leave on one DNC merger, or PlacementError is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from mapper.merging.benders import benders
from mapper.merging.driver_aware import driver_aware
from mapper.merging.marocco_greedy import marocco_greedy
from mapper.merging.one_to_one import one_to_one
from models.mapping import Mapping as Draft

__all__ = ["ALGORITHMS", "benders", "driver_aware", "marocco_greedy", "one_to_one"]

ALGORITHMS: Final[Mapping[str, Callable[..., Draft]]] = {
    "benders": benders,
    "driver_aware": driver_aware,
    "marocco_greedy": marocco_greedy,
    "one_to_one": one_to_one,
}
