"""How redman's files write the coordinates of components, and the enums that they stand for.

A ranged coordinate is ``<value>``, a grid coordinate ``<x><value/></x><y><value/></y><e><value/></e>``, a synaptic
input the grid coordinate of its denmem and the ``<value>`` of its side.

Sources: halco ``common/geometry.h``, ``common/mixin.h`` (forms); ``hicann/v2/{hicann,neuron,synapse,l1,fg}.h``
(which coordinate has which form and which C++ types it consists of).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.hardware.boost_writer import ArchiveWriter
from models.hardware.boost_xml import Archive, Node, fail
from models.hardware.coordinates import HICANNS_PER_RETICLE, N_FPGAS, N_HICANNS, X, Y
from models.hardware.defects import COMPONENTS
from models.hardware.layer1 import SWITCH_HLINE, VLINE_OF_VREPEATER
from models.hardware.layer1 import SWITCH_VLINE as CROSSBAR_VLINE
from models.hardware.synapses import DRIVER_SIDE, SWITCH_ROW, SWITCH_VLINE

_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Form:
    """Form of one kind of coordinate.

    Attributes
    ----------
    kind : str
        C++ class.
    count : int
        How many there are.
    types : tuple of str
        C++ classes of x, y and e of a grid coordinate; empty for a ranged one.
    place : callable or None
        Returns x and y of all enums, (count,) each.
    """

    kind: str
    count: int
    types: tuple[str, ...] = ()
    place: Callable[[], tuple[_Ints, _Ints]] | None = None


def _rows(width: int, count: int) -> Callable[[], tuple[_Ints, _Ints]]:
    return lambda: (np.arange(count) % width, np.arange(count) // width)


def _listed(x: NDArray[np.integer], y: NDArray[np.integer]) -> Callable[[], tuple[_Ints, _Ints]]:
    return lambda: (x.astype(np.int64), y.astype(np.int64))


def _grid(kind: str, x: str, y: str, count: int, place: Callable[[], tuple[_Ints, _Ints]]) -> Form:
    return Form(kind, count, (x, y, f"EnumRanged<{count}>"), place)


_V: Final = VLINE_OF_VREPEATER
_DENMEM: Final = _grid("NeuronOnHICANN", "XRanged<255>", "YRanged<1>", 512, _rows(256, 512))

#: Form of every component kind, and of the lists of a wafer (``hicanns``, ``fpgas``) and of an FPGA (``hslinks``).
FORMS: Final[dict[str, Form]] = {
    "hicanns": _grid("HICANNOnWafer", "XRanged<35>", "YRanged<15>", N_HICANNS, _listed(X, Y)),
    "fpgas": Form("FPGAOnWafer", N_FPGAS),
    "hslinks": Form("HighspeedLinkOnDNC", HICANNS_PER_RETICLE),
    "neurons": _DENMEM,
    "synaptic_inputs": Form("SynapticInputOnHICANN", 1024),
    "synapses": _grid("SynapseOnHICANN", "SynapseColumnOnHICANN", "SynapseRowOnHICANN", 114688, _rows(256, 114688)),
    "synapserows": Form("SynapseRowOnHICANN", 448),
    "drivers": _grid(
        "SynapseDriverOnHICANN", "XRanged<1>", "YRanged<223>", 224, _listed(DRIVER_SIDE, np.arange(224))
    ),
    "synapsearrays": Form("SynapseArrayOnHICANN", 2),
    "synapseswitches": _grid(
        "SynapseSwitchOnHICANN", "XRanged<255>", "YRanged<223>", 7168, _listed(SWITCH_VLINE, SWITCH_ROW)
    ),
    "synapseswitchrows": _grid("SynapseSwitchRowOnHICANN", "XRanged<1>", "YRanged<223>", 448, _rows(2, 448)),
    "hbuses": Form("HLineOnHICANN", 64),
    "vbuses": Form("VLineOnHICANN", 256),
    "hrepeaters": _grid(
        "HRepeaterOnHICANN", "XRanged<1>", "HLineOnHICANN", 64, _listed(np.arange(64) % 2, np.arange(64))
    ),
    "vrepeaters": _grid(
        "VRepeaterOnHICANN", "VLineOnHICANN", "YRanged<1>", 256, _listed(_V, np.arange(256) // 128)
    ),
    "crossbarswitches": _grid(
        "CrossbarSwitchOnHICANN", "XRanged<255>", "YRanged<63>", 512, _listed(CROSSBAR_VLINE, SWITCH_HLINE)
    ),
    "mergers0": Form("Merger0OnHICANN", 8),
    "mergers1": Form("Merger1OnHICANN", 4),
    "mergers2": Form("Merger2OnHICANN", 2),
    "mergers3": Form("Merger3OnHICANN", 1),
    "dncmergers": Form("DNCMergerOnHICANN", 8),
    "backgroundgenerators": Form("BackgroundGeneratorOnHICANN", 8),
    "analogs": Form("AnalogOnHICANN", 2),
    "fgblocks": _grid("FGBlockOnHICANN", "XRanged<1>", "YRanged<1>", 4, _rows(2, 4)),
}  # fmt: skip
assert all(FORMS[kind].count == count for kind, count in COMPONENTS.items())


@cache
def _places(form: Form) -> tuple[_Ints, _Ints, NDArray[np.int32]]:
    """Return x and y by enum, (count,) each, and the enum at [y, x] or -1."""
    assert form.place is not None
    x, y = form.place()
    table = np.full((int(y.max()) + 1, int(x.max()) + 1), -1, dtype=np.int32)
    table[y, x] = np.arange(form.count)
    return x, y, table


def read_coordinate(archive: Archive, node: Node, kind: str) -> int:
    """Return the enum of a coordinate of a component kind.

    Raises
    ------
    ArchiveError
        If a number is out of range, there is no such component, or the written enum is another one.
    """
    if kind == "synaptic_inputs":
        denmem = _read_grid(archive, archive.child(node, "neuron"), _DENMEM)
        return 2 * denmem + archive.integer(archive.child(node, "value"), 0, 1)
    form = FORMS[kind]
    if form.place is None:
        return archive.integer(archive.child(node, "value"), 0, form.count - 1)
    return _read_grid(archive, node, form)


def _read_grid(archive: Archive, node: Node, form: Form) -> int:
    _, _, table = _places(form)
    x = archive.integer(archive.child(archive.child(node, "x"), "value"), 0, table.shape[1] - 1)
    y = archive.integer(archive.child(archive.child(node, "y"), "value"), 0, table.shape[0] - 1)
    index = int(table[y, x])
    if index < 0:
        fail(archive.where(node), f"there is no {form.kind} at these coordinates (got x {x}, y {y})")
    written = archive.optional(node, "e")
    if written is not None and archive.integer(archive.child(written, "value"), 0, form.count - 1) != index:
        got = archive.child(written, "value").text
        fail(archive.where(written), f"the enum of {form.kind} at x {x}, y {y} is {index} (got {got})")
    return index


def write_coordinate(writer: ArchiveWriter, index: int, kind: str) -> None:
    """Write what stands inside the element of a coordinate."""
    form = FORMS[kind]
    if kind == "synaptic_inputs":
        with writer.element("neuron", _DENMEM.kind):
            _write_grid(writer, index // 2, _DENMEM)
        writer.value("value", index % 2)
    elif form.place is None:
        writer.value("value", index)
    else:
        _write_grid(writer, index, form)


def _write_grid(writer: ArchiveWriter, index: int, form: Form) -> None:
    x, y, _ = _places(form)
    for tag, kind, value in zip("xye", form.types, (int(x[index]), int(y[index]), index), strict=True):
        with writer.element(tag, kind):
            writer.value("value", value)
