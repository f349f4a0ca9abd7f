"""Defects: the exceptions to "everything works", as immutable lists of disabled components.

Component names are redman's.  Indices are halco enums on the HICANN: ``neurons`` 256 y + x, ``synaptic_inputs``
2 denmem + side, ``synapses`` 256 row + column, ``synapseswitches`` 32 y + 4 (v // 32) + v % 4,
``synapseswitchrows`` 2 y + side, ``hrepeaters`` the HLine, ``vrepeaters`` 128 y + v // 2, ``crossbarswitches``
8 h + v // 32.

Source: redman resources (Wafer, Fpga, Hicann, components).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.errors import DefectError
from models.hardware.coordinates import HICANNS_PER_RETICLE, N_FPGAS, N_HICANNS

#: How many components of each kind a HICANN has.
COMPONENTS: Final[Mapping[str, int]] = {
    "neurons": 512,
    "synaptic_inputs": 1024,
    "synapses": 114688,
    "synapserows": 448,
    "drivers": 224,
    "synapsearrays": 2,
    "synapseswitches": 7168,
    "synapseswitchrows": 448,
    "hbuses": 64,
    "vbuses": 256,
    "hrepeaters": 64,
    "vrepeaters": 256,
    "crossbarswitches": 512,
    "mergers0": 8,
    "mergers1": 4,
    "mergers2": 2,
    "mergers3": 1,
    "dncmergers": 8,
    "backgroundgenerators": 8,
    "analogs": 2,
    "fgblocks": 4,
}


def _pairs(values: Iterable[Sequence[int]]) -> NDArray[np.int32]:
    array = np.array(sorted({(int(a), int(b)) for a, b in values}), dtype=np.int32)
    array.setflags(write=False)
    return array.reshape(-1, 2)


@dataclass(frozen=True, slots=True, eq=False)
class Defects:
    """Disabled components of one wafer; equal if the same components are disabled.

    Attributes
    ----------
    hicanns, fpgas : tuple of int
        Disabled HICANN enums and FPGAs, ascending.
    hslinks : tuple of (fpga, link)
        Disabled high-speed links.
    components : mapping of kind to (n, 2) int32
        Disabled (hicann, index) pairs by component kind, ascending.
    """

    hicanns: tuple[int, ...] = ()
    fpgas: tuple[int, ...] = ()
    hslinks: tuple[tuple[int, int], ...] = ()
    components: Mapping[str, NDArray[np.int32]] = field(default_factory=dict)

    @classmethod
    def none(cls) -> Defects:
        """Return the defects of a perfect wafer."""
        return cls()

    @classmethod
    def from_components(
        cls,
        hicanns: Iterable[int] = (),
        fpgas: Iterable[int] = (),
        hslinks: Iterable[tuple[int, int]] = (),
        components: Mapping[str, Iterable[Sequence[int]]] | None = None,
    ) -> Defects:
        """Return defects from plain lists.

        Raises
        ------
        DefectError
            If a kind is unknown or an index is out of range.
        """
        links = sorted({(int(f), int(k)) for f, k in hslinks})
        defects = cls(
            tuple(sorted({int(h) for h in hicanns})),
            tuple(sorted({int(f) for f in fpgas})),
            tuple(links),
            {kind: _pairs(pairs) for kind, pairs in (components or {}).items()},
        )
        defects._check()
        return defects

    def _check(self) -> None:
        _in_range("hicanns", self.hicanns, N_HICANNS)
        _in_range("fpgas", self.fpgas, N_FPGAS)
        _in_range("fpga of hslinks", (f for f, _ in self.hslinks), N_FPGAS)
        _in_range("hslinks", (k for _, k in self.hslinks), HICANNS_PER_RETICLE)
        for kind, pairs in self.components.items():
            if kind not in COMPONENTS:
                raise DefectError(f"unknown component kind {kind!r}: known are {', '.join(COMPONENTS)}")
            _in_range(f"hicann of {kind}", pairs[:, 0].tolist(), N_HICANNS)
            _in_range(kind, pairs[:, 1].tolist(), COMPONENTS[kind])

    def indices(self, kind: str) -> NDArray[np.int32]:
        """Return the disabled (hicann, index) pairs of a kind, (n, 2)."""
        return self.components.get(kind, np.empty((0, 2), dtype=np.int32))

    def union(self, other: Defects) -> Defects:
        """Return what is disabled in either."""
        kinds = [k for k in COMPONENTS if k in self.components or k in other.components]
        return Defects.from_components(
            self.hicanns + other.hicanns,
            self.fpgas + other.fpgas,
            self.hslinks + other.hslinks,
            {k: np.concatenate([self.indices(k), other.indices(k)]).tolist() for k in kinds},
        )

    def _key(self) -> tuple[object, ...]:
        tables = tuple((kind, self.indices(kind).tobytes()) for kind in COMPONENTS if len(self.indices(kind)))
        return self.hicanns, self.fpgas, self.hslinks, tables

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Defects) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __bool__(self) -> bool:
        return bool(self.hicanns or self.fpgas or self.hslinks or any(len(p) for p in self.components.values()))


def _in_range(what: str, values: Iterable[int], count: int) -> None:
    for value in values:
        if not 0 <= value < count:
            raise DefectError(f"{what}: index must be 0..{count - 1} (got {value})")


def random_defects(seed: int, fractions: Mapping[str, float]) -> Defects:
    """Return a reproducible random blacklist.

    Parameters
    ----------
    seed : int
        Seed of the raw bit stream; one stream per kind, so kinds do not disturb each other.
    fractions : mapping
        Probability per component that it is disabled; keys are component kinds and ``hicanns``.

    Raises
    ------
    DefectError
        If a kind is unknown or a fraction is outside 0..1.
    """
    hicanns: list[int] = []
    components: dict[str, list[list[int]]] = {}
    for kind, fraction in fractions.items():
        count = 1 if kind == "hicanns" else COMPONENTS.get(kind, 0)
        if count == 0:
            raise DefectError(f"unknown component kind {kind!r}: known are hicanns, {', '.join(COMPONENTS)}")
        if not 0 <= fraction <= 1:
            raise DefectError(f"{kind}: the fraction of defects must be 0..1 (got {fraction})")
        dead = np.flatnonzero(_coin_flips(seed, kind, N_HICANNS * count, fraction))
        if kind == "hicanns":
            hicanns = dead.tolist()
        else:
            components[kind] = np.stack([dead // count, dead % count], axis=1).tolist()
    return Defects.from_components(hicanns=hicanns, components=components)


def _coin_flips(seed: int, kind: str, n: int, p: float) -> NDArray[np.bool_]:
    from models.network.streams import bernoulli, stream

    return bernoulli(stream(seed, f"defects/{kind}"), n, p)
