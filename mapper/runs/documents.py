"""Documents of a solve and of a check, as ``--json`` prints them and run files keep them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator import Audit
    from models.instance import Instance
    from models.solution import Solution


def percent(part: float, whole: float) -> float:
    """Return what part of the whole something is [percent]; nothing of nothing is 0."""
    return 100.0 * part / whole if whole else 0.0


def solution_document(instance: Instance, solution: Solution, path: Path | str | None) -> dict[str, Any]:
    """Return the document of a solve.

    ``bound.global`` holds for every placement, ``bound.placement`` for the one found, ``bound.buses`` if merging and
    addresses are kept, too (absent: not computed); ``gap_pp`` is the loss above the global bound in percentage points
    of all synapses.
    """
    bounds = solution.bounds
    kinds = {"global": bounds.any_placement, "placement": bounds.this_placement, "buses": bounds.these_buses}
    names = [projection.name for projection in instance.network.projections]
    return {
        "instance": solution.instance,
        "digest": solution.digest,
        "solver": solution.solver,
        "version": solution.version,
        "status": solution.status,
        "synapses": solution.synapses,
        "lost": solution.lost,
        "lost_percent": percent(solution.lost, solution.synapses),
        "lost_l1": solution.lost_l1,
        "lost_by_projection": dict(zip(names, solution.lost_by_projection, strict=True)),
        "lost_by_cause": dict(solution.lost_by_cause),
        "bound": {name: bound.value for name, bound in kinds.items() if bound is not None},
        "bound_kind": {name: bound.kind for name, bound in kinds.items() if bound is not None},
        "gap_pp": percent(solution.lost - bounds.any_placement.value, solution.synapses),
        "chips": solution.hicanns,
        "seconds": solution.run.get("seconds"),
        "cpu_seconds": solution.run.get("cpu_seconds"),
        "options": dict(solution.options),
        "timeline": solution.run.get("timeline", []),
        "solution": None if path is None else str(path),
    }


def audit_document(instance: Instance, audit: Audit) -> dict[str, Any]:
    """Return the document of a check."""
    names = [projection.name for projection in instance.network.projections]
    return {
        "instance": instance.name,
        "digest": instance.digest,
        "valid": audit.valid,
        "synapses": audit.synapses,
        "lost": audit.lost,
        "claimed": audit.claimed,
        "spurious": audit.spurious,
        "lost_by_projection": dict(zip(names, (int(n) for n in audit.lost_by_projection), strict=True)),
        "violations": [
            {"kind": v.kind, "hicann": v.hicann, "where": v.where, "message": v.message} for v in audit.violations
        ],
        "spurious_examples": list(audit.spurious_examples),
        "verdict": verdict(audit),
    }


def verdict(audit: Audit) -> str:
    """Return in a few words whether the bits do what the mapper claims."""
    faults = []
    if audit.violations:
        faults.append(f"violations {len(audit.violations)}")
    if audit.spurious:
        faults.append(f"spurious {audit.spurious}")
    if audit.claimed is not None and audit.claimed != audit.lost:
        faults.append(f"bits lose {audit.lost}, claimed {audit.claimed}")
    return ", ".join(faults) or "bits agree"
