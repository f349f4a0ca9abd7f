"""Best known values of shipped instances, from their ``references.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reference:
    """What is known of an instance besides the runs reported.

    Attributes
    ----------
    best, bound : int or None
        Fewest synapses lost by anyone; proven lower bound; None: unknown.
    source : str
        Who lost that few.
    marocco : int or None
        What the original marocco loses with its defaults.
    """

    best: int | None = None
    bound: int | None = None
    source: str = ""
    marocco: int | None = None


def reference(name: str, digest: str, synapses: int) -> Reference:
    """Return what is known of an instance, NAME or NAME+BLACKLIST; nothing if none of this name and digest is shipped.

    Values measured on another wafer, on a single projection, or of another number of synapses are left out: they belong
    to another instance.
    """
    from models.instance import library
    from models.instance.loader import load_yaml
    from models.instance.references import FILE, records

    name, _, defects = name.partition("+")
    if name not in library.names():
        return Reference()
    folder = library.find(name).parent
    known = [record for record in records(folder) if record.digest == digest and record.defects == defects]
    if not known:
        return Reference()
    document: dict[str, Any] = load_yaml(folder / FILE).data
    found: list[tuple[int, str]] = []
    marocco = None
    for entry in document.get("measured") or []:
        if entry.get("total") != synapses or entry.get("defects", "") != defects or "projection" in entry:
            continue
        found.append((int(entry["lost"]), str(entry.get("source", ""))))
        if entry.get("solver") == "marocco" and marocco is None:
            marocco = int(entry["lost"])
    best, bound = known[0].best, known[0].bound
    if best is not None:
        found.insert(0, (best.lost, best.by))
    least = min(found, key=lambda entry: entry[0], default=(None, ""))
    return Reference(least[0], None if bound is None else bound.lost, least[1], marocco)
