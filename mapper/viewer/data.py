"""What the viewer shows, as one description and flat arrays; the browser gets nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mapper.viewer.colours import GROUPS, ROUTES, THEMES, ramp
from mapper.viewer.geometry import lines_of
from mapper.viewer.instance_data import STATES, Arrays, defects_of, instance_part, narrow
from mapper.viewer.losses import Bins, Pairs, bins, pairs
from mapper.viewer.metrics import METRICS, chip_tables, hops
from models.errors import MapperError
from models.hardware.coordinates import FPGA_OF, RETICLE_OF, X, Y
from models.hardware.defects import COMPONENTS
from models.hardware.wafer import Wafer
from models.instance import Instance
from models.mapping import CAUSES, nets_of
from models.network import Network
from models.solution import Solution

if TYPE_CHECKING:
    from emulator import Audit

FORMAT: Final = "wafer-view/1"
#: Findings listed for one solution; the total is always told.
MOST_FINDINGS: Final = 1000
#: Above so many synapses in all solutions together, ``auto`` leaves single synapses out.
AUTO_SYNAPSES: Final = 400_000


class ViewError(MapperError, ValueError):
    """What cannot be shown together."""


@dataclass(slots=True)
class ViewData:
    """A view: the description (JSON) and the arrays by name."""

    meta: dict[str, Any]
    arrays: Arrays = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Parts:
    """The network and how its synapses are grouped, the same for all solutions."""

    network: Network
    bins: Bins
    pairs: Pairs
    single: bool


def collect(
    solutions: Sequence[Solution],
    labels: Sequence[str],
    instance: Instance | None = None,
    audits: Sequence[Audit | None] = (),
    level: str = "auto",
) -> ViewData:
    """Return everything that the viewer needs of some solutions of one instance.

    Parameters
    ----------
    solutions, labels
        What to show, and what each is called.
    instance : Instance or None
        The instance solved; without it there are no populations, projections, losses by HICANN and defects.
    audits : sequence of Audit or None
        What the emulator found in each solution; may be shorter than ``solutions``.
    level : str
        ``synapses``: with every single synapse, ``routes``: without, ``auto``: by size.

    Raises
    ------
    ViewError
        If the solutions solve different instances or there is none.
    """
    _check(solutions, instance)
    network = None if instance is None else instance.network
    total = sum(solution.synapses for solution in solutions)
    single = network is not None and (level == "synapses" or (level == "auto" and total <= AUTO_SYNAPSES))
    view = ViewData(_description(solutions[0], instance, single))
    view.arrays |= {"chip.x": X, "chip.y": Y, "chip.reticle": RETICLE_OF, "chip.fpga": FPGA_OF}
    parts = None if network is None else _Parts(network, bins(network), pairs(network), single)
    if instance is None or parts is None:
        view.arrays |= defects_of(Wafer())
    else:
        meta, arrays = instance_part(instance, parts.bins, parts.pairs, parts.single)
        view.meta |= meta
        view.arrays |= arrays
    for i, (solution, label) in enumerate(zip(solutions, labels, strict=True)):
        found = audits[i] if i < len(audits) else None
        view.meta["solutions"].append(_solution_meta(solution, label, found))
        view.arrays |= {f"s{i}.{name}": array for name, array in _solution_arrays(solution, parts).items()}
    return view


def _check(solutions: Sequence[Solution], instance: Instance | None) -> None:
    if not solutions:
        raise ViewError("there is no solution to show; name at least one")
    first = solutions[0]
    wanted = (first.instance, first.digest) if instance is None else (instance.name, instance.digest)
    for solution in solutions:
        if solution.digest != wanted[1]:
            raise ViewError(
                f"all solutions must solve one instance: one solves {solution.instance} {solution.digest}, "
                f"but {wanted[0]} has {wanted[1]}"
            )


def _description(first: Solution, instance: Instance | None, single: bool) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "instance": first.instance,
        "title": "" if instance is None else instance.title,
        "digest": first.digest,
        "synapses": first.synapses,
        "level": "synapses" if single else "routes",
        "network": instance is not None,
        "metrics": _metrics(instance is not None),
        "states": list(STATES),
        "causes": list(CAUSES),
        "colours": _colours(),
        "kinds": list(COMPONENTS),
        "populations": [], "projections": [], "pairs": [], "pins": [], "defects": [], "solutions": [],
    }  # fmt: skip


def _colours() -> dict[str, Any]:
    themes = {
        name: {**asdict(theme), "diverging": ramp(theme), "routes": [theme.route, *ROUTES]}
        for name, theme in THEMES.items()
    }
    return {"sequential": ramp(), "groups": list(GROUPS), "themes": themes}


def _metrics(network: bool) -> list[dict[str, Any]]:
    """Return what the wafer can be coloured by; those with a title stand in the table of a HICANN, too."""
    metrics: list[dict[str, Any]] = [
        {"key": m.key, "label": m.label, "unit": m.unit, "title": m.title}
        for m in METRICS
        if network or not m.needs_network
    ]
    metrics += [
        {"key": key, "label": label, "kind": "name"} for key, label in (("reticle", "reticle"), ("fpga", "FPGA"))
    ]
    chosen = [
        {"key": "population", "label": "cells of a population", "one": True},
        {"key": "share", "label": "share of a population in the cells", "unit": "%", "one": True},
    ]
    return [*metrics, *chosen] if network else metrics


# --- solutions


def _solution_meta(solution: Solution, label: str, audit: Audit | None) -> dict[str, Any]:
    verdict = "not audited" if audit is None else _verdict(audit)
    bounds, seed = solution.bounds, solution.options.get("seed")
    causes = [(name, solution.lost_by_cause.get(name, 0)) for name in CAUSES[1:]]
    rows = [
        ("solver", f"{solution.solver} {solution.version}"),
        ("seed", "-" if seed is None else str(seed)),
        ("status", solution.status),
        ("synapses", f"{solution.synapses:,}"),
        ("lost", f"{solution.lost:,} ({solution.loss_percent:.2f} %)"),
        *[(name, f"{count:,}") for name, count in causes],
        ("bound, any placement", f"{bounds.any_placement.value:,}"),
        ("bound, this placement", f"{bounds.this_placement.value:,}"),
        ("HICANNs configured", str(solution.hicanns)),
        ("audit", verdict),
    ]
    findings = () if audit is None else audit.violations[:MOST_FINDINGS]
    return {
        "label": label,
        "rows": rows,
        "verdict": verdict,
        "findings": [[v.kind, v.hicann, v.where, v.message] for v in findings],
        "examples": [] if audit is None else list(audit.spurious_examples),
    }


def _verdict(audit: Audit) -> str:
    """Return in a few words whether the bits do what the mapper claims."""
    faults = [f"{len(audit.violations)} violations"] if audit.violations else []
    faults += [f"{audit.spurious} spurious synapses"] if audit.spurious else []
    if audit.claimed not in (None, audit.lost):
        faults.append(f"the bits lose {audit.lost}, claimed are {audit.claimed}")
    return ", ".join(faults) or "valid, bits agree"


def _solution_arrays(solution: Solution, parts: _Parts | None) -> Arrays:
    mapping = solution.mapping
    placement, routing, drivers, rows = mapping.placement, mapping.routing, mapping.drivers, mapping.rows
    arrays: Arrays = {
        f"chip.{key}": table for key, table in chip_tables(mapping, None if parts is None else parts.network).items()
    }
    arrays |= {
        "cell.hicann": placement.hicann, "cell.column": placement.column, "cell.width": placement.width,
        "cell.dnc": mapping.addresses.dnc, "cell.address": mapping.addresses.address,
        "block.dnc": mapping.merging.block_to_dnc.ravel(), "dnc.mode": mapping.merging.mode.ravel(),
        "route.net": routing.net, "route.segment": routing.segment, "route.parent": routing.parent,
        "route.hops": hops(routing),
        "arrival.net": routing.arrival_net, "arrival.hicann": routing.arrival_hicann,
        "arrival.segment": routing.arrival_segment,
        "chain.net": drivers.net, "chain.hicann": drivers.hicann, "chain.segment": drivers.segment,
        "chain.primary": drivers.primary, "chain.first": drivers.first, "chain.last": drivers.last,
        "row.hicann": rows.hicann, "row.row": rows.row, "row.chain": rows.chain, "row.side": rows.side,
        "row.even": rows.decoder_even, "row.odd": rows.decoder_odd, "row.stp": rows.stp,
    }  # fmt: skip
    lines = lines_of(mapping)
    arrays |= {"line.net": lines.net, "line.points": lines.points}
    arrays |= {"switch.net": lines.switch_net, "switch.points": lines.switch}
    if parts is not None:
        arrays |= _loss_arrays(solution, parts)
    if parts is not None and parts.single:
        arrays |= {"synapse.row": mapping.synapses.row, "synapse.column": mapping.synapses.column}
        arrays |= {"synapse.cause": mapping.synapses.cause, "synapse.weight": _weights(solution, parts.network)}
    return arrays


def _loss_arrays(solution: Solution, parts: _Parts) -> Arrays:
    mapping, network = solution.mapping, parts.network
    cause, projection = mapping.synapses.cause, network.synapses.projection.astype(np.int64)
    n = len(CAUSES)
    by_projection = np.bincount(projection * n + cause, minlength=len(network.projections) * n)
    net = nets_of(mapping.placement, mapping.addresses)[network.synapses.pre].astype(np.int64)
    sends = net >= 0
    nets, at = np.unique(net[sends], return_inverse=True)
    by_net = np.bincount(at * n + cause[sends], minlength=len(nets) * n)
    return {
        "projection.cause": by_projection.astype(np.int32),
        "net.id": nets.astype(np.int32),
        "net.cause": by_net.astype(np.int32),
        "bins.lost": narrow(parts.bins.lost(cause != 0)),
        "pair.lost": parts.pairs.lost(cause != 0),
    }


def _weights(solution: Solution, network: Network) -> NDArray[np.uint8]:
    """Return the 4-bit weight of every realised synapse, 255 for lost ones, (n_synapses,)."""
    mapping, bits = solution.mapping, solution.configuration
    weight = np.full(len(network.synapses), 255, dtype=np.uint8)
    at = np.flatnonzero(mapping.synapses.cause == 0)
    row = bits.position[mapping.placement.hicann[network.synapses.post[at]]]
    known = row >= 0
    at, row = at[known], row[known]
    weight[at] = bits.synapse[row, mapping.synapses.row[at], mapping.synapses.column[at]] & 15
    return weight
