"""Placement: on which denmems of which HICANN every neuron lies.

Contract of an algorithm, ``algorithm(problem, draft, context, **options) -> Mapping``:

* It replaces ``placement`` only, and of it only the neurons: HICANN, first column, width, sequence.  Spike sources
  stay unplaced until the stage ``inputs``.
* A neuron of ``s`` denmems takes ``s / 2`` columns, both rows, within one neuron block; all of its denmems work
  (``problem.wafer.denmems``), and no denmem belongs to two neurons.
* The placement requests of the instance are kept.
* All neurons are placed, or PlacementError (a request cannot be kept) or ResourceExhausted (no room) is raised.
* ``sequence`` numbers the neurons in the order in which they were placed; address strategies follow it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from mapper.placement.annealing import annealing
from mapper.placement.assignment_cpsat import assignment_cpsat
from mapper.placement.cluster_neuron import cluster_neuron
from mapper.placement.cluster_population import cluster_population
from mapper.placement.dealt import dealt
from mapper.placement.linear import linear, linear_descending
from mapper.placement.smaller_block import smaller_block
from models.mapping import Mapping as Draft

__all__ = [
    "ALGORITHMS",
    "annealing",
    "assignment_cpsat",
    "cluster_neuron",
    "cluster_population",
    "dealt",
    "linear",
    "linear_descending",
    "smaller_block",
]

ALGORITHMS: Final[Mapping[str, Callable[..., Draft]]] = {
    "annealing": annealing,
    "assignment_cpsat": assignment_cpsat,
    "cluster_neuron": cluster_neuron,
    "cluster_population": cluster_population,
    "dealt": dealt,
    "linear": linear,
    "linear_descending": linear_descending,
    "smaller_block": smaller_block,
}
