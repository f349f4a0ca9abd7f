"""Transformations of calibtic, one circuit each: their names, and the curves for many circuits that they make up.

Source of the format: calibtic ``trafo/{Transformation,Polynomial,OneOverPolynomial,NegativePowersPolynomial,
Constant,Lookup}.h``; order of a denmem's: ``HMF/NeuronCalibration.h``; order of the shared cells: halbe
``HICANN::shared_parameter``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.hardware.boost_writer import ArchiveWriter
from models.hardware.boost_xml import Archive, Node, fail
from models.hardware.calibration_curves import CONSTANT, LOOKUP, NEGATIVE_POWERS, ONE_OVER, POLYNOMIAL, Curve
from models.hardware.calibration_defaults import IDEAL_RANGES

N_DENMEMS: Final = 512
N_BLOCKS: Final = 4
N_ROWS: Final = 448


def _speeds(cell: str, own: str) -> tuple[str, ...]:
    """Return the names for speed normal, fast, slow, slow and fast with the small, then with the big capacitor.

    ``own`` is the variant that bears the cell's plain name.
    """
    names = [f"{cell} {speed} {cap}" for cap in ("small", "big") for speed in ("normal", "fast", "slow", "slow fast")]
    return tuple(cell if name == own else name for name in names)


#: Names of a denmem's transformations in the order of the file; newer files may have up to two more.
NEURON_CURVES: Final = (
    "E_l", "E_syni", "E_synx", "I_bexp", "I_convi", "I_convx", "I_fire", *_speeds("I_gl", ""),
    *_speeds("I_gladapt", "I_gladapt normal big"), "I_intbbi", "I_intbbx", "I_pl",
    *_speeds("I_radapt", "I_radapt normal big"), "I_rexp", "I_spikeamp", "V_exp", "V_syni", "V_syntci", "V_syntcx",
    "V_synx", "V_t", "V_convoffi", "V_convoffx", "ReadoutShift", "BigcapToSmallcap", "transformation 46",
    "transformation 47",
)  # fmt: skip
LEAST_NEURON_CURVES: Final = 46
#: Names of a block's transformations in the order of the file.
SHARED_CURVES: Final = (
    "V_reset", "int_op_bias", "V_dllres", "V_bout", "V_bexp", "V_fac", "I_breset", "V_dep", "I_bstim", "V_thigh",
    "V_gmax3", "V_tlow", "V_gmax0", "V_clra", "V_clrc", "V_gmax1", "V_stdf", "V_gmax2", "V_m", "V_bstdf", "V_dtc",
    "V_br", "V_ccas",
)  # fmt: skip
#: Divider of the rows whose curves are kept, with V_gmax 0.
DIVIDER: Final = IDEAL_RANGES[0][1]

_PREFIX: Final = "calibtic::trafo::"
_KINDS: Final = {
    "Polynomial": POLYNOMIAL,
    "OneOverPolynomial": ONE_OVER,
    "NegativePowersPolynomial": NEGATIVE_POWERS,
    "Constant": CONSTANT,
    "Lookup": LOOKUP,
}
_CLASSES: Final = {kind: name for name, kind in _KINDS.items()}
_VERSIONS: Final = {"Polynomial": 3, "NegativePowersPolynomial": 1}
#: Bounds of a domain: both belong to it (boost::icl ``interval_bounds::closed``).
_CLOSED: Final = 3
_UNBOUNDED: Final = sys.float_info.max


@dataclass(frozen=True, slots=True)
class Trafo:
    """The curve of one circuit, see `Curve`.

    Attributes
    ----------
    kind : str
        POLYNOMIAL, ONE_OVER, NEGATIVE_POWERS, CONSTANT or LOOKUP.
    coefficients : tuple of float
        In ascending power, or the values of a table.
    low, high : float
        Domain.
    offset : int
        First DAC of a LOOKUP.
    """

    kind: str
    coefficients: tuple[float, ...]
    low: float
    high: float
    offset: int = 0


def read_trafo(archive: Archive, item: Node) -> Trafo | None:
    """Return the transformation that an item points to, or None for a null pointer.

    Raises
    ------
    ArchiveError
        If its class has no counterpart among the curves, or it is malformed.
    """
    node = archive.target(item)
    if node is None:
        return None
    name = archive.class_name(node).removeprefix(_PREFIX)
    if name not in _KINDS:
        fail(archive.where(node), f"no curve of this class (got {name!r})", f"known are {', '.join(_KINDS)}")
    kind = _KINDS[name]
    own = archive.child(node, "Polynomial") if kind == NEGATIVE_POWERS else node
    bounds = _domain(archive, own)
    low, high = min(bounds), max(bounds)
    if kind != LOOKUP and bounds != (low, high):
        fail(archive.where(own), f"the domain must rise (got {bounds[0]:g}..{bounds[1]:g})")
    if kind == CONSTANT:
        return Trafo(kind, (archive.number(archive.child(node, "data")),), low, high)
    inner = archive.child(node, "polynomial") if kind == ONE_OVER else own
    data = archive.child(inner, "data")
    values = tuple(archive.number(value) for value in archive.items(data))
    if len(values) < (2 if kind == LOOKUP else 1):
        fail(archive.where(data), f"{name} has too few numbers (got {len(values)})")
    offset = archive.integer(archive.child(node, "offset"), 0, 1023) if kind == LOOKUP else 0
    return Trafo(kind, values, low, high, offset)


def _domain(archive: Archive, node: Node) -> tuple[float, float]:
    domain = archive.child(archive.child(node, "Transformation"), "domain")
    return archive.number(archive.child(domain, "l")), archive.number(archive.child(domain, "u"))


def curve_of(trafos: Sequence[Trafo | None], name: str, where: str) -> Curve | None:
    """Return the curve of circuits from their transformations, or None if none has one.

    Polynomials of different degree are filled up with zeros, circuits without transformation with NaN.

    Raises
    ------
    ArchiveError
        If the circuits have different kinds of curves, or tables of different size: one `Curve` cannot hold them.
    """
    known = [trafo for trafo in trafos if trafo is not None]
    if not known:
        return None
    first = known[0]
    for trafo in known:
        shape, wanted = (trafo.kind, trafo.offset), (first.kind, first.offset)
        if shape != wanted or (first.kind == LOOKUP and len(trafo.coefficients) != len(first.coefficients)):
            got = f"{first.kind} of {len(first.coefficients)} and {trafo.kind} of {len(trafo.coefficients)} numbers"
            fail(where, f"{name} must be the same kind of curve in all circuits (got {got})")
    width = max(len(trafo.coefficients) for trafo in known)
    coefficients = np.full((len(trafos), width), np.nan)
    bounds = np.zeros((2, len(trafos)))
    for row, own in enumerate(trafos):
        if own is not None:
            coefficients[row] = 0.0
            coefficients[row, : len(own.coefficients)] = own.coefficients
            bounds[:, row] = own.low, own.high
    return Curve(first.kind, coefficients, bounds[0], bounds[1], first.offset)


def trafos_of(curve: Curve, count: int) -> list[Trafo | None]:
    """Return the transformations of ``count`` circuits, the inverse of `curve_of`."""
    trafos: list[Trafo | None] = [
        Trafo(curve.kind, tuple(row), float(low), float(high), curve.offset) if known else None
        for row, low, high, known in zip(
            curve.coefficients.tolist(), curve.low, curve.high, curve.known.tolist(), strict=True
        )
    ]
    return trafos * count if len(trafos) == 1 else trafos


def write_trafo(writer: ArchiveWriter, trafo: Trafo) -> None:
    """Write the ``px`` of a transformation."""
    name = _CLASSES[trafo.kind]
    with writer.pointer(_PREFIX + name, _VERSIONS.get(name, 0), polymorphic=True), ExitStack() as inside:
        if trafo.kind == NEGATIVE_POWERS:
            inside.enter_context(writer.element("Polynomial", f"{_PREFIX}Polynomial", 3, tracked=True))
        _write_base(writer, trafo, _image(trafo))
        if trafo.kind == ONE_OVER:
            inside.enter_context(writer.element("polynomial", f"{_PREFIX}Polynomial", 3, tracked=True))
            _write_base(writer, trafo, _image(Trafo(POLYNOMIAL, trafo.coefficients, trafo.low, trafo.high)))
        if trafo.kind == CONSTANT:
            writer.value("data", trafo.coefficients[0])
        else:
            _write_numbers(writer, trafo.coefficients)
        if trafo.kind == LOOKUP:
            writer.value("offset", trafo.offset)
            writer.value("search_mode", int(not _falls(trafo)))


def _write_base(writer: ArchiveWriter, trafo: Trafo, image: tuple[float, float]) -> None:
    domain = (trafo.high, trafo.low) if trafo.kind == LOOKUP and _falls(trafo) else (trafo.low, trafo.high)
    with writer.element("Transformation", "Transformation", 1):
        for tag, (lower, upper) in (("domain", domain), ("reverse_domain", image)):
            with writer.element(tag, "Domain"):
                writer.value("bb", _CLOSED)
                writer.value("l", lower)
                writer.value("u", upper)


def _write_numbers(writer: ArchiveWriter, values: Sequence[float]) -> None:
    writer.register("vector<double>")
    with writer.element("data"):
        writer.value("count", len(values))
        writer.value("item_version", 0)
        for value in values:
            writer.value("item", value)


def _falls(trafo: Trafo) -> bool:
    return trafo.coefficients[-1] < trafo.coefficients[0]


def _image(trafo: Trafo) -> tuple[float, float]:
    """Return the DACs at the ends of the domain, ascending."""
    if trafo.kind == CONSTANT:
        return -_UNBOUNDED, _UNBOUNDED
    if trafo.kind == LOOKUP:
        return float(trafo.offset), float(trafo.offset + len(trafo.coefficients) - 1)
    with np.errstate(all="ignore"):
        x = np.array([trafo.low, trafo.high])
        total = np.polynomial.polynomial.polyval(1.0 / x if trafo.kind == NEGATIVE_POWERS else x, trafo.coefficients)
        ends = np.nan_to_num(1.0 / total if trafo.kind == ONE_OVER else total)
    return float(ends.min()), float(ends.max())
