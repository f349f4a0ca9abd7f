"""One instance of the mapping problem: network, wafer, constraints, objective, budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from models.hardware.limits import Limits
from models.hardware.wafer import Wafer
from models.network import Network, View


@dataclass(frozen=True, slots=True)
class PlacementRequest:
    """Where cells must be placed.

    Exactly one of ``hicanns``, ``blocks`` and ``neurons`` is given, or only ``size``.

    Attributes
    ----------
    view : View
        The cells.
    hicanns : tuple of int
        HICANN enums; the cells go onto these.
    blocks : tuple of (hicann, block)
        Neuron blocks; the cells go onto these.
    neurons : tuple of (hicann, column, size)
        The exact denmems of each cell of the view, in its order.
    size : int or None
        Denmems per neuron; None means the default of the limits.
    where : str
        ``file:line:col`` of the request.
    """

    view: View
    hicanns: tuple[int, ...] = ()
    blocks: tuple[tuple[int, int], ...] = ()
    neurons: tuple[tuple[int, int, int], ...] = ()
    size: int | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class Objective:
    """What is minimised: lost synapses.  A projection's ``loss_weight`` is for solvers that weigh; ours count."""

    minimise: str = "lost_synapses"


@dataclass(frozen=True, slots=True)
class Budget:
    """What an official run may use.

    Attributes
    ----------
    time_s : float or None
        Wall-clock time [s].
    det : float or None
        Deterministic time of the solver.
    threads : int
        Worker threads.
    memory_mb : int or None
        Memory [MB].
    """

    time_s: float | None = None
    det: float | None = None
    threads: int = 1
    memory_mb: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """One instance of the mapping problem.

    Attributes
    ----------
    name, title : str
        Short name and one line about it.
    network : Network
        Cells and synapses.
    wafer : Wafer
        The wafer with its defects, restricted to the region.
    limits : Limits
        Limits in force.
    placement : tuple of PlacementRequest
        Manual placement; hard constraints.
    shared_buses : tuple of View
        Views whose cells must all leave on one DNC merger; hard constraints.
    objective : Objective
        What is minimised.
    budget : Budget
        What an official run may use.
    origin : mapping
        Source, licence and so on.
    digest : str
        ``sha256:..`` of the content.
    locations : mapping
        ``file:line:col`` of every path of the document.
    """

    name: str
    network: Network
    wafer: Wafer = field(default_factory=Wafer)
    limits: Limits = field(default_factory=Limits)
    placement: tuple[PlacementRequest, ...] = ()
    shared_buses: tuple[View, ...] = ()
    objective: Objective = field(default_factory=Objective)
    budget: Budget = field(default_factory=Budget)
    title: str = ""
    origin: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    digest: str = ""
    locations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def where(self, path: str) -> str:
        """Return ``file:line:col`` of a dotted path or of its nearest ancestor; "" without a file."""
        return locate(self.locations, path)


def locate(locations: Mapping[str, str], path: str) -> str:
    """Return the place of a dotted path or of its nearest ancestor."""
    while path not in locations and path:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return locations.get(path, "")
