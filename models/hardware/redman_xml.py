"""Blacklists as redman keeps them: a directory with one XML file for the wafer, each HICANN and each FPGA.

``wafer-Wafer(33).xml``, ``hicann-Wafer(33)-Enum(297).xml``, ``fpga-33-12.xml``; a missing file means that everything
works.  All versions of the files are read: HICANN 0..3, wafer 0..4, FPGA 1.

Source of the format: redman ``resources/{Wafer,Fpga,Hicann}``, ``ResourceManager.h``, ``backends/xml``, and its
samples of every version (``test/share/redman/fake_blacklisting``).
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from models.errors import DefectError
from models.hardware.boost_writer import ArchiveWriter, write_atomically
from models.hardware.boost_xml import Archive, Node, fail, read_archive
from models.hardware.coordinates import N_FPGAS, N_HICANNS
from models.hardware.defects import Defects
from models.hardware.redman_coordinates import FORMS, read_coordinate, write_coordinate

#: Newest version of a HICANN's file, and the one written unless another is asked for.
NEWEST: Final = 3
#: (tag, component kind, version since which the file has it), in the order of the file.
HICANN_PARTS: Final = (
    ("neurons", "neurons", 0), ("synapses", "synapses", 0), ("drivers", "drivers", 0),
    ("synaptic_inputs", "synaptic_inputs", 1), ("hbuses", "hbuses", 0), ("vbuses", "vbuses", 0),
    ("merger0", "mergers0", 0), ("merger1", "mergers1", 0), ("merger2", "mergers2", 0), ("merger3", "mergers3", 0),
    ("dnc_merger", "dncmergers", 0), ("synapserows", "synapserows", 2), ("analogs", "analogs", 2),
    ("backgroundgenerators", "backgroundgenerators", 2), ("fgblocks", "fgblocks", 2),
    ("vrepeaters", "vrepeaters", 2), ("hrepeaters", "hrepeaters", 2), ("synapseswitches", "synapseswitches", 2),
    ("crossbarswitches", "crossbarswitches", 2), ("synapseswitchrows", "synapseswitchrows", 2),
    ("synapsearrays", "synapsearrays", 3),
)  # fmt: skip
_WAFER_PARTS: Final = (("hicanns", "hicanns", 0), ("fpgas", "fpgas", 1))
_FPGA_PARTS: Final = (("hslinks", "hslinks", 0),)
#: By version of the HICANN's file: of the archive, the list of a kind, the HICANN with id, the wafer, the wafer with
#: id, the FPGA with id.
_VERSIONS: Final = ((10, 0, 0, 0, 0, 0), (16, 1, 0, 1, 0, 0), (17, 1, 1, 3, 2, 2), (18, 1, 1, 3, 2, 2))
_NAMES: Final = {
    "wafer": re.compile(r"wafer-Wafer\((\d{1,9})\)\.xml"),
    "hicann": re.compile(r"hicann-Wafer\((\d{1,9})\)-Enum\((\d{1,9})\)\.xml"),
    "fpga": re.compile(r"fpga-(\d{1,9})-(\d{1,9})\.xml"),
}
_COUNTS: Final = {"hicann": N_HICANNS, "fpga": N_FPGAS}


def read_redman(folder: Path, wafer: int = 33, strict: bool = False) -> Defects:
    """Return what is disabled on a wafer.

    Parameters
    ----------
    folder : Path
        Directory of the files; those of other wafers are not opened.
    wafer : int
        Number of the wafer.
    strict : bool
        Refuse lists without information (``hasvalue`` 0), which else count as "everything works".

    Raises
    ------
    ArchiveError
        With ``file:line`` if there are no files of the wafer, or one is malformed.
    """
    hicanns: list[int] = []
    fpgas: list[int] = []
    links: list[tuple[int, int]] = []
    components: dict[str, list[tuple[int, int]]] = {}
    for path, kind, number in _files(folder, wafer):
        archive = read_archive(path)
        if kind == "wafer":
            lists = _lists(archive, "Wafer", 4, _WAFER_PARTS, (wafer, 0), strict)
            hicanns, fpgas = lists.get("hicanns", []), lists.get("fpgas", [])
        elif kind == "fpga":
            lists = _lists(archive, "Fpga", 1, _FPGA_PARTS, (wafer, number), strict)
            links += [(number, link) for link in lists["hslinks"]]
        else:
            for name, indices in _lists(archive, "Hicann", NEWEST, HICANN_PARTS, (wafer, number), strict).items():
                components.setdefault(name, []).extend((number, index) for index in indices)
    return Defects.from_components(hicanns, fpgas, links, {k: v for k, v in components.items() if v})


def _files(folder: Path, wafer: int) -> list[tuple[Path, str, int]]:
    """Return path, kind and number (HICANN, FPGA, or 0) of the wafer's files, in the order of their names."""
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        fail(str(folder), f"cannot read the directory: {error.strerror}", "a directory of redman's XML files")
    found, others = [], set()
    for path in paths:
        if not re.match(r"(wafer|hicann|fpga)-.*\.xml$", path.name):
            continue
        kind, of, number = _parse_name(path)
        others.add(of)
        if of == wafer:
            found.append((path, kind, number))
    if not found:
        there = (
            f"there are files of {', '.join(map(str, sorted(others)))}" if others else "there are no files of redman"
        )
        fail(str(folder), f"no file of wafer {wafer}: {there}", f"a file like wafer-Wafer({wafer}).xml")
    return found


