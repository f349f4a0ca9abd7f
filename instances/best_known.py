"""Accept better solutions of shipped instances: audit, compare, store, and write the references.

Whoever calls computes the bound; nothing that a solution file claims is believed.
"""

from __future__ import annotations

import bz2
import hashlib
import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from models.configuration import configuration_from_arrays
from models.errors import FormatError
from models.instance import library
from models.instance.references import Best, Proof, Record, records, update, with_best
from models.instance.writer import write_bytes

if TYPE_CHECKING:
    from emulator import Audit
    from models.configuration import Configuration
    from models.instance import Instance
    from models.solution import Bound, Solution

#: Largest solution that is stored [bytes]; of larger ones the loss, the bound and the digest are kept.
MOST_BYTES: Final = 600_000
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_METHODS: Final = (
    (zipfile.ZIP_DEFLATED, lambda data: zlib.compress(data, 9)),
    (zipfile.ZIP_BZIP2, bz2.compress),
    (zipfile.ZIP_LZMA, lzma.compress),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a solution.

    Attributes
    ----------
    accepted : bool
        Whether the references changed.
    reason : str
        One line for people.
    record : Record
        What is known now.
    audit : Audit
        What the emulator found.
    """

    accepted: bool
    reason: str
    record: Record
    audit: Audit


def consider(
    instance: Instance,
    record: Record,
    solution: Solution,
    bound: Bound,
    *,
    by: str,
    date: str,
    log: Mapping[str, Any] | None = None,
    most_bytes: int = MOST_BYTES,
    replace_equal: bool = False,
) -> Verdict:
    """Take a solution as the best known one if its bits are valid and lose less than what is known.

    Parameters
    ----------
    instance : Instance
        On the wafer of the record.
    record : Record
        What is known so far.
    solution : Solution
        What is offered.
    bound : Bound
        Lower bound for every mapping, computed by the caller.
    by, date : str
        Who found it, and the day.
    log : mapping or None
        Further content of the log beside the solution.
    most_bytes : int
        Larger files are not stored.
    replace_equal : bool
        Take an equally good one, too.
    """
    from emulator import audit

    verdict = audit(instance, solution.configuration, solution.lost)
    fault = _fault(record, solution, verdict, replace_equal)
    if fault:
        return Verdict(False, fault, record, verdict)
    folder = library.find(record.name).parent
    stem = f"best-{record.defects}" if record.defects else "best"
    content = compact(solution)
    best = Best(verdict.lost, by, date, None, sha256(content), solution.run.get("seconds"))
    (folder / "solutions").mkdir(exist_ok=True)
    if len(content) <= most_bytes:
        best = replace(best, solution=f"solutions/{stem}.sol.zip")
        write_bytes(folder / f"solutions/{stem}.sol.zip", content)
    else:
        (folder / f"solutions/{stem}.sol.zip").unlink(missing_ok=True)
    name = f"solutions/{stem}.log.json"
    document = {**log_document(solution, verdict, bound), **dict(log or {}), "date": date}
    write_bytes(folder / name, (json.dumps(document, indent=1, sort_keys=True) + "\n").encode())
    new = with_best(record, verdict.synapses, best, Proof(bound.value, bound.kind, date, name))
    history = []
    if record.best is not None and record.best.lost != best.lost:
        where = {"defects": record.defects} if record.defects else {}
        history.append({**where, "lost": record.best.lost, "by": record.best.by, "date": record.best.date})
    store(new, history)
    return Verdict(True, f"accepted: {verdict.lost} lost", new, verdict)


def store(record: Record, history: list[dict[str, Any]] | None = None) -> None:
    """Write one record among the others of its instance."""
    folder = library.find(record.name).parent
    known = {r.defects: r for r in records(folder)} | {record.defects: record}
    update(folder, [known[""], *(known[key] for key in sorted(known) if key)], history or [])


def _fault(record: Record, solution: Solution, verdict: Audit, replace_equal: bool) -> str:
    """Return why a solution is not taken, "" if it is."""
    if solution.digest != record.digest:
        return f"refused: it solves another instance, {solution.instance} {solution.digest}"
    if not verdict.valid:
        return (
            f"refused: {len(verdict.violations)} violations, {verdict.spurious} spurious synapses, "
            f"{verdict.lost} lost of which {verdict.claimed} are claimed"
        )
    if record.best is None or verdict.lost < record.best.lost:
        return ""
    if verdict.lost == record.best.lost:
        return "" if replace_equal else f"not better: it loses {verdict.lost} like the best known one"
    return f"not better: it loses {verdict.lost}, the best known one {record.best.lost}"


def log_document(solution: Solution, verdict: Audit, bound: Bound) -> dict[str, Any]:
    """Return what the log beside a solution says: how it was found, what is proven, what the emulator counted."""
    bounds = solution.bounds
    kinds = {"any_placement": bound, "this_placement": bounds.this_placement, "these_buses": bounds.these_buses}
    return {
        "instance": {"name": solution.instance, "digest": solution.digest},
        "solver": {"name": solution.solver, "version": solution.version, "options": dict(solution.options)},
        "synapses": solution.synapses,
        "lost": verdict.lost,
        "lost_by_cause": dict(solution.lost_by_cause),
        "bound": {name: {"value": b.value, "kind": b.kind} for name, b in kinds.items() if b is not None},
        "run": dict(solution.run),
        "audit": {"violations": len(verdict.violations), "spurious": verdict.spurious, "valid": verdict.valid},
    }


def compact(solution: Solution) -> bytes:
    """Return a solution file whose members are each compressed by what makes them smallest; `load` reads it."""
    import tempfile

    from models.solution import save

    with tempfile.TemporaryDirectory(prefix="solution-") as folder:
        path = Path(folder) / "all.sol.zip"
        save(path, solution)
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr = 0o644 << 16
            method = min(_METHODS, key=lambda entry: len(entry[1](members[name])))[0]
            archive.writestr(info, members[name], compress_type=method, compresslevel=9)
    return buffer.getvalue()


def sha256(content: bytes) -> str:
    """Return ``sha256:..`` of a file's content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def stored_bits(record: Record) -> tuple[Configuration, int | None] | None:
    """Return the stored bits of the best known solution and the loss that its file claims, None if none are stored.

    Raises
    ------
    FormatError
        If the file is missing, damaged, or not the one that the references name.
    """
    import numpy as np

    from models.solution import load

    if record.best is None or record.best.solution is None:
        return None
    path = library.find(record.name).parent / record.best.solution
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FormatError(f"{path}: {error.strerror}") from error
    if sha256(content) != record.best.digest:
        raise FormatError(f"{path}: its digest is {sha256(content)}, the references say {record.best.digest}")
    if path.name.endswith(".sol.zip"):
        solution = load(path)
        return solution.configuration, solution.lost
    with np.load(path, allow_pickle=False) as archive:
        return configuration_from_arrays(dict(archive)), None
