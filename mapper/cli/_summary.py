"""What a run or a check says as text for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mapper.runs.documents import percent, verdict

if TYPE_CHECKING:
    from emulator import Audit


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
