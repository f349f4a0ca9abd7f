"""The hardware database of the BrainScaleS systems, ``db.yaml``: which FPGAs, reticles and HICANNs a wafer has.

The file is a stream of YAML documents, one for each setup; those with the key ``wafer`` are BrainScaleS-1.

Source of the format: hwdb ``db.yaml`` and ``hwdb4cpp`` (keys and their defaults).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from models.hardware.boost_xml import fail
from models.hardware.coordinates import (
    HICANNS_PER_RETICLE,
    N_FPGAS,
    N_HICANNS,
    N_RETICLES,
    hicanns_of_fpga,
    hicanns_of_reticle,
)
from models.hardware.defects import Defects

if TYPE_CHECKING:
    from models.instance.loader import Document, Path_

#: Largest file read [bytes]; the public one has 0.16 MB.
MAX_BYTES: Final = 16 * 2**20
#: Setups of BrainScaleS-1.
SETUP_TYPES: Final = ("vsetup", "facetswafer", "cubesetup", "bsswafer")
_KEYS: Final = {"wafer", "setuptype", "macu", "macuversion", "fpgas", "reticles", "hicanns", "adcs", "ananas"}
#: Keys of the entries of every list; the first is required and names the entry.
_ENTRIES: Final[Mapping[str, tuple[str, ...]]] = {
    "fpgas": ("fpga", "ip", "highspeed"),
    "reticles": ("reticle", "to_be_powered"),
    "hicanns": ("hicann", "version", "label"),
    "adcs": ("fpga", "analog", "adc", "channel", "trigger", "remote_ip", "remote_port"),
    "ananas": ("ananas", "ip", "baseport_data", "baseport_reset"),
}
_COUNTS: Final = {"fpga": N_FPGAS, "reticle": N_RETICLES, "hicann": N_HICANNS}
_FLAGS: Final = ("highspeed", "to_be_powered")
_MARKER: Final = re.compile(r"^---(?=\s|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class WaferEntry:
    """What the database says of one wafer.

    Attributes
    ----------
    wafer : int
        Its number.
    setup : str
        One of SETUP_TYPES.
    fpgas : mapping of int to bool
        FPGAs that are there, and whether their high-speed links work.
    reticles : mapping of int to bool or None
        Reticles that are there, and whether they are powered; None: the file does not say, all are.
    hicanns : mapping of int to int or None
        HICANNs that are there and their version; None: all are there.
    version : int or None
        Version of the HICANNs, if it is given for all of them.
    """

    wafer: int
    setup: str
    fpgas: Mapping[int, bool]
    reticles: Mapping[int, bool] | None = None
    hicanns: Mapping[int, int | None] | None = None
    version: int | None = None

    @property
    def defects(self) -> Defects:
        """Return what is not available.

        HICANNs that are not listed, not powered or whose FPGA is missing are absent; behind an FPGA without
        high-speed links they can only be configured, so the links are disabled.
        """
        missing = [fpga for fpga in range(N_FPGAS) if fpga not in self.fpgas]
        absent = {int(hicann) for fpga in missing for hicann in hicanns_of_fpga(fpga)}
        for reticle in range(N_RETICLES):
            if self.reticles is not None and not self.reticles.get(reticle, False):
                absent |= set(hicanns_of_reticle(reticle).tolist())
        if self.hicanns is not None:
            absent |= set(range(N_HICANNS)) - set(self.hicanns)
        slow = [fpga for fpga, fast in self.fpgas.items() if not fast]
        links = [(fpga, link) for fpga in slow for link in range(HICANNS_PER_RETICLE)]
        return Defects.from_components(absent, missing, links)


def read_hwdb(path: Path) -> dict[int, WaferEntry]:
    """Return all BrainScaleS-1 wafers of a database by their number.

    Raises
    ------
    ArchiveError
        With ``file:line:col`` if the file cannot be read or is malformed.
    """
    from models.errors import InstanceError
    from models.instance.loader import parse_yaml  # its package needs this module

    wafers: dict[int, WaferEntry] = {}
    for text in _documents(path):
        if not re.search(r"^wafer\s*:", text, re.MULTILINE):
            continue
        try:
            document = parse_yaml(text, str(path))
        except InstanceError as error:
            problem = error.problems[0]
            fail(problem.where, ": ".join(part for part in (problem.path, problem.message) if part), problem.hint)
        if isinstance(document.data, dict) and document.data.get("setuptype") == "jboa":
            continue  # BrainScaleS-2
        entry = _Reader(document).entry()
        if entry.wafer in wafers:
            fail(document.where(("wafer",)), f"there are two documents of wafer {entry.wafer} (got a second)")
        wafers[entry.wafer] = entry
    return wafers


def read_availability(path: Path, wafer: int = 33) -> Defects:
    """Return what a database says is not available on a wafer.

    Raises
    ------
    ArchiveError
        With ``file:line:col`` if the file is malformed or does not know the wafer.
    """
    wafers = read_hwdb(path)
    if wafer not in wafers:
        known = ", ".join(map(str, sorted(wafers))) or "none"
        fail(str(path), f"no wafer {wafer} in the database (got {known})", "the number of a wafer that it has")
    return wafers[wafer].defects


def _documents(path: Path) -> Iterator[str]:
    """Yield the documents of a YAML stream, each after empty lines, so that the numbers of its lines are kept."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        fail(str(path), f"not UTF-8 text ({error.reason} at byte {error.start})")
    except OSError as error:
        fail(str(path), error.strerror or str(error))
    if len(content) > MAX_BYTES:
        fail(str(path), f"the file has more than {MAX_BYTES} bytes")
    starts = [0, *(match.start() for match in _MARKER.finditer(text))]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield "\n" * text.count("\n", 0, start) + text[start:end].removeprefix("---")


