"""Calibrations as calibtic keeps them: one XML file for each HICANN, ``w33-h297.xml`` or ``w33-h297.xml.gz``.

A file holds the transformations of 512 denmems, of four blocks of shared cells and of 448 synapse rows.  Read are
all of a denmem's and a block's, under the names in
`calibtic_trafos.NEURON_CURVES` and ``SHARED_CURVES``, and each row's for the first
V_gmax and divider 11, of which every other setting follows (`Calibration.row_gain`).  A null transformation means "as
on the ideal chip".  V_dtc is a function of the recovery rate [1/s], as calibtic has it.

Source of the format: calibtic ``HMF/{HICANNCollection,NeuronCalibration,SharedCalibration,SynapseRowCalibration}.h``
and cake's sample of a file; order of the shared cells: halbe ``HICANN::shared_parameter``.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from models.hardware.boost_writer import write_atomically
from models.hardware.boost_xml import Archive, Node, fail, read_archive
from models.hardware.calibration import Calibration, HicannCurves
from models.hardware.calibration_curves import POLYNOMIAL, Curve, Floats
from models.hardware.calibration_scaling import CalibrationError, Scaling
from models.hardware.calibtic_trafos import (
    DIVIDER,
    LEAST_NEURON_CURVES,
    N_BLOCKS,
    N_DENMEMS,
    N_ROWS,
    NEURON_CURVES,
    SHARED_CURVES,
    Trafo,
    curve_of,
    read_trafo,
)
from models.hardware.calibtic_writer import document
from models.hardware.coordinates import N_HICANNS

_FILE: Final = re.compile(r"w(\d{1,9})-h(\d{1,9})\.xml(\.gz)?")


def named_hicann(name: str) -> tuple[int, int] | None:
    """Return wafer and HICANN that a file of calibtic is named after, None for another name."""
    match = _FILE.fullmatch(name)
    if match is None or int(match[2]) >= N_HICANNS:
        return None
    return int(match[1]), int(match[2])


def load_calibration(folder: Path, wafer: int = 33, scaling: Scaling | None = None) -> Calibration:
    """Return the calibration of a wafer from a directory of calibtic's XML files; HICANNs without file are ideal.

    Parameters
    ----------
    folder : Path
        Directory with ``w33-h0.xml`` and so on.
    wafer : int
        Number of the wafer.
    scaling : Scaling or None
        None: the speed-up of the files, and marocco's default voltages.

    Raises
    ------
    ArchiveError
        With ``file:line`` if there is no file of the wafer, one is malformed, or they differ in their speed-up.
    """
    found: dict[int, Path] = {}
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        fail(str(folder), f"cannot read the directory: {error.strerror}", "a directory of calibtic's XML files")
    for path in paths:
        match = _FILE.fullmatch(path.name)
        if match and int(match[1]) == wafer:
            hicann = int(match[2])
            if hicann >= N_HICANNS or hicann in found:
                problem = f"there is {found[hicann].name} too" if hicann in found else f"no HICANN {hicann}"
                fail(str(path), f"{problem} (got {path.name!r})", f"one file for each HICANN 0..{N_HICANNS - 1}")
            found[hicann] = path
    if not found:
        fail(str(folder), f"no calibration of wafer {wafer}", f"files like w{wafer}-h297.xml")
    curves, speedups = {}, {}
    for hicann in sorted(found):
        curves[hicann], speedups[hicann] = _read(found[hicann])
    for hicann, speedup in speedups.items():
        first = next(iter(speedups))
        if speedup != speedups[first]:
            fail(str(found[hicann]), f"speed-up differs from {found[first].name}: {speedups[first]} (got {speedup})")
    return Calibration(scaling or Scaling(speedup=float(next(iter(speedups.values())))), curves)


def save_calibration(calibration: Calibration, folder: Path, wafer: int = 33) -> None:
    """Write one XML file for each measured HICANN of a calibration; existing files of these HICANNs are replaced.

    Only the speed-up and the curves have a place in the files: voltages of the scaling, V_gmax and ranges have none.

    Raises
    ------
    CalibrationError
        If the speed-up is not whole or a curve has no place in a file.
    """
    speedup = calibration.scaling.speedup
    if speedup != int(speedup):
        raise CalibrationError(f"calibtic stores a whole speed-up (got {speedup!r}) - round it")
    texts = {hicann: document(curves, int(speedup)) for hicann, curves in calibration.hicanns.items()}
    folder.mkdir(parents=True, exist_ok=True)
    for hicann, text in texts.items():
        write_atomically(folder / f"w{wafer}-h{hicann}.xml", text.encode())


def read_calibtic(path: Path) -> HicannCurves:
    """Return the curves of one HICANN.

    Raises
    ------
    ArchiveError
        With ``file:line`` if the file is malformed or holds what no `Curve` can say.
    """
    return _read(path)[0]


def write_calibtic(curves: HicannCurves, path: Path, speedup: int = 10_000) -> None:
    """Write the curves of one HICANN, compressed if the name ends in ``.gz``.

    Raises
    ------
    CalibrationError
        If a curve has a name or a size for which there is no place in a file.
    """
    content = document(curves, speedup).encode()
    write_atomically(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def _read(path: Path) -> tuple[HicannCurves, int]:
    """Return curves and speed-up of a file."""
    archive = read_archive(path)
    top = archive.target(archive.child(archive.root, "Collection"))
    if top is None or archive.class_name(top) != "HMF::HICANNCollection":
        where = archive.where(top or archive.root)
        got = "a null pointer" if top is None else archive.class_name(top)
        fail(where, f"must hold HMF::HICANNCollection (got {got})", "a calibration of a HICANN")
    archive.version(top, 2)
    denmem: dict[str, Curve] = {}
    shared: dict[str, Curve] = {}
    conductance: Floats | None = None
    for number, part in _entries(archive, top, 6):
        if part is None:
            continue
        if number == 0:
            denmem = _curves(archive, part, N_DENMEMS, NEURON_CURVES, LEAST_NEURON_CURVES)
        elif number == 1:
            shared = _curves(archive, part, N_BLOCKS, SHARED_CURVES, len(SHARED_CURVES))
        elif number == 2:
            conductance = _conductances(archive, part)
    return HicannCurves(denmem, shared, conductance), archive.integer(archive.child(top, "speedup"), 1)


def _entries(archive: Archive, node: Node, count: int) -> Iterator[tuple[int, Node | None]]:
    """Yield key 0..count - 1 and object of a collection."""
    seen: set[int] = set()
    for item in archive.items(archive.child(archive.child(node, "Collection"), "translations")):
        key = archive.child(item, "first")
        number = archive.integer(key, 0, count - 1)
        if number in seen:
            fail(archive.where(key), f"entry stands twice (got {number})")
        seen.add(number)
        yield number, archive.target(archive.child(item, "second"))


def _curves(archive: Archive, node: Node, count: int, names: Sequence[str], least: int) -> dict[str, Curve]:
    """Return the curves by name of a collection of circuits; equal objects are read once."""
    rows: list[list[Trafo | None]] = [[None] * count for _ in names]
    read: dict[int, list[Trafo | None]] = {}
    for circuit, part in _entries(archive, node, count):
        if part is None:
            continue
        if id(part) not in read:
            read[id(part)] = _trafos(archive, part, least, len(names))
        for row, trafo in zip(rows, read[id(part)], strict=False):
            row[circuit] = trafo
    curves = {name: curve_of(row, name, archive.where(node)) for name, row in zip(names, rows, strict=True)}
    return {name: curve for name, curve in curves.items() if curve is not None}


def _trafos(archive: Archive, node: Node, least: int, most: int) -> list[Trafo | None]:
    listed = archive.child(archive.child(node, "Calibration"), "trafo")
    items = archive.items(listed)
    if not least <= len(items) <= most:
        allowed = f"{least}" if least == most else f"{least}..{most}"
        fail(archive.where(listed), f"must list {allowed} transformations (got {len(items)})")
    return [read_trafo(archive, item) for item in items]


def _conductances(archive: Archive, node: Node) -> Floats:
    """Return a, b, c of every synapse row, (448, 3), NaN where there is none."""
    table = np.full((N_ROWS, 3), np.nan)
    read: dict[int, tuple[float, ...]] = {}
    for row, part in _entries(archive, node, N_ROWS):
        if part is not None:
            if id(part) not in read:
                read[id(part)] = _conductance(archive, part)
            table[row] = read[id(part)]
    return table


def _conductance(archive: Archive, node: Node) -> tuple[float, ...]:
    for item in archive.items(archive.child(node, "trafo")):
        key = archive.child(item, "first")
        setting = [archive.integer(archive.child(archive.child(key, t), "value")) for t in ("sel_Vgmax", "gmax_div")]
        if setting != [0, DIVIDER]:
            continue
        part = archive.target(archive.child(item, "second"))
        trafo = None if part is None else _trafos(archive, part, 1, 1)[0]
        if trafo is None or trafo.kind != POLYNOMIAL or len(trafo.coefficients) > 3:
            got = "none" if trafo is None else f"{trafo.kind} of {len(trafo.coefficients)} numbers"
            fail(archive.where(item), f"a row's conductance must be a polynomial of degree 2 (got {got})")
        return trafo.coefficients + (0.0,) * (3 - len(trafo.coefficients))
    fail(archive.where(node), f"the row has no curve for sel_Vgmax 0 and gmax_div {DIVIDER}")
