"""Routes on layer 1: ``results.l1_routing``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mapper.frontends.coordinates import (
    DNCMergerOnHICANN,
    DNCMergerOnWafer,
    HICANNOnWafer,
    HLineOnHICANN,
    VLineOnHICANN,
)
from mapper.frontends.pymarocco.tables import Tables
from models.hardware.layer1 import N_HLINES, N_LINES
from models.mapping import nets_of

Segment = tuple[HICANNOnWafer, HLineOnHICANN | VLineOnHICANN]


@dataclass(frozen=True, slots=True)
class Route:
    """The way of one bus to one HICANN.

    Attributes
    ----------
    source : DNCMergerOnWafer
        Where it starts.
    target : HICANNOnWafer
        Whose synapse drivers it feeds.
    segments : tuple of (HICANNOnWafer, line)
        Bus lines from the source to the target.
    """

    source: DNCMergerOnWafer
    target: HICANNOnWafer
    segments: tuple[Segment, ...]

    def __iter__(self) -> Iterator[Segment]:
        return iter(self.segments)

    def __len__(self) -> int:
        return len(self.segments)

    def __str__(self) -> str:
        way = ", ".join(f"{hicann}, {line}" for hicann, line in self.segments)
        return f"L1Route({self.source}, {way}, {self.target})"


def _segment(number: int) -> Segment:
    line = number % N_LINES
    place: HLineOnHICANN | VLineOnHICANN
    place = HLineOnHICANN(line) if line < N_HLINES else VLineOnHICANN(line - N_HLINES)
    return HICANNOnWafer(number // N_LINES), place


class L1Routing:
    """All routes."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def __iter__(self) -> Iterator[Route]:
        routing = self._tables.solution.mapping.routing
        parent = {
            (int(net), int(segment)): int(up)
            for net, segment, up in zip(routing.net, routing.segment, routing.parent, strict=True)
        }
        for net, hicann, end in zip(routing.arrival_net, routing.arrival_hicann, routing.arrival_segment, strict=True):
            way, segment = [], int(end)
            while segment >= 0:
                way.append(_segment(segment))
                segment = parent[int(net), segment]
            source = DNCMergerOnWafer(DNCMergerOnHICANN(int(net) % 8), HICANNOnWafer(int(net) // 8))
            yield Route(source, HICANNOnWafer(int(hicann)), tuple(reversed(way)))

    def find_routes(self, source: DNCMergerOnWafer, target: HICANNOnWafer) -> list[Route]:
        """Return the routes from a merger to a HICANN."""
        return [route for route in self if route.source == source and route.target == target]

    def find_projections(self, route: Route) -> list[int]:
        """Return the numbers of the projections with synapses between both ends of a route."""
        mapping, arrays = self._tables.solution.mapping, self._tables.arrays
        net = nets_of(mapping.placement, mapping.addresses)[arrays.pre]
        wanted = 8 * int(route.source.hicann) + int(route.source.merger)
        here = (net == wanted) & (mapping.placement.hicann[arrays.post] == int(route.target))
        return [int(number) for number in np.unique(arrays.projection[here])]
