"""Write the curves of a HICANN as calibtic's XML; `calibtic_xml` has the functions for files.

Source of the format: see `calibtic_xml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import numpy as np

from models.hardware.boost_writer import ArchiveWriter
from models.hardware.calibration import HicannCurves
from models.hardware.calibration_curves import POLYNOMIAL, Curve
from models.hardware.calibration_scaling import CalibrationError
from models.hardware.calibtic_trafos import (
    DIVIDER,
    LEAST_NEURON_CURVES,
    N_BLOCKS,
    N_DENMEMS,
    NEURON_CURVES,
    SHARED_CURVES,
    Trafo,
    trafos_of,
    write_trafo,
)

#: Version of boost's archives, frequency of the PLL [Hz] and domain of weight codes that are written.
_ARCHIVE: Final = 10
_PLL: Final = 100_000_000
_CODES: Final = (0.0, 15.0)

_Trafos = tuple[Trafo | None, ...]


def document(curves: HicannCurves, speedup: int) -> str:
    """Return the content of a file.

    Raises
    ------
    CalibrationError
        If a curve has a name or a size for which there is no place.
    """
    _check(curves.denmem, NEURON_CURVES, N_DENMEMS)
    _check(curves.shared, SHARED_CURVES, N_BLOCKS)
    writer = ArchiveWriter(_ARCHIVE)
    with writer.element("metadata", "MetaData", tracked=True):
        for tag, value in (("id", "-1"), ("author", ""), ("comment", ""), ("ctime", "0"), ("mtime", "0")):
            writer.value(tag, value)
    with writer.element("Collection", "shared_ptr<Collection>", 1):
        writer.register("calibtic::Collection")
        with writer.pointer("HMF::HICANNCollection", 2, polymorphic=True):
            _write_parts(writer, curves)
            for tag, number in (("speedup", speedup), ("pll", _PLL), ("start", 0)):
                writer.value(tag, number)
    return writer.text()


def _check(curves: Mapping[str, Curve], names: Sequence[str], count: int) -> None:
    for name, curve in curves.items():
        if name not in names:
            raise CalibrationError(f"calibtic has no curve of this name (got {name!r}) - known are {', '.join(names)}")
        if len(curve.coefficients) not in (1, count):
            raise CalibrationError(f"{name}: must have 1 or {count} circuits (got {len(curve.coefficients)})")


def _write_parts(writer: ArchiveWriter, curves: HicannCurves) -> None:
    conductance = curves.conductance
    with _collection(writer, 2 if conductance is None else 3):
        names = NEURON_CURVES[:LEAST_NEURON_CURVES]
        names = NEURON_CURVES if any(name not in names for name in curves.denmem) else names
        parts = (("Neuron", curves.denmem, names, N_DENMEMS, 3), ("Shared", curves.shared, SHARED_CURVES, N_BLOCKS, 0))
        for number, (kind, table, order, count, version) in enumerate(parts):
            collection = "HMF::NeuronCollection" if kind == "Neuron" else "HMF::BlockCollection"
            with _entry(writer, number), writer.pointer(collection, polymorphic=True), _collection(writer, count):
                columns = [trafos_of(table[n], count) if n in table else [None] * count for n in order]
                circuits = list(zip(*columns, strict=True))
                _write_objects(
                    writer, f"HMF::{kind}Calibration", version, dict(enumerate(circuits)), _write_calibration
                )
        if conductance is not None:
            known = ~np.isnan(conductance).any(axis=1)
            rows = {int(row): (Trafo(POLYNOMIAL, tuple(conductance[row].tolist()), *_CODES),)
                    for row in np.flatnonzero(known)}  # fmt: skip
            collection = "HMF::SynapseRowCollection"
            with _entry(writer, 2), writer.pointer(collection, polymorphic=True), _collection(writer, len(rows)):
                _write_objects(writer, "HMF::SynapseRowCalibration", 0, rows, _write_row)


@contextmanager
def _collection(writer: ArchiveWriter, count: int) -> Iterator[None]:
    """Open the base part of a collection of ``count`` entries."""
    with writer.element("Collection", "calibtic::Collection", tracked=True):
        writer.empty("Base", "Base")
        with writer.element("translations", "map<size_t, shared_ptr<Base>>"):
            writer.value("count", count)
            writer.value("item_version", 0)
            yield


@contextmanager
def _entry(writer: ArchiveWriter, number: int) -> Iterator[None]:
    with writer.element("item", "pair<size_t, shared_ptr<Base>>"):
        writer.value("first", number)
        with writer.element("second", "shared_ptr<Base>", 1):
            yield


def _write_objects(
    writer: ArchiveWriter,
    kind: str,
    version: int,
    objects: Mapping[int, _Trafos],
    write: Callable[[ArchiveWriter, _Trafos], None],
) -> None:
    """Write the entries of a collection, equal ones as references to the first."""
    written: dict[_Trafos, str] = {}
    for number, trafos in objects.items():
        with _entry(writer, number):
            if trafos in written:
                writer.reference(kind, written[trafos])
                continue
            with writer.pointer(kind, version, polymorphic=True) as written[trafos]:
                write(writer, trafos)


def _write_calibration(writer: ArchiveWriter, trafos: _Trafos) -> None:
    with (
        writer.element("Calibration", "calibtic::Calibration", tracked=True),
        writer.element("trafo", "vector<shared_ptr<Transformation>>"),
    ):
        writer.value("count", len(trafos))
        writer.value("item_version", 1)
        for trafo in trafos:
            with writer.element("item", "shared_ptr<Transformation>", 1):
                if trafo is None:
                    writer.null()
                else:
                    write_trafo(writer, trafo)


def _write_row(writer: ArchiveWriter, trafos: _Trafos) -> None:
    with writer.element("trafo", "map<GmaxConfig, shared_ptr<SynapseCalibration>>"):
        writer.value("count", 1)
        writer.value("item_version", 0)
        with writer.element("item", "pair<GmaxConfig, shared_ptr<SynapseCalibration>>"):
            with writer.element("first", "GmaxConfig"):
                for tag, value in (("sel_Vgmax", 0), ("gmax_div", DIVIDER)):
                    with writer.element(tag, tag):
                        writer.value("value", value)
            pointer = writer.element("second", "shared_ptr<SynapseCalibration>", 1)
            with pointer, writer.pointer("HMF::SynapseCalibration"):
                _write_calibration(writer, trafos)
