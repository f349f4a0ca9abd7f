"""Make the shipped instances that the generators made, their references, and the sets on blacklisted wafers.

    python -m benchmarks.ship_instances

Instances that are there stay as they are: what is released is not changed.  Run it again after a change of a set.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

from instances.best_known import sha256
from instances.generators import SHIPPED
from models.instance import library
from models.instance.references import Best, Proof, Record, records, update
from models.instance.writer import write_bytes

#: The shipped blacklist on which every set is also given.
BLACKLIST: Final = "blacklist-7"
SETS: Final = ("tiny", "standard", "large")
#: Up to how many synapses an instance is in the set standard.
STANDARD: Final = 250_000


def ship(name: str) -> None:
    """Write a generated instance with references that say what is known by construction."""
    folder = library.folder() / name
    SHIPPED[name].make(name).write(folder)
    instance = library.load(name)
    today = time.strftime("%Y-%m-%d")
    record = Record(name, instance.digest, synapses=len(instance.network.synapses))
    bits = folder / "solutions/planted.npz"
    if bits.is_file():
        best = Best(0, "planted", today, "solutions/planted.npz", sha256(bits.read_bytes()))
        record = Record(
            name, instance.digest, "", best, Proof(0, "trivial", today), len(instance.network.synapses)
        )  # fmt: skip
    update(folder, [record])
    print(name, record.synapses)


def grown(name: str) -> dict[str, Any]:
    """Return the document of a set with the generated instances that belong to it, smallest first at its end."""
    from models.instance.loader import load_yaml

    document: dict[str, Any] = load_yaml(library.folder() / "sets" / f"{name}.yaml").data
    members = {entry["name"]: entry for entry in document["instances"]}
    for generated in SHIPPED:
        instance = library.load(generated)
        if name == ("standard" if len(instance.network.synapses) <= STANDARD else "large"):
            members.setdefault(generated, {"name": generated, "digest": instance.digest})
    return {**document, "instances": list(members.values())}


def write_set(name: str, document: dict[str, Any]) -> None:
    """Write the file of a set."""
    lines = [f"format: {document['format']}", f"name: {name}", f"title: {document['title']}", "instances:"]
    lines += [f'  - {{name: {entry["name"]}, digest: "{entry["digest"]}"}}' for entry in document["instances"]]
    write_bytes(library.folder() / "sets" / f"{name}.yaml", ("\n".join(lines) + "\n").encode())


def blacklisted(name: str, document: dict[str, Any]) -> dict[str, Any]:
    """Return the document of the same set on blacklisted wafers."""
    names = [entry["name"] for entry in document["instances"] if not is_planted(entry["name"])]
    references = [f"{name}+{BLACKLIST}" for name in names]
    members = [{"name": reference, "digest": library.load(reference).digest} for reference in references]
    return {**document, "title": f"The set {name} on a wafer with the defects of {BLACKLIST}", "instances": members}


def is_planted(name: str) -> bool:
    """Return whether an instance was planted: it has defects of its own, and just room enough without others."""
    return name in SHIPPED and SHIPPED[name].family == "planted"


def with_variant(name: str) -> None:
    """Give an instance a record for the blacklisted wafer, of which nothing is known yet."""
    folder = library.find(name).parent
    known = records(folder)
    if not is_planted(name) and BLACKLIST not in {record.defects for record in known}:
        digest = library.load(f"{name}+{BLACKLIST}").digest
        update(folder, [*known, Record(name, digest, BLACKLIST, synapses=known[0].synapses)])


def main() -> None:
    """Write what is missing."""
    for name in SHIPPED:
        if not Path(library.folder() / name).is_dir():
            ship(name)
    for name in library.names():
        with_variant(name)
    for name in SETS:
        document = grown(name)
        write_set(name, document)
        write_set(f"{name}-{BLACKLIST}", blacklisted(name, document))


if __name__ == "__main__":
    main()
