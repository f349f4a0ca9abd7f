"""Resources of a wafer as redman keeps them: everything works but what is disabled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mapper.frontends.coordinates import HICANNOnWafer
from models.hardware.coordinates import N_FPGAS, N_HICANNS
from models.hardware.defects import COMPONENTS, Defects

THROW: Final = "THROW"
NONTHROW: Final = "NONTHROW"

#: redman's names of components and the kinds of `models.hardware.defects`.
_KINDS: Final[Mapping[str, str]] = {name: name for name in COMPONENTS} | {
    **{f"merger{level}": f"mergers{level}" for level in range(4)},
    "dnc_merger": "dncmergers",
}


class Resources:
    """Components of one kind.

    Parameters
    ----------
    size : int
        How many there are.

    Attributes
    ----------
    disabled : set of int
        What does not work.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.disabled: set[int] = set()

    def disable(self, item: Any, mode: str = THROW) -> None:
        """Disable one."""
        self.disabled.add(int(item))

    def enable(self, item: Any, mode: str = THROW) -> None:
        """Enable one."""
        self.disabled.discard(int(item))

    def has(self, item: Any) -> bool:
        """Return whether one works."""
        return int(item) not in self.disabled

    def enable_all(self) -> None:
        """Enable all."""
        self.disabled.clear()

    def disable_all(self) -> None:
        """Disable all."""
        self.disabled.update(range(self.size))

    def available(self) -> int:
        """Return how many work."""
        return self.size - len(self.disabled)

    def has_value(self) -> bool:
        """Return true: of components of a script it is known which work."""
        return True

    def intersection(self, other: Resources) -> None:
        """Keep what works here and there."""
        self.disabled |= other.disabled

    def merge(self, other: Resources) -> None:
        """Add what works there."""
        self.disabled &= other.disabled


class Hicann:
    """Components of a HICANN: ``hicann.drivers().disable(SynapseDriverOnHICANN(6))``."""

    def __init__(self) -> None:
        self._components = {name: Resources(COMPONENTS[kind]) for name, kind in _KINDS.items()}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._components:
            raise AttributeError(f"a HICANN has no components {name!r} here: it has {', '.join(_KINDS)}")
        return lambda: self._components[name]

    def pairs(self, hicann: int) -> dict[str, list[tuple[int, int]]]:
        """Return what is disabled by kind, as (hicann, index)."""
        return {
            _KINDS[name]: [(hicann, i) for i in sorted(resources.disabled)]
            for name, resources in self._components.items()
            if resources.disabled
        }


class Wafer:
    """Resources of a wafer."""

    def __init__(self) -> None:
        self._hicanns, self._fpgas = Resources(N_HICANNS), Resources(N_FPGAS)
        self._injected: dict[int, Hicann] = {}

    def hicanns(self) -> Resources:
        """Return the HICANNs."""
        return self._hicanns

    def fpgas(self) -> Resources:
        """Return the FPGAs."""
        return self._fpgas

    def inject(self, hicann: Any, resources: Hicann) -> None:
        """Take the components of a HICANN."""
        self._injected[int(hicann.toHICANNOnWafer())] = resources

    def find(self, hicann: Any) -> Hicann:
        """Return the components of a HICANN."""
        return self._injected.setdefault(int(hicann.toHICANNOnWafer()), Hicann())

    def has(self, hicann: HICANNOnWafer) -> bool:
        """Return whether a HICANN works."""
        return self._hicanns.has(hicann)

    def defects(self) -> Defects:
        """Return what is disabled as the mapper has it."""
        components: dict[str, list[tuple[int, int]]] = {}
        for number, resources in self._injected.items():
            for kind, pairs in resources.pairs(number).items():
                components.setdefault(kind, []).extend(pairs)
        return Defects.from_components(sorted(self._hicanns.disabled), sorted(self._fpgas.disabled), [], components)
