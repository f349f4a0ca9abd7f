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
    """Return what is known of an instance; nothing if none of this name and digest is shipped.

    Values measured with defects, on a single projection, or of another number of synapses are left out: they belong to
    another instance.
    """
    from models.instance import library
    from models.instance.loader import load_yaml

    if name not in library.names():
        return Reference()
    path = library.find(name).with_name("references.yaml")
    document: Any = load_yaml(path).data if path.is_file() else {}
    if not isinstance(document, dict) or document.get("instance", {}).get("digest") != digest:
        return Reference()
    found: list[tuple[int, str]] = []
    marocco = None
    for entry in document.get("measured") or []:
        if entry.get("total") != synapses or "defects" in entry or "projection" in entry:
            continue
        found.append((int(entry["lost"]), str(entry.get("source", ""))))
        if entry.get("variant") == "default" and entry.get("solver") == "marocco":
            marocco = int(entry["lost"])
    best = document.get("best")
    if isinstance(best, dict):
        found.insert(0, (int(best["lost"]), str(best.get("by", "references.yaml"))))
    bound = document.get("bound")
    least = min(found, key=lambda entry: entry[0], default=(None, ""))
    return Reference(
        least[0], int(bound["value" if "value" in bound else "lost"]) if bound else None, least[1], marocco
    )
