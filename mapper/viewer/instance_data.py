"""What the viewer knows of the instance: populations, projections, manual placement, defects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mapper.viewer.losses import Bins, Pairs
from models.hardware.defects import COMPONENTS
from models.hardware.wafer import Wafer
from models.instance import Instance, PlacementRequest
from models.network import Network, View

#: Status of a HICANN in the array ``defect.status``.
WORKS, NO_LINK, ABSENT, OUTSIDE = range(4)
STATES: Final = ("works", "no high-speed link: layer 1 only", "absent", "outside the region")

Arrays = dict[str, NDArray[Any]]


def instance_part(instance: Instance, whole: Bins, of: Pairs, single: bool) -> tuple[dict[str, Any], Arrays]:
    """Return what the viewer knows of the instance: description and arrays.

    Parameters
    ----------
    instance : Instance
        The instance.
    whole, of : Bins, Pairs
        Its synapses by bins and by population pairs.
    single : bool
        With every single synapse.
    """
    network = instance.network
    meta: dict[str, Any] = {}
    arrays: Arrays = {}
    ends = network.offsets
    meta["populations"] = [
        {"name": p.name, "cell": p.cell, "first": int(ends[i]), "size": p.size,
         "source": bool(network.is_source[ends[i]])}
        for i, p in enumerate(network.populations)
    ]  # fmt: skip
    meta["projections"] = [
        {"name": p.name, "receptor": p.receptor, "pre": _views(network, p.pre), "post": _views(network, p.post)}
        for p in network.projections
    ]
    meta["pins"] = _pins(instance)
    defects = defects_of(instance.wafer)
    meta["defects"] = _defect_rows(defects)
    arrays |= defects
    arrays |= {"bins.start": whole.start, "bins.index": whole.index, "bins.required": whole.required}
    arrays |= {"bins.pre": whole.per_pre, "bins.post": whole.per_post}
    meta["pairs"] = [
        [pre, post, required, list(among)]
        for pre, post, required, among in zip(
            of.pre.tolist(), of.post.tolist(), of.required.tolist(), of.projections, strict=True
        )
    ]
    if single:
        synapses = network.synapses
        counts = synapses.count_by_projection()
        arrays |= {"synapse.pre": narrow(synapses.pre), "synapse.post": narrow(synapses.post)}
        arrays["synapse.start"] = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return meta, arrays


def _views(network: Network, views: Sequence[View]) -> list[list[int]]:
    """Return the cells of some views as runs: [first cell, how many, step]."""
    runs = []
    for view in views:
        first, chosen = int(network.offsets[network.index[view.population]]), view.indices
        if isinstance(chosen, range):
            runs.append([first + chosen.start, len(chosen), chosen.step])
        else:
            runs += [[first + int(index), 1, 1] for index in chosen]
    return runs


def pinned_hicanns(instance: Instance) -> tuple[int, ...]:
    """Return the HICANNs that manual placement names, ascending."""
    return tuple(sorted({int(hicann) for request in instance.placement for hicann in _hicanns(request)}))


def _hicanns(request: PlacementRequest) -> set[int]:
    return {*request.hicanns, *(block[0] for block in request.blocks), *(neuron[0] for neuron in request.neurons)}


def _pins(instance: Instance) -> list[dict[str, Any]]:
    pins = []
    for request in instance.placement:
        places: dict[str, list[Any]] = {
            "HICANNs": list(request.hicanns),
            "blocks": [f"{hicann}:{block}" for hicann, block in request.blocks],
            "columns": [f"{hicann}:{column}" for hicann, column, _ in request.neurons],
        }
        hicanns = _hicanns(request)
        kind = next((name for name, listed in places.items() if listed), "")
        listed = places.get(kind, [])
        text = f"{len(request.view)} cells of {request.view.population}"
        if listed:
            text += f" on {kind} {', '.join(map(str, listed[:12]))}" + (", ..." if len(listed) > 12 else "")
        if request.size is not None:
            text += f", {request.size} denmems each"
        pins.append({"text": text, "where": request.where, "hicanns": sorted(int(h) for h in hicanns)})
    return pins


def defects_of(wafer: Wafer) -> Arrays:
    """Return the status of every HICANN, the number of defects by kind, and the dead drivers of linked ones."""
    status = np.where(wafer.linked, WORKS, np.where(wafer.hicanns, NO_LINK, ABSENT)).astype(np.int8)
    if wafer.region is not None:
        inside = np.isin(np.arange(len(status)), sorted(wafer.region))
        status[~inside & (status != WORKS)] = OUTSIDE
    rows = []
    for kind, name in enumerate(COMPONENTS):
        hicanns, counts = np.unique(wafer.defects.indices(name)[:, 0], return_counts=True)
        rows.append(np.stack([np.full(len(hicanns), kind), hicanns, counts]))
    count = np.concatenate(rows, axis=1).astype(np.int32)
    linked = wafer.linked[:, None]
    return {
        "defect.status": status,
        "defect.kind": count[0],
        "defect.hicann": count[1],
        "defect.count": count[2],
        "defect.drivers": np.flatnonzero(~wafer.drivers & linked).astype(np.int32),
    }


def _defect_rows(defects: Arrays) -> list[list[Any]]:
    """Return [what, how many] for everything that does not work."""
    rows: list[list[Any]] = [
        [f"HICANNs: {STATES[status]}", int(np.count_nonzero(defects["defect.status"] == status))]
        for status in (NO_LINK, ABSENT, OUTSIDE)
    ]
    totals = np.bincount(defects["defect.kind"], defects["defect.count"], minlength=len(COMPONENTS))
    rows += [[kind, int(total)] for kind, total in zip(COMPONENTS, totals, strict=True)]
    return [row for row in rows if row[1]]


def narrow(values: NDArray[Any]) -> NDArray[Any]:
    """Return non-negative integers in as few bytes as they need."""
    highest = int(values.max()) if len(values) else 0
    return values.astype(np.uint8 if highest < 256 else np.uint16 if highest < 65536 else np.int32)
