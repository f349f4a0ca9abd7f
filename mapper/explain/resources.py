"""The resources that can be full, and what each is called, counted in and helped by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Kinds of resources, see `KINDS`.
ARRIVALS: Final = "arrivals"
EXITS: Final = "exits"
PHASE: Final = "phase"
GROUP: Final = "select group"
SIDE: Final = "driver side"
CHAIN: Final = "driver chain"
HALF_ROWS: Final = "half rows"
BUSES: Final = "buses"
PLACES: Final = "places"


class Kind(NamedTuple):
    """What a kind of resource consists of, and what a user can do about it."""

    unit: str
    remedy: str


KINDS: Final[dict[str, Kind]] = {
    ARRIVALS: Kind(
        "VLine of this phase on this HICANN",
        "spread the sources over DNC mergers of other phases, or put fewer buses' targets on this HICANN",
    ),
    EXITS: Kind(
        "free line next to this bus",
        "let this bus leave on another DNC merger (another phase), or place its neurons on another HICANN",
    ),
    PHASE: Kind(
        "way through the wafer in this phase",
        "use other DNC mergers (other phases), place sources nearer to their targets, or enlarge the region",
    ),
    GROUP: Kind(
        "primary driver of this select group",
        "let buses arrive in other select groups or on the other side (other DNC mergers: another phase)",
    ),
    SIDE: Kind(
        "synapse driver on this side",
        "spread the target neurons over more HICANNs, or use wider neurons (a larger neuron_size)",
    ),
    CHAIN: Kind(
        "driver in this chain",
        "put fewer sources on this bus (spread them over more buses), or raise hardware.limits.driver_chain_length",
    ),
    HALF_ROWS: Kind(
        "half row in this chain",
        "use an exact row algorithm (rows=exact); with defective synapses place the neurons elsewhere",
    ),
    BUSES: Kind(
        "bus address for this population",
        "enlarge the region, merge more neurons per bus, or raise bandwidth_utilization for fast sources",
    ),
    PLACES: Kind("place for a neuron", "enlarge the region, or choose a smaller neuron_size"),
}


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that lost synapses.

    Attributes
    ----------
    kind : str
        Key of `KINDS`.
    hicann : int
        HICANN of the resource, -1: none in particular.
    index : int
        Which one there: phase 0..31, side 0 left / 1 right, select group 0..15, the net 8 hicann + dnc of a chain
        or an exit, or the population.
    used, capacity : int
        Units taken and units that work.
    lost : int
        Synapses lost for want of it.
    price : float
        How many of them one more unit would save, at most [synapses].
    name, detail : str
        For people: which one, and what exactly is full.
    """

    kind: str
    hicann: int
    index: int
    used: int
    capacity: int
    lost: int
    price: float
    name: str
    detail: str

    @property
    def unit(self) -> str:
        """Return what one unit of the resource is."""
        return KINDS[self.kind].unit

    @property
    def remedy(self) -> str:
        """Return what a user can do about it."""
        return KINDS[self.kind].remedy


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which full resource cost every lost synapse.

    Attributes
    ----------
    synapse : (n_lost,) int64
        The lost synapses, ascending.
    cause : (n_lost,) int8
        Stage that lost each, see `models.mapping.CAUSES`.
    resource : (n_lost,) int32
        Index into ``resources``.
    resources : tuple of Resource
        Most lost synapses first, then the highest price.
    """

    synapse: NDArray[np.int64]
    cause: NDArray[np.int8]
    resource: NDArray[np.int32]
    resources: tuple[Resource, ...]

    @property
    def lost(self) -> int:
        """Return the number of lost synapses."""
        return len(self.synapse)

    def by_kind(self) -> dict[str, tuple[int, int]]:
        """Return (full resources, synapses lost) by kind, most lost first."""
        table: dict[str, tuple[int, int]] = {}
        for entry in self.resources:
            count, lost = table.get(entry.kind, (0, 0))
            table[entry.kind] = (count + 1, lost + entry.lost)
        return dict(sorted(table.items(), key=lambda item: -item[1][1]))

    def only(self, keep: NDArray[np.bool_]) -> Explanation:
        """Return the explanation of some of the lost synapses; prices stay those of the whole.

        Parameters
        ----------
        keep : (n_lost,) bool
            Which of ``synapse``.
        """
        return ranked(self.synapse[keep], self.cause[keep], self.resource[keep], self.resources)


def ranked(
    synapse: NDArray[np.int64], cause: NDArray[np.int8], resource: NDArray[np.int32], table: tuple[Resource, ...]
) -> Explanation:
    """Return an explanation whose resources are recounted, ranked, and rid of those that lost nothing."""
    lost = np.bincount(resource, minlength=len(table))
    order = sorted(np.flatnonzero(lost).tolist(), key=lambda i: (-int(lost[i]), -table[i].price, i))
    new = np.full(len(table), -1, dtype=np.int32)
    new[order] = np.arange(len(order), dtype=np.int32)
    return Explanation(synapse, cause, new[resource], tuple(_recounted(table[i], int(lost[i])) for i in order))


def _recounted(entry: Resource, lost: int) -> Resource:
    values: dict[str, Any] = {name: getattr(entry, name) for name in Resource.__slots__}
    return Resource(**{**values, "lost": lost})
