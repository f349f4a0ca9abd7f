"""``references.yaml``: what is known of a shipped instance, read as records and changed in place.

A record is the best known loss with its solution, the bound with its log, and the status, on one wafer: the perfect
one, or one with a shipped blacklist.  What the file holds besides, measurements and published values, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from models.errors import FormatError, InstanceError
from models.instance.loader import Document, load_yaml
from models.instance.writer import write_bytes

if TYPE_CHECKING:
    from models.instance.schema_references import KnownDoc, ReferencesDoc

FORMAT: Final = "wafer-references/1"
FILE: Final = "references.yaml"
OPTIMAL: Final = "optimal"
OPEN: Final = "open"
#: Order of the sections of a file; others come last.
_ORDER: Final = (
    "format", "instance", "status", "synapses", "best", "bound", "variants", "published", "measured", "reproduced",
    "history",
)  # fmt: skip
_SECTION: Final = re.compile(r"^([A-Za-z_]+):")


@dataclass(frozen=True, slots=True)
class Best:
    """The best known loss.

    Attributes
    ----------
    lost : int
        Lost synapses, as the emulator counts them from the bits.
    by : str
        Solver and version, or the person who found it.
    date : str
        Day, YYYY-MM-DD.
    solution : str or None
        Solution file, or file of bits, relative to the instance's folder; None: too large, or not kept.
    digest : str
        ``sha256:..`` of that file, stored or not; "" if it has none.
    time_s : float or None
        Seconds that the run took.
    """

    lost: int
    by: str
    date: str
    solution: str | None = None
    digest: str = ""
    time_s: float | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """A proven lower bound on the loss of any mapping of the instance.

    Attributes
    ----------
    lost : int
        No mapping loses fewer synapses.
    kind, date : str
        What the bound rests on, see ``docs/bounds.md``, and the day.
    log : str or None
        Log of the run, relative to the instance's folder.
    """

    lost: int
    kind: str
    date: str
    log: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of an instance on one wafer.

    Attributes
    ----------
    name, defects : str
        Shipped instance, and the shipped blacklist of the wafer, "" for none.
    digest : str
        Digest of the instance on this wafer.
    best : Best or None
        Best known loss.
    bound : Proof or None
        Proven bound.
    synapses : int or None
        Synapses of the instance, if anybody counted them.
    marocco : int or None
        What the original loses with its defaults.
    """

    name: str
    digest: str
    defects: str = ""
    best: Best | None = None
    bound: Proof | None = None
    synapses: int | None = None
    marocco: int | None = None

    @property
    def reference(self) -> str:
        """Return how the command line calls it: NAME or NAME+BLACKLIST."""
        return f"{self.name}+{self.defects}" if self.defects else self.name

    @property
    def status(self) -> str:
        """Return ``optimal`` if the best known loss is the bound, else ``open``."""
        closed = self.best is not None and self.bound is not None and self.best.lost == self.bound.lost
        return OPTIMAL if closed else OPEN


def records(folder: Path) -> tuple[Record, ...]:
    """Return the records of an instance's folder: the perfect wafer first, then the blacklists.

    Raises
    ------
    FormatError
        If the file is of another format.
    InstanceError
        With all faults of the document, each with its place in the file.
    """
    path = folder / FILE
    document = load_yaml(path)
    if not isinstance(document.data, dict) or document.data.get("format") != FORMAT:
        raise FormatError(f"{path}: format must be {FORMAT}")
    known = checked(document)
    first = known.instance
    return (
        _record(known, first.name, first.digest, "", known),
        *(_record(entry, first.name, entry.digest, entry.defects, known) for entry in known.variants),
    )


def checked(document: Document) -> ReferencesDoc:
    """Return what a file says, checked against the schema.

    Raises
    ------
    InstanceError
        With all faults of the document, each with its place in the file.
    """
    from pydantic import ValidationError

    from models.instance.messages import schema_problems
    from models.instance.schema_references import ReferencesDoc

    try:
        return ReferencesDoc.model_validate(document.data)
    except ValidationError as error:
        raise InstanceError(schema_problems(document, error.errors(), ReferencesDoc)) from None


def _record(entry: KnownDoc, name: str, digest: str, defects: str, document: ReferencesDoc) -> Record:
    measured = [m for m in document.measured if m.projection is None]
    by_default = [m.lost for m in measured if m.solver == "marocco" and (m.defects or "") == defects]
    best, bound = entry.best, entry.bound
    return Record(
        name,
        digest,
        defects,
        None if best is None else Best(**best.model_dump() | {"digest": best.digest or ""}),
        None if bound is None else Proof(**bound.model_dump()),
        entry.synapses if entry.synapses is not None else max((m.total for m in measured), default=None),
        by_default[0] if by_default else None,
    )


def update(folder: Path, known: Sequence[Record], history: Iterable[Mapping[str, Any]] = ()) -> None:
    """Write records into an instance's file: the perfect wafer and all blacklists; history entries are appended.

    Parameters
    ----------
    folder : Path
        Folder of the instance.
    known : sequence of Record
        All records of the instance, the perfect wafer first.
    history : iterable of mapping
        What was known before, newest last.
    """
    path = folder / FILE
    text = path.read_text(encoding="utf-8") if path.is_file() else f"format: {FORMAT}\n"
    earlier = (load_yaml(path).data or {}).get("history") or [] if path.is_file() else []
    first, *variants = known
    sections = {"instance": {"name": first.name, "digest": first.digest}, **_entry(first)}
    sections["variants"] = [
        {"defects": record.defects, "digest": record.digest, **_entry(record)} for record in variants
    ]
    sections["history"] = [*earlier, *history]
    write_bytes(path, changed(text, sections).encode())


def _entry(record: Record) -> dict[str, Any]:
    entry: dict[str, Any] = {"status": record.status}
    if record.synapses is not None:
        entry["synapses"] = record.synapses
    if record.best is not None:
        entry["best"] = {k: v for k, v in asdict(record.best).items() if v not in (None, "") or k == "solution"}
    if record.bound is not None:
        entry["bound"] = {k: v for k, v in asdict(record.bound).items() if v is not None}
    return entry


def changed(text: str, sections: Mapping[str, Any]) -> str:
    """Return the text of a file with some top-level sections replaced or added, all others left as they are."""
    import yaml

    parts: dict[str, str] = {}
    current = ""
    for line in text.splitlines(keepends=True):
        found = _SECTION.match(line)
        current = found[1] if found else current
        parts[current] = parts.get(current, "") + line
    for key, value in sections.items():
        flow = None if isinstance(value, dict | list) else False
        dumped = yaml.safe_dump({key: value}, sort_keys=False, default_flow_style=flow, width=118, allow_unicode=True)
        parts[key] = str(dumped) if value != [] else f"{key}: []\n"
    rank = {key: i for i, key in enumerate(("", *_ORDER))}
    return "".join(parts[key] for key in sorted(parts, key=lambda key: rank.get(key, len(rank))))


def with_best(record: Record, synapses: int, best: Best, bound: Proof | None) -> Record:
    """Return a record with another best known loss, and another bound if it is a higher one."""
    higher = bound is not None and (record.bound is None or bound.lost >= record.bound.lost)
    return replace(record, synapses=synapses, best=best, bound=bound if higher else record.bound)
