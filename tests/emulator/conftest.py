"""A planted configuration to break, and how breaking it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from emulator import Violation, audit
from emulator.decode import Decoded, decode
from emulator.planted import planted_instance
from models.configuration import Configuration
from models.hardware import Defects, Wafer
from models.hardware.synapses import switch_number
from models.instance import Instance

#: A seed whose instance has chains of several drivers, inputs, and buses of several blocks.
SEED = 3


@dataclass(frozen=True)
class Planted:
    """A legal configuration, what it does, and a way to judge changed copies."""

    instance: Instance
    bits: Configuration
    decoded: Decoded

    def violations(self, bits: Configuration | None = None, **changes: Any) -> tuple[Violation, ...]:
        """Return the violations of changed bits, or of the same bits under a changed instance."""
        instance = replace(self.instance, **changes)
        return audit(instance, self.bits if bits is None else bits).violations

    def with_defects(self, **kinds: Any) -> tuple[Violation, ...]:
        """Return the violations when something is blacklisted."""
        defects = Defects.from_components(
            hicanns=kinds.pop("hicanns", ()), hslinks=kinds.pop("hslinks", ()), components=kinds
        )
        return self.violations(wafer=Wafer(defects, self.instance.wafer.region))

    def copy(self) -> Configuration:
        """Return bits that may be changed."""
        return self.bits.copy()

    def chains(self, length: int) -> list[tuple[int, list[int], int]]:
        """Return (row of the tables, members, primary) of the chains with at least ``length`` drivers."""
        found = []
        segments = self.decoded.chains.segment[self.bits.hicanns]
        for i, primary in np.argwhere(self.bits.driver_locin).tolist():
            members = np.flatnonzero(segments[i] == segments[i, primary])
            if len(members) >= length:
                found.append((i, members.tolist(), primary))
        return found

    def driven(self, line_from: int = 0, line_to: int = 320) -> list[tuple[int, int]]:
        """Return (row of the tables, line) of the segments of the box that carry a signal."""
        net = self.decoded.nets.net.reshape(384, 320)[self.bits.hicanns, line_from:line_to]
        return [(i, line_from + line) for i, line in np.argwhere(net >= 0).tolist()]

    def used_switch(self, i: int, y: int) -> tuple[int, int]:
        """Return the (row of the tables, number) of the closed switch that feeds driver y of row i."""
        segment = int(self.decoded.chains.segment[self.bits.hicanns[i], y])
        return int(self.bits.position[segment // 320]), switch_number(segment % 320 - 64, y)


@pytest.fixture(scope="session")
def planted() -> Planted:
    instance, bits = planted_instance(SEED)
    decoded = decode(bits, instance.network, instance.wafer, instance.limits)
    return Planted(instance, bits, decoded)


@pytest.fixture(scope="session")
def has() -> Callable[..., None]:
    """Return an assertion: a violation of this kind, on this HICANN, at this place was found."""

    def check(violations: tuple[Violation, ...], kind: str, hicann: int, where: str = "", text: str = "") -> None:
        found = [v for v in violations if v.kind == kind]
        assert any(v.hicann == hicann and where in v.where and text in v.message for v in found), (
            f"no {kind!r} at HICANN {hicann} {where!r} {text!r} among {[str(v) for v in violations]}"
        )

    return check


@pytest.fixture(scope="session")
def blank() -> Callable[..., Configuration]:
    """Return a function that makes a blank configuration of some HICANNs."""
    return lambda *hicanns: Configuration.blank(np.array(sorted(hicanns), dtype=np.int16))
