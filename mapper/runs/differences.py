"""What two solutions of one instance do differently: losses, places of cells, routes, resources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from models.mapping import REALISED

if TYPE_CHECKING:
    from models.mapping import Mapping, Routing
    from models.solution import Solution


def difference_document(first: Solution, second: Solution, projections: Sequence[str]) -> dict[str, Any]:
    """Return the document of a comparison; lists of two are of the first and the second solution.

    ``synapses`` counts those realised by both, by one and by neither; ``cells`` those on the same denmems (sources:
    entering at the same HICANN), on others of the same HICANN, and on another HICANN; ``nets`` the buses whose trees of
    lines are the same, different, or there in one solution only.

    Parameters
    ----------
    first, second : Solution
        Of one instance.
    projections : sequence of str
        Names, in the network's order.
    """
    a, b = first.mapping, second.mapping
    used = [set(mapping.hicanns_in_use.tolist()) for mapping in (a, b)]
    lost = zip(projections, first.lost_by_projection, second.lost_by_projection, strict=True)
    causes = dict.fromkeys([*first.lost_by_cause, *second.lost_by_cause])
    return {
        "instance": first.instance,
        "digest": first.digest,
        "required": first.synapses,
        "solver": [first.solver, second.solver],
        "lost": [first.lost, second.lost],
        "lost_by_cause": {c: [first.lost_by_cause.get(c, 0), second.lost_by_cause.get(c, 0)] for c in causes},
        "lost_by_projection": {name: [x, y] for name, x, y in lost},
        "synapses": _synapses(a, b),
        "cells": _cells(a, b),
        "hicanns": [len(one) for one in used],
        "hicanns_of_one": [sorted(used[0] - used[1]), sorted(used[1] - used[0])],
        "nets": _nets(a.routing, b.routing),
        "lines": [len(a.routing.segment), len(b.routing.segment)],
        "drivers": [a.drivers.n_drivers, b.drivers.n_drivers],
    }


def _synapses(a: Mapping, b: Mapping) -> dict[str, int]:
    here, there = a.synapses.cause == REALISED, b.synapses.cause == REALISED
    kinds = {"both": here & there, "first": here & ~there, "second": ~here & there, "neither": ~here & ~there}
    return {name: int(np.count_nonzero(which)) for name, which in kinds.items()}


def _cells(a: Mapping, b: Mapping) -> dict[str, int]:
    p, q = a.placement, b.placement
    hicann = p.hicann == q.hicann
    same = hicann & (p.column == q.column) & (p.width == q.width)
    kinds = {"same": same, "same_hicann": hicann & ~same, "moved": ~hicann}
    return {name: int(np.count_nonzero(which)) for name, which in kinds.items()}


def _nets(a: Routing, b: Routing) -> dict[str, int]:
    trees, others = _trees(a), _trees(b)
    both = trees.keys() & others.keys()
    same = sum(trees[net] == others[net] for net in both)
    return {
        "same": same,
        "different": len(both) - same,
        "first": len(trees.keys() - both),
        "second": len(others.keys() - both),
    }


def _trees(routing: Routing) -> dict[int, frozenset[tuple[int, int]]]:
    """Return the lines of every net, each with the line that feeds it."""
    found: dict[int, set[tuple[int, int]]] = {}
    for net, segment, parent in zip(
        routing.net.tolist(), routing.segment.tolist(), routing.parent.tolist(), strict=True
    ):
        found.setdefault(net, set()).add((segment, parent))
    return {net: frozenset(lines) for net, lines in found.items()}