def _parse_name(path: Path) -> tuple[str, int, int]:
    """Return kind, wafer and number of a file."""
    for kind, pattern in _NAMES.items():
        match = pattern.fullmatch(path.name)
        if match is None:
            continue
        number = int(match[2]) if kind in _COUNTS else 0
        if kind in _COUNTS and number >= _COUNTS[kind]:
            fail(str(path), f"{kind} must be 0..{_COUNTS[kind] - 1} (got {number})")
        return kind, int(match[1]), number
    hint = "wafer-Wafer(33).xml, hicann-Wafer(33)-Enum(297).xml or fpga-33-12.xml"
    fail(str(path), f"not a file name of redman (got {path.name!r})", hint)


def _lists(
    archive: Archive,
    resource: str,
    newest: int,
    parts: tuple[tuple[str, str, int], ...],
    identity: tuple[int, int],
    strict: bool,
) -> dict[str, list[int]]:
    """Return the disabled enums by component kind of one file, and check that it is about wafer and number."""
    holder = archive.target(archive.child(archive.root, "data"))
    if holder is None:
        fail(archive.where(archive.root), f"the file holds nothing (got a null pointer instead of {resource})")
    name = archive.class_name(holder)
    if name != f"redman::resources::{resource}WithBackend":
        fail(archive.where(holder), f"must be redman::resources::{resource}WithBackend (got {name!r})")
    node = archive.child(holder, resource)
    version = archive.version(node, newest)
    known = {tag for tag, _, since in parts if since <= version} | {"Base", "id", "backend"}
    for child in node.children:
        if child.tag not in known:
            fail(archive.where(child), f"version {version} of {resource} has no such element (got <{child.tag}>)")
    for place in (holder, node):
        identifier = archive.optional(place, "id")
        if identifier is not None:
            _check_identity(archive, identifier, resource, identity)
    return {
        kind: _disabled(archive, archive.child(node, tag), kind, strict)
        for tag, kind, since in parts
        if since <= version
    }


def _check_identity(archive: Archive, node: Node, resource: str, identity: tuple[int, int]) -> None:
    wafer, number = identity
    if resource == "Wafer":
        found = (archive.integer(archive.child(node, "value")), 0)
    else:
        on = archive.integer(archive.child(archive.child(node, "wafer"), "value"))
        found = (on, read_coordinate(archive, node, "hicanns" if resource == "Hicann" else "fpgas"))
    if found != identity:
        what = f"wafer {wafer}" if resource == "Wafer" else f"{resource} {number} of wafer {wafer}"
        fail(archive.where(node), f"the file is named after {what} (got {found[1]} of wafer {found[0]})")


def _disabled(archive: Archive, node: Node, kind: str, strict: bool) -> list[int]:
    """Return the enums that the list of a component kind disables."""
    manager = archive.target(node)
    if manager is None:
        if strict:
            fail(archive.where(node), f"no information on {kind} (got a null pointer)")
        return []
    version = archive.version(manager, 1)
    informs = archive.optional(manager, "hasvalue")
    if informs is None and version > 0:
        fail(archive.where(manager), f"<hasvalue> is missing in the list of {kind}")
    if informs is not None and archive.integer(informs, 0, 1) == 0 and strict:
        fail(archive.where(informs), f"no information on {kind} (got hasvalue 0)")
    found: dict[int, int] = {}
    for item in archive.items(archive.child(manager, "selection")):
        index = read_coordinate(archive, item, kind)
        if index in found:
            fail(archive.where(item), f"{kind}: item stands twice (got enum {index}, first on line {found[index]})")
        found[index] = item.line
    return list(found)