class _Reader:
    """Checks one document."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def wrong(self, path: Path_, what: str, got: Any, hint: str = "", key: bool = False) -> NoReturn:
        text = "a list" if isinstance(got, list) else "a mapping" if isinstance(got, dict) else repr(got)
        fail(self.document.where(path, key), f"{what} (got {text})", hint)

    def entry(self) -> WaferEntry:
        data = self.document.data
        if not isinstance(data, dict):
            self.wrong((), "must be a mapping", data)
        for name in data:
            if name not in _KEYS:
                self.wrong((name,), "unknown key", name, f"known are {', '.join(sorted(_KEYS))}", key=True)
        wafer = self.number(("wafer",), data["wafer"], 2**31)
        setup = data.get("setuptype")
        if setup not in SETUP_TYPES:
            self.wrong(("setuptype",), f"setuptype must be {' | '.join(SETUP_TYPES)}", setup)
        tables = {name: self.table(name, data[name]) for name in _ENTRIES if isinstance(data.get(name), list)}
        for name in _ENTRIES:
            if name in data and name not in tables and not (name == "hicanns" and isinstance(data[name], dict)):
                self.wrong((name,), f"{name} must be a list", data[name])
        reticles = tables.get("reticles")
        hicanns = tables.get("hicanns")
        return WaferEntry(
            wafer,
            setup,
            {fpga: entry.get("highspeed", True) for fpga, entry in tables.get("fpgas", {}).items()},
            None if reticles is None else {r: entry.get("to_be_powered", True) for r, entry in reticles.items()},
            None if hicanns is None else {h: entry.get("version") for h, entry in hicanns.items()},
            self.version_of_all(data.get("hicanns")),
        )

    def version_of_all(self, hicanns: Any) -> int | None:
        if not isinstance(hicanns, dict):
            return None
        for name in hicanns:
            if name != "version":
                self.wrong(("hicanns", name), "unknown key", name, "hicanns: {version: 4}", key=True)
        return self.number(("hicanns", "version"), hicanns.get("version"), 100)

    def table(self, name: str, entries: list[Any]) -> dict[int, dict[str, Any]]:
        """Return the entries of a list by number; those of ADCs, which have none, by position."""
        own, found = _ENTRIES[name][0], {}
        for i, entry in enumerate(entries):
            if not isinstance(entry, dict):
                self.wrong((name, i), f"an entry of {name} must be a mapping", entry)
            for key in entry:
                if key not in _ENTRIES[name]:
                    hint = f"known are {', '.join(_ENTRIES[name])}"
                    self.wrong((name, i, key), f"unknown key in {name}", key, hint, key=True)
            number = self.number((name, i, own), entry.get(own), _COUNTS.get(own, 2**31))
            for flag in _FLAGS:
                if not isinstance(entry.get(flag, True), bool):
                    self.wrong((name, i, flag), f"{flag} must be true or false", entry[flag])
            if "version" in entry:
                self.number((name, i, "version"), entry["version"], 100)
            if name != "adcs" and number in found:
                self.wrong((name, i, own), f"{own} stands twice", number)
            found[i if name == "adcs" else number] = entry
        return found

    def number(self, path: Path_, value: Any, count: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < count:
            self.wrong(path, f"{path[-1]} must be an integer 0..{count - 1}", value)
        return value
