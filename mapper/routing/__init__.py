"""Routing: a tree of bus segments for every net, from its sending line to every HICANN that needs it.

Contract of an algorithm, ``algorithm(problem, draft, context, **options) -> Mapping``:

* It gets placement, merging and addresses, and replaces ``routing`` only.
* Sources are the nets with a cell whose population has outgoing projections; their sending lines are taboo
  for all other nets.  Targets of a net are the HICANNs where `mapper.requirements` asks for drivers.
* The root of a tree is the sending line; it is in the tree whenever the net arrives anywhere.
* A segment belongs to one net.  The limits on crossbar switches per line hold.  Only edges of
  ``problem.wafer.graph`` are used, which leaves out defects.
* A HICANN that cannot be reached simply has no arrival: its synapses are lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from mapper.routing.backbone import backbone
from mapper.routing.dijkstra import dijkstra
from mapper.routing.pathfinder import pathfinder
from models.mapping import Mapping as Draft

__all__ = ["ALGORITHMS", "backbone", "dijkstra", "pathfinder"]

ALGORITHMS: Final[Mapping[str, Callable[..., Draft]]] = {
    "backbone": backbone,
    "dijkstra": dijkstra,
    "pathfinder": pathfinder,
}