def write_redman(defects: Defects, folder: Path, wafer: int = 33, version: int = NEWEST) -> None:
    """Write a directory that redman reads: the wafer's file, and one for each HICANN and FPGA with defects.

    The directory appears complete or not at all.

    Parameters
    ----------
    defects : Defects
        What is disabled.
    folder : Path
        Directory to make; it may exist if it is empty.
    wafer : int
        Number of the wafer.
    version : int
        Version 0..3 of the HICANNs' files.

    Raises
    ------
    DefectError
        If the version is unknown or has no place for some defect, the wafer is negative, or the directory is not
        empty.
    """
    _check_version(defects, version)
    if wafer < 0:
        raise DefectError(f"the number of a wafer must be 0 or more (got {wafer})")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DefectError(f"{folder}: there is something already - write into a new directory")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".tmp"))
    try:
        for name, text in _documents(defects, wafer, version):
            write_atomically(temporary / name, text.encode())
        temporary.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _check_version(defects: Defects, version: int) -> None:
    if not 0 <= version <= NEWEST:
        raise DefectError(f"version of redman's files must be 0..{NEWEST} (got {version})")
    since = {kind: first for _, kind, first in HICANN_PARTS}
    used = {kind: first for kind, first in since.items() if len(defects.indices(kind))}
    used |= {"fpgas": 1} if defects.fpgas else {}
    used |= {"hslinks": 1} if defects.hslinks else {}
    for kind, first in used.items():
        if first > version:
            raise DefectError(f"version {version} of redman's files has no place for {kind} - use version {first}")


def _documents(defects: Defects, wafer: int, version: int) -> Iterator[tuple[str, str]]:
    """Yield name and content of every file."""
    _, _, hicann_version, wafer_version, wafer_holder, fpga_holder = _VERSIONS[version]
    yield (
        f"wafer-Wafer({wafer}).xml",
        _document("Wafer", version, (wafer_holder, wafer_version), _WAFER_PARTS, (wafer, 0),
                  {"hicanns": list(defects.hicanns), "fpgas": list(defects.fpgas)}),
    )  # fmt: skip
    for fpga in sorted({fpga for fpga, _ in defects.hslinks}):
        links = [link for f, link in defects.hslinks if f == fpga]
        identity = (wafer, fpga)
        text = _document("Fpga", version, (fpga_holder, 1), _FPGA_PARTS, identity, {"hslinks": links})
        yield f"fpga-{wafer}-{fpga}.xml", text
    by_hicann: dict[int, dict[str, list[int]]] = {}
    for kind in defects.components:
        for hicann, index in defects.indices(kind).tolist():
            by_hicann.setdefault(hicann, {}).setdefault(kind, []).append(index)
    for hicann in sorted(by_hicann):
        parts, identity = tuple(p for p in HICANN_PARTS if p[2] <= version), (wafer, hicann)
        text = _document("Hicann", version, (hicann_version, version), parts, identity, by_hicann[hicann])
        yield f"hicann-Wafer({wafer})-Enum({hicann}).xml", text


def _document(
    resource: str,
    version: int,
    versions: tuple[int, int],
    parts: tuple[tuple[str, str, int], ...],
    identity: tuple[int, int],
    lists: Mapping[str, list[int]],
) -> str:
    archive, listing = _VERSIONS[version][:2]
    writer = ArchiveWriter(archive)
    holder, own = versions
    with (
        writer.element("data", "shared_ptr<Base>", 1),
        writer.pointer(f"redman::resources::{resource}WithBackend", holder, polymorphic=True),
    ):
        with writer.element(resource, resource, own, tracked=True):
            writer.empty("Base", "Base")
            for tag, kind, since in parts:
                if resource != "Wafer" or since <= own:
                    _write_list(writer, tag, kind, listing, lists.get(kind, []))
            if resource == "Wafer" and own > 2:
                with writer.element("id", "Wafer id"):
                    writer.value("value", identity[0])
        if resource != "Wafer" and holder > (1 if resource == "Fpga" else 0):
            _write_identity(writer, "hicanns" if resource == "Hicann" else "fpgas", identity)
    return writer.text()


def _write_list(writer: ArchiveWriter, tag: str, kind: str, version: int, indices: list[int]) -> None:
    with writer.element(tag, f"shared_ptr<{kind}>", 1), writer.pointer(f"{kind} manager", version):
        writer.empty("predicate", f"{kind} predicate")
        with writer.element("selection", f"{kind} set"):
            writer.value("count", len(indices))
            writer.value("item_version", 0)
            for index in sorted(indices):
                with writer.element("item", FORMS[kind].kind):
                    write_coordinate(writer, index, kind)
        if version:
            writer.value("hasvalue", 1)


def _write_identity(writer: ArchiveWriter, kind: str, identity: tuple[int, int]) -> None:
    with writer.element("id", f"{kind} id"):
        with writer.element("wafer", "Wafer id"):
            writer.value("value", identity[0])
        write_coordinate(writer, identity[1], kind)
