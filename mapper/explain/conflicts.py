"""Why a manual placement or a blacklist cannot be met: a smallest set of constraints that contradict each other.

Constraints are the placement requests, the shared buses, each kind of blacklisted component, the region, and that
all other cells find a place too.  A *deletion filter* drops every constraint without which the rest is still
impossible; what remains is minimal: without any one of them the others can be met.

What is possible is decided by a counting model that is a relaxation of the mapping problem, so that every conflict
is proven; that none is found does not prove that a mapping exists.  See `mapper.explain.feasible`.

Source of the rules: marocco ``ManualPlacement``, ``OnNeuronBlock``; redman for the kinds of defects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mapper.explain.feasible import BUS, DEFECTS, OTHERS, REGION, REQUEST, Item, Oracle
from mapper.problem import Problem
from models.hardware.coordinates import name as hicann_name
from models.instance import Instance, PlacementRequest


@dataclass(frozen=True, slots=True)
class Conflict:
    """One of the constraints that contradict each other.

    Attributes
    ----------
    kind : str
        ``placement``, ``shared bus``, ``defects``, ``region`` or ``network``.
    where : str
        ``file:line:col`` of the constraint, "" without a file.
    text : str
        The constraint in the user's words.
    """

    kind: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}" if self.where else self.text


def conflicts(instance: Instance) -> tuple[Conflict, ...]:
    """Return a minimal set of constraints that cannot all be met, nothing if no conflict is found."""
    problem = Problem(instance)
    oracle = Oracle(problem)
    items = oracle.items()
    if oracle.feasible(frozenset(items)):
        return ()
    found = smallest(items, lambda kept: oracle.feasible(frozenset(kept)))
    return tuple(_conflict(problem, item) for item in found)


def smallest(items: Sequence[Item], feasible: Callable[[Sequence[Item]], bool]) -> tuple[Item, ...]:
    """Return a minimal infeasible subset of an infeasible set, in its order.

    Whole stretches are dropped first, then single items, so that long harmless lists take few questions.

    Parameters
    ----------
    feasible : callable
        Tells whether all given items can be met; what meets more items meets fewer.
    """
    kept = list(items)
    length = max(1, len(kept) // 2)
    while True:
        start = 0
        while start < len(kept):
            rest = kept[:start] + kept[start + length :]
            if feasible(rest):
                start += length
            else:
                kept = rest
        if length == 1:
            return tuple(kept)
        length = max(1, length // 2)


def _conflict(problem: Problem, item: Item) -> Conflict:
    instance, (kind, index) = problem.instance, item
    if kind == REQUEST:
        request = instance.placement[int(index)]
        return Conflict("placement", request.where, _request_text(problem, request))
    if kind == BUS:
        view, where = instance.shared_buses[int(index)], instance.where(f"merging.shared_buses[{index}]")
        most = problem.limits.sources_per_bus
        text = f"{len(view)} cells of {view.population} share one bus: one HICANN, at most {most} addresses"
        return Conflict("shared bus", where, text)
    if kind == DEFECTS:
        defects = problem.wafer.defects
        count = len(getattr(defects, str(index), ())) or len(defects.indices(str(index)))
        return Conflict("defects", instance.where("hardware.defects"), f"{count} {index} on the blacklist")
    if kind == REGION:
        chips = sorted(problem.wafer.region or ())
        return Conflict("region", instance.where("hardware.region"), f"only {_chips(chips)} may be used")
    assert kind == OTHERS
    neurons = int((~problem.network.is_source).sum())
    text = f"all {neurons} neurons of the network need a place, of {problem.least_size} denmems by default"
    return Conflict("network", instance.where("network"), text)


def _request_text(problem: Problem, request: PlacementRequest) -> str:
    size = request.size or problem.least_size
    cells = f"{len(request.view)} cells of {request.view.population}"
    if request.neurons:
        hicann, column, width = request.neurons[0]
        first = f"columns {column}..{column + width // 2 - 1} of {hicann_name(hicann)}"
        return f"{cells} on {len(request.neurons)} exact places, the first one {first}"
    if request.blocks:
        blocks = ", ".join(f"block {block} of {hicann_name(h)}" for h, block in request.blocks[:3])
        more = ", ..." if len(request.blocks) > 3 else ""
        return f"{cells}, {size} denmems each, on neuron {blocks}{more}"
    if request.hicanns:
        return f"{cells}, {size} denmems each, on {_chips(request.hicanns)}"
    return f"{cells} of {size} denmems each"


def _chips(hicanns: Sequence[int]) -> str:
    shown = ", ".join(hicann_name(h) for h in hicanns[:3])
    return shown if len(hicanns) <= 3 else f"{shown} and {len(hicanns) - 3} more HICANNs"
