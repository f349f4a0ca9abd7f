"""What a run or a check says: as a document for ``--json`` and as text for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mapper.cli._common import percent

if TYPE_CHECKING:
    from emulator import Audit
    from models.instance import Instance
    from models.solution import Solution


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


def solution_text(document: dict[str, Any]) -> str:
    """Return the summary block of a solve."""
    lost, synapses, bound = document["lost"], document["synapses"], document["bound"]
    options = document["options"]
    buses = f", {bound['buses']} with its buses" if "buses" in bound else ""
    rows = [
        ("synapses", f"{synapses}"),
        ("lost", f"{lost} ({percent(lost, synapses):.2f}%)"),
        *[(f"  {cause}", f"{n}") for cause, n in document["lost_by_cause"].items() if n],
        *[(f"  in {name}", f"{n}") for name, n in _largest(document["lost_by_projection"])],
        ("bound", f"{bound['global']} for any placement, {bound['placement']} for this one{buses}"),
        ("proven by", "; ".join(dict.fromkeys(document["bound_kind"].values()))),
        ("gap", f"{lost - bound['global']} ({document['gap_pp']:.2f} pp)"),
        ("chips", f"{document['chips']}"),
        ("time", f"{document['seconds']:.1f} s ({document['cpu_seconds']:.1f} s CPU), seed {options.get('seed')}"),
        ("solution", document["solution"] or "not written (-o FILE.sol.zip keeps it)"),
    ]
    title = f"{document['instance']}: {document['solver']}, {document['status']}"
    return "\n".join([title, *(f"  {name:<22} {value}" for name, value in rows)])


def _largest(counts: dict[str, int], n: int = 5) -> list[tuple[str, int]]:
    lossy = [(name, count) for name, count in counts.items() if count]
    return sorted(lossy, key=lambda entry: -entry[1])[:n]


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


def audit_text(audit: Audit, name: str, most: int = 20) -> str:
    """Return the report of a check, with the first violations spelled out."""
    rows = [
        ("synapses", f"{audit.synapses}"),
        ("lost", f"{audit.lost} ({percent(audit.lost, audit.synapses):.2f}%), claimed {audit.claimed}"),
        ("spurious", f"{audit.spurious}"),
        ("violations", f"{len(audit.violations)}"),
    ]
    lines = [f"{name}: {'valid' if audit.valid else 'NOT VALID'}, {verdict(audit)}"]
    lines += [f"  {label:<22} {value}" for label, value in rows]
    lines += [f"  {violation}" for violation in audit.violations[:most]]
    if len(audit.violations) > most:
        lines.append(f"  ... and {len(audit.violations) - most} more (--json lists all)")
    lines += [f"  spurious: {example}" for example in audit.spurious_examples]
    return "\n".join(lines)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int] = (0,)) -> str:
    """Return a plain table; numbers stand right, the columns in `left` left."""
    widths = [max(len(line[i]) for line in (header, *rows)) for i in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.ljust(width) if i in left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "  ".join(padded).rstrip()

    return "\n".join([line(header), line(["-" * width for width in widths]), *map(line, rows)])
